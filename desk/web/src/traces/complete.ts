// SPDX-License-Identifier: Apache-2.0

// What can stand at the caret in a query in TraceQL. It reads the text before the
// caret only, and only as far as completion needs; the desk reads queries.

import { significant } from "../format/format";

/** What is expected at the caret, and which part of the text would be replaced. */
export interface Expected {
  readonly kind: "key" | "operator" | "value" | "join" | "stage" | "nothing";
  /** The part that a suggestion replaces. */
  readonly from: number;
  readonly to: number;
  /** What is already typed of it. */
  readonly typed: string;
  /** The field before, where an operator or value is expected. */
  readonly field: string;
}

/** Operators, the usual ones first. */
export const operators = ["=", "!=", ">", ">=", "<", "<=", "=~", "!~", "like", "in"] as const;

/** What joins conditions, or ends them. */
export const joins = ["&&", "||", "}"] as const;

/** What may come after sets of spans. */
export const stages = [
  "count() > 1",
  "avg(duration) > 1s",
  "select(span.http.route)",
  "by(resource.service.name)",
] as const;

interface Token {
  readonly kind: "word" | "string" | "operator" | "open" | "close" | "join" | "pipe" | "comma" | "other";
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const patterns: readonly [Token["kind"], RegExp][] = [
  ["string", /^"(?:[^"\\]|\\.)*"?|^`[^`]*`?/],
  ["word", /^(?:[A-Za-z_.]|[0-9-])(?:[\w.:/-]|"(?:[^"\\]|\\.)*"?)*/],
  ["join", /^(?:&&|\|\|)/],
  ["operator", /^(?:=~|!~|!=|>=|<=|=|>|<)/],
  ["open", /^[{(!]/],
  ["close", /^[})]/],
  ["pipe", /^\|/],
  ["comma", /^,/],
];

function tokenAt(text: string, from: number): Token {
  const rest = text.slice(from);
  for (const [kind, pattern] of patterns) {
    const found = pattern.exec(rest)?.[0];
    if (found) return { kind, text: found, from, to: from + found.length };
  }
  return { kind: "other", text: rest[0] ?? "", from, to: from + 1 };
}

/** The tokens of a text. */
function tokens(text: string): Token[] {
  const all: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at] ?? "")) {
      at++;
      continue;
    }
    const token = tokenAt(text, at);
    all.push(token);
    at = token.to;
  }
  return all;
}

const wordOperators = new Set(["like", "in"]);

interface State {
  kind: Expected["kind"];
  field: string;
  /** Between the brackets of a list of values. */
  inList: boolean;
}

const none: State = { kind: "nothing", field: "", inList: false };

/** What is expected after a token that is neither a name nor a value. */
const afterMark: Partial<Record<Token["kind"], (state: State, token: Token) => State>> = {
  pipe: () => ({ ...none, kind: "stage" }),
  open: ({ kind, field }, { text }) =>
    kind === "value" && text === "(" ? { kind, field, inList: true } : { ...none, kind: "key" },
  comma: (state) => (state.inList ? { ...state, kind: "value" } : state),
  close: (_, { text }) => ({ ...none, kind: text === "}" ? "nothing" : "join" }),
  join: () => ({ ...none, kind: "key" }),
  operator: ({ field }) => ({ ...none, kind: "value", field }),
};

/** What is expected after a token. */
function after(state: State, token: Token): State {
  const { kind, field, inList } = state;
  if (kind === "stage" && token.kind !== "pipe") return token.kind === "join" ? none : state;
  const mark = afterMark[token.kind];
  if (mark) return mark(state, token);
  if (kind === "operator" && wordOperators.has(token.text)) return { ...none, kind: "value", field };
  if (kind === "key") return { ...none, kind: "operator", field: token.text };
  return { kind: inList ? "nothing" : "join", field, inList };
}

/** Whether the caret right behind a token still belongs to it. */
function unfinished(token: Token, state: State): boolean {
  if (token.kind === "word") return true;
  if (token.kind === "string") return token.text.length < 2 || token.text.at(-1) !== token.text[0];
  return token.kind === "operator" || (token.kind === "join" && state.kind === "join");
}

/** What is expected at the caret. */
export function expected(text: string, caret: number): Expected {
  const before = text.slice(0, caret);
  if (!before.includes("{")) {
    const typed = before.trimStart();
    return { kind: "key", from: caret - typed.length, to: caret, typed, field: "" };
  }
  const all = tokens(before);
  const last = all.at(-1);
  let state = none;
  const states = all.map((token) => {
    const now = state;
    state = after(state, token);
    return now;
  });
  const beforeLast = states.at(-1);
  if (last && beforeLast && last.to === caret && unfinished(last, beforeLast)) {
    const kind = last.kind === "operator" ? "operator" : beforeLast.kind;
    return { kind, from: last.from, to: caret, typed: last.text, field: beforeLast.field };
  }
  return { kind: state.kind, from: caret, to: caret, typed: "", field: state.field };
}

/** A text literal of TraceQL. */
export function quoted(text: string): string {
  return `"${text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")}"`;
}

/** A duration as a literal of TraceQL. */
export function durationLiteral(ns: number): string {
  for (const [unit, size] of [
    ["s", 1e9],
    ["ms", 1e6],
    ["us", 1e3],
  ] as const) {
    if (ns >= size) return `${Number(significant(ns / size))}${unit}`;
  }
  return `${Math.max(1, Math.round(ns))}ns`;
}

/** The text of a literal that may not be finished, to look for. */
export function unquoted(literal: string): string {
  return literal.replace(/^["`]/, "").replace(/["`]$/, "").replace(/\\(.)/g, "$1");
}

/** The query with a suggestion in place of what is typed, and where the caret goes. */
export function accept(text: string, at: Expected, suggestion: string): { text: string; caret: number } {
  const opening = at.kind === "key" && !text.slice(0, at.from).includes("{") ? "{ " : "";
  const gap = at.from > 0 && at.from === at.to && !/[\s(!]$/.test(text.slice(0, at.from)) ? " " : "";
  const head = `${text.slice(0, at.from)}${gap}${opening}${suggestion}`;
  const rest = text.slice(at.to);
  const space = suggestion === "}" || rest.startsWith(" ") ? "" : " ";
  return { text: head + space + rest, caret: head.length + 1 };
}
