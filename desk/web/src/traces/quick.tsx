// SPDX-License-Identifier: Apache-2.0

import { useState } from "preact/hooks";
import { type Answer, useAnswer } from "../api/answer";
import type { Condition, Query } from "../api/schema";
import { t } from "../i18n";
import { range } from "../state/range";
import { param } from "../state/router";
import { Icon } from "../ui/icon";
import { Menu, type MenuItem } from "../ui/menu";
import { quoted } from "./complete";
import { alsoAsk, askFor, askForRows, rowsOf, withoutPart, withPart, withRow } from "./question";

/** Sets or takes away a condition on a field; a query that is more than rows gets one beside it. */
function setCondition(question: Answer<Query>, field: string, row: Condition | undefined, text: string) {
  const rows = rowsOf(question);
  if (rows) askForRows(withRow(rows, field, row));
  else if (row) askFor(alsoAsk(param("q"), text));
}

/** The condition on a field that the query has, if it is as simple as that. */
function conditionOn(question: Answer<Query>, field: string): Condition | undefined {
  return rowsOf(question)?.find((row) => row.field === field);
}

/** Filters that are often wanted, each a condition of the query. */
export function QuickFilters({ question }: { question: Answer<Query> }) {
  return (
    <fieldset class="quick">
      <legend class="off-screen">{t("quick.label")}</legend>
      <ErrorsFilter question={question} />
      <FailedFilter />
      <SlowFilter question={question} />
      <ValueFilter question={question} field="resource.service.name" label={t("quick.service")} />
      <ValueFilter question={question} field="session" label={t("quick.session")} />
      <ValueFilter question={question} field="model" label={t("quick.model")} />
      <ValueFilter question={question} field="tool" label={t("quick.tool")} />
    </fieldset>
  );
}

function hasErrors(question: Answer<Query>): boolean {
  const now = conditionOn(question, "status");
  return now?.op === "=" && now.values?.[0]?.text === "error";
}

/** Asks for failed spans, or no longer. */
export function toggleErrors(question: Answer<Query>) {
  const row: Condition = { field: "status", op: "=", values: [{ type: "status", text: "error" }] };
  setCondition(question, "status", hasErrors(question) ? undefined : row, "status = error");
}

function ErrorsFilter({ question }: { question: Answer<Query> }) {
  return (
    <button
      type="button"
      class="button"
      aria-pressed={hasErrors(question)}
      data-tip={`${t("quick.errors.tip")} (e)`}
      onClick={() => toggleErrors(question)}
    >
      {t("quick.errors")}
    </button>
  );
}

/** Runs that failed as a whole, as the desk marks them: what a tool failed at may have been tried again. */
const failedRuns = '{ tool != nil } !>> { status = error && (kind = server || agent != nil || span:parentID = "") }';

function FailedFilter() {
  const q = param("q");
  const on = q.includes(failedRuns);
  return (
    <button
      type="button"
      class="button"
      aria-pressed={on}
      data-tip={t("quick.failed.tip")}
      onClick={() => askFor(on ? withoutPart(q, failedRuns) : withPart(q, failedRuns))}
    >
      {t("quick.failed")}
    </button>
  );
}

/** From how long on a trace is slow. */
const limits = ["100ms", "500ms", "1s", "5s", "10s", "1m"];

/** A duration of a query as durations are written elsewhere. */
function spaced(limit: string): string {
  return limit.replace(/^([\d.]+)(\D+)$/, "$1 $2").replace(/ m$/, " min");
}

function SlowFilter({ question }: { question: Answer<Query> }) {
  const field = "traceDuration";
  const now = conditionOn(question, field)?.values?.[0]?.text;
  const items: MenuItem[] = limits.map((limit) => ({
    label: t("quick.slow.over", spaced(limit)),
    checked: now === limit,
    run: () =>
      setCondition(
        question,
        field,
        { field, op: ">=", values: [{ type: "duration", text: limit }] },
        `${field} >= ${limit}`,
      ),
  }));
  if (now) items.push({ label: t("quick.any"), run: () => setCondition(question, field, undefined, "") });
  return (
    <Menu label={t("quick.slow")} items={items} class={now ? "on" : ""}>
      {now ? t("quick.slow.over", spaced(now)) : t("quick.slow")}
      <Icon name="down" />
    </Menu>
  );
}

interface ValueFilterProps {
  readonly question: Answer<Query>;
  readonly field: string;
  readonly label: string;
}

function ValueFilter({ question, field, label }: ValueFilterProps) {
  const [active, activate] = useState(false);
  const answer = useAnswer("/fields/values", active && range.value ? { ...range.value, field, limit: 50 } : undefined);
  const condition = conditionOn(question, field);
  const anyValue = condition?.op === "exists" && !condition.not;
  const now = condition?.values?.[0]?.text;
  const items: MenuItem[] = (answer.value?.values ?? []).map(({ value }) => {
    const text = String(value);
    const row: Condition = { field, op: "=", values: [{ type: "string", text }] };
    return {
      label: text,
      checked: now === text,
      run: () => setCondition(question, field, row, `${field} = ${quoted(text)}`),
    };
  });
  if (field === "tool" && items.length > 0) {
    items.unshift({
      label: t("quick.anyTool"),
      checked: anyValue,
      run: () => setCondition(question, field, { field, op: "exists" }, `${field} != nil`),
    });
  }
  if (now || anyValue) items.push({ label: t("quick.any"), run: () => setCondition(question, field, undefined, "") });
  const empty = answer.loading ? t("state.loading") : t("quick.none");
  if (items.length === 0) items.push({ label: empty, run: () => activate(true) });
  return (
    <Menu label={label} items={items} class={now || anyValue ? "on" : ""} onOpen={() => activate(true)}>
      <span class="cut quick-value">{now ? `${label}: ${now}` : anyValue ? t("quick.anyTool") : label}</span>
      <Icon name="down" />
    </Menu>
  );
}
