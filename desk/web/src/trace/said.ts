// SPDX-License-Identifier: Apache-2.0

import { signal } from "@preact/signals";
import type { EventMark } from "./data";
import { askDetail, plainObject, type SpanDetail } from "./detail";

/** What a span says of itself, beside what is drawn of all spans. */
export interface Said {
  readonly attributes: Record<string, unknown>;
  readonly events: readonly EventMark[];
}

/** Nothing, as of a span of which nothing is known yet. */
export const nothing: Said = Object.freeze({ attributes: Object.freeze({}), events: Object.freeze([]) });

function markOf(event: NonNullable<SpanDetail["span"]["events"]>[number], start: bigint): EventMark {
  return {
    offset: Number(BigInt(event.timeUnixNano) - start),
    name: event.name,
    failed: event.name === "exception",
  };
}

/** What a span says, as it was sent. */
export function saidOf(sent: SpanDetail | undefined): Said {
  if (!sent) return nothing;
  const start = BigInt(sent.span.startTimeUnixNano ?? 0);
  const events = (sent.span.events ?? []).map((event) => markOf(event, start));
  return { attributes: plainObject(sent.span.attributes), events };
}

/** How many spans are asked for together, and how often at a time. */
const [blockSize, atOnce] = [100, 2];

/**
 * What the spans of a large trace say: attributes and events. They are asked for when they are first
 * read, with those of the spans next to them; whoever reads them while a component
 * is drawn is drawn again when they have come.
 */
export class SaidStore {
  private readonly known = new Map<number, Said>();
  private readonly asked = new Set<number>();
  private readonly waiting: number[] = [];
  private readonly came = signal(0);
  private running = 0;

  /** Order is the order in which spans are shown, and ids theirs by node. */
  constructor(
    private readonly traceId: string,
    private readonly order: ArrayLike<number>,
    private readonly ids: (node: number) => string,
  ) {
    this.places = new Int32Array(order.length);
    for (let i = 0; i < order.length; i++) this.places[order[i] ?? 0] = i;
  }

  private readonly places: Int32Array;

  /** What a node says; nothing until it has come. */
  read(node: number): Said {
    this.came.value;
    const found = this.known.get(node);
    if (found) return found;
    this.want(Math.floor((this.places[node] ?? 0) / blockSize));
    return nothing;
  }

  /** What a node says if it has come, without asking for it. */
  peek(node: number): Said {
    return this.known.get(node) ?? nothing;
  }

  private want(block: number) {
    if (this.asked.has(block)) return;
    this.asked.add(block);
    this.waiting.push(block);
    this.work();
  }

  private async work() {
    if (this.running >= atOnce) return;
    const block = this.waiting.pop(); // what was wanted last is in sight
    if (block === undefined) return;
    this.running++;
    await this.load(block);
    this.running--;
    this.work();
  }

  private async load(block: number) {
    const nodes: number[] = [];
    for (let i = block * blockSize; i < Math.min((block + 1) * blockSize, this.order.length); i++) {
      nodes.push(this.order[i] ?? 0);
    }
    const result = await askDetail(this.traceId, undefined, nodes.map(this.ids));
    if (!result.ok) {
      this.asked.delete(block);
      return;
    }
    for (const node of nodes) {
      this.known.set(node, saidOf(result.value.spans.get(this.ids(node))));
    }
    this.came.value++;
  }
}
