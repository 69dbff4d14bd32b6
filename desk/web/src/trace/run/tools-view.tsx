// SPDX-License-Identifier: Apache-2.0

import { useMemo, useState } from "preact/hooks";
import type { Run } from "../../api/run";
import { Content } from "../../content/content";
import { count, duration } from "../../format/format";
import { t } from "../../i18n";
import { Empty } from "../../ui/states";
import { textOf } from "../../ui/value";
import type { TabProps } from "../tab";
import type { Named } from "./contents";
import { type Tool, toolsOf, type Use } from "./tools";

/** How many uses of a tool are listed at first, and each time more. */
const page = 50;

/** Values in one line. */
function brief(values: readonly Named[]): string {
  const text = values.map(({ name, value }) => `${name}: ${textOf(value).slice(0, 200)}`).join(", ");
  return text.replace(/\s+/g, " ").slice(0, 300);
}

function UseRow({ use, selected, onSelect }: { use: Use; selected: boolean; onSelect: () => void }) {
  const [open, set] = useState(false);
  return (
    <li class="use">
      <div class={`row use-row ${selected ? "current" : ""}`}>
        <span class="use-asked">
          <button
            type="button"
            class="json-fold use-fold cut"
            aria-expanded={open}
            onClick={() => {
              set(!open);
              if (!open) onSelect();
            }}
          >
            <span class="json-arrow" aria-hidden="true">
              {open ? "▾" : "▸"}
            </span>
            <span class="mono">{brief(use.input) || <span class="dim">{t("run.noArguments")}</span>}</span>
          </button>
          {use.repeats > 0 && <span class="tag">{t("run.again", use.repeats + 1)}</span>}
        </span>
        <span class={`mono cut use-result ${use.failed ? "error" : "dim"}`}>
          {use.failed ? use.message || t("status.error") : brief(use.output)}
        </span>
        <span class="num step-num">{duration(use.duration)}</span>
      </div>
      {open && (
        <div class="use-body">
          {[...use.input, ...use.output].map((each, i) => (
            <Content key={i} name={each.name} value={each.value} />
          ))}
        </div>
      )}
    </li>
  );
}

function OneTool({ tool, selection }: { tool: Tool } & Pick<TabProps, "selection">) {
  const [shown, show] = useState(page);
  return (
    <section class="money-part" aria-label={tool.name}>
      <h3 class="tool-head">
        <span class="mono">{tool.name}</span>
        <span class="dim num tool-figures">
          {t("run.uses", tool.uses.length)} · {duration(tool.duration)}
          {tool.failed > 0 && <span class="error"> · {t("run.failures", tool.failed)}</span>}
          {tool.repeated > 0 && <span class="warn"> · {t("run.repeated", tool.repeated)}</span>}
        </span>
      </h3>
      <ol class="uses">
        {tool.uses.slice(0, shown).map((use) => (
          <UseRow
            key={use.span}
            use={use}
            selected={selection.node.value === use.span}
            onSelect={() => selection.select(use.span)}
          />
        ))}
      </ol>
      {tool.uses.length > shown && (
        <button type="button" class="link" onClick={() => show(shown + page)}>
          {t("do.more")} ({count(tool.uses.length - shown)})
        </button>
      )}
    </section>
  );
}

/** The tools of the run, with what each was asked and what it answered. */
export function Tools({ trace, run, selection }: TabProps & { run: Run }) {
  const tools = useMemo(() => toolsOf(trace, run), [trace, run, trace.details.state.value]);
  if (!tools.length) return <Empty title={t("run.noTools")} />;
  return (
    <div class="money">
      {tools.map((tool) => (
        <OneTool key={tool.name} tool={tool} selection={selection} />
      ))}
    </div>
  );
}
