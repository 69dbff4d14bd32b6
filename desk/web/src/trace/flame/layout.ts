// SPDX-License-Identifier: Apache-2.0

import { childrenOf, type TraceData } from "../data";

/** Frames in columns, by depth and from left to right. */
export interface Frames {
  readonly length: number;
  /** The width of everything, in the unit of the measure. */
  readonly width: number;
  /** The node of each frame, of merged ones that of the longest. */
  readonly node: Int32Array;
  readonly x: Float64Array;
  readonly w: Float64Array;
  readonly depth: Int32Array;
  /** The frame below which one lies, -1 for none. */
  readonly parent: Int32Array;
  /** How many spans a frame stands for. */
  readonly count: Int32Array;
  /** The first frame of each depth, and after the last. */
  readonly rows: readonly number[];
}

interface Frame {
  node: number;
  x: number;
  w: number;
  depth: number;
  parent: number;
  count: number;
}

/** The frames of each depth, from left to right. */
function rowsOf(frames: readonly Frame[]): number[][] {
  const rows: number[][] = [];
  frames.forEach(({ depth }, i) => {
    while (rows.length <= depth) rows.push([]);
    rows[depth]?.push(i);
  });
  const x = (frame: number) => frames[frame]?.x ?? 0;
  for (const row of rows) {
    if (row.some((frame, i) => i > 0 && x(frame) < x(row[i - 1] ?? 0))) row.sort((a, b) => x(a) - x(b) || a - b);
  }
  return rows;
}

/** Sorts frames by depth and place, and keeps their parents. */
function columns(frames: readonly Frame[], width: number): Frames {
  const byDepth = rowsOf(frames);
  const order = byDepth.flat();
  const places = new Int32Array(frames.length);
  order.forEach((from, i) => {
    places[from] = i;
  });
  const column = <K extends keyof Frame>(key: K) => order.map((from) => (frames[from] as Frame)[key]);
  const rows = [0];
  for (const row of byDepth) rows.push((rows.at(-1) ?? 0) + row.length);
  return {
    length: frames.length,
    width,
    node: Int32Array.from(column("node")),
    x: Float64Array.from(column("x")),
    w: Float64Array.from(column("w")),
    depth: Int32Array.from(column("depth")),
    parent: Int32Array.from(column("parent"), (parent) => (parent < 0 ? -1 : (places[parent] ?? -1))),
    count: Int32Array.from(column("count")),
    rows,
  };
}

/** Of what runs at the same time below one span, so much lies below each other. */
const lanes = 256;

/** What a span and all below it take: from when to when, and how many rows. */
interface Block {
  readonly from: number;
  readonly to: number;
  y: number;
  readonly height: number;
}

/** Puts blocks, by their start, where they do not cover those beside them. */
function stack(blocks: readonly Block[]): number {
  let under: Block[] = [];
  let height = 0;
  for (const block of blocks) {
    under = under.filter((each) => each.to > block.from);
    if (under.length < lanes) {
      for (const each of under) if (each.y < block.y + block.height) block.y = Math.max(block.y, each.y + each.height);
      const place = under.findIndex((each) => each.y > block.y);
      under.splice(place < 0 ? under.length : place, 0, block);
    }
    height = Math.max(height, block.y + block.height);
  }
  return height;
}

/** Where the span of each node lies within that above it. */
function blocksOf(trace: TraceData, starts: Float64Array): Block[] {
  const blocks: Block[] = new Array(trace.spans.length);
  const { order } = trace.tree;
  const byStart = (a: Block, b: Block) => a.from - b.from;
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i] ?? 0;
    const below = Array.from(childrenOf(trace, node), (child) => blocks[child] as Block).sort(byStart);
    let from = starts[node] ?? 0;
    let to = from + (trace.spans[node]?.duration ?? 0);
    for (const each of below) {
      from = Math.min(from, each.from);
      to = Math.max(to, each.to);
    }
    blocks[node] = { from, to, y: 0, height: 1 + stack(below) };
  }
  stack(trace.tree.roots.map((root) => blocks[root] as Block).sort(byStart));
  return blocks;
}

/** Frames at their time; what runs at the same time lies below each other, with all that is below it. */
export function byTime(trace: TraceData, starts: Float64Array): Frames {
  const blocks = blocksOf(trace, starts);
  const frameOf = new Int32Array(trace.spans.length).fill(-1);
  const frames: Frame[] = [];
  for (const node of trace.tree.order) {
    const parent = frameOf[trace.tree.nodes[node]?.parent ?? -1] ?? -1;
    const depth = (frames[parent]?.depth ?? -1) + 1 + (blocks[node]?.y ?? 0);
    frameOf[node] = frames.length;
    frames.push({ node, x: starts[node] ?? 0, w: trace.spans[node]?.duration ?? 0, depth, parent, count: 1 });
  }
  return columns(frames, trace.duration);
}

/** What the frames below and including each node weigh. */
export function totals(trace: TraceData, own: (node: number) => number): Float64Array {
  const sums = new Float64Array(trace.spans.length);
  const { order, nodes } = trace.tree;
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i] ?? 0;
    const sum = (sums[node] ?? 0) + own(node);
    sums[node] = sum;
    const parent = nodes[node]?.parent ?? -1;
    if (parent >= 0) sums[parent] = (sums[parent] ?? 0) + sum;
  }
  return sums;
}

