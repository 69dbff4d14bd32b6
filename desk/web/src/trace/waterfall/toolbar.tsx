// SPDX-License-Identifier: Apache-2.0

import { count } from "../../format/format";
import { t } from "../../i18n";
import { Icon } from "../../ui/icon";
import { Menu, type MenuItem } from "../../ui/menu";
import type { TabProps } from "../tab";
import { alignClocks, foldFrom, groupRepeats, showPart, showPath, type WaterfallState } from "./state";

type Switch = typeof showPath;

const flip = (which: Switch) => {
  which.value = which.peek() === "yes" ? "no" : "yes";
};

/** The levels that the menu offers to expand to. */
const offered = 8;

function levels(state: WaterfallState): MenuItem[] {
  const most = Math.min(offered, state.trace.summary.levels - 1);
  const each = Array.from({ length: Math.max(0, most) }, (_, level) => ({
    label: t("wf.toLevel", level + 1),
    run: () => foldFrom(state, level),
  }));
  return [{ label: t("wf.expandAll"), run: () => foldFrom(state, -1) }, ...each];
}

function choices(state: WaterfallState): MenuItem[] {
  const { trace } = state;
  const all: [boolean, "wf.path" | "wf.groups" | "wf.align", Switch][] = [
    [trace.path.length > 0, "wf.path", showPath],
    [(trace.waterfall.groups?.length ?? 0) > 0, "wf.groups", groupRepeats],
    [trace.waterfall.skewed, "wf.align", alignClocks],
  ];
  return all
    .filter(([there]) => there)
    .map(([, text, which]) => ({ label: t(text), checked: which.value === "yes", stay: true, run: () => flip(which) }));
}

const filters = ["", "errors", "path", "matches"] as const;

/** How many spans have a row, of how many, and the rows that stand for several. */
export function rowsText(group: Int32Array, spans: number): string {
  const groups = group.reduce((n, each) => n + (each >= 0 ? 1 : 0), 0);
  const alone = group.length - groups;
  const text = alone < spans ? t("wf.rows", count(alone), count(spans)) : t("n.spans", spans);
  return groups > 0 ? `${text}, ${t("wf.rows.groups", groups)}` : text;
}

/** What the waterfall shows, and how. */
export function Toolbar({ state, search }: { state: WaterfallState; search: TabProps["search"] }) {
  const part = state.part.value;
  const { trace } = state;
  const whole = part.from <= 0 && part.to >= trace.duration;
  const names = {
    "": "wf.filter.all",
    errors: "wf.filter.errors",
    path: "wf.filter.path",
    matches: "wf.filter.matches",
  } as const;
  const there = filters.filter(
    (each) =>
      each === "" ||
      each === state.filter.value ||
      (each === "errors" && trace.summary.errors > 0) ||
      (each === "path" && trace.path.length > 0) ||
      (each === "matches" && search.matches.value.length > 0),
  );
  const options = choices(state);
  return (
    <div class="wf-bar" role="toolbar" aria-label={t("wf.toolbar")}>
      <Menu label={t("wf.levels")} items={levels(state)}>
        {t("wf.levels")}
        <Icon name="down" />
      </Menu>
      {options.length > 0 && (
        <Menu label={t("wf.show")} items={options}>
          {t("wf.show")}
          <Icon name="down" />
        </Menu>
      )}
      <Menu
        label={t("wf.filter")}
        items={there.map((each) => ({
          label: t(names[each]),
          checked: state.filter.value === each,
          run: () => {
            state.filter.value = each;
          },
        }))}
      >
        {t(names[state.filter.value])}
        <Icon name="down" />
      </Menu>
      <span class="dim num" role="status">
        {rowsText(state.rows.value.group, trace.spans.length)}
      </span>
      {!whole && (
        <button type="button" class="button wf-whole" onClick={() => showPart(state, { from: 0, to: trace.duration })}>
          {t("wf.whole")} (0)
        </button>
      )}
    </div>
  );
}
