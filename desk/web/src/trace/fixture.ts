// SPDX-License-Identifier: Apache-2.0

import type { Document, DocumentSpan, TreeView, WaterfallView } from "../api/schema";
import { Details } from "./attributes";
import { assemble, type TraceData } from "./data";

/** A span of a trace that a test makes; the parent is one that came before. */
export interface Made {
  readonly name: string;
  readonly parent?: string;
  readonly service?: string;
  readonly start: number;
  readonly duration: number;
  readonly failed?: boolean;
  readonly group?: number;
  readonly attributes?: Record<string, unknown>;
}

const base = 1_700_000_000_000_000_000n;

function spanOf(made: Made, i: number, ids: Map<string, string>): DocumentSpan {
  const id = (i + 1).toString(16).padStart(16, "0");
  ids.set(made.name, id);
  return {
    id,
    parent: ids.get(made.parent ?? "") ?? "",
    name: made.name,
    service: made.service ?? "web",
    kind: "internal",
    status: made.failed ? "error" : "unset",
    start: String(base + BigInt(made.start)),
    duration: made.duration,
    attributes: made.attributes ?? {},
  };
}

function treeOf(spans: readonly DocumentSpan[]): TreeView {
  const parents = spans.map((span) => spans.findIndex((each) => each.id === span.parent));
  const levels: number[] = [];
  const sizes = spans.map(() => 1);
  for (const parent of parents) levels.push(parent < 0 ? 0 : (levels[parent] ?? 0) + 1);
  for (let i = parents.length - 1; i >= 0; i--) {
    const parent = parents[i] ?? -1;
    if (parent >= 0) sizes[parent] = (sizes[parent] ?? 1) + (sizes[i] ?? 1);
  }
  const services = [...new Set(spans.map((span) => span.service))];
  return {
    roots: parents.flatMap((parent, i) => (parent < 0 ? [i] : [])),
    order: spans.map((_, i) => i),
    nodes: spans.map((span, i) => ({
      parent: parents[i] ?? -1,
      level: levels[i] ?? 0,
      size: sizes[i] ?? 1,
      service: services.indexOf(span.service),
      similar: i,
      self: 0,
      class: "other",
      category: "other",
      source: "opentelemetry",
    })),
    services,
    classes: services.map(() => "other"),
    replaced: 0,
    orphans: 0,
  };
}

function waterfallOf(made: readonly Made[], tree: TreeView): WaterfallView {
  const groups = new Map<number, number[]>();
  made.forEach((each, i) => {
    if (each.group !== undefined) groups.set(each.group, [...(groups.get(each.group) ?? []), i]);
  });
  return {
    start: String(base),
    end: String(base + 1000n),
    rows: made.map((each, node) => ({
      node,
      depth: tree.nodes[node]?.level ?? 0,
      offset: each.start,
      duration: each.duration,
      shift: 0,
      skewed: false,
      stage: -1,
      group: each.group ?? -1,
      source: "opentelemetry",
    })),
    stages: [],
    groups: [...groups.values()].map((members) => ({ members, duration: 0 })),
    cards: [],
    skewed: false,
  };
}

function firstStart(spans: readonly DocumentSpan[]): bigint {
  let first = BigInt(spans[0]?.start ?? 0);
  for (const span of spans) {
    const start = BigInt(span.start);
    if (start < first) first = start;
  }
  return first;
}

/** The details of spans that have their attributes. */
function detailsOf(spans: readonly DocumentSpan[]): Details {
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

/** Makes a trace of a document; undefined if views are missing. */
export function readTrace(document: Document): TraceData | undefined {
  const { spans, views } = document;
  if (!spans || !views?.summary || !views.tree || !views.waterfall || !views.findings || !views.path) return undefined;
  const start = firstStart(spans);
  const { summary, tree, waterfall, findings, path } = views;
  const offsets = Float64Array.from(spans, (span) => Number(BigInt(span.start) - start));
  const details = detailsOf(spans);
  return assemble({
    id: document.traceId,
    spans,
    summary,
    tree,
    waterfall,
    findings,
    path,
    start,
    offsets,
    logs: 0,
    details,
  });
}

/** Makes a trace of spans, each after its parent in the order of the tree. */
export function traceOf(made: readonly Made[]): TraceData {
  const ids = new Map<string, string>();
  const spans = made.map((each, i) => spanOf(each, i, ids));
  const tree = treeOf(spans);
  const trace = readTrace({
    traceId: `${"0".repeat(31)}1`,
    view: "views",
    spans,
    views: {
      summary: {} as never,
      tree,
      waterfall: waterfallOf(made, tree),
      findings: [],
      path: [],
    },
  });
  if (!trace) throw new Error("views are missing");
  return trace;
}
