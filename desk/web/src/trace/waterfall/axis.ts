// SPDX-License-Identifier: Apache-2.0

/** A part of the time of a trace, in ns from its start. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The shortest part that is shown, in ns. */
const shortest = 20;

/** A part within the whole, not shorter than can be shown. */
export function within(part: Span, whole: number): Span {
  const all = Math.max(whole, shortest);
  const length = Math.min(all, Math.max(shortest, part.to - part.from));
  const from = Math.max(0, Math.min(part.from, all - length));
  return { from, to: from + length };
}

/** Makes the part shorter or longer by a factor around a moment that stays where it is. */
export function zoomed(part: Span, factor: number, around: number, whole: number): Span {
  const from = around - (around - part.from) * factor;
  return within({ from, to: from + (part.to - part.from) * factor }, whole);
}

/** Moves the part by a share of its length. */
export function moved(part: Span, share: number, whole: number): Span {
  const by = (part.to - part.from) * share;
  return within({ from: part.from + by, to: part.to + by }, whole);
}

const steps = [
  ...Array.from({ length: 10 }, (_, i) => [1, 2, 5].map((n) => n * 10 ** i)).flat(),
  ...[10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200].map((n) => n * 1e9),
];
const day = 86_400e9;

/** The step between marks of a ruler that are at least so many px apart. */
export function tickStep(part: Span, width: number, apart: number): number {
  const wanted = ((part.to - part.from) * apart) / Math.max(1, width);
  return steps.find((step) => step >= wanted) ?? Math.ceil(wanted / day) * day;
}

/** Where the marks of a ruler are, in ns. */
export function ticks(part: Span, step: number): number[] {
  const first = Math.ceil(part.from / step);
  const count = Math.max(0, Math.floor(part.to / step) - first + 1);
  return Array.from({ length: Math.min(count, 200) }, (_, i) => (first + i) * step);
}

/** Reads a part as the address has it. */
export function readPart(text: string, whole: number): Span {
  const [from, to] = text.split("-").map(Number);
  if (from === undefined || to === undefined || !(to > from)) return within({ from: 0, to: whole }, whole);
  return within({ from, to }, whole);
}

/** A part as the address has it, "" for the whole. */
export function partText(part: Span, whole: number): string {
  if (part.from <= 0 && part.to >= whole) return "";
  return `${Math.round(part.from)}-${Math.round(part.to)}`;
}
