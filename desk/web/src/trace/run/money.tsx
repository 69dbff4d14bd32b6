// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from "preact";
import type { Call, Repeat, Run, Totals } from "../../api/run";
import { count, duration, money, percent, tokens, unknown } from "../../format/format";
import { t } from "../../i18n";
import { Bar } from "../../ui/bar";
import { costText, decimals, spent } from "../cost";
import type { TraceData } from "../data";
import type { TabProps } from "../tab";

interface Share {
  readonly key: string;
  readonly name: string;
  readonly note: string;
  readonly totals: Pick<Totals, "usage" | "cost"> & { readonly calls: number };
  readonly onSelect?: (() => void) | undefined;
}

const paid = (totals: Pick<Totals, "cost">) => spent(totals.cost) ?? 0;

/** What a bar compares: money if there is any, else tokens. */
function weigher(run: Run): (totals: Share["totals"]) => number {
  return paid(run) > 0 ? paid : (totals) => totals.usage.total;
}

function Head({ first, calls }: { first: string; calls: boolean }) {
  const names = [
    ...(calls ? [t("run.calls")] : []),
    t("run.in"),
    t("run.cachedShort"),
    t("run.out"),
    t("col.cost"),
    t("run.share"),
  ];
  return (
    <thead>
      <tr>
        <th scope="col">{first}</th>
        {names.map((name) => (
          <th key={name} scope="col" class="right">
            {name}
          </th>
        ))}
        <td />
      </tr>
    </thead>
  );
}

interface RowProps {
  readonly share: Share;
  /** Whether the number of calls is shown. */
  readonly calls: boolean;
  readonly weight: number;
  readonly whole: number;
  /** Of costs. */
  readonly places: number | undefined;
}

function ShareRow({ share, calls, weight, whole, places }: RowProps) {
  const { usage } = share.totals;
  return (
    <tr>
      <th scope="row" class="money-name">
        {share.onSelect ? (
          <button type="button" class="link cut" onClick={share.onSelect}>
            {share.name}
          </button>
        ) : (
          share.name
        )}{" "}
        <span class="dim">{share.note}</span>
      </th>
      {calls && <td class="right num">{count(share.totals.calls)}</td>}
      <td class="right num">{tokens(usage.input)}</td>
      <td class="right num dim">{usage.cached ? percent(usage.cached, usage.input) : unknown}</td>
      <td class="right num">{tokens(usage.output)}</td>
      <td class="right num">{costText(share.totals.cost, places)}</td>
      <td class="right num">{percent(weight, whole)}</td>
      <td class="money-bar">
        <Bar share={whole > 0 ? weight / whole : 0} />
      </td>
    </tr>
  );
}

interface SharesProps {
  readonly title: string;
  readonly first: string;
  readonly calls: boolean;
  readonly run: Run;
  readonly shares: readonly Share[];
}

