// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { linePath } from "./sparkline";

test.each([
  [[0, 2, 1], "M0.0 10.0L10.0 0.0L20.0 5.0", ""],
  [[1, undefined, 1], "", "M0.0 0.0h.01M20.0 0.0h.01"],
  [[1, 1, undefined, 1, undefined], "M0.0 0.0L5.0 0.0", "M15.0 0.0h.01"],
  [[undefined, undefined], "", ""],
  [[], "", ""],
  [[0, 0], "M0.0 10.0L20.0 10.0", ""],
])("%j", (values, line, dots) => expect(linePath(values, 20, 10)).toEqual({ line, dots }));
