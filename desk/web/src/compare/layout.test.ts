// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { changeOf, type DiffNode, flameOf, isNoise, rowsOf, together, wholeOf } from "./layout";

function node(parent: number, depth: number, a: number, b: number): DiffNode {
  return {
    parent,
    depth,
    baseline: a < 0 ? -1 : 0,
    comparison: b < 0 ? -1 : 0,
    change: "changed",
    delta: a > 0 && b >= 0 ? (100 * (b - a)) / a : null,
    baselineDuration: Math.max(0, a),
    comparisonDuration: Math.max(0, b),
  };
}

const nodes = [
  node(-1, 0, 1000, 1500),
  node(0, 1, 400, 401),
  node(1, 2, 100, 300),
  node(0, 1, 200, -1),
  node(0, 1, -1, 50),
];

test.each([
  [0, "slower"],
  [1, "same"],
  [2, "slower"],
  [3, "onlyBaseline"],
  [4, "onlyComparison"],
] as const)("changeOf %d", (i, want) => expect(changeOf(nodes[i]!, 1500)).toBe(want));

test.each([
  ["a small share of itself", 1000, 1099, 1000, true],
  ["a small share of the trace", 10, 15, 1000, true],
  ["more of both", 100, 110, 1000, false],
  ["less", 110, 90, 1000, false],
  ["new", 0, 20, 1000, false],
] as const)("isNoise: %s", (_, from, to, whole, want) => expect(isNoise(from, to, whole)).toBe(want));

test("small changes are noise, and less is faster", () => {
  expect(changeOf(node(-1, 0, 10, 5), 10_000)).toBe("same");
  expect(changeOf(node(-1, 0, 1000, 500), 1000)).toBe("faster");
});

test("rowsOf keeps what is around changes", () => {
  const quiet = [...nodes, node(0, 1, 10, 10)];
  expect(rowsOf(quiet, true)).toEqual([0, 1, 2, 3, 4]);
  expect(rowsOf(quiet, false)).toHaveLength(6);
});

test("flameOf lays each side out to the same scale", () => {
  expect(wholeOf(nodes)).toBe(1500);
  const [root, child, inner, only] = flameOf(nodes, "baseline");
  expect(root).toMatchObject({ node: 0, left: 0, width: 1000 / 1500 });
  expect(child?.width).toBeCloseTo(400 / 1500);
  expect(inner).toMatchObject({ node: 2, depth: 2, left: 0 });
  expect(only?.left).toBeCloseTo(400 / 1500);
  expect(flameOf(nodes, "comparison").map((frame) => frame.node)).toEqual([0, 1, 2, 4]);
});

test("what ran at once fits into its parent", () => {
  const frames = flameOf([node(-1, 0, 100, 1), node(0, 1, 100, 1), node(0, 1, 100, 1)], "baseline");
  expect(frames.map(({ left, width }) => [left, width])).toEqual([
    [0, 1],
    [0, 0.5],
    [0.5, 0.5],
  ]);
});

test("spans of one box are summed up", () => {
  expect(together([node(0, 1, 10, 20), node(0, 1, 30, 10), node(0, 1, 0, 18)])).toMatchObject({
    baselineDuration: 40,
    comparisonDuration: 48,
    delta: 20,
  });
  expect(together([node(0, 1, -1, 5)])).toMatchObject({ baseline: -1, comparisonDuration: 5, delta: null });
  expect(together([])).toBeUndefined();
});
