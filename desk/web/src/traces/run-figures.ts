// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from "preact/hooks";
import { get } from "../api/client";
import type { Run } from "../api/run";
import type { Trace } from "../api/schema";

/** At most so many runs are asked for at a time, and traces with more spans are not asked for. */
const [atOnce, largest] = [3, 5000];
/** At most so many runs are remembered. */
const remembered = 2000;

interface Job {
  readonly id: string;
  readonly key: string;
  /** Whether a row still wants it. */
  wanted: boolean;
  readonly done: (run: Run | undefined) => void;
}

const known = new Map<string, Run | undefined>();
const waiting: Job[] = [];
let running = 0;

function keyOf(trace: Trace): string {
  return `${trace.traceId} ${trace.spans} ${trace.logs}`;
}

async function work() {
  if (running >= atOnce) return;
  const job = waiting.shift();
  if (!job) return;
  if (known.has(job.key)) job.done(known.get(job.key));
  else if (job.wanted) {
    running++;
    const result = await get("/traces/{id}", { view: "run", spans: "none" }, { id: job.id });
    running--;
    job.done(result.ok ? (result.value.run as Run | undefined) : undefined);
  }
  work();
}

function remember(key: string, run: Run | undefined) {
  known.set(key, run);
  const oldest = known.keys().next().value;
  if (known.size > remembered && oldest !== undefined) known.delete(oldest);
}

/**
 * The run of a trace, for the figures that the list of traces does not have; asked
 * for while its row is in sight, and only if the trace has tokens.
 */
export function useRun(trace: Trace): { run: Run | undefined; loading: boolean } {
  const key = keyOf(trace);
  const [, again] = useState(0);
  const has = (trace.tokens?.total ?? 0) > 0 && trace.spans <= largest;
  useEffect(() => {
    if (!has || known.has(key)) return;
    const job: Job = {
      id: trace.traceId,
      key,
      wanted: true,
      done: (found) => {
        remember(key, found);
        if (job.wanted) again((n) => n + 1);
      },
    };
    waiting.push(job);
    work();
    return () => {
      job.wanted = false;
    };
  }, [key, has]);
  return { run: known.get(key), loading: has && !known.has(key) };
}
