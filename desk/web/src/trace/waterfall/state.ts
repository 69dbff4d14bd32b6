// SPDX-License-Identifier: Apache-2.0

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { change, param } from "../../state/router";
import { setting } from "../../state/settings";
import type { TraceData } from "../data";
import type { TabProps } from "../tab";
import { partText, readPart, type Span, within } from "./axis";
import { ancestors, type Folding, layoutRows, parentsFrom, type Rows, withAncestors } from "./rows";

export const showPath = setting<"yes" | "no">("waterfall-path", "yes", ["yes", "no"]);
export const groupRepeats = setting<"yes" | "no">("waterfall-groups", "yes", ["yes", "no"]);
export const alignClocks = setting<"yes" | "no">("waterfall-align", "yes", ["yes", "no"]);
export const nameWidth = setting<string>("waterfall-names", "380");

/** A row that the keyboard is at: a node, or the group -2 - n. */
export type Key = number;

export const keyOfGroup = (group: number): Key => -2 - group;

/** What the waterfall of a trace shows. */
export interface WaterfallState {
  readonly trace: TraceData;
  readonly collapsed: Signal<ReadonlySet<number>>;
  readonly opened: Signal<ReadonlySet<number>>;
  /** Nothing but matches, errors or the critical path, with what is above them. */
  readonly filter: Signal<"" | "matches" | "errors" | "path">;
  readonly rows: ReadonlySignal<Rows>;
  /** The part of the time that is shown. */
  readonly part: Signal<Span>;
  readonly cursor: Signal<Key>;
  /** When each node started, by the clocks that are chosen, in ns from the start. */
  readonly starts: ReadonlySignal<Float64Array>;
  /** How many of the first rows failed, by their place; one more than there are. */
  readonly failedBefore: Int32Array;
  readonly placeOf: Int32Array;
}

const kept = new Map<string, WaterfallState>();

function startsOf(trace: TraceData): Float64Array {
  const starts = new Float64Array(trace.spans.length);
  for (const row of trace.waterfall.rows) starts[row.node] = row.offset;
  return starts;
}

/** Takes over what was folded in the same trace when less of it had come. */
function translated(before: WaterfallState | undefined, trace: TraceData): Set<number> {
  const nodes = [...(before?.collapsed.peek() ?? [])].map((node) =>
    trace.nodes.get(before?.trace.spans[node]?.id ?? ""),
  );
  return new Set(nodes.filter((node) => node !== undefined));
}

function failures(trace: TraceData) {
  const { rows } = trace.waterfall;
  const failedBefore = new Int32Array(rows.length + 1);
  const placeOf = new Int32Array(rows.length);
  rows.forEach((row, i) => {
    placeOf[row.node] = i;
    failedBefore[i + 1] = (failedBefore[i] ?? 0) + (trace.spans[row.node]?.status === "error" ? 1 : 0);
  });
  return { failedBefore, placeOf };
}

function only(state: Pick<WaterfallState, "filter">, { trace, search }: TabProps): ReadonlySet<number> | undefined {
  switch (state.filter.value) {
    case "matches":
      return withAncestors(trace, search.matches.value);
    case "errors":
      return withAncestors(
        trace,
        trace.tree.order.filter((node) => trace.spans[node]?.status === "error"),
      );
    case "path":
      return withAncestors(
        trace,
        trace.path.map((step) => step.node),
      );
    default:
      return undefined;
  }
}

function create(props: TabProps): WaterfallState {
  const { trace } = props;
  const before = kept.get(trace.id);
  const aligned = startsOf(trace);
  const filter = signal<WaterfallState["filter"]["value"]>("");
  const collapsed = signal<ReadonlySet<number>>(translated(before, trace));
  const opened = signal<ReadonlySet<number>>(new Set());
  const folding = computed<Folding>(() => ({
    collapsed: collapsed.value,
    opened: opened.value,
    grouped: groupRepeats.value === "yes",
    only: only({ filter }, props),
  }));
  return {
    trace,
    collapsed,
    opened,
    filter,
    rows: computed(() => layoutRows(trace, folding.value)),
    part: signal(readPart(param("time"), trace.duration)),
    cursor: signal<Key>(props.selection.node.peek()),
    starts: computed(() => (alignClocks.value === "yes" ? aligned : trace.offsets)),
    ...failures(trace),
  };
}

/** The state of the waterfall of a trace, which stays while other tabs are shown. */
export function stateOf(props: TabProps): WaterfallState {
  let state = kept.get(props.trace.id);
  if (state?.trace !== props.trace) {
    state = create(props);
    kept.clear();
    kept.set(props.trace.id, state);
  }
  return state;
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Shows a part of the time; the address follows when it stays. */
export function showPart(state: WaterfallState, part: Span) {
  const { duration } = state.trace;
  state.part.value = within(part, duration);
  clearTimeout(timer);
  timer = setTimeout(() => change({ time: partText(state.part.peek(), duration) || null }, "replace"), 250);
}

function toggled(set: ReadonlySet<number>, value: number, to = !set.has(value)): ReadonlySet<number> {
  const next = new Set(set);
  if (to) next.add(value);
  else next.delete(value);
  return next;
}

/** Collapses or expands a row; answers whether there was anything to do. */
export function fold(state: WaterfallState, row: number, to: "collapse" | "expand" | "toggle"): boolean {
  const rows = state.rows.peek();
  const group = rows.group[row] ?? -1;
  const node = rows.node[row] ?? -1;
  const [which, value, isOpen] =
    group >= 0
      ? ([state.opened, group, state.opened.peek().has(group)] as const)
      : ([state.collapsed, node, !state.collapsed.peek().has(node)] as const);
  if (group < 0 && (state.trace.tree.nodes[node]?.size ?? 1) < 2) return false;
  if (to !== "toggle" && isOpen === (to === "expand")) return false;
  which.value = toggled(which.peek(), value);
  return true;
}

/** Shows the levels above one, and no more. */
export function foldFrom(state: WaterfallState, level: number) {
  state.collapsed.value = level < 0 ? new Set() : parentsFrom(state.trace, level);
  if (level >= 0) state.opened.value = new Set();
}

/** Opens what hides a node. */
export function uncover(state: WaterfallState, node: number) {
  const { trace } = state;
  const hiding = ancestors(trace, node).filter((each) => state.collapsed.peek().has(each));
  if (hiding.length > 0) {
    const next = new Set(state.collapsed.peek());
    for (const each of hiding) next.delete(each);
    state.collapsed.value = next;
  }
  const group = trace.waterfall.rows[state.placeOf[node] ?? 0]?.group ?? -1;
  if (group >= 0) state.opened.value = toggled(state.opened.peek(), group, true);
  const rows = state.rows.peek();
  if (state.filter.peek() && (rows.at[node] ?? -1) < 0) state.filter.value = "";
}

/** How many below a node failed, and itself. */
export function failedWithin(state: WaterfallState, node: number): number {
  const at = state.placeOf[node] ?? 0;
  const size = state.trace.tree.nodes[node]?.size ?? 1;
  return (state.failedBefore[at + size] ?? 0) - (state.failedBefore[at] ?? 0);
}
