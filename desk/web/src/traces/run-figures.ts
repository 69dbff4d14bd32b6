// SPDX-License-Identifier: Apache-2.0

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api/client";
import type { Runs, Trace } from "../api/schema";

/** What a run took and was asked, which the list of traces does not have. */
export type Figures = Runs["runs"][number];

/** So many runs are asked for at a time, and traces with more spans are not asked for. */
const [atOnce, largest] = [20, 5000];
/** Traces without tokens, but with logs that may say what was asked, are not asked for if they are larger. */
const largestLogged = 500;
/** At most so many runs are remembered. */
const remembered = 10_000;

/** What has to be known of a trace to ask for its run. */
export type Asker = Pick<Trace, "traceId" | "spans" | "logs" | "tokens">;

const known = new Map<string, Figures | undefined>();
/** What rows want to know, by key. */
const waiting = new Map<string, { readonly id: string; rows: number }>();
/** Changes when more is known. */
const answers = signal(0);
let busy = false;

function keyOf(trace: Asker): string {
  return `${trace.traceId} ${trace.spans} ${trace.logs}`;
}

function isAsked(trace: Asker): boolean {
  return (trace.tokens?.total ?? 0) > 0 ? trace.spans <= largest : trace.logs > 0 && trace.spans <= largestLogged;
}

function remember(key: string, figures: Figures | undefined) {
  known.set(key, figures);
  const oldest = known.keys().next().value;
  if (known.size > remembered && oldest !== undefined) known.delete(oldest);
}

/** Asks for what rows wait for, some at a time, as long as there is any. */
async function work() {
  if (busy) return;
  busy = true;
  await new Promise((ready) => setTimeout(ready)); // until all rows have said what they want
  while (waiting.size > 0) {
    const some = [...waiting].slice(0, atOnce);
    const result = await get("/runs", { trace: some.map(([, { id }]) => id) });
    const runs = new Map(result.ok ? result.value.runs.map((run) => [run.traceId, run]) : []);
    for (const [key, { id }] of some) {
      waiting.delete(key);
      remember(key, runs.get(id));
    }
    answers.value++;
  }
  busy = false;
}

/** Asks for the runs of some rows while they are there. */
function useAsking(traces: readonly Asker[]) {
  const wanted = traces.filter((trace) => isAsked(trace) && !known.has(keyOf(trace)));
  useEffect(() => {
    for (const trace of wanted) {
      const key = keyOf(trace);
      waiting.set(key, { id: trace.traceId, rows: (waiting.get(key)?.rows ?? 0) + 1 });
    }
    if (wanted.length > 0) work();
    return () => {
      for (const trace of wanted) {
        const job = waiting.get(keyOf(trace));
        if (job && --job.rows <= 0) waiting.delete(keyOf(trace));
      }
    };
  }, [wanted.map(keyOf).join()]);
}

/** The run of a trace; asked for while its row is in sight. */
export function useRun(trace: Asker): { run: Figures | undefined; loading: boolean } {
  answers.value; // to be drawn again
  useAsking([trace]);
  const key = keyOf(trace);
  return { run: known.get(key), loading: isAsked(trace) && !known.has(key) };
}

/** What is known of the runs of traces; with all, those out of sight are asked for too. */
export function useRuns(traces: readonly Asker[], all: boolean): (trace: Asker) => Figures | undefined {
  answers.value;
  useAsking(all ? traces : []);
  return (trace) => known.get(keyOf(trace));
}
