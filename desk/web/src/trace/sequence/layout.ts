// SPDX-License-Identifier: Apache-2.0

import type { SequenceView } from "../../api/schema";
import { duration } from "../../format/format";
import { t } from "../../i18n";
import type { TraceData } from "../data";
import { isWithin, placesOf } from "../places";

/** The height of a row, and the room for the times on the left, in px. */
export const rowHeight = 28;
export const gutter = 84;

export type Participant = NonNullable<SequenceView["participants"]>[number];
export type Message = NonNullable<SequenceView["messages"]>[number];

/** A line of the diagram: a message, or where a frame begins or divides. */
export type Row =
  | { readonly kind: "message"; readonly message: Message }
  | { readonly kind: "frame"; readonly frame: number }
  | { readonly kind: "divide"; readonly frame: number };

/** A box around rows: a loop stands for all repetitions, of which it shows the first. */
export interface Frame {
  readonly kind: "loop" | "parallel";
  /** The group or block of the view. */
  readonly of: number;
  readonly depth: number;
  readonly first: number;
  last: number;
  left: number;
  right: number;
  /** How many characters the longest text has that stands beside a call of the rightmost participant to itself. */
  beside: number;
}

/** When a participant is at work: from its call to the return. */
export interface Activation {
  readonly participant: number;
  readonly node: number;
  readonly level: number;
  readonly first: number;
  last: number;
}

export interface Layout {
  readonly rows: readonly Row[];
  readonly frames: readonly Frame[];
  readonly activations: readonly Activation[];
  /** The row of each node that has one; a call has that of the node it leads to. */
  readonly rowOf: ReadonlyMap<number, number>;
  /** Nodes in repetitions that are not shown have 1. */
  readonly hidden: Uint8Array;
}

/** What the arrows of the view mean. */
export const arrows = { call: "->>+", return: "-->>-", send: "-)", work: "->>" } as const;

interface Hidden {
  /** For each node whether it is in a repetition that is not shown. */
  readonly nodes: Uint8Array;
  /** For each node the loops that begin with it, outer ones first. */
  readonly loops: ReadonlyMap<number, number[]>;
}

/** Hides all but the first of repetitions, unless they are open or have the node to show. */
function hide(trace: TraceData, view: SequenceView, open: ReadonlySet<number>, reveal: number): Hidden {
  const nodes = new Uint8Array(trace.spans.length);
  const places = placesOf(trace);
  const loops = new Map<number, number[]>();
  view.groups.forEach(({ members }, group) => {
    const [first, ...others] = members;
    if (first === undefined) return;
    if (open.has(group) || (reveal >= 0 && others.some((each) => isWithin(trace, reveal, each)))) return;
    loops.set(first, [...(loops.get(first) ?? []), group]);
    for (const other of others) {
      const at = places[other] ?? 0;
      const size = trace.tree.nodes[other]?.size ?? 1;
      for (let i = at; i < at + size; i++) nodes[trace.tree.order[i] ?? 0] = 1;
    }
  });
  return { nodes, loops };
}

/** The blocks around a message, the outermost first. */
function blocksAround(view: SequenceView, block: number): number[] {
  const around: number[] = [];
  for (let at = block; at >= 0 && around.length < 64; at = view.blocks?.[at]?.parent ?? -1) around.unshift(at);
  return around;
}

class Builder {
  readonly rows: Row[] = [];
  readonly frames: Frame[] = [];
  readonly activations: Activation[] = [];
  readonly rowOf = new Map<number, number>();
  private readonly open: number[] = [];
  private readonly loopNodes: number[] = [];
  private readonly active = new Map<number, Activation[]>();

  constructor(
    private readonly trace: TraceData,
    private readonly view: SequenceView,
    private readonly hidden: Hidden,
  ) {}

  add(message: Message) {
    if (this.hidden.nodes[message.node]) return;
    this.closeFor(message);
    this.openFor(message);
    const row = this.rows.length;
    this.rows.push({ kind: "message", message });
    for (const node of [message.node, message.caller]) if (!this.rowOf.has(node)) this.rowOf.set(node, row);
    for (const at of this.open) this.widen(at, message, row);
    this.activate(message, row);
  }

  private frameAt(depth: number): Frame | undefined {
    return this.frames[this.open[depth] ?? -1];
  }

  /** Ends the frames that a message is not in. */
  private closeFor(message: Message) {
    const blocks = blocksAround(this.view, message.block);
    let depth = 0;
    for (; depth < this.open.length; depth++) {
      const frame = this.frameAt(depth);
      if (!frame) break;
      const inside =
        frame.kind === "parallel"
          ? blocks.includes(frame.of)
          : isWithin(this.trace, message.node, this.loopNodes[depth] ?? -1);
      if (!inside) break;
    }
    this.open.length = depth;
    this.loopNodes.length = depth;
  }

