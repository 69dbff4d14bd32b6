// SPDX-License-Identifier: Apache-2.0

import { Content } from "../../content/content";
import { duration } from "../../format/format";
import { t } from "../../i18n";
import { Json } from "../../ui/json";
import { failureText } from "../../ui/states";
import type { TraceData } from "../data";
import { type Detail, plainObject, type SpanDetail, useSpanDetail } from "../detail";
import { recordsOf } from "../logs/records";
import type { TabProps } from "../tab";
import { Attributes } from "./attributes";
import { Events, Links } from "./events";
import { Section } from "./section";

/** What an SDK left out of a span, which it counts. */
function Dropped({ span }: { span: SpanDetail["span"] }) {
  const { droppedAttributesCount: attributes = 0, droppedEventsCount: events = 0, droppedLinksCount: links = 0 } = span;
  if (attributes + events + links === 0) return null;
  return (
    <p class="warn panel-dropped">
      {[
        attributes > 0 && t("panel.dropped.attributes", attributes),
        events > 0 && t("panel.dropped.events", events),
        links > 0 && t("panel.dropped.links", links),
      ]
        .filter(Boolean)
        .join(" ")}
    </p>
  );
}

/** The log records of one span. */
function Logs({ trace, node, detail }: { trace: TraceData; node: number; detail: Detail }) {
  const id = trace.spans[node]?.id;
  const own: Detail = { spans: new Map(), logs: detail.logs.filter(({ log }) => log.spanId === id) };
  const records = recordsOf(trace, own);
  if (records.length === 0) return null;
  return (
    <Section id="logs" title={t("col.logs")} size={records.length}>
      <ol class="panel-events">
        {records.slice(0, 200).map((record, i) => (
          <li key={i} class="panel-event">
            <Content
              name={record.name || record.level || t("panel.record")}
              value={record.body}
              note={`+${duration(record.time - (trace.offsets[node] ?? 0))}`}
            />
          </li>
        ))}
      </ol>
    </Section>
  );
}

/** What only the span as it was sent has: events, links, log records, resource, scope. */
export function Sent({ trace, selection, node }: TabProps & { node: number }) {
  const { value, error } = useSpanDetail(trace, node);
  const span = trace.spans[node];
  const sent = value?.spans.get(span?.id ?? "");
  if (error) return <p class="error">{error.message || failureText(error)}</p>;
  if (!span || !value) return <p class="dim">{t("state.loading")}…</p>;
  if (!sent) return null;
  const { events = [], links = [], attributes } = sent.span;
  const resource = plainObject(sent.resource.attributes);
  const scope = plainObject(sent.scope.attributes);
  return (
    <>
      <Dropped span={sent.span} />
      {events.length > 0 && (
        <Section id="events" title={t("panel.events")} size={events.length}>
          <Events events={events} start={BigInt(span.start)} />
        </Section>
      )}
      {links.length > 0 && (
        <Section id="links" title={t("panel.links")} size={links.length}>
          <Links links={links} trace={trace} onSelect={selection.select} />
        </Section>
      )}
      <Logs trace={trace} node={node} detail={value} />
      {trace.details.cut.has(node) && (
        <Section id="whole" title={t("panel.wholeValues")}>
          <Attributes values={plainObject(attributes)} scope="span" />
        </Section>
      )}
      <Section id="resource" title={t("panel.resource")} size={Object.keys(resource).length}>
        <Attributes values={resource} scope="resource" />
      </Section>
      {(sent.scope.name || Object.keys(scope).length > 0) && (
        <Section id="scope" title={t("panel.scope")}>
          <p class="mono">
            {sent.scope.name} <span class="dim">{sent.scope.version}</span>
          </p>
          {Object.keys(scope).length > 0 && <Attributes values={scope} scope="instrumentation" />}
        </Section>
      )}
      <Section id="json" title={t("panel.json")}>
        <div class="mono">
          <Json value={sent.span} />
        </div>
      </Section>
    </>
  );
}
