// SPDX-License-Identifier: Apache-2.0

import { useMemo, useState } from "preact/hooks";
import { hueOf } from "../../format/colour";
import { count, duration, tokens as tokenText, unknown } from "../../format/format";
import { t } from "../../i18n";
import { Bar } from "../../ui/bar";
import type { TabProps } from "../tab";
import { type Operation, type OperationKey, operations } from "./operations";

/** How many operations are shown. */
const most = 200;

interface TableProps extends TabProps {
  readonly tokens: (node: number) => number;
  readonly hasTokens: boolean;
}

const texts = {
  self: "wf.own",
  total: "flame.total",
  count: "col.spans",
  errors: "col.errors",
  tokens: "col.tokens",
} as const;

function figure(operation: Operation, key: OperationKey): string {
  if (key === "count" || key === "errors") return count(operation[key]);
  return key === "tokens" ? tokenText(operation.tokens || undefined) : duration(operation[key]);
}

function className(operation: Operation, key: OperationKey): string {
  if (operation[key] === 0) return "num dim";
  return key === "errors" ? "num error" : "num";
}

/** The operations of the trace, the heaviest first; one that is chosen is searched for. */
export function OperationsTable({ trace, search, tokens, hasTokens }: TableProps) {
  const [by, sort] = useState<OperationKey>("self");
  const all = useMemo(() => operations(trace, tokens, by), [trace, tokens, by]);
  const largest = Math.max(1, ...all.slice(0, 1).map((each) => each[by]));
  const keys: OperationKey[] = hasTokens
    ? ["self", "total", "count", "errors", "tokens"]
    : ["self", "total", "count", "errors"];
  const text = search.text.value;
  return (
    <section class="flame-table" aria-label={t("flame.heaviest")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("flame.heaviest")}</th>
            {keys.map((key) => (
              <th key={key} scope="col" class="num" aria-sort={key === by ? "descending" : "none"}>
                <button type="button" class="flame-sort" onClick={() => sort(key)}>
                  {t(texts[key])}
                  {key === by ? " ↓" : ""}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {all.slice(0, most).map((each) => (
            <tr key={`${each.service} ${each.name}`} class={each.name === text ? "flame-chosen" : ""}>
              <th scope="row">
                <button
                  type="button"
                  class="flame-operation"
                  aria-pressed={each.name === text}
                  onClick={() => search.set(each.name === text ? "" : each.name)}
                >
                  <span class="flame-line">
                    <span
                      class="wf-dot"
                      style={{ background: hueOf(trace.palette, each.service) }}
                      aria-hidden="true"
                    />
                    <span class="cut" dir="auto">
                      {each.name || unknown}
                    </span>
                    <span class="cut dim">{each.service}</span>
                  </span>
                  <Bar share={each[by] / largest} colour={hueOf(trace.palette, each.service)} />
                </button>
              </th>
              {keys.map((key) => (
                <td key={key} class={className(each, key)}>
                  {figure(each, key)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {all.length > most && <p class="dim flame-more">{t("flame.more", all.length - most)}</p>}
    </section>
  );
}
