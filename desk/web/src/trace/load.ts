// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from "preact/hooks";
import { type Failure, get, type Result } from "../api/client";
import { columnViews, readColumns } from "./columns";
import type { TraceData } from "./data";
import { askDetail, keepDetail } from "./detail";
import { saidOf } from "./said";

/** Traces with more spans are shown before their attributes have come. */
const large = 5000;

/** What is known of a trace. */
export interface LoadedTrace {
  readonly trace: TraceData | undefined;
  readonly error: Failure | undefined;
  /** Loads it again; what is known stays until then. */
  readonly again: () => void;
}

const incomplete: Result<TraceData> = { ok: false, error: { code: "internal", message: "views are missing" } };

/** Loads a trace: first what is drawn, and for all but large ones what its spans say. */
async function load(id: string, signal: AbortSignal): Promise<Result<TraceData>> {
  const drawn = await get("/traces/{id}", { view: columnViews, spans: "none" }, { id, signal });
  if (!drawn.ok) return drawn;
  const many = drawn.value.views?.columns?.duration.length ?? 0;
  if (many > large) return made(readColumns(drawn.value));
  const sent = await askDetail(id, signal);
  if (!sent.ok) return sent;
  const { ids = "" } = drawn.value.views?.columns ?? {};
  const idAt = (node: number) => ids.slice(16 * node, 16 * node + 16);
  const said = Array.from({ length: many }, (_, node) => saidOf(sent.value.spans.get(idAt(node))));
  const result = made(readColumns(drawn.value, said));
  if (result.ok) keepDetail(result.value, sent.value);
  return result;
}

function made(trace: TraceData | undefined): Result<TraceData> {
  return trace ? { ok: true, value: trace } : incomplete;
}

/** Loads a trace, and breaks off when it is no longer wanted. */
export function useTrace(id: string): LoadedTrace {
  const [result, set] = useState<Result<TraceData> | undefined>(undefined);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    load(id, controller.signal).then((loaded) => {
      if (!controller.signal.aborted) set(loaded);
    });
    return () => controller.abort();
  }, [id, tries]);
  return {
    trace: result?.ok ? result.value : undefined,
    error: result?.ok === false ? result.error : undefined,
    again: () => {
      if (result?.ok === false) set(undefined);
      setTries((n) => n + 1);
    },
  };
}
