// SPDX-License-Identifier: Apache-2.0

import { t } from "../i18n";
import { Icon } from "./icon";
import { toast } from "./toast";

/** Copies by a field that is selected, for pages that may not use the clipboard. */
function copyByField(text: string): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "off-screen";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

/** Copies a text and says so. */
export async function copy(text: string) {
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch {
    done = copyByField(text);
  }
  toast(t(done ? "copied" : "copy.failed"), done ? "info" : "error");
}

/** A button that copies a text. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const name = label ? `${t("do.copy")}: ${label}` : t("do.copy");
  return (
    <button
      type="button"
      class="icon-button copy"
      aria-label={name}
      data-tip={t("do.copy")}
      onClick={(event) => {
        event.stopPropagation();
        copy(text);
      }}
    >
      <Icon name="copy" />
    </button>
  );
}
