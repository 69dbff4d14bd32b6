// SPDX-License-Identifier: Apache-2.0

import { useEffect, useMemo, useRef } from "preact/hooks";
import { useLive } from "../api/live";
import { t } from "../i18n";
import { change, go, link, param } from "../state/router";
import { useKeys } from "../ui/keys";
import { lazy } from "../ui/lazy";
import { Empty, Failed, Loading, Partial } from "../ui/states";
import { Tabs } from "../ui/tabs";
import type { TraceData } from "./data";
import { FindBox, findField } from "./find-box";
import { Findings } from "./findings";
import { TraceHeader } from "./header";
import { useTrace } from "./load";
import { createSearch } from "./search";
import { createSelection } from "./selection";
import { type TabId, type TabProps, tabs } from "./tab";
import "./trace.css";

const SpanPanel = lazy<TabProps>(() => import("./panel"));

/** How long to wait for more of a trace that is still coming in, in ms. */
const settle = 400;

/** Loads the trace again as more of it comes, while live is on. */
function useGrowth(id: string, again: () => void) {
  const timer = useRef(0);
  const on = param("live") === "1";
  useLive(on ? { q: `{ trace:id = ${JSON.stringify(id)} }` } : undefined, () => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(again, settle);
  });
  useEffect(() => () => clearTimeout(timer.current), []);
}

/** The page of one trace. */
export default function TracePage({ id }: { id: string }) {
  const answer = useTrace(id);
  const { trace } = answer;
  useGrowth(id, answer.retry);
  if (answer.error?.code === "not_found") {
    return (
      <Empty title={t("trace.missing", id)}>
        <p>{t("error.not_found")}</p>
        <a href={link("traces")}>{t("missing.back")}</a>
      </Empty>
    );
  }
  if (answer.error) return <Failed error={answer.error} onRetry={answer.retry} />;
  if (!trace) return <Loading rows={16} />;
  if (trace.spans.length === 0) return <Empty title={t("trace.empty")} />;
  return <OneTrace trace={trace} />;
}

function OneTrace({ trace }: { trace: TraceData }) {
  const props = useMemo<TabProps>(() => {
    const selection = createSelection(trace);
    return { trace, selection, search: createSearch(trace, selection) };
  }, [trace]);
  const current = tabs.find((tab) => tab.id === param("tab")) ?? tabs[0];
  useTraceKeys(props);
  if (!current) return null;
  const { View } = current;
  return (
    <div class="trace">
      <TraceHeader trace={trace} />
      <Findings {...props} />
      {trace.details.state.value === "failed" && <Partial of={{ warnings: [t("trace.partial")] }} />}
      <div class="trace-bar">
        <Tabs<TabId>
          label={t("trace.tabs")}
          tabs={tabs.map((tab) => ({ id: tab.id, label: t(tab.text) }))}
          current={current.id}
          onSelect={(tab) => change({ tab: tab === "waterfall" ? null : tab })}
          controls="trace-tab"
        />
        <FindBox search={props.search} selection={props.selection} />
      </div>
      <div class="trace-body with-panel">
        <div id="trace-tab" class="trace-tab" role="tabpanel" aria-label={t(current.text)}>
          <View key={current.id} {...props} />
        </div>
        {props.selection.node.value >= 0 && !current.noPanel && <SpanPanel {...props} />}
      </div>
    </div>
  );
}

/** Closes what is open, innermost first, and then goes back to the list. */
function leave({ selection, search }: TabProps) {
  if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur();
  else if (selection.node.peek() >= 0) selection.select(-1);
  else if (selection.finding.peek() >= 0) selection.look(-1);
  else if (search.text.peek()) search.set("");
  else go(link("traces"));
}

/** Looks at the next finding, or the one before. */
function find({ trace, selection }: TabProps, by: 1 | -1) {
  const all = trace.findings.length;
  const now = selection.finding.peek();
  if (all > 0) selection.look(((now < 0 && by < 0 ? 0 : now) + by + all) % all);
}

function useTraceKeys(props: TabProps) {
  useKeys("keys.page", [
    { keys: "/", text: "keys.search", run: () => document.getElementById(findField)?.focus() },
    { keys: "n", text: "keys.next", run: () => props.search.step(1) },
    { keys: "p", text: "keys.previous", run: () => props.search.step(-1) },
    { keys: "f", text: "keys.nextFinding", run: () => find(props, 1) },
    { keys: "F", text: "keys.previousFinding", run: () => find(props, -1) },
    { keys: "Escape", text: "keys.escape", inFields: true, run: () => leave(props) },
    ...tabs.map((tab, i) => ({
      keys: String(i + 1),
      text: "keys.tabs" as const,
      run: () => change({ tab: i === 0 ? null : tab.id }),
    })),
  ]);
}
