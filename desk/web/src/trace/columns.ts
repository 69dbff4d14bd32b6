// SPDX-License-Identifier: Apache-2.0

import type { DocumentSpan, FindingsView, PathView, SummaryView, TreeView, WaterfallView } from "../api/schema";
import { type DetailLine, Details, type RunTotals } from "./attributes";
import { assemble, type TraceData } from "./data";

// A trace in columns, as the desk answers with format=columns: lines of JSON.

/** One line; the members that it has say what it is. */
export interface ColumnsLine {
  readonly trace?: Head;
  readonly column?: string;
  readonly of?: readonly unknown[];
  readonly at?: readonly number[];
  readonly values?: readonly unknown[];
  /** Instead of values: the one of all, */
  readonly all?: number;
  /** small numbers as characters from 0 on, */
  readonly digits?: string;
  /** numbers less the one before each, */
  readonly steps?: readonly number[];
  /** or texts of so many characters each. */
  readonly text?: string;
  readonly width?: number;
  readonly waterfall?: WaterfallView;
  readonly views?: { readonly summary: SummaryView; readonly path: PathView; readonly findings: FindingsView };
  readonly detail?: DetailLine;
  readonly run?: RunTotals;
  readonly end?: number;
}

interface Head {
  readonly traceId: string;
  readonly start: string;
  readonly spans: number;
  readonly logs: number;
  readonly services: readonly string[];
  readonly classes: TreeView["classes"];
  readonly roots: number[];
  readonly replaced: number;
}

type Place = TreeView["nodes"][number];

class LoadedSpan implements DocumentSpan {
  name = "";
  service = "";
  kind: DocumentSpan["kind"] = "unspecified";
  status: DocumentSpan["status"] = "unset";
  duration = 0;
  declare message?: string;

  constructor(
    private readonly store: { readonly details: Details; readonly start: bigint; readonly offsets: Float64Array },
    readonly node: number,
    readonly id: string,
    readonly parent: string,
  ) {}

  get start(): string {
    return String(this.store.start + BigInt(this.store.offsets[this.node] ?? 0));
  }

  get attributes(): Record<string, unknown> {
    return this.store.details.attributes(this.node) as Record<string, unknown>;
  }
}

/** Puts the lines of a trace together. */
export class ColumnsReader {
  readonly details = new Details();
  private head: Head | undefined;
  private readonly sparse = new Map<string, Map<number, unknown>>();
  private readonly lists = new Map<string, readonly unknown[]>();
  private waterfall: WaterfallView | undefined;
  /** There as soon as all is there but details. */
  trace: TraceData | undefined;
  /** All is there. */
  ended = false;

  get spans(): number {
    return this.head?.spans ?? 0;
  }

  add(line: ColumnsLine) {
    if (line.trace) this.head = line.trace;
    else if (line.column) this.addColumn(line.column, line);
    else if (line.waterfall) this.waterfall = line.waterfall;
    else if (line.views) this.trace = this.make(line.views);
    else if (line.detail) this.details.add(line.detail);
    else if (line.run) this.addRun(line.run);
    else if (line.end !== undefined) this.end();
  }

  private addRun(run: RunTotals) {
    this.details.tokens = (this.sparse.get("tokens") ?? new Map()) as Details["tokens"];
    this.details.run.value = run;
  }

  private end() {
    this.ended = true;
    this.details.state.value = "whole";
  }

  private addColumn(name: string, line: ColumnsLine) {
    if (line.at) this.sparse.set(name, mapOf(line.at, line.values ?? []));
    else this.lists.set(name, valuesOf(line, this.spans));
  }

  /** What each node has. */
  private column<T>(name: string): readonly T[] {
    const found = this.lists.get(name);
    if (!found) throw new SyntaxError(`there is no column ${name}`);
    return found as readonly T[];
  }

  private rare<T>(name: string): (node: number) => T | undefined {
    const found = this.sparse.get(name);
    return (node) => found?.get(node) as T | undefined;
  }

  private make(views: NonNullable<ColumnsLine["views"]>): TraceData {
    const { head, waterfall } = this;
    if (!head || !waterfall) throw new SyntaxError("the trace has no beginning");
    this.details.dropped = (this.sparse.get("dropped") ?? new Map()) as Details["dropped"];
    const offsets = Float64Array.from(this.column<number>("start"));
    const tree = this.tree(head);
    const spans = this.makeSpans(head, tree, offsets);
    return assemble({
      id: head.traceId,
      spans,
      ...views,
      tree,
      waterfall: { ...waterfall, rows: this.rows(tree, waterfall, { offsets, start: BigInt(head.start) }) },
      start: BigInt(head.start),
      offsets,
      logs: head.logs,
      details: this.details,
    });
  }

