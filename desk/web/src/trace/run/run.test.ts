// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from "vitest";
import type { NodeRecord } from "../../api/run";
import { contentsOf, requestIn, sourceOf } from "./contents";
import { nodeOf, noUsage, runOf, traceOf } from "./fixture";
import { frameTimes } from "./frame-times";
import { firstStep, nodesAround, phasesOf, stepsOf } from "./steps";
import { toolsOf } from "./tools";

const record = (more: object) => more as unknown as NodeRecord;

describe("the story", () => {
  const trace = traceOf([
    { up: -1, name: "root" },
    { up: 0, name: "second", from: 500 },
    { up: 0, name: "first", from: 100 },
    { up: 2, name: "inner", from: 200 },
    { up: 3, name: "query", from: 250 },
  ]);
  const run = runOf([
    { name: "second", span: 1 },
    { name: "first", span: 2, failed: true },
    { name: "inner", span: 3, parent: 1, failed: true },
  ]);

  test("is told by start, each node before those within it", () => {
    expect(stepsOf(trace, run).map((step) => [step.node.name, step.depth, step.start])).toEqual([
      ["first", 0, 100],
      ["inner", 1, 200],
      ["second", 0, 500],
    ]);
  });
  test("nodes without spans have their start from the record", () => {
    expect(stepsOf(trace, runOf([{ start: Number(trace.start) + 1_000_000 }]))[0]?.start).toBeCloseTo(1_000_000, -3);
  });
  test("parents that are not there, or the node itself, end nothing", () => {
    expect(stepsOf(trace, runOf([{ parent: 0 }, { parent: 9 }]))).toHaveLength(2);
  });
  test("every span knows the node around it", () => {
    expect([...nodesAround(trace, run)]).toEqual([-1, 0, 1, 2, 2]);
  });
  test("begins with the innermost failure", () => {
    expect(firstStep(stepsOf(trace, run))).toBe(2);
    expect(firstStep(stepsOf(trace, runOf([{ span: 1 }, { span: 2 }])))).toBe(1);
    expect(firstStep([])).toBe(-1);
  });
});

describe("phasesOf", () => {
  test("waits, then streams", () => {
    const node = nodeOf({ firstFrame: 400, duration: 1400, usage: { ...noUsage, output: 50, total: 50 } });
    expect(phasesOf(node)).toEqual({ wait: 400, stream: 1000, speed: 50 / (1000 / 1e9) });
  });
  test.each([
    [-1, 100],
    [200, 100],
  ])("a first frame at %d of %d says nothing", (firstFrame, duration) =>
    expect(phasesOf(nodeOf({ firstFrame, duration }))).toBeUndefined(),
  );
  test("without tokens there is no speed", () =>
    expect(phasesOf(nodeOf({ firstFrame: 1, duration: 2 }))?.speed).toBeUndefined());
});

describe("contentsOf", () => {
  const trace = traceOf([
    { up: -1, name: "node", attributes: { "input.value": "a", "gen_ai.request.model": "m" } },
    {
      up: 0,
      name: "chat",
      attributes: {
        "gen_ai.output.messages": "[]",
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "hi",
        "gen_ai.input.messages": "",
      },
    },
  ]);
  const run = runOf(
    [{ span: 0, record: record({ input: { city: "Oslo", n: 1 }, output: {}, config: null, llmOutput: "said" }) }],
    [{ node: 0, span: 1, from: 1 }],
  );
  const contents = contentsOf(trace, sourceOf(run, 0));

  test("the record's variables, the span's attributes, those of its calls", () => {
    expect(contents.input).toEqual([
      { name: "city", value: "Oslo", span: -1 },
      { name: "n", value: 1, span: -1 },
      { name: "input.value", value: "a", span: 0 },
      { name: "gen_ai.prompt", value: [{ role: "user", content: "hi" }], span: 1 },
    ]);
    expect(contents.output.map((each) => each.name)).toEqual(["llm_output", "gen_ai.output.messages"]);
    expect(contents.config).toEqual([{ name: "gen_ai.request", value: { "gen_ai.request.model": "m" }, span: 0 }]);
  });
  test("conversations and lists in records stay whole", () => {
    const source = { record: record({ input: { messages: [], model: "m" }, output: [1, 2] }), spans: [] };
    const whole = contentsOf(trace, source);
    expect(whole.input).toEqual([{ name: "input", value: { messages: [], model: "m" }, span: -1 }]);
    expect(whole.output).toEqual([{ name: "output", value: [1, 2], span: -1 }]);
  });
});

test.each([
  [['{"question":"q","answer":"a"}'], { question: "q", answer: "a" }],
  [["words", "{}", '{"question":7}', '{"answer":"a"}'], { question: "", answer: "a" }],
  [[], undefined],
])("requestIn %j", (bodies, want) => expect(requestIn(bodies)).toEqual(want));

describe("frameTimes", () => {
  const event = (name: string, at: number) => ({ name, timeUnixNano: String(1000 + at) });
  test("of events that tell of frames, by time", () => {
    const events = [
      event("gen_ai.content.completion.chunk", 30),
      event("exception", 5),
      event("first_frame", 10),
      event("frame", -3),
    ];
    expect(frameTimes(events, "1000")).toEqual([10, 30]);
  });
  test("no more than can be told apart", () => {
    expect(
      frameTimes(
        Array.from({ length: 10_000 }, (_, i) => event("chunk", i)),
        "1000",
      ).length,
    ).toBeLessThanOrEqual(400);
  });
});

test("toolsOf puts uses together and counts equal arguments", () => {
  const call = (args: string) => ({ "gen_ai.tool.name": "search", "gen_ai.tool.call.arguments": args });
  const trace = traceOf([
    { up: -1, name: "root" },
    { up: 0, name: "execute_tool search", class: "tool", from: 10, to: 20, attributes: call('{"q":1}') },
    { up: 0, name: "execute_tool search", class: "tool", from: 30, to: 50, attributes: call('{"q":1}'), failed: true },
    { up: 0, name: "execute_tool search", class: "tool", from: 5, to: 6, attributes: call('{"q":2}') },
    { up: 0, name: "Clock", from: 60, to: 61 },
    { up: 1, name: "inner", class: "tool", from: 11, to: 12 },
  ]);
  const tools = toolsOf(trace, runOf([{ kind: "node", type: "tool", name: "Clock", span: 4 }]));
  expect(
    tools.map(({ name, uses, failed, duration, repeated }) => [
      name,
      uses.map((u) => u.span),
      failed,
      duration,
      repeated,
    ]),
  ).toEqual([
    ["search", [3, 1, 2], 1, 31, 1],
    ["Clock", [4], 0, 1, 0],
  ]);
});
