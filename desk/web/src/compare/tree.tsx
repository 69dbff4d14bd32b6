// SPDX-License-Identifier: Apache-2.0

import { useMemo } from "preact/hooks";
import { duration } from "../format/format";
import { t } from "../i18n";
import { change, link, param } from "../state/router";
import { Service } from "../ui/service";
import { VirtualList } from "../ui/virtual-list";
import { type Both, Delta, spanOf } from "./compared";
import { changeOf, type DiffNode, rowsOf } from "./layout";

/** The spans of both traces in one tree, with how long each took on both sides. */
export function Tree({ both }: { both: Both }) {
  const { nodes } = both.comparison.diff;
  const only = param("changes") === "1";
  const rows = useMemo(() => rowsOf(nodes, only), [nodes, only]);
  return (
    <>
      <label class="compare-only">
        <input type="checkbox" checked={only} onChange={() => change({ changes: only ? null : "1" }, "replace")} />{" "}
        {t("compare.onlyChanges")}
      </label>
      <VirtualList
        role="table"
        label={t("compare.tree")}
        count={rows.length}
        head={
          <div class="row row-head" role="row">
            <span class="cell cell-wide" role="columnheader">
              {t("col.name")}
            </span>
            {["A", "B", "Δ"].map((side, i) => (
              <span key={side} class={`cell cell-num ${i < 2 ? "compare-num" : "compare-delta"}`} role="columnheader">
                {side}
              </span>
            ))}
          </div>
        }
        row={(i) => <Row key={i} both={both} node={rows[i] ?? 0} />}
      />
    </>
  );
}

/** Leads to the span in the trace that has it. */
function hrefOf({ ids, comparison }: Both, node: DiffNode): string {
  const side = node.baseline >= 0 ? 0 : 1;
  const span = side === 0 ? comparison.baseline?.spans[node.baseline] : comparison.comparison?.spans[node.comparison];
  return link("trace", ids[side], { span: span?.id ?? "" });
}

function Row({ both, node: i }: { both: Both; node: number }) {
  const node = both.comparison.diff.nodes[i];
  const span = spanOf(both, i);
  if (!node || !span) return null;
  const is = changeOf(node, both.whole);
  const other = both.comparison.comparison?.spans[node.comparison];
  const failed = span.status === "error" || other?.status === "error";
  return (
    <div class={`row compare-${is}`} role="row">
      <span
        class="cell cell-wide compare-name"
        role="cell"
        style={{ paddingLeft: `${Math.min(node.depth, 24) * 14}px` }}
      >
        <Service name={span.service} palette={both.palette} />
        <a class={`row-link ${failed ? "error" : ""}`} href={hrefOf(both, node)}>
          {span.name}
        </a>
        {(is === "onlyBaseline" || is === "onlyComparison") && (
          <span class={`side side-${is === "onlyBaseline" ? 0 : 1}`}>
            {t("compare.only", is === "onlyBaseline" ? "A" : "B")}
          </span>
        )}
      </span>
      <span class="cell cell-num num compare-num" role="cell">
        {node.baseline >= 0 ? duration(node.baselineDuration) : ""}
      </span>
      <span class="cell cell-num num compare-num" role="cell">
        {node.comparison >= 0 ? duration(node.comparisonDuration) : ""}
      </span>
      <span class="cell cell-num compare-delta" role="cell">
        {node.baseline >= 0 && node.comparison >= 0 && (
          <Delta from={node.baselineDuration} to={node.comparisonDuration} text={duration} />
        )}
      </span>
    </div>
  );
}
