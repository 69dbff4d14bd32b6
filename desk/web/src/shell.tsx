// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { type Language, language, type PlainKey, t } from "./i18n";
import { KeySheet } from "./key-sheet";
import { RangePicker } from "./range-picker";
import { change, go, link, param, place } from "./state/router";
import { chosenTheme, type Theme, theme } from "./state/settings";
import type { Page } from "./state/url";
import { TokenDialog } from "./token-dialog";
import { Icon } from "./ui/icon";
import { useKeys } from "./ui/keys";
import { Menu } from "./ui/menu";
import { Toasts } from "./ui/toast";
import { Tooltip } from "./ui/tooltip";

const places: readonly { page: Page; text: PlainKey; within: readonly Page[] }[] = [
  { page: "traces", text: "nav.traces", within: ["traces", "trace"] },
  { page: "sessions", text: "nav.sessions", within: ["sessions", "session"] },
  { page: "services", text: "nav.services", within: ["services"] },
  { page: "compare", text: "nav.compare", within: ["compare"] },
];

/** Pages whose figures are of a time range, and those that can follow what comes. */
const ranged: readonly Page[] = ["traces", "sessions", "services"];
const lively: readonly Page[] = ["traces", "trace"];

/** The bar at the top and what every page has; the page itself is within. */
export function Shell({ children }: { children: ComponentChildren }) {
  const [help, setHelp] = useState(false);
  useKeys("keys.everywhere", [
    { keys: "?", text: "keys.help", run: () => setHelp(true) },
    { keys: "g t", text: "keys.goTraces", run: () => go(link("traces")) },
    { keys: "g s", text: "keys.goSessions", run: () => go(link("sessions")) },
    { keys: "g v", text: "keys.goServices", run: () => go(link("services")) },
    { keys: "g c", text: "keys.goCompare", run: () => go(link("compare")) },
  ]);
  return (
    <div class="shell">
      <button type="button" class="skip button" onClick={skip}>
        {t("nav.skip")}
      </button>
      <header class="top">
        <a class="brand" href={link("traces")}>
          {t("app.name")}
        </a>
        <Places />
        <div class="top-end">
          {ranged.includes(place.value.page) && <RangePicker />}
          {lively.includes(place.value.page) && <LiveSwitch />}
          <ThemeMenu />
          <LanguageMenu />
          <button
            type="button"
            class="icon-button"
            aria-label={t("top.help")}
            data-tip={`${t("top.help")} (?)`}
            onClick={() => setHelp(true)}
          >
            <Icon name="help" />
          </button>
        </div>
      </header>
      <main id="content" class="shell-main" tabIndex={-1}>
        {children}
      </main>
      <TokenDialog />
      {help && <KeySheet onClose={() => setHelp(false)} />}
      <Toasts />
      <Tooltip />
    </div>
  );
}

function skip() {
  document.getElementById("content")?.focus();
}

function Places() {
  return (
    <nav class="places" aria-label={t("nav.label")}>
      {places.map(({ page, text, within }) => (
        <a key={page} href={link(page)} aria-current={within.includes(place.value.page) ? "page" : undefined}>
          {t(text)}
        </a>
      ))}
    </nav>
  );
}

function LiveSwitch() {
  const on = param("live") === "1";
  return (
    <button
      type="button"
      class="button live"
      role="switch"
      aria-checked={on}
      data-tip={t("top.live.tip")}
      onClick={() => change({ live: on ? null : "1" }, "replace")}
    >
      <span class="live-dot" aria-hidden="true" />
      {t("top.live")}
    </button>
  );
}

/** Chooses the theme. */
export function ThemeMenu() {
  const choices: readonly [Theme | "auto", PlainKey][] = [
    ["auto", "top.theme.auto"],
    ["light", "top.theme.light"],
    ["dark", "top.theme.dark"],
  ];
  const items = choices.map(([value, text]) => ({
    label: t(text),
    checked: chosenTheme.value === value,
    run: () => {
      chosenTheme.value = value;
    },
  }));
  return <Menu label={t("top.theme")} icon={theme.value === "dark" ? "moon" : "sun"} items={items} />;
}

/** Chooses the language. */
export function LanguageMenu() {
  const names: readonly [Language, string][] = [
    ["en", "English"],
    ["zh-CN", "简体中文"],
  ];
  const items = names.map(([value, label]) => ({
    label,
    checked: language.value === value,
    run: () => {
      language.value = value;
    },
  }));
  return <Menu label={t("top.language")} icon="globe" items={items} />;
}
