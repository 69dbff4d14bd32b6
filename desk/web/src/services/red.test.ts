// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { busySpan, serviceRows, timeline } from "./red";

const minute = 60_000_000_000;
const start = 1_795_275_360_000_000_000n; // a full minute

function at(minutes: number): string {
  return String(start + BigInt(minutes) * BigInt(minute));
}

test("steps without spans are 0 spans, and no duration", () => {
  const line = timeline([{ time: at(2), count: 5, errors: 1, p95: 7 }], { from: at(0), to: at(4), step: minute });
  expect(line.counts).toEqual([0, 0, 5, 0]);
  expect(line.errors).toEqual([0, 0, 1, 0]);
  expect(line.p95).toEqual([undefined, undefined, 7, undefined]);
  expect(line.times[2]).toBe(Number(start / 1_000_000n) + 120_000);
});

test("timelines are bounded", () => {
  expect(timeline([], { from: "0", to: at(0), step: minute }).times.length).toBeLessThanOrEqual(1000);
});

test("services with the most spans come first, with their figures over time if these are there", () => {
  const services = {
    services: [
      { name: "b", count: 1, errors: 0 },
      { name: "a", count: 9, errors: 2, p95: 3 },
    ],
  };
  const points = [{ time: at(0), count: 9, errors: 2 }];
  const statistics = {
    from: at(0),
    to: at(1),
    step: minute,
    by: ["service"],
    series: [{ by: ["a"], count: 9, errors: 2, points }],
  };
  const rows = serviceRows(services, statistics);
  expect(rows.map((row) => row.name)).toEqual(["a", "b"]);
  expect(rows[0]?.over.counts).toEqual([9]);
  expect(rows[1]?.over.counts).toEqual([0]);
  expect(serviceRows(services, undefined)[0]?.over.counts).toEqual([]);
});

test("rates are of the time from the first spans of any service in the range", () => {
  const series = (...minutes: number[]) => ({
    by: ["a"],
    count: 9,
    errors: 0,
    points: minutes.map((each) => ({ time: at(each), count: 9, errors: 0 })),
  });
  const over = { from: at(0), to: at(60), step: minute, by: ["service"] };
  expect(busySpan({ ...over, series: [series(55, 56), series(52)] })).toBe(8 * minute);
  expect(busySpan({ ...over, series: [series(-1, 50)] })).toBe(60 * minute);
  expect(busySpan({ ...over, series: [] })).toBe(60 * minute);
  expect(busySpan({ ...over, to: at(5), series: [series(5)] })).toBe(minute);
  expect(busySpan({ ...over, from: String(start + 299_000_000_000n), to: at(5), series: [series(5)] })).toBe(
    1_000_000_000,
  );
});
