// SPDX-License-Identifier: Apache-2.0

import type {
  Document,
  DocumentSpan,
  FindingsView,
  PathView,
  SummaryView,
  TreeView,
  WaterfallView,
} from "../api/schema";
import { palette } from "../format/colour";

/**
 * One trace as all tabs see it. A node is the index of a span in spans, the same in
 * every view that the desk makes of the trace.
 */
export interface TraceData {
  readonly id: string;
  readonly spans: readonly DocumentSpan[];
  readonly summary: SummaryView;
  readonly tree: TreeView;
  readonly waterfall: WaterfallView;
  readonly findings: FindingsView;
  readonly path: PathView;
  /** The first start of all spans, in ns since 1970. */
  readonly start: bigint;
  /** From the first start to the last end, in ns. */
  readonly duration: number;
  /** The start of each node after the start of the trace, in ns, by its own clock. */
  readonly offsets: Float64Array;
  /** The children of each node in order of their start, as childrenOf reads them. */
  readonly children: { readonly first: Int32Array; readonly list: Int32Array };
  /** The nodes by the ids of their spans. */
  readonly nodes: ReadonlyMap<string, number>;
  /** The events of a node. */
  readonly events: (node: number) => readonly EventMark[];
  /** The hues of the services. */
  readonly palette: Map<string, number>;
  /** The attributes of a node as far as they have come, without asking for them. */
  readonly knownAttributes: (node: number) => Record<string, unknown>;
  /** There are so many spans that their attributes come when they are read. */
  readonly large: boolean;
}

/** An event of a span, as far as it is drawn. */
export interface EventMark {
  /** After the start of the span, in ns. */
  readonly offset: number;
  readonly name: string;
  /** It says that something failed. */
  readonly failed: boolean;
}

function firstStart(spans: readonly DocumentSpan[]): bigint {
  let first = BigInt(spans[0]?.start ?? 0);
  for (const span of spans) {
    const start = BigInt(span.start);
    if (start < first) first = start;
  }
  return first;
}

/** The children of all nodes one after the other, in the order of the tree. */
export function childrenIn(tree: TreeView): TraceData["children"] {
  const first = new Int32Array(tree.nodes.length + 1);
  for (const node of tree.nodes) if (node.parent >= 0) first[node.parent + 1] = (first[node.parent + 1] ?? 0) + 1;
  for (let i = 1; i < first.length; i++) first[i] = (first[i] ?? 0) + (first[i - 1] ?? 0);
  const next = first.slice();
  const list = new Int32Array(first[tree.nodes.length] ?? 0);
  for (const node of tree.order) {
    const parent = tree.nodes[node]?.parent ?? -1;
    if (parent < 0) continue;
    const at = next[parent] ?? 0;
    list[at] = node;
    next[parent] = at + 1;
  }
  return { first, list };
}

/** The children of a node, in order of their start. */
export function childrenOf(trace: TraceData, node: number): Int32Array {
  const { first, list } = trace.children;
  return list.subarray(first[node] ?? 0, first[node + 1] ?? 0);
}

/** Makes what the tabs share of what the desk answered; undefined if views are missing. */
export function readTrace(document: Document): TraceData | undefined {
  const { spans, views } = document;
  if (!spans || !views?.summary || !views.tree || !views.waterfall || !views.findings || !views.path) return undefined;
  const start = firstStart(spans);
  const offsets = new Float64Array(spans.length);
  const nodes = new Map<string, number>();
  let duration = 0;
  spans.forEach((span, i) => {
    const offset = Number(BigInt(span.start) - start);
    offsets[i] = offset;
    nodes.set(span.id, i);
    duration = Math.max(duration, offset + span.duration);
  });
  const { summary, tree, waterfall, findings, path } = views;
  return {
    id: document.traceId,
    spans,
    summary,
    tree,
    waterfall,
    findings,
    path,
    start,
    duration,
    offsets,
    children: childrenIn(tree),
    nodes,
    events: () => [],
    palette: palette(tree.services),
    knownAttributes: (node) => spans[node]?.attributes ?? {},
    large: false,
  };
}
