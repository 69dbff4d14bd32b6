// SPDX-License-Identifier: Apache-2.0

import { computed, type ReadonlySignal } from "@preact/signals";
import { change, param } from "../state/router";
import type { TraceData } from "./data";
import type { Selection } from "./selection";

/** The search inside a trace, shared by all tabs; its text is in the address. */
export interface Search {
  readonly text: ReadonlySignal<string>;
  /** The nodes that match, in the order of the tree; none while the text is empty. */
  readonly matches: ReadonlySignal<readonly number[]>;
  /** The same as a set, to mark them. */
  readonly matched: ReadonlySignal<ReadonlySet<number>>;
  set(text: string): void;
  /** Selects the next match, or with -1 the one before; without a text the failed spans. */
  step(by: 1 | -1): void;
}

/** A test that remembers what it answered to the same text. */
function remembered(test: (text: string) => boolean): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    const found = known.get(text) ?? test(text);
    known.set(text, found);
    return found;
  };
}

/**
 * The nodes that a text is in, whatever the case, in the order of the tree: in the
 * name, service, kind, status, message, id or in an attribute as "key=value".
 */
export function find(trace: TraceData, text: string): number[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const has = remembered((each) => each.toLowerCase().includes(wanted));
  const hasAttribute = trace.details.having(wanted);
  const mayBeId = /^[0-9a-f]{1,16}$/.test(wanted);
  return trace.tree.order.filter((node) => {
    const span = trace.spans[node];
    if (!span) return false;
    const { name, service, kind, status, message } = span;
    if (has(name) || has(service) || has(kind) || has(status) || (message && has(message))) return true;
    return hasAttribute(node) || (mayBeId && span.id.includes(wanted));
  });
}

/** The one of a list after or before a node, around the end; undefined if it is empty. */
export function stepFrom(
  list: readonly number[],
  places: readonly number[],
  node: number,
  by: 1 | -1,
): number | undefined {
  const at = node < 0 ? -1 : (places[node] ?? -1);
  const after = (each: number) => (places[each] ?? 0) > at;
  if (by > 0) return list.find(after) ?? list[0];
  const before = list.filter((each) => !after(each) && each !== node);
  return before.at(-1) ?? list.at(-1);
}

/** Makes the search of a trace. */
export function createSearch(trace: TraceData, selection: Selection): Search {
  const { order } = trace.tree;
  const places: number[] = new Array(order.length);
  order.forEach((node, i) => {
    places[node] = i;
  });
  const text = computed(() => param("find"));
  const matches = computed(() => {
    trace.details.state.value; // once more when all attributes are there
    return find(trace, text.value);
  });
  const failed = computed(() => order.filter((node) => trace.spans[node]?.status === "error"));
  return {
    text,
    matches,
    matched: computed(() => new Set(matches.value)),
    set: (wanted) => change({ find: wanted }, "replace"),
    step: (by) => {
      const list = text.peek().trim() ? matches.value : failed.value;
      const next = stepFrom(list, places, selection.node.peek(), by);
      if (next !== undefined) selection.select(next);
    },
  };
}
