// SPDX-License-Identifier: Apache-2.0

import { Graph as DagreGraph, layout as layOutByDagre } from "@dagrejs/dagre";
import type { Graph, Layout, Point } from "./layout";

/** The room between ranks, and between boxes of a rank. */
const room = { rank: 52, node: 18, margin: 10 };

/** Larger graphs take dagre too long. */
const mostForDagre = 500;

/** Lays a graph out: by dagre, or if it is large, in ranks from left to right. */
export function placeGraph(graph: Graph): Layout {
  const size = Math.max(graph.nodes.length, graph.edges.length);
  return size <= mostForDagre ? byDagre(graph) : inRanks(graph);
}

function byDagre(input: Graph): Layout {
  const { nodes, edges, direction } = input;
  const graph = new DagreGraph({ multigraph: true });
  graph.setGraph({
    rankdir: direction,
    ranksep: room.rank,
    nodesep: room.node,
    edgesep: 12,
    marginx: room.margin,
    marginy: room.margin,
  });
  nodes.forEach(({ width, height }, i) => {
    graph.setNode(String(i), { width, height });
  });
  edges.forEach(({ from, to, width = 0, height = 0 }, i) => {
    graph.setEdge(String(from), String(to), { width, height, labelpos: "c" }, String(i));
  });
  layOutByDagre(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const drawn = nodes.map((_, i) => {
    const { x = 0, y = 0 } = graph.node(String(i)) as Partial<Point>;
    return { x, y };
  });
  const turned = direction === "LR" && isTurned(drawn, edges);
  const turn = ({ x, y }: Point): Point => ({ x, y: turned ? height - y : y });
  const at = drawn.map(turn);
  const ways = edges.map(({ from, to }, i) => {
    const edge = graph.edge(String(from), String(to), String(i)) as Partial<Point> & { points?: Point[] };
    const points = ported((edge.points ?? []).map(turn), { input, at, edge: i });
    const { x, y } = edge;
    return { points, label: x === undefined || y === undefined ? middle(points) : turn({ x, y }) };
  });
  return { nodes: at, edges: ways, width, height };
}

/** Whether what comes first is drawn below what comes later: then it is turned over. */
function isTurned(at: readonly Point[], edges: Graph["edges"]): boolean {
  let down = 0;
  const before = new Map<number, number>();
  for (const { from: source, to: target } of edges) {
    const last = before.get(source);
    if (last !== undefined) down += Math.sign((at[target]?.y ?? 0) - (at[last]?.y ?? 0));
    before.set(source, target);
  }
  return down < 0;
}

function middle(points: readonly Point[]): Point {
  const [first, last] = [points[0] ?? { x: 0, y: 0 }, points.at(-1) ?? { x: 0, y: 0 }];
  return points.length > 2
    ? (points[points.length >> 1] ?? first)
    : { x: (first.x + last.x) / 2, y: (first.y + last.y) / 2 };
}

interface Ends {
  readonly input: Graph;
  readonly at: readonly Point[];
  readonly edge: number;
}

/** Lets an edge onwards begin and end in the middle of the sides of its boxes. */
function ported(points: readonly Point[], { input, at, edge }: Ends): Point[] {
  const { from: source = -1, to: target = -1 } = input.edges[edge] ?? {};
  const [from, to] = [at[source], at[target]];
  const inner = points.slice(1, -1);
  if (!from || !to) return [...points];
  const [a, b] = [input.nodes[source], input.nodes[target]];
  if (input.direction === "TB") {
    if (from.y >= to.y) return [...points];
    return [{ x: from.x, y: from.y + (a?.height ?? 0) / 2 }, ...inner, { x: to.x, y: to.y - (b?.height ?? 0) / 2 }];
  }
  if (from.x >= to.x) return [...points];
  return [{ x: from.x + (a?.width ?? 0) / 2, y: from.y }, ...inner, { x: to.x - (b?.width ?? 0) / 2, y: to.y }];
}

/** The edges that leave each node, in order. */
function targets({ nodes, edges }: Graph): number[][] {
  const out: number[][] = nodes.map(() => []);
  for (const { from: source, to: target } of edges) out[source]?.push(target);
  return out;
}

interface Placed {
  readonly rank: Int32Array;
  /** The place from the top, in boxes; leaves one below the other. */
  readonly slot: Float64Array;
  readonly slots: number;
}

interface Open {
  readonly node: number;
  next: number;
  /** The slot of the first child. */
  first: number;
}

/** Goes down the edges, and gives every node the rank below who it was come to from. */
class Descent {
  readonly rank: Int32Array;
  readonly slot: Float64Array;
  slots = 0;
  private readonly stack: Open[] = [];

  constructor(private readonly out: readonly (readonly number[])[]) {
    this.rank = new Int32Array(out.length).fill(-1);
    this.slot = new Float64Array(out.length);
  }

  from(start: number) {
    this.enter(start, 0);
    for (let top = this.stack.at(-1); top; top = this.stack.at(-1)) {
      const target = this.out[top.node]?.[top.next++];
      if (target === undefined) this.leave(top);
      else this.enter(target, (this.rank[top.node] ?? 0) + 1);
    }
  }

  private enter(node: number, rank: number) {
    if ((this.rank[node] ?? 0) >= 0) return;
    this.rank[node] = rank;
    this.stack.push({ node, next: 0, first: -1 });
  }

  private leave({ node, first }: Open) {
    const slot = first < 0 ? this.slots++ : first;
    this.slot[node] = slot;
    this.stack.pop();
    const above = this.stack.at(-1);
    if (!above) return;
    if (above.first < 0) above.first = slot;
  }
}

/** Goes down from every node that was not come to yet, those without a source first. */
function place(input: Graph): Placed {
  const isTarget = new Uint8Array(input.nodes.length);
  for (const { from: source, to: target } of input.edges) if (source !== target) isTarget[target] = 1;
  const starts = input.nodes.map((_, i) => i).sort((a, b) => (isTarget[a] ?? 0) - (isTarget[b] ?? 0));
  const descent = new Descent(targets(input));
  for (const start of starts) descent.from(start);
  return descent;
}

/** An edge to another row goes down, or up, right before its end. */
function stepped(points: readonly Point[]): Point[] {
  const [from, to] = [points[0], points.at(-1)];
  if (!from || !to || from.y === to.y || from.x >= to.x) return [...points];
  const x = to.x - room.rank / 2;
  const corner = Math.sign(to.y - from.y) * Math.min(12, Math.abs(to.y - from.y) / 2);
  return [from, { x, y: from.y }, { x, y: from.y + corner }, { x, y: to.y - corner }, { x, y: to.y }, to];
}

function inRanks(input: Graph): Layout {
  const { rank, slot, slots } = place(input);
  const width = input.nodes.reduce((most, node) => Math.max(most, node.width), 0);
  const height = input.nodes.reduce((most, node) => Math.max(most, node.height), 0);
  const text = input.edges.reduce((most, edge) => Math.max(most, edge.width ?? 0), 0);
  const across = width + Math.max(room.rank, text + 24);
  const down = height + room.node;
  const nodes = input.nodes.map((_, i) => ({
    x: room.margin + width / 2 + (rank[i] ?? 0) * across,
    y: room.margin + height / 2 + (slot[i] ?? 0) * down,
  }));
  const edges = input.edges.map(({ from: source, to: target }, edge) => {
    const [from, to] = [nodes[source] ?? { x: 0, y: 0 }, nodes[target] ?? { x: 0, y: 0 }];
    const points = stepped(ported([from, to], { input, at: nodes, edge }));
    return { points, label: middle(points) };
  });
  const ranks = rank.reduce((most, each) => Math.max(most, each), 0) + 1;
  return { nodes, edges, width: ranks * across + 2 * room.margin, height: slots * down + 2 * room.margin };
}
