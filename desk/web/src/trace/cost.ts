// SPDX-License-Identifier: Apache-2.0

import type { Cost } from "../api/run";
import { money, unknown } from "../format/format";

/** What a cost consists of, by currency. */
export function amounts(cost: Cost | undefined) {
  return (cost?.computed?.length ? cost.computed : cost?.reported) ?? [];
}

/** A cost in billionths; undefined if it is not known, or of several currencies. */
export function spent(cost: Cost | undefined): number | undefined {
  const all = amounts(cost);
  return all.length === 1 ? all[0]?.nano : undefined;
}

/** Several costs as one; those of some calls without a price are a lower bound. */
export function together(costs: readonly Cost[], unpriced = 0): Cost {
  const sums = new Map<string, number>();
  for (const { currency, nano } of costs.flatMap(amounts)) sums.set(currency, (sums.get(currency) ?? 0) + nano);
  return {
    computed: [...sums].map(([currency, nano]) => ({ currency, nano })),
    unpriced: costs.reduce((sum, cost) => sum + cost.unpriced, unpriced),
  };
}

/** How many decimals costs below each other have, so that the largest has four digits. */
export function decimals(costs: readonly (Cost | undefined)[]): number | undefined {
  const most = Math.max(...costs.flatMap(amounts).map((each) => each.nano / 1e9));
  if (most <= 0) return undefined;
  return Math.max(2, Math.min(9, 3 - Math.floor(Math.log10(most))));
}

/**
 * A cost as text; a lower bound where prices are missing, "–" where nothing is known.
 * Those below each other have the same number of decimals.
 */
export function costText(cost: Cost | undefined, places?: number): string {
  const all = amounts(cost);
  if (!all.length) return unknown;
  const text = all.map((each) => money(each.nano / 1e9, each.currency, places)).join(" + ");
  return cost?.unpriced && cost.computed?.length ? `≥ ${text}` : text;
}
