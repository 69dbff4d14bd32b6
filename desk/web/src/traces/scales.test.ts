// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { boundsOf, dotAt, durationTicks, pointOf, timeLabel, timeTicks } from "./scales";

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
  const { ticks: times, step } = timeTicks(bounds, 8);
  expect(step).toBe(900_000);
  expect(times.length).toBeLessThanOrEqual(9);
  expect(times.every((at) => at >= bounds.from && at <= bounds.to)).toBe(true);
  expect(times.every((at) => at % 900_000 === 0)).toBe(true);
});

test("one tick alone is labelled by the step, not by the tick after it", () => {
  const { ticks, step } = timeTicks({ from: 24_100, to: 26_000, shortest: 1, longest: 2 }, 2);
  expect([ticks, step]).toEqual([[25_000, 26_000], 1000]);
  expect(timeTicks({ from: 24_100, to: 25_900, shortest: 1, longest: 2 }, 2)).toEqual({ ticks: [25_000], step: 1000 });
});

test.each([
  [25_500, 500, /:25\.5$/],
  [25_070, 10, /:25\.07$/],
  [25_007, 1, /:25\.007$/],
  [25_000, 2000, /:25$/],
  [60_000, 60_000, /^\d\d:\d1$/],
  [0, 86_400_000, /^\d\d-\d\d$/],
])("the label of %s ms with steps of %s ms", (ms, step, want) => expect(timeLabel(ms, step)).toMatch(want));
