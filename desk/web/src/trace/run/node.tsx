// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { Run, RunNode } from "../../api/run";
import { Content } from "../../content/content";
import { count, duration, exactTime, unknown } from "../../format/format";
import { t } from "../../i18n";
import { linkHere } from "../../state/router";
import { CopyButton } from "../../ui/copy";
import { Service } from "../../ui/service";
import { costText } from "../cost";
import type { TraceData } from "../data";
import type { TabProps } from "../tab";
import { contentsOf, type Named, sourceOf } from "./contents";
import { useAttributes } from "./cut";
import { Frames } from "./frames";
import { kindText } from "./list";
import { nodesAround, type Step } from "./steps";

function Fact({ name, children, tip }: { name: string; children: ComponentChildren; tip?: string | undefined }) {
  return (
    <div class="figure" data-tip={tip}>
      <dt>{name}</dt>
      <dd class="num">{children}</dd>
    </div>
  );
}

function cached({ usage }: RunNode): string {
  const parts = [
    usage.cached ? t("run.cached", count(usage.cached)) : "",
    usage.cacheWritten ? t("run.cacheWritten", count(usage.cacheWritten)) : "",
    usage.reasoning ? t("run.reasoning", count(usage.reasoning)) : "",
  ].filter(Boolean);
  return parts.join(" · ");
}

function Facts({ step, trace }: { step: Step; trace: TraceData }) {
  const { node } = step;
  const cost = costText(node.cost);
  return (
    <dl class="figures node-facts">
      <Fact name={t("col.start")} tip={exactTime(trace.start + BigInt(Math.round(step.start)))}>
        +{duration(step.start)}
      </Fact>
      <Fact name={t("col.duration")}>{duration(node.duration)}</Fact>
      {node.firstFrame >= 0 && (
        <Fact name={t("trace.firstFrame")} tip={t("run.firstFrame.tip")}>
          {duration(node.firstFrame)}
        </Fact>
      )}
      {node.usage.total > 0 && (
        <Fact name={t("col.tokens")} tip={cached(node) || undefined}>
          {t("trace.tokens.detail", count(node.usage.input), count(node.usage.output))}
        </Fact>
      )}
      {cost !== unknown && <Fact name={t("col.cost")}>{cost}</Fact>}
      {node.modelCalls + node.embeddingCalls > 1 && (
        <Fact name={t("run.modelCalls")}>{count(node.modelCalls + node.embeddingCalls)}</Fact>
      )}
    </dl>
  );
}

interface PartProps {
  readonly title: string;
  readonly trace: TraceData;
  readonly own: number;
  readonly values: readonly Named[];
}

function noteOf({ trace, own }: PartProps, { span }: Named): string | undefined {
  return span < 0 || span === own ? undefined : trace.spans[span]?.name;
}

function ContentPart(props: PartProps) {
  if (!props.values.length) return null;
  return (
    <section class="node-part">
      <h3>{props.title}</h3>
      {props.values.map((each) => {
        const note = noteOf(props, each);
        return (
          <Content key={`${each.span} ${each.name}`} name={each.name} value={each.value} {...(note && { note })} />
        );
      })}
    </section>
  );
}

function LogLines({ node }: { node: RunNode }) {
  const lines = node.record?.logs ?? [];
  if (!lines.length) return null;
  return (
    <section class="node-part">
      <h3>{t("col.logs")}</h3>
      <ol class="node-logs mono">
        {lines.slice(0, 500).map((line, i) => (
          <li key={i} class={line.level === "ERROR" ? "error" : line.level === "WARN" ? "warn" : ""}>
            <span class="dim">{line.time}</span> <span class="node-level">{line.level}</span>{" "}
            <span dir="auto">{line.message}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** How many spans of a node are listed. */
const most = 100;

/** The spans within a node that are in no node within it. */
function Within({ trace, run, step, selection }: NodeProps) {
  const spans = useMemo(() => {
    const around = nodesAround(trace, run);
    return trace.tree.order.filter((span) => around[span] === step.index && span !== step.node.span);
  }, [trace, run, step.index]);
  const selected = selection.node.value;
  if (!spans.length) return null;
  const level = trace.tree.nodes[step.node.span]?.level ?? 0;
  return (
    <section class="node-part">
      <h3>{t("run.within", spans.length)}</h3>
      <ul class="node-spans">
        {spans.slice(0, most).map((span) => (
          <li key={span}>
            <button
              type="button"
              class={`row node-span ${span === selected ? "current" : ""}`}
              aria-pressed={span === selected}
              onClick={() => selection.select(span)}
            >
              <span
                class="cut node-span-name"
                style={{ paddingLeft: `${Math.min(10, (trace.tree.nodes[span]?.level ?? 0) - level - 1) * 14}px` }}
              >
                <Service name={trace.spans[span]?.service ?? ""} palette={trace.palette} />{" "}
                <span class={trace.spans[span]?.status === "error" ? "error" : ""}>{trace.spans[span]?.name}</span>
              </span>
              <span class="num">{duration(trace.spans[span]?.duration)}</span>
            </button>
          </li>
        ))}
      </ul>
      {spans.length > most && <p class="dim">{t("run.more", spans.length - most)}</p>}
    </section>
  );
}

interface NodeProps extends TabProps {
  readonly run: Run;
  readonly step: Step;
}

/** One node of the run: what it was given, what it did, and what came of it. */
export function NodeDetail(props: NodeProps) {
  const { trace, run, step } = props;
  const { node, index } = step;
  const source = sourceOf(run, index);
  const contents = contentsOf(trace, source, useAttributes(trace, source.spans));
  const part = { trace, own: node.span };
  const bare = !contents.input.length && !contents.output.length;
  return (
    <article class="node" aria-label={node.name}>
      <header class="node-head">
        <h2 class="cut">{node.name}</h2>
        <span class="dim">{kindText(step)}</span>
        {node.logId && (
          <span class="mono dim node-id">
            {node.logId.slice(0, 8)}
            <CopyButton text={node.logId} label="log_id" />
          </span>
        )}
        {node.span >= 0 && (
          <a class="node-open" href={linkHere({ tab: null, span: trace.spans[node.span]?.id ?? null })}>
            {t("run.openSpan")}
          </a>
        )}
      </header>
      <Facts step={step} trace={trace} />
      {node.failed && (
        <p class="node-error" role="note">
          {node.message || t("run.failed")}
        </p>
      )}
      <Frames trace={trace} step={step} />
      <ContentPart {...part} title={t("run.input")} values={contents.input} />
      <ContentPart {...part} title={t("run.output")} values={contents.output} />
      {bare && <p class="dim">{t("run.noContents")}</p>}
      <LogLines node={node} />
      <ContentPart {...part} title={t("run.config")} values={contents.config} />
      <Within {...props} />
    </article>
  );
}
