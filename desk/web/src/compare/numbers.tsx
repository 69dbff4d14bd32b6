// SPDX-License-Identifier: Apache-2.0

import { useAnswer } from "../api/answer";
import type { StatisticsRow } from "../api/schema";
import { count, duration } from "../format/format";
import { t } from "../i18n";
import { Service } from "../ui/service";
import { Failed, Loading } from "../ui/states";
import { VirtualList } from "../ui/virtual-list";
import { type Both, Delta } from "./compared";
import { isNoise } from "./layout";

interface Row {
  readonly baseline: StatisticsRow | null;
  readonly comparison: StatisticsRow | null;
}

function change({ baseline, comparison }: Row): number {
  return Math.abs((comparison?.sum ?? 0) - (baseline?.sum ?? 0));
}

/** Numbers of spans and percentiles fold away in narrow tables. */
const folds = ["fold-2", "fold-2", ""];

/** The operations of both traces in numbers, those that changed most first. */
export function Numbers({ both }: { both: Both }) {
  const [baseline, comparison] = both.ids;
  const answer = useAnswer("/compare", { baseline, comparison, view: "statistics" });
  if (answer.error) return <Failed error={answer.error} onRetry={answer.retry} />;
  if (!answer.value?.statistics) return <Loading />;
  const rows = [...(answer.value.statistics.rows ?? [])].sort((a, b) => change(b) - change(a));
  const heads = [t("statistics.count"), t("statistics.p95"), t("statistics.sum")];
  return (
    <VirtualList
      role="table"
      label={t("trace.tab.statistics")}
      count={rows.length}
      head={
        <div class="row row-head" role="row">
          <span class="cell cell-wide" role="columnheader">
            {t("col.name")}
          </span>
          {heads.flatMap((head, i) =>
            ["A", "B"].map((side) => (
              <span key={head + side} class={`cell cell-num compare-num ${folds[i]}`} role="columnheader">
                {head} {side}
              </span>
            )),
          )}
          <span class="cell cell-num compare-delta" role="columnheader">
            Δ
          </span>
        </div>
      }
      row={(i) => {
        const row = rows[i];
        return row && <NumbersRow key={i} both={both} row={row} />;
      }}
    />
  );
}

function NumbersRow({ both, row }: { both: Both; row: Row }) {
  const { baseline, comparison } = row;
  const [from, to] = [baseline?.sum ?? 0, comparison?.sum ?? 0];
  const [service, name] = (baseline ?? comparison)?.cells ?? [];
  const cell = (side: StatisticsRow | null, text: (row: StatisticsRow) => string) => (side ? text(side) : "");
  const figures = [
    (each: StatisticsRow) => count(each.count),
    (each: StatisticsRow) => duration(each.p95),
    (each: StatisticsRow) => duration(each.sum),
  ];
  return (
    <div class="row" role="row">
      <span class="cell cell-wide compare-name" role="cell">
        <Service name={String(service ?? "")} palette={both.palette} />
        <span class="cut">{String(name ?? "")}</span>
      </span>
      {figures.flatMap((text, i) =>
        [baseline, comparison].map((side, j) => (
          <span key={`${i}${j}`} class={`cell cell-num num compare-num ${folds[i]}`} role="cell">
            {cell(side, text)}
          </span>
        )),
      )}
      <span class="cell cell-num compare-delta" role="cell">
        <Delta from={from} to={to} text={duration} neutral={isNoise(from, to, both.whole)} />
      </span>
    </div>
  );
}
