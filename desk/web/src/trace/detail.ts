// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from "preact/hooks";
import { ask, base, type Failure, queryText, type Result } from "../api/client";
import type { TraceData } from "./data";

// The parts of OTLP's JSON that the page reads (opentelemetry-proto 1.9, trace and
// logs).

/** A value of OTLP; exactly one member is there. */
export interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string | number;
  readonly doubleValue?: number | string;
  readonly bytesValue?: string;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] };
}

export interface KeyValue {
  readonly key: string;
  readonly value?: AnyValue;
}

export interface SpanEvent {
  readonly timeUnixNano: string;
  readonly name: string;
  readonly attributes?: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState?: string;
  readonly attributes?: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
}

/** A span as it was sent. */
export interface SentSpan {
  readonly spanId: string;
  readonly traceState?: string;
  readonly flags?: number;
  readonly attributes?: readonly KeyValue[];
  readonly events?: readonly SpanEvent[];
  readonly links?: readonly SpanLink[];
  readonly droppedAttributesCount?: number;
  readonly droppedEventsCount?: number;
  readonly droppedLinksCount?: number;
}

export interface SentLog {
  readonly timeUnixNano?: string;
  readonly observedTimeUnixNano?: string;
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly body?: AnyValue;
  readonly attributes?: readonly KeyValue[];
  readonly traceId?: string;
  readonly spanId?: string;
  readonly eventName?: string;
}

interface Resource {
  readonly attributes?: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
}

interface Scope {
  readonly name?: string;
  readonly version?: string;
  readonly attributes?: readonly KeyValue[];
}

interface Sent {
  readonly resourceSpans?: readonly {
    readonly resource?: Resource;
    readonly scopeSpans?: readonly { readonly scope?: Scope; readonly spans?: readonly SentSpan[] }[];
  }[];
  readonly resourceLogs?: readonly {
    readonly resource?: Resource;
    readonly scopeLogs?: readonly { readonly scope?: Scope; readonly logRecords?: readonly SentLog[] }[];
  }[];
}

/** What the views do not have of a span. */
export interface SpanDetail {
  readonly span: SentSpan;
  readonly resource: Resource;
  readonly scope: Scope;
}

export interface LogDetail {
  readonly log: SentLog;
  readonly resource: Resource;
  readonly scope: Scope;
}

/** What the views do not have of a trace: spans by their ids, and logs as they came. */
export interface Detail {
  readonly spans: ReadonlyMap<string, SpanDetail>;
  readonly logs: readonly LogDetail[];
}

/** A value of OTLP as a value of JavaScript; integers too large for numbers stay text. */
export function plainValue(value: AnyValue | undefined): unknown {
  if (!value) return null;
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(plainValue);
  if (value.kvlistValue) return plainObject(value.kvlistValue.values);
  if (value.intValue !== undefined) {
    const number = Number(value.intValue);
    return Number.isSafeInteger(number) ? number : String(value.intValue);
  }
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue ?? null;
}

/** A list of keys and values as an object. */
export function plainObject(list: readonly KeyValue[] | undefined): Record<string, unknown> {
  return Object.fromEntries((list ?? []).map(({ key, value }) => [key, plainValue(value)]));
}

/** Reads a trace as it was sent. */
export function readDetail(sent: Sent): Detail {
  const spans = new Map<string, SpanDetail>();
  for (const { resource = {}, scopeSpans = [] } of sent.resourceSpans ?? []) {
    for (const { scope = {}, spans: some = [] } of scopeSpans) {
      for (const span of some) spans.set(span.spanId, { span, resource, scope });
    }
  }
  const logs: LogDetail[] = [];
  for (const { resource = {}, scopeLogs = [] } of sent.resourceLogs ?? []) {
    for (const { scope = {}, logRecords = [] } of scopeLogs) {
      for (const log of logRecords) logs.push({ log, resource, scope });
    }
  }
  return { spans, logs };
}

const kept = new WeakMap<TraceData, Promise<Result<Detail>>>();

/** Asks for a trace as it was sent, or for some of its spans. */
export function askDetail(id: string, signal?: AbortSignal, spans: readonly string[] = []): Promise<Result<Detail>> {
  const url = `${base}/traces/${encodeURIComponent(id)}${queryText({ span: __STANDALONE__ ? [] : spans })}`;
  return ask({ url, signal }, async (response) => readDetail((await response.json()) as Sent));
}

function load(trace: TraceData): Promise<Result<Detail>> {
  const found = kept.get(trace) ?? askDetail(trace.id);
  kept.set(trace, found);
  found.then((result) => {
    if (!result.ok) kept.delete(trace);
  });
  return found;
}

/** The trace as it was sent, asked for once when the first component wants it. */
export function useDetail(trace: TraceData): {
  value: Detail | undefined;
  error: Failure | undefined;
  retry: () => void;
} {
  const [result, set] = useState<Result<Detail> | undefined>(undefined);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let wanted = true;
    load(trace).then((answer) => {
      if (wanted) set(answer);
    });
    return () => {
      wanted = false;
    };
  }, [trace, tries]);
  return {
    value: result?.ok ? result.value : undefined,
    error: result?.ok === false ? result.error : undefined,
    retry: () => setTries(tries + 1),
  };
}

/** Of traces with more spans, one span is asked for at a time. */
const few = 2000;

/** A span as it was sent, with its log records: of a small trace with all others. */
export function useSpanDetail(
  trace: TraceData,
  node: number,
): { value: Detail | undefined; error: Failure | undefined } {
  const [result, set] = useState<{ id: string; result: Result<Detail> } | undefined>(undefined);
  const id = trace.spans[node]?.id ?? "";
  useEffect(() => {
    const controller = new AbortController();
    const asked = trace.spans.length <= few ? load(trace) : askDetail(trace.id, controller.signal, [id]);
    asked.then((answer) => {
      if (!controller.signal.aborted) set({ id, result: answer });
    });
    return () => controller.abort();
  }, [trace, id]);
  const known = result?.id === id ? result.result : undefined;
  return { value: known?.ok ? known.value : undefined, error: known?.ok === false ? known.error : undefined };
}
