// SPDX-License-Identifier: Apache-2.0

import type { NodeRecord, Run } from "../../api/run";
import { unflatten } from "../../content/messages";
import type { TraceData } from "../data";

/** A value that a node was given or returned, and where it was found. */
export interface Named {
  readonly name: string;
  readonly value: unknown;
  /** The span whose attribute it is; -1 for the node's record. */
  readonly span: number;
}

export interface Contents {
  readonly input: readonly Named[];
  readonly output: readonly Named[];
  readonly config: readonly Named[];
}

/** Attributes with what goes in and comes out, in the dialects that are in use; earlier ones first. */
const keys = {
  input: [
    "gen_ai.system_instructions",
    "gen_ai.input.messages",
    "gen_ai.prompt",
    "llm.input_messages",
    "llm.prompts",
    "ai.prompt.messages",
    "ai.prompt",
    "langfuse.observation.input",
    "traceloop.entity.input",
    "input.value",
    "gen_ai.tool.call.arguments",
    "ai.toolCall.args",
    "gen_ai.retrieval.query.text",
    "db.query.text",
  ],
  output: [
    "gen_ai.output.messages",
    "gen_ai.completion",
    "llm.output_messages",
    "ai.response.text",
    "ai.response.toolCalls",
    "ai.response.object",
    "langfuse.observation.output",
    "traceloop.entity.output",
    "output.value",
    "gen_ai.tool.call.result",
    "ai.toolCall.result",
    "gen_ai.retrieval.documents",
    "retrieval.documents",
  ],
  config: ["gen_ai.tool.definitions", "llm.tools", "ai.prompt.tools", "llm.invocation_parameters"],
} as const;

type Kind = keyof typeof keys;

/** Settings of a model that are shown together. */
const settings =
  /^(gen_ai\.request\.|gen_ai\.output\.type$|gen_ai\.provider\.name$|gen_ai\.system$|llm\.request\.|ai\.settings\.)/;

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** A field of a record: its variables one by one, anything else as a whole. */
function ofRecord(name: Kind, value: unknown): Named[] {
  if (isEmpty(value)) return [];
  if (typeof value !== "object" || Array.isArray(value)) return [{ name, value, span: -1 }];
  const entries = Object.entries(value as object);
  if (entries.length > 40 || entries.some(([key]) => key === "messages" || key === "role"))
    return [{ name, value, span: -1 }];
  return entries.map(([key, each]) => ({ name: key, value: each, span: -1 }));
}

/** What spans say: their attributes as they came with the trace, or as they are read again. */
export type Attributes = (span: number) => Readonly<Record<string, unknown>>;

function ofSpan(attributes: Readonly<Record<string, unknown>>, span: number, kind: Kind): Named[] {
  const found: Named[] = [];
  for (const name of keys[kind]) {
    const value = attributes[name] ?? unflatten(attributes, name);
    if (!isEmpty(value)) found.push({ name, value, span });
  }
  return found;
}

function settingsOf(attributes: Readonly<Record<string, unknown>>, span: number): Named[] {
  const value = Object.fromEntries(Object.entries(attributes).filter(([key]) => settings.test(key)));
  return isEmpty(value) ? [] : [{ name: "gen_ai.request", value, span }];
}

/** Where contents are looked for: in a record, and in attributes of spans. */
export interface Source {
  readonly record?: NodeRecord | undefined;
  readonly spans: readonly number[];
}

const counted = new WeakMap<Run, Map<number, number[]>>();

/** The spans of the calls that were counted in each node. */
function callSpans(run: Run): Map<number, number[]> {
  const known = counted.get(run);
  if (known) return known;
  const spans = new Map<number, number[]>();
  for (const { node, span, from } of run.calls) {
    const list = spans.get(node) ?? [];
    list.push(span, from);
    spans.set(node, list);
  }
  counted.set(run, spans);
  return spans;
}

/** A node's record, its span, and those of the calls of models that were counted in it. */
export function sourceOf(run: Run, index: number): Source {
  const node = run.nodes[index];
  const spans = [node?.span ?? -1, ...(callSpans(run).get(index) ?? [])];
  return { record: node?.record, spans: [...new Set(spans)].filter((span) => span >= 0) };
}

function said(trace: TraceData): Attributes {
  return (span) => trace.spans[span]?.attributes ?? {};
}

/** What a node was given, what it returned, and how it was set up. */
export function contentsOf(
  trace: TraceData,
  { record, spans }: Source,
  attributes: Attributes = said(trace),
): Contents {
  const from = (kind: Kind) => [
    ...ofRecord(kind, record?.[kind]),
    ...spans.flatMap((span) => ofSpan(attributes(span), span, kind)),
  ];
  const said = record?.llmOutput ? [{ name: "llm_output", value: record.llmOutput, span: -1 }] : [];
  return {
    input: from("input"),
    output: [...said, ...from("output")],
    config: [...from("config"), ...spans.flatMap((span) => settingsOf(attributes(span), span))],
  };
}

/** What a request was about, as its record says. */
export interface Request {
  readonly question: string;
  readonly answer: string;
}

interface SentRecord {
  readonly question?: unknown;
  readonly answer?: unknown;
}

function readRequest(body: string): Request | undefined {
  try {
    const { question = "", answer = "" } = JSON.parse(body) as SentRecord;
    return typeof question === "string" && typeof answer === "string" && (question || answer)
      ? { question, answer }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The question and answer of the first record that has them, by the bodies of the log records. */
export function requestIn(bodies: Iterable<string>): Request | undefined {
  for (const body of bodies) {
    const found = readRequest(body);
    if (found) return found;
  }
  return undefined;
}
