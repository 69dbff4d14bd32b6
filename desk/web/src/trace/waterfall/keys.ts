// SPDX-License-Identifier: Apache-2.0

import { useKeys } from "../../ui/keys";
import type { TabProps } from "../tab";
import { moved, zoomed } from "./axis";
import { rowOf } from "./rows";
import { fold, foldFrom, keyOfGroup, showPart, type WaterfallState } from "./state";

/** The row that the keyboard is at, -1 for none. */
export function cursorRow(state: WaterfallState): number {
  const key = state.cursor.value;
  const rows = state.rows.value;
  if (key <= -2) return rows.group.indexOf(-2 - key);
  return key < 0 ? -1 : rowOf(rows, state.trace, key);
}

/** Puts the keyboard at a row; the panel follows if it is open. */
export function goToRow(state: WaterfallState, { selection }: TabProps, row: number) {
  const rows = state.rows.peek();
  if (rows.length === 0) return;
  const at = Math.max(0, Math.min(rows.length - 1, row));
  const group = rows.group[at] ?? -1;
  const node = rows.node[at] ?? -1;
  if (group < 0 && selection.node.peek() >= 0) selection.select(node);
  state.cursor.value = group >= 0 ? keyOfGroup(group) : node;
}

/** Opens the span of a row, or the group that it stands for. */
function open(state: WaterfallState, { selection }: TabProps, row: number) {
  const rows = state.rows.peek();
  if ((rows.group[row] ?? -1) >= 0) fold(state, row, "toggle");
  else if (row >= 0) selection.select(rows.node[row] ?? -1);
}

/** Collapses a row, or goes to the one above it in the tree. */
function outwards(state: WaterfallState, props: TabProps, row: number) {
  if (fold(state, row, "collapse")) return;
  const rows = state.rows.peek();
  const depth = rows.depth[row] ?? 0;
  for (let at = row - 1; at >= 0; at--) {
    if ((rows.depth[at] ?? 0) < depth) {
      goToRow(state, props, at);
      return;
    }
  }
}

function zoom(state: WaterfallState, factor: number) {
  const part = state.part.peek();
  showPart(state, zoomed(part, factor, (part.from + part.to) / 2, state.trace.duration));
}

/** Shows the time of the row that the keyboard is at, with some around it. */
function zoomToRow(state: WaterfallState) {
  const node = state.rows.peek().node[cursorRow(state)] ?? -1;
  const span = state.trace.spans[node];
  if (!span) return;
  const start = state.starts.peek()[node] ?? 0;
  const around = Math.max(span.duration * 0.05, 10);
  showPart(state, { from: start - around, to: start + span.duration + around });
}

/** Whether a key is for something that scrolls or moves by itself, as none does by letters. */
function elsewhere(event: KeyboardEvent): boolean {
  if (event.key === "j" || event.key === "k") return false;
  const target = event.target as Element | null;
  return Boolean(target?.closest?.(".panel, [role=slider], [role=separator], .menu, [role=tablist]"));
}

/** The keys of the waterfall. */
export function useWaterfallKeys(state: WaterfallState, props: TabProps, page: number) {
  const by = (rows: number) => (event: KeyboardEvent) =>
    elsewhere(event) ? false : goToRow(state, props, cursorRow(state) + rows);
  const inTree = (run: (row: number) => void, share: number) => (event: KeyboardEvent) => {
    if (elsewhere(event)) return false;
    if (event.shiftKey) return showPart(state, moved(state.part.peek(), share, state.trace.duration));
    return run(cursorRow(state));
  };
  useKeys("trace.tab.waterfall", [
    { keys: "j", text: "keys.down", run: by(1) },
    { keys: "k", text: "keys.up", run: by(-1) },
    { keys: "ArrowDown", text: "keys.down", run: by(1) },
    { keys: "ArrowUp", text: "keys.up", run: by(-1) },
    { keys: "PageDown", text: "wf.keys.pageDown", run: by(page) },
    { keys: "PageUp", text: "wf.keys.pageUp", run: by(-page) },
    { keys: "Home", text: "wf.keys.first", run: by(-Infinity) },
    { keys: "End", text: "wf.keys.last", run: by(Infinity) },
    {
      keys: "ArrowRight",
      text: "keys.expand",
      run: inTree((row) => !fold(state, row, "expand") && goToRow(state, props, row + 1), 0.2),
    },
    { keys: "ArrowLeft", text: "keys.collapse", run: inTree((row) => outwards(state, props, row), -0.2) },
    {
      keys: "Enter",
      text: "keys.open",
      run: (event) => (elsewhere(event) ? false : open(state, props, cursorRow(state))),
    },
    { keys: "]", text: "keys.expand", run: () => fold(state, cursorRow(state), "expand") },
    { keys: "[", text: "keys.collapse", run: () => outwards(state, props, cursorRow(state)) },
    { keys: "}", text: "wf.expandAll", run: () => foldFrom(state, -1) },
    { keys: "{", text: "wf.collapseAll", run: () => foldFrom(state, 0) },
    { keys: "+", text: "wf.keys.in", run: () => zoom(state, 0.5) },
    { keys: "-", text: "wf.keys.out", run: () => zoom(state, 2) },
    { keys: "z", text: "wf.keys.fit", run: () => zoomToRow(state) },
    { keys: "0", text: "wf.whole", run: () => showPart(state, { from: 0, to: state.trace.duration }) },
  ]);
}
