// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { boxWidth, type GraphNode } from "./graph-tab";
import { textOf } from "./tabs/services";

const node = (title: string, more: Partial<GraphNode> = {}): GraphNode => ({
  title,
  note: "engine",
  colour: "",
  spans: [0],
  errors: 0,
  duration: 1e6,
  ...more,
});

test.each([
  ["at least", [node("Plan")], 160],
  ["as the longest title", [node("Plan"), node("agent.v1.Model/Generate")], 192],
  ["as the longest note", [node("Plan", { note: "database", spans: Array(12).fill(0) })], 199],
  ["round ones have less room", [node("agent.v1.Model/Generate", { round: true })], 210],
  ["within reason", [node("x".repeat(1000))], 270],
])("boxes are as wide as what is in them: %s", (_, nodes, want) => expect(boxWidth({ nodes, edges: [] })).toBe(want));

test.each([
  ["one call", { count: 1, errors: 0, duration: 5e6 }, "5.00 ms"],
  ["several", { count: 4, errors: 1, duration: 8e6 }, "4× ⌀ 2.00 ms · 1 error"],
])("an edge says how long a call took: %s", (_, edge, want) =>
  expect(textOf({ source: 0, target: 1, spans: [], ...edge } as unknown as Parameters<typeof textOf>[0])).toBe(want),
);
