// SPDX-License-Identifier: Apache-2.0

import { useState } from "preact/hooks";
import { count } from "../format/format";
import { t } from "../i18n";
import { LongText } from "./long-text";

/** How many members of an object or list are shown at first, and each time more. */
const page = 100;
/** Levels that are open at first. */
const openLevels = 2;

interface JsonProps {
  readonly value: unknown;
  readonly level?: number;
  readonly name?: string;
}

function entriesOf(value: object): [string, unknown][] {
  return Array.isArray(value) ? value.map((each, i) => [String(i), each]) : Object.entries(value);
}

/** A JSON value that folds; large objects and lists are shown part by part. */
export function Json({ value, level = 0, name }: JsonProps) {
  if (value !== null && typeof value === "object") return <Branch value={value} level={level} name={name} />;
  return (
    <div class="json-line">
      {name !== undefined && <span class="json-key">{name}: </span>}
      <Leaf value={value} />
    </div>
  );
}

function Leaf({ value }: { value: unknown }) {
  if (typeof value === "string") return <LongText text={value} class="json-string" />;
  return <span class="json-plain">{String(value)}</span>;
}

function Branch({ value, level, name }: { value: object; level: number; name: string | undefined }) {
  const [open, set] = useState(level < openLevels);
  const [shown, show] = useState(page);
  const entries = entriesOf(value);
  const size = Array.isArray(value) ? t("value.items", entries.length) : t("value.keys", entries.length);
  return (
    <div class="json-branch">
      <button type="button" class="json-fold" aria-expanded={open} onClick={() => set(!open)}>
        <span class="json-arrow" aria-hidden="true">
          {open ? "▾" : "▸"}
        </span>
        {name !== undefined && <span class="json-key">{name}: </span>}
        <span class="dim">{Array.isArray(value) ? `[ ${size} ]` : `{ ${size} }`}</span>
      </button>
      {open && (
        <div class="json-inner">
          {entries.slice(0, shown).map(([key, each]) => (
            <Json key={key} name={key} value={each} level={level + 1} />
          ))}
          {entries.length > shown && (
            <button type="button" class="link" onClick={() => show(shown + page)}>
              {t("do.more")} ({count(entries.length - shown)})
            </button>
          )}
        </div>
      )}
    </div>
  );
}
