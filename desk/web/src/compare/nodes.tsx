// SPDX-License-Identifier: Apache-2.0

import { useMemo, useState } from "preact/hooks";
import { storedValue } from "../api/objects";
import type { Run } from "../api/run";
import { linkIn } from "../content/link";
import { count, duration } from "../format/format";
import { t } from "../i18n";
import { change, param } from "../state/router";
import type { TraceData } from "../trace/data";
import { useTrace } from "../trace/load";
import { contentsOf, sourceOf } from "../trace/run/contents";
import { useView } from "../trace/view";
import "../trace/trace.css";
import { Empty, Failed, failureText, Loading } from "../ui/states";
import { type Both, Delta } from "./compared";
import { isNoise } from "./layout";
import { type NodePair, pairsOf, type ValuePair, valuesOf } from "./pairs";
import { diffText } from "./text-diff";

interface Story {
  readonly trace: TraceData;
  readonly run: Run;
}

/** What the nodes of both runs were given and what they returned, with the differences in the texts. */
export function Nodes({ both }: { both: Both }) {
  const [a, b] = [useTrace(both.ids[0]), useTrace(both.ids[1])];
  const failed = a.error ? a : b;
  if (failed.error) return <Failed error={failed.error} onRetry={failed.retry} />;
  if (!a.trace || !b.trace) return <Loading />;
  return <Runs a={a.trace} b={b.trace} />;
}

function Runs({ a, b }: { a: TraceData; b: TraceData }) {
  const [left, right] = [useView(a, "run"), useView(b, "run")];
  const failed = left.error ? left : right;
  const stories = useMemo(
    () => left.value && right.value && { a: { trace: a, run: left.value }, b: { trace: b, run: right.value } },
    [a, b, left.value, right.value],
  );
  if (failed.error) return <Failed error={failed.error} onRetry={failed.retry} />;
  if (!stories) return <Loading />;
  if (!stories.a.run.nodes.length && !stories.b.run.nodes.length) return <Empty title={t("run.none")} />;
  return <Pairs {...stories} />;
}

function Pairs({ a, b }: { a: Story; b: Story }) {
  const pairs = useMemo(() => pairsOf(a.run, b.run), [a, b]);
  const current = pairs[Number.parseInt(param("pair"), 10)] ?? pairs[0];
  const only = (pair: NodePair) => (pair.comparison < 0 ? "A" : "B");
  return (
    <div class="compare-split">
      <ul class="compare-pairs" aria-label={t("run.nodes")}>
        {pairs.map((pair, i) => (
          <li key={i}>
            <button
              type="button"
              class="row compare-pair"
              aria-pressed={pair === current}
              onClick={() => change({ pair: String(i) }, "replace")}
            >
              <span class="cut compare-pair-name">
                {pair.name} <span class="dim">{pair.type}</span>
              </span>
              {pair.baseline < 0 || pair.comparison < 0 ? (
                <span class={`side side-${only(pair) === "A" ? 0 : 1}`}>{t("compare.only", only(pair))}</span>
              ) : (
                <Took a={a} b={b} pair={pair} />
              )}
            </button>
          </li>
        ))}
      </ul>
      {current && <Pair a={a} b={b} pair={current} />}
    </div>
  );
}

/** How much longer a node took, or less. */
function Took({ a, b, pair }: { a: Story; b: Story; pair: NodePair }) {
  const [from, to] = [a.run.nodes[pair.baseline]?.duration ?? 0, b.run.nodes[pair.comparison]?.duration ?? 0];
  const whole = Math.max(a.trace.duration, b.trace.duration);
  return <Delta from={from} to={to} text={duration} neutral={isNoise(from, to, whole)} />;
}

