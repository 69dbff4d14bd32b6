// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import type { Trace } from "../api/schema";
import { afterText, turns } from "./session";

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
