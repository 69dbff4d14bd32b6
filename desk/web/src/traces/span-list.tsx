// SPDX-License-Identifier: Apache-2.0

import type { Answer } from "../api/answer";
import { usePages } from "../api/pages";
import type { Asked, Query, Span } from "../api/schema";
import { hueOf, palette } from "../format/colour";
import { duration, exactTime, millis, oneLine, time, tokens, unknown } from "../format/format";
import { longest } from "../format/longest";
import { t } from "../i18n";
import { link } from "../state/router";
import { Bar } from "../ui/bar";
import { Service } from "../ui/service";
import { Partial } from "../ui/states";
import { type Column, Table } from "../ui/table";
import { textOf } from "../ui/value";
import { isDated, serviceWidth, sortBy, timeWidth } from "./columns";
import { shownFields } from "./field-columns";
import { instead } from "./instead";
import { MoreRows } from "./more-rows";
import { NoneFound, WrongQuery } from "./none-found";
import { isLoaded, order } from "./order";
import { isWrong } from "./question";

function columnsOf(spans: readonly Span[], named: readonly string[]): Column<Span>[] {
  const hues = palette(spans.map((span) => span.service));
  const most = longest(spans);
  return [
    {
      id: "start",
      title: t("col.start"),
      width: timeWidth(isDated(spans.map((span) => span.start))),
      priority: 1,
      sort: sortBy(["newest", "oldest"]),
      cell: (span) => (
        <span class="num" data-tip={exactTime(span.start)}>
          {time(millis(span.start))}
        </span>
      ),
    },
    {
      id: "service",
      title: t("col.service"),
      width: serviceWidth(spans.map((span) => span.service)),
      priority: 1,
      cell: (span) => <Service name={span.service} palette={hues} />,
    },
    {
      id: "name",
      title: t("col.name"),
      main: true,
      priority: 1,
      cell: (span) => (
        <span class="cut" dir="auto">
          {oneLine(span.name) || unknown}
        </span>
      ),
    },
    ...named.map(
      (field, i): Column<Span> => ({
        id: field,
        title: field,
        width: 160,
        priority: 2,
        cell: (span) => <span class="cut mono">{span.values?.[i] == null ? unknown : textOf(span.values[i])}</span>,
      }),
    ),
    {
      id: "tokens",
      title: t("col.tokens"),
      width: 68,
      numeric: true,
      priority: 2,
      cell: (span) => tokens(Number(span.values?.[named.length] ?? 0) || undefined),
    },
    { id: "kind", title: t("col.kind"), width: 80, priority: 2, cell: (span) => span.kind },
    {
      id: "status",
      title: t("col.status"),
      width: 200,
      priority: 3,
      cell: (span) => (
        <span class={`cut ${span.status === "error" ? "error" : "dim"}`}>{span.message || span.status}</span>
      ),
    },
    {
      id: "duration",
      title: t("col.duration"),
      width: 140,
      narrow: 72,
      barred: true,
      numeric: true,
      priority: 1,
      sort: sortBy(["longest"]),
      cell: (span) => (
        <span class="duration-cell">
          <Bar
            share={span.duration / most}
            colour={span.status === "error" ? "var(--error)" : hueOf(hues, span.service)}
          />
          <span class="num">{duration(span.duration)}</span>
        </span>
      ),
    },
  ];
}

/** The list of spans that match. */
export function SpanList({ query, question }: { query: Asked["/spans"] | undefined; question: Answer<Query> }) {
  const named = shownFields();
  const by = order();
  const list = usePages(
    "/spans",
    query && { ...query, field: [...named, "tokens"], order: isLoaded(by) ? "newest" : by, total: true, limit: 100 },
  );
  const spans = list.pages.flatMap((page) => page.spans);
  const wrong = isWrong(question);
  const other = instead(list, spans.length, wrong && !query);
  if (other) return other;
  if (spans.length === 0) return <NoneFound />;
  const total = list.pages[0]?.total;
  return (
    <>
      {total && (
        <p class="traces-total" role="status">
          {total.atLeast && "≥ "}
          {t("n.spans", total.count)}
        </p>
      )}
      {wrong && <WrongQuery shown />}
      <Partial of={list.pages.at(-1)} />
      <Table
        class={wrong ? "stale" : ""}
        label={t("traces.mode.spans")}
        columns={columnsOf(spans, named)}
        rows={spans}
        keyOf={(span) => span.traceId + span.spanId}
        href={(span) => link("trace", span.traceId, { span: span.spanId })}
        onEnd={list.more}
        foot={<MoreRows list={list} />}
      />
    </>
  );
}
