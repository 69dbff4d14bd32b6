// SPDX-License-Identifier: Apache-2.0

// The view run, whose parts the OpenAPI document leaves open (Go packages
// desk/analysis/agentrun and desk/trace/noderecord). Times are in ns, money in
// billionths of its currency. Times since 1970 are numbers that JavaScript rounds
// to 256 ns; -1 stands for no span, node or call, and for no first frame.

/** Tokens; cached and cacheWritten are among the input, reasoning among the output. */
export interface Usage {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly cacheWritten: number;
  readonly reasoning: number;
  readonly total: number;
}

export interface Amount {
  readonly currency: string;
  readonly nano: number;
}

/** While unpriced is not 0, computed is a lower bound. */
export interface Cost {
  readonly computed?: readonly Amount[];
  readonly reported?: readonly Amount[];
  readonly unpriced: number;
}

export interface Totals {
  readonly usage: Usage;
  readonly cost: Cost;
  readonly modelCalls: number;
  readonly embeddingCalls: number;
  readonly toolCalls: number;
  readonly failedCalls: number;
  readonly failedTools: number;
  readonly modelTime: number;
  readonly toolTime: number;
}

/** Something that a node logged. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly time: string;
}

/** What the node trace log has of one run of a node. */
export interface NodeRecord {
  readonly logId: string;
  readonly sid: string;
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly funcId: string;
  readonly funcType: string;
  readonly funcName: string;
  readonly next?: readonly string[];
  readonly start: number;
  readonly end: number;
  readonly duration: number;
  readonly firstFrame: number;
  readonly modelFirstFrame: number;
  readonly llmOutput: string;
  readonly failed: boolean;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly config?: unknown;
  readonly logs?: readonly LogLine[];
}

/** A step of the run, with the totals of everything within it. */
export interface RunNode extends Totals {
  readonly kind: "node" | "agent" | "tool" | "retrieval" | "model" | "embedding";
  readonly logId?: string;
  readonly id?: string;
  readonly type?: string;
  readonly name: string;
  readonly span: number;
  readonly parent: number;
  readonly next?: readonly number[];
  readonly start: number;
  readonly duration: number;
  readonly firstFrame: number;
  readonly failed: boolean;
  readonly message?: string;
  readonly own: Usage;
  readonly record?: NodeRecord;
}

/** One call that was counted, or the rest that nobody recorded. */
export interface Call {
  readonly kind: "model" | "embedding" | "rest";
  readonly span: number;
  readonly node: number;
  readonly from: number;
  readonly fromRecord: boolean;
  readonly provider?: string;
  readonly model?: string;
  readonly agent?: string;
  readonly usage: Usage;
  readonly added: boolean;
  readonly start: number;
  readonly duration: number;
  readonly firstFrame: number;
  readonly failed: boolean;
  readonly computed: Amount;
  readonly price?: string;
  readonly reported: Amount;
}

/** A claim that was not counted, and why. */
export interface Repeat {
  readonly span: number;
  readonly node: number;
  readonly fromRecord: boolean;
  readonly usage: Usage;
  readonly reported: Amount;
  readonly reason: "repeated" | "exceeded" | "contradicted" | "sameResponse";
  readonly call: number;
}

export interface Problem {
  readonly span: number;
  readonly key: string;
  readonly value: string;
  readonly want: string;
}

/** What a trace took: tokens, money, calls and nodes. */
export interface Run extends Totals {
  readonly firstFrame: number;
  readonly firstFrameSpan: number;
  readonly modelWall: number;
  readonly toolWall: number;
  /** The beginning of what was asked, if anything says so. */
  readonly question?: string;
  readonly nodes: readonly RunNode[];
  readonly models: readonly (Totals & { readonly provider: string; readonly name: string })[];
  readonly agents: readonly (Totals & { readonly name: string })[];
  readonly calls: readonly Call[];
  readonly repeats: readonly Repeat[];
  readonly problems?: readonly Problem[];
  readonly moreProblems?: number;
  readonly warnings?: readonly string[];
}
