// SPDX-License-Identifier: Apache-2.0

import { quoted } from "../../traces/complete";

/** Where an attribute stands, as TraceQL names it. */
export type Scope = "span" | "resource" | "event" | "link" | "instrumentation";

/** The names that need no quotes in TraceQL. */
const plainName = /^[A-Za-z_][\w.-]*$/;

/** An attribute as TraceQL names it. */
export function fieldOf(scope: Scope, key: string): string {
  return `${scope}.${plainName.test(key) ? key : quoted(key)}`;
}

function literal(value: unknown): string | undefined {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : undefined;
  return typeof value === "boolean" ? String(value) : undefined;
}

/** How long a text may be to be searched for. */
const longest = 400;

/** A query for spans with, or without, a value; undefined for lists, objects and long texts. */
export function queryFor(field: string, value: unknown, how: "is" | "isNot"): string | undefined {
  const text = literal(value);
  if (text === undefined || text.length > longest) return undefined;
  return `{ ${field} ${how === "is" ? "=" : "!="} ${text} }`;
}
