// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { csv } from "./download";

test.each([
  [[["a", 1]], "a,1\r\n"],
  [[['say "hi"', "a,b", "two\nlines"]], '"say ""hi""","a,b","two\nlines"\r\n'],
  [[["=1+1", "@x", -5]], "'=1+1,'@x,-5\r\n"],
  [[], ""],
])("csv %j", (rows, want) => expect(csv(rows)).toBe(want));
