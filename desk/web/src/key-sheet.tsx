// SPDX-License-Identifier: Apache-2.0

import { t } from "./i18n";
import { Dialog } from "./ui/dialog";
import { type Group, groups, type Shortcut } from "./ui/keys";

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

/** The shortcuts that hold now by the title of their groups; parts of a page have the same one. */
function sections(): [Group["title"], Shortcut[]][] {
  const byTitle = new Map<Group["title"], Shortcut[]>();
  for (const { title, shortcuts } of groups.value) byTitle.set(title, [...(byTitle.get(title) ?? []), ...shortcuts]);
  return [...byTitle];
}

/** The sheet of all shortcuts that hold now. */
export function KeySheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t("keys.title")} onClose={onClose}>
      <div class="key-sheet">
        {sections().map(([title, shortcuts]) => (
          <section key={title}>
            <h3>{t(title)}</h3>
            <dl>
              {[...lines(shortcuts)].map(([text, keys]) => (
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
