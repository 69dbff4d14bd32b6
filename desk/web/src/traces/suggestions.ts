// SPDX-License-Identifier: Apache-2.0

import { type Answer, useAnswer } from "../api/answer";
import type { Fields, FieldValues } from "../api/schema";
import { count } from "../format/format";
import { type PlainKey, t } from "../i18n";
import { range } from "../state/range";
import { type Expected, joins, operators, quoted, stages, unquoted } from "./complete";

/** Something that may stand at the caret. */
export interface Suggestion {
  readonly text: string;
  /** What it is, or how many there are. */
  readonly hint?: string;
}

/** Shorthands of agents, which read an attribute under each of its names. */
export const shorthands: readonly PlainKey[] = [
  "search.hint.error",
  "search.hint.service",
  "search.hint.model",
  "search.hint.tool",
  "search.hint.agent",
  "search.hint.session",
  "search.hint.chat",
  "search.hint.tokens",
  "search.hint.ttft",
  "search.hint.node.name",
  "search.hint.node.type",
  "search.hint.node.id",
  "search.hint.any",
];

/** Values of fields that have a fixed set of them, or usual ones. */
const known: Record<string, readonly string[]> = {
  status: ["error", "ok", "unset"],
  kind: ["server", "client", "producer", "consumer", "internal", "unspecified"],
  error: ["true", "false"],
  duration: ["10ms", "100ms", "1s", "10s"],
  traceDuration: ["100ms", "1s", "10s", "1m"],
  ttft: ["500ms", "1s", "2s", "5s"],
  tokens: ["1k", "10k", "100k"],
};

/** At most so many are shown. */
const most = 50;

function shorthandOf(key: PlainKey): string {
  return key.replace("search.hint.", "");
}

/** The names of the shorthands, as queries have them. */
export function shorthandNames(): string[] {
  return shorthands.map(shorthandOf);
}

/** Whether a field is one that spans have: values of others are not asked for, such as while its name is typed. */
export function isKnown(field: string, fields: Fields | undefined): boolean {
  return (
    shorthandNames().includes(field) ||
    (fields?.fields ?? []).some(
      (each) => each.field === field || each.field === `span${field}` || each.field === `resource${field}`,
    )
  );
}

/** The keys that have what is typed in them, those that begin with it first. */
export function matchingKeys(all: readonly Suggestion[], typed: string): Suggestion[] {
  const wanted = typed.toLowerCase();
  const rank = (text: string) =>
    text.startsWith(wanted) ? 0 : text.split(/[.:]/).some((p) => p.startsWith(wanted)) ? 1 : 2;
  return all
    .filter(({ text }) => text.toLowerCase().includes(wanted))
    .map((each, i) => ({ each, i, rank: rank(each.text.toLowerCase()) }))
    .sort((a, b) => a.rank - b.rank || a.i - b.i)
    .slice(0, most)
    .map(({ each }) => each);
}

function keys(fields: Fields | undefined): Suggestion[] {
  const short = shorthands.map((key) => ({ text: shorthandOf(key), hint: t(key) }));
  return [...short, ...(fields?.fields ?? []).map(({ field, types }) => ({ text: field, hint: types.join(", ") }))];
}

/** A value as it is written in queries. */
function literal(value: unknown, type: string): string {
  return type === "string" || type === "id" || type === "bytes" ? quoted(String(value)) : String(value);
}

function values(at: Expected, answer: Answer<FieldValues>): Suggestion[] {
  const wanted = unquoted(at.typed).toLowerCase();
  const fixed = known[at.field];
  if (fixed) return fixed.filter((text) => text.includes(wanted)).map((text) => ({ text }));
  return (answer.value?.values ?? [])
    .filter(({ value }) => value === null || typeof value !== "object")
    .map(({ value, type, count: n }) => ({ text: literal(value, type), hint: count(n) }));
}

/** What to suggest at the caret; nothing is asked of the desk before the field is used. */
export function useSuggestions(at: Expected, active: boolean): Suggestion[] {
  const bounds = range.value;
  const fields = useAnswer("/fields", active && bounds ? { ...bounds, limit: 2000 } : undefined);
  const wanted = active && at.kind === "value" && !known[at.field] && isKnown(at.field, fields.value) && bounds;
  const answer = useAnswer(
    "/fields/values",
    wanted ? { ...bounds, field: at.field, contains: unquoted(at.typed), limit: most } : undefined,
  );
  if (!active) return [];
  switch (at.kind) {
    case "key":
      return matchingKeys(keys(fields.value), at.typed);
    case "operator":
      return operators.filter((text) => text.startsWith(at.typed)).map((text) => ({ text }));
    case "value":
      return values(at, answer);
    case "join":
      return joins.filter((text) => text.startsWith(at.typed)).map((text) => ({ text }));
    case "stage":
      return stages.filter((text) => text.startsWith(at.typed)).map((text) => ({ text }));
    case "nothing":
      return [];
  }
}