/** Spans of one name and service below the same frame. */
function families(trace: TraceData, nodes: readonly number[], merged: boolean): number[][] {
  if (!merged) return nodes.map((node) => [node]);
  const found = new Map<number, number[]>();
  for (const node of nodes) {
    const similar = trace.tree.nodes[node]?.similar ?? node;
    const family = found.get(similar);
    if (family) family.push(node);
    else found.set(similar, [node]);
  }
  return [...found.values()];
}

interface Open {
  readonly nodes: readonly number[];
  readonly parent: number;
  readonly depth: number;
  readonly x: number;
}

/** How frames are put side by side that have no time. */
export interface Weighing {
  readonly own: (node: number) => number;
  /** Spans of one name and service below the same frame are one. */
  readonly merged: boolean;
}

/**
 * Frames as wide as what they weigh, those below a frame side by side: in the order
 * of the tree, or merged with the heaviest first. Those that weigh nothing are left out.
 */
export function byWeight(trace: TraceData, { own, merged }: Weighing): Frames {
  const sums = totals(trace, own);
  const sum = (nodes: readonly number[]) => nodes.reduce((all, node) => all + (sums[node] ?? 0), 0);
  const frames: Frame[] = [];
  const open: Open[] = [{ nodes: trace.tree.roots, parent: -1, depth: 0, x: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const all = families(trace, next.nodes, merged).map((nodes) => ({ nodes, w: sum(nodes) }));
    if (merged) all.sort((a, b) => b.w - a.w);
    let { x } = next;
    for (const { nodes, w } of all) {
      if (w <= 0) continue;
      const node = nodes.reduce((best, each) => ((sums[each] ?? 0) > (sums[best] ?? 0) ? each : best), nodes[0] ?? 0);
      const frame = frames.length;
      frames.push({ node, x, w, depth: next.depth, parent: next.parent, count: nodes.length });
      const below = nodes.flatMap((each) => [...childrenOf(trace, each)]);
      if (below.length > 0) open.push({ nodes: below, parent: frame, depth: next.depth + 1, x });
      x += w;
    }
  }
  return columns(frames, sum(trace.tree.roots));
}

/** The first frame of a row whose end is after a place. */
function firstAfter(frames: Frames, depth: number, x: number): number {
  let [low, high] = [frames.rows[depth] ?? frames.length, frames.rows[depth + 1] ?? frames.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frames.x[middle] ?? 0) + (frames.w[middle] ?? 0) <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The frames of a row that lie between two places: the first, and the one after the last. */
export function between(frames: Frames, depth: number, part: { from: number; to: number }): [number, number] {
  const first = firstAfter(frames, depth, part.from);
  let last = first;
  const end = frames.rows[depth + 1] ?? frames.length;
  while (last < end && (frames.x[last] ?? 0) < part.to) last++;
  return [first, last];
}

/** The frame at a place, within so much of it; -1 for none. */
export function frameAt(frames: Frames, depth: number, x: number, near: number): number {
  if (depth < 0 || depth >= frames.rows.length - 1) return -1;
  const at = firstAfter(frames, depth, x - near);
  if (at >= (frames.rows[depth + 1] ?? 0)) return -1;
  return (frames.x[at] ?? 0) <= x + near ? at : -1;
}

/** The deepest frame that fills a part; -1 if none does. */
export function covering(frames: Frames, { from, to }: { from: number; to: number }): number {
  const near = (to - from) * 1e-6;
  let found = -1;
  for (let depth = 0; depth + 1 < frames.rows.length; depth++) {
    const at = frameAt(frames, depth, from + near, 0);
    if (at >= 0 && (frames.x[at] ?? 0) + (frames.w[at] ?? 0) >= to - near) found = at;
  }
  return found;
}

/** The frames above one, the outermost first, and itself. */
export function pathTo(frames: Frames, frame: number): number[] {
  const path: number[] = [];
  for (let at = frame; at >= 0; at = frames.parent[at] ?? -1) path.push(at);
  return path.reverse();
}

/** The frame that shows a node: its own, or the merged one that it is in; -1 if there is none. */
export function frameOf(frames: Frames, trace: TraceData, node: number): number {
  if (node < 0) return -1;
  const direct = frames.node.indexOf(node);
  if (direct >= 0) return direct;
  const chain: number[] = [];
  for (let at = node; at >= 0; at = trace.tree.nodes[at]?.parent ?? -1) chain.push(trace.tree.nodes[at]?.similar ?? -1);
  let parent = -1;
  for (const similar of chain.reverse()) {
    parent = childNamed(frames, trace, parent, similar);
    if (parent < 0) return -1;
  }
  return parent;
}

function childNamed(frames: Frames, trace: TraceData, parent: number, similar: number): number {
  const depth = parent < 0 ? 0 : (frames.depth[parent] ?? 0) + 1;
  for (let at = frames.rows[depth] ?? frames.length; at < (frames.rows[depth + 1] ?? frames.length); at++) {
    if (frames.parent[at] !== parent) continue;
    if (trace.tree.nodes[frames.node[at] ?? -1]?.similar === similar) return at;
  }
  return -1;
}

/** Where a key leads from a frame: to the one above, below, before or after it. */
export function neighbour(frames: Frames, frame: number, key: "up" | "down" | "left" | "right"): number {
  if (frame < 0) return frames.length > 0 ? 0 : -1;
  const depth = frames.depth[frame] ?? 0;
  if (key === "up") return (frames.parent[frame] ?? -1) < 0 ? frame : (frames.parent[frame] ?? frame);
  if (key === "down") {
    const below = frames.parent.indexOf(frame);
    return below < 0 ? frame : below;
  }
  const next = frame + (key === "left" ? -1 : 1);
  return frames.depth[next] === depth ? next : frame;
}