function Shares({ title, first, calls, run, shares }: SharesProps) {
  if (!shares.length) return null;
  const weigh = weigher(run);
  const whole = shares.reduce((sum, share) => sum + weigh(share.totals), 0);
  const sorted = [...shares].sort((a, b) => weigh(b.totals) - weigh(a.totals)).slice(0, 100);
  const places = decimals(sorted.map((share) => share.totals.cost));
  return (
    <section class="money-part">
      <h3>{title}</h3>
      <div class="table-scroll">
        <table class="table">
          <Head first={first} calls={calls} />
          <tbody>
            {sorted.map((share) => (
              <ShareRow
                key={share.key}
                share={share}
                calls={calls}
                weight={weigh(share.totals)}
                whole={whole}
                places={places}
              />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const noName = () => t("run.unnamed");

function modelShares(run: Run): Share[] {
  return run.models.map((model) => ({
    key: `${model.provider}/${model.name}`,
    name: model.name || noName(),
    note: model.provider,
    totals: { ...model, calls: model.modelCalls + model.embeddingCalls },
  }));
}

function agentShares(run: Run): Share[] {
  if (run.agents.every((agent) => agent.name === "")) return [];
  return run.agents.map((agent) => ({
    key: agent.name,
    name: agent.name || t("run.noAgent"),
    note: "",
    totals: { ...agent, calls: agent.modelCalls + agent.embeddingCalls },
  }));
}

function callShares(run: Run, trace: TraceData, select: (span: number) => void): Share[] {
  return run.calls.map((call, i) => ({
    key: String(i),
    name: run.nodes[call.node]?.name ?? trace.spans[call.span]?.name ?? t(`run.call.${call.kind}`),
    note: [call.model, duration(call.duration)].filter(Boolean).join(" · "),
    totals: { usage: call.usage, cost: callCost(call), calls: 1 },
    onSelect: call.span >= 0 ? () => select(call.span) : undefined,
  }));
}

function callCost(call: Call): Totals["cost"] {
  return {
    ...(call.price && { computed: [call.computed] }),
    ...(call.reported.nano > 0 && { reported: [call.reported] }),
    unpriced: call.price ? 0 : 1,
  };
}

function RepeatRow({ repeat, run, trace }: { repeat: Repeat; run: Run; trace: TraceData }) {
  const by = trace.spans[repeat.span]?.name ?? run.nodes[repeat.node]?.name ?? unknown;
  return (
    <tr>
      <th scope="row" class="money-name">
        {by} <span class="dim">{t(repeat.fromRecord ? "run.ofRecord" : "run.ofSpan")}</span>
      </th>
      <td class="right num">{tokens(repeat.usage.input)}</td>
      <td class="right num">{tokens(repeat.usage.output)}</td>
      <td class="right num">
        {repeat.reported.nano ? money(repeat.reported.nano / 1e9, repeat.reported.currency) : unknown}
      </td>
      <td>{t(`run.reason.${repeat.reason}`)}</td>
    </tr>
  );
}

/** The claims that were not counted: why the sum is what it is. */
function Why({ run, trace }: { run: Run; trace: TraceData }) {
  return (
    <section class="money-part">
      <h3>{t("run.why")}</h3>
      <p class="dim money-text">{t("run.whyText", run.calls.length, run.repeats.length)}</p>
      {run.repeats.length > 0 && (
        <div class="table-scroll">
          <table class="table">
            <thead>
              <tr>
                {[t("run.notCounted"), t("run.in"), t("run.out"), t("col.cost"), t("run.because")].map((name, i) => (
                  <th key={name} scope="col" class={i > 0 && i < 4 ? "right" : ""}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {run.repeats.slice(0, 200).map((repeat, i) => (
                <RepeatRow key={i} repeat={repeat} run={run} trace={trace} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Problems({ run }: { run: Run }) {
  const lines: ComponentChildren[] = [
    ...(run.warnings ?? []).map((warning) => <li key={warning}>{warning}</li>),
    ...(run.problems ?? []).map((problem, i) => (
      <li key={i}>
        <span class="mono">
          {problem.key}={problem.value}
        </span>{" "}
        <span class="dim">{t("run.want", problem.want)}</span>
      </li>
    )),
  ];
  if (!lines.length) return null;
  return (
    <section class="money-part">
      <h3>{t("run.problems")}</h3>
      <ul class="money-problems">{lines}</ul>
    </section>
  );
}

/** Where tokens and money went: by model, by agent, by call; and what was not counted. */
export function Money({ trace, selection, run }: TabProps & { run: Run }) {
  return (
    <div class="money">
      <Shares title={t("run.byModel")} first={t("run.model")} calls run={run} shares={modelShares(run)} />
      <Shares title={t("run.byAgent")} first={t("run.agent")} calls run={run} shares={agentShares(run)} />
      <Shares
        title={t("run.byCall")}
        first={t("run.node")}
        calls={false}
        run={run}
        shares={callShares(run, trace, (span) => selection.select(span))}
      />
      <Why run={run} trace={trace} />
      <Problems run={run} />
    </div>
  );
}
