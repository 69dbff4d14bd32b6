// SPDX-License-Identifier: Apache-2.0

import { useMemo } from "preact/hooks";
import { Content } from "../../content/content";
import { duration, exactTime } from "../../format/format";
import { t } from "../../i18n";
import { change, param } from "../../state/router";
import { CopyButton } from "../../ui/copy";
import { useKeys } from "../../ui/keys";
import { Service } from "../../ui/service";
import { Empty, Failed, Loading } from "../../ui/states";
import { Attribute } from "../../ui/value";
import { VirtualList } from "../../ui/virtual-list";
import type { TraceData } from "../data";
import { useDetail } from "../detail";
import { filterRecords, type Level, type LogRecord, levels, recordsOf } from "../logs/records";
import { isWithin } from "../places";
import type { TabProps } from "../tab";
import "../../graph/graph.css";
import "../logs/logs.css";

/** What was logged in the trace, by time. */
export default function LogsTab(props: TabProps) {
  const { trace } = props;
  const detail = useDetail(trace);
  const records = useMemo(() => detail.value && recordsOf(trace, detail.value), [trace, detail.value]);
  if (detail.error) return <Failed error={detail.error} onRetry={detail.retry} />;
  if (!records) return <Loading />;
  if (!records.length) {
    return (
      <Empty title={t("logs.none")}>
        <p>{t("logs.noneText")}</p>
      </Empty>
    );
  }
  return <Records {...props} records={records} />;
}

function levelText(level: Level | undefined): string {
  return level ? level.toUpperCase() : "";
}

function levelClass(level: Level | undefined): string {
  if (level === "error" || level === "fatal") return "error";
  return level === "warn" ? "warn" : "dim";
}

function Records(props: TabProps & { records: readonly LogRecord[] }) {
  const { trace, selection, records } = props;
  const least = levels.find((level) => level === param("level")) ?? "";
  const text = param("text");
  const selected = selection.node.value;
  const only = param("only") === "1" && selected >= 0 ? selected : -1;
  const shown = useMemo(() => {
    const within = (span: number) => only < 0 || (span >= 0 && isWithin(trace, span, only));
    return filterRecords(records, { least, text, within });
  }, [records, least, text, only]);
  const named = records[Number.parseInt(param("log"), 10)];
  const current = named ? shown.indexOf(named) : -1;
  const go = (i: number) => {
    const record = shown[i];
    if (record) change({ log: String(records.indexOf(record)) }, "replace");
  };
  useKeys("keys.page", [
    { keys: "j", text: "keys.down", run: () => go(Math.min(shown.length - 1, current + 1)) },
    { keys: "k", text: "keys.up", run: () => go(Math.max(0, current - 1)) },
  ]);
  return (
    <div class="logs">
      <Filters trace={trace} selected={selected} only={only} least={least} text={text} shown={shown.length} />
      <VirtualList
        role="listbox"
        label={t("trace.tab.logs")}
        count={shown.length}
        current={current}
        row={(i) => {
          const record = shown[i];
          return (
            record && (
              <Row
                key={i}
                trace={trace}
                record={record}
                current={i === current}
                marked={selected >= 0 && record.span === selected}
                onSelect={() => go(i)}
              />
            )
          );
        }}
      />
      {current >= 0 && named && <Detail trace={trace} record={named} onSpan={(span) => selection.select(span)} />}
    </div>
  );
}

interface FiltersProps {
  readonly trace: TraceData;
  readonly selected: number;
  readonly only: number;
  readonly least: Level | "";
  readonly text: string;
  readonly shown: number;
}

function Filters({ trace, selected, only, least, text, shown }: FiltersProps) {
  return (
    <div class="graph-bar logs-bar">
      <select
        aria-label={t("logs.level")}
        value={least}
        onChange={(event) => change({ level: event.currentTarget.value }, "replace")}
      >
        <option value="">{t("logs.anyLevel")}</option>
        {levels.slice(1).map((level) => (
          <option key={level} value={level}>
            ≥ {levelText(level)}
          </option>
        ))}
      </select>
      <input
        type="search"
        value={text}
        placeholder={t("logs.text")}
        aria-label={t("logs.text")}
        onInput={(event) => change({ text: event.currentTarget.value }, "replace")}
      />
      {selected >= 0 && (
        <button
          type="button"
          class="button cut"
          aria-pressed={only >= 0}
          onClick={() => change({ only: only >= 0 ? null : "1" }, "replace")}
        >
          {t("logs.only", trace.spans[selected]?.name ?? "")}
        </button>
      )}
      <span class="dim num logs-count" role="status">
        {t("n.logs", shown)}
      </span>
    </div>
  );
}

interface RowProps {
  readonly trace: TraceData;
  readonly record: LogRecord;
  readonly current: boolean;
  readonly marked: boolean;
  readonly onSelect: () => void;
}

function Row({ trace, record, current, marked, onSelect }: RowProps) {
  return (
    <button
      type="button"
      role="option"
      tabIndex={-1}
      class={`row log ${marked ? "log-marked" : ""}`}
      aria-selected={current}
      onClick={onSelect}
    >
      <span class="log-time num dim">{duration(record.time)}</span>
      <span class={`log-level mono ${levelClass(record.level)}`}>{levelText(record.level)}</span>
      <span class="log-service cut">{record.service && <Service name={record.service} palette={trace.palette} />}</span>
      <span class={`log-line mono cut ${levelClass(record.level) === "error" ? "error" : ""}`} dir="auto">
        {record.kind !== "log" && <span class="dim">{t(`logs.${record.kind}`)} </span>}
        {record.line}
      </span>
      <span class="log-span cut dim fold-2">{trace.spans[record.span]?.name}</span>
    </button>
  );
}

interface DetailProps {
  readonly trace: TraceData;
  readonly record: LogRecord;
  readonly onSpan: (span: number) => void;
}

function Detail({ trace, record, onSpan }: DetailProps) {
  const { level, service, span, name, body, attributes, time } = record;
  const at = exactTime(trace.start + BigInt(Math.round(time)));
  const keys = Object.entries(attributes);
  return (
    <section class="log-detail" aria-label={t("logs.record")}>
      <p class="log-facts">
        <span class={levelClass(level)}>{levelText(level)}</span>
        <span class="num">{at}</span>
        <CopyButton text={at} label={t("col.time")} />
        {service && <Service name={service} palette={trace.palette} />}
        {name && <span class="mono">{name}</span>}
        {span >= 0 && (
          <button type="button" class="link" onClick={() => onSpan(span)}>
            {trace.spans[span]?.name}
          </button>
        )}
        <button type="button" class="link log-close" onClick={() => change({ log: null }, "replace")}>
          {t("do.close")}
        </button>
      </p>
      {body !== "" && body !== null && <Content name={t("logs.body")} value={body} />}
      {keys.length > 0 && (
        <dl class="attributes">
          {keys.map(([key, value]) => (
            <Attribute key={key} name={key} value={value} />
          ))}
        </dl>
      )}
      {!keys.length && (body === "" || body === null) && <p class="dim">{t("value.empty")}</p>}
    </section>
  );
}
