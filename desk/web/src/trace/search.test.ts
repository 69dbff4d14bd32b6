// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from "vitest";
import { containing, find, stepFrom } from "./search";

const order = [0, 2, 1, 3];
const places = [0, 2, 1, 3];
const sayings = ["get /checkout", "select", "post /pay", "select 2"];

describe("find", () => {
  test.each([
    ["SELECT", [1, 3]],
    [" pay ", [2]],
    ["", []],
    ["nothing", []],
  ])("%s", (text, want) => expect(find(order, sayings, text)).toEqual(want));
});

describe("stepFrom goes around", () => {
  test.each([
    [-1, 1, 2],
    [2, 1, 3],
    [3, 1, 2],
    [1, 1, 3],
    [1, -1, 2],
    [2, -1, 3],
    [-1, -1, 3],
  ] as const)("from %s by %s", (node, by, want) => expect(stepFrom([2, 3], places, node, by)).toBe(want));
  test("nothing to go to", () => expect(stepFrom([], places, 1, 1)).toBeUndefined());
});

test.each([
  ["a.b", '"(?is).*a\\\\.b.*"'],
  ['say "x"', '"(?is).*say \\"x\\".*"'],
])("text as an expression that finds it: %s", (text, want) => expect(containing(text)).toBe(want));