  private tree(head: Head): TreeView {
    const [parent, service, similar] = [
      this.column<number>("parent"),
      this.column<number>("service"),
      this.column<number>("similar"),
    ];
    const [duration, covered] = [this.column<number>("duration"), this.rare<number>("covered")];
    const source = this.column<string>("source");
    const [kind, category] = [this.column<Place["class"]>("class"), this.column<Place["category"]>("category")];
    const badge = this.column<Place["badge"] | null>("badge");
    const marks = this.rare<NonNullable<Place["marks"]>>("marks");
    const order = this.column<number>("order") as number[];
    let orphans = 0;
    const nodes = parent.map((above, i) => {
      const node: Place = {
        parent: above,
        level: 0,
        size: 1,
        service: service[i] ?? 0,
        similar: similar[i] ?? 0,
        self: (duration[i] ?? 0) - (covered(i) ?? 0),
        class: kind[i] ?? "other",
        category: category[i] ?? "other",
        source: source[i] ?? "",
      };
      const [theBadge, theMarks] = [badge[i], marks(i)];
      if (theBadge) node.badge = theBadge;
      if (theMarks) node.marks = theMarks;
      if (theMarks?.includes("orphan")) orphans++;
      return node;
    });
    measure(nodes, order);
    const { roots, services, classes, replaced } = head;
    return { roots, order, nodes, services: [...services], classes, replaced, orphans };
  }

  private makeSpans(head: Head, tree: TreeView, offsets: Float64Array): LoadedSpan[] {
    const [ids, names] = [this.column<string>("id"), this.column<string>("name")];
    const [kind, status] = [this.column<DocumentSpan["kind"]>("kind"), this.column<DocumentSpan["status"]>("status")];
    const duration = this.column<number>("duration");
    const [message, parentId] = [this.rare<string>("message"), this.rare<string>("parentId")];
    const store = { details: this.details, start: BigInt(head.start), offsets };
    return ids.map((id, i) => {
      const place = tree.nodes[i];
      const parent = parentId(i) ?? ids[place?.parent ?? -1] ?? "";
      const span = new LoadedSpan(store, i, id, parent);
      span.name = names[i] ?? "";
      span.service = head.services[place?.service ?? -1] ?? "";
      span.kind = kind[i] ?? "unspecified";
      span.status = status[i] ?? "unset";
      span.duration = duration[i] ?? 0;
      const said = message(i);
      if (said !== undefined) span.message = said;
      return span;
    });
  }

  private rows(
    tree: TreeView,
    fall: WaterfallView,
    at: { offsets: Float64Array; start: bigint },
  ): WaterfallView["rows"] {
    const order = (this.lists.get("rows") ?? tree.order) as number[];
    const [shift, skewed] = [this.rare<number>("shift"), this.rare<boolean>("skewed")];
    const [stage, group] = [this.rare<number>("stage"), this.rare<number>("group")];
    const duration = this.column<number>("duration");
    const ahead = Number(at.start - BigInt(fall.start));
    return order.map((node) => ({
      node,
      depth: tree.nodes[node]?.level ?? 0,
      offset: (at.offsets[node] ?? 0) + ahead + (shift(node) ?? 0),
      duration: duration[node] ?? 0,
      shift: shift(node) ?? 0,
      skewed: skewed(node) ?? false,
      stage: stage(node) ?? -1,
      group: group(node) ?? -1,
      source: tree.nodes[node]?.source ?? "",
    }));
  }
}

/** The values of a column that all of so many nodes have. */
function valuesOf(line: ColumnsLine, count: number): readonly unknown[] {
  const { of, all, text, width = 1 } = line;
  if (text !== undefined) return Array.from({ length: count }, (_, i) => text.slice(i * width, (i + 1) * width));
  if (all !== undefined) return new Array(count).fill(of ? of[all] : all);
  const numbers = numbersOf(line);
  return of ? numbers.map((index) => of[index]) : numbers;
}

function numbersOf({ digits, steps, values = [] }: ColumnsLine): readonly number[] {
  if (digits !== undefined) return Array.from(digits, (digit) => digit.charCodeAt(0) - 48);
  if (!steps) return values as readonly number[];
  let sum = 0;
  return steps.map((step) => {
    sum += step;
    return sum;
  });
}

function mapOf(keys: readonly number[], values: readonly unknown[]): Map<number, unknown> {
  const map = new Map<number, unknown>();
  for (let i = 0; i < keys.length; i++) map.set(keys[i] ?? 0, values[i]);
  return map;
}

/** Finds how deep nodes lie and how many are below them; the order has parents first. */
function measure(nodes: TreeView["nodes"], order: readonly number[]) {
  for (const at of order) {
    const node = nodes[at];
    if (node) node.level = (nodes[node.parent]?.level ?? -1) + 1;
  }
  for (let i = order.length - 1; i >= 0; i--) {
    const node = nodes[order[i] ?? -1];
    const parent = nodes[node?.parent ?? -1];
    if (node && parent) parent.size += node.size;
  }
}
