// SPDX-License-Identifier: Apache-2.0

import type { TraceData } from "./data";

const known = new WeakMap<TraceData, Int32Array>();

/** The place of each node in the order of the tree. */
export function placesOf(trace: TraceData): Int32Array {
  const found = known.get(trace);
  if (found) return found;
  const places = new Int32Array(trace.spans.length);
  trace.tree.order.forEach((node, i) => {
    places[node] = i;
  });
  known.set(trace, places);
  return places;
}

/** Whether a node is another one or below it. */
export function isWithin(trace: TraceData, node: number, other: number): boolean {
  const places = placesOf(trace);
  const at = (places[node] ?? -1) - (places[other] ?? 0);
  return at >= 0 && at < (trace.tree.nodes[other]?.size ?? 0);
}
