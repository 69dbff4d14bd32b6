// SPDX-License-Identifier: Apache-2.0

import { textOf } from "../../ui/value";
import type { TraceData } from "../data";

/** What spans are counted by: service, name, kind, status, class, or attributes.<key>. */
export type Field = string;

/** The fields that every span has. */
export const plainFields: readonly Field[] = ["service", "name", "kind", "status", "class"];

export interface Options {
  readonly by: readonly Field[];
  /** Leaves only the spans of one service; "" means all. */
  readonly service: string;
  readonly failed: boolean;
  /** Leaves only rows one of whose cells contains it, in either case. */
  readonly keyword: string;
}

/** Spans with equal values; times are in ns. */
export interface StatisticsRow {
  /** A value for each field; undefined where the spans have none. */
  readonly cells: readonly (string | undefined)[];
  /** The spans, the longest first. */
  readonly spans: readonly number[];
  readonly count: number;
  readonly errors: number;
  readonly sum: number;
  readonly self: number;
  readonly average: number;
  readonly min: number;
  readonly max: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** The smallest of the sorted values that so many percent of them do not exceed (nearest rank). */
export function percentile(sorted: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil((sorted.length * percent) / 100));
  return sorted[Math.min(rank, sorted.length) - 1] ?? 0;
}

const attributes = "attributes.";

function cellOf(trace: TraceData, span: number, field: Field): string | undefined {
  const sent = trace.spans[span];
  if (!sent) return undefined;
  if (field === "class") return trace.tree.nodes[span]?.class;
  if (field === "service" || field === "name" || field === "kind" || field === "status") return sent[field];
  if (!field.startsWith(attributes)) return undefined;
  const value = sent.attributes[field.slice(attributes.length)];
  return value === undefined || value === null ? undefined : textOf(value);
}

function rowOf(trace: TraceData, cells: StatisticsRow["cells"], spans: readonly number[]): StatisticsRow {
  const duration = (span: number) => trace.spans[span]?.duration ?? 0;
  const longestFirst = [...spans].sort((a, b) => duration(b) - duration(a));
  const sorted = longestFirst.map(duration).reverse();
  const sum = sorted.reduce((total, each) => total + each, 0);
  return {
    cells,
    spans: longestFirst,
    count: spans.length,
    errors: spans.filter((span) => trace.spans[span]?.status === "error").length,
    sum,
    self: spans.reduce((total, span) => total + (trace.tree.nodes[span]?.self ?? 0), 0),
    average: Math.trunc(sum / Math.max(1, spans.length)),
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
    p50: percentile(sorted, 50),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
  };
}

/** Counts the spans of a trace by fields, in the order in which their values first occur. */
export function countBy(trace: TraceData, { by, service, failed, keyword }: Options): StatisticsRow[] {
  const groups = new Map<string, { cells: (string | undefined)[]; spans: number[] }>();
  trace.spans.forEach((span, i) => {
    if ((service && span.service !== service) || (failed && span.status !== "error")) return;
    const cells = by.map((field) => cellOf(trace, i, field));
    const key = cells.map((cell) => (cell === undefined ? "" : `=${cell}`)).join("\u0000");
    const group = groups.get(key) ?? { cells, spans: [] };
    groups.set(key, group);
    group.spans.push(i);
  });
  const wanted = keyword.trim().toLowerCase();
  return [...groups.values()]
    .filter(({ cells }) => !wanted || cells.some((cell) => cell?.toLowerCase().includes(wanted)))
    .map(({ cells, spans }) => rowOf(trace, cells, spans));
}

/** What rows can be sorted by: a figure, or a cell by its index. */
export type Figure = Exclude<keyof StatisticsRow, "cells" | "spans">;

/** The rows in an order; a field of its own name sorts by that cell. */
export function sortRows(
  rows: readonly StatisticsRow[],
  by: string,
  fields: readonly Field[],
  direction: 1 | -1,
): StatisticsRow[] {
  const cell = fields.indexOf(by);
  const compare = (a: StatisticsRow, b: StatisticsRow) =>
    cell >= 0
      ? (a.cells[cell] ?? "").localeCompare(b.cells[cell] ?? "")
      : (a[by as Figure] ?? 0) - (b[by as Figure] ?? 0);
  return [...rows].sort((a, b) => direction * compare(a, b));
}

/** The keys of attributes with how many spans have them; the most frequent first. */
export function attributeKeys(trace: TraceData): { key: string; count: number }[] {
  const counts = new Map<string, number>();
  trace.spans.forEach((span) => {
    for (const key of Object.keys(span.attributes)) counts.set(key, (counts.get(key) ?? 0) + 1);
  });
  return [...counts]
    .map(([key, count]) => ({ key, count }))
    .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
}
