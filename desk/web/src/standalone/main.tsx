// SPDX-License-Identifier: Apache-2.0

// A page that is one file with one trace in it, and opens without a desk. Styles come
// in the order in which the page of a desk loads them, as later ones go before.

import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/ui.css";
import "../styles/shell.css";
import "../trace/trace.css";
import { render } from "preact";
import { useState } from "preact/hooks";
import { startLanguage, t } from "../i18n";
import { KeySheet } from "../key-sheet";
import { LanguageMenu, ThemeMenu } from "../shell";
import { go, link, place, startRouter } from "../state/router";
import { startTheme } from "../state/settings";
import TracePage from "../trace/page";
import { Icon } from "../ui/icon";
import { startKeys, useKeys } from "../ui/keys";
import { Empty } from "../ui/states";
import { Toasts } from "../ui/toast";
import { Tooltip } from "../ui/tooltip";
import { answers, readKept, traceIn } from "./answers";

function App({ id }: { id: string }) {
  const [help, setHelp] = useState(false);
  useKeys("keys.everywhere", [{ keys: "?", text: "keys.help", run: () => setHelp(true) }]);
  return (
    <div class="shell">
      <header class="top">
        <span class="brand">{t("app.name")}</span>
        <span class="dim">{t("standalone.note")}</span>
        <div class="top-end">
          <ThemeMenu />
          <LanguageMenu />
          <button type="button" class="icon-button" aria-label={t("top.help")} onClick={() => setHelp(true)}>
            <Icon name="help" />
          </button>
        </div>
      </header>
      <main id="content" class="shell-main" tabIndex={-1}>
        <TracePage id={id} />
      </main>
      {help && <KeySheet onClose={() => setHelp(false)} />}
      <Toasts />
      <Tooltip />
    </div>
  );
}

async function start(root: HTMLElement) {
  const kept = await readKept(document.getElementById("data")?.textContent ?? "");
  for (const [url, body] of Object.entries(kept)) answers.set(url, body);
  const id = traceIn(kept);
  startTheme();
  startLanguage();
  startRouter();
  startKeys();
  if (place.value.page !== "trace") go(link("trace", id), "replace");
  render(<App id={id} />, root);
}

const root = document.getElementById("page");
if (root) start(root).catch((error: unknown) => render(<Empty title={String(error)} />, root));