  /** Begins the frames that a message is in and that are not open yet. */
  private openFor(message: Message) {
    for (const block of blocksAround(this.view, message.block)) {
      const at = this.open.find((each) => this.frames[each]?.kind === "parallel" && this.frames[each]?.of === block);
      if (at === undefined) this.begin("parallel", block, -1);
      else if (message.parallel === block) this.rows.push({ kind: "divide", frame: at });
    }
    const starts = [message.caller, message.node].flatMap((node) =>
      (this.hidden.loops.get(node) ?? []).map((group) => [group, node] as const),
    );
    for (const [group, node] of starts) {
      const known = this.open.some((each) => this.frames[each]?.kind === "loop" && this.frames[each]?.of === group);
      if (!known && message.arrow !== arrows.return) this.begin("loop", group, node);
    }
  }

  private begin(kind: Frame["kind"], of: number, node: number) {
    const first = this.rows.length;
    const frame: Frame = {
      kind,
      of,
      depth: this.open.length,
      first,
      last: first,
      left: Number.POSITIVE_INFINITY,
      right: 0,
      beside: 0,
    };
    this.rows.push({ kind: "frame", frame: this.frames.length });
    this.open.push(this.frames.length);
    this.loopNodes.push(node);
    this.frames.push(frame);
  }

  private widen(at: number, message: Message, row: number) {
    const frame = this.frames[at];
    if (!frame) return;
    frame.last = row;
    frame.left = Math.min(frame.left, message.from, message.to);
    const right = Math.max(frame.right, message.from, message.to);
    const beside = message.from === message.to && message.to === right ? label(this.trace, message).length : 0;
    frame.beside = Math.max(right > frame.right ? 0 : frame.beside, beside);
    frame.right = right;
  }

  private activate(message: Message, row: number) {
    if (message.arrow === arrows.call) {
      const open = this.active.get(message.to) ?? [];
      const activation = { participant: message.to, node: message.node, level: open.length, first: row, last: row };
      this.activations.push(activation);
      this.active.set(message.to, [...open, activation]);
    }
    if (message.arrow !== arrows.return) return;
    const open = this.active.get(message.from) ?? [];
    const ended = open.findLast((each) => each.node === message.node);
    if (!ended) return;
    ended.last = row;
    this.active.set(
      message.from,
      open.filter((each) => each !== ended),
    );
  }
}

/** Lays a sequence out in rows: loops show their first repetition unless they are open. */
export function layOut(trace: TraceData, view: SequenceView, open: ReadonlySet<number>, reveal: number): Layout {
  const hidden = hide(trace, view, open, reveal);
  const builder = new Builder(trace, view, hidden);
  for (const message of view.messages ?? []) builder.add(message);
  const { rows, frames, activations, rowOf } = builder;
  rowOf.delete(-1);
  return { rows, frames, activations, rowOf, hidden: hidden.nodes };
}

/** What stands at a call: the operation, or both if the caller names it otherwise. */
export function textOf(trace: TraceData, message: Message): string {
  const called = trace.spans[message.node]?.name ?? message.text;
  const caller = trace.spans[message.caller]?.name;
  return caller && caller !== called ? `${caller} → ${called}` : called;
}

/** What stands at the arrow: the operation with its duration, or how the call ended. */
export function label(trace: TraceData, message: Message): string {
  const span = trace.spans[message.node];
  const took = duration(span?.duration);
  if (message.arrow === arrows.return)
    return span?.status === "error" ? `${took} · ${span.message || t("status.error")}` : took;
  return message.arrow === arrows.call ? textOf(trace, message) : `${textOf(trace, message)} · ${took}`;
}

/** Where the text beside the line of a participant begins that calls itself, in px after the line. */
const besideLine = 34;

/** The edges of a frame with room for what stands beside its last line, further in the deeper it lies, in px. */
export function edges(frame: Frame, step: number, width: number): { left: number; width: number } {
  const inset = Math.min(frame.depth, 5) * 5;
  const left = gutter + frame.left * step + 4 + inset;
  const lane = gutter + (frame.right + 1) * step - 4;
  const text = gutter + (frame.right + 0.5) * step + besideLine + frame.beside * 7.2 + 12;
  const right = frame.beside > 0 ? Math.max(lane, Math.min(text, width - 4)) : lane;
  return { left, width: right - inset - left };
}

/**
 * Where the text of a call to itself stands: on the right of its line, or on the left
 * if there is more room.
 */
export function besideSelf(line: number, width: number, text: string): { x: number; text: string; before: boolean } {
  const [after, before] = [width - line - 38, line - gutter - 20];
  const whole = cutText(text, after) === text;
  if (whole || after >= before) return { x: line + besideLine, text: cutText(text, after), before: false };
  return { x: line - 12, text: cutText(text, before), before: true };
}

/** As much of a text as fits into a width, at so many px a character. */
export function cutText(text: string, width: number, each = 7.2): string {
  const most = Math.max(3, Math.floor(width / each));
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}
