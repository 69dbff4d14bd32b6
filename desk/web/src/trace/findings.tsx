// SPDX-License-Identifier: Apache-2.0

import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { FindingsView } from "../api/schema";
import { duration, tokens } from "../format/format";
import { language, t } from "../i18n";
import { Icon } from "../ui/icon";
import type { TabProps } from "./tab";

type Finding = FindingsView[number];

/** What a finding says in the language of the page. */
function wording(finding: Finding): { title: string; advice: string } {
  return language.value === "en" ? finding : finding.translations[language.value];
}

/** What was found about the trace, each a button that leads to its spans. */
export function Findings(props: TabProps) {
  const { trace, selection } = props;
  const current = selection.finding.value;
  if (trace.findings.length === 0) return <p class="findings dim">{t("trace.findings.none")}</p>;
  const found = trace.findings[current];
  return (
    <section class="findings" aria-label={t("trace.findings")}>
      <List {...props} current={current} />
      {found && <Explained {...props} finding={found} index={current} />}
    </section>
  );
}

/** The room around the buttons, in px. */
const around = 2;

/** How many of the buttons of a row that wraps are in its first two lines, and how high these are, in px. */
function useShown(row: RefObject<HTMLElement | null>, current: number): { shown: number; height: number } {
  const [state, set] = useState({ shown: Number.POSITIVE_INFINITY, height: 0 });
  useLayoutEffect(() => {
    const element = row.current;
    if (!element) return;
    const update = () => {
      const buttons = [...element.children] as HTMLElement[];
      const tops = buttons.map((button) => button.offsetTop);
      const second = tops.find((top) => top > (tops[0] ?? 0)) ?? 0;
      const beyond = tops.findIndex((top) => second > 0 && top > second);
      const shown = beyond < 0 ? tops.length : beyond;
      const bottom = Math.max(...buttons.slice(0, shown).map((button) => button.offsetTop + button.offsetHeight));
      set({ shown, height: bottom - (tops[0] ?? 0) + 2 * around });
    };
    update();
    const observer = new ResizeObserver(update);
    observer.observe(element);
    return () => observer.disconnect();
  }, [current]);
  return state;
}

function costOf({ cost, savable }: Finding): string {
  return savable ? t("finding.save", duration(cost)) : duration(cost);
}

/** The findings in two lines, and on demand all of them. */
function List({ trace, selection, current }: TabProps & { current: number }) {
  const row = useRef<HTMLDivElement>(null);
  const { shown, height } = useShown(row, current);
  const [open, setOpen] = useState(false);
  const all = open || current >= shown;
  const more = trace.findings.length - shown;
  return (
    <div class="findings-all">
      <div
        ref={row}
        class={all ? "findings-row findings-open" : "findings-row"}
        style={{ "--two-rows": height > 0 ? `${height}px` : "56px" }}
      >
        {trace.findings.map((finding, i) => (
          <button
            key={`${finding.kind} ${finding.title}`}
            type="button"
            style={{ visibility: all || i < shown ? undefined : "hidden" }}
            class={`finding finding-${finding.severity}`}
            aria-pressed={i === current}
            data-tip={wording(finding).title}
            onClick={() => selection.look(i)}
          >
            {finding.severity !== "info" && <Icon name="warning" />}
            <span class="off-screen">{t(`finding.${finding.severity}`)}:</span>
            <span class="finding-text">{wording(finding).title}</span>
            {finding.cost > 0 && <span class="finding-cost num">{costOf(finding)}</span>}
          </button>
        ))}
      </div>
      {more > 0 && (
        <button type="button" class="link findings-more" aria-expanded={all} onClick={() => setOpen(!all)}>
          {all ? t("trace.findings.fewer") : t("trace.findings.more", more)}
        </button>
      )}
    </div>
  );
}

/** Kinds of findings whose spans come by what they took; those of others by time, or cause and effect. */
const slowestFirst: ReadonlySet<string> = new Set(["nPlusOne", "duplicateQuery", "criticalPath"]);

function facts(finding: Finding): string {
  return [
    t(`finding.${finding.severity}`),
    finding.cost > 0 ? (finding.savable ? costOf(finding) : t("finding.cost", costOf(finding))) : "",
    finding.tokens ? t("finding.tokens", tokens(finding.tokens)) : "",
    finding.places > 1 ? t("finding.places", finding.places) : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** The finding that is looked at: what it means, what to do, and the way through its spans. */
function Explained({ trace, selection, finding, index }: TabProps & { finding: Finding; index: number }) {
  const { nodes } = finding;
  const at = nodes.indexOf(selection.node.value);
  const go = (by: 1 | -1) => {
    const start = at < 0 && by < 0 ? 0 : at;
    const next = nodes[(start + by + nodes.length) % nodes.length];
    if (next !== undefined) selection.select(next);
  };
  return (
    <div class="finding-panel" key={`${trace.id}${index}`}>
      <p class="finding-advice">{wording(finding).advice}</p>
      <p class="finding-way">
        <span class="dim">{facts(finding)}</span>
        <span class="num dim" role="status">
          {t("finding.at", at + 1, nodes.length)}
          {nodes.length > 1 && slowestFirst.has(finding.kind) && `, ${t("finding.slowestFirst")}`}
        </span>
        {nodes.length > 1 && (
          <>
            <button
              type="button"
              class="icon-button"
              aria-label={t("finding.previous")}
              data-tip={t("finding.previous")}
              onClick={() => go(-1)}
            >
              <Icon name="up" />
            </button>
            <button
              type="button"
              class="icon-button"
              aria-label={t("trace.finding.next")}
              data-tip={t("trace.finding.next")}
              onClick={() => go(1)}
            >
              <Icon name="down" />
            </button>
          </>
        )}
        <button type="button" class="link" onClick={() => selection.look(-1)}>
          {t("do.close")}
        </button>
      </p>
    </div>
  );
}
