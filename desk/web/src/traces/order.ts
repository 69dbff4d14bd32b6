// SPDX-License-Identifier: Apache-2.0

import type { Asked, Trace } from "../api/schema";
import { param } from "../state/router";
import { spent } from "../trace/cost";
import type { Figures } from "./run-figures";

/** An order of all traces, in which the desk lists them. */
export type Listed = NonNullable<Asked["/traces"]["order"]>;

/** What the rows that are loaded can be sorted by, the largest first. */
const figures = {
  spans: (trace: Trace) => trace.spans,
  errors: (trace: Trace) => trace.errors,
  tokens: (trace: Trace) => trace.tokens?.total,
  cost: (_: Trace, run?: Figures) => spent(run?.cost),
  firstFrame: (_: Trace, run?: Figures) => (run && run.firstFrame >= 0 ? run.firstFrame : undefined),
} as const;

/** An order of the rows that are loaded. */
export type Loaded = keyof typeof figures;

export type Order = Listed | Loaded;

export function isLoaded(order: Order): order is Loaded {
  return Object.hasOwn(figures, order);
}

/** The order of the list, which the address says. */
export function order(): Order {
  const asked = param("order") as Order;
  return isLoaded(asked) || asked === "oldest" || asked === "longest" ? asked : "newest";
}

/** Rows by one of their figures; those without it come last. */
export function sorted(
  rows: readonly Trace[],
  by: Loaded,
  runOf: (trace: Trace) => Figures | undefined,
): readonly Trace[] {
  const keyed = rows.map((row) => ({ row, key: figures[by](row, runOf(row)) ?? -1 }));
  return keyed.sort((a, b) => b.key - a.key).map(({ row }) => row);
}
