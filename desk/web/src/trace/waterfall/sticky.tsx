// SPDX-License-Identifier: Apache-2.0

import { hueOf } from "../../format/colour";
import { duration, unknown } from "../../format/format";
import { t } from "../../i18n";
import type { TraceData } from "../data";
import { rowHeight } from "./draw";
import { ancestors, type Rows } from "./rows";
import type { WaterfallState } from "./state";

/** How many of the spans above the first row in sight stay in sight. */
const stickyMost = 4;

/** How many they may be in a list of some height: no more than a third of its rows. */
export function stickyIn(height: number): number {
  return Math.max(0, Math.min(stickyMost, Math.floor(height / rowHeight / 3)));
}

/** The rows of the spans above what is in sight, the outermost first; they cover as many rows, at most so many. */
export function stickyRows(rows: Rows, trace: TraceData, top: number, most: number): number[] {
  for (let count = 0; ; count++) {
    const node = rows.node[Math.min(top + count, rows.length - 1)] ?? -1;
    const above = ancestors(trace, node)
      .map((each) => rows.at[each] ?? -1)
      .filter((row) => row >= 0 && row < top + count);
    if (above.length <= count || count >= most) return above.slice(0, count).reverse();
  }
}

/** How far from the end of the rows their time ends, in px. */
export const margin = 12;

interface StickyProps {
  readonly state: WaterfallState;
  readonly top: number;
  /** Of what is in sight, in px. */
  readonly height: number;
  readonly left: number;
  readonly width: number;
  readonly onGo: (row: number) => void;
}

/** The spans above the first row in sight. */
export function Sticky(props: StickyProps) {
  const { state, top, height } = props;
  const shown = stickyRows(state.rows.value, state.trace, top, stickyIn(height));
  if (shown.length === 0) return null;
  return (
    <div class="wf-sticky" style={{ width: `${props.left + props.width + margin}px` }}>
      {shown.map((row) => (
        <StickyRow key={row} {...props} row={row} />
      ))}
    </div>
  );
}

function StickyRow({ state, row, left, width, onGo }: StickyProps & { row: number }) {
  const { trace } = state;
  const rows = state.rows.peek();
  const node = rows.node[row] ?? -1;
  const span = trace.spans[node];
  const part = state.part.value;
  if (!span) return null;
  const scale = width / (part.to - part.from);
  const start = ((state.starts.value[node] ?? 0) - part.from) * scale;
  const from = Math.max(0, Math.min(width, start));
  const to = Math.max(0, Math.min(width, start + span.duration * scale));
  const colour = span.status === "error" ? "var(--error)" : hueOf(trace.palette, span.service);
  return (
    <button
      type="button"
      class="wf-sticky-row"
      tabIndex={-1}
      aria-label={t("wf.goTo", span.name || unknown)}
      onClick={() => onGo(row)}
    >
      <span class="wf-name" style={{ paddingLeft: `${12 + Math.min(rows.depth[row] ?? 0, 20) * 12 + 24}px` }}>
        <span class="wf-dot" style={{ background: hueOf(trace.palette, span.service) }} aria-hidden="true" />
        <span class="wf-title" dir="auto">
          {span.name || unknown}
        </span>
      </span>
      <span class="wf-num num">{duration(span.duration)}</span>
      {to > from && (
        <span class="wf-sticky-bar" style={{ left: `${left + from}px`, width: `${to - from}px`, background: colour }} />
      )}
    </button>
  );
}
