// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import type { Trace } from "../api/schema";
import { costText } from "../trace/cost";
import { firstOf } from "./page";
import { afterText, costOf, turns } from "./session";

function trace(start: string, duration: number): Trace {
  const root = { spanId: "", service: "web", name: "", kind: "server" as const };
  return {
    traceId: start,
    start,
    duration,
    root,
    whole: true,
    spans: 1,
    errors: 0,
    orphans: 0,
    levels: 1,
    logs: 0,
    services: [],
    identity: {},
  };
}

test("the time before a trace is since all before it ended; traces at once overlap", () => {
  const base = 1_795_275_417_000_000_000n;
  const at = (ns: bigint) => String(base + ns);
  const list = turns([trace(at(0n), 100), trace(at(150n), 500), trace(at(200n), 10), trace(at(1650n), 1)]);
  expect(list.map(({ after }) => after)).toEqual([undefined, 50, -450, 1000]);
});

test.each([
  [undefined, "–"],
  [1_500_000, "1.50 ms"],
  [0, "0 s"],
  [-328_000_000, "overlaps 328 ms"],
])("the time before a trace of %s ns", (after, want) => expect(afterText(after)).toBe(want));

test("what a session cost is a lower bound while the cost of a trace with tokens is not known", () => {
  const used = { ...trace("1", 1), tokens: { input: 1, output: 1, total: 2 } };
  const usage = { input: 1, output: 1, cached: 0, cacheWritten: 0, reasoning: 0, total: 2 };
  const cost = { computed: [{ currency: "USD", nano: 2e9 }], unpriced: 0 };
  const run = { traceId: "1", firstFrame: -1, usage, cost };
  const all = [used, { ...used, traceId: "2" }, trace("3", 1)];
  expect(costText(costOf(all, (one) => (one.traceId === "3" ? undefined : run)))).toBe("4.00 USD");
  expect(costText(costOf(all, (one) => (one.traceId === "1" ? run : undefined)))).toBe("≥ 2.00 USD");
});

test("the first trace of a session is taken to be as large as the others", () => {
  const tokens = { input: 1, output: 1, total: 2 };
  const session = { traces: 3, spans: 100, logs: 4, firstTrace: "ab", tokens } as Parameters<typeof firstOf>[0];
  expect(firstOf(session)).toEqual({ traceId: "ab", spans: 34, logs: 2, tokens });
});
