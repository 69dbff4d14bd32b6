// SPDX-License-Identifier: Apache-2.0

import { useMemo } from "preact/hooks";
import { useAnswer } from "../api/answer";
import { hueOf, palette } from "../format/colour";
import { count, duration, percent, rate } from "../format/format";
import { t } from "../i18n";
import { allTime, type Range, range, status } from "../state/range";
import { change, go, link, linkHere, param } from "../state/router";
import { useKeys } from "../ui/keys";
import { Service } from "../ui/service";
import { Sparkline } from "../ui/sparkline";
import { Empty, Failed, Loading, Partial } from "../ui/states";
import { type Column, Table } from "../ui/table";
import { ServiceMap } from "./map";
import { ServicePanel } from "./panel";
import { busySpan, type ServiceRow, serviceRows } from "./red";
import "./services.css";

/** A range with both bounds, for figures over time: all time is what the desk has. */
function bounded(of: Range | undefined): Range | undefined {
  if (!of) return undefined;
  const kept = status.value?.kept;
  const from = of.from ?? kept?.oldest;
  const to = of.to ?? (of.from || !kept?.newest ? undefined : String(BigInt(kept.newest) + 1_000_000_000n));
  return { ...(from ? { from } : {}), ...(to ? { to } : {}) };
}

function columns(hues: Map<string, number>, span: number, most: number): Column<ServiceRow>[] {
  const spark = (row: ServiceRow, values: readonly (number | undefined)[], what: string) => (
    <Sparkline values={values} label={`${row.name}: ${what} ${t("services.over")}`} colour={hueOf(hues, row.name)} />
  );
  return [
    {
      id: "service",
      title: t("col.service"),
      main: true,
      priority: 1,
      cell: (row) => <Service name={row.name} palette={hues} />,
    },
    { id: "count", title: t("services.count"), width: 80, numeric: true, priority: 1, cell: (row) => count(row.count) },
    {
      id: "rate",
      title: t("services.rate"),
      tip: t("services.rate.tip", duration(span)),
      width: 84,
      numeric: true,
      priority: 1,
      cell: (row) => rate(row.count, span, most),
    },
    {
      id: "requests",
      title: t("services.requests"),
      width: 130,
      priority: 2,
      cell: (row) => spark(row, row.over.counts, t("services.count")),
    },
    {
      id: "errors",
      title: t("services.errors"),
      width: 80,
      numeric: true,
      priority: 1,
      cell: (row) =>
        row.errors > 0 ? (
          <span class="error" data-tip={t("n.errors", row.errors)}>
            {percent(row.errors, row.count)}
          </span>
        ) : (
          <span class="dim">0 %</span>
        ),
    },
    {
      id: "failed",
      title: t("services.errorsOver"),
      width: 130,
      priority: 3,
      cell: (row) =>
        row.errors > 0 && (
          <Sparkline
            values={row.over.errors}
            label={`${row.name}: ${t("services.errors")} ${t("services.over")}`}
            colour="var(--error)"
          />
        ),
    },
    { id: "p50", title: "p50", width: 80, numeric: true, priority: 1, cell: (row) => duration(row.p50) },
    { id: "p95", title: "p95", width: 80, numeric: true, priority: 1, cell: (row) => duration(row.p95) },
    { id: "p99", title: "p99", width: 80, numeric: true, priority: 1, cell: (row) => duration(row.p99) },
    {
      id: "durations",
      title: t("services.p95Over"),
      width: 130,
      priority: 3,
      cell: (row) => spark(row, row.over.p95, "p95"),
    },
  ];
}

/** The services: a table of rates, errors and durations, and the map of their calls. */
export default function ServicesPage() {
  const asked = bounded(range.value);
  const services = useAnswer("/services", asked);
  const statistics = useAnswer("/statistics", asked && { ...asked, by: ["service"], limit: 200 });
  const map = useAnswer("/map", asked);
  const rows = useMemo(
    () => (services.value ? serviceRows(services.value, statistics.value) : []),
    [services.value, statistics.value],
  );
  const names = [...rows.map((row) => row.name), ...(map.value?.services.map((each) => each.name) ?? [])];
  const hues = useMemo(() => palette(names), [names.join("\n")]);
  const selected = param("service");
  useKeys("keys.page", [{ keys: "Escape", text: "keys.escape", run: leave }]);
  if (services.error) return <Failed error={services.error} onRetry={services.retry} />;
  if (!services.value) return <Loading />;
  if (rows.length === 0) return <NoServices />;
  const over = statistics.value;
  const span = over ? busySpan(over) : 0;
  const row = selected ? rows.find((each) => each.name === selected) : undefined;
  return (
    <section class="services-page with-panel" aria-label={t("services.title")}>
      <div class="services-main">
        <h1 class="off-screen">{t("services.title")}</h1>
        <Partial of={over} />
        <div class="services-table" style={{ "--rows": String(Math.min(rows.length, 12) + 1) }}>
          <Table
            label={t("services.title")}
            columns={columns(hues, span, Math.max(...rows.map((each) => each.count)))}
            rows={rows}
            keyOf={(each) => each.name}
            href={(each) => linkHere({ service: each.name })}
          />
        </div>
        <h2 class="services-head">{t("services.map")}</h2>
        {map.error && <Failed error={map.error} onRetry={map.retry} />}
        {map.value && <ServiceMap map={map.value} span={span} palette={hues} selected={selected} />}
      </div>
      {row && asked && <ServicePanel key={row.name} row={row} range={asked} palette={hues} />}
    </section>
  );
}

function leave() {
  if (param("service")) change({ service: null }, "replace");
  else go(link("traces"));
}

function NoServices() {
  return (
    <Empty title={t("services.none")}>
      {range.value?.from && (
        <button type="button" class="button" onClick={() => change({ from: allTime, to: null })}>
          {t("traces.none.range")}
        </button>
      )}
    </Empty>
  );
}
