// SPDX-License-Identifier: Apache-2.0

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Answer, useAnswer } from "../api/answer";
import { type LiveState, useLive } from "../api/live";
import { type Pages, usePages } from "../api/pages";
import type { Condition, Query, Scatter as ScatterAnswer, Trace } from "../api/schema";
import { palette } from "../format/colour";
import { t } from "../i18n";
import { range } from "../state/range";
import { change, link, param } from "../state/router";
import { Icon } from "../ui/icon";
import { useKeys } from "../ui/keys";
import { Menu } from "../ui/menu";
import { Partial } from "../ui/states";
import { Table } from "../ui/table";
import { Builder } from "./builder";
import { columnChoices, columnsOf, contextOf, shownColumns, sortChoices } from "./columns";
import { durationLiteral } from "./complete";
import { FieldColumns } from "./field-columns";
import { DropZone, ImportButton } from "./import";
import { instead } from "./instead";
import { gather, merge } from "./merge";
import { MoreRows } from "./more-rows";
import { NoneFound, WrongQuery } from "./none-found";
import { isLoaded, order, sorted } from "./order";
import { alsoAsk, askFor, askForRows, isWrong, rowsOf, useQuestion } from "./question";
import { QuickFilters, toggleErrors } from "./quick";
import { useRuns } from "./run-figures";
import { Scatter } from "./scatter";
import { SearchBox, searchField } from "./search-box";
import { SpanList } from "./span-list";
import "./traces.css";

/** Asks for traces that last from one duration to another. */
function askForDurations(question: Answer<Query>, shortest: number, longest: number) {
  const field = "traceDuration";
  const [low, high] = [durationLiteral(shortest), durationLiteral(longest)];
  const rows = rowsOf(question);
  if (!rows) return askFor(alsoAsk(param("q"), `${field} >= ${low} && ${field} <= ${high}`));
  const bound = (op: Condition["op"], text: string): Condition => ({ field, op, values: [{ type: "duration", text }] });
  return askForRows([...rows.filter((row) => row.field !== field), bound(">=", low), bound("<=", high)]);
}

/**
 * Asks again when the stream opens, for what came before that, and when it is switched
 * off, for what became of traces that were not whole.
 */
function useReload(state: LiveState, again: () => void) {
  const before = useRef(state);
  useEffect(() => {
    if (state === "open" || (state === "off" && before.current !== "off")) again();
    before.current = state;
  }, [state]);
}

/** The traces that came live since the question was asked. */
function useNews(q: string): { live: ReadonlyMap<string, Trace>; state: LiveState } {
  const on = param("live") === "1";
  const key = `${on} ${q}`;
  const [news, set] = useState<{ key: string; live: ReadonlyMap<string, Trace> }>({ key, live: new Map() });
  const live = news.key === key ? news.live : new Map<string, Trace>();
  const state = useLive(on ? (q ? { q } : {}) : undefined, (some) => {
    set((before) => ({ key, live: gather(before.key === key ? before.live : new Map(), some) }));
  });
  return { live, state };
}

function dotOf(trace: Trace): ScatterAnswer["traces"][number] {
  const { traceId, start, duration, spans, errors, root } = trace;
  return { traceId, start, duration, spans, errors, service: root.service, name: root.name };
}

/** The last query that the desk can read, so that what cannot be read is not asked for. */
function useReadable(query: TraceQuery | undefined, question: Answer<Query>): TraceQuery | undefined {
  const last = useRef<TraceQuery | undefined>(undefined);
  if (!query?.q || (!question.loading && question.value?.valid)) last.current = query;
  return last.current;
}

/** The list of traces, or of spans, with what is looked for above it. */
export function TracesPage() {
  const question = useQuestion();
  const spans = param("mode") === "spans";
  const q = param("q");
  const query = useReadable(range.value && { ...range.value, ...(q ? { q } : {}) }, question);
  useKeys("keys.page", [
    { keys: "/", text: "keys.search", run: () => document.getElementById(searchField)?.focus() },
    { keys: "e", text: "quick.errors", run: () => toggleErrors(question) },
    { keys: "Escape", text: "keys.escape", inFields: true, run: leave },
  ]);
  return (
    <section class="traces" aria-label={t("traces.title")}>
      <h1 class="off-screen">{t("traces.title")}</h1>
      <SearchBox question={question} />
      {param("builder") === "1" && <Builder question={question} />}
      <div class="traces-bar">
        <BuilderSwitch />
        <QuickFilters question={question} />
        <ModeAndColumns spans={spans} />
      </div>
      {spans ? <SpanList query={query} question={question} /> : <TraceList query={query} question={question} />}
      <DropZone />
    </section>
  );
}

/** Leaves a field, or else the query. */
function leave() {
  const active = document.activeElement;
  if (active instanceof HTMLElement && active !== document.body) active.blur();
  else if (param("q")) askFor("");
  else return false;
  return true;
}

function BuilderSwitch() {
  const on = param("builder") === "1";
  return (
    <button
      type="button"
      class="button"
      aria-pressed={on}
      data-tip={t("search.builder.tip")}
      onClick={() => change({ builder: on ? null : "1" }, "replace")}
    >
      {t("search.builder")}
    </button>
  );
}

