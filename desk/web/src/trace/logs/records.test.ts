// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import type { Detail } from "../detail";
import { readDetail } from "../detail";
import { traceOf } from "../run/fixture";
import { filterRecords, levelOf, recordsOf } from "./records";

test.each([
  [9, "", "info"],
  [12, "", "info"],
  [13, "INFO", "warn"],
  [24, "", "fatal"],
  [0, "WARNING", "warn"],
  [undefined, "ERROR", "error"],
  [undefined, "", undefined],
  [99, "", undefined],
] as const)("levelOf %s %s", (severity, text, want) => expect(levelOf(severity, text)).toBe(want));

const trace = traceOf([
  { up: -1, name: "root" },
  { up: 0, name: "call" },
]);
const at = (ns: number) => String(trace.start + BigInt(ns));
const text = (stringValue: string) => ({ stringValue });
const detail: Detail = readDetail({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: [
            {
              spanId: "0000000000000001",
              events: [
                {
                  timeUnixNano: at(5),
                  name: "exception",
                  attributes: [{ key: "exception.message", value: text("boom") }],
                },
                { timeUnixNano: at(50), name: "retry" },
                { timeUnixNano: at(51), name: "gen_ai.content.completion.chunk" },
                { timeUnixNano: at(60), name: "WARN", attributes: [{ key: "WARN LOG", value: text("slow") }] },
              ],
            },
          ],
        },
      ],
    },
  ],
  resourceLogs: [
    {
      resource: { attributes: [{ key: "service.name", value: text("web") }] },
      scopeLogs: [
        {
          logRecords: [
            { timeUnixNano: at(20), severityNumber: 9, body: text("two\nlines"), spanId: "0000000000000000" },
            {
              observedTimeUnixNano: at(10),
              severityNumber: 5,
              body: { kvlistValue: { values: [{ key: "a", value: { intValue: "1" } }] } },
            },
            {
              timeUnixNano: at(90),
              eventName: "sidetrace.node_trace_log",
              body: text('{"question":"why","answer":"so"}'),
            },
          ],
        },
      ],
    },
  ],
});
const records = recordsOf(trace, detail);

test("records and events by time", () => {
  expect(records.map(({ kind, time, level, service, span, line }) => [kind, time, level, service, span, line])).toEqual(
    [
      ["event", 5, "error", "web", 1, "exception: boom"],
      ["log", 10, "debug", "web", -1, '{ "a": 1 }'],
      ["log", 20, "info", "web", 0, "two lines"],
      ["event", 50, undefined, "web", 1, "retry"],
      ["event", 60, "warn", "web", 1, "slow"],
      ["node", 90, undefined, "web", -1, "why → so"],
    ],
  );
});

test.each([
  ['{"trace":[{"node_name":"Plan"},{"node_name":"Model"}]}', "Plan, Model"],
  ['{"status":{"code":14,"message":"busy"},"trace":[]}', "Status 14: busy"],
  [
    '{"question":"","status":{"code":0},"duration":274,"first_frame_duration":120,"trace":[]}',
    "Status 0 · Duration 274 ms · First frame 120 ms",
  ],
  ['{"status":{},"duration":1500,"first_frame_duration":-1.0}', "Status 0 · Duration 1.50 s"],
  ["no json", "no json"],
  ["{}", "{}"],
])("records of nodes say %s", (body, want) => {
  const logs = [
    { log: { eventName: "sidetrace.node_trace_log", timeUnixNano: at(1), body: text(body) }, resource: {}, scope: {} },
  ];
  expect(recordsOf(trace, { spans: new Map(), logs })[0]?.line).toBe(want);
});

const all = () => true;
test.each([
  [{ least: "error", text: "", within: all }, [5]],
  [{ least: "info", text: "", within: all }, [5, 20, 50, 60, 90]],
  [{ least: "", text: " LINES", within: all }, [20]],
  [{ least: "", text: "boom", within: all }, [5]],
  [{ least: "", text: "", within: (span: number) => span === 1 }, [5, 50, 60]],
] as const)("filterRecords %#", (filter, want) =>
  expect(filterRecords(records, filter).map((record) => record.time)).toEqual(want),
);
