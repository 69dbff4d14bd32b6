// SPDX-License-Identifier: Apache-2.0

import { type Signal, signal } from "@preact/signals";
import type { Run } from "../api/run";

/** An event of a span, as far as it is drawn. */
export interface EventMark {
  /** After the start of the span, in ns. */
  readonly offset: number;
  readonly name: string;
  /** It says that something failed. */
  readonly failed: boolean;
}

/** A run without its nodes and calls. */
export type RunTotals = Omit<Run, "nodes" | "models" | "agents" | "calls" | "repeats">;

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

/** Whether an event of a name says that something failed: by OpenTelemetry, and by Sidetrace's levels. */
export function saysFailure(name: string): boolean {
  return name === "exception" || name === "ERROR" || name === "FATAL";
}

/** How an attribute reads in a search. */
function saying(key: string, value: unknown): string {
  return `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`.toLowerCase();
}

/** Where the numbers of each node lie in a list of those of all. */
class Ranges {
  private first = new Int32Array(1024).fill(-1);
  private counts = new Int32Array(1024);

  set(node: number, first: number, count: number) {
    if (node >= this.first.length) this.grow(node);
    this.first[node] = first;
    this.counts[node] = count;
  }

  private grow(node: number) {
    const length = Math.max(node + 1, this.first.length * 2);
    const first = new Int32Array(length).fill(-1);
    const counts = new Int32Array(length);
    first.set(this.first);
    counts.set(this.counts);
    this.first = first;
    this.counts = counts;
  }

  /** Where those of a node begin; -1 if they are not there. */
  from(node: number): number {
    return this.first[node] ?? -1;
  }

  count(node: number): number {
    return this.counts[node] ?? 0;
  }
}

/** The attributes and events of all spans, which come after the rest of a trace. */
export class Details {
  /** Whether all of them are there. */
  readonly state: Signal<"coming" | "whole" | "failed"> = signal("coming");
  /** Nodes of which values were too long to be sent as a whole. */
  readonly cut = new Set<number>();
  /** What the run took, once it is known. */
  readonly run: Signal<RunTotals | undefined> = signal(undefined);
  /** The tokens of the calls of nodes, once the run is known. */
  tokens: ReadonlyMap<number, number> = new Map();
  /** How many attributes, events and links of a node its sender left out. */
  dropped: ReadonlyMap<number, readonly number[]> = new Map();
  /** Changes as those who read are told that more have come. */
  readonly version: Signal<number> = signal(0);
  private readonly pairs: (readonly [string, unknown])[] = [];
  private readonly sayings: string[] = [];
  /** The indexes of the pairs of all nodes. */
  private readonly list: number[] = [];
  private readonly ranges = new Ranges();
  private readonly objects = new Map<number, Record<string, unknown>>();
  private readonly marks: EventMark[] = [];
  private readonly markRanges = new Ranges();

  /** The attributes of a node; who reads them before they are there is told when more come. */
  attributes(node: number): Record<string, unknown> {
    if (this.ranges.from(node) < 0) {
      this.version.value;
      return {};
    }
    const made = this.objects.get(node) ?? this.object(node);
    this.objects.set(node, made);
    return made;
  }

  private object(node: number): Record<string, unknown> {
    const made: Record<string, unknown> = Object.create(null);
    const from = this.ranges.from(node);
    for (let i = from; i < from + this.ranges.count(node); i++) {
      const [key, value] = this.pairs[this.list[i] ?? 0] ?? ["", undefined];
      if (!(key in made)) made[key] = value;
    }
    return made;
  }

  events(node: number): readonly EventMark[] {
    if (this.ranges.from(node) < 0) this.version.value;
    const from = this.markRanges.from(node);
    return from < 0 ? [] : this.marks.slice(from, from + this.markRanges.count(node));
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
      const from = this.ranges.from(node);
      for (let i = from; i < from + this.ranges.count(node); i++) if (found[this.list[i] ?? 0]) return true;
      return false;
    };
  }

  add(line: DetailLine) {
    for (const pair of line.pairs) {
      this.pairs.push(pair);
      this.sayings.push(saying(...pair));
    }
    let at = this.list.length;
    for (const index of line.list) this.list.push(index);
    line.nodes.forEach((node, i) => {
      this.ranges.set(node, at, line.counts[i] ?? 0);
      at += line.counts[i] ?? 0;
    });
    this.addEvents(line.events);
    for (const node of line.cut ?? []) this.cut.add(node);
  }

  /** Those of one node come one after the other. */
  private addEvents(events: DetailLine["events"]) {
    events?.nodes.forEach((node, i) => {
      const name = events.of[events.names[i] ?? 0] ?? "";
      const from = this.markRanges.from(node);
      this.markRanges.set(node, from < 0 ? this.marks.length : from, this.markRanges.count(node) + 1);
      this.marks.push({ offset: events.offset[i] ?? 0, name, failed: saysFailure(name) });
    });
  }

  /** Tells those who read that more have come. */
  tell() {
    this.version.value++;
  }
}
