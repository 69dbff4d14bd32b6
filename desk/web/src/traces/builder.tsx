// SPDX-License-Identifier: Apache-2.0

import { useEffect, useId, useState } from "preact/hooks";
import type { Answer } from "../api/answer";
import { useAnswer } from "../api/answer";
import type { Condition, Fields, Query } from "../api/schema";
import { t } from "../i18n";
import { range } from "../state/range";
import { Icon } from "../ui/icon";
import { Loading } from "../ui/states";
import { askForRows, rowsOf } from "./question";
import { isKnown, shorthands } from "./suggestions";

/** Operators of the builder; those with "not" in front of exists are written as !(…). */
const operators = ["=", "!=", ">", ">=", "<", "<=", "like", "=~", "!~", "in", "exists", "not exists"] as const;
type Operator = (typeof operators)[number];

/** A row as it is being edited: several values of in have commas between them. */
export interface Row {
  readonly field: string;
  readonly op: Operator;
  readonly value: string;
}

type Value = NonNullable<Condition["values"]>[number];

const empty: Row = { field: "", op: "=", value: "" };

/** The row of a condition. */
export function rowOf(condition: Condition): Row {
  const op = condition.op === "exists" && condition.not ? "not exists" : condition.op;
  return { field: condition.field, op, value: (condition.values ?? []).map((each) => each.text).join(", ") };
}

const statuses = ["ok", "error", "unset"];
const kinds = ["server", "client", "producer", "consumer", "internal", "unspecified"];

const shapes: readonly [Value["type"], RegExp][] = [
  ["int", /^-?\d+[kMG]?$/],
  ["double", /^-?\d+\.\d+(e-?\d+)?$/i],
  ["duration", /^-?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/],
  ["bool", /^(true|false)$/],
];

/** The type that a value is written in: by its field, by the type it had, or by its shape. */
function typed(field: string, text: string, before: Condition | undefined): Value {
  const had = before?.values?.find((each) => each.text === text);
  if (had) return had;
  if (/status$/.test(field) && statuses.includes(text)) return { type: "status", text };
  if (/kind$/i.test(field) && kinds.includes(text)) return { type: "kind", text };
  if (field === "name" || field.endsWith("service.name")) return { type: "string", text };
  return { type: shapes.find(([, shape]) => shape.test(text))?.[0] ?? "string", text };
}

/** The condition of a row; undefined while it is not whole. The condition before keeps the types of its values. */
export function conditionOf(row: Row, before?: Condition): Condition | undefined {
  const field = row.field.trim();
  if (!field) return undefined;
  if (row.op === "exists") return { field, op: "exists" };
  if (row.op === "not exists") return { field, op: "exists", not: true };
  if (row.value === "") return undefined;
  const texts = row.op === "in" ? row.value.split(",").map((each) => each.trim()) : [row.value];
  const same = before?.field === field ? before : undefined;
  const text = row.op === "like" || row.op === "=~" || row.op === "!~";
  const values = texts.map((each): Value => (text ? { type: "string", text: each } : typed(field, each, same)));
  return { field, op: row.op, values, ...(same?.not ? { not: true } : {}) };
}

/** Builds a query from rows, for those who do not write TraceQL; the text above follows it. */
export function Builder({ question }: { question: Answer<Query> }) {
  const known = rowsOf(question);
  const [rows, set] = useState<readonly Row[]>([empty]);
  const fields = useId();
  const all = useAnswer("/fields", range.value && { ...range.value, limit: 2000 }).value;
  const key = JSON.stringify(known);
  useEffect(() => {
    if (known) set(known.length > 0 ? known.map(rowOf) : [empty]);
  }, [key]);
  if (question.loading && !known) return <Loading rows={1} />;
  if (!known) return <p class="builder dim">{t("search.builder.beyond")}</p>;
  const update = (index: number, part: Partial<Row>) =>
    set(rows.map((row, i) => (i === index ? { ...row, ...part } : row)));
  const apply = (event: Event) => {
    event.preventDefault();
    askForRows(rows.flatMap((row, i) => conditionOf(row, known[i]) ?? []));
  };
  return (
    <form class="builder" onSubmit={apply}>
      <FieldNames id={fields} all={all} />
      <p class="dim">{t("search.builder.all")}</p>
      {rows.map((row, i) => (
        <RowFields
          key={i}
          row={row}
          fields={fields}
          known={all}
          onChange={(part) => update(i, part)}
          onRemove={() => set(rows.length > 1 ? rows.filter((_, at) => at !== i) : [empty])}
        />
      ))}
      <div class="builder-do">
        <button type="button" class="button" onClick={() => set([...rows, empty])}>
          <Icon name="plus" />
          {t("search.builder.add")}
        </button>
        <button type="submit" class="button primary">
          {t("search.builder.apply")}
        </button>
      </div>
    </form>
  );
}

function FieldNames({ id, all }: { id: string; all: Fields | undefined }) {
  return (
    <datalist id={id}>
      {shorthands.map((key) => (
        <option key={key} value={key.replace("search.hint.", "")} label={t(key)} />
      ))}
      {all?.fields.map(({ field }) => (
        <option key={field} value={field} />
      ))}
    </datalist>
  );
}

function operatorText(op: Operator): string {
  return op === "exists" || op === "not exists" || op === "like" || op === "in" ? t(`op.${op}`) : op;
}

interface RowProps {
  readonly row: Row;
  readonly fields: string;
  readonly known: Fields | undefined;
  readonly onChange: (part: Partial<Row>) => void;
  readonly onRemove: () => void;
}

function RowFields({ row, fields, known, onChange, onRemove }: RowProps) {
  const list = useId();
  const [active, activate] = useState(false);
  const wanted = active && isKnown(row.field.trim(), known) && range.value;
  const values = useAnswer(
    "/fields/values",
    wanted ? { ...range.value, field: row.field.trim(), limit: 50 } : undefined,
  );
  const hasValue = row.op !== "exists" && row.op !== "not exists";
  return (
    <div class="builder-row">
      <input
        class="mono"
        list={fields}
        aria-label={t("search.builder.field")}
        placeholder={t("search.builder.field")}
        value={row.field}
        onInput={(event) => onChange({ field: event.currentTarget.value })}
      />
      <select
        aria-label={t("search.builder.operator")}
        value={row.op}
        onChange={(event) => onChange({ op: event.currentTarget.value as Operator })}
      >
        {operators.map((op) => (
          <option key={op} value={op}>
            {operatorText(op)}
          </option>
        ))}
      </select>
      {hasValue && (
        <input
          class="mono"
          list={list}
          aria-label={t("search.builder.value")}
          placeholder={t("search.builder.value")}
          value={row.value}
          onFocus={() => activate(true)}
          onInput={(event) => onChange({ value: event.currentTarget.value })}
        />
      )}
      <datalist id={list}>
        {values.value?.values.map(({ value, count }) => (
          <option key={String(value)} value={String(value)} label={String(count)} />
        ))}
      </datalist>
      <button
        type="button"
        class="icon-button"
        aria-label={`${t("do.remove")}: ${row.field}`}
        data-tip={t("do.remove")}
        onClick={onRemove}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
