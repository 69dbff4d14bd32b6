// SPDX-License-Identifier: Apache-2.0

import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useCallback, useEffect, useMemo, useRef } from "preact/hooks";
import { t } from "../../i18n";
import { useWidth } from "../../ui/width";
import type { TabProps } from "../tab";
import { type Span, tickStep, ticks } from "../waterfall/axis";
import { Bars } from "../waterfall/bars";
import { Head, HeadLine } from "../waterfall/cells";
import { rowHeight } from "../waterfall/draw";
import { type Hover, HoverCard } from "../waterfall/hover";
import { cursorRow, goToRow, useWaterfallKeys } from "../waterfall/keys";
import { Minimap } from "../waterfall/minimap";
import { NameHandle } from "../waterfall/name-handle";
import { Row, rowId } from "../waterfall/row";
import { rowOf } from "../waterfall/rows";
import { Ruler } from "../waterfall/ruler";
import { SpanCard } from "../waterfall/span-card";
import { nameWidth, showPart, stateOf, uncover, type WaterfallState } from "../waterfall/state";
import { margin, Sticky, stickyIn } from "../waterfall/sticky";
import { Toolbar } from "../waterfall/toolbar";
import { useWheel } from "../waterfall/wheel";
import { type RowWindow, reveal, useRowWindow } from "../waterfall/window";
import "../waterfall/waterfall.css";

/** How high the head of the list is, in px. */
const head = 28;
const numberWidth = 76;
const narrow = 900;

/** Where the columns are for a width of the list. */
function columns(width: number) {
  const own = width >= narrow;
  const names = Math.round(Math.max(120, Math.min(Number(nameWidth.value), width * 0.45)));
  const left = names + numberWidth * (own ? 2 : 1);
  return { names, own, left, time: Math.max(0, width - left - margin) };
}

/** Keeps the selected span in sight, and the row that the keyboard is at. */
function useReveal(
  list: RefObject<HTMLDivElement | null>,
  height: number,
  state: WaterfallState,
  { selection }: TabProps,
) {
  const selected = selection.node.value;
  useEffect(() => {
    if (selected < 0) return;
    uncover(state, selected);
    state.cursor.value = selected;
  }, [state, selected]);
  const row = cursorRow(state);
  useEffect(() => {
    if (list.current && row >= 0) reveal(list.current, row, { rowHeight, head, covered: stickyIn(height) * rowHeight });
  }, [row, state.cursor.value, height]);
}

export default function Waterfall(props: TabProps) {
  const state = stateOf(props);
  const hover = useSignal<Hover | undefined>(undefined);
  const list = useRef<HTMLDivElement>(null);
  const rows = state.rows.value;
  const view = useRowWindow(list, { count: rows.length, rowHeight, head });
  const at = columns(useWidth(list));
  const part = state.part.value;
  const step = tickStep(part, at.time, 90);
  const marks = useMemo(() => ticks(part, step), [part, step]);
  const row = cursorRow(state);
  useWaterfallKeys(state, props, Math.max(1, Math.floor(view.height / rowHeight) - 1));
  useReveal(list, view.height, state, props);
  const show = useCallback((next: Span) => showPart(state, next), [state]);
  useWheel(list, { left: at.left, width: at.time, whole: props.trace.duration, part: () => state.part.peek(), show });
  return (
    <div class={at.own ? "wf" : "wf wf-narrow"} style={{ "--wf-names": `${at.names}px` }}>
      <Toolbar state={state} search={props.search} />
      <Minimap state={state} />
      <div class="wf-body">
        <div
          ref={list}
          class="wf-list"
          role="treegrid"
          tabIndex={0}
          aria-label={t("trace.tab.waterfall")}
          aria-rowcount={rows.length + 1}
          aria-activedescendant={
            row >= 0 ? rowId(state.cursor.value <= -2 ? state.cursor.value : (rows.node[row] ?? -1)) : undefined
          }
        >
          <HeadLine>
            <Head class="wf-name">{t("col.name")}</Head>
            <Head class="wf-num">{t("col.duration")}</Head>
            <Head class="wf-num wf-own" tip={t("wf.own.tip")}>
              {t("wf.own")}
            </Head>
            <Head class="wf-time" label={t("wf.time")}>
              <Ruler state={state} width={at.time} marks={marks} step={step} />
            </Head>
          </HeadLine>
          <div class="wf-space" role="presentation" style={{ height: `${rows.length * rowHeight}px` }}>
            <Shown
              {...props}
              state={state}
              view={view}
              left={at.left}
              width={at.time}
              marks={marks}
              row={row}
              hover={hover}
            />
          </div>
        </div>
        <NameHandle width={at.names} />
        <Sticky
          state={state}
          top={view.top}
          height={view.height}
          left={at.left}
          width={at.time}
          onGo={(to) => goToRow(state, props, to)}
        />
        <HoverCard at={hover} />
        {rows.length === 0 && <p class="wf-none dim">{t("wf.none")}</p>}
      </div>
    </div>
  );
}

interface ShownProps extends TabProps {
  readonly state: WaterfallState;
  readonly view: RowWindow;
  readonly left: number;
  readonly width: number;
  readonly marks: readonly number[];
  readonly row: number;
  readonly hover: Signal<Hover | undefined>;
}

/** The rows that are drawn, and their bars. */
function Shown({ state, view, left, width, marks, row: cursor, hover, trace, selection, search }: ShownProps) {
  const { rows: rowsSignal } = state;
  const rows = rowsSignal.value;
  const last = Math.min(view.last, rows.length);
  const selected = selection.node.value >= 0 ? rowOf(rows, trace, selection.node.value) : -1;
  const marked = selection.marked.value;
  const matched = search.matched.value;
  const over = (event: PointerEvent) => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>(".wf-time");
    const node = rows.node[Number(cell?.dataset.row ?? -1)];
    selection.hovered.value = node ?? -1;
    if (node === undefined) hover.value = undefined;
    else {
      const start = state.starts.peek()[node] ?? 0;
      hover.value = {
        x: event.clientX,
        y: event.clientY,
        content: <SpanCard trace={trace} node={node} start={start} />,
      };
    }
  };
  const shown = [];
  for (let row = view.first; row < last; row++) {
    const node = rows.node[row] ?? -1;
    const group = rows.group[row] ?? -1;
    shown.push(
      <Row
        key={group >= 0 ? -2 - group : node}
        state={state}
        row={row}
        current={row === cursor}
        selected={row === selected}
        marked={marked.has(node)}
        matched={matched.has(node)}
        onSelect={() => selection.select(node)}
      />,
    );
  }
  return (
    <div
      class="wf-rows"
      role="presentation"
      style={{ transform: `translateY(${view.first * rowHeight}px)` }}
      onPointerMove={over}
      onPointerLeave={() => {
        hover.value = undefined;
        selection.hovered.value = -1;
      }}
    >
      {shown}
      <Bars state={state} first={view.first} last={last} width={width} left={left} marks={marks} />
    </div>
  );
}
