// SPDX-License-Identifier: Apache-2.0

import { useMemo, useRef } from "preact/hooks";
import { useAnswer } from "../api/answer";
import { duration } from "../format/format";
import { edgePath, type Graph } from "../graph/layout";
import { type GraphHandle, GraphView } from "../graph/view";
import { t } from "../i18n";
import { cutText } from "../trace/sequence/layout";
import { Failed, Loading } from "../ui/states";
import { type Both, spanOf } from "./compared";
import { type Change, changeOf, together } from "./layout";

const box = { width: 200, height: 46 };

const colours: Record<Change, string> = {
  slower: "var(--warn)",
  faster: "var(--ok)",
  onlyBaseline: "var(--accent)",
  onlyComparison: "var(--accent)",
  same: "var(--line-2)",
};

/** Both traces as boxes and arrows; spans that repeat each other are one box, with the sums of their times. */
export function Boxes({ both }: { both: Both }) {
  const [baseline, comparison] = both.ids;
  const answer = useAnswer("/compare", { baseline, comparison, view: "topology" });
  const handle = useRef<GraphHandle | null>(null);
  const view = answer.value?.topology;
  const graph = useMemo<Graph>(
    () => ({
      nodes: (view?.nodes ?? []).map(() => box),
      edges: (view?.edges ?? []).map(({ source, target }) => ({ from: source, to: target })),
      direction: "LR",
    }),
    [view],
  );
  if (answer.error) return <Failed error={answer.error} onRetry={answer.retry} />;
  if (!view) return <Loading />;
  const changeAt = (i: number): Change => {
    const node = boxOf(both, view.nodes?.[i]?.nodes ?? []);
    return node ? changeOf(node, both.whole) : "same";
  };
  return (
    <GraphView
      input={graph}
      label={t("trace.tab.topology")}
      current={-1}
      handle={handle}
      colour={(i) => colours[changeAt(i)]}
      node={(i, detailed) => <Box key={i} both={both} nodes={view.nodes?.[i]?.nodes ?? []} detailed={detailed} />}
      edge={(i, way) => <path key={i} class="graph-edge" d={edgePath(way.points)} marker-end="url(#graph-line-2)" />}
    />
  );
}

function boxOf(both: Both, nodes: readonly number[]) {
  return together(nodes.flatMap((each) => both.comparison.diff.nodes[each] ?? []));
}

function Box({ both, nodes, detailed }: { both: Both; nodes: readonly number[]; detailed: boolean }) {
  const node = boxOf(both, nodes);
  const span = spanOf(both, nodes[0] ?? -1);
  if (!node || !span) return null;
  const is = changeOf(node, both.whole);
  const a = node.baseline >= 0 ? duration(node.baselineDuration) : "–";
  const b = node.comparison >= 0 ? duration(node.comparisonDuration) : "–";
  const times = nodes.length > 1 ? ` ×${nodes.length}` : "";
  const title = `${span.name}${times}`;
  return (
    <g data-tip={`${title} (${span.service})\n${t(`compare.is.${is}`)}`}>
      <rect
        class="graph-box"
        {...box}
        stroke-dasharray={is === "onlyComparison" ? "5 3" : undefined}
        style={{ stroke: colours[is], strokeWidth: is === "same" ? 1 : 2 }}
      />
      {detailed && (
        <>
          <text x={12} y={19}>
            {cutText(title, box.width - 20)}
          </text>
          <text class="graph-note" x={12} y={37}>
            A {a} · B {b}
          </text>
        </>
      )}
    </g>
  );
}
