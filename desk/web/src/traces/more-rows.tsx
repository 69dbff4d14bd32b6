// SPDX-License-Identifier: Apache-2.0

import type { Pages } from "../api/pages";
import { t } from "../i18n";
import { failureText } from "../ui/states";

/** What stands below the last row: that more is loaded, can be, or could not be. */
export function MoreRows({ list }: { list: Pages<unknown> }) {
  if (list.error) {
    return (
      <p class="more-rows error" role="alert">
        {failureText(list.error)}{" "}
        <button type="button" class="link" onClick={list.retry}>
          {t("do.retry")}
        </button>
      </p>
    );
  }
  if (!list.hasMore) return null;
  return (
    <p class="more-rows dim">
      {list.loading ? (
        t("state.loading")
      ) : (
        <button type="button" class="link" onClick={list.more}>
          {t("do.more")}
        </button>
      )}
    </p>
  );
}
