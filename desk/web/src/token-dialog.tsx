// SPDX-License-Identifier: Apache-2.0

import { useState } from "preact/hooks";
import { giveToken, tokenWanted } from "./api/token";
import { t } from "./i18n";
import { Dialog } from "./ui/dialog";

/** Asks for the token that the desk wants, and begins anew with it. */
export function TokenDialog() {
  const [text, set] = useState("");
  if (!tokenWanted.value) return null;
  const give = (event: Event) => {
    event.preventDefault();
    giveToken(text.trim());
    location.reload();
  };
  return (
    <Dialog
      title={t("token.title")}
      onClose={() => {
        tokenWanted.value = false;
      }}
    >
      <form class="range-form" onSubmit={give}>
        <label>
          {t("token.label")}
          <input
            type="password"
            autocomplete="current-password"
            value={text}
            onInput={(event) => set(event.currentTarget.value)}
          />
        </label>
        <p class="dim">{t("token.where")}</p>
        <button type="submit" class="button primary" disabled={text.trim() === ""}>
          {t("token.give")}
        </button>
      </form>
    </Dialog>
  );
}
