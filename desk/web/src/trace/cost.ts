// SPDX-License-Identifier: Apache-2.0

import type { Cost } from "../api/run";
import { money, unknown } from "../format/format";

/** A cost as text; a lower bound where prices are missing, "–" where nothing is known. */
export function costText(cost: Cost | undefined): string {
  const amounts = cost?.computed?.length ? cost.computed : cost?.reported;
  if (!amounts?.length) return unknown;
  const text = amounts.map((each) => money(each.nano / 1e9, each.currency)).join(" + ");
  return cost?.unpriced && cost.computed?.length ? `≥ ${text}` : text;
}
