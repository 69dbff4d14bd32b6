// SPDX-License-Identifier: Apache-2.0

import { useMemo } from "preact/hooks";
import { usePages } from "../api/pages";
import type { Asked, Session } from "../api/schema";
import { palette } from "../format/colour";
import { count, duration, exactTime, millis, oneLine, time, tokens, unknown } from "../format/format";
import { t } from "../i18n";
import { allTime, range } from "../state/range";
import { change, link, param } from "../state/router";
import { Errors, isDated, SessionCell, timeWidth } from "../traces/columns";
import { MoreRows } from "../traces/more-rows";
import { type Asker, useRun } from "../traces/run-figures";
import { Service } from "../ui/service";
import { Empty, Failed, Loading, Partial } from "../ui/states";
import { type Column, Table } from "../ui/table";
import "./sessions.css";

type By = NonNullable<Asked["/sessions"]["by"]>;
const ways: readonly By[] = ["sid", "chat", "conversation"];

/** What spans say it by (package semconv). */
const attributes: Record<By, string> = {
  sid: "session.id, sid",
  chat: "chat_id",
  conversation: "gen_ai.conversation.id",
};

function by(): By {
  return ways.find((way) => way === param("by")) ?? "sid";
}

/** The first trace of a session, as large as one of its traces is on average. */
export function firstOf(session: Session): Asker {
  const each = (n: number) => Math.ceil(n / session.traces);
  const { spans, logs, tokens: used } = session;
  return { traceId: session.firstTrace, spans: each(spans), logs: each(logs), tokens: used };
}

/** What was asked first in a session; the name of its root where nothing says so. */
function Began({ session }: { session: Session }) {
  const { run } = useRun(firstOf(session));
  return run?.question ? (
    <span dir="auto">{oneLine(run.question)}</span>
  ) : (
    <span class="dim">{session.name || unknown}</span>
  );
}

function columns(hues: Map<string, number>, dated: boolean): Column<Session>[] {
  const at = (ns: string) => (
    <span class="num" data-tip={exactTime(ns)}>
      {time(millis(ns))}
    </span>
  );
  return [
    { id: "last", title: t("sessions.last"), width: timeWidth(dated), priority: 1, cell: (s) => at(s.last) },
    {
      id: "id",
      title: t(`sessions.by.${by()}`),
      width: 180,
      narrow: 130,
      main: true,
      priority: 1,
      cell: (s) => <SessionCell id={s.id} />,
    },
    {
      id: "name",
      title: t("sessions.began"),
      priority: 1,
      cell: (s) => <Began session={s} />,
    },
    { id: "user", title: t("col.user"), width: 110, priority: 2, cell: (s) => s.users?.join(", ") || unknown },
    {
      id: "services",
      title: t("col.services"),
      width: 240,
      priority: 3,
      cell: (s) => (
        <span class="services">
          {s.services.map((name) => (
            <Service key={name} name={name} palette={hues} />
          ))}
        </span>
      ),
    },
    { id: "traces", title: t("sessions.traces"), width: 60, numeric: true, priority: 1, cell: (s) => count(s.traces) },
    {
      id: "failed",
      title: t("sessions.failed"),
      width: 88,
      numeric: true,
      priority: 1,
      cell: (s) => <Errors n={s.errors} />,
    },
    { id: "spans", title: t("col.spans"), width: 70, numeric: true, priority: 2, cell: (s) => count(s.spans) },
    {
      id: "tokens",
      title: t("col.tokens"),
      width: 70,
      numeric: true,
      priority: 1,
      cell: (s) => tokens(s.tokens.total || undefined),
    },
    {
      id: "duration",
      title: t("col.duration"),
      width: 84,
      numeric: true,
      priority: 2,
      cell: (s) => duration(s.duration),
    },
  ];
}

/** The list of sessions. */
export default function SessionsPage() {
  const list = usePages("/sessions", range.value && { ...range.value, by: by(), limit: 100 });
  const rows = useMemo(() => list.pages.flatMap((page) => page.sessions), [list.pages]);
  const hues = useMemo(() => palette(rows.flatMap((row) => row.services)), [rows]);
  const dated = isDated(rows.map((row) => row.last));
  return (
    <section class="sessions" aria-label={t("sessions.title")}>
      <h1 class="off-screen">{t("sessions.title")}</h1>
      <div class="sessions-bar">
        <Ways />
        {list.pages[0] && <span class="dim">{t("sessions.total", list.pages[0].total, t(`sessions.by.${by()}`))}</span>}
      </div>
      {list.error && rows.length === 0 ? (
        <Failed error={list.error} onRetry={list.retry} />
      ) : list.pages.length === 0 ? (
        <Loading />
      ) : rows.length === 0 ? (
        <NoSessions />
      ) : (
        <>
          <Partial of={list.pages.at(-1)} />
          <Table
            label={t("sessions.title")}
            columns={columns(hues, dated)}
            rows={rows}
            keyOf={(row) => row.id}
            href={(row) => link("session", row.id)}
            onEnd={list.more}
            foot={<MoreRows list={list} />}
          />
        </>
      )}
    </section>
  );
}

function Ways() {
  return (
    <fieldset class="segments">
      <legend class="off-screen">{t("sessions.by")}</legend>
      {ways.map((way) => (
        <button
          key={way}
          type="button"
          class="button"
          aria-pressed={by() === way}
          data-tip={attributes[way]}
          onClick={() => change({ by: way === "sid" ? null : way })}
        >
          {t(`sessions.by.${way}`)}
        </button>
      ))}
    </fieldset>
  );
}

function NoSessions() {
  return (
    <Empty title={t("sessions.none")}>
      <p>{t("sessions.none.how")}</p>
      {range.value?.from && (
        <button type="button" class="button" onClick={() => change({ from: allTime, to: null })}>
          {t("traces.none.range")}
        </button>
      )}
    </Empty>
  );
}
