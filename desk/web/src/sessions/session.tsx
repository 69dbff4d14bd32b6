// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { useAnswer } from "../api/answer";
import type { Cost } from "../api/run";
import type { SessionTraces, Trace } from "../api/schema";
import { palette } from "../format/colour";
import { count, duration, millis, timeZoned, tokens, unknown } from "../format/format";
import { t } from "../i18n";
import { go, link } from "../state/router";
import { address } from "../state/url";
import { costText, together } from "../trace/cost";
import { type Context, columnsOf, contextOf, Errors } from "../traces/columns";
import { quoted } from "../traces/complete";
import { type Figures, useRuns } from "../traces/run-figures";
import { CopyButton } from "../ui/copy";
import { useKeys } from "../ui/keys";
import { Empty, Failed, Loading, Partial } from "../ui/states";
import { type Column, Table } from "../ui/table";
import "./sessions.css";

/** A trace of the session with the time since the one before it ended, in ns. */
interface Turn {
  readonly trace: Trace;
  readonly after: number | undefined;
}

/** The traces in order, each with the time that passed before it. */
export function turns(traces: readonly Trace[]): Turn[] {
  let ended: bigint | undefined;
  return traces.map((trace) => {
    const start = BigInt(trace.start);
    const after = ended === undefined ? undefined : Number(start - ended);
    const end = start + BigInt(trace.duration);
    if (ended === undefined || end > ended) ended = end;
    return { trace, after };
  });
}

/** The time between two traces as text. */
export function afterText(after: number | undefined): string {
  return after !== undefined && after < 0 ? t("session.overlap", duration(-after)) : duration(after);
}

const shown = ["start", "service", "name", "duration", "spans", "errors", "tokens", "cost", "firstFrame"] as const;

/** The columns of the list of traces, with the time between them. */
function columns(context: Context): Column<Turn>[] {
  const [start, ...others] = columnsOf(shown, context).map(
    ({ sort, cell, ...column }): Column<Turn> => ({ ...column, cell: ({ trace }) => cell(trace) }),
  );
  const after: Column<Turn> = {
    id: "after",
    title: t("session.after"),
    width: 130,
    numeric: true,
    priority: 2,
    cell: (turn) => <span class="dim">{afterText(turn.after)}</span>,
  };
  return start ? [start, after, ...others] : [];
}

/** One session: its totals, and its traces in order. */
export default function SessionPage({ id }: { id: string }) {
  const answer = useAnswer("/sessions/{id}", {}, id);
  useKeys("keys.page", [
    {
      keys: "Escape",
      text: "keys.escape",
      run: () => go(link("sessions")),
    },
  ]);
  if (answer.error?.code === "not_found") {
    return (
      <Empty title={t("session.missing", id)}>
        <a href={link("sessions")}>{t("nav.sessions")}</a>
      </Empty>
    );
  }
  if (answer.error) return <Failed error={answer.error} onRetry={answer.retry} />;
  return answer.value ? <OneSession found={answer.value} /> : <Loading />;
}

/** In sessions of more traces, the costs of those in sight are asked for only. */
const mostAsked = 200;

/** What traces cost together: a lower bound where some took tokens, and what they cost is not known. */
export function costOf(traces: readonly Trace[], runOf: (trace: Trace) => Figures | undefined): Cost {
  const costs = traces.flatMap((trace) => runOf(trace)?.cost ?? []);
  const missing = traces.filter((trace) => (trace.tokens?.total ?? 0) > 0 && !runOf(trace)).length;
  return together(costs, missing);
}

function OneSession({ found }: { found: SessionTraces }) {
  const rows = useMemo(() => turns(found.traces), [found]);
  const hues = useMemo(() => palette(found.session.services), [found]);
  const runOf = useRuns(found.traces, found.traces.length <= mostAsked);
  return (
    <section class="sessions" aria-label={t("trace.session")}>
      <SessionHead found={found} cost={costText(costOf(found.traces, runOf))} />
      <Partial of={found} />
      <Table
        label={t("sessions.traces")}
        columns={columns(contextOf(found.traces, hues, runOf))}
        rows={rows}
        keyOf={({ trace }) => trace.traceId}
        href={({ trace }) => link("trace", trace.traceId)}
      />
    </section>
  );
}

function SessionHead({ found: { session }, cost }: { found: SessionTraces; cost: string }) {
  const { id } = session;
  const used = session.tokens;
  const figures: [string, ComponentChildren][] = [
    [t("sessions.first"), timeZoned(millis(session.first))],
    [t("sessions.last"), timeZoned(millis(session.last))],
    [t("sessions.traces"), count(session.traces)],
    [t("sessions.failed"), session.errors > 0 ? <Errors n={session.errors} /> : count(0)],
    [t("col.spans"), count(session.spans)],
    [t("session.busy"), duration(session.duration)],
    [
      t("col.tokens"),
      used.total
        ? `${tokens(used.total)} (${t("trace.tokens.detail", tokens(used.input), tokens(used.output))})`
        : unknown,
    ],
    [t("col.cost"), cost],
    [t("col.user"), session.users?.join(", ") || unknown],
  ];
  return (
    <header class="session-head">
      <div class="session-line">
        <span class="dim">{t(`sessions.by.${session.by}`)}</span>
        <h1 class="mono cut">{id}</h1>
        <CopyButton text={id} label={t("col.session")} />
        <a class="session-search" href={address("traces", "", { q: `{ session = ${quoted(id)} }`, from: "all" })}>
          {t("session.search")}
        </a>
      </div>
      <dl class="session-figures">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="num">{value}</dd>
          </div>
        ))}
      </dl>
    </header>
  );
}
