// SPDX-License-Identifier: Apache-2.0

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { SequenceView } from "../../api/schema";
import { hueOf } from "../../format/colour";
import { GraphTools } from "../../graph/tools";
import { t } from "../../i18n";
import { useKeys } from "../../ui/keys";
import type { TraceData } from "../data";
import type { TabProps } from "../tab";
import { gutter, layOut, type Participant, type Row, rowHeight } from "./layout";
import { Rows } from "./rows";
import "./sequence.css";

/** The distance of participants, in px: at first, the least, and the most. */
const apart = { first: 190, least: 56, readable: 150, most: 520 };
const beyond = 12;

interface Window {
  readonly first: number;
  readonly last: number;
}

/** Which rows are in sight. */
function useWindow(scroller: { readonly current: HTMLDivElement | null }, count: number): Window {
  const [view, set] = useState<Window>({ first: 0, last: 60 });
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const update = () => {
      const first = Math.max(0, Math.floor(element.scrollTop / rowHeight) - beyond);
      const last = Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) + beyond;
      set((before) => (before.first === first && before.last === last ? before : { first, last }));
    };
    update();
    const observer = new ResizeObserver(update);
    observer.observe(element);
    element.addEventListener("scroll", update, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", update);
    };
  }, [count]);
  return { first: Math.min(view.first, count), last: Math.min(view.last, count) };
}

const typeTexts = {
  outside: "sequence.outside",
  component: "sequence.component",
  endpoint: "sequence.endpoint",
  database: "sequence.database",
} as const;

interface HeadsProps {
  readonly trace: TraceData;
  readonly participants: readonly Participant[];
  readonly step: number;
}

/** The participants, which stay on top. */
function Heads({ trace, participants, step }: HeadsProps) {
  return (
    <div class="seq-heads" style={{ width: `${gutter + participants.length * step}px` }}>
      <span class="seq-corner dim">{t("col.time")}</span>
      {participants.map((each, i) => {
        const note = each.type === "component" || each.type === "outside" ? t(typeTexts[each.type]) : each.component;
        return (
          <div
            key={i}
            class="seq-head"
            style={{
              left: `${gutter + i * step + 3}px`,
              width: `${step - 6}px`,
              borderColor: each.type === "outside" ? "var(--line-2)" : hueOf(trace.palette, each.component),
            }}
            data-tip={`${each.name}\n${t(typeTexts[each.type])}${each.name === each.component ? "" : ` · ${each.component}`}`}
          >
            <span class="cut seq-name">{each.name}</span>
            <span class="cut dim">{note}</span>
          </div>
        );
      })}
    </div>
  );
}

function nodeAt(row: Row | undefined): number {
  return row?.kind === "message" ? row.message.node : -1;
}

/** The row after or before one that is a message of another node. */
function nextRow(rows: readonly Row[], at: number, by: 1 | -1): number {
  const node = nodeAt(rows[at]);
  for (let i = at + by; i >= 0 && i < rows.length; i += by) {
    if (rows[i]?.kind === "message" && nodeAt(rows[i]) !== node) return i;
  }
  return at;
}

function reveal(element: HTMLElement, row: number) {
  const top = row * rowHeight;
  const room = element.clientHeight - 60;
  if (top < element.scrollTop || top > element.scrollTop + room - rowHeight) element.scrollTop = top - room / 2;
}

function useOpen(): [open: ReadonlySet<number>, toggle: (group: number) => void] {
  const [open, set] = useState<ReadonlySet<number>>(new Set());
  const toggle = (group: number) => {
    const next = new Set(open);
    if (!next.delete(group)) next.add(group);
    set(next);
  };
  return [open, toggle];
}

/** The sequence diagram; only what is in sight is drawn. */
export function Diagram({ trace, selection, search, view }: TabProps & { view: SequenceView }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [step, setStep] = useState(apart.first);
  const [open, toggle] = useOpen();
  const selected = selection.node.value;
  const closed = useMemo(() => layOut(trace, view, open, -1), [trace, view, open]);
  const within = closed.hidden[selected] ? selected : -1;
  const layout = useMemo(() => (within < 0 ? closed : layOut(trace, view, open, within)), [closed, within]);
  const window = useWindow(scroller, layout.rows.length);
  const participants = view.participants ?? [];
  const current = layout.rowOf.get(selected) ?? -1;
  useEffect(() => {
    if (scroller.current && current >= 0) reveal(scroller.current, current);
  }, [current]);
  const bounded = (px: number) => Math.max(apart.least, Math.min(apart.most, px));
  const fitting = () => bounded(((scroller.current?.clientWidth ?? 0) - gutter - 16) / participants.length);
  const fit = () => setStep(fitting());
  useEffect(() => setStep(Math.max(apart.readable, fitting())), []);
  const move = (by: 1 | -1) => {
    const next = nodeAt(layout.rows[nextRow(layout.rows, current, by)]);
    if (next >= 0) selection.select(next);
  };
  useKeys("keys.page", [
    { keys: "j", text: "keys.down", run: () => move(1) },
    { keys: "k", text: "keys.up", run: () => move(-1) },
  ]);
  const width = gutter + participants.length * step;
  return (
    <div class="seq">
      <div class="graph-bar">
        <span class="dim">{t("sequence.facts", participants.length, view.messages?.length ?? 0)}</span>
        <GraphTools
          trace={trace}
          view="sequence"
          formats={["mermaid"]}
          zoom={(by) => setStep(bounded(step * by))}
          fit={fit}
        />
      </div>
      <div
        ref={scroller}
        class="seq-scroll"
        role="listbox"
        aria-label={t("trace.tab.sequence")}
        aria-activedescendant={current >= 0 ? `seq-${current}` : undefined}
        tabIndex={0}
      >
        <Heads trace={trace} participants={participants} step={step} />
        <div class="seq-body" style={{ width: `${width}px`, height: `${layout.rows.length * rowHeight}px` }}>
          <Rows
            trace={trace}
            view={view}
            layout={layout}
            first={window.first}
            last={window.last}
            step={step}
            width={width}
            current={selected}
            matched={search.matched.value}
            marked={selection.marked.value}
            onSelect={(node) => selection.select(node)}
            onToggle={toggle}
          />
        </div>
      </div>
    </div>
  );
}
