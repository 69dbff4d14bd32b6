// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { runOf } from "../trace/run/fixture";
import { pairsOf, valuesOf } from "./pairs";

test("nodes of one id are paired in turn, in the order of the baseline", () => {
  const baseline = runOf([
    { id: "tool::1", name: "Tool", start: 20 },
    { id: "tool::1", name: "Tool", start: 10 },
    { name: "Plan", start: 5 },
  ]);
  const comparison = runOf([
    { id: "tool::1", name: "Tool", start: 3 },
    { name: "Answer", start: 9 },
  ]);
  expect(pairsOf(baseline, comparison).map((pair) => [pair.name, pair.baseline, pair.comparison])).toEqual([
    ["Plan", 2, -1],
    ["Tool", 1, 0],
    ["Tool", 0, -1],
    ["Answer", -1, 1],
  ]);
});

test("values are paired by name", () => {
  const value = (name: string, of: unknown) => ({ name, value: of, span: -1 });
  expect(valuesOf([value("city", "Oslo"), value("n", 1)], [value("n", 2), value("more", null)])).toEqual([
    { name: "city", baseline: "Oslo", comparison: undefined },
    { name: "n", baseline: "1", comparison: "2" },
    { name: "more", baseline: undefined, comparison: "" },
  ]);
});
