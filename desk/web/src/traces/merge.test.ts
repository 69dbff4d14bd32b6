// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import type { Trace } from "../api/schema";
import { gather, merge, mostLive } from "./merge";

function trace(traceId: string, start: number, spans = 1): Trace {
  const root = { spanId: "", service: "web", name: "GET /", kind: "server" as const };
  return {
    traceId,
    start: String(start),
    spans,
    duration: 1,
    root,
    whole: true,
    errors: 0,
    orphans: 0,
    levels: 1,
    logs: 0,
    services: [],
    identity: {},
  };
}

const ids = (list: readonly Trace[]) => list.map((each) => `${each.traceId}:${each.spans}`);

test("new traces stand above, and those that grew stay in their places", () => {
  const listed = [trace("c", 3), trace("b", 2), trace("a", 1)];
  const live = gather(gather(new Map(), [trace("d", 4), trace("b", 2, 7)]), [trace("e", 5), trace("d", 4, 2)]);
  expect(ids(merge(listed, live))).toEqual(["e:1", "d:2", "c:1", "b:7", "a:1"]);
});

test("what comes live is bounded", () => {
  const many = Array.from({ length: mostLive + 10 }, (_, i) => trace(String(i), i));
  const live = gather(new Map(), many);
  expect(live.size).toBe(mostLive);
  expect(live.has("0")).toBe(false);
  expect(live.has(String(mostLive + 9))).toBe(true);
});
