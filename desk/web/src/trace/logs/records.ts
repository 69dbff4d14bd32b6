// SPDX-License-Identifier: Apache-2.0

import { duration } from "../../format/format";
import { t } from "../../i18n";
import { textOf } from "../../ui/value";
import type { TraceData } from "../data";
import { type Detail, plainObject, plainValue, type SentLog, type SpanEvent } from "../detail";

export type Level = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

/** The levels, the least first. */
export const levels: readonly Level[] = ["trace", "debug", "info", "warn", "error", "fatal"];

/** A log record, or an event of a span, which was the way to log before. */
export interface LogRecord {
  readonly kind: "log" | "event" | "node";
  /** After the start of the trace, in ns. */
  readonly time: number;
  /** undefined if it does not say. */
  readonly level: Level | undefined;
  readonly service: string;
  /** The node of its span, -1 for none. */
  readonly span: number;
  readonly name: string;
  readonly body: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The beginning of what it says, in one line. */
  readonly line: string;
}

/** The level of a severity: four numbers each (OpenTelemetry logs data model). */
export function levelOf(severity: number | undefined, text = ""): Level | undefined {
  if (severity && severity >= 1 && severity <= 24) return levels[(severity - 1) >> 2];
  const known = text.toLowerCase().slice(0, 4);
  return levels.find((level) => known !== "" && level.startsWith(known));
}

/** How much of a body is shown in its line. */
const lineLength = 400;

function oneLine(...values: unknown[]): string {
  const text = values.map((value) => textOf(value)).find((each) => each !== "") ?? "";
  return text
    .slice(0, 4 * lineLength)
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, lineLength);
}

/** The event name of records of nodes (Go package nodelog). */
const nodeRecord = "sidetrace.node_trace_log";

interface NodeBody {
  readonly question?: string;
  readonly answer?: string;
  readonly status?: { readonly code?: number; readonly message?: string };
  /** In ms; -1 for none. */
  readonly duration?: number;
  readonly first_frame_duration?: number;
  readonly trace?: readonly { readonly node_name?: string }[];
}

/** How a call went that a record is about. */
function outcome({ status, duration: took, first_frame_duration: frame = -1 }: NodeBody): string {
  if (!status) return "";
  const parts = [
    `${t("col.status")} ${status.code ?? 0}`,
    took !== undefined && `${t("col.duration")} ${duration(took * 1e6)}`,
    frame >= 0 && `${t("trace.firstFrame")} ${duration(frame * 1e6)}`,
  ];
  return parts.filter(Boolean).join(" · ");
}

/** What a record of nodes is about: the question and the answer, else what failed, else its nodes, or how it went. */
function nodeLine(body: unknown): string {
  try {
    const record = JSON.parse(String(body)) as NodeBody;
    const { question, answer, status, trace = [] } = record;
    const nodes = trace.map((node) => node.node_name ?? "").join(", ");
    const failure = status?.code ? `${t("col.status")} ${status.code}: ${status.message ?? ""}` : "";
    return oneLine([question, answer].filter(Boolean).join(" → "), failure, nodes, outcome(record), body);
  } catch {
    return oneLine(body);
  }
}

function fromLog(trace: TraceData, log: SentLog, service: string): LogRecord {
  const body = plainValue(log.body);
  const at = log.timeUnixNano && log.timeUnixNano !== "0" ? log.timeUnixNano : (log.observedTimeUnixNano ?? "0");
  const attributes = plainObject(log.attributes);
  const name = log.eventName ?? "";
  return {
    kind: name === nodeRecord ? "node" : "log",
    time: Number(BigInt(at) - trace.start),
    level: levelOf(log.severityNumber, log.severityText),
    service,
    span: trace.nodes.get(log.spanId ?? "") ?? -1,
    name,
    body,
    attributes,
    line: name === nodeRecord ? nodeLine(body) : oneLine(body, attributes["exception.message"], name),
  };
}

/** Names of events that are a level: what was logged is in the attribute "<level> LOG" (Go package sidetrace). */
const levelName = /^(TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL)$/;

function fromEvent(trace: TraceData, node: number, event: SpanEvent): LogRecord {
  const attributes = plainObject(event.attributes);
  const named = levelName.test(event.name);
  const text = oneLine(attributes["exception.message"], attributes.message, attributes[`${event.name} LOG`]);
  const said = text ? `${event.name}: ${text}` : event.name;
  return {
    kind: "event",
    time: Number(BigInt(event.timeUnixNano) - trace.start),
    level:
      event.name === "exception" ? "error" : levelOf(undefined, named ? event.name : String(attributes.level ?? "")),
    service: trace.spans[node]?.service ?? "",
    span: node,
    name: event.name,
    body: text,
    attributes,
    line: named && text ? text : said,
  };
}

/** Whether an event says nothing but that a part of a stream came. */
function isFrame({ name, attributes }: SpanEvent): boolean {
  return !attributes?.length && /chunk|frame|token/i.test(name);
}

function eventsOf(trace: TraceData, detail: Detail): LogRecord[] {
  const records: LogRecord[] = [];
  for (const [id, { span }] of detail.spans) {
    const node = trace.nodes.get(id) ?? -1;
    for (const event of span.events ?? []) if (!isFrame(event)) records.push(fromEvent(trace, node, event));
  }
  return records;
}

/** All that was logged in a trace, by time. */
export function recordsOf(trace: TraceData, detail: Detail): LogRecord[] {
  const logs = detail.logs.map(({ log, resource }) =>
    fromLog(trace, log, String(plainObject(resource.attributes)["service.name"] ?? "")),
  );
  return [...logs, ...eventsOf(trace, detail)].sort((a, b) => a.time - b.time);
}

export interface Filter {
  readonly least: Level | "";
  readonly text: string;
  /** Only those of this span and what is below it; -1 for all. */
  readonly within: (span: number) => boolean;
}

function says(record: LogRecord, text: string): boolean {
  const body = record.line.length < lineLength ? record.line : textOf(record.body);
  return body.toLowerCase().includes(text) || JSON.stringify(record.attributes).toLowerCase().includes(text);
}

/** The records that a filter leaves; those without a level count as information. */
export function filterRecords(records: readonly LogRecord[], { least, text, within }: Filter): LogRecord[] {
  const floor = least ? levels.indexOf(least) : 0;
  const wanted = text.trim().toLowerCase();
  return records.filter(
    (record) =>
      levels.indexOf(record.level ?? "info") >= floor && within(record.span) && (!wanted || says(record, wanted)),
  );
}
