// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { boundsOf, dotAt, durationTicks, pointOf, timeTicks } from "./scales";

const dots = [
  { time: 1000, duration: 1e6 },
  { time: 2000, duration: 1e9 },
];
const box = { left: 50, top: 10, width: 800, height: 120 };

test("dots lie within the box, and are found where they lie", () => {
  const bounds = boundsOf(dots);
  if (!bounds) throw new Error("there are dots");
  for (const dot of dots) {
    const { x, y } = pointOf(dot, bounds, box);
    expect(x).toBeGreaterThan(box.left);
    expect(x).toBeLessThan(box.left + box.width);
    expect(y).toBeGreaterThan(box.top);
    expect(y).toBeLessThan(box.top + box.height);
    const back = dotAt(x, y, bounds, box);
    expect(back.time).toBeCloseTo(dot.time, 6);
    expect(back.duration / dot.duration).toBeCloseTo(1, 9);
  }
});

test("no dots have no bounds; one dot and durations of 0 have some", () => {
  expect(boundsOf([])).toBeUndefined();
  const bounds = boundsOf([{ time: 5, duration: 0 }]);
  expect(bounds?.from).toBeLessThan(5);
  expect(bounds?.shortest).toBeGreaterThan(0);
});

test("ticks are few and within the bounds", () => {
  const bounds = { from: 0, to: 3_600_000, shortest: 5e5, longest: 2e9 };
  expect(durationTicks(bounds, 4)).toEqual([1e6, 1e7, 1e8, 1e9]);
  expect(durationTicks({ ...bounds, shortest: 1e8, longest: 4e8 }, 4)).toEqual([1e8, 1.5e8, 2e8, 3e8]);
  expect(durationTicks({ ...bounds, shortest: 1, longest: 1e10 }, 4)).toEqual([1, 1e3, 1e6, 1e9]);
  const times = timeTicks(bounds, 8);
  expect(times.length).toBeLessThanOrEqual(9);
  expect(times.every((at) => at >= bounds.from && at <= bounds.to)).toBe(true);
  expect(times.every((at) => at % 900_000 === 0)).toBe(true);
});
