// SPDX-License-Identifier: Apache-2.0

import { computed, signal } from "@preact/signals";
import { get } from "../api/client";
import type { StatusAnswer } from "../api/schema";
import { millis } from "../format/format";
import type { PlainKey } from "../i18n";
import { param } from "./router";

/** A time range as the desk takes it; a bound that is missing is none. */
export interface Range {
  readonly from?: string;
  readonly to?: string;
}

/** The value of from that means no bound. */
export const allTime = "all";

/** Ranges to choose from, by the value of from. */
export const presets: readonly { from: string; text: PlainKey }[] = [
  { from: "now-15m", text: "range.15m" },
  { from: "now-1h", text: "range.1h" },
  { from: "now-6h", text: "range.6h" },
  { from: "now-24h", text: "range.24h" },
  { from: "now-168h", text: "range.7d" },
  { from: "now-720h", text: "range.30d" },
  { from: allTime, text: "range.all" },
];

/** What the desk is and has; undefined until it answered. */
export const status = signal<StatusAnswer | undefined>(undefined);
/** Whether it is known what the desk has, or that it does not say. */
export const statusKnown = signal(false);

const hour = 3_600_000;

/** Ranges of an address without one, the shortest first, in ms. */
const usual: readonly (readonly [from: string, length: number])[] = [
  ["now-1h", hour],
  ["now-6h", 6 * hour],
  ["now-24h", 24 * hour],
];

/**
 * The range for an address without one: the shortest that has all traces, else the
 * last day, or all time if nothing came in it.
 */
export function usualRange(kept: StatusAnswer["kept"], now: number): string {
  if (!kept?.oldest || !kept.newest) return allTime;
  const [oldest, newest] = [millis(kept.oldest), millis(kept.newest)];
  const whole = usual.find(([, length]) => oldest > now - length);
  if (whole) return whole[0];
  return newest > now - 24 * hour ? "now-24h" : allTime;
}

const fallback = computed(() => usualRange(status.value?.kept, Date.now()));

/** The value of from that holds. */
export const from = computed(() => param("from") || (param("to") ? allTime : fallback.value));

/** The range that is looked at; undefined until it is known what the desk has. */
export const range = computed<Range | undefined>(() => {
  const to = param("to");
  if (!param("from") && !to && !statusKnown.value) return undefined;
  return { ...(from.value === allTime ? {} : { from: from.value }), ...(to ? { to } : {}) };
});

/** Asks the desk what it has. */
export async function startStatus() {
  const result = await get("/status", {});
  if (result.ok) status.value = result.value;
  statusKnown.value = true;
}