function Pair({ a, b, pair }: { a: Story; b: Story; pair: NodePair }) {
  const [left, right] = [a.run.nodes[pair.baseline], b.run.nodes[pair.comparison]];
  const of = ({ trace, run }: Story, node: number) => contentsOf(trace, node < 0 ? { spans: [] } : sourceOf(run, node));
  const [x, y] = [of(a, pair.baseline), of(b, pair.comparison)];
  const parts = ["input", "output", "config"] as const;
  const contents = parts.map((part) => ({ part, values: valuesOf(x[part], y[part]) }));
  return (
    <div class="compare-detail">
      <h2>{pair.name}</h2>
      {left && right && (
        <dl class="figures">
          <div class="figure">
            <dt>{t("col.duration")}</dt>
            <dd class="num">
              {duration(left.duration)} → {duration(right.duration)} <Took a={a} b={b} pair={pair} />
            </dd>
          </div>
          {left.usage.total + right.usage.total > 0 && (
            <div class="figure">
              <dt>{t("col.tokens")}</dt>
              <dd class="num">
                {count(left.usage.total)} → {count(right.usage.total)}{" "}
                <Delta from={left.usage.total} to={right.usage.total} text={count} neutral />
              </dd>
            </div>
          )}
        </dl>
      )}
      {contents.map(({ part, values }) =>
        values.length ? (
          <section key={part} class="compare-part">
            <h3>{t(`run.${part}`)}</h3>
            {values.map((value) => (
              <Value key={`${pair.baseline} ${pair.comparison} ${value.name}`} value={value} />
            ))}
          </section>
        ) : null,
      )}
    </div>
  );
}

/** Longer texts are compared only in their beginning. */
const most = 200_000;

/** A pair of values; those that are in object storage are loaded when they are wanted. */
function Value({ value }: { value: ValuePair }) {
  const [loaded, load] = useState<ValuePair | undefined>();
  const [error, fail] = useState("");
  const links = [linkIn(value.baseline), linkIn(value.comparison)];
  if (loaded || (!links[0] && !links[1])) return <Difference value={loaded ?? value} />;
  const start = async () => {
    const [a, b] = await Promise.all(links.map((link) => (link ? storedValue(link) : undefined)));
    const failure = [a, b].find((each) => each?.ok === false);
    if (failure?.ok === false) fail(failure.error.message || failureText(failure.error));
    else load({ ...value, ...(a?.ok && { baseline: a.value.text }), ...(b?.ok && { comparison: b.value.text }) });
  };
  return (
    <div class="compare-value">
      <h4 class="mono">{value.name}</h4>
      <button type="button" class="button" onClick={start}>
        {t("compare.load")}
      </button>{" "}
      <span class="dim">{t("content.stored")}</span>
      {error && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

function Difference({ value: { name, baseline, comparison } }: { value: ValuePair }) {
  const pieces = useMemo(
    () => diffText((baseline ?? "").slice(0, most), (comparison ?? "").slice(0, most)),
    [baseline, comparison],
  );
  const same = baseline === comparison;
  return (
    <div class="compare-value">
      <h4 class="mono">
        {name} {same && <span class="dim">{t("compare.is.same")}</span>}
        {baseline === undefined && <span class="side side-1">{t("compare.only", "B")}</span>}
        {comparison === undefined && <span class="side side-0">{t("compare.only", "A")}</span>}
      </h4>
      <p class="compare-text" dir="auto">
        {pieces.map((piece, i) => {
          if (piece.kind === "removed") return <del key={i}>{piece.text}</del>;
          if (piece.kind === "added") return <ins key={i}>{piece.text}</ins>;
          return <Same key={i} text={piece.text} edge={pieces.length > 1 || !same} />;
        })}
      </p>
    </div>
  );
}

/** How much of a part that is the same is shown on each side. */
const around = 300;

/** What both have; of long parts the middle is left out. */
function Same({ text, edge }: { text: string; edge: boolean }) {
  const shown = edge ? around : 4 * around;
  if (text.length <= 2 * shown + 40) return <span>{text}</span>;
  return (
    <span>
      {text.slice(0, shown)}
      <span class="dim"> … {t("compare.left", text.length - 2 * shown)} … </span>
      {text.slice(-shown)}
    </span>
  );
}
