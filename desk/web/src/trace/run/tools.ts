// SPDX-License-Identifier: Apache-2.0

import type { Run } from "../../api/run";
import type { TraceData } from "../data";
import { contentsOf, type Named, sourceOf } from "./contents";
import { nodesAround } from "./steps";

/** One use of a tool. */
export interface Use {
  readonly span: number;
  /** The node of the run that it is, or is within; -1 for none. */
  readonly node: number;
  readonly start: number;
  readonly duration: number;
  readonly failed: boolean;
  /** Why it failed, if it says so. */
  readonly message: string;
  readonly input: readonly Named[];
  readonly output: readonly Named[];
  /** How many earlier uses of the tool had the same arguments. */
  readonly repeats: number;
}

export interface Tool {
  readonly name: string;
  readonly uses: readonly Use[];
  readonly failed: number;
  readonly duration: number;
  /** Uses with arguments that an earlier one had. */
  readonly repeated: number;
}

const nameKeys = ["gen_ai.tool.name", "tool.name", "ai.toolCall.name"];

function toolName(trace: TraceData, span: number, fallback: string): string {
  const attributes = trace.spans[span]?.attributes ?? {};
  const key = nameKeys.find((each) => typeof attributes[each] === "string");
  return key ? String(attributes[key]) : fallback;
}

/** The spans of tools, of which those of a tool within itself are one use. */
function toolSpans(trace: TraceData, run: Run): Map<number, number> {
  const found = new Map<number, number>();
  run.nodes.forEach((node, i) => {
    if (node.span >= 0 && (node.kind === "tool" || node.type === "tool")) found.set(node.span, i);
  });
  const around = nodesAround(trace, run);
  for (const span of trace.tree.order) {
    const { class: is, parent = -1 } = trace.tree.nodes[span] ?? {};
    if (is !== "tool" || found.has(span) || found.has(parent)) continue;
    found.set(span, around[span] ?? -1);
  }
  return found;
}

function saying(input: readonly Named[]): string {
  return JSON.stringify(input.map(({ name, value }) => [name, value]));
}

function useOf(trace: TraceData, run: Run, span: number, node: number): Omit<Use, "repeats"> {
  const isNode = run.nodes[node]?.span === span;
  const { input, output } = contentsOf(trace, isNode ? sourceOf(run, node) : { spans: [span] });
  const failed = trace.spans[span]?.status === "error" || (isNode && run.nodes[node]?.failed === true);
  const message = (isNode && run.nodes[node]?.message) || trace.spans[span]?.message || "";
  const duration = trace.spans[span]?.duration ?? 0;
  return { span, node, start: trace.offsets[span] ?? 0, duration, failed, message, input, output };
}

function counted(uses: readonly Omit<Use, "repeats">[]): Use[] {
  const seen = new Map<string, number>();
  return uses.map((use) => {
    const key = use.input.length ? saying(use.input) : "";
    const repeats = key ? (seen.get(key) ?? 0) : 0;
    seen.set(key, repeats + 1);
    return { ...use, repeats };
  });
}

/** The tools that a run used with each use in order, the longest in all first. */
export function toolsOf(trace: TraceData, run: Run): Tool[] {
  const byName = new Map<string, Omit<Use, "repeats">[]>();
  for (const [span, node] of toolSpans(trace, run)) {
    const fallback = run.nodes[node]?.span === span ? run.nodes[node]?.name : trace.spans[span]?.name;
    const name = toolName(trace, span, fallback ?? "");
    const uses = byName.get(name) ?? [];
    uses.push(useOf(trace, run, span, node));
    byName.set(name, uses);
  }
  const tools = [...byName].map(([name, list]) => {
    const uses = counted(list.sort((a, b) => a.start - b.start));
    const duration = uses.reduce((sum, use) => sum + use.duration, 0);
    return {
      name,
      uses,
      duration,
      failed: uses.filter((u) => u.failed).length,
      repeated: uses.filter((u) => u.repeats).length,
    };
  });
  return tools.sort((a, b) => b.duration - a.duration);
}
