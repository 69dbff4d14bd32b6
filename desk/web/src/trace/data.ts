// SPDX-License-Identifier: Apache-2.0

import type { DocumentSpan, FindingsView, PathView, SummaryView, TreeView, WaterfallView } from "../api/schema";
import { palette } from "../format/colour";
import type { Details } from "./attributes";

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
  /** How many log records there are. */
  readonly logs: number;
  /** The attributes and events of the nodes; those of a large trace come later than the rest. */
  readonly details: Details;
  /** The hues of the services. */
  readonly palette: Map<string, number>;
}

/** The children of all nodes one after the other, in the order of the tree. */
function childrenIn(tree: TreeView): TraceData["children"] {
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

type Parts = Omit<TraceData, "duration" | "children" | "nodes" | "palette">;

/** From the first start to the last end, by the clocks of the spans and by aligned ones. */
function lasts({ spans, offsets, waterfall }: Parts): number {
  let end = 0;
  for (const row of waterfall.rows) {
    end = Math.max(end, row.offset + row.duration, (offsets[row.node] ?? 0) + (spans[row.node]?.duration ?? 0));
  }
  return end;
}

/** Makes a trace of its parts. */
export function assemble(parts: Parts): TraceData {
  const nodes = new Map<string, number>();
  parts.spans.forEach((span, i) => {
    nodes.set(span.id, i);
  });
  return {
    ...parts,
    duration: lasts(parts),
    children: childrenIn(parts.tree),
    nodes,
    palette: palette(parts.tree.services),
  };
}
