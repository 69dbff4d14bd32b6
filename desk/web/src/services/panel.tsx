// SPDX-License-Identifier: Apache-2.0

import { useState } from "preact/hooks";
import { useAnswer } from "../api/answer";
import type { Operations } from "../api/schema";
import { count, duration, nanos, percent } from "../format/format";
import { t } from "../i18n";
import type { Range } from "../state/range";
import { change, link } from "../state/router";
import { durationLiteral, quoted } from "../traces/complete";
import { lazy } from "../ui/lazy";
import { Service } from "../ui/service";
import { SidePanel } from "../ui/side-panel";
import { Failed, Loading } from "../ui/states";
import type { ServiceRow, Timeline } from "./red";

const Chart = lazy(() => import("../ui/chart"));

type Operation = Operations["operations"][number];

function queryOf(service: string, operation?: Operation, more = ""): string {
  const name = operation ? ` && name = ${quoted(operation.name)}` : "";
  return `{ resource.service.name = ${quoted(service)}${name}${more} }`;
}

interface PanelProps {
  readonly row: ServiceRow;
  readonly range: Range;
  readonly palette: Map<string, number>;
}

/** What is known of one service: figures over time, its operations, and ways to its traces. */
export function ServicePanel({ row, range, palette }: PanelProps) {
  const slow = row.p95 ? ` && duration >= ${durationLiteral(row.p95)}` : "";
  return (
    <SidePanel
      label={row.name}
      title={
        <h2>
          <Service name={row.name} palette={palette} />
        </h2>
      }
      onClose={() => change({ service: null }, "replace")}
    >
      <p class="service-links">
        <a href={link("traces", "", { q: queryOf(row.name) })}>{t("services.examples.newest")}</a>
        {row.errors > 0 && (
          <a href={link("traces", "", { q: queryOf(row.name, undefined, " && status = error") })}>
            {t("services.examples.failed")}
          </a>
        )}
        {slow && (
          <a href={link("traces", "", { q: queryOf(row.name, undefined, slow), mode: "spans" })}>
            {t("services.examples.slow")}
          </a>
        )}
      </p>
      <Charts over={row.over} />
      <h3>{t("services.operations", row.name)}</h3>
      <OperationTable service={row.name} range={range} />
    </SidePanel>
  );
}

function Charts({ over }: { over: Timeline }) {
  if (over.times.length < 2) return null;
  const perMinute = 60_000 / ((over.times[1] ?? 0) - (over.times[0] ?? 0));
  const known = (values: readonly (number | undefined)[]) => values.map((value) => value ?? null);
  const select = (from: number, to: number) => change({ from: nanos(from), to: nanos(to) });
  return (
    <>
      <h3>{t("services.chart.rate")}</h3>
      <Chart
        label={t("services.chart.rate")}
        times={over.times}
        lines={[
          { label: t("services.count"), colour: "fg-2", values: over.counts.map((n) => n * perMinute) },
          { label: t("services.errors"), colour: "error", values: over.errors.map((n) => n * perMinute) },
        ]}
        format={(value) => (Number.isInteger(value) ? count(value) : value.toFixed(1))}
        onSelect={select}
      />
      <h3>{t("services.chart.duration")}</h3>
      <Chart
        label={t("services.chart.duration")}
        times={over.times}
        lines={[
          { label: "p50", colour: "line-2", values: known(over.p50) },
          { label: "p95", colour: "fg-2", values: known(over.p95) },
          { label: "p99", colour: "fg", values: known(over.p99) },
        ]}
        format={duration}
        onSelect={select}
      />
    </>
  );
}

type Sort = "count" | "errors" | "p50" | "p95" | "p99";
const sorts: readonly Sort[] = ["count", "errors", "p50", "p95", "p99"];

function sortTitle(sort: Sort): string {
  if (sort === "count") return t("services.count");
  return sort === "errors" ? t("services.errors") : sort;
}

function OperationTable({ service, range }: { service: string; range: Range }) {
  const answer = useAnswer("/operations", { ...range, service: [service] });
  const [sort, setSort] = useState<Sort>("count");
  if (answer.error) return <Failed error={answer.error} onRetry={answer.retry} />;
  if (!answer.value) return <Loading rows={4} />;
  const rows = [...answer.value.operations].sort((a, b) => (b[sort] ?? 0) - (a[sort] ?? 0));
  return (
    <table class="operations">
      <thead>
        <tr>
          <th scope="col">{t("services.operation")}</th>
          {sorts.map((each) => (
            <th key={each} scope="col" class="cell-num" aria-sort={each === sort ? "descending" : "none"}>
              <button type="button" class={`sort${each === sort ? " on" : ""}`} onClick={() => setSort(each)}>
                {sortTitle(each)}
                {each === sort ? " ↓" : ""}
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <OperationRow key={`${row.kind} ${row.name}`} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function OperationRow({ row }: { row: Operation }) {
  const failed = queryOf(row.service, row, " && status = error");
  return (
    <tr>
      <td class="operation-name">
        <a href={link("traces", "", { q: queryOf(row.service, row) })} data-tip={`${row.name} · ${row.kind}`}>
          {row.name || "–"}
        </a>
      </td>
      <td class="cell-num num">{count(row.count)}</td>
      <td class="cell-num num">
        {row.errors > 0 ? (
          <a class="error" href={link("traces", "", { q: failed })}>
            {percent(row.errors, row.count)}
          </a>
        ) : (
          <span class="dim">0 %</span>
        )}
      </td>
      <td class="cell-num num">{duration(row.p50)}</td>
      <td class="cell-num num">{duration(row.p95)}</td>
      <td class="cell-num num">{duration(row.p99)}</td>
    </tr>
  );
}
