// SPDX-License-Identifier: Apache-2.0

// Traces and logs as OTLP writes them in JSON.
import { randomBytes } from "node:crypto";

const hex = (bytes) => randomBytes(bytes).toString("hex");

function attributes(of) {
  return Object.entries(of).map(([key, value]) => ({ key, value: { stringValue: value } }));
}

const now = () => BigInt(Date.now()) * 1_000_000n;

/** The resource of a service. */
function resource(service) {
  return { attributes: attributes({ "service.name": service }) };
}

/** A trace of spans that follow each other below the first, some days old. */
export function traceOf({ service, spans, days = 0 }) {
  const traceId = hex(16);
  const ids = spans.map(() => hex(8));
  const start = now() - BigInt(days) * 86_400_000_000_000n;
  const made = spans.map((span, i) => ({
    traceId,
    spanId: ids[i],
    ...(i > 0 ? { parentSpanId: ids[0] } : {}),
    name: span.name,
    kind: i > 0 ? 1 : 2,
    startTimeUnixNano: String(start + BigInt(i) * 1_000_000n),
    endTimeUnixNano: String(start + (i > 0 ? BigInt(i + 1) * 1_000_000n : 50_000_000n)),
    attributes: attributes(span.attributes ?? {}),
    events: (span.events ?? []).map((name) => ({ name, timeUnixNano: String(start + 500_000n) })),
    status: span.failed ? { code: 2, message: span.failed } : {},
  }));
  const body = { resourceSpans: [{ resource: resource(service), scopeSpans: [{ scope: {}, spans: made }] }] };
  return { traceId, ids, body };
}

/** A request with one trace of one span. */
export function simple({ service, name }) {
  return traceOf({ service, spans: [{ name }] }).body;
}

/** A request with one log record of a span. */
export function logOf({ service, traceId, spanId, text }) {
  const record = { timeUnixNano: String(now()), severityNumber: 17, severityText: "ERROR", traceId, spanId };
  const logRecords = [{ ...record, body: { stringValue: text } }];
  return { resourceLogs: [{ resource: resource(service), scopeLogs: [{ scope: {}, logRecords }] }] };
}
