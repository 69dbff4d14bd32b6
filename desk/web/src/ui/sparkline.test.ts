// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { linePath } from "./sparkline";

test.each([
  [[0, 2, 1], "M0.0 10.0L10.0 0.0L20.0 5.0"],
  [[1, undefined, 1], "M0.0 0.0h1.5M20.0 0.0h1.5"],
  [[undefined, undefined], ""],
  [[], ""],
  [[0, 0], "M0.0 10.0L20.0 10.0"],
])("%j", (values, want) => expect(linePath(values, 20, 10)).toBe(want));
