// SPDX-License-Identifier: Apache-2.0

import { useState } from "preact/hooks";
import { bytes } from "../format/format";
import { t } from "../i18n";

/** How much of a value is shown at first, in characters. */
export const firstPart = 4096;

/** The first part of a text, without half of a character at its end. */
export function beginning(text: string): string {
  if (text.length <= firstPart) return text;
  const last = text.charCodeAt(firstPart - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? firstPart - 1 : firstPart);
}

/** A text of which only the beginning is shown if it is long; the rest on demand. */
export function LongText({ text, class: more = "" }: { text: string; class?: string }) {
  const [all, set] = useState(false);
  if (text.length <= firstPart)
    return (
      <span class={more} dir="auto">
        {text}
      </span>
    );
  return (
    <span class={more}>
      <span dir="auto">{all ? text : beginning(text)}</span>
      <button type="button" class="link long-more" onClick={() => set(!all)}>
        {all ? t("do.showLess") : t("do.showAll", bytes(new Blob([text]).size))}
      </button>
    </span>
  );
}
