// SPDX-License-Identifier: Apache-2.0

import type { Trace } from "../api/schema";
import { hueOf } from "../format/colour";
import { count, duration, exactTime, millis, oneLine, time, tokens, unknown } from "../format/format";
import { longest } from "../format/longest";
import { type PlainKey, t } from "../i18n";
import { change, params } from "../state/router";
import { costText, decimals } from "../trace/cost";
import { Bar } from "../ui/bar";
import { Icon } from "../ui/icon";
import { Service } from "../ui/service";
import type { Column } from "../ui/table";
import { type Order, order } from "./order";
import { type Figures, useRun } from "./run-figures";

const ids = [
  "start",
  "service",
  "name",
  "duration",
  "spans",
  "errors",
  "tokens",
  "cost",
  "firstFrame",
  "session",
  "user",
  "services",
  "logs",
  "id",
] as const;
type Id = (typeof ids)[number];

const usual: readonly Id[] = [
  "start",
  "service",
  "name",
  "duration",
  "spans",
  "errors",
  "tokens",
  "cost",
  "firstFrame",
  "session",
];

const titles: Record<Id, PlainKey> = {
  start: "col.start",
  service: "col.service",
  name: "col.root",
  duration: "col.duration",
  spans: "col.spans",
  errors: "col.errors",
  tokens: "col.tokens",
  cost: "col.cost",
  firstFrame: "trace.firstFrame",
  session: "col.session",
  user: "col.user",
  services: "col.services",
  logs: "col.logs",
  id: "col.id",
};

/** The columns that are shown, in their order. */
export function shownColumns(): readonly Id[] {
  const asked = params("col").filter((id): id is Id => (ids as readonly string[]).includes(id));
  return asked.length > 0 ? ids.filter((id) => asked.includes(id)) : usual;
}

/** Columns that narrow pages leave out unless the list is sorted by them. */
const sortable = ["start", "duration", "spans", "errors", "tokens", "cost", "firstFrame"] as const;

/** What the list can be sorted by, for pages too narrow for all heads. */
export function sortChoices() {
  const now = order();
  return sortable.map((id) => {
    const wanted = id === "start" ? "newest" : id === "duration" ? "longest" : id;
    return {
      label: t(titles[id]),
      checked: wanted === now,
      run: () => change({ order: wanted === "newest" ? null : wanted }),
    };
  });
}

/** The columns to choose from. */
export function columnChoices() {
  const shown = shownColumns();
  return ids.map((id) => ({
    label: t(titles[id]),
    checked: shown.includes(id),
    stay: true,
    run: () => {
      const now = shown.includes(id) ? shown.filter((each) => each !== id) : [...shown, id];
      change({ col: now.length > 0 ? now : null }, "replace");
    },
  }));
}

/** The session that a trace says it belongs to. */
export function sessionOf(trace: Trace): string {
  return trace.identity.sid ?? trace.identity.conversation ?? trace.identity.chatId ?? "";
}

/** What columns need to know of all rows. */
export interface Context {
  readonly palette: Map<string, number>;
  /** In ns. */
  readonly longest: number;
  /** Of costs. */
  readonly places: number | undefined;
  /** Some did not begin today. */
  readonly dated: boolean;
  /** How wide the column of services is, in px. */
  readonly service: number;
}

/** What columns need to know of some rows. */
export function contextOf(
  rows: readonly Trace[],
  hues: Map<string, number>,
  runOf: (trace: Trace) => Figures | undefined,
): Context {
  return {
    palette: hues,
    longest: longest(rows),
    places: decimals(rows.map((row) => runOf(row)?.cost)),
    dated: isDated(rows.map((row) => row.start)),
    service: serviceWidth(rows.map((row) => row.root.service)),
  };
}

/** How wide a column of times is, in px. */
export function timeWidth(dated: boolean): number {
  return dated ? 150 : 72;
}

/** How wide a column of services is that has to have room for some names, in px. */
export function serviceWidth(names: readonly string[]): number {
  const longestName = names.reduce((most, name) => Math.max(most, name.length), 0);
  return Math.max(70, Math.min(130, 20 + 8 * longestName));
}

/** Whether one of some times, in ns, is not of today. */
export function isDated(times: readonly string[]): boolean {
  return times.some((ns) => time(millis(ns)).length > timeLength);
}

/** How long a time of day is without a date. */
const timeLength = "12:34:56".length;

function DurationCell({ trace, palette, longest: most }: { trace: Trace } & Pick<Context, "palette" | "longest">) {
  return (
    <span class="duration-cell">
      <Bar share={trace.duration / most} colour={hueOf(palette, trace.root.service)} />
      <span class="num">{duration(trace.duration)}</span>
    </span>
  );
}

function RootCell({ trace }: { trace: Trace }) {
  return (
    <span class="root-cell">
      {!trace.whole && (
        <span class="warn" data-tip={t("traces.incomplete")}>
          <Icon name="warning" />
          <span class="off-screen">{t("traces.incomplete")}</span>
        </span>
      )}
      <NameAndQuestion trace={trace} />
    </span>
  );
}

