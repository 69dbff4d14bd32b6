// SPDX-License-Identifier: Apache-2.0

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { get } from "../api/client";
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
  /** Ends it, when the trace is no longer shown. */
  end(): void;
}

/** All that a span says, in lower case. */
function saying(trace: TraceData, node: number): string {
  const span = trace.spans[node];
  if (!span) return "";
  const { name, service, id, kind, status, message = "" } = span;
  const values = Object.entries(trace.knownAttributes(node)).map(([key, value]) =>
    typeof value === "string" ? `${key}=${value}` : `${key}=${JSON.stringify(value)}`,
  );
  return [name, service, id, kind, status, message, ...values].join("\n").toLowerCase();
}

/** The nodes that a text is in, of those of the order. */
export function find(order: readonly number[], sayings: readonly string[], text: string): number[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  return order.filter((node) => sayings[node]?.includes(wanted));
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

/** How long the reader has to pause before the desk is asked, in ms, and how many spans it answers with. */
const [pause, most] = [200, 1000];

/** A text as a literal of TraceQL that any text with it matches, in either case. */
export function containing(text: string): string {
  const plain = text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return JSON.stringify(`(?is).*${plain}.*`);
}

interface Remote {
  readonly found: ReadonlySignal<ReadonlySet<number>>;
  readonly end: () => void;
}

/** The nodes that the desk finds a text in, of a large trace, whose spans are not all here. */
function createRemote(trace: TraceData, text: ReadonlySignal<string>): Remote {
  const found = signal<ReadonlySet<number>>(new Set());
  if (!trace.large) return { found, end: () => {} };
  let timer = 0;
  let controller = new AbortController();
  const end = effect(() => {
    const wanted = text.value.trim();
    clearTimeout(timer);
    controller.abort();
    found.value = new Set();
    if (wanted.length < 2) return;
    controller = new AbortController();
    const { signal: wish } = controller;
    timer = window.setTimeout(async () => {
      const q = `{ trace:id = "${trace.id}" && any =~ ${containing(wanted)} }`;
      const result = await get("/spans", { q, limit: most }, { signal: wish });
      if (result.ok) found.value = new Set(result.value.spans.flatMap((span) => trace.nodes.get(span.spanId) ?? []));
    }, pause);
  });
  return { found, end };
}

/** Makes the search of a trace. */
export function createSearch(trace: TraceData, selection: Selection): Search {
  const { order } = trace.tree;
  const places: number[] = new Array(order.length);
  order.forEach((node, i) => {
    places[node] = i;
  });
  const text = computed(() => param("find"));
  const sayings = computed(() => trace.spans.map((_, node) => saying(trace, node)));
  const remote = createRemote(trace, text);
  const matches = computed(() => {
    const here = text.value.trim() ? find(order, sayings.value, text.value) : [];
    if (remote.found.value.size === 0) return here;
    const all = new Set([...here, ...remote.found.value]);
    return order.filter((node) => all.has(node));
  });
  const failed = computed(() => order.filter((node) => trace.spans[node]?.status === "error"));
  return {
    text,
    matches,
    matched: computed(() => new Set(matches.value)),
    end: remote.end,
    set: (wanted) => change({ find: wanted }, "replace"),
    step: (by) => {
      const list = text.peek().trim() ? matches.value : failed.value;
      const next = stepFrom(list, places, selection.node.peek(), by);
      if (next !== undefined) selection.select(next);
    },
  };
}
