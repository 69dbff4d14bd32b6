// SPDX-License-Identifier: Apache-2.0

import { hash, hues } from "../../format/colour";
import { colourValue } from "../../state/settings";
import type { TraceData } from "../data";
import type { Span } from "./axis";
import { joined, ownParts } from "./rows";
import { alignClocks, showPath, type WaterfallState } from "./state";

export const rowHeight = 28;
const [thick, thin] = [12, 4];

/** The colours that a waterfall is drawn with. */
export interface Colours {
  readonly services: readonly string[];
  readonly error: string;
  readonly line: string;
  readonly fg: string;
  readonly dim: string;
  readonly bg: string;
  readonly warn: string;
}

/** Reads the colours of the theme. */
export function readColours(): Colours {
  return {
    services: Array.from({ length: hues }, (_, i) => colourValue(`s${i}`)),
    error: colourValue("error"),
    line: colourValue("line"),
    fg: colourValue("fg"),
    dim: colourValue("line-2"),
    bg: colourValue("bg"),
    warn: colourValue("warn"),
  };
}

/** The colour of a span's bar: that of its service, red if it failed. */
export function barColour(trace: TraceData, node: number, colours: Colours): string {
  const span = trace.spans[node];
  if (!span || span.status === "error") return colours.error;
  return colours.services[trace.palette.get(span.service) ?? hash(span.service) % hues] ?? colours.fg;
}

/** The steps of the critical path of each node, in ns from the start of the trace. */
export type PathParts = ReadonlyMap<number, readonly number[]>;

/** Sorts the critical path by nodes. */
export function pathParts(trace: TraceData): PathParts {
  const parts = new Map<number, number[]>();
  for (const step of trace.path) {
    const of = parts.get(step.node) ?? [];
    of.push(Number(BigInt(step.start) - trace.start), Number(BigInt(step.end) - trace.start));
    parts.set(step.node, of);
  }
  return parts;
}

/** What is drawn, and where. */
export interface Scene {
  readonly context: CanvasRenderingContext2D;
  readonly state: WaterfallState;
  readonly colours: Colours;
  readonly path: PathParts;
  readonly part: Span;
  readonly starts: Float64Array;
  readonly width: number;
  /** The px of a moment. */
  readonly x: (ns: number) => number;
  readonly own: (node: number) => readonly number[];
}

/** The parts of spans without children, remembered. */
export function ownMemory(trace: TraceData): (node: number, starts: Float64Array) => readonly number[] {
  let of: Float64Array | undefined;
  let memory = new Map<number, readonly number[]>();
  return (node, starts) => {
    if (of !== starts || memory.size > 5000) [of, memory] = [starts, new Map()];
    const found = memory.get(node) ?? ownParts(trace, node, starts);
    memory.set(node, found);
    return found;
  };
}

function rectangle(scene: Scene, from: number, to: number, y: number, height: number) {
  const left = Math.max(-2, scene.x(from));
  const right = Math.min(scene.width + 2, scene.x(to));
  if (right < 0 || left > scene.width) return;
  scene.context.fillRect(left, y, Math.max(1.5, right - left), height);
}

/** Draws a span: thin where children are under way, thick where it works itself. */
function drawBar(scene: Scene, node: number, y: number) {
  const { context, state } = scene;
  const span = state.trace.spans[node];
  if (!span) return;
  const start = scene.starts[node] ?? 0;
  const middle = y + rowHeight / 2;
  context.fillStyle = barColour(state.trace, node, scene.colours);
  if (state.trace.tree.nodes[node]?.marks?.includes("inferred")) context.globalAlpha = 0.45;
  rectangle(scene, start, start + span.duration, middle - thin / 2, thin);
  const pixel = (scene.part.to - scene.part.from) / Math.max(1, scene.width);
  const parts = joined(scene.own(node), pixel);
  for (let i = 0; i + 1 < parts.length; i += 2) {
    rectangle(scene, start + (parts[i] ?? 0), start + (parts[i + 1] ?? 0), middle - thick / 2, thick);
  }
  context.globalAlpha = 1;
}

