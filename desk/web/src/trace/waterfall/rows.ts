// SPDX-License-Identifier: Apache-2.0

import { childrenOf, type TraceData } from "../data";

/** Which rows of the waterfall are shown. */
export interface Folding {
  /** Nodes whose children are hidden. */
  readonly collapsed: ReadonlySet<number>;
  /** Repeated siblings are one row. */
  readonly grouped: boolean;
  /** Groups whose members are shown nevertheless. */
  readonly opened: ReadonlySet<number>;
  /** Nothing but these nodes, if there; what is collapsed is shown then too. */
  readonly only?: ReadonlySet<number> | undefined;
}

/** The rows that are shown, in columns. */
export interface Rows {
  readonly length: number;
  /** The node of each row, of a group its first member. */
  readonly node: Int32Array;
  /** The group that a row stands for, -1 for rows of one span. */
  readonly group: Int32Array;
  readonly depth: Int32Array;
  /** The row of each node, -1 for those that have none. */
  readonly at: Int32Array;
}

class Writer {
  length = 0;
  readonly node: Int32Array;
  readonly group: Int32Array;
  readonly depth: Int32Array;
  readonly at: Int32Array;
  readonly groupAt = new Map<number, number>();

  constructor(most: number, nodes: number) {
    this.node = new Int32Array(most);
    this.group = new Int32Array(most).fill(-1);
    this.depth = new Int32Array(most);
    this.at = new Int32Array(nodes).fill(-1);
  }

  add(node: number, depth: number) {
    this.at[node] = this.length;
    this.node[this.length] = node;
    this.depth[this.length] = depth;
    this.length++;
  }

  addGroup(group: number, node: number, depth: number) {
    this.groupAt.set(group, this.length);
    this.group[this.length] = group;
    this.node[this.length] = node;
    this.depth[this.length] = depth;
    this.length++;
  }
}

/** Lays out nothing but some nodes. */
function addOnly(writer: Writer, trace: TraceData, only: ReadonlySet<number>) {
  for (const { node, depth } of trace.waterfall.rows) if (only.has(node)) writer.add(node, depth);
}

/** Adds the row of a group before its first member, and that of the member if the group is open. */
function addMember(writer: Writer, row: TraceData["waterfall"]["rows"][number], open: boolean) {
  if (!writer.groupAt.has(row.group)) writer.addGroup(row.group, row.node, row.depth);
  if (open) writer.add(row.node, row.depth + 1);
}

function addFolded(writer: Writer, trace: TraceData, folding: Folding) {
  const { rows } = trace.waterfall;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (!row) return;
    if (folding.grouped && row.group >= 0) {
      addMember(writer, row, folding.opened.has(row.group));
      continue;
    }
    writer.add(row.node, row.depth);
    if (folding.collapsed.has(row.node)) i += (trace.tree.nodes[row.node]?.size ?? 1) - 1;
  }
}

/** Members that have no row of their own are in that of their group. */
function placeMembers(writer: Writer, trace: TraceData) {
  for (const [group, at] of writer.groupAt) {
    for (const member of trace.waterfall.groups?.[group]?.members ?? []) {
      if ((writer.at[member] ?? 0) < 0) writer.at[member] = at;
    }
  }
}

/** Lays out the rows that are to be shown. */
export function layoutRows(trace: TraceData, folding: Folding): Rows {
  const { rows, groups } = trace.waterfall;
  const writer = new Writer(rows.length + (groups?.length ?? 0), rows.length);
  if (folding.only) addOnly(writer, trace, folding.only);
  else addFolded(writer, trace, folding);
  placeMembers(writer, trace);
  const { length } = writer;
  const part = (all: Int32Array) => all.subarray(0, length);
  return { length, node: part(writer.node), group: part(writer.group), depth: part(writer.depth), at: writer.at };
}

/** The row of a node, or of the nearest above it that has one; -1 if there is none. */
export function rowOf(rows: Rows, trace: TraceData, node: number): number {
  for (let at = node; at >= 0; at = trace.tree.nodes[at]?.parent ?? -1) {
    const row = rows.at[at] ?? -1;
    if (row >= 0) return row;
  }
  return -1;
}

/** The nodes above a node, the nearest first. */
export function ancestors(trace: TraceData, node: number): number[] {
  const above: number[] = [];
  let at = trace.tree.nodes[node]?.parent ?? -1;
  while (at >= 0 && above.length <= trace.spans.length) {
    above.push(at);
    at = trace.tree.nodes[at]?.parent ?? -1;
  }
  return above;
}

/** The nodes with children at a level and below it, to be collapsed. */
export function parentsFrom(trace: TraceData, level: number): Set<number> {
  const found = new Set<number>();
  trace.tree.nodes.forEach((node, i) => {
    if (node.size > 1 && node.level >= level) found.add(i);
  });
  return found;
}

/** The nodes with all that is above them. */
export function withAncestors(trace: TraceData, nodes: Iterable<number>): Set<number> {
  const found = new Set<number>();
  for (const node of nodes) {
    for (let at = node; at >= 0 && !found.has(at); at = trace.tree.nodes[at]?.parent ?? -1) found.add(at);
  }
  return found;
}

/**
 * The parts of a span in which none of its children was under way: starts and ends
 * one after the other, in ns from the start of the span.
 */
export function ownParts(trace: TraceData, node: number, starts: Float64Array): number[] {
  const from = starts[node] ?? 0;
  const to = from + (trace.spans[node]?.duration ?? 0);
  const parts: number[] = [];
  let until = from;
  const add = (end: number) => {
    if (end > until) parts.push(until - from, end - from);
  };
  const children = [...childrenOf(trace, node)].sort((a, b) => (starts[a] ?? 0) - (starts[b] ?? 0));
  for (const child of children) {
    const start = starts[child] ?? 0;
    add(Math.min(start, to));
    until = Math.max(until, start + (trace.spans[child]?.duration ?? 0));
  }
  add(to);
  return parts;
}

/**
 * Joins parts whose ends lie less than so much apart, so that there are no more of
 * them than can be seen.
 */
export function joined(parts: readonly number[], apart: number): number[] {
  const out: number[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const [from, to] = [parts[i] ?? 0, parts[i + 1] ?? 0];
    const last = out.length - 1;
    if (last > 0 && from - (out[last] ?? 0) < apart) out[last] = Math.max(out[last] ?? 0, to);
    else out.push(from, to);
  }
  return out;
}
