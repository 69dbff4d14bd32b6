// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from "preact/hooks";
import { ask, base, type Failure, type Result } from "../api/client";
import { lines } from "../api/lines";
import { ColumnsReader } from "./columns";
import type { TraceData } from "./data";

/** The address of a trace in columns. */
export function columnsUrl(id: string): string {
  return `${base}/traces/${encodeURIComponent(id)}?format=columns`;
}

/** A trace of up to so many spans is shown when all of it is there. */
const small = 2000;

/** For how long lines are read before the page gets its turn, and how often it is told of them, in ms. */
const [turn, told] = [12, 200];

/** Reads until the trace can be shown; reads the rest meanwhile. */
export async function readColumns(response: Response): Promise<TraceData> {
  const reader = new ColumnsReader();
  const all = lines(response);
  for await (const line of untilShown(all, reader)) reader.add(JSON.parse(line));
  if (!reader.trace) throw new SyntaxError("the trace ends too early");
  if (!reader.ended) readRest(all, reader);
  return reader.trace;
}

/** The lines that have to be there before the trace is shown. */
async function* untilShown(all: AsyncGenerator<string>, reader: ColumnsReader): AsyncGenerator<string> {
  while (!reader.ended && !(reader.trace && reader.spans > small)) {
    const { done, value } = await all.next();
    if (done) return;
    yield value;
  }
}

async function readRest(all: AsyncGenerator<string>, reader: ColumnsReader) {
  try {
    let since = performance.now();
    let toldAt = 0;
    for await (const line of all) {
      reader.add(JSON.parse(line));
      if (performance.now() - since < turn) continue;
      await new Promise((resolve) => setTimeout(resolve));
      since = performance.now();
      if (since - toldAt < told) continue;
      reader.details.tell();
      toldAt = since;
    }
  } catch {
    // What came stays, and the page says that it is not everything.
  }
  if (!reader.ended) reader.details.state.value = "failed";
  reader.details.tell();
}

/** The answer that public/early.js has asked for, to who asks first; another one is not wanted any more. */
export function takeEarly(url: string, signal: AbortSignal): Promise<Response> | undefined {
  const begun = globalThis.early;
  globalThis.early = undefined;
  if (begun?.url !== url) {
    begun?.control.abort();
    return undefined;
  }
  signal.addEventListener("abort", () => begun.control.abort());
  return begun.answer;
}

interface State {
  readonly id: string;
  readonly trace: TraceData | undefined;
  readonly error: Failure | undefined;
}

/** Loads a trace; that of the same id stays while it is loaded again. */
export function useTrace(id: string): State & { readonly retry: () => void } {
  const [state, set] = useState<State>({ id, trace: undefined, error: undefined });
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    const [url, { signal }] = [columnsUrl(id), controller];
    ask({ url, signal, begun: takeEarly(url, signal) }, readColumns).then((result: Result<TraceData>) => {
      if (signal.aborted) return;
      set({ id, trace: result.ok ? result.value : undefined, error: result.ok ? undefined : result.error });
    });
    return () => controller.abort();
  }, [id, tries]);
  const current = state.id === id ? state : { id, trace: undefined, error: undefined };
  return { ...current, retry: () => setTries((n) => n + 1) };
}
