// SPDX-License-Identifier: Apache-2.0

import { signal } from "@preact/signals";

const key = "sidetrace.token";

/** Reads the token that the reader gave; it is forgotten with the tab. */
function stored(): string {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

let token = typeof sessionStorage === "undefined" ? "" : stored();

/** Whether the desk refused a request for want of a token. */
export const tokenWanted = signal(false);

/** The headers that say who asks. */
export function credentials(): Record<string, string> {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** Keeps a token for the following requests. */
export function giveToken(given: string) {
  token = given;
  tokenWanted.value = false;
  try {
    sessionStorage.setItem(key, given);
  } catch {
    // Then it lasts as long as the page.
  }
}
