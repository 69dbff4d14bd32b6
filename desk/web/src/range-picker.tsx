// SPDX-License-Identifier: Apache-2.0

import { useState } from "preact/hooks";
import { date, millis, timeOfDay, timeZoned, zoneName } from "./format/format";
import { t } from "./i18n";
import { allTime, from, presets } from "./state/range";
import { change, param } from "./state/router";
import { Dialog } from "./ui/dialog";
import { Icon } from "./ui/icon";
import { Menu } from "./ui/menu";

/** The moment that a bound of a range names; undefined for relative ones. */
function moment(bound: string): number | undefined {
  if (/^-?\d+$/.test(bound)) return millis(bound);
  const ms = Date.parse(bound);
  return Number.isNaN(ms) ? undefined : ms;
}

function named(bound: string): string {
  const ms = moment(bound);
  return ms === undefined ? bound : timeZoned(ms);
}

/** The text of the range that holds. */
function rangeText(): string {
  const preset = presets.find((each) => each.from === from.value);
  const to = param("to");
  if (preset && !to) return t(preset.text);
  return `${from.value === allTime ? "…" : named(from.value)} – ${to ? named(to) : "…"}`;
}

/** Chooses the time range of the page. */
export function RangePicker() {
  const [custom, setCustom] = useState(false);
  const items = presets.map((preset) => ({
    label: t(preset.text),
    checked: from.value === preset.from && !param("to"),
    run: () => change({ from: preset.from, to: null, cursor: null }),
  }));
  items.push({ label: t("range.custom"), checked: false, run: () => setCustom(true) });
  return (
    <>
      <Menu label={t("range.label")} items={items} class="range-button">
        <Icon name="clock" />
        <span class="off-screen">{t("range.label")}</span>
        <span class="cut">{rangeText()}</span>
      </Menu>
      {custom && <CustomRange onClose={() => setCustom(false)} />}
    </>
  );
}

/** A moment as fields for dates and times have it. */
function fieldValue(ms: number): string {
  return `${date(ms)}T${timeOfDay(ms)}`;
}

function CustomRange({ onClose }: { onClose: () => void }) {
  const now = Date.now();
  const [first, setFirst] = useState(fieldValue(moment(param("from")) ?? now - 3_600_000));
  const [last, setLast] = useState(fieldValue(moment(param("to")) ?? now));
  const wrong = !(Date.parse(first) < Date.parse(last));
  const apply = (event: Event) => {
    event.preventDefault();
    if (wrong) return;
    change({ from: new Date(first).toISOString(), to: new Date(last).toISOString(), cursor: null });
    onClose();
  };
  return (
    <Dialog title={t("range.label")} onClose={onClose}>
      <form class="range-form" onSubmit={apply}>
        <label>
          {t("range.from")}
          <input type="datetime-local" step="1" value={first} onInput={(e) => setFirst(e.currentTarget.value)} />
        </label>
        <label>
          {t("range.to")}
          <input type="datetime-local" step="1" value={last} onInput={(e) => setLast(e.currentTarget.value)} />
        </label>
        <p class="dim">{wrong ? t("range.wrong") : t("range.zone", zoneName(now))}</p>
        <button type="submit" class="button primary" disabled={wrong}>
          {t("range.apply")}
        </button>
      </form>
    </Dialog>
  );
}
