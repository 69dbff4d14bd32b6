// SPDX-License-Identifier: Apache-2.0

import { useMemo } from "preact/hooks";
import { hueOf } from "../../format/colour";
import { duration, tokens, unknown } from "../../format/format";
import { t } from "../../i18n";
import { VirtualList } from "../../ui/virtual-list";
import { costText, decimals } from "../cost";
import type { TraceData } from "../data";
import { phasesOf, type Step } from "./steps";

/** What kind of step a node is: its type if it says one. */
export function kindText(step: Step): string {
  return step.node.type || t(`run.kind.${step.node.kind}`);
}

interface LaneProps {
  readonly trace: TraceData;
  readonly step: Step;
}

/** When the node ran within the trace: waiting for the first frame is drawn thin. */
function Lane({ trace, step }: LaneProps) {
  const whole = Math.max(trace.duration, 1);
  const { node, start } = step;
  const phases = phasesOf(node);
  const service = trace.spans[node.span]?.service ?? "";
  const at = (ns: number) => `${Math.max(0, Math.min(100, (100 * ns) / whole))}%`;
  const colour = node.failed ? "var(--error)" : service ? hueOf(trace.palette, service) : "var(--line-2)";
  return (
    <span class="lane" aria-hidden="true">
      {phases && <span class="lane-wait" style={{ left: at(start), width: at(phases.wait), background: colour }} />}
      <span
        class="lane-work"
        style={{
          left: at(start + (phases?.wait ?? 0)),
          width: `max(2px, ${at(phases?.stream ?? node.duration)})`,
          background: colour,
        }}
      />
    </span>
  );
}

interface RowProps extends LaneProps {
  readonly current: boolean;
  readonly matched: boolean;
  readonly marked: boolean;
  /** Of its cost. */
  readonly places: number | undefined;
  readonly onSelect: () => void;
}

const idOf = (step: Step) => `run-step-${step.index}`;

function Row({ trace, step, current, matched, marked, places, onSelect }: RowProps) {
  const { node, depth } = step;
  const { total } = node.usage;
  const cost = costText(node.cost, places);
  return (
    <button
      type="button"
      role="option"
      tabIndex={-1}
      id={idOf(step)}
      class={`row step ${matched ? "step-matched" : ""} ${marked ? "step-marked" : ""}`}
      aria-selected={current}
      onClick={onSelect}
    >
      <span class="step-name cut" style={{ paddingLeft: `${Math.min(depth, 12) * 14}px` }}>
        <span class={node.failed ? "step-title error" : "step-title"}>{node.name}</span>{" "}
        {node.failed && (
          <span class="error" role="img" aria-label={t("status.error")}>
            ✕{" "}
          </span>
        )}
        <span class="dim">{kindText(step)}</span>
      </span>
      <Lane trace={trace} step={step} />
      <span class="step-num num">{duration(node.duration)}</span>
      <span class="step-num num dim step-frame">{node.firstFrame >= 0 ? duration(node.firstFrame) : ""}</span>
      <span class="step-num step-tokens num dim">{total ? tokens(total) : ""}</span>
      <span class="step-num num dim step-cost">{cost === unknown ? "" : cost}</span>
    </button>
  );
}

interface ListProps {
  readonly trace: TraceData;
  readonly steps: readonly Step[];
  readonly current: number;
  readonly matched: ReadonlySet<number>;
  readonly marked: ReadonlySet<number>;
  readonly onSelect: (index: number) => void;
}

/** The classes that hide columns in which no node has anything. */
function missing(steps: readonly Step[]): string {
  const none = [
    steps.some((step) => step.node.firstFrame >= 0) ? "" : "no-frames",
    steps.some((step) => step.node.usage.total) ? "" : "no-tokens",
    steps.some((step) => costText(step.node.cost) !== unknown) ? "" : "no-cost",
  ];
  return none.join(" ");
}

/** The nodes of the run in order, with when they ran and what they took. */
export function StepList({ trace, steps, current, matched, marked, onSelect }: ListProps) {
  const at = steps.findIndex((step) => step.index === current);
  const bare = useMemo(() => missing(steps), [steps]);
  const places = useMemo(() => decimals(steps.map((step) => step.node.cost)), [steps]);
  const active = steps[at];
  return (
    <VirtualList
      class={`steps ${bare}`}
      role="listbox"
      label={t("run.nodes")}
      count={steps.length}
      current={at}
      active={active && idOf(active)}
      head={
        <div class="row step step-head">
          <span class="step-name">{t("run.node")}</span>
          <span class="lane-head">{t("run.timeline")}</span>
          <span class="step-num">{t("col.duration")}</span>
          <span class="step-num step-frame">{t("trace.firstFrame")}</span>
          <span class="step-num step-tokens">{t("col.tokens")}</span>
          <span class="step-num step-cost">{t("col.cost")}</span>
        </div>
      }
      row={(i) => {
        const step = steps[i];
        return (
          step && (
            <Row
              key={step.index}
              trace={trace}
              step={step}
              current={step.index === current}
              matched={matched.has(step.node.span)}
              marked={marked.has(step.node.span)}
              places={places}
              onSelect={() => onSelect(step.index)}
            />
          )
        );
      }}
    />
  );
}
