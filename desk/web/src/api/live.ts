// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef, useState } from "preact/hooks";
import { urlOf } from "./client";
import type { Asked, Trace } from "./schema";

/** How the stream is: off, waiting for the desk, open, or refused for good. */
export type LiveState = "off" | "connecting" | "open" | "failed";

function parse(data: string): Trace[] {
  try {
    return JSON.parse(data) as Trace[];
  } catch {
    return [];
  }
}

/**
 * Hands over traces as they come, as server-sent events. The browser connects
 * again by itself when the stream breaks off. Nothing is asked while query is
 * undefined.
 */
export function useLive(query: Asked["/live"] | undefined, onTraces: (traces: Trace[]) => void): LiveState {
  const [state, set] = useState<LiveState>("off");
  const handler = useRef(onTraces);
  handler.current = onTraces;
  const url = query && urlOf("/live", query);
  useEffect(() => {
    if (!url) {
      set("off");
      return;
    }
    const source = new EventSource(url);
    set("connecting");
    source.onopen = () => set("open");
    source.onerror = () => set(source.readyState === EventSource.CLOSED ? "failed" : "connecting");
    source.addEventListener("traces", (event) => handler.current(parse(event.data)));
    return () => source.close();
  }, [url]);
  return state;
}
