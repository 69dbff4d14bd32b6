// SPDX-License-Identifier: Apache-2.0

// Conversations with models, in the forms in which SDKs record them: the semantic
// conventions of OpenTelemetry (role and parts), the APIs of OpenAI, Anthropic and
// Google, LangChain, and lists that were flattened into attributes (OpenInference,
// Traceloop).

import { jsonIn } from "../ui/value";

/** A part of a message; value is what a tool was given or answered, or what is not known. */
export interface Part {
  readonly kind: "text" | "reasoning" | "call" | "result" | "other";
  readonly text?: string;
  /** The tool. */
  readonly name?: string;
  /** What brings a tool's call and its result together. */
  readonly id?: string;
  readonly value?: unknown;
}

export interface Message {
  /** system, user, assistant, tool, or what the sender calls it; "" if it does not say. */
  readonly role: string;
  readonly name?: string;
  readonly parts: readonly Part[];
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function text(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === "string" && value !== "");
}

/** Values that may be JSON in a string. */
function decoded(value: unknown): unknown {
  return typeof value === "string" ? (jsonIn(value) ?? value) : value;
}

function named(
  kind: Part["kind"],
  fields: { name?: string | undefined; id?: string | undefined; value: unknown },
): Part {
  const { name, id, value } = fields;
  return { kind, ...(name && { name }), ...(id && { id }), value: decoded(value) };
}

function callOf(part: Fields): Part {
  const inner = isObject(part.tool_call) ? part.tool_call : isObject(part.functionCall) ? part.functionCall : part;
  const call = isObject(inner.function) ? inner.function : inner;
  return named("call", {
    name: text(call.name, call.toolName),
    id: text(inner.id, inner.call_id, inner.toolCallId, part.id),
    value: call.arguments ?? call.args ?? call.input ?? null,
  });
}

function resultOf(part: Fields): Part {
  const inner = isObject(part.functionResponse) ? part.functionResponse : part;
  return named("result", {
    name: text(inner.name, inner.toolName),
    id: text(inner.id, inner.tool_use_id, inner.tool_call_id, inner.call_id, inner.toolCallId),
    value: inner.response ?? inner.result ?? inner.output ?? inner.content ?? null,
  });
}

const calls = /^(tool_call|tool_use|tool-call|function_call|functionCall)$/;
const results = /^(tool_call_response|tool_result|tool-result|function_call_output|functionResponse)$/;
const reasonings = /^(reasoning|thinking)$/;

function partOf(value: unknown): Part {
  if (typeof value === "string") return { kind: "text", text: value };
  if (!isObject(value)) return { kind: "other", value };
  const part = isObject(value.message_content) ? value.message_content : value;
  const type = text(part.type) ?? "";
  if (calls.test(type) || part.functionCall) return callOf(part);
  if (results.test(type) || part.functionResponse) return resultOf(part);
  const said = text(part.text, part.content, part.thinking, part.reasoning);
  if (said === undefined) return { kind: "other", value: part };
  return { kind: reasonings.test(type) ? "reasoning" : "text", text: said };
}

function partsOf(content: unknown): Part[] {
  if (content === undefined || content === null || content === "") return [];
  const list = typeof content === "string" && content.trimStart().startsWith("[{") ? decoded(content) : content;
  if (Array.isArray(list)) return list.map(partOf);
  return [partOf(isObject(list) && !text(list.type) ? (text(list.text) ?? list) : list)];
}

const roles: Readonly<Record<string, string>> = {
  human: "user",
  ai: "assistant",
  model: "assistant",
  function: "tool",
};
/** Types that LangChain has in place of roles. */
const typedRoles = /^(human|ai|system|tool|function|developer)$/;

function roleOf(message: Fields): string {
  const type = text(message.type) ?? "";
  const role = text(message.role) ?? (typedRoles.test(type) ? type : "");
  return roles[role] ?? role;
}

function messageOf(value: unknown): Message | undefined {
  if (!isObject(value)) return undefined;
  const message = isObject(value.message)
    ? value.message
    : isObject(value.data) && text(value.type)
      ? { ...value.data, type: value.type }
      : value;
  const role = roleOf(message);
  if (!role || !("content" in message || "parts" in message || "contents" in message || "tool_calls" in message))
    return undefined;
  const name = text(message.name);
  const content = partsOf(message.parts ?? message.contents ?? message.content);
  const asked = Array.isArray(message.tool_calls) ? message.tool_calls.filter(isObject).map(callOf) : [];
  const isResult = role === "tool" && content.length > 0 && content.every((part) => part.kind === "text");
  const parts = isResult ? [resultOf(message)] : [...content, ...asked];
  return { role, ...(name && { name }), parts };
}

function all(list: readonly unknown[]): Message[] | undefined {
  const messages: Message[] = [];
  for (const each of list.length === 1 && Array.isArray(list[0]) ? list[0] : list) {
    const message = messageOf(each);
    if (!message) return undefined;
    messages.push(message);
  }
  return messages.length ? messages : undefined;
}

/** Parts without a message around them, such as instructions for the system. */
function bareParts(list: readonly unknown[]): Message[] | undefined {
  const known = list.every((each) => isObject(each) && text(each.type) && ("content" in each || "text" in each));
  return known && list.length ? [{ role: "", parts: list.map(partOf) }] : undefined;
}

/** Members under which a conversation is found in a request or an answer. */
const members = ["messages", "contents", "choices", "input_messages", "output_messages"];

/** Reads a value as a conversation; undefined if it is none. */
export function readMessages(value: unknown): Message[] | undefined {
  const given = decoded(value);
  if (Array.isArray(given)) return all(given) ?? bareParts(given);
  if (!isObject(given)) return undefined;
  for (const member of members) {
    const list = given[member];
    if (!Array.isArray(list)) continue;
    const found = all(list);
    const system = text(given.system);
    if (found) return system ? [{ role: "system", parts: [{ kind: "text", text: system }] }, ...found] : found;
  }
  return text(given.role) ? all([given]) : undefined;
}

type Tree = { [key: string]: Tree | unknown };

function put(into: Tree, path: readonly string[], value: unknown) {
  let at = into;
  for (const key of path.slice(0, -1)) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    const inner: Tree = isObject(next) ? (next as Tree) : {};
    at[key] = inner;
    at = inner;
  }
  const last = path.at(-1);
  if (last !== undefined) at[last] = value;
}

/** How many parts the name of a flattened attribute may have. */
const deepest = 12;

function listed(tree: unknown, level = 0): unknown {
  if (!isObject(tree) || level > deepest) return tree;
  const entries = Object.entries(tree);
  const isList = entries.length > 0 && entries.every(([key]) => /^\d{1,6}$/.test(key));
  const inner = entries.map(([key, value]) => [key, listed(value, level + 1)] as const);
  if (!isList) return Object.fromEntries(inner);
  return inner.sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);
}

/** Puts together what was flattened: prefix.0.role, prefix.0.content and so on. */
export function unflatten(attributes: Fields, prefix: string): unknown {
  const tree: Tree = Object.create(null);
  for (const [key, value] of Object.entries(attributes)) {
    if (!key.startsWith(`${prefix}.`)) continue;
    const path = key.slice(prefix.length + 1).split(".");
    if (path.length <= deepest && !path.includes("__proto__")) put(tree, path, value);
  }
  return Object.keys(tree).length ? listed(tree) : undefined;
}
