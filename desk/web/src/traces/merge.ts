// SPDX-License-Identifier: Apache-2.0

import type { Trace } from "../api/schema";

/** Traces that came live are at most so many; the oldest go first. */
export const mostLive = 2000;

/** What came live, with what comes now: the newest figures of each trace. */
export function gather(before: ReadonlyMap<string, Trace>, some: readonly Trace[]): Map<string, Trace> {
  const all = new Map(before);
  for (const trace of some) {
    all.delete(trace.traceId);
    all.set(trace.traceId, trace);
  }
  for (const id of all.keys()) {
    if (all.size <= mostLive) break;
    all.delete(id);
  }
  return all;
}

function newestFirst(a: Trace, b: Trace): number {
  const [x, y] = [BigInt(a.start), BigInt(b.start)];
  return x < y ? 1 : x > y ? -1 : 0;
}

/** A list with what came since: figures are renewed in their places, and new traces stand above, the newest first. */
export function merge(listed: readonly Trace[], live: ReadonlyMap<string, Trace>): Trace[] {
  if (live.size === 0) return [...listed];
  const there = new Set(listed.map((trace) => trace.traceId));
  const fresh = [...live.values()].filter((trace) => !there.has(trace.traceId)).sort(newestFirst);
  return [...fresh, ...listed.map((trace) => live.get(trace.traceId) ?? trace)];
}
