// SPDX-License-Identifier: Apache-2.0

/** A graph to be laid out; edges name nodes by their index. Sizes are in px. */
export interface Graph {
  readonly nodes: readonly { readonly width: number; readonly height: number }[];
  readonly edges: readonly {
    readonly from: number;
    readonly to: number;
    /** Room for a label in the middle of the edge. */
    readonly width?: number;
    readonly height?: number;
  }[];
  /** From left to right, or from top to bottom. */
  readonly direction: "LR" | "TB";
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where everything lies: the middles of nodes and labels, and the bends of edges. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly Point[];
  readonly edges: readonly { readonly points: readonly Point[]; readonly label: Point }[];
}

/** What the worker is asked, and what it answers. */
export interface Asked {
  readonly id: number;
  readonly graph: Graph;
}
export interface Answered {
  readonly id: number;
  readonly layout?: Layout;
  readonly error?: string;
}

let worker: Worker | undefined;
let last = 0;
const waiting = new Map<number, { done: (layout: Layout) => void; failed: (error: Error) => void }>();

function answer({ data }: MessageEvent<Answered>) {
  const asked = waiting.get(data.id);
  waiting.delete(data.id);
  if (data.layout) asked?.done(data.layout);
  else asked?.failed(new Error(data.error ?? ""));
}

function start(): Worker {
  const started = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  started.onmessage = answer;
  started.onerror = (event) => {
    for (const asked of waiting.values()) asked.failed(new Error(event.message));
    waiting.clear();
    worker = undefined;
  };
  return started;
}

/** Lays a graph out in a worker, so that the page stays alive. */
export async function layOut(graph: Graph): Promise<Layout> {
  if (__STANDALONE__) return (await import("./place")).placeGraph(graph);
  worker ??= start();
  last++;
  const id = last;
  const promise = new Promise<Layout>((done, failed) => waiting.set(id, { done, failed }));
  worker.postMessage({ id, graph } satisfies Asked);
  return promise;
}

/** The path of an edge, with its bends rounded. */
export function edgePath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${first.x.toFixed(1)} ${first.y.toFixed(1)}`;
  const [only] = rest;
  if (only && rest.length === 1) return `${path}L${only.x.toFixed(1)} ${only.y.toFixed(1)}`;
  rest.slice(0, -1).forEach((point, i) => {
    const next = rest[i + 1] ?? point;
    const middle = { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    const end = i === rest.length - 2 ? next : middle; // without a line to itself, by which its arrow would be turned
    path += `Q${point.x.toFixed(1)} ${point.y.toFixed(1)} ${end.x.toFixed(1)} ${end.y.toFixed(1)}`;
  });
  return path;
}
