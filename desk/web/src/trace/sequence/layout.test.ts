// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from "vitest";
import type { SequenceView } from "../../api/schema";
import { traceOf } from "../run/fixture";
import { arrows, besideSelf, cutText, edges, layOut, type Message, textOf } from "./layout";

const trace = traceOf([
  { up: -1, name: "root" },
  { up: 0, name: "call" },
  { up: 1, name: "served" },
  { up: 0, name: "query" },
  { up: 0, name: "query" },
  { up: 0, name: "query" },
]);
trace.tree.nodes[0]!.size = 6;
trace.tree.nodes[1]!.size = 2;

const message = (more: Partial<Message>): Message => ({
  from: 0,
  to: 1,
  node: 0,
  arrow: arrows.call,
  caller: -1,
  text: "",
  parallel: -1,
  block: -1,
  group: -1,
  ...more,
});

const view = (messages: Message[], more: Partial<SequenceView> = {}): SequenceView => ({
  participants: [],
  messages,
  blocks: [],
  groups: [],
  ...more,
});

const kinds = (layout: ReturnType<typeof layOut>) =>
  layout.rows.map((row) => (row.kind === "message" ? `${row.message.node}` : row.kind));

describe("loops", () => {
  const groups = [{ members: [3, 4, 5], value: 1, start: "0", duration: 1 }];
  const queries = [0, 3, 4, 5].map((node) => message({ node, group: node > 2 ? 0 : -1 }));
  const after = message({ node: 0, arrow: arrows.return });

  test("show the first repetition in a frame", () => {
    const layout = layOut(trace, view([...queries, after], { groups }), new Set(), -1);
    expect(kinds(layout)).toEqual(["0", "frame", "3", "0"]);
    expect(layout.frames).toMatchObject([{ kind: "loop", of: 0, first: 1, last: 2, left: 0, right: 1 }]);
  });
  test("show all when they are open, or when one of them is selected", () => {
    expect(kinds(layOut(trace, view(queries, { groups }), new Set([0]), -1))).toEqual(["0", "3", "4", "5"]);
    expect(kinds(layOut(trace, view(queries, { groups }), new Set(), 5))).toEqual(["0", "3", "4", "5"]);
    expect(kinds(layOut(trace, view(queries, { groups }), new Set(), 3))).toEqual(["0", "frame", "3"]);
  });
});

test("parallel parts have a frame with a line between them", () => {
  const messages = [
    message({ node: 1, block: 0, parallel: 0 }),
    message({ node: 2, block: 0 }),
    message({ node: 3, block: 0, parallel: 0 }),
    message({ node: 4 }),
  ];
  const layout = layOut(trace, view(messages, { blocks: [{ parent: -1 }] }), new Set(), -1);
  expect(kinds(layout)).toEqual(["frame", "1", "2", "divide", "3", "4"]);
  expect(layout.frames).toMatchObject([{ kind: "parallel", first: 0, last: 4, depth: 0 }]);
});

test("a frame has room for what stands beside the last line in it", () => {
  const self = { node: 3, block: 0, arrow: arrows.work };
  const calls = [message({ node: 1, block: 0, parallel: 0 }), message({ ...self, from: 1, to: 1 })];
  const further = message({ node: 2, block: 0, from: 1, to: 2 });
  const frameOf = (messages: Message[]) =>
    layOut(trace, view(messages, { blocks: [{ parent: -1 }] }), new Set(), -1).frames[0]!;
  const beside = frameOf(calls);
  expect(beside).toMatchObject({ right: 1, beside: "query · 997 ns".length });
  expect(edges({ ...beside, beside: 0 }, 100, 900)).toEqual({ left: 88, width: 192 });
  expect(edges(beside, 100, 900).width).toBeGreaterThan(192);
  expect(edges({ ...beside, beside: 1000 }, 100, 900)).toEqual({ left: 88, width: 808 });
  expect(frameOf([...calls, further])).toMatchObject({ right: 2, beside: 0 });
});

test("blocks lie within blocks", () => {
  const messages = [message({ node: 1, block: 1, parallel: 1 }), message({ node: 3, block: 0, parallel: 0 })];
  const layout = layOut(trace, view(messages, { blocks: [{ parent: -1 }, { parent: 0 }] }), new Set(), -1);
  expect(layout.frames.map((frame) => [frame.of, frame.depth])).toEqual([
    [0, 0],
    [1, 1],
  ]);
});

test("calls are found in the row of what they lead to", () => {
  const { rowOf, hidden } = layOut(trace, view([message({ node: 2, caller: 1 })]), new Set(), -1);
  expect([...rowOf]).toEqual([
    [2, 0],
    [1, 0],
  ]);
  expect(hidden.includes(1)).toBe(false);
});

test("a block that is around itself ends nothing", () => {
  const layout = layOut(trace, view([message({ block: 0 })], { blocks: [{ parent: 0 }] }), new Set(), -1);
  expect(kinds(layout).at(-1)).toBe("0");
});

test("participants are at work from the call to its return, one within the other", () => {
  const messages = [
    message({ node: 1 }),
    message({ node: 2 }),
    message({ node: 2, arrow: arrows.return, from: 1, to: 0 }),
    message({ node: 1, arrow: arrows.return, from: 1, to: 0 }),
    message({ node: 3, arrow: arrows.return, from: 1, to: 0 }),
  ];
  expect(layOut(trace, view(messages), new Set(), -1).activations).toEqual([
    { participant: 1, node: 1, level: 0, first: 0, last: 3 },
    { participant: 1, node: 2, level: 1, first: 1, last: 2 },
  ]);
});

test("textOf names both only if they differ", () => {
  expect(textOf(trace, message({ node: 2, caller: 1 }))).toBe("call → served");
  expect(textOf(trace, message({ node: 4, caller: 3 }))).toBe("query");
  expect(textOf(trace, message({ node: 4 }))).toBe("query");
});

test.each([
  ["short", 100, "short"],
  ["a longer text", 36, "a lo…"],
  ["👩‍🚀👩‍🚀👩‍🚀👩‍🚀", 36, "👩‍🚀👩…"],
])("%s into %d", (text, width, want) => expect(cutText(text, width)).toBe(want));

test.each([
  ["as far as the drawing goes", 500, 1200, "look up weather · 13.1 ms", 534, false],
  ["on the left where that has more room", 1000, 1080, "look up weather · 13.1 ms", 988, true],
  ["cut where neither has room", 180, 300, "look up the w…", 214, false],
])("the text of a call to itself stands beside it: %s", (_, line, width, want, x, before) => {
  const text = want.endsWith("…") ? "look up the weather in Rome" : want;
  const place = besideSelf(line, width, text);
  expect(place.x).toBe(x);
  expect(place.before).toBe(before);
  if (want.endsWith("…")) expect(place.text).toMatch(/^look up.*…$/);
  else expect(place.text).toBe(want);
});
