// SPDX-License-Identifier: Apache-2.0

import { Content } from "../../content/content";
import { count, duration } from "../../format/format";
import { t } from "../../i18n";
import { linkHere } from "../../state/router";
import type { TabProps } from "../tab";
import { useView } from "../view";
import { Section } from "./section";

const parts = [
  ["input", "run.input"],
  ["output", "run.output"],
] as const;

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** What the node trace log has of the node that a span is; the log comes as log records. */
export function NodeLog(props: TabProps & { node: number }) {
  return props.trace.logs > 0 ? <NodeRecord {...props} /> : null;
}

function NodeRecord({ trace, node }: TabProps & { node: number }) {
  const run = useView(trace, "run").value;
  const found = run?.nodes.find((each) => each.span === node && each.record);
  const record = found?.record;
  if (!found || !record) return null;
  const { usage } = found;
  return (
    <Section id="node" title={t("panel.nodeLog")}>
      <dl class="figures">
        <div class="figure">
          <dt>{record.type}</dt>
          <dd class="mono">{record.id}</dd>
        </div>
        {found.firstFrame >= 0 && (
          <div class="figure">
            <dt>{t("trace.firstFrame")}</dt>
            <dd class="num">{duration(found.firstFrame)}</dd>
          </div>
        )}
        {usage.total > 0 && (
          <div class="figure">
            <dt>{t("col.tokens")}</dt>
            <dd class="num">{t("trace.tokens.detail", count(usage.input), count(usage.output))}</dd>
          </div>
        )}
      </dl>
      {parts.map(([key, text]) => !isEmpty(record[key]) && <Values key={key} title={t(text)} value={record[key]} />)}
      {record.llmOutput && (
        <>
          {isEmpty(record.output) && <h4 class="panel-part dim">{t("run.output")}</h4>}
          <Content name="llm_output" value={record.llmOutput} />
        </>
      )}
      {!isEmpty(record.config) && <Values title={t("run.config")} value={record.config} />}
      <a href={linkHere({ tab: "run" })}>{t("panel.openRun")}</a>
    </Section>
  );
}

/** The values of a part of a record, each in its form. */
function Values({ title, value }: { title: string; value: unknown }) {
  const entries = typeof value === "object" && !Array.isArray(value) ? Object.entries(value as object) : [];
  return (
    <>
      <h4 class="panel-part dim">{title}</h4>
      {entries.length === 0 && <Content name={title} value={value} />}
      {entries.slice(0, 50).map(([key, each]) => (
        <Content key={key} name={key} value={each} />
      ))}
    </>
  );
}
