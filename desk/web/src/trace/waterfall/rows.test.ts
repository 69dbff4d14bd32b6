// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from "vitest";
import { traceOf } from "../fixture";
import { ancestors, type Folding, joined, layoutRows, ownParts, parentsFrom, rowOf, withAncestors } from "./rows";
import { stickyIn, stickyRows } from "./sticky";

const trace = traceOf([
  { name: "root", start: 0, duration: 100 },
  { name: "a", parent: "root", start: 5, duration: 40 },
  { name: "q1", parent: "a", start: 10, duration: 5, group: 0 },
  { name: "q2", parent: "a", start: 20, duration: 5, group: 0 },
  { name: "b", parent: "root", start: 40, duration: 30 },
  { name: "c", parent: "b", start: 60, duration: 30 },
]);

function shown(folding: Partial<Folding>): string[] {
  const rows = layoutRows(trace, { collapsed: new Set(), grouped: true, opened: new Set(), ...folding });
  return Array.from({ length: rows.length }, (_, i) => {
    const name = trace.spans[rows.node[i] ?? 0]?.name;
    const label = (rows.group[i] ?? -1) >= 0 ? "group" : name;
    return " ".repeat(rows.depth[i] ?? 0) + label;
  });
}

describe("layoutRows", () => {
  test.each<[string, Partial<Folding>, string[]]>([
    ["repeats are one row", {}, ["root", " a", "  group", " b", "  c"]],
    ["that opens", { opened: new Set([0]) }, ["root", " a", "  group", "   q1", "   q2", " b", "  c"]],
    ["or are not grouped", { grouped: false }, ["root", " a", "  q1", "  q2", " b", "  c"]],
    ["collapsed", { collapsed: new Set([1]) }, ["root", " a", " b", "  c"]],
    ["collapsed within collapsed", { collapsed: new Set([0, 4]) }, ["root"]],
    ["only some", { only: withAncestors(trace, [3]), collapsed: new Set([0]) }, ["root", " a", "  q2"]],
  ])("%s", (_, folding, want) => expect(shown(folding)).toEqual(want));
});

test("rowOf is the nearest row above a hidden span, and the group of a member", () => {
  const rows = layoutRows(trace, { collapsed: new Set([4]), grouped: true, opened: new Set() });
  expect([0, 2, 3, 5, -1].map((node) => rowOf(rows, trace, node))).toEqual([0, 2, 2, 3, -1]);
});

describe("stickyRows", () => {
  const rows = layoutRows(trace, { collapsed: new Set(), grouped: false, opened: new Set() });
  test.each([
    [0, []],
    [1, [0, 1]],
    [2, [0]],
    [3, [0]],
    [5, [0, 4]],
    [-1, []],
  ])("from row %s", (top, want) => expect(stickyRows(rows, trace, top, 4)).toEqual(want));
});

test("ancestors are nearest first", () => expect(ancestors(trace, 3)).toEqual([1, 0]));

test("parentsFrom a level", () => {
  expect(parentsFrom(trace, 0)).toEqual(new Set([0, 1, 4]));
  expect(parentsFrom(trace, 1)).toEqual(new Set([1, 4]));
});

describe("ownParts leave out children", () => {
  test.each<[string, number, number[]]>([
    ["of the root", 0, [0, 5, 70, 100]],
    ["between repeats", 1, [0, 5, 10, 15, 20, 40]],
    ["until a child that ends later", 4, [0, 20]],
    ["without children", 5, [0, 30]],
  ])("%s", (_, node, want) => expect(ownParts(trace, node, trace.offsets)).toEqual(want));
});

test("joined parts are as many as can be seen", () => {
  expect(joined([0, 10, 11, 20, 40, 50], 2)).toEqual([0, 20, 40, 50]);
  expect(joined([0, 30, 5, 10], 1)).toEqual([0, 30]);
});

test.each([
  [900, 4],
  [200, 2],
  [60, 0],
])("of %s px the rows above take a third at most", (height, want) => expect(stickyIn(height)).toBe(want));
