// SPDX-License-Identifier: Apache-2.0

import type { TraceData } from "../data";
import type { Span } from "../waterfall/axis";
import { barColour, type Colours } from "../waterfall/draw";
import { between, type Frames } from "./layout";

export const frameHeight = 20;

/** What is drawn of a flame graph, and how. */
export interface FlameScene {
  readonly context: CanvasRenderingContext2D;
  readonly trace: TraceData;
  readonly frames: Frames;
  readonly colours: Colours & { readonly on: string; readonly accent: string };
  readonly part: Span;
  readonly width: number;
  readonly height: number;
  readonly scrollTop: number;
  /** Whether a frame's node is faint, as a search is on that it does not match. */
  readonly faint: (node: number) => boolean;
  readonly marked: (node: number) => boolean;
}

const font = "12px system-ui, sans-serif";
/** About how wide a character is, and how narrow a frame is that has no text. */
const [character, narrowest] = [6.6, 28];

/** In less room, in px, a sign that a text is cut takes too much of it. */
const roomForSign = 48;

/** As much of a text as fits into a width as it is, never squeezed. */
export function fitting(text: string, room: number, widthOf: (text: string) => number): string {
  const sign = room < roomForSign ? "" : "…";
  let most = Math.min(text.length, Math.floor(room / character) + 8); // some are narrower
  let shown = most < text.length ? text.slice(0, most) + sign : text;
  while (most > 1 && widthOf(shown) > room) shown = text.slice(0, --most) + sign;
  return shown;
}

function label(scene: FlameScene, frame: number, room: number): string {
  const name = scene.trace.spans[scene.frames.node[frame] ?? 0]?.name ?? "";
  const count = scene.frames.count[frame] ?? 1;
  return fitting(count > 1 ? `${name} ×${count}` : name, room, (text) => scene.context.measureText(text).width);
}

function drawFrame(scene: FlameScene, frame: number, left: number, right: number, y: number) {
  const { context, colours, trace } = scene;
  const node = scene.frames.node[frame] ?? 0;
  const wide = right - left;
  context.globalAlpha = scene.faint(node) ? 0.22 : 1;
  context.fillStyle = barColour(trace, node, colours);
  context.fillRect(left, y, wide > 3 ? wide - 1 : wide, frameHeight - 1);
  if (wide > narrowest) {
    context.fillStyle = trace.spans[node]?.status === "error" ? colours.bg : colours.on;
    context.fillText(label(scene, frame, wide - 8), left + 4, y + frameHeight / 2);
  }
  context.globalAlpha = 1;
  if (scene.marked(node)) {
    context.fillStyle = colours.warn;
    context.fillRect(left, y + frameHeight - 3, Math.max(2, wide - 1), 2);
  }
}

function drawDepth(scene: FlameScene, depth: number) {
  const { frames, part, width } = scene;
  const scale = width / (part.to - part.from);
  const [first, last] = between(frames, depth, part);
  const y = depth * frameHeight - scene.scrollTop;
  let drawn = -1;
  for (let frame = first; frame < last; frame++) {
    const left = Math.max(0, ((frames.x[frame] ?? 0) - part.from) * scale);
    const right = Math.min(width, ((frames.x[frame] ?? 0) + (frames.w[frame] ?? 0) - part.from) * scale);
    if (right <= drawn) continue;
    const end = Math.max(right, left + 1);
    drawFrame(scene, frame, Math.max(left, drawn), end, y);
    drawn = end - left < 1.5 ? Math.ceil(end) : end;
  }
}

/** Draws the frames in sight. */
export function drawFlame(scene: FlameScene) {
  scene.context.font = font;
  scene.context.textBaseline = "middle";
  const first = Math.max(0, Math.floor(scene.scrollTop / frameHeight));
  const last = Math.min(scene.frames.rows.length - 2, Math.ceil((scene.scrollTop + scene.height) / frameHeight));
  for (let depth = first; depth <= last; depth++) drawDepth(scene, depth);
}

/** Draws a line around a frame. */
export function outline(scene: FlameScene, frame: number, colour: string, thick: number) {
  if (frame < 0) return;
  const { context, frames, part, width } = scene;
  const scale = width / (part.to - part.from);
  const left = Math.max(-4, ((frames.x[frame] ?? 0) - part.from) * scale);
  const right = Math.min(width + 4, ((frames.x[frame] ?? 0) + (frames.w[frame] ?? 0) - part.from) * scale);
  if (right < 0 || left > width) return;
  context.strokeStyle = colour;
  context.lineWidth = thick;
  const y = (frames.depth[frame] ?? 0) * frameHeight - scene.scrollTop;
  context.strokeRect(left + thick / 2, y + thick / 2, Math.max(2, right - left - 1 - thick), frameHeight - 1 - thick);
}
