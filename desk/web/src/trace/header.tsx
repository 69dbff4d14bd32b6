// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from "preact";
import { ask, base, queryText } from "../api/client";
import { count, duration, exactTime, millis, oneLine, timeZoned, tokens, unknown } from "../format/format";
import { t } from "../i18n";
import { link } from "../state/router";
import { CopyButton } from "../ui/copy";
import { download } from "../ui/download";
import { Icon } from "../ui/icon";
import { Menu } from "../ui/menu";
import { Service } from "../ui/service";
import { failureText } from "../ui/states";
import { toast } from "../ui/toast";
import { costText } from "./cost";
import type { TraceData } from "./data";

/** Names under which spans say which session they belong to (semconv, Sidetrace). */
const sessionKeys = ["session.id", "sid", "gen_ai.conversation.id", "chat_id"];

/** How many spans are looked at, from the root on. */
const looked = 50;

function sessionOf(trace: TraceData): string {
  for (const node of trace.tree.order.slice(0, looked)) {
    const attributes = trace.spans[node]?.attributes ?? {};
    const key = sessionKeys.find((each) => typeof attributes[each] === "string" && attributes[each]);
    if (key) return String(attributes[key]);
  }
  return "";
}

function Figure({ name, children, tip }: { name: string; children: ComponentChildren; tip?: string | undefined }) {
  return (
    <div class="figure" data-tip={tip}>
      <dt>{name}</dt>
      <dd class="num">{children}</dd>
    </div>
  );
}

/** Saves the trace as one file that opens without the desk, or as it was sent. */
async function save(trace: TraceData, format: "html" | "json") {
  const url = `${base}/traces/${trace.id}${queryText({ format: format === "html" ? format : undefined })}`;
  const result = await ask({ url }, (response) => response.text());
  if (result.ok)
    download(`trace-${trace.id}.${format}`, format === "html" ? "text/html" : "application/json", result.value);
  else toast(result.error.message || failureText(result.error), "error");
}

/** The two lines above a trace: what it is, and its figures. */
export function TraceHeader({ trace }: { trace: TraceData }) {
  const { summary } = trace;
  const root = trace.spans[summary.root];
  const question = trace.details.run.value?.question;
  return (
    <header class="trace-head">
      <div class="trace-line">
        <Service name={root?.service ?? summary.rootService} palette={trace.palette} />
        <h1 class="cut">{root?.name ?? summary.rootName}</h1>
        {question && (
          <span class="cut dim trace-question" dir="auto" data-tip={question}>
            {oneLine(question)}
          </span>
        )}
        <span class="mono dim trace-id">
          <span class="trace-id-text">{trace.id.slice(0, 12)}…</span>
          <CopyButton text={trace.id} label={t("col.id")} />
        </span>
        {!__STANDALONE__ && (
          <Menu
            label={t("trace.export")}
            icon="download"
            class="trace-export"
            items={[
              { label: t("trace.export.html"), run: () => save(trace, "html") },
              { label: t("trace.export.json"), run: () => save(trace, "json") },
            ]}
          >
            {t("trace.export")}
            <Icon name="down" />
          </Menu>
        )}
      </div>
      <Figures trace={trace} />
    </header>
  );
}

function Figures({ trace }: { trace: TraceData }) {
  const run = trace.details.run.value;
  const { errors, levels, serviceCount } = trace.summary;
  const session = sessionOf(trace);
  const unpriced = run?.cost.unpriced;
  const used = run?.usage;
  return (
    <dl class="figures">
      <Figure name={t("col.start")} tip={exactTime(trace.start)}>
        {timeZoned(millis(trace.start))}
      </Figure>
      <Figure name={t("col.duration")} tip={t("trace.duration.tip")}>
        {duration(trace.duration)}
      </Figure>
      <Figure name={t("col.spans")} tip={t("n.levels", levels)}>
        {count(trace.spans.length)}
      </Figure>
      <Figure name={t("col.services")}>{count(serviceCount)}</Figure>
      <Figure name={t("col.errors")}>{errors > 0 ? <span class="error">{count(errors)}</span> : count(errors)}</Figure>
      <Figure
        name={t("col.tokens")}
        tip={used?.total ? t("trace.tokens.detail", count(used.input), count(used.output)) : undefined}
      >
        {used?.total ? tokens(used.total) : unknown}
      </Figure>
      <Figure name={t("col.cost")} tip={unpriced ? t("trace.cost.unpriced", unpriced) : undefined}>
        {costText(run?.cost)}
      </Figure>
      <Figure name={t("trace.firstFrame")} tip={t("trace.firstFrame.tip")}>
        {run && run.firstFrame >= 0 ? duration(run.firstFrame) : unknown}
      </Figure>
      {session && (
        <div class="figure trace-session">
          <dt>{t("trace.session")}</dt>
          <dd class="cut">{__STANDALONE__ ? session : <a href={link("session", session)}>{session}</a>}</dd>
        </div>
      )}
      <Unusual trace={trace} />
    </dl>
  );
}

/** What is unusual about the trace itself. */
function Unusual({ trace }: { trace: TraceData }) {
  const { orphans, replaced } = trace.tree;
  return (
    <div class="unusual">
      {trace.waterfall.skewed && (
        <span class="tag" data-tip={t("trace.skewed.tip")}>
          {t("trace.skewed")}
        </span>
      )}
      {orphans > 0 && (
        <span class="tag" data-tip={t("trace.orphans.tip")}>
          {t("trace.orphans", orphans)}
        </span>
      )}
      {replaced > 0 && (
        <span class="tag" data-tip={t("trace.replaced.tip")}>
          {t("trace.replaced", replaced)}
        </span>
      )}
    </div>
  );
}
