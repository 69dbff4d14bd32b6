// SPDX-License-Identifier: Apache-2.0

import { t } from "../i18n";
import { Icon } from "../ui/icon";
import type { Search } from "./search";
import type { Selection } from "./selection";

/** The id of the field, for the key that goes to it. */
export const findField = "find-in-trace";

/** The field that searches inside the trace. */
export function FindBox({ search, selection }: { search: Search; selection: Selection }) {
  const matches = search.matches.value;
  const at = matches.indexOf(selection.node.value) + 1;
  const text = search.text.value;
  return (
    <search class="find">
      <Icon name="search" />
      <input
        id={findField}
        type="search"
        value={text}
        placeholder={`${t("trace.search")} (/)`}
        aria-label={t("trace.search")}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => search.set(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          search.step(event.shiftKey ? -1 : 1);
        }}
      />
      <span class="dim num" role="status">
        {text && (matches.length ? t("trace.search.of", at, matches.length) : t("trace.search.none"))}
      </span>
      <button
        type="button"
        class="icon-button"
        aria-label={t("do.previous")}
        data-tip={`${t("keys.previous")} (p)`}
        onClick={() => search.step(-1)}
      >
        <Icon name="up" />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={t("do.next")}
        data-tip={`${t("keys.next")} (n)`}
        onClick={() => search.step(1)}
      >
        <Icon name="down" />
      </button>
    </search>
  );
}
