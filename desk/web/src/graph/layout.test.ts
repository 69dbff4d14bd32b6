// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { edgePath } from "./layout";

const at = (x: number, y: number) => ({ x, y });

test.each([
  ["nothing", [], ""],
  ["two points", [at(0, 0), at(9, 0)], "M0.0 0.0L9.0 0.0"],
  ["a bend", [at(0, 0), at(5, 5), at(9, 0)], "M0.0 0.0Q5.0 5.0 9.0 0.0"],
  ["bends", [at(0, 0), at(4, 0), at(4, 8), at(9, 8)], "M0.0 0.0Q4.0 0.0 4.0 4.0Q4.0 8.0 9.0 8.0"],
])("an edge ends in the direction of its arrow: %s", (_, points, want) => expect(edgePath(points)).toBe(want));
