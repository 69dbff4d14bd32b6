// SPDX-License-Identifier: Apache-2.0

import { useState } from "preact/hooks";
import { Content } from "../../content/content";
import { linkIn } from "../../content/link";
import { t } from "../../i18n";
import { go, link } from "../../state/router";
import { Attribute, textOf } from "../../ui/value";
import { fieldOf, queryFor, type Scope } from "./query";

/** From how many attributes on there is a field that looks for some of them. */
const many = 12;

/** Values of so many characters and more have a line of their own, and forms to choose from. */
const long = 200;

/** Searches for spans with a value, or without it. */
function searcher(field: string, value: unknown) {
  if (!queryFor(field, value, "is")) return undefined;
  return (how: "is" | "isNot") => go(link("traces", "", { q: queryFor(field, value, how) ?? "" }));
}

function isLarge(value: unknown): boolean {
  if (linkIn(value)) return true;
  return textOf(value).length > long;
}

interface AttributesProps {
  readonly values: Readonly<Record<string, unknown>>;
  readonly scope: Scope;
}

/** Attributes by their names, each with a search for it. */
export function Attributes({ values, scope }: AttributesProps) {
  const [wanted, want] = useState("");
  const all = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  const low = wanted.trim().toLowerCase();
  const shown = low ? all.filter(([key, value]) => `${key}=${textOf(value)}`.toLowerCase().includes(low)) : all;
  if (all.length === 0) return <p class="dim">{t("panel.noAttributes")}</p>;
  return (
    <>
      {all.length > many && (
        <input
          type="search"
          class="panel-filter"
          value={wanted}
          placeholder={t("panel.filter")}
          aria-label={t("panel.filter")}
          onInput={(event) => want(event.currentTarget.value)}
        />
      )}
      <dl class="attributes">
        {shown
          .filter(([, value]) => !isLarge(value))
          .map(([name, value]) => (
            <Attribute key={name} name={name} value={value} onFilter={searcher(fieldOf(scope, name), value)} />
          ))}
      </dl>
      {shown
        .filter(([, value]) => isLarge(value))
        .map(([name, value]) => (
          <Content key={name} name={name} value={value} />
        ))}
    </>
  );
}
