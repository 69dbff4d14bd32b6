// SPDX-License-Identifier: Apache-2.0

import { type Answer, useAnswer } from "../api/answer";
import { get } from "../api/client";
import type { Condition, Query } from "../api/schema";
import { t } from "../i18n";
import { change, go, link, param } from "../state/router";
import { failureText } from "../ui/states";
import { toast } from "../ui/toast";

/** The parts of the address that say what is looked for; a new question begins at its first page. */
export function askFor(q: string, how: "push" | "replace" = "push") {
  change({ q }, how);
}

/** The query that holds, as the desk reads it: as rows too, if it is as simple as that. */
export function useQuestion(): Answer<Query> {
  const q = param("q");
  return useAnswer("/query", q ? { q } : undefined);
}

/** Whether the desk cannot read the query. */
export function isWrong(question: Answer<Query>): boolean {
  return param("q") !== "" && !question.loading && question.value?.valid === false;
}

/** The rows of a query; those of no query are none, those of one that is not simple are undefined. */
export function rowsOf(answer: Answer<Query>): readonly Condition[] | undefined {
  if (!param("q")) return [];
  return answer.value?.simple ? (answer.value.conditions ?? []) : undefined;
}

/** Asks for rows, which the desk writes as a query. */
export async function askForRows(rows: readonly Condition[]) {
  if (rows.length === 0) return askFor("");
  const result = await get("/query", { conditions: JSON.stringify(rows) });
  if (!result.ok) toast(failureText(result.error), "error");
  else if (result.value.error) toast(result.value.error.message, "error");
  else askFor(result.value.query ?? "");
}

/** Whether a condition is about a field. */
function about(row: Condition, field: string): boolean {
  return row.field === field;
}

/** Rows with one condition on a field instead of those that were there, or with none. */
export function withRow(rows: readonly Condition[], field: string, row: Condition | undefined): Condition[] {
  const others = rows.filter((each) => !about(each, field));
  return row ? [...others, row] : others;
}

/** A query that also asks for a condition on a span, where the query is more than rows. */
export function alsoAsk(q: string, condition: string): string {
  return q.trim() ? `(${q.trim()}) && { ${condition} }` : `{ ${condition} }`;
}

/** A query whose traces also match another. */
export function withPart(q: string, part: string): string {
  return q.trim() ? `(${q.trim()}) && (${part})` : part;
}

/** A query without that other one; none if it is not known what the rest was. */
export function withoutPart(q: string, part: string): string {
  const [first, last] = [`(${part}) && `, ` && (${part})`];
  if (q.startsWith(first)) return q.slice(first.length);
  return q.endsWith(last) ? q.slice(1, -last.length - 1) : "";
}

/**
 * Goes where a text leads that was typed or pasted: to a trace, a span or a session,
 * or to what its words are found in.
 */
export async function lookFor(text: string) {
  const wanted = text.trim();
  if (!wanted || wanted.startsWith("{") || wanted.startsWith("(")) return askFor(wanted);
  const result = await get("/find", { text: wanted });
  if (!result.ok) return toast(failureText(result.error), "error");
  const { kind, traceId, spanId, session, query, found } = result.value;
  if (kind === "trace" && traceId && found) go(link("trace", traceId, spanId ? { span: spanId } : {}));
  else if (kind === "session" && session && found) go(link("session", session));
  else if (query) askFor(query);
  else toast(t("search.notFound"), "error");
}
