// SPDX-License-Identifier: Apache-2.0

import { answered } from "../standalone/answers";
import type * as schema from "./schema";
import { credentials, tokenWanted } from "./token";

/** Where the desk answers. */
export const base = "/api/desk/v1";

/** What each path answers. */
export interface Answers {
  "/traces": schema.Traces;
  "/spans": schema.Spans;
  "/traces/{id}": schema.Document;
  "/runs": schema.Runs;
  "/compare": schema.Comparison;
  "/services": schema.Services;
  "/operations": schema.Operations;
  "/fields": schema.Fields;
  "/fields/values": schema.FieldValues;
  "/fields/top": schema.FieldTop;
  "/fields/statistics": schema.FieldStatistics;
  "/fields/graph": schema.FieldGraph;
  "/durations": schema.Durations;
  "/scatter": schema.Scatter;
  "/statistics": schema.Statistics;
  "/map": schema.Map;
  "/logs": schema.Logs;
  "/sessions": schema.Sessions;
  "/sessions/{id}": schema.SessionTraces;
  "/query": schema.Query;
  "/find": schema.Destination;
  "/status": schema.StatusAnswer;
}

export type Path = keyof Answers;

/** Why there is no answer. */
export interface Failure {
  readonly code: schema.Error["error"]["code"] | "unreachable" | "aborted";
  /** What the desk says, in English; "" if it does not say anything. */
  readonly message: string;
  /** Where in the query, in characters from 1. */
  readonly column?: number | undefined;
}

/** An answer, or why there is none. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Failure };

type Value = string | number | boolean | readonly string[] | undefined;

/** A query as text; what is undefined or "" is left out. */
export function queryText(query: Readonly<Record<string, Value>>): string {
  const all = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== "") all.append(name, String(each));
    }
  }
  const text = all.toString();
  return text && `?${text}`;
}

/** The address of a path with its query; {id} is replaced. */
export function urlOf<P extends Path | "/live">(path: P, query: schema.Asked[P], id = ""): string {
  return base + path.replace("{id}", encodeURIComponent(id)) + queryText(query as Record<string, Value>);
}

function failed(code: Failure["code"], message = "", column?: number): { ok: false; error: Failure } {
  return { ok: false, error: { code, message, column } };
}

const byStatus: Record<number, Failure["code"]> = { 401: "unauthorized", 403: "forbidden", 404: "not_found" };

/** What an answer that is an error says; it may come from a proxy. */
async function failureOf(response: Response): Promise<{ ok: false; error: Failure }> {
  const body: unknown = await response.json().catch(() => undefined);
  const said = (body as { error?: { code?: string; message?: string; column?: number } } | undefined)?.error;
  if (said?.code) return failed(said.code as Failure["code"], said.message, said.column);
  return failed(byStatus[response.status] ?? "internal", `${response.status} ${response.statusText}`);
}

/** Asks, and answers what read makes of the answer. Never throws. */
export async function ask<T>(
  request: {
    url: string;
    init?: RequestInit & { readonly headers?: Record<string, string> };
    signal?: AbortSignal | undefined;
    /** The answer, if it was asked for already. */
    begun?: Promise<Response> | undefined;
  },
  read: (response: Response) => Promise<T>,
): Promise<Result<T>> {
  try {
    const headers = { ...credentials(), ...request.init?.headers };
    const response = __STANDALONE__
      ? answered(request.url)
      : await (request.begun ?? fetch(request.url, { ...request.init, headers, signal: request.signal ?? null }));
    if (response.status === 401) tokenWanted.value = true;
    if (!response.ok) return await failureOf(response);
    return { ok: true, value: await read(response) };
  } catch (error) {
    if (request.signal?.aborted) return failed("aborted");
    return failed(error instanceof SyntaxError ? "internal" : "unreachable", String(error));
  }
}

/** Asks the desk for JSON. */
export function get<P extends Path>(
  path: P,
  query: schema.Asked[P],
  more: { id?: string; signal?: AbortSignal | undefined } = {},
): Promise<Result<Answers[P]>> {
  return ask({ url: urlOf(path, query, more.id), signal: more.signal }, (response) => response.json());
}
