// SPDX-License-Identifier: Apache-2.0

// Where dots of time and duration lie on the scatter: time from left to right, and
// durations upwards, by their logarithm.

import { date, timeOfDay } from "../format/format";

/** The bounds of what is shown: times in ms since 1970, durations in ns. */
export interface Bounds {
  readonly from: number;
  readonly to: number;
  readonly shortest: number;
  readonly longest: number;
}

/** A part of the canvas, in px. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A dot: its time in ms since 1970, its duration in ns. */
export interface Dot {
  readonly time: number;
  readonly duration: number;
}

/** Bounds with some room around the dots; undefined without dots. */
export function boundsOf(
  dots: readonly Dot[],
  wanted: { from?: number | undefined; to?: number | undefined } = {},
): Bounds | undefined {
  let [from, to, shortest, longest] = [Infinity, -Infinity, Infinity, 0];
  for (const { time, duration } of dots) {
    from = Math.min(from, time);
    to = Math.max(to, time);
    shortest = Math.min(shortest, Math.max(1, duration));
    longest = Math.max(longest, Math.max(1, duration));
  }
  if (dots.length === 0) return undefined;
  const room = Math.max(1, (to - from) * 0.02);
  return {
    from: wanted.from ?? from - room,
    to: wanted.to ?? to + room,
    shortest: shortest / 1.5,
    longest: longest * 1.5,
  };
}

/** The place of a dot. */
export function pointOf({ time, duration }: Dot, b: Bounds, box: Box): { x: number; y: number } {
  const share = (Math.log(Math.max(1, duration)) - Math.log(b.shortest)) / (Math.log(b.longest) - Math.log(b.shortest));
  return {
    x: box.left + ((time - b.from) / (b.to - b.from)) * box.width,
    y: box.top + box.height * (1 - share),
  };
}

/** The time and duration of a place. */
export function dotAt(x: number, y: number, b: Bounds, box: Box): Dot {
  const share = 1 - (y - box.top) / box.height;
  return {
    time: b.from + ((x - box.left) / box.width) * (b.to - b.from),
    duration: Math.exp(Math.log(b.shortest) + share * (Math.log(b.longest) - Math.log(b.shortest))),
  };
}

/** What ticks are multiples of, within a power of ten: the more, the nearer the bounds are. */
const tickSteps = [[1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8], [1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]];

/** Durations for the axis: powers of ten, with others between them where there is room. */
export function durationTicks(b: Bounds, most: number): number[] {
  const within = (tick: number) => tick >= b.shortest && tick <= b.longest;
  for (const steps of tickSteps) {
    const ticks = powers(b.longest, 10)
      .flatMap((power) => steps.map((step) => power * step))
      .filter(within);
    if (ticks.length <= most) return ticks;
  }
  const stride = 10 ** Math.ceil(Math.log10(b.longest / b.shortest) / most);
  return powers(b.longest, stride).filter(within);
}

/** Powers up to a bound, from 1 on. */
function powers(longest: number, base: number): number[] {
  const all: number[] = [];
  for (let power = 1; power <= longest; power *= base) all.push(power);
  return all;
}

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
const timeSteps = [
  1,
  10,
  100,
  200,
  500,
  second,
  2 * second,
  5 * second,
  15 * second,
  30 * second,
  minute,
  5 * minute,
  15 * minute,
  30 * minute,
  hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  2 * day,
  7 * day,
  30 * day,
  365 * day,
];

/** Times for the axis, at full minutes, hours or days of the reader's zone, and how far they are apart. */
export function timeTicks(b: Bounds, most: number): { ticks: number[]; step: number } {
  const step = timeSteps.find((each) => (b.to - b.from) / each <= most) ?? 3650 * day;
  const shift = new Date(b.from).getTimezoneOffset() * minute;
  const ticks: number[] = [];
  for (let at = Math.ceil((b.from - shift) / step) * step + shift; at <= b.to; at += step) ticks.push(at);
  return { ticks, step };
}

/** A time of the axis, as exactly as ticks that are so far apart need. */
export function timeLabel(ms: number, step: number): string {
  if (step >= day) return date(ms).slice(5);
  const time = timeOfDay(ms);
  if (step >= minute) return time.slice(0, 5);
  const digits = step >= second ? 0 : 3 - Math.floor(Math.log10(step));
  return digits
    ? `${time}.${String(Math.round(ms) % 1000)
        .padStart(3, "0")
        .slice(0, digits)}`
    : time;
}
