// SPDX-License-Identifier: Apache-2.0

import { computed, effect } from "@preact/signals";
import { setting } from "../state/settings";
import { en } from "./en";
import { zhCN } from "./zh-CN";

type Text<V> = V extends (...args: infer A) => string ? (...args: A) => string : string;

/** A dictionary: each key of English, as a text or as a function that makes one. */
export type Texts = { readonly [K in keyof typeof en]: Text<(typeof en)[K]> };

export type Key = keyof Texts;

/** Keys of texts that need no values. */
export type PlainKey = { [K in Key]: Texts[K] extends string ? K : never }[Key];

type Args<K extends Key> = Texts[K] extends (...args: infer A) => string ? A : [];

export type Language = "en" | "zh-CN";

const dictionaries: Record<Language, Texts> = { en, "zh-CN": zhCN };

/** The language of a reader by what the browser says. */
export function preferred(languages: readonly string[]): Language {
  for (const each of languages) {
    if (/^zh\b/i.test(each)) return "zh-CN";
    if (/^en\b/i.test(each)) return "en";
  }
  return "en";
}

const asked = typeof navigator === "undefined" ? [] : (navigator.languages ?? [navigator.language]);

/** The language of the page. */
export const language = setting<Language>("language", preferred(asked), ["en", "zh-CN"]);

const dictionary = computed(() => dictionaries[language.value]);

/** The text of a key in the language of the page. */
export function t<K extends Key>(key: K, ...args: Args<K>): string {
  const text = dictionary.value[key] as string | ((...values: Args<K>) => string);
  return typeof text === "string" ? text : text(...args);
}

/** Tells the browser the language of the page. */
export function startLanguage() {
  effect(() => {
    document.documentElement.lang = language.value;
  });
}
