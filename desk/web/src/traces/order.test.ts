// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import type { Trace } from "../api/schema";
import { sorted } from "./order";

const row = (traceId: string, spans: number, total?: number) =>
  ({ traceId, spans, errors: 0, ...(total !== undefined && { tokens: { input: 0, output: 0, total } }) }) as Trace;

const rows = [row("a", 3), row("b", 9, 0), row("c", 9, 80), row("d", 5, 7)];

const runs: Record<string, { nano: number; firstFrame: number }> = {
  b: { nano: 5, firstFrame: -1 },
  d: { nano: 9, firstFrame: 4 },
};

test.each([
  ["spans", "bcda"],
  ["tokens", "cdba"],
  ["cost", "dbac"],
  ["firstFrame", "dabc"],
] as const)("rows by %s, those without it last, others as they were", (by, want) => {
  const found = sorted(rows, by, ({ traceId }) => {
    const run = runs[traceId];
    const cost = { computed: [{ currency: "USD", nano: run?.nano ?? 0 }], unpriced: 0 };
    const usage = { input: 0, output: 0, cached: 0, cacheWritten: 0, reasoning: 0, total: 0 };
    return run && { traceId, firstFrame: run.firstFrame, usage, cost };
  });
  expect(found.map((each) => each.traceId).join("")).toBe(want);
});
