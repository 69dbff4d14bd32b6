// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from "vitest";
import { readMessages, unflatten } from "./messages";

const said = (role: string, text: string) => ({ role, parts: [{ kind: "text", text }] });

describe("readMessages", () => {
  test("OpenTelemetry: role and parts, as JSON", () => {
    const value = JSON.stringify([
      { role: "system", parts: [{ type: "text", content: "be short" }] },
      {
        role: "assistant",
        parts: [
          { type: "reasoning", content: "hm" },
          { type: "tool_call", id: "c1", name: "weather", arguments: { city: "Oslo" } },
        ],
      },
      { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: "rain" }] },
    ]);
    expect(readMessages(value)).toEqual([
      said("system", "be short"),
      {
        role: "assistant",
        parts: [
          { kind: "reasoning", text: "hm" },
          { kind: "call", id: "c1", name: "weather", value: { city: "Oslo" } },
        ],
      },
      { role: "tool", parts: [{ kind: "result", id: "c1", value: "rain" }] },
    ]);
  });

  test("OpenAI: tool calls with arguments in JSON, and a tool's answer", () => {
    const value = {
      model: "m",
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "hi" },
            { type: "image_url", image_url: { url: "data:" } },
          ],
        },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: '{"a":1}' } }],
        },
        { role: "tool", tool_call_id: "c1", content: '{"b":2}' },
      ],
    };
    expect(readMessages(value)).toEqual([
      {
        role: "user",
        parts: [
          { kind: "text", text: "hi" },
          { kind: "other", value: { type: "image_url", image_url: { url: "data:" } } },
        ],
      },
      { role: "assistant", parts: [{ kind: "call", id: "c1", name: "f", value: { a: 1 } }] },
      { role: "tool", parts: [{ kind: "result", id: "c1", value: { b: 2 } }] },
    ]);
  });

  test("Anthropic: blocks, and the system beside the messages", () => {
    const value = {
      system: "be kind",
      messages: [
        { role: "assistant", content: [{ type: "tool_use", id: "t", name: "f", input: { a: 1 } }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "ok" }] },
      ],
    };
    expect(readMessages(value)).toEqual([
      said("system", "be kind"),
      { role: "assistant", parts: [{ kind: "call", id: "t", name: "f", value: { a: 1 } }] },
      { role: "user", parts: [{ kind: "result", id: "t", value: "ok" }] },
    ]);
  });

  test.each([
    ["a choice", { choices: [{ message: { role: "assistant", content: "yes" } }] }, [said("assistant", "yes")]],
    ["one message", { role: "user", content: "hi" }, [said("user", "hi")]],
    ["Google", { contents: [{ role: "model", parts: [{ text: "hi" }] }] }, [said("assistant", "hi")]],
    ["LangChain", [[{ type: "human", content: "hi" }]], [said("user", "hi")]],
    ["instructions without a role", [{ type: "text", content: "be short" }], [said("", "be short")]],
  ])("%s", (_, value, want) => expect(readMessages(value)).toEqual(want));

  test.each([
    ["words"],
    ['{"city":"Oslo"}'],
    [null],
    [[]],
    [[1, 2]],
    [{ role: "admin" }],
    [[{ role: "user", content: "a" }, 3]],
    [{ messages: "none" }],
  ])("is none: %j", (value) => expect(readMessages(value)).toBeUndefined());
});

describe("unflatten", () => {
  test("OpenInference", () => {
    const value = unflatten(
      {
        "llm.input_messages.1.message.role": "assistant",
        "llm.input_messages.1.message.tool_calls.0.tool_call.function.name": "f",
        "llm.input_messages.1.message.tool_calls.0.tool_call.function.arguments": '{"a":1}',
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "hi",
        "llm.input_messages.0.message.__proto__.x": "no",
        other: 1,
      },
      "llm.input_messages",
    );
    expect(readMessages(value)).toEqual([
      said("user", "hi"),
      { role: "assistant", parts: [{ kind: "call", name: "f", value: { a: 1 } }] },
    ]);
    expect(({} as { x?: string }).x).toBeUndefined();
  });
  test("Traceloop", () => {
    const value = unflatten({ "gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "hi" }, "gen_ai.prompt");
    expect(readMessages(value)).toEqual([said("user", "hi")]);
  });
  test("nothing of that name", () => expect(unflatten({ a: 1 }, "b")).toBeUndefined());
});
