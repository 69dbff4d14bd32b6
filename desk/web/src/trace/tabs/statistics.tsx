// SPDX-License-Identifier: Apache-2.0

import { useMemo } from "preact/hooks";
import { hueOf } from "../../format/colour";
import { count, duration } from "../../format/format";
import { type PlainKey, t } from "../../i18n";
import { change, param, params } from "../../state/router";
import { Bar } from "../../ui/bar";
import { csv, download } from "../../ui/download";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { Service } from "../../ui/service";
import { Empty } from "../../ui/states";
import { VirtualList } from "../../ui/virtual-list";
import type { TraceData } from "../data";
import {
  attributeKeys,
  countBy,
  type Field,
  type Figure,
  type Options,
  plainFields,
  type StatisticsRow,
  sortRows,
} from "../statistics/count";
import type { TabProps } from "../tab";
import "../../graph/graph.css";
import "../statistics/statistics.css";

const fieldTexts: Record<string, PlainKey> = {
  service: "col.service",
  name: "col.name",
  kind: "col.kind",
  status: "col.status",
  class: "statistics.class",
};

function fieldText(field: Field): string {
  const key = fieldTexts[field];
  return key ? t(key) : field.replace(/^attributes\./, "");
}

interface Column {
  readonly id: Figure;
  readonly text: PlainKey;
  readonly fold: 1 | 2 | 3;
  readonly bar?: boolean;
}

const columns: readonly Column[] = [
  { id: "count", text: "statistics.count", fold: 1 },
  { id: "errors", text: "col.errors", fold: 1 },
  { id: "sum", text: "statistics.sum", fold: 1, bar: true },
  { id: "self", text: "statistics.self", fold: 2, bar: true },
  { id: "average", text: "statistics.average", fold: 3 },
  { id: "p50", text: "statistics.p50", fold: 2 },
  { id: "p95", text: "statistics.p95", fold: 1 },
  { id: "max", text: "statistics.max", fold: 3 },
];

function readOptions(): Options {
  const by = params("by").filter(Boolean);
  return {
    by: by.length ? by : ["service", "name"],
    service: param("service"),
    failed: param("failed") === "1",
    keyword: param("keyword"),
  };
}

/** How the rows are sorted: a column, and - for the largest first. */
function readSort(): { by: string; direction: 1 | -1 } {
  const sort = param("sort") || "-sum";
  return sort.startsWith("-") ? { by: sort.slice(1), direction: -1 } : { by: sort, direction: 1 };
}

/** The spans of the trace in numbers, by any of their fields. */
export default function StatisticsTab(props: TabProps) {
  const { trace } = props;
  const options = readOptions();
  const { by, direction } = readSort();
  const key = JSON.stringify(options);
  const counted = useMemo(() => countBy(trace, options), [trace, key, trace.details.state.value]);
  const rows = useMemo(() => sortRows(counted, by, options.by, direction), [counted, by, direction]);
  return (
    <div class="statistics">
      <Controls trace={trace} options={options} rows={rows} />
      {rows.length ? <Rows {...props} options={options} rows={rows} /> : <Empty title={t("statistics.none")} />}
    </div>
  );
}

function withField(fields: readonly Field[], field: Field): Field[] {
  return fields.includes(field) ? fields.filter((each) => each !== field) : [...fields, field];
}

function By({ trace, options }: { trace: TraceData; options: Options }) {
  const keys = useMemo(() => attributeKeys(trace).slice(0, 200), [trace, trace.details.state.value]);
  const set = (fields: readonly Field[]) => change({ by: fields }, "replace");
  const item = (field: Field, label: string) => ({
    label,
    checked: options.by.includes(field),
    stay: true,
    run: () => set(withField(options.by, field)),
  });
  const items = [
    ...plainFields.map((field) => item(field, fieldText(field))),
    ...keys.map(({ key, count: n }) => item(`attributes.${key}`, `${key} (${count(n)})`)),
  ];
  return (
    <Menu label={t("statistics.by")} items={items} class="button">
      {t("statistics.by")}: {options.by.map(fieldText).join(", ")}
      <Icon name="down" />
    </Menu>
  );
}

/** The table as CSV; durations are in ns. */
function asCsv(options: Options, rows: readonly StatisticsRow[]): string {
  const figures: Figure[] = ["count", "errors", "sum", "self", "average", "min", "max", "p50", "p95", "p99"];
  return csv([
    [...options.by, ...figures],
    ...rows.map((row) => [...row.cells.map((cell) => cell ?? ""), ...figures.map((figure) => row[figure])]),
  ]);
}

