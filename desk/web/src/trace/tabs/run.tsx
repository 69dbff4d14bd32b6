// SPDX-License-Identifier: Apache-2.0

import { useMemo } from "preact/hooks";
import type { Run } from "../../api/run";
import { count, duration } from "../../format/format";
import { t } from "../../i18n";
import { change, param } from "../../state/router";
import { useKeys } from "../../ui/keys";
import { LongText } from "../../ui/long-text";
import { Empty, Failed, Loading } from "../../ui/states";
import { type Tab, Tabs } from "../../ui/tabs";
import { useDetail } from "../detail";
import { requestIn } from "../run/contents";
import { StepList } from "../run/list";
import { Money } from "../run/money";
import { NodeDetail } from "../run/node";
import { firstStep, nodesAround, type Step, stepsOf } from "../run/steps";
import { Tools } from "../run/tools-view";
import type { TabProps } from "../tab";
import { useView } from "../view";
import "../run/run.css";

/** The agent's run: node after node, what it cost, and the tools that it used. */
export default function RunTab(props: TabProps) {
  const answer = useView(props.trace, "run");
  if (answer.error) return <Failed error={answer.error} onRetry={answer.retry} />;
  if (!answer.value) return <Loading />;
  const run = answer.value;
  if (!run.nodes.length && !run.calls.length) {
    return (
      <Empty title={t("run.none")}>
        <p>{t("run.noneText")}</p>
      </Empty>
    );
  }
  return <Shown {...props} run={run} />;
}

type Part = "nodes" | "money" | "tools";

function Shown(props: TabProps & { run: Run }) {
  const { run } = props;
  const part = (["money", "tools"] as const).find((each) => each === param("part")) ?? "nodes";
  const tabs: Tab<Part>[] = [
    { id: "nodes", label: t("run.nodes"), badge: count(run.nodes.length) },
    { id: "money", label: t("run.money") },
    { id: "tools", label: t("run.toolCalls"), badge: count(run.toolCalls) },
  ];
  return (
    <div class="run">
      <div class="run-top">
        <Tabs<Part>
          label={t("run.parts")}
          tabs={tabs}
          current={part}
          onSelect={(id) => change({ part: id === "nodes" ? null : id })}
          controls="run-part"
        />
        <Figures run={run} />
      </div>
      <div id="run-part" class="run-part" role="tabpanel" aria-label={tabs.find((tab) => tab.id === part)?.label}>
        {part === "nodes" && <Nodes {...props} />}
        {part === "money" && <Money {...props} />}
        {part === "tools" && <Tools {...props} />}
      </div>
    </div>
  );
}

function Figures({ run }: { run: Run }) {
  return (
    <dl class="figures run-figures">
      <div class="figure" data-tip={t("run.wall.tip", duration(run.modelTime))}>
        <dt>{t("run.inModels")}</dt>
        <dd class="num">{duration(run.modelWall)}</dd>
      </div>
      <div class="figure" data-tip={t("run.wall.tip", duration(run.toolTime))}>
        <dt>{t("run.inTools")}</dt>
        <dd class="num">{duration(run.toolWall)}</dd>
      </div>
      <div class="figure">
        <dt>{t("run.modelCalls")}</dt>
        <dd class="num">
          {count(run.modelCalls)}
          {run.failedCalls > 0 && <span class="error"> ({t("run.failures", run.failedCalls)})</span>}
        </dd>
      </div>
      <div class="figure">
        <dt>{t("run.toolCalls")}</dt>
        <dd class="num">
          {count(run.toolCalls)}
          {run.failedTools > 0 && <span class="error"> ({t("run.failures", run.failedTools)})</span>}
        </dd>
      </div>
    </dl>
  );
}

/** The node that the address names: that of the selected span, or one without a span. */
function currentNode(props: TabProps & { run: Run }, around: Int32Array, steps: readonly Step[]): number {
  const span = props.selection.node.value;
  if (span >= 0) return around[span] ?? -1;
  const named = Number.parseInt(param("node"), 10);
  return props.run.nodes[named] ? named : firstStep(steps);
}

function Nodes(props: TabProps & { run: Run }) {
  const { trace, run, selection, search } = props;
  const steps = useMemo(() => stepsOf(trace, run), [trace, run]);
  const around = useMemo(() => nodesAround(trace, run), [trace, run]);
  const current = currentNode(props, around, steps);
  const step = steps.find((each) => each.index === current);
  const go = (index: number) => {
    const span = trace.spans[run.nodes[index]?.span ?? -1]?.id ?? null;
    change({ span, node: span ? null : String(index) }, "replace");
  };
  const by = (distance: number) => {
    const next = steps[steps.findIndex((each) => each.index === current) + distance];
    if (next) go(next.index);
  };
  useKeys("keys.page", [
    { keys: "j", text: "keys.down", run: () => by(1) },
    { keys: "k", text: "keys.up", run: () => by(-1) },
    { keys: "ArrowDown", text: "keys.down", run: () => by(1) },
    { keys: "ArrowUp", text: "keys.up", run: () => by(-1) },
  ]);
  return (
    <>
      <Asked {...props} />
      <div class="run-split">
        <StepList
          trace={trace}
          steps={steps}
          current={current}
          matched={search.matched.value}
          marked={selection.marked.value}
          onSelect={go}
        />
        <div class="run-detail">
          {step ? (
            <NodeDetail key={step.index} {...props} step={step} />
          ) : (
            <p class="dim run-outside">{t("run.outside")}</p>
          )}
        </div>
      </div>
    </>
  );
}

/** Traces of more spans are not loaded as they were sent only for the question. */
const most = 20_000;

/** What the run was asked and what it answered, if its record says so. */
function Asked({ trace }: TabProps) {
  return trace.spans.length <= most ? <Question trace={trace} /> : null;
}

function Question({ trace }: Pick<TabProps, "trace">) {
  const detail = useDetail(trace).value;
  const request = useMemo(() => requestIn(detail?.logs.map(({ log }) => log.body?.stringValue ?? "") ?? []), [detail]);
  if (!request) return null;
  return (
    <dl class="asked">
      <dt class="dim">{t("run.question")}</dt>
      <dd>
        <LongText text={request.question} />
      </dd>
      <dt class="dim">{t("run.answer")}</dt>
      <dd>{request.answer ? <LongText text={request.answer} /> : <span class="dim">–</span>}</dd>
    </dl>
  );
}
