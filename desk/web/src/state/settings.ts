// SPDX-License-Identifier: Apache-2.0

import { computed, effect, signal } from "@preact/signals";

/** Reads a setting that the browser keeps; storage may be switched off. */
function kept(key: string): string | null {
  try {
    return localStorage.getItem(`sidetrace.${key}`);
  } catch {
    return null;
  }
}

function keep(key: string, value: string) {
  try {
    localStorage.setItem(`sidetrace.${key}`, value);
  } catch {
    // Then the setting lasts as long as the page.
  }
}

/** A setting of the reader that the browser keeps. */
export function setting<T extends string>(key: string, fallback: T, allowed?: readonly T[]) {
  const found = kept(key) as T | null;
  const known = found !== null && (!allowed || allowed.includes(found));
  const value = signal<T>(known ? found : fallback);
  let first = true;
  effect(() => {
    const now = value.value;
    if (!first) keep(key, now);
    first = false;
  });
  return value;
}

export type Theme = "light" | "dark";

const dark = typeof matchMedia === "undefined" ? undefined : matchMedia("(prefers-color-scheme: dark)");
const systemTheme = signal<Theme>(dark?.matches ? "dark" : "light");

/** What the reader chose: auto is what the system says. */
export const chosenTheme = setting<Theme | "auto">("theme", "auto", ["light", "dark", "auto"]);

/** The theme that is shown. */
export const theme = computed<Theme>(() => (chosenTheme.value === "auto" ? systemTheme.value : chosenTheme.value));

/** Shows the theme, and follows the system's. */
export function startTheme() {
  dark?.addEventListener("change", () => {
    systemTheme.value = dark.matches ? "dark" : "light";
  });
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
  });
}

/** The value of a colour of tokens.css, for canvases, which know no variables. */
export function colourValue(name: string): string {
  theme.value; // whoever draws with it draws again in the other theme
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
