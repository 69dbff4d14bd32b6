// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from "vitest";
import { traceOf } from "../fixture";
import {
  between,
  byTime,
  byWeight,
  covering,
  type Frames,
  frameAt,
  frameOf,
  neighbour,
  pathTo,
  totals,
} from "./layout";
import { operations } from "./operations";

const made = [
  { name: "root", start: 0, duration: 100 },
  { name: "a", parent: "root", start: 0, duration: 40 },
  { name: "a2", parent: "root", start: 20, duration: 40, failed: true },
  { name: "leaf", parent: "a2", start: 30, duration: 10 },
  { name: "b", parent: "root", start: 70, duration: 20 },
];
const plain = traceOf(made);
const selves = [20, 40, 30, 10, 20];

/** The trace, in which a and a2 are of one name. */
const trace = {
  ...plain,
  tree: {
    ...plain.tree,
    nodes: plain.tree.nodes.map((node, i) => ({ ...node, self: selves[i] ?? 0, similar: i === 2 ? 1 : i })),
  },
};
const own = (node: number) => selves[node] ?? 0;

function drawn(frames: Frames): string[] {
  return Array.from({ length: frames.length }, (_, i) => {
    const name = trace.spans[frames.node[i] ?? 0]?.name;
    return `${frames.depth[i]} ${name}×${frames.count[i]} ${frames.x[i]}+${frames.w[i]}`;
  });
}

test("by time, what runs at once lies below each other", () => {
  expect(drawn(byTime(trace, trace.offsets))).toEqual([
    "0 root×1 0+100",
    "1 a×1 0+40",
    "1 b×1 70+20",
    "2 a2×1 20+40",
    "3 leaf×1 30+10",
  ]);
});

test("by time, all that is below a span stays below it", () => {
  const parallel = traceOf([
    { name: "root", start: 0, duration: 100 },
    { name: "a", parent: "root", start: 0, duration: 50 },
    { name: "a below", parent: "a", start: 10, duration: 30 },
    { name: "b", parent: "root", start: 5, duration: 50 },
    { name: "b below", parent: "b", start: 15, duration: 10 },
    { name: "c", parent: "root", start: 60, duration: 10 },
  ]);
  const frames = byTime(parallel, parallel.offsets);
  const depths = Object.fromEntries(
    Array.from(frames.node, (node, i) => [parallel.spans[node]?.name, frames.depth[i]]),
  );
  expect(depths).toEqual({ root: 0, a: 1, "a below": 2, b: 3, "b below": 4, c: 1 });
});

test("by weight, in the order of the tree", () => {
  expect(drawn(byWeight(trace, { own, merged: false }))).toEqual([
    "0 root×1 0+120",
    "1 a×1 0+40",
    "1 a2×1 40+40",
    "1 b×1 80+20",
    "2 leaf×1 40+10",
  ]);
});

describe("merged, the heaviest first", () => {
  const frames = byWeight(trace, { own, merged: true });
  test("frames", () => {
    expect(drawn(frames)).toEqual(["0 root×1 0+120", "1 a×2 0+80", "1 b×1 80+20", "2 leaf×1 0+10"]);
    expect([...frames.parent]).toEqual([-1, 0, 0, 1]);
  });
  test.each([
    [0, 0],
    [2, 1],
    [3, 3],
    [-1, -1],
  ])("frameOf %s", (node, want) => expect(frameOf(frames, trace, node)).toBe(want));
  test.each([
    [0, 50, 0, 0],
    [1, 79, 0, 1],
    [1, 85, 0, 2],
    [1, 101, 2, 2],
    [1, 110, 2, -1],
    [7, 0, 0, -1],
    [-1, 0, 0, -1],
  ])("frameAt depth %s, %s", (depth, x, near, want) => expect(frameAt(frames, depth, x, near)).toBe(want));
  test("between", () => expect(between(frames, 1, { from: 85, to: 120 })).toEqual([2, 3]));
  test.each([
    [0, 120, 0],
    [0, 80, 1],
    [2, 8, 3],
    [70, 90, 0],
  ])("covering %s to %s", (from, to, want) => expect(covering(frames, { from, to })).toBe(want));
  test("pathTo", () => expect(pathTo(frames, 3)).toEqual([0, 1, 3]));
  test.each([
    [1, "up", 0],
    [0, "up", 0],
    [0, "down", 1],
    [2, "down", 2],
    [1, "right", 2],
    [2, "right", 2],
    [1, "left", 1],
    [-1, "down", 0],
  ] as const)("neighbour of %s %s", (frame, key, want) => expect(neighbour(frames, frame, key)).toBe(want));
});

test("what weighs nothing is left out", () => {
  const frames = byWeight(trace, { own: (node) => (node === 3 ? 7 : 0), merged: false });
  expect(drawn(frames)).toEqual(["0 root×1 0+7", "1 a2×1 0+7", "2 leaf×1 0+7"]);
});

test("totals", () => expect([...totals(trace, own)]).toEqual([120, 40, 40, 10, 20]));

test("operations", () => {
  const found = operations(trace, (node) => (node === 3 ? 9 : 0), "self");
  expect(found.map((each) => `${each.name} ${each.count} ${each.self} ${each.errors}`)).toEqual([
    "a 2 70 1",
    "root 1 20 0",
    "b 1 20 0",
    "leaf 1 10 0",
  ]);
  expect(operations(trace, (node) => (node === 3 ? 9 : 0), "tokens")[0]?.name).toBe("leaf");
});
