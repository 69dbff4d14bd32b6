// SPDX-License-Identifier: Apache-2.0

import type { Point, Series, Services, Statistics } from "../api/schema";
import { millis } from "../format/format";

/** A service with its figures over the range, and over time. */
export interface ServiceRow {
  readonly name: string;
  readonly count: number;
  readonly errors: number;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
  readonly over: Timeline;
}

/** Figures at equal steps, with 0 spans where nothing was. */
export interface Timeline {
  /** The beginnings of the steps, in ms since 1970. */
  readonly times: readonly number[];
  readonly counts: readonly number[];
  readonly errors: readonly number[];
  readonly p50: readonly (number | undefined)[];
  readonly p95: readonly (number | undefined)[];
  readonly p99: readonly (number | undefined)[];
}

/** A timeline has at most so many steps. */
const most = 1000;

/** The steps of statistics; those without spans are not among the points. */
export function timeline(points: readonly Point[], all: Pick<Statistics, "from" | "to" | "step">): Timeline {
  const step = all.step / 1e6;
  const known = new Map(points.map((point) => [Math.floor(millis(point.time) / step), point]));
  const first = Math.floor(millis(all.from) / step);
  const last = Math.min(Math.ceil(millis(all.to) / step), first + most);
  const times: number[] = [];
  const found: (Point | undefined)[] = [];
  for (let at = first; at < last; at++) {
    times.push(at * step);
    found.push(known.get(at));
  }
  return {
    times,
    counts: found.map((point) => point?.count ?? 0),
    errors: found.map((point) => point?.errors ?? 0),
    p50: found.map((point) => point?.p50),
    p95: found.map((point) => point?.p95),
    p99: found.map((point) => point?.p99),
  };
}

/**
 * The time that rates are of, in ns: from the first step in which any service did something to the end, so that a desk
 * that was just started shows no tenth of what goes on.
 */
export function busySpan({ from, to, step, series }: Statistics): number {
  const starts = series.flatMap(({ points }) => points.map(({ time }) => millis(time)));
  const whole = (millis(to) - millis(from)) * 1e6;
  const busy = (millis(to) - Math.min(...starts)) * 1e6;
  return starts.length > 0 ? Math.min(Math.max(busy, step), whole) : whole;
}

function nameOf(series: Series): string {
  return String(series.by[0] ?? "");
}

/** The services with their figures; the figures over time are empty until they are there. */
export function serviceRows(services: Services, statistics: Statistics | undefined): ServiceRow[] {
  const series = new Map(statistics?.series.map((each) => [nameOf(each), each]));
  const span = statistics ?? { from: "0", to: "0", step: 1e9 };
  return services.services
    .map(({ name, count, errors, p50, p95, p99 }) => {
      return { name, count, errors, p50, p95, p99, over: timeline(series.get(name)?.points ?? [], span) };
    })
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}
