// SPDX-License-Identifier: Apache-2.0

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { change, param } from "../state/router";
import type { TraceData } from "./data";

/** What all tabs of a trace have in common; the selected span and finding are in the address. */
export interface Selection {
  /** The selected node, -1 for none. */
  readonly node: ReadonlySignal<number>;
  /** The node under the pointer, -1 for none. */
  readonly hovered: Signal<number>;
  /** The finding that is looked at, -1 for none. */
  readonly finding: ReadonlySignal<number>;
  /** The nodes of that finding, to be marked. */
  readonly marked: ReadonlySignal<ReadonlySet<number>>;
  /** Selects a node, or none with -1. */
  select(node: number): void;
  /** Marks a finding and selects its first node; again, its next one. -1 ends it. */
  look(finding: number): void;
}

/** Makes the selection of a trace. */
export function createSelection(trace: TraceData): Selection {
  const node = computed(() => trace.nodes.get(param("span")) ?? -1);
  const finding = computed(() => {
    const index = Number.parseInt(param("finding"), 10);
    return trace.findings[index] ? index : -1;
  });
  const marked = computed<ReadonlySet<number>>(() => new Set(trace.findings[finding.value]?.nodes));
  const idOf = (wanted: number | undefined) => (wanted === undefined ? null : (trace.spans[wanted]?.id ?? null));
  return {
    node,
    hovered: signal(-1),
    finding,
    marked,
    select: (wanted) => change({ span: idOf(wanted) }, "replace"),
    look: (index) => {
      const nodes = trace.findings[index]?.nodes ?? [];
      const again = index === finding.peek() ? nodes.indexOf(node.peek()) + 1 : 0;
      const next = nodes[again % Math.max(1, nodes.length)];
      change({ finding: index < 0 ? null : String(index), ...(index < 0 ? {} : { span: idOf(next) }) }, "replace");
    },
  };
}
