// SPDX-License-Identifier: Apache-2.0

import { t } from "../i18n";
import type { TabProps } from "./tab";

/** What was found about the trace, each a button that leads to its spans. */
export function Findings({ trace, selection }: TabProps) {
  const current = selection.finding.value;
  if (trace.findings.length === 0) return <p class="findings dim">{t("trace.findings.none")}</p>;
  const found = trace.findings[current];
  return (
    <section class="findings" aria-label={t("trace.findings")}>
      <div class="findings-row">
        {trace.findings.map((finding, i) => (
          <button
            key={`${finding.kind} ${finding.title}`}
            type="button"
            class={`finding finding-${finding.severity}`}
            aria-pressed={i === current}
            data-tip={finding.title}
            onClick={() => selection.look(i)}
          >
            {finding.title}
          </button>
        ))}
      </div>
      {found && (
        <p class="finding-advice">
          <span>{found.advice}</span>
          {found.nodes.length > 1 && (
            <button type="button" class="link" onClick={() => selection.look(current)}>
              {t("trace.finding.next")} ({found.nodes.indexOf(selection.node.value) + 1}/{found.nodes.length})
            </button>
          )}
          <button type="button" class="link" onClick={() => selection.look(-1)}>
            {t("do.close")}
          </button>
        </p>
      )}
    </section>
  );
}
