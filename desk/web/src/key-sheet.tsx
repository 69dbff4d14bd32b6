// SPDX-License-Identifier: Apache-2.0

import { t } from "./i18n";
import { Dialog } from "./ui/dialog";
import { groups, type Shortcut } from "./ui/keys";

/** How keys are written on the sheet. */
const names: Record<string, string> = {
  Escape: "Esc",
  ArrowDown: "↓",
  ArrowUp: "↑",
  ArrowLeft: "←",
  ArrowRight: "→",
  " ": "Space",
};

/** Shortcuts that do the same are one line. */
function lines(shortcuts: readonly Shortcut[]): Map<string, string[]> {
  const byText = new Map<string, string[]>();
  for (const { text, keys } of shortcuts) byText.set(text, [...(byText.get(text) ?? []), keys]);
  return byText;
}

/** The sheet of all shortcuts that hold now. */
export function KeySheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t("keys.title")} onClose={onClose}>
      <div class="key-sheet">
        {groups.value.map((group) => (
          <section key={group.title}>
            <h3>{t(group.title)}</h3>
            <dl>
              {[...lines(group.shortcuts)].map(([text, keys]) => (
                <div key={text} class="key-line">
                  <dt>
                    {keys.map((key) => (
                      <kbd key={key}>{names[key] ?? key}</kbd>
                    ))}
                  </dt>
                  <dd>{t(text as Shortcut["text"])}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p class="dim">{t("help.docs")}</p>
    </Dialog>
  );
}
