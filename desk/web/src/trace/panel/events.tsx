// SPDX-License-Identifier: Apache-2.0

import { useState } from "preact/hooks";
import { count, duration } from "../../format/format";
import { t } from "../../i18n";
import { link } from "../../state/router";
import { CopyButton } from "../../ui/copy";
import { textOf } from "../../ui/value";
import { saysFailure } from "../attributes";
import type { TraceData } from "../data";
import { plainObject, type SpanEvent, type SpanLink } from "../detail";
import { Attributes } from "./attributes";
import { readStack } from "./stack";

const stackKey = "exception.stacktrace";

/** The frames of a stack trace, folded but for its first lines. */
function StackTrace({ text }: { text: string }) {
  const [all, set] = useState(false);
  const { title, frames } = readStack(text);
  const shown = all ? frames : frames.slice(0, 4);
  return (
    <div class="panel-stack mono">
      <CopyButton text={text} label={stackKey} />
      <pre dir="auto">{[title, ...shown].join("\n")}</pre>
      {frames.length > 4 && (
        <button type="button" class="link" aria-expanded={all} onClick={() => set(!all)}>
          {all ? t("do.showLess") : t("panel.frames", frames.length - 4)}
        </button>
      )}
    </div>
  );
}

/** The level that Sidetrace's events have as their name, with its text. */
function lineOf(event: SpanEvent, values: Record<string, unknown>): string {
  const text = values["exception.message"] ?? values[`${event.name} LOG`] ?? values.message;
  return text === undefined ? "" : textOf(text);
}

function EventRow({ event, start }: { event: SpanEvent; start: bigint }) {
  const { [stackKey]: stack, ...values } = plainObject(event.attributes);
  const line = lineOf(event, values);
  const failed = saysFailure(event.name);
  const [open, set] = useState(failed);
  const dropped = event.droppedAttributesCount ?? 0;
  const more = Object.keys(values).length > 0 || stack !== undefined;
  return (
    <li class="panel-event">
      <button
        type="button"
        class="panel-event-head"
        aria-expanded={more ? open : undefined}
        disabled={!more}
        onClick={() => set(!open)}
      >
        <span class="num dim panel-at">+{duration(Number(BigInt(event.timeUnixNano) - start))}</span>
        <span class={failed ? "error" : ""}>{event.name}</span>
        <span class="cut dim" dir="auto">
          {line}
        </span>
      </button>
      {open && more && (
        <div class="panel-event-body">
          {Object.keys(values).length > 0 && <Attributes values={values} scope="event" />}
          {typeof stack === "string" && <StackTrace text={stack} />}
          {dropped > 0 && <p class="warn">{t("panel.dropped.attributes", dropped)}</p>}
        </div>
      )}
    </li>
  );
}

/** How many events are shown at first. */
const page = 100;

/** The events of a span in the order of time. */
export function Events({ events, start }: { events: readonly SpanEvent[]; start: bigint }) {
  const [shown, show] = useState(page);
  return (
    <>
      <ol class="panel-events">
        {events.slice(0, shown).map((event, i) => (
          <EventRow key={i} event={event} start={start} />
        ))}
      </ol>
      {events.length > shown && (
        <button type="button" class="link" onClick={() => show(shown + page * 5)}>
          {t("do.more")} ({count(events.length - shown)})
        </button>
      )}
    </>
  );
}

interface LinksProps {
  readonly links: readonly SpanLink[];
  readonly trace: TraceData;
  readonly onSelect: (node: number) => void;
}

/** Where the links of a span lead: within this trace, or to another. */
export function Links({ links, trace, onSelect }: LinksProps) {
  return (
    <ol class="panel-events">
      {links.map((each, i) => {
        const node = each.traceId === trace.id ? trace.nodes.get(each.spanId) : undefined;
        const values = plainObject(each.attributes);
        return (
          <li key={i} class="panel-event">
            <p class="panel-link">
              {node === undefined ? (
                <a href={link("trace", each.traceId, { span: each.spanId })} class="mono">
                  {each.traceId.slice(0, 12)}… / {each.spanId}
                </a>
              ) : (
                <button type="button" class="link" onClick={() => onSelect(node)}>
                  {trace.spans[node]?.name}
                </button>
              )}
              <CopyButton text={each.traceId} label={t("col.id")} />
            </p>
            {Object.keys(values).length > 0 && <Attributes values={values} scope="link" />}
          </li>
        );
      })}
    </ol>
  );
}
