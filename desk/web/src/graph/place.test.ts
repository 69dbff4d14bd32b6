// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from "vitest";
import type { Graph } from "./layout";
import { placeGraph } from "./place";

const box = { width: 100, height: 40 };

function graph(count: number, edges: readonly (readonly [number, number])[]): Graph {
  return {
    nodes: Array.from({ length: count }, () => box),
    edges: edges.map(([from, to]) => ({ from, to })),
    direction: "LR",
  };
}

/** Whether two boxes cover each other. */
function overlap(a: { x: number; y: number }, b: { x: number; y: number }): boolean {
  return Math.abs(a.x - b.x) < box.width && Math.abs(a.y - b.y) < box.height;
}

const chain = (n: number) => Array.from({ length: n - 1 }, (_, i) => [i, i + 1] as const);

describe.each([
  ["by dagre", 20],
  ["in ranks", 900],
])("%s", (_, count) => {
  const fan = graph(
    count,
    Array.from({ length: count - 1 }, (_, i) => [Math.floor(i / 4), i + 1] as const),
  );
  const layout = placeGraph(fan);

  test("callers are left of what they call", () => {
    for (const { from, to } of fan.edges) {
      expect(layout.nodes[from]!.x).toBeLessThan(layout.nodes[to]!.x);
    }
  });
  test("boxes do not cover each other and lie within the drawing", () => {
    const sample = layout.nodes.slice(0, 200);
    const covered = sample.filter((a, i) => sample.slice(i + 1).some((b) => overlap(a, b)));
    const outside = sample.filter(({ x, y }) => x < 0 || y < 0 || x > layout.width || y > layout.height);
    expect([covered, outside]).toEqual([[], []]);
  });
  test("every edge has a way", () => {
    for (const { points } of layout.edges) expect(points.length).toBeGreaterThan(1);
  });
});

test("circles, loops and pairs of edges are laid out", () => {
  const layout = placeGraph(
    graph(3, [
      [0, 1],
      [1, 0],
      [1, 1],
      [0, 1],
      [1, 2],
      [2, 0],
    ]),
  );
  expect(layout.edges).toHaveLength(6);
  const large = graph(700, [...chain(700), [699, 0], [5, 5]]);
  expect(placeGraph(large).nodes).toHaveLength(700);
});

test("a long chain does not go too deep", () => {
  const layout = placeGraph(graph(100_000, chain(100_000)));
  expect(layout.nodes.at(-1)!.x).toBeGreaterThan(layout.nodes[0]!.x);
});

test("what comes first is drawn above what comes later", () => {
  const { nodes } = placeGraph(
    graph(4, [
      [0, 1],
      [0, 2],
      [0, 3],
    ]),
  );
  expect(nodes[1]!.y).toBeLessThan(nodes[2]!.y);
  expect(nodes[2]!.y).toBeLessThan(nodes[3]!.y);
});

test("texts have room between the boxes", () => {
  const layout = placeGraph({
    nodes: [box, box],
    edges: [{ from: 0, to: 1, width: 150, height: 20 }],
    direction: "LR",
  });
  const [from, to] = [layout.nodes[0]!.x + box.width / 2, layout.nodes[1]!.x - box.width / 2];
  expect(layout.edges[0]!.label.x - 75).toBeGreaterThan(from);
  expect(layout.edges[0]!.label.x + 75).toBeLessThan(to);
});

test("nothing to lay out", () => expect(placeGraph(graph(0, [])).nodes).toEqual([]));

test("edges downwards leave and reach the middles of their boxes", () => {
  const { nodes, edges } = placeGraph({ ...graph(3, [[0, 1] as const, [0, 2] as const]), direction: "TB" });
  edges.forEach(({ points }, i) => {
    const [from, to] = [nodes[0], nodes[i + 1]];
    expect(points[0]).toEqual({ x: from?.x, y: (from?.y ?? 0) + box.height / 2 });
    expect(points.at(-1)).toEqual({ x: to?.x, y: (to?.y ?? 0) - box.height / 2 });
  });
});
