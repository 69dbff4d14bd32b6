// SPDX-License-Identifier: Apache-2.0

import type { Difference } from "../api/schema";

export type DiffNode = Difference["nodes"][number];

/** The two sides of a comparison. */
export type Side = "baseline" | "comparison";

/** What became of a span, seen from the baseline. */
export type Change = "onlyBaseline" | "onlyComparison" | "slower" | "faster" | "same";

/** Smaller changes, in percent and as a share of the trace, are noise. */
const noise = { percent: 10, share: 0.01 };

/** Whether durations differ by less than counts; whole is how long the longer trace is. */
export function isNoise(from: number, to: number, whole: number): boolean {
  const more = Math.abs(to - from);
  return (from > 0 && (100 * more) / from < noise.percent) || more < whole * noise.share;
}

/** What became of a span; whole is how long the longer trace is. */
export function changeOf(node: DiffNode, whole: number): Change {
  if (node.comparison < 0) return "onlyBaseline";
  if (node.baseline < 0) return "onlyComparison";
  const more = node.comparisonDuration - node.baselineDuration;
  if (isNoise(node.baselineDuration, node.comparisonDuration, whole)) return "same";
  return more > 0 ? "slower" : "faster";
}

/** Spans of one box as one: their durations summed up. */
export function together(nodes: readonly DiffNode[]): DiffNode | undefined {
  const [first] = nodes;
  if (!first) return undefined;
  const [a, b] = [
    nodes.reduce((sum, node) => sum + node.baselineDuration, 0),
    nodes.reduce((sum, node) => sum + node.comparisonDuration, 0),
  ];
  return { ...first, baselineDuration: a, comparisonDuration: b, delta: a > 0 ? (100 * (b - a)) / a : null };
}

/** How long the longer of the two traces is, by the roots. */
export function wholeOf(nodes: readonly DiffNode[]): number {
  const most = (a: number, node: DiffNode) => Math.max(a, node.baselineDuration, node.comparisonDuration);
  return Math.max(1, nodes.filter((node) => node.parent < 0).reduce(most, 0));
}

/** The rows of the tree: all, or only what changed with what is around it. */
export function rowsOf(nodes: readonly DiffNode[], onlyChanges: boolean): number[] {
  const whole = wholeOf(nodes);
  const keep = new Uint8Array(nodes.length);
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i];
    if (!node || (changeOf(node, whole) === "same" && !keep[i])) continue;
    keep[i] = 1;
    if (node.parent >= 0) keep[node.parent] = 1;
  }
  return nodes.flatMap((_, i) => (!onlyChanges || keep[i] ? [i] : []));
}

/** A frame of a flame graph, from 0 to 1 of its width. */
export interface Frame {
  readonly node: number;
  readonly depth: number;
  readonly left: number;
  readonly width: number;
}

/** Frames that are narrower cannot be seen. */
const narrowest = 0.0008;

/**
 * The flame graph of one side: each frame as wide as its time, those below it side
 * by side; if together they took longer, as they ran at once, each in proportion.
 */
export function flameOf(nodes: readonly DiffNode[], side: Side): Frame[] {
  const value = (node: DiffNode) => Math.max(0, side === "baseline" ? node.baselineDuration : node.comparisonDuration);
  const has = (node: DiffNode) => node[side] >= 0;
  const sums = new Float64Array(nodes.length + 1);
  for (const node of nodes) if (has(node)) sums[node.parent + 1] = (sums[node.parent + 1] ?? 0) + value(node);
  const frames: Frame[] = [];
  const placed: (Frame | undefined)[] = [];
  const used = new Float64Array(nodes.length + 1);
  const top = wholeOf(nodes);
  nodes.forEach((node, i) => {
    const above = placed[node.parent];
    if (!has(node) || (node.parent >= 0 && !above)) return;
    const parent = nodes[node.parent];
    const room = Math.max(parent ? value(parent) : top, sums[node.parent + 1] ?? 0, 1);
    const share = (above?.width ?? 1) / room;
    const left = (above?.left ?? 0) + (used[node.parent + 1] ?? 0) * share;
    used[node.parent + 1] = (used[node.parent + 1] ?? 0) + value(node);
    const frame = { node: i, depth: node.depth, left, width: value(node) * share };
    if (frame.width < narrowest) return;
    placed[i] = frame;
    frames.push(frame);
  });
  return frames;
}
