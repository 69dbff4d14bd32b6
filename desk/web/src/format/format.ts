// SPDX-License-Identifier: Apache-2.0

// Durations, times, tokens, counts and money for people: the same everywhere on
// the page, and the same as in the terminal (Go package desk/units).

/** Stands for what cannot be known; it is never shown as 0. */
export const unknown = "–";

/** Units of time with the first duration, in ns, that is shown in the next one. */
const units: readonly (readonly [name: string, ns: number, next: number])[] = [
  ["ns", 1, 1e3],
  ["µs", 1e3, 1e6],
  ["ms", 1e6, 1e9],
  ["s", 1e9, 1e12],
  ["min", 60e9, 3600e9],
  ["h", 3600e9, 86400e9],
  ["d", 86400e9, Number.POSITIVE_INFINITY],
];

/** Three significant digits, or all digits before the point if those are more. */
export function significant(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

/** Nanoseconds with three significant digits: "1.24 s", "38.1 ms", "412 µs". */
export function duration(ns: number | undefined): string {
  if (ns === undefined || !Number.isFinite(ns)) return unknown;
  if (ns === 0) return "0 s";
  const size = Math.abs(ns);
  for (const [name, unit, next] of units) {
    const digits = significant(size / unit);
    if (Number(digits) * unit < next) return `${ns < 0 ? "−" : ""}${unit === 1 ? size.toFixed(0) : digits} ${name}`;
  }
  return unknown;
}

/** Nanoseconds with as many digits as tell marks apart that are a step from each other. */
export function durationTo(ns: number, step: number): string {
  if (ns === 0) return "0 s";
  const size = Math.abs(ns);
  const fits = (unit: number) => size >= unit && (unit <= 1e9 || step >= unit);
  const [name, unit] = units.findLast(([, each]) => fits(each)) ?? ["ns", 1];
  const digits = Math.max(0, Math.min(9, Math.ceil(-Math.log10(step / unit) - 1e-9)));
  return `${ns < 0 ? "−" : ""}${(size / unit).toFixed(digits)} ${name}`;
}

/** A number with its thousands set apart by thin spaces. */
export function count(n: number | undefined): string {
  if (n === undefined || !Number.isFinite(n)) return unknown;
  const digits = Math.abs(n)
    .toFixed(0)
    .replace(/\B(?=(\d{3})+$)/g, "\u2009");
  return n < 0 ? `−${digits}` : digits;
}

/** A number of tokens in short: "940", "12.4k", "1.30M". */
export function tokens(n: number | undefined): string {
  if (n === undefined || !Number.isFinite(n) || n < 0) return unknown;
  if (n < 999.5) return n.toFixed(0);
  if (n < 999_500) return `${significant(n / 1e3)}k`;
  if (n < 999_500_000) return `${significant(n / 1e6)}M`;
  return `${significant(n / 1e9)}G`;
}

function amountTo(amount: number, decimals: number): string {
  const least = 10 ** -decimals;
  return amount > 0 && amount < least / 2 ? `< ${least.toFixed(decimals)}` : amount.toFixed(decimals);
}

function amountShort(amount: number): string {
  const small = amount > 0 && amount < 1;
  return small ? amount.toFixed(Math.min(2 - Math.floor(Math.log10(amount)), 9)) : significant(amount);
}

/** An amount with three significant digits, or with some decimals: "0.00213", "12.4". */
export function money(amount: number | undefined, currency = "", decimals?: number): string {
  if (amount === undefined || !Number.isFinite(amount)) return unknown;
  const digits = decimals === undefined ? amountShort(amount) : amountTo(amount, decimals);
  return currency ? `${digits} ${currency}` : digits;
}

/** A share of a whole: "61.2 %". */
export function percent(part: number | undefined, whole: number): string {
  if (part === undefined || whole <= 0 || part < 0) return unknown;
  return `${significant((100 * part) / whole)} %`;
}

/** Bytes in the units of memory: "4.00 KB" is 4096. */
export function bytes(n: number | undefined): string {
  if (n === undefined || !Number.isFinite(n)) return unknown;
  if (n < 1024) return `${n} B`;
  const power = Math.min(Math.floor(Math.log2(n) / 10), 4);
  return `${significant(n / 1024 ** power)} ${["", "KB", "MB", "GB", "TB"][power]}`;
}

/**
 * A rate per second: "12.4 /s", or per minute where there are few. Those below each
 * other have the same unit: that of the largest number of events.
 */
export function rate(events: number, ns: number, largest = events): string {
  if (ns <= 0) return unknown;
  const each = events / (ns / 1e9);
  const most = largest / (ns / 1e9);
  if (events === 0 || (most >= 1 && each >= 0.005)) return `${significant(each)} /s`;
  return `${significant(each * 60)} /min`;
}

/**
 * A name on one line as it is: what would turn its direction, or is not seen, is shown
 * as a sign.
 */
export function oneLine(name: string): string {
  return name.replace(/[\n\r]+/g, "↵").replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

/** Milliseconds since 1970 of nanoseconds as text. */
export function millis(ns: string | bigint): number {
  return Number(BigInt(ns) / 1_000_000n);
}

/** Nanoseconds since 1970, as text, of milliseconds. */
export function nanos(ms: number): string {
  return `${BigInt(Math.round(ms)) * 1_000_000n}`;
}

const zone = new Intl.DateTimeFormat(undefined, { timeZoneName: "short" });

/** The name of the reader's time zone at a moment. */
export function zoneName(ms: number): string {
  return zone.formatToParts(ms).find((part) => part.type === "timeZoneName")?.value ?? "";
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}

/** The date of a moment: "2026-11-21". */
export function date(ms: number): string {
  const d = new Date(ms);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

/** The time of day of a moment: "14:03:09". */
export function timeOfDay(ms: number): string {
  const d = new Date(ms);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** The time of a moment, with its date unless it is today's. */
export function time(ms: number, now = Date.now()): string {
  return date(ms) === date(now) ? timeOfDay(ms) : `${date(ms)} ${timeOfDay(ms)}`;
}

/** A moment with its date and zone: "2026-11-21 14:03:09 UTC". */
export function timeZoned(ms: number): string {
  return `${date(ms)} ${timeOfDay(ms)} ${zoneName(ms)}`.trimEnd();
}

/** A moment exactly: "2026-11-21 14:03:09.123456789 UTC". */
export function exactTime(ns: string | bigint): string {
  const value = BigInt(ns);
  const ms = millis(value);
  const below = ((value % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return `${date(ms)} ${timeOfDay(ms)}.${String(below).padStart(9, "0")} ${zoneName(ms)}`.trimEnd();
}
