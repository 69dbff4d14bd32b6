// SPDX-License-Identifier: Apache-2.0

import type { Run, RunNode } from "../../api/run";
import type { TraceData } from "../data";

/** A node of the run in its place; times are in ns after the start of the trace. */
export interface Step {
  /** Its index in the run. */
  readonly index: number;
  readonly node: RunNode;
  readonly depth: number;
  readonly start: number;
}

function startOf(trace: TraceData, node: RunNode): number {
  const known = node.span >= 0 ? trace.offsets[node.span] : undefined;
  return known ?? Number(BigInt(Math.round(node.start)) - trace.start);
}

/** The nodes within each node, by its index + 1; those within none first. */
function within(nodes: readonly RunNode[], starts: readonly number[]): number[][] {
  const lists: number[][] = Array.from({ length: nodes.length + 1 }, () => []);
  nodes.forEach((node, i) => {
    const parent = node.parent >= 0 && node.parent < nodes.length && node.parent !== i ? node.parent : -1;
    lists[parent + 1]?.push(i);
  });
  for (const list of lists) list.sort((a, b) => (starts[a] ?? 0) - (starts[b] ?? 0) || a - b);
  return lists;
}

/** The story of a run: every node before those within it, by their start. */
export function stepsOf(trace: TraceData, run: Run): Step[] {
  const starts = run.nodes.map((node) => startOf(trace, node));
  const lists = within(run.nodes, starts);
  const steps: Step[] = [];
  const open = [...(lists[0] ?? [])].reverse().map((index) => ({ index, depth: 0 }));
  for (let top = open.pop(); top; top = open.pop()) {
    const node = run.nodes[top.index];
    if (!node) continue;
    steps.push({ ...top, node, start: starts[top.index] ?? 0 });
    for (const index of [...(lists[top.index + 1] ?? [])].reverse()) open.push({ index, depth: top.depth + 1 });
  }
  return steps;
}

/** For each span the node of the run that it is, or is within; -1 for none. */
export function nodesAround(trace: TraceData, run: Run): Int32Array {
  const around = new Int32Array(trace.spans.length).fill(-1);
  run.nodes.forEach((node, i) => {
    if (node.span >= 0) around[node.span] = i;
  });
  for (const span of trace.tree.order) {
    const parent = trace.tree.nodes[span]?.parent ?? -1;
    if ((around[span] ?? -1) < 0 && parent >= 0) around[span] = around[parent] ?? -1;
  }
  return around;
}

/** A stretch of time: until the first frame a model waits, then it streams. */
export interface Phases {
  readonly wait: number;
  readonly stream: number;
  /** Tokens per second of the stream; undefined if they are not known. */
  readonly speed: number | undefined;
}

/** What a node that streams did when; undefined for those without a first frame. */
export function phasesOf(node: RunNode): Phases | undefined {
  if (node.firstFrame < 0 || node.firstFrame > node.duration) return undefined;
  const stream = node.duration - node.firstFrame;
  const { output } = node.usage;
  return { wait: node.firstFrame, stream, speed: output > 0 && stream > 0 ? output / (stream / 1e9) : undefined };
}

/** The node to show when none was chosen: the first that failed by itself, else the first. */
export function firstStep(steps: readonly Step[]): number {
  const failed = steps.filter((step) => step.node.failed);
  const parents = new Set(failed.map((step) => step.node.parent));
  return (failed.find((step) => !parents.has(step.index)) ?? steps[0])?.index ?? -1;
}
