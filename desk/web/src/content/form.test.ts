// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { formsOf } from "./form";

test.each([
  ["plain", ["text"]],
  ["# Title", ["markdown", "text"]],
  ['{"a":1}', ["json", "text"]],
  [{ a: 1 }, ["json", "text"]],
  ['[{"role":"user","content":"hi"}]', ["messages", "json", "text"]],
  ["{broken", ["text"]],
  [7, ["text"]],
])("%j", (value, want) => expect(formsOf(value).forms).toEqual(want));
