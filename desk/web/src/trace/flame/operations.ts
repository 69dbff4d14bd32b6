// SPDX-License-Identifier: Apache-2.0

import type { TraceData } from "../data";

/** All spans of one name and service. */
export interface Operation {
  readonly name: string;
  readonly service: string;
  /** Its first span. */
  readonly node: number;
  count: number;
  errors: number;
  /** Sums in ns, and of tokens. */
  total: number;
  self: number;
  tokens: number;
}

export type OperationKey = "self" | "total" | "count" | "errors" | "tokens";

/** The operations of a trace, the heaviest first. */
export function operations(trace: TraceData, tokens: (node: number) => number, by: OperationKey): Operation[] {
  const found = new Map<number, Operation>();
  for (const node of trace.tree.order) {
    const [span, place] = [trace.spans[node], trace.tree.nodes[node]];
    if (!span || !place) continue;
    const { name, service } = span;
    const known = found.get(place.similar) ?? {
      name,
      service,
      node,
      count: 0,
      errors: 0,
      total: 0,
      self: 0,
      tokens: 0,
    };
    known.count++;
    known.errors += span.status === "error" ? 1 : 0;
    known.total += span.duration;
    known.self += place.self;
    known.tokens += tokens(node);
    found.set(place.similar, known);
  }
  return [...found.values()].sort((a, b) => b[by] - a[by] || b.total - a.total);
}
