// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef, useState } from "preact/hooks";
import { urlOf } from "./client";
import { EventReader } from "./events";
import type { Asked, Trace } from "./schema";
import { credentials } from "./token";

/** How the stream is: off, waiting for the desk, open, or refused for good. */
export type LiveState = "off" | "connecting" | "open" | "failed";

/** After how long to connect again when the stream broke off, in ms. */
const pause = 2000;

function parse(data: string): Trace[] {
  try {
    return JSON.parse(data) as Trace[];
  } catch {
    return [];
  }
}

interface Follower {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly onState: (state: LiveState) => void;
  readonly onTraces: (traces: Trace[]) => void;
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      done();
    });
  });
}

/** Reads one stream to its end; false if it is refused for good. */
async function readStream({ url, signal, onState, onTraces }: Follower): Promise<boolean> {
  const response = await fetch(url, { signal, headers: credentials(), cache: "no-store" });
  if (!response.ok || !response.body) return response.status === 503;
  onState("open");
  const events = new EventReader();
  const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await pieces.read();
    if (done) return true;
    for (const event of events.push(value)) if (event.name === "traces") onTraces(parse(event.data));
  }
}

/** Follows a stream, and connects again when it breaks off. */
async function follow(follower: Follower) {
  const { signal, onState } = follower;
  while (!signal.aborted) {
    onState("connecting");
    const again = await readStream(follower).catch(() => true);
    if (signal.aborted) return;
    if (!again) return onState("failed");
    await wait(pause, signal);
  }
}

/**
 * Hands over traces as they come, as server-sent events. They are not read by
 * EventSource, which cannot say who asks. Nothing is asked while query is undefined.
 */
export function useLive(query: Asked["/live"] | undefined, onTraces: (traces: Trace[]) => void): LiveState {
  const [state, set] = useState<LiveState>("off");
  const handler = useRef(onTraces);
  handler.current = onTraces;
  const url = query && urlOf("/live", query);
  useEffect(() => {
    set("off");
    if (!url) return;
    const controller = new AbortController();
    const { signal } = controller;
    follow({ url, signal, onState: set, onTraces: (traces) => handler.current(traces) });
    return () => controller.abort();
  }, [url]);
  return state;
}
