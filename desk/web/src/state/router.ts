// SPDX-License-Identifier: Apache-2.0

import { computed, signal } from "@preact/signals";
import { address, type Page, type Patch, type Place, parsePlace, patched } from "./url";

const current = signal<Place>({ page: "traces", id: "", query: new URLSearchParams() });

/** Where the reader is. */
export const place = computed(() => current.value);

/** The value of a parameter, "" if the address does not have it. */
export function param(name: string): string {
  return current.value.query.get(name) ?? "";
}

/** All values of a parameter. */
export function params(name: string): string[] {
  return current.value.query.getAll(name);
}

/** The address that is shown; a page that is a file has it behind the #. */
function here(): string {
  return __STANDALONE__ ? location.hash.slice(1) : location.pathname + location.search;
}

function read() {
  const [path = "", ...search] = here().split("?");
  current.value = parsePlace(path, search.join("?"));
}

/** Goes to an address of the page; with replace, the one before is forgotten. */
export function go(to: string, how: "push" | "replace" = "push") {
  if (to === here() || (__STANDALONE__ && !to.startsWith("/trace/"))) return;
  history[how === "push" ? "pushState" : "replaceState"](null, "", __STANDALONE__ ? `#${to}` : to);
  read();
}

/** Changes parameters of the address, and stays on the page. */
export function change(patch: Patch, how: "push" | "replace" = "push") {
  const { page, id, query } = current.value;
  go(address(page, id, patched(query, patch)), how);
}

/** Parameters that go along from page to page. */
const lasting = ["from", "to"];

/** The address of another page, with the time range of this one. */
export function link(page: Page, id = "", patch: Patch = {}): string {
  const kept = Object.fromEntries(lasting.map((name) => [name, current.value.query.getAll(name)]));
  return address(page, id, { ...kept, ...patch });
}

/** The address of this page with other parameters. */
export function linkHere(patch: Patch): string {
  const { page, id, query } = current.value;
  return address(page, id, patched(query, patch));
}

function isOurs(event: MouseEvent, anchor: HTMLAnchorElement): boolean {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return false;
  if (anchor.target || anchor.hasAttribute("download") || anchor.origin !== location.origin) return false;
  return !anchor.pathname.startsWith("/api/");
}

/** Follows links within the page without loading it again, and the browser's buttons. */
export function startRouter() {
  read();
  addEventListener("popstate", read);
  document.addEventListener("click", (event) => {
    const anchor = (event.target as Element | null)?.closest?.("a[href]");
    if (!(anchor instanceof HTMLAnchorElement) || event.defaultPrevented || !isOurs(event, anchor)) return;
    event.preventDefault();
    go(anchor.pathname + anchor.search);
  });
}
