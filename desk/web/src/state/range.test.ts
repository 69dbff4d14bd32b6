// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { nanos } from "../format/format";
import { usualRange } from "./range";

const now = 1_795_275_417_000;
const hours = (n: number) => nanos(now - n * 3_600_000);
const kept = (oldest: number, newest: number) => ({
  traces: 1,
  spans: 1,
  logs: 0,
  oldest: hours(oldest),
  newest: hours(newest),
});

test.each([
  ["everything came just now", kept(0.5, 0.1), "now-1h"],
  ["since this morning", kept(5, 0.1), "now-6h"],
  ["for a week", kept(160, 0.1), "now-24h"],
  ["long ago", kept(900, 800), "all"],
  ["nothing", { traces: 0, spans: 0, logs: 0 }, "all"],
  ["unknown", undefined, "all"],
])("%s", (_, has, want) => expect(usualRange(has, now)).toBe(want));
