// SPDX-License-Identifier: Apache-2.0

import { duration, exactTime, percent, unknown } from "../format/format";
import { t } from "../i18n";
import { CopyButton } from "../ui/copy";
import { Icon } from "../ui/icon";
import { Service } from "../ui/service";
import { SidePanel } from "../ui/side-panel";
import { Attributes } from "./panel/attributes";
import { NodeLog } from "./panel/node-log";
import { Section } from "./panel/section";
import { Sent } from "./panel/sent";
import type { TabProps } from "./tab";
import { ancestors } from "./waterfall/rows";
import "./panel/panel.css";

/** The panel of the selected span. */
export default function SpanPanel(props: TabProps) {
  const { trace, selection } = props;
  const node = selection.node.value;
  const span = trace.spans[node];
  if (!span) return null;
  const { attributes } = span;
  return (
    <SidePanel
      label={t("panel.label")}
      title={
        <h2 class="cut" dir="auto">
          {span.name || unknown}
        </h2>
      }
      onClose={() => selection.select(-1)}
    >
      <div key={span.id}>
        <Path {...props} node={node} />
        <Facts {...props} node={node} />
        <Marks {...props} node={node} />
        <SpanFindings {...props} node={node} />
        <NodeLog {...props} node={node} />
        <Section id="attributes" title={t("panel.attributes")} size={Object.keys(attributes).length}>
          <Attributes values={attributes} scope="span" />
        </Section>
        <Sent {...props} node={node} />
      </div>
    </SidePanel>
  );
}

interface PartProps extends TabProps {
  readonly node: number;
}

/** The spans above, the outermost first; of many, the first and the last ones. */
function Path({ trace, selection, node }: PartProps) {
  const above = ancestors(trace, node).reverse();
  if (above.length === 0) return null;
  const shown = above.length > 6 ? [...above.slice(0, 2), -1, ...above.slice(-3)] : above;
  return (
    <nav class="panel-path" aria-label={t("panel.path")}>
      <ol>
        {shown.map((each) => (
          <li key={each}>
            {each < 0 ? (
              "…"
            ) : (
              <button type="button" class="link cut" dir="auto" onClick={() => selection.select(each)}>
                {trace.spans[each]?.name || unknown}
              </button>
            )}
            <Icon name="right" />
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** The status of a span and, named, the code of HTTP or gRPC beside it. */
function statusText(status: string, code: unknown): string {
  if (code === undefined) return status;
  return `${status} · ${Number(code) >= 100 ? "HTTP" : "gRPC"} ${code}`;
}

function Facts({ trace, node }: PartProps) {
  const span = trace.spans[node];
  const place = trace.tree.nodes[node];
  if (!span || !place) return null;
  const facts: [string, string, string?][] = [
    [t("col.start"), `+${duration(trace.offsets[node])}`, exactTime(span.start)],
    [t("col.duration"), duration(span.duration), percent(span.duration, trace.duration)],
    [t("wf.own"), duration(place.self), t("wf.own.tip")],
    [t("col.kind"), span.kind],
    [t("col.status"), statusText(span.status, place.badge?.value)],
  ];
  return (
    <>
      <p class="panel-facts">
        <Service name={span.service} palette={trace.palette} />
        <span class="mono dim panel-id">
          {span.id}
          <CopyButton text={span.id} label={t("panel.id")} />
        </span>
      </p>
      <dl class="figures panel-figures">
        {facts.map(([name, text, tip]) => (
          <div key={name} class="figure" data-tip={tip}>
            <dt>{name}</dt>
            <dd class={name === t("col.status") && span.status === "error" ? "num error" : "num"}>{text}</dd>
          </div>
        ))}
      </dl>
      {span.status === "error" && (
        <p class="panel-error" dir="auto">
          {span.message || t("wf.failed")}
        </p>
      )}
    </>
  );
}

/** What is unusual about the place of a span. */
function Marks({ trace, node }: PartProps) {
  const marks = trace.tree.nodes[node]?.marks ?? [];
  const row = trace.waterfall.rows.find((each) => each.node === node);
  if (marks.length === 0 && !row?.skewed) return null;
  return (
    <ul class="panel-marks">
      {marks.map((mark) => (
        <li key={mark}>
          <span class="tag">{t(`wf.${mark}`)}</span> {t(`wf.${mark}.tip`)}
        </li>
      ))}
      {row?.skewed && (
        <li>
          <span class="tag">{t("wf.skewed")}</span> {t("wf.skewed.tip", duration(row.shift))}
        </li>
      )}
    </ul>
  );
}

/** What was found about the span. */
function SpanFindings({ trace, selection, node }: PartProps) {
  const found = trace.findings.flatMap((finding, i) => (finding.nodes.includes(node) ? [{ finding, i }] : []));
  if (found.length === 0) return null;
  return (
    <ul class="panel-findings" aria-label={t("trace.findings")}>
      {found.map(({ finding, i }) => (
        <li key={i}>
          <button
            type="button"
            class={`panel-finding finding-${finding.severity}`}
            aria-pressed={selection.finding.value === i}
            onClick={() => selection.look(i)}
          >
            {finding.title}
          </button>
          {finding.severity !== "info" && <p class="dim">{finding.advice}</p>}
        </li>
      ))}
    </ul>
  );
}