function Controls({ trace, options, rows }: { trace: TraceData; options: Options; rows: readonly StatisticsRow[] }) {
  return (
    <div class="graph-bar statistics-bar">
      <By trace={trace} options={options} />
      <select
        aria-label={t("col.service")}
        value={options.service}
        onChange={(event) => change({ service: event.currentTarget.value }, "replace")}
      >
        <option value="">{t("statistics.allServices")}</option>
        {trace.tree.services.map((service) => (
          <option key={service} value={service}>
            {service}
          </option>
        ))}
      </select>
      <button
        type="button"
        class="button"
        aria-pressed={options.failed}
        onClick={() => change({ failed: options.failed ? null : "1" }, "replace")}
      >
        {t("statistics.failed")}
      </button>
      <input
        type="search"
        value={options.keyword}
        placeholder={t("statistics.keyword")}
        aria-label={t("statistics.keyword")}
        onInput={(event) => change({ keyword: event.currentTarget.value }, "replace")}
      />
      <span class="dim num">{t("statistics.rows", rows.length)}</span>
      <button
        type="button"
        class="button statistics-csv"
        onClick={() => download(`trace-${trace.id}.csv`, "text/csv", asCsv(options, rows))}
      >
        <Icon name="download" />
        CSV
      </button>
    </div>
  );
}

interface HeadCellProps {
  readonly id: string;
  readonly text: string;
  readonly class: string;
  /** How it is sorted at first: "-" for the largest first. */
  readonly first: "" | "-";
}

const marks = { ascending: " ↑", descending: " ↓", none: "" };

function HeadCell({ id, text, class: classes, first }: HeadCellProps) {
  const { by, direction } = readSort();
  const sorted = direction > 0 ? "ascending" : "descending";
  const now = by === id ? sorted : "none";
  const turned = direction > 0 ? `-${id}` : id;
  const next = by === id ? turned : `${first}${id}`;
  return (
    <span class={classes} role="columnheader" aria-sort={now}>
      <button
        type="button"
        class={now === "none" ? "sort" : "sort on"}
        onClick={() => change({ sort: next === "-sum" ? null : next }, "replace")}
      >
        {text}
        {marks[now]}
      </button>
    </span>
  );
}

function Head({ fields }: { fields: readonly Field[] }) {
  return (
    <div class="row row-head" role="row">
      {fields.map((field) => (
        <HeadCell key={field} id={field} text={fieldText(field)} class="cell cell-wide" first="" />
      ))}
      {columns.map(({ id, text, fold, bar }) => (
        <HeadCell
          key={id}
          id={id}
          text={t(text)}
          class={`cell cell-num fold-${fold} ${bar ? "statistics-barred" : "statistics-num"}`}
          first="-"
        />
      ))}
    </div>
  );
}

interface RowsProps extends TabProps {
  readonly options: Options;
  readonly rows: readonly StatisticsRow[];
}

function Cell({ trace, field, value }: { trace: TraceData; field: Field; value: string | undefined }) {
  if (value === undefined) return <span class="dim">–</span>;
  return field === "service" ? <Service name={value} palette={trace.palette} /> : <span>{value}</span>;
}

function figureText(row: StatisticsRow, id: Figure): string {
  return id === "count" || id === "errors" ? count(row[id]) : duration(row[id]);
}

function Rows({ trace, selection, options, rows }: RowsProps) {
  const most = { sum: largest(rows, "sum"), self: largest(rows, "self") };
  const selected = selection.node.value;
  const current = useMemo(() => rows.findIndex((row) => row.spans.includes(selected)), [rows, selected]);
  const serviceAt = options.by.indexOf("service");
  const choose = (row: StatisticsRow) => {
    const next = row.spans[(row.spans.indexOf(selection.node.peek()) + 1) % row.spans.length];
    if (next !== undefined) selection.select(next);
  };
  const draw = (i: number) => {
    const row = rows[i];
    if (!row) return null;
    const service = row.cells[serviceAt];
    const colour = service === undefined ? "var(--line-2)" : hueOf(trace.palette, service);
    return (
      <div key={i} class={`row ${i === current ? "current" : ""}`} role="row" aria-rowindex={i + 2}>
        {options.by.map((field, j) => (
          <span key={field} class="cell cell-wide" role="cell" data-tip={row.cells[j]}>
            {j === 0 ? (
              <button
                type="button"
                class="statistics-row"
                aria-label={`${row.cells.join(", ")}: ${t("statistics.longest")}`}
                onClick={() => choose(row)}
              />
            ) : null}
            <Cell trace={trace} field={field} value={row.cells[j]} />
          </span>
        ))}
        {columns.map(({ id, fold, bar }) => (
          <span
            key={id}
            role="cell"
            class={`cell cell-num num fold-${fold} ${bar ? "statistics-barred" : "statistics-num"}${id === "errors" ? (row.errors ? " error" : " dim") : ""}`}
          >
            {figureText(row, id)}
            {bar && <Bar share={row[id] / most[id as "sum" | "self"]} colour={colour} />}
          </span>
        ))}
      </div>
    );
  };
  return (
    <VirtualList
      class="statistics-list"
      role="table"
      label={t("trace.tab.statistics")}
      count={rows.length}
      current={current}
      head={<Head fields={options.by} />}
      row={draw}
    />
  );
}

/** The largest of a figure, at least 1. */
function largest(rows: readonly StatisticsRow[], figure: Figure): number {
  return rows.reduce((most, row) => Math.max(most, row[figure]), 1);
}
