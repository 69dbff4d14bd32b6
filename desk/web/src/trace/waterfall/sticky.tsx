// SPDX-License-Identifier: Apache-2.0

import { hueOf } from "../../format/colour";
import { t } from "../../i18n";
import { ancestors } from "./rows";
import type { WaterfallState } from "./state";

/** How many of the spans above the first row in sight stay in sight. */
export const stickyMost = 4;

/** The spans above the first row in sight, the outermost first. */
export function Sticky({ state, top, onGo }: { state: WaterfallState; top: number; onGo: (row: number) => void }) {
  const { trace } = state;
  const rows = state.rows.value;
  const node = rows.node[top] ?? -1;
  const above = ancestors(trace, node).filter((each) => (rows.at[each] ?? -1) >= 0 && (rows.at[each] ?? 0) < top);
  const shown = above.slice(0, stickyMost).reverse();
  if (shown.length === 0) return null;
  return (
    <div class="wf-sticky" role="presentation">
      {shown.map((each) => {
        const span = trace.spans[each];
        const depth = Math.min(trace.tree.nodes[each]?.level ?? 0, 20);
        return (
          <button
            key={each}
            type="button"
            class="wf-sticky-row"
            tabIndex={-1}
            aria-label={t("wf.goTo", span?.name ?? "")}
            style={{ paddingLeft: `${12 + depth * 12 + 18}px` }}
            onClick={() => onGo(rows.at[each] ?? 0)}
          >
            <span class="wf-dot" style={{ background: hueOf(trace.palette, span?.service ?? "") }} aria-hidden="true" />
            <span class="cut">{span?.name}</span>
          </button>
        );
      })}
    </div>
  );
}
