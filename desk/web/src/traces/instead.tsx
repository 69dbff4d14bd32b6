// SPDX-License-Identifier: Apache-2.0

import type { Pages } from "../api/pages";
import { Failed, Loading } from "../ui/states";
import { WrongQuery } from "./none-found";

/** What stands in place of a list that is not there; undefined if it is. */
export function instead(list: Pages<unknown>, rows: number, wrong: boolean) {
  if (list.error && rows === 0) {
    return list.error.code === "bad_query" ? <WrongQuery /> : <Failed error={list.error} onRetry={list.retry} />;
  }
  if (list.pages.length > 0) return undefined;
  if (wrong) return <WrongQuery />;
  return list.loading ? <Loading /> : undefined;
}
