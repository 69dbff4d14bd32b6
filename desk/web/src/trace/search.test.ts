// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from "vitest";
import { traceOf } from "./fixture";
import { find, stepFrom } from "./search";

const trace = traceOf([
  { name: "GET /checkout", start: 0, duration: 100 },
  {
    name: "select",
    parent: "GET /checkout",
    service: "mysql",
    start: 5,
    duration: 10,
    attributes: { "db.query": "SELECT 1" },
  },
  {
    name: "post /pay",
    parent: "GET /checkout",
    start: 20,
    duration: 9,
    failed: true,
    attributes: { amount: 12.5, list: ["Ä"] },
  },
  { name: "select 2", parent: "GET /checkout", start: 40, duration: 9 },
]);

describe("find", () => {
  test.each([
    ["SELECT", [1, 3]],
    [" pay ", [2]],
    ["mysql", [1]],
    ["error", [2]],
    ["amount=12.5", [2]],
    ['["ä', [2]],
    ["0000000000000004", [3]],
    ["", []],
    ["nothing", []],
  ])("%s", (text, want) => expect(find(trace, text)).toEqual(want));
});

const places = [0, 2, 1, 3];

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
