// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Document, WaterfallView } from "../api/schema";
import { readColumns } from "./load";

const testdata = "../../../api/internal/native/testdata/";

function golden(name: string): string {
  return readFileSync(new URL(testdata + name, import.meta.url), "utf8");
}

const view = (name: string) => JSON.parse(golden(`${name}.json`)) as Document;

describe("a trace in columns is the same as its views", async () => {
  const trace = await readColumns(new Response(golden("columns.jsonl")));
  test("tree", () => expect(trace.tree).toEqual(view("tree").tree));
  test("waterfall", () => {
    const { rows, ...want } = view("waterfall").waterfall as WaterfallView;
    const { rows: got, ...rest } = trace.waterfall;
    expect(rest).toEqual(want);
    expect(got).toEqual(rows);
  });
  test("findings", () => expect(trace.findings).toEqual(view("findings").findings));
  test("path", () => expect(trace.path).toEqual(view("path").path));
  test("summary", () => expect(trace.summary).toEqual(view("summary").summary));
  test("spans", () => {
    const span = trace.spans[1];
    expect({ ...span, start: span?.start, attributes: { ...span?.attributes } }).toMatchObject({
      id: "0000000000000003",
      parent: "0000000000000002",
      name: "POST /pay",
      service: "pay",
      kind: "server",
      status: "error",
      start: "1700000000005000000",
      duration: 83_000_000,
      message: "card declined",
    });
    expect(span?.attributes["http.response.status_code"]).toBe(504);
  });
  test("all of it is there", () => expect(trace.details.state.value).toBe("whole"));
});

/** A trace of so many spans in a row, and how its answer ends. */
function answer(count: number, cut: "whole" | "cut" | "early"): string {
  const numbers = (of: (i: number) => number) => Array.from({ length: count }, (_, i) => of(i));
  const lines: object[] = [
    {
      trace: {
        traceId: "1",
        start: "1700000000000000000",
        spans: count,
        logs: 0,
        services: ["s"],
        classes: ["other"],
        roots: [0],
        replaced: 0,
      },
    },
    { column: "order", steps: numbers((i) => Math.min(i, 1)) },
    { column: "id", text: numbers((i) => 1000 + i).join(""), width: 4 },
    { column: "parent", values: numbers((i) => i - 1) },
    { column: "start", values: numbers((i) => i) },
    ...["service", "similar", "duration"].map((column) => ({ column, all: 0 })),
    ...["name", "kind", "status", "class", "category", "source"].map((column) => ({
      column,
      of: ["x"],
      values: numbers(() => 0),
    })),
    { column: "badge", of: [null], values: numbers(() => 0) },
    {
      waterfall: {
        start: "1700000000000000000",
        end: "1700000000000000009",
        stages: [],
        groups: [],
        cards: [],
        skewed: false,
      },
    },
  ];
  if (cut !== "early") {
    lines.push({ views: { summary: {}, path: [], findings: [] } });
    lines.push({
      detail: {
        nodes: [0],
        pairs: [
          ["__proto__", 1],
          ["k", "v"],
          ["k", "w"],
        ],
        counts: [3],
        list: [0, 1, 2],
      },
    });
  }
  if (cut === "whole") lines.push({ end: count });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

describe("a long trace", () => {
  test("is there before its attributes", async () => {
    const trace = await readColumns(new Response(answer(2500, "whole")));
    expect(trace.tree.nodes[2499]).toMatchObject({ level: 2499, size: 1, parent: 2498 });
    expect(trace.tree.nodes[0]?.size).toBe(2500);
    expect(trace.details.state.value).toBe("coming");
    await expect.poll(() => trace.details.state.value).toBe("whole");
    expect(Object.entries(trace.spans[0]?.attributes ?? {})).toEqual([
      ["__proto__", 1],
      ["k", "v"],
    ]);
  });
  test("that breaks off says so", async () => {
    const trace = await readColumns(new Response(answer(2500, "cut")));
    await expect.poll(() => trace.details.state.value).toBe("failed");
  });
  test("that breaks off before it can be shown fails", async () => {
    await expect(readColumns(new Response(answer(10, "early")))).rejects.toThrow("too early");
  });
});