/** Shows to which side a bar lies that is out of sight. */
function drawBeyond(scene: Scene, node: number, y: number) {
  const start = scene.starts[node] ?? 0;
  const end = start + (scene.state.trace.spans[node]?.duration ?? 0);
  const before = end < scene.part.from;
  if (!before && start <= scene.part.to) return;
  const { context, width } = scene;
  const [edge, point] = before ? [9, 4] : [width - 9, width - 4];
  context.fillStyle = scene.colours.dim;
  context.beginPath();
  context.moveTo(edge, y + 10);
  context.lineTo(point, y + 14);
  context.lineTo(edge, y + 18);
  context.fill();
}

/** Draws the members of a group side by side in one row. */
function drawGroup(scene: Scene, group: number, y: number) {
  const { state } = scene;
  const members = state.trace.waterfall.groups?.[group]?.members ?? [];
  const first = members[0] ?? 0;
  scene.context.fillStyle = barColour(state.trace, first, scene.colours);
  const pixel = (scene.part.to - scene.part.from) / Math.max(1, scene.width);
  const parts = members.flatMap((node) => {
    const start = scene.starts[node] ?? 0;
    return [start, start + (state.trace.spans[node]?.duration ?? 0)];
  });
  const all = joined(parts, pixel);
  const middle = y + rowHeight / 2;
  for (let i = 0; i + 1 < all.length; i += 2) rectangle(scene, all[i] ?? 0, all[i + 1] ?? 0, middle - thick / 2, thick);
}

/** Draws the part of a span that is on the critical path, as a line under its bar. */
function drawPath(scene: Scene, node: number, y: number) {
  const parts = scene.path.get(node);
  if (!parts || showPath.value === "no") return;
  const shift = (scene.starts[node] ?? 0) - (scene.state.trace.offsets[node] ?? 0);
  scene.context.fillStyle = scene.colours.fg;
  for (let i = 0; i + 1 < parts.length; i += 2) {
    rectangle(scene, (parts[i] ?? 0) + shift, (parts[i + 1] ?? 0) + shift, y + rowHeight - 6, 2);
  }
}

/** Draws, dashed, where a span that was moved lies by its own clock. */
function drawShift(scene: Scene, node: number, y: number) {
  const { context, state } = scene;
  const row = state.trace.waterfall.rows[state.placeOf[node] ?? 0];
  if (!row?.shift || alignClocks.value === "no") return;
  const from = scene.x(row.offset - row.shift);
  const to = scene.x(row.offset - row.shift + row.duration);
  if (to < 0 || from > scene.width) return;
  context.strokeStyle = scene.colours.dim;
  context.setLineDash([3, 3]);
  context.strokeRect(Math.max(-2, from) + 0.5, y + 7.5, Math.max(1, Math.min(scene.width + 2, to) - from), 13);
  context.setLineDash([]);
}

/** Draws the events of a span as marks on its bar. */
function drawEvents(scene: Scene, node: number, y: number) {
  const { context, state, colours } = scene;
  const middle = y + rowHeight / 2;
  for (const event of state.trace.details.events(node)) {
    const x = scene.x((scene.starts[node] ?? 0) + event.offset);
    if (x < -4 || x > scene.width + 4) continue;
    context.fillStyle = event.failed ? colours.error : colours.fg;
    context.strokeStyle = colours.bg;
    context.beginPath();
    context.moveTo(x, middle - 5);
    context.lineTo(x + 4, middle);
    context.lineTo(x, middle + 5);
    context.lineTo(x - 4, middle);
    context.closePath();
    context.fill();
    context.stroke();
  }
}

/** Draws one row at a height. */
export function drawRow(scene: Scene, row: number, y: number) {
  const rows = scene.state.rows.peek();
  const node = rows.node[row] ?? -1;
  const group = rows.group[row] ?? -1;
  if (group >= 0) {
    drawGroup(scene, group, y);
    return;
  }
  drawShift(scene, node, y);
  drawBar(scene, node, y);
  drawPath(scene, node, y);
  drawEvents(scene, node, y);
  drawBeyond(scene, node, y);
}

/** Draws the lines of the ruler. */
export function drawGrid(scene: Scene, marks: readonly number[], height: number) {
  scene.context.fillStyle = scene.colours.line;
  for (const mark of marks) scene.context.fillRect(Math.round(scene.x(mark)), 0, 1, height);
}
