// SPDX-License-Identifier: Apache-2.0

import type { Column, ColumnsView, Document, DocumentSpan, TreeView, WaterfallView } from "../api/schema";
import { palette } from "../format/colour";
import { childrenIn, type TraceData } from "./data";
import { nothing, type Said, SaidStore } from "./said";

/** The columns that a trace is loaded with; the spans, the tree and the waterfall are made of them. */
export const columnViews = "summary,columns,findings,path";

function textAt({ texts, values }: Column, node: number): string {
  return texts[values[node] ?? -1] ?? "";
}

/** What spans of columns share. */
interface Source {
  readonly columns: ColumnsView;
  readonly start: bigint;
  readonly said: (node: number) => Said;
}

function idAt(columns: ColumnsView, node: number): string {
  return columns.ids.slice(16 * node, 16 * node + 16);
}

/** A span that is read from columns. */
class ColumnSpan implements DocumentSpan {
  readonly name: string;
  readonly service: string;
  readonly kind: DocumentSpan["kind"];
  readonly status: DocumentSpan["status"];
  readonly duration: number;
  declare readonly message?: string;

  constructor(
    private readonly from: Source,
    private readonly node: number,
  ) {
    const { columns } = from;
    this.name = textAt(columns.name, node);
    this.service = columns.services[columns.tree.service[node] ?? -1] ?? "";
    this.kind = textAt(columns.kind, node) as DocumentSpan["kind"];
    this.status = textAt(columns.status, node) as DocumentSpan["status"];
    this.duration = columns.duration[node] ?? 0;
    const message = columns.messages[node];
    if (message) this.message = message;
  }

  get id(): string {
    return idAt(this.from.columns, this.node);
  }

  get parent(): string {
    const { tree, missing } = this.from.columns;
    const parent = tree.parent[this.node] ?? -1;
    return parent >= 0 ? idAt(this.from.columns, parent) : (missing[this.node] ?? "");
  }

  get start(): string {
    return String(this.from.start + BigInt(this.from.columns.offset[this.node] ?? 0));
  }

  get attributes(): Record<string, unknown> {
    return this.from.said(this.node).attributes;
  }
}

function treeOf({ tree, services, classes, replaced }: ColumnsView): TreeView {
  const nodes = tree.parent.map((parent, i): TreeView["nodes"][number] => {
    const node: TreeView["nodes"][number] = {
      parent,
      level: tree.level[i] ?? 0,
      size: tree.size[i] ?? 1,
      service: tree.service[i] ?? 0,
      similar: tree.similar[i] ?? 0,
      self: tree.self[i] ?? 0,
      class: textAt(tree.class, i) as TreeView["nodes"][number]["class"],
      category: textAt(tree.category, i) as TreeView["nodes"][number]["category"],
      source: textAt(tree.source, i),
    };
    const [badge, marks] = [tree.badges[i], tree.marks[i]];
    if (badge) node.badge = badge;
    if (marks) node.marks = marks as NonNullable<TreeView["nodes"][number]["marks"]>;
    return node;
  });
  const orphans = nodes.filter((node) => node.marks?.includes("orphan")).length;
  return { roots: tree.roots, order: tree.order, nodes, services, classes, replaced, orphans };
}

function waterfallOf({ rows, tree, duration }: ColumnsView): WaterfallView {
  const skewed = new Set(rows.skewed);
  return {
    start: rows.start,
    end: rows.end,
    rows: rows.node.map((node, i) => ({
      node,
      depth: rows.depth[i] ?? 0,
      offset: rows.offset[i] ?? 0,
      duration: duration[node] ?? 0,
      shift: rows.shift[i] ?? 0,
      skewed: skewed.has(i),
      stage: rows.stage[i] ?? -1,
      group: rows.group[i] ?? -1,
      source: textAt(tree.source, node),
    })),
    stages: rows.stages,
    groups: rows.groups,
    cards: rows.cards,
    skewed: rows.clocks,
  };
}

function lastEnd({ offset, duration }: ColumnsView): number {
  let end = 0;
  offset.forEach((from, i) => {
    end = Math.max(end, from + (duration[i] ?? 0));
  });
  return end;
}

/**
 * Makes what the tabs share of columns. Without what each node says, that is asked for
 * when it is read. Undefined if a view is missing.
 */
export function readColumns(document: Document, all?: readonly Said[]): TraceData | undefined {
  const { columns, summary, findings, path } = document.views ?? {};
  if (!columns || !summary || !findings || !path) return undefined;
  const start = BigInt(columns.start);
  const id = (node: number) => idAt(columns, node);
  const store = all ? undefined : new SaidStore(document.traceId, columns.rows.node, id);
  const said = (node: number) => (store ? store.read(node) : (all?.[node] ?? nothing));
  const source: Source = { columns, start, said };
  const spans = columns.duration.map((_, node) => new ColumnSpan(source, node));
  const tree = treeOf(columns);
  return {
    id: document.traceId,
    spans,
    summary,
    tree,
    waterfall: waterfallOf(columns),
    findings,
    path,
    start,
    duration: lastEnd(columns),
    offsets: Float64Array.from(columns.offset),
    children: childrenIn(tree),
    nodes: new Map(spans.map((_, node) => [idAt(columns, node), node])),
    palette: palette(tree.services),
    events: (node) => said(node).events,
    knownAttributes: (node) => (store ? store.peek(node) : said(node)).attributes,
    large: store !== undefined,
  };
}
