// SPDX-License-Identifier: Apache-2.0

// Traces and runs for tests.

import type { Call, Run, RunNode, Usage } from "../../api/run";
import type { Document, DocumentSpan } from "../../api/schema";
import type { TraceData } from "../data";
import { readTrace } from "../fixture";

export const noUsage: Usage = { input: 0, output: 0, cached: 0, cacheWritten: 0, reasoning: 0, total: 0 };

const noTotals = {
  usage: noUsage,
  cost: { unpriced: 0 },
  modelCalls: 0,
  embeddingCalls: 0,
  toolCalls: 0,
  failedCalls: 0,
  failedTools: 0,
  modelTime: 0,
  toolTime: 0,
};

/** The start of the fixture's traces, in ns since 1970. */
const epoch = 1_700_000_000_000_000_000n;

export interface SpanFixture {
  readonly up: number;
  readonly name: string;
  readonly from?: number;
  readonly to?: number;
  readonly service?: string;
  readonly attributes?: Record<string, unknown>;
  readonly failed?: boolean;
  readonly class?: Document["tree"] extends infer T ? (T extends { classes: (infer C)[] } ? C : never) : never;
}

function spanOf(fixture: SpanFixture, i: number): DocumentSpan {
  return {
    id: String(i).padStart(16, "0"),
    parent: fixture.up < 0 ? "" : String(fixture.up).padStart(16, "0"),
    name: fixture.name,
    service: fixture.service ?? "web",
    kind: "internal",
    status: fixture.failed ? "error" : "unset",
    start: String(epoch + BigInt(fixture.from ?? i)),
    duration: (fixture.to ?? 1000) - (fixture.from ?? i),
    attributes: fixture.attributes ?? {},
  };
}

function treeOf(fixtures: readonly SpanFixture[]): NonNullable<Document["tree"]> {
  const levels: number[] = [];
  for (const { up } of fixtures) levels.push(up < 0 ? 0 : (levels[up] ?? 0) + 1);
  const services = [...new Set(fixtures.map((each) => each.service ?? "web"))];
  return {
    roots: fixtures.flatMap(({ up }, i) => (up < 0 ? [i] : [])),
    order: fixtures.map((_, i) => i),
    nodes: fixtures.map(({ up, service = "web", class: is = "other", from = 0, to = 1000 }, i) => ({
      parent: up,
      level: levels[i] ?? 0,
      size: 1,
      service: services.indexOf(service),
      similar: 0,
      self: to - from,
      class: is,
      category: "other" as const,
      source: "",
    })),
    services,
    classes: services.map(() => "other" as const),
    replaced: 0,
    orphans: 0,
  };
}

/** A trace of spans, each below the one with the number up (-1: none), which comes before it. */
export function traceOf(fixtures: readonly SpanFixture[]): TraceData {
  const views = { summary: {}, tree: treeOf(fixtures), waterfall: { rows: [], skewed: false }, findings: [], path: [] };
  const document = { traceId: "1".repeat(32), view: "views", spans: fixtures.map(spanOf), views };
  const trace = readTrace(document as unknown as Document);
  if (!trace) throw new Error("no trace");
  return trace;
}

/** A node of a run. */
export function nodeOf(node: Partial<RunNode>): RunNode {
  return {
    ...noTotals,
    kind: "node",
    name: "node",
    span: -1,
    parent: -1,
    start: Number(epoch),
    duration: 1,
    firstFrame: -1,
    failed: false,
    own: noUsage,
    ...node,
  };
}

/** A run of nodes and calls. */
export function runOf(nodes: readonly Partial<RunNode>[], calls: readonly Partial<Call>[] = []): Run {
  const none = { currency: "", nano: 0 };
  return {
    ...noTotals,
    firstFrame: -1,
    firstFrameSpan: -1,
    modelWall: 0,
    toolWall: 0,
    nodes: nodes.map(nodeOf),
    models: [],
    agents: [],
    calls: calls.map((call) => ({
      kind: "model",
      span: -1,
      node: -1,
      from: -1,
      fromRecord: false,
      usage: noUsage,
      added: false,
      start: 0,
      duration: 0,
      firstFrame: -1,
      failed: false,
      computed: none,
      reported: none,
      ...call,
    })),
    repeats: [],
  };
}