function ModeAndColumns({ spans }: { spans: boolean }) {
  return (
    <div class="traces-mode">
      <fieldset class="segments">
        <legend class="off-screen">{t("traces.mode")}</legend>
        <button type="button" class="button" aria-pressed={!spans} onClick={() => change({ mode: null })}>
          {t("traces.title")}
        </button>
        <button type="button" class="button" aria-pressed={spans} onClick={() => change({ mode: "spans" })}>
          {t("traces.mode.spans")}
        </button>
      </fieldset>
      {!spans && (
        <Menu label={t("traces.sort")} class="traces-sort" items={sortChoices()}>
          {t("traces.sort")}
          <Icon name="down" />
        </Menu>
      )}
      {spans ? <FieldColumns /> : <Menu label={t("traces.columns")} icon="columns" items={columnChoices()} />}
      <ImportButton icon />
    </div>
  );
}

type TraceQuery = { q?: string; from?: string; to?: string };

function TraceList({ query, question }: { query: TraceQuery | undefined; question: Answer<Query> }) {
  const by = order();
  const list = usePages("/traces", query && { ...query, order: isLoaded(by) ? "newest" : by, limit: 100 });
  const dots = useAnswer("/scatter", query);
  const { live, state } = useNews(query?.q ?? "");
  useReload(state, () => {
    list.reload();
    dots.retry();
  });
  const all = useAll(list, JSON.stringify(query));
  const rows = useMemo(
    () =>
      merge(
        list.pages.flatMap((page) => page.traces),
        live,
      ),
    [list.pages, live],
  );
  const drawn = useMemo(() => withLive(dots.value?.traces ?? [], live), [dots.value, live]);
  const services = [...rows.map((row) => row.root.service), ...drawn.map((dot) => dot.service)];
  const key = [...new Set(services)].sort().join("\n");
  const hues = useMemo(() => palette(services), [key]);
  const wrong = isWrong(question);
  const other = instead(list, rows.length, wrong && !query);
  if (other) return other;
  const found = dots.value;
  return (
    <>
      {drawn.length > 0 && (
        <Scatter traces={drawn} palette={hues} onDurations={(low, high) => askForDurations(question, low, high)} />
      )}
      {wrong && <WrongQuery shown />}
      <div class="traces-total" role="status">
        {found && rows.length > 0 && <Total found={found} live={live} />}
        {found && found.traces.length < found.total && (
          <span class="dim">{t("scatter.shown", found.traces.length, found.total)}</span>
        )}
        {isLoaded(by) && list.hasMore && (
          <span class="warn">
            {t("traces.sorted", rows.length)}{" "}
            {all ? (
              <button type="button" class="link" onClick={all}>
                {t("traces.loadAll")}
              </button>
            ) : (
              t("state.loading")
            )}
          </span>
        )}
        {drawn.length > 0 && <span class="dim fold-2">{t("scatter.hint")}</span>}
        <LiveText state={state} />
      </div>
      <Partial of={list.pages.at(-1)} />
      {rows.length === 0 ? <NoneFound /> : <Rows rows={rows} palette={hues} list={list} wrong={wrong} />}
    </>
  );
}

/** At most so many pages are loaded at once. */
const mostPages = 50;

/** Loads all pages of a list one after the other; undefined while that goes on. */
function useAll(list: Pages<unknown>, key: string): (() => void) | undefined {
  const [wanted, set] = useState({ key, pages: 0 });
  const pages = wanted.key === key ? wanted.pages : 0;
  const on = list.hasMore && !list.error && list.pages.length < pages;
  useEffect(() => {
    if (on && !list.loading) list.more();
  }, [on, list.pages.length, list.loading]);
  return on ? undefined : () => set({ key, pages: list.pages.length + mostPages });
}

interface RowsProps {
  readonly rows: readonly Trace[];
  readonly palette: Map<string, number>;
  readonly list: Pages<unknown>;
  /** They are of the query before. */
  readonly wrong: boolean;
}

function Rows({ rows, palette: hues, list, wrong }: RowsProps) {
  const by = order();
  const runOf = useRuns(rows, by === "cost" || by === "firstFrame");
  return (
    <Table
      class={wrong ? "stale" : ""}
      label={t("traces.title")}
      columns={columnsOf(shownColumns(), contextOf(rows, hues, runOf))}
      rows={isLoaded(by) ? sorted(rows, by, runOf) : rows}
      keyOf={(row) => row.traceId}
      href={(row) => link("trace", row.traceId)}
      onEnd={list.more}
      foot={<MoreRows list={list} />}
    />
  );
}

function withLive(dots: ScatterAnswer["traces"], live: ReadonlyMap<string, Trace>): ScatterAnswer["traces"] {
  if (live.size === 0) return dots;
  return [...dots.filter((dot) => !live.has(dot.traceId)), ...[...live.values()].map(dotOf)];
}

/** How many traces match, with those that came live. */
function Total({ found, live }: { found: ScatterAnswer; live: ReadonlyMap<string, Trace> }) {
  const there = new Set(found.traces.map((dot) => dot.traceId));
  const fresh = [...live.values()].filter((trace) => !there.has(trace.traceId));
  const failed = fresh.filter((trace) => trace.errors > 0).length;
  return <span>{t("traces.total", found.total + fresh.length, found.failed + failed)}</span>;
}

function LiveText({ state }: { state: LiveState }) {
  if (state === "off") return null;
  return <span class={state === "failed" ? "warn" : "dim"}>{t(`traces.live.${state}`)}</span>;
}