/** The name of a trace's root, and what was asked where it is known: runs of one agent have the same name. */
export function NameAndQuestion({ trace }: { trace: Trace }) {
  const { run } = useRun(trace);
  return (
    <>
      <span class="cut" dir="auto">
        {oneLine(trace.root.name) || unknown}
      </span>
      {run?.failed && (
        <span class="tag error" data-tip={t("quick.failed.tip")}>
          {t("status.error")}
        </span>
      )}
      {run?.question && (
        <span class="cut dim root-question" dir="auto">
          {oneLine(run.question)}
        </span>
      )}
    </>
  );
}

/** So much of an id fits. */
const sessionLength = 14;

/** The end of a session's id: many begin alike. */
export function SessionCell({ id }: { id: string }) {
  const long = id.length > sessionLength;
  return <span data-tip={long ? id : undefined}>{long ? `…${id.slice(1 - sessionLength)}` : id || unknown}</span>;
}

function CostCell({ trace, places }: { trace: Trace } & Pick<Context, "places">) {
  const { run, loading } = useRun(trace);
  const unpriced = run?.cost.unpriced;
  return (
    <span data-tip={unpriced ? t("trace.cost.unpriced", unpriced) : undefined}>
      {loading ? "" : costText(run?.cost, places)}
    </span>
  );
}

function FirstFrameCell({ trace }: { trace: Trace }) {
  const { run, loading } = useRun(trace);
  if (loading) return null;
  return <>{run && run.firstFrame >= 0 ? duration(run.firstFrame) : unknown}</>;
}

/** The number of failed spans. */
export function Errors({ n }: { n: number }) {
  return n > 0 ? <span class="error">{count(n)}</span> : <span class="dim">{count(n)}</span>;
}

/** How a column sorts: by one order after the other. */
export function sortBy(orders: readonly Order[]): NonNullable<Column<Trace>["sort"]> {
  const now = order();
  const at = orders.indexOf(now);
  const next = orders[at + 1] ?? (at < 0 ? orders[0] : "newest");
  return {
    now: at < 0 ? "none" : now === "oldest" ? "ascending" : "descending",
    onSort: () => change({ order: next === "newest" ? null : next }),
  };
}

type Spec = Omit<Column<Trace>, "id" | "title">;

function specs({ palette, longest: most, places, dated, service }: Context): Record<Id, Spec> {
  return {
    start: {
      width: timeWidth(dated),
      priority: 1,
      sort: sortBy(["newest", "oldest"]),
      cell: (trace) => (
        <span class="num" data-tip={exactTime(trace.start)}>
          {time(millis(trace.start))}
        </span>
      ),
    },
    service: { width: service, priority: 1, cell: (trace) => <Service name={trace.root.service} palette={palette} /> },
    name: { priority: 1, main: true, cell: (trace) => <RootCell trace={trace} /> },
    duration: {
      width: 140,
      narrow: 72,
      barred: true,
      numeric: true,
      priority: 1,
      sort: sortBy(["longest"]),
      cell: (trace) => <DurationCell trace={trace} palette={palette} longest={most} />,
    },
    spans: { width: 60, numeric: true, priority: 2, sort: sortBy(["spans"]), cell: (trace) => count(trace.spans) },
    errors: {
      width: 60,
      numeric: true,
      priority: 1,
      sort: sortBy(["errors"]),
      cell: (trace) => <Errors n={trace.errors} />,
    },
    tokens: {
      width: 68,
      numeric: true,
      priority: 2,
      sort: sortBy(["tokens"]),
      cell: (trace) => tokens(trace.tokens?.total),
    },
    cost: {
      width: 100,
      numeric: true,
      priority: 2,
      sort: sortBy(["cost"]),
      cell: (trace) => <CostCell trace={trace} places={places} />,
    },
    firstFrame: {
      tip: t("trace.firstFrame.tip"),
      width: 104,
      numeric: true,
      priority: 2,
      sort: sortBy(["firstFrame"]),
      cell: (trace) => <FirstFrameCell trace={trace} />,
    },
    session: { width: 150, priority: 3, cell: (trace) => <SessionCell id={sessionOf(trace)} /> },
    user: { width: 100, priority: 3, cell: (trace) => <span class="cut">{trace.identity.uid || unknown}</span> },
    services: {
      width: 180,
      priority: 3,
      cell: (trace) => <span class="cut">{trace.services.map((each) => each.name).join(", ")}</span>,
    },
    logs: { width: 60, numeric: true, priority: 3, cell: (trace) => count(trace.logs) },
    id: { width: 280, priority: 3, cell: (trace) => <span class="mono cut">{trace.traceId}</span> },
  };
}

/** Some columns of lists of traces. */
export function columnsOf(some: readonly Id[], context: Context): Column<Trace>[] {
  const all = specs(context);
  const by = order();
  return some.map((id) => ({ id, title: t(titles[id]), ...all[id], ...(id === by && { priority: 1 }) }));
}
