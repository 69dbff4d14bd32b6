// SPDX-License-Identifier: Apache-2.0

import { type Signal, signal } from "@preact/signals";
import type { DocumentSpan } from "../api/schema";

/** An event of a span, as far as it is drawn. */
export interface EventMark {
  /** After the start of the span, in ns. */
  readonly offset: number;
  readonly name: string;
  /** It says that something failed. */
  readonly failed: boolean;
}

/** The attributes and events of some spans; attributes are indexes of all pairs so far. */
export interface DetailLine {
  readonly nodes: readonly number[];
  readonly pairs: readonly (readonly [string, unknown])[];
  readonly counts: readonly number[];
  readonly list: readonly number[];
  readonly events?: {
    readonly nodes: readonly number[];
    readonly of: readonly string[];
    readonly names: readonly number[];
    readonly offset: readonly number[];
  };
  readonly cut?: readonly number[];
}

const none = new Int32Array();
const noEvents: readonly EventMark[] = [];

/** Whether an event of a name says that something failed: by OpenTelemetry, and by Sidetrace's levels. */
export function saysFailure(name: string): boolean {
  return name === "exception" || name === "ERROR" || name === "FATAL";
}

/** How an attribute reads in a search. */
function saying(key: string, value: unknown): string {
  return `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`.toLowerCase();
}

/** The attributes and events of all spans, which come after the rest of a trace. */
export class Details {
  /** Whether all of them are there. */
  readonly state: Signal<"coming" | "whole" | "failed"> = signal("coming");
  /** Nodes of which values were too long to be sent as a whole. */
  readonly cut = new Set<number>();
  /** How many attributes, events and links of a node its sender left out. */
  dropped: ReadonlyMap<number, readonly number[]> = new Map();
  /** Changes as more of them come. */
  readonly version: Signal<number> = signal(0);
  private readonly pairs: (readonly [string, unknown])[] = [];
  private readonly sayings: string[] = [];
  private readonly lists: (Int32Array | undefined)[] = [];
  private readonly objects: (Record<string, unknown> | undefined)[] = [];
  private readonly marks = new Map<number, EventMark[]>();

  /** The attributes of a node; who reads them before they are there is told when more come. */
  attributes(node: number): Record<string, unknown> {
    const list = this.lists[node];
    if (!list) {
      this.version.value;
      return {};
    }
    const made = this.objects[node] ?? this.object(list);
    this.objects[node] = made;
    return made;
  }

  private object(list: Int32Array): Record<string, unknown> {
    const made: Record<string, unknown> = Object.create(null);
    for (const index of list) {
      const [key, value] = this.pairs[index] ?? ["", undefined];
      if (!(key in made)) made[key] = value;
    }
    return made;
  }

  events(node: number): readonly EventMark[] {
    if (!this.lists[node]) this.version.value;
    return this.marks.get(node) ?? noEvents;
  }

  /** Which nodes have an attribute that a text, in lower case, is in, as "key=value". */
  having(text: string): (node: number) => boolean {
    const found = new Uint8Array(this.sayings.length);
    let some = false;
    this.sayings.forEach((saying, i) => {
      if (!saying.includes(text)) return;
      found[i] = 1;
      some = true;
    });
    if (!some) return () => false;
    return (node) => {
      const list = this.lists[node] ?? none;
      for (let i = 0; i < list.length; i++) if (found[list[i] ?? 0]) return true;
      return false;
    };
  }

  add(line: DetailLine) {
    for (const pair of line.pairs) {
      this.pairs.push(pair);
      this.sayings.push(saying(...pair));
    }
    const list = Int32Array.from(line.list);
    let at = 0;
    line.nodes.forEach((node, i) => {
      const end = at + (line.counts[i] ?? 0);
      this.lists[node] = list.subarray(at, end);
      at = end;
    });
    this.addEvents(line.events);
    for (const node of line.cut ?? []) this.cut.add(node);
    this.version.value++;
  }

  private addEvents(events: DetailLine["events"]) {
    events?.nodes.forEach((node, i) => {
      const name = events.of[events.names[i] ?? 0] ?? "";
      const marks = this.marks.get(node) ?? [];
      marks.push({ offset: events.offset[i] ?? 0, name, failed: saysFailure(name) });
      this.marks.set(node, marks);
    });
  }
}

/** The details of spans that have their attributes. */
export function detailsOf(spans: readonly DocumentSpan[]): Details {
  const details = new Details();
  const all = spans.map((span) => Object.entries(span.attributes));
  details.add({
    nodes: spans.map((_, node) => node),
    pairs: all.flat(),
    counts: all.map((each) => each.length),
    list: all.flat().map((_, i) => i),
  });
  details.state.value = "whole";
  return details;
}
