// SPDX-License-Identifier: Apache-2.0

import { useMemo } from "preact/hooks";
import { useAnswer } from "../api/answer";
import type { Comparison } from "../api/schema";
import { palette } from "../format/colour";
import { count, duration, oneLine, percent } from "../format/format";
import { type PlainKey, t } from "../i18n";
import { change, link, param } from "../state/router";
import { Failed, Loading } from "../ui/states";
import { Tabs } from "../ui/tabs";
import { Flames } from "./flame";
import { wholeOf } from "./layout";
import { Nodes } from "./nodes";
import { Numbers } from "./numbers";
import { Boxes } from "./topology";
import { Tree } from "./tree";
import "./compare.css";

const views = ["tree", "flame", "topology", "statistics", "nodes"] as const;
type View = (typeof views)[number];

const viewTexts: Record<View, PlainKey> = {
  tree: "compare.tree",
  flame: "trace.tab.flame",
  topology: "trace.tab.topology",
  statistics: "trace.tab.statistics",
  nodes: "compare.nodes",
};

/** Two traces with what differs, as each view is given them. */
export interface Both {
  readonly ids: readonly [baseline: string, comparison: string];
  readonly comparison: Comparison;
  readonly palette: Map<string, number>;
  /** How long the longer of them is, in ns. */
  readonly whole: number;
}

/** The span of a compared node: the baseline's if there is one. */
export function spanOf({ comparison }: Both, node: number) {
  const { baseline = -1, comparison: other = -1 } = comparison.diff.nodes[node] ?? {};
  return comparison.baseline?.spans[baseline] ?? comparison.comparison?.spans[other];
}

/** Two traces side by side. */
export function Compared({ baseline, comparison }: { baseline: string; comparison: string }) {
  const answer = useAnswer("/compare", { baseline, comparison });
  const both = useMemo<Both | undefined>(() => {
    const value = answer.value;
    if (!value) return undefined;
    const services = [...(value.baseline?.services ?? []), ...(value.comparison?.services ?? [])];
    return {
      ids: [baseline, comparison],
      comparison: value,
      palette: palette(services),
      whole: wholeOf(value.diff.nodes),
    };
  }, [answer.value]);
  if (answer.error) return <Failed error={answer.error} onRetry={answer.retry} />;
  if (!both) return <Loading />;
  const view = views.find((each) => each === param("view")) ?? "tree";
  return (
    <div class="compare">
      <Sides both={both} />
      <Tabs<View>
        label={t("compare.views")}
        tabs={views.map((id) => ({ id, label: t(viewTexts[id]) }))}
        current={view}
        onSelect={(id) => change({ view: id === "tree" ? null : id })}
        controls="compare-view"
      />
      <div id="compare-view" class="compare-view" role="tabpanel" aria-label={t(viewTexts[view])}>
        {view === "tree" && <Tree both={both} />}
        {view === "flame" && <Flames both={both} />}
        {view === "topology" && <Boxes both={both} />}
        {view === "statistics" && <Numbers both={both} />}
        {view === "nodes" && <Nodes both={both} />}
      </div>
    </div>
  );
}

interface DeltaProps {
  readonly from: number;
  readonly to: number;
  readonly text: (n: number) => string;
  /** More is neither better nor worse, and has no colour. */
  readonly neutral?: boolean;
}

/** A difference as text: how much, and what share of it. */
export function deltaText({ from, to, text }: DeltaProps): [much: string, share: string] {
  const more = to - from;
  const sign = more > 0 ? "+" : "−";
  const size = Math.abs(more);
  return [sign + text(size), from > 0 && size / from < 10 ? ` (${sign}${percent(size, from)})` : ""];
}

/** How much more or less the comparison has: less time and fewer errors are better. */
export function Delta(props: DeltaProps) {
  const { from, to, neutral } = props;
  if (to === from) return <span class="dim num">=</span>;
  const [much, share] = deltaText(props);
  return (
    <span class={`num ${neutral ? "" : to > from ? "more" : "less"}`}>
      {much}
      <span class="delta-share">{share}</span>
    </span>
  );
}

/** What each of some traces was asked, by id. */
function useQuestions(ids: readonly string[]): ReadonlyMap<string, string | undefined> {
  const answer = useAnswer("/runs", { trace: [...ids] });
  return new Map(answer.value?.runs.map((run) => [run.traceId, run.question]));
}

function Sides({ both }: { both: Both }) {
  const asked = useQuestions(both.ids);
  const { baseline, comparison } = both.comparison;
  const facts = [baseline, comparison].map((side) => ({
    spans: side?.spans.length ?? 0,
    errors: side?.spans.filter((span) => span.status === "error").length ?? 0,
  }));
  const roots = both.comparison.diff.nodes.filter((node) => node.parent < 0);
  const took = [
    roots.reduce((most, node) => Math.max(most, node.baselineDuration), 0),
    roots.reduce((most, node) => Math.max(most, node.comparisonDuration), 0),
  ] as const;
  const [a, b] = [facts[0] ?? { spans: 0, errors: 0 }, facts[1] ?? { spans: 0, errors: 0 }];
  return (
    <table class="compare-sides">
      <thead>
        <tr>
          <td />
          <th scope="col">{t("col.root")}</th>
          {(["col.duration", "col.spans", "col.errors"] as const).map((key) => (
            <th key={key} scope="col" class="right">
              {t(key)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {[a, b].map((side, i) => (
          <tr key={both.ids[i]}>
            <th scope="row" class={`side side-${i}`}>
              {i === 0 ? "A" : "B"}
            </th>
            <td class="cut">
              <a href={link("trace", both.ids[i])}>{[baseline, comparison][i]?.spans[0]?.name ?? both.ids[i]}</a>{" "}
              <span class="mono dim fold-2">{both.ids[i]?.slice(0, 12)} </span>
              <span class="dim" dir="auto">
                {oneLine(asked.get(both.ids[i] ?? "") ?? "")}
              </span>
            </td>
            <td class="right num">{duration(took[i] ?? 0)}</td>
            <td class="right num">{count(side.spans)}</td>
            <td class={`right num ${side.errors ? "error" : ""}`}>{count(side.errors)}</td>
          </tr>
        ))}
        <tr>
          <th scope="row" class="dim">
            Δ
          </th>
          <td class="dim">{t("compare.delta")}</td>
          <td class="right">
            <Delta from={took[0]} to={took[1]} text={duration} />
          </td>
          <td class="right">
            <Delta from={a.spans} to={b.spans} text={count} neutral />
          </td>
          <td class="right">
            <Delta from={a.errors} to={b.errors} text={count} />
          </td>
        </tr>
      </tbody>
    </table>
  );
}
