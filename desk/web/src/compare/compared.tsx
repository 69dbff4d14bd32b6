// SPDX-License-Identifier: Apache-2.0

import { useMemo } from "preact/hooks";
import { useAnswer } from "../api/answer";
import type { Comparison, Runs } from "../api/schema";
import { palette } from "../format/colour";
import { count, duration, money, oneLine, percent, tokens, unknown } from "../format/format";
import { type PlainKey, t } from "../i18n";
import { change, link, param } from "../state/router";
import { amounts, decimals, spent } from "../trace/cost";
import { Failed, Loading } from "../ui/states";
import { Tabs } from "../ui/tabs";
import { Flames } from "./flame";
import { isNoise, wholeOf } from "./layout";
import { Nodes } from "./nodes";
import { Numbers } from "./numbers";
import { Boxes } from "./topology";
import { Tree } from "./tree";
import "./compare.css";

type Run = Runs["runs"][number];

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

/** A figure of both sides. */
interface Figure {
  readonly title: PlainKey;
  /** Undefined where it is not known. */
  readonly values: readonly [a: number | undefined, b: number | undefined];
  readonly text: (n: number) => string;
  readonly neutral?: boolean;
  /** What is not 0 is bad. */
  readonly bad?: boolean;
}

function figuresOf({ comparison }: Both, runs: readonly (Run | undefined)[]): Figure[] {
  const sides = [comparison.baseline, comparison.comparison];
  const both = <T,>(list: readonly T[], figure: (each: T) => number | undefined): Figure["values"] => {
    const [a, b] = list.map(figure);
    return [a, b];
  };
  const failed = (side: (typeof sides)[number]) => side?.spans.filter((span) => span.status === "error").length ?? 0;
  const roots = comparison.diff.nodes.filter((node) => node.parent < 0);
  const longest = (key: "baselineDuration" | "comparisonDuration") => Math.max(0, ...roots.map((node) => node[key]));
  const costs = runs.map((run) => run?.cost);
  const currency = costs.flatMap(amounts)[0]?.currency;
  const places = decimals(costs);
  const took = [longest("baselineDuration"), longest("comparisonDuration")] as const;
  return [
    { title: "col.duration", values: took, text: duration, neutral: isNoise(...took, Math.max(...took)) },
    { title: "col.spans", values: both(sides, (side) => side?.spans.length ?? 0), text: count, neutral: true },
    { title: "col.errors", values: both(sides, failed), text: count, bad: true },
    { title: "col.tokens", values: both(runs, (run) => run?.usage.total || undefined), text: tokens },
    { title: "col.cost", values: both(costs, spent), text: (nano) => money(nano / 1e9, currency, places) },
  ];
}

/** What both runs took: undefined for a trace that the desk has not. */
function useRuns(ids: Both["ids"]) {
  const answer = useAnswer("/runs", { trace: [...ids] });
  return ids.map((id) => answer.value?.runs.find((run) => run.traceId === id));
}

function Sides({ both }: { both: Both }) {
  const runs = useRuns(both.ids);
  const figures = figuresOf(both, runs);
  const roots = [both.comparison.baseline, both.comparison.comparison].map((side) => side?.spans[0]?.name);
  return (
    <table class="compare-sides">
      <thead>
        <tr>
          <td />
          <th scope="col">{t("col.root")}</th>
          {figures.map(({ title }) => (
            <th key={title} scope="col" class="right">
              {t(title)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {([0, 1] as const).map((i) => (
          <tr key={i}>
            <th scope="row" class={`side side-${i}`}>
              {i === 0 ? "A" : "B"}
            </th>
            <td class="cut">
              <a href={link("trace", both.ids[i])}>{roots[i] ?? both.ids[i]}</a>{" "}
              <span class="mono dim fold-2">{both.ids[i].slice(0, 12)} </span>
              <span class="dim" dir="auto">
                {oneLine(runs[i]?.question ?? "")}
              </span>
            </td>
            {figures.map(({ title, values, text, bad }) => (
              <td key={title} class={`right num ${bad && values[i] ? "error" : ""}`}>
                {values[i] === undefined ? unknown : text(values[i])}
              </td>
            ))}
          </tr>
        ))}
        <tr>
          <th scope="row" class="dim">
            Δ
          </th>
          <td class="dim">{t("compare.delta")}</td>
          {figures.map(({ title, values: [a, b], text, neutral }) => (
            <td key={title} class="right">
              {a === undefined || b === undefined ? unknown : <Delta from={a} to={b} text={text} neutral={!!neutral} />}
            </td>
          ))}
        </tr>
      </tbody>
    </table>
  );
}
