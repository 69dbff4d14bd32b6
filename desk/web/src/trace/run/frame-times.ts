// SPDX-License-Identifier: Apache-2.0

import type { SpanEvent } from "../detail";

/** Names of events that tell of a part of a stream (OpenInference, Vercel, OpenLLMetry, Sidetrace). */
const frame = /chunk|frame|token/i;
/** More marks than this cannot be told apart. */
const most = 400;

/** When the frames of a stream came, in ns after the start of its span. */
export function frameTimes(events: readonly SpanEvent[], start: string): number[] {
  const from = BigInt(start);
  const times = events
    .filter((event) => frame.test(event.name))
    .map((event) => Number(BigInt(event.timeUnixNano) - from))
    .filter((ns) => ns >= 0)
    .sort((a, b) => a - b);
  const step = Math.max(1, Math.ceil(times.length / most));
  return times.filter((_, i) => i % step === 0);
}
