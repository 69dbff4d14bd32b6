// SPDX-License-Identifier: Apache-2.0

import { t } from "../i18n";
import { CopyButton } from "./copy";
import { Icon } from "./icon";
import { Json } from "./json";
import { LongText } from "./long-text";

/** A value as the text that is copied. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value !== null && typeof value === "object" ? JSON.stringify(value, null, 2) : String(value ?? "");
}

/** The JSON that a text spells, if it is an object or list of reasonable size. */
export function jsonIn(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text) || text.length > 4 << 20) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A value of an attribute: text, number, list or object; long ones in part, JSON folds. */
export function Value({ value }: { value: unknown }) {
  if (value === "" || value === null || value === undefined) return <span class="dim">{t("value.empty")}</span>;
  const tree = typeof value === "string" ? jsonIn(value) : typeof value === "object" ? value : undefined;
  if (tree) return <Json value={tree} level={1} />;
  return <LongText text={textOf(value)} class="value" />;
}

interface AttributeProps {
  readonly name: string;
  readonly value: unknown;
  /** Makes the attribute a filter of a search; no buttons if missing. */
  readonly onFilter?: ((how: "is" | "isNot") => void) | undefined;
}

/** A row of a list of attributes: the key, the value, and what can be done with it. */
export function Attribute({ name, value, onFilter }: AttributeProps) {
  const plain = value === null || typeof value !== "object";
  return (
    <div class="attribute">
      <dt class="attribute-key mono">{name}</dt>
      <dd class="attribute-value mono">
        <Value value={value} />
      </dd>
      <dd class="attribute-do">
        {onFilter && plain && (
          <>
            <button
              type="button"
              class="icon-button"
              aria-label={`${t("value.is")}: ${name}`}
              data-tip={t("value.is")}
              onClick={() => onFilter("is")}
            >
              <Icon name="filter" />
            </button>
            <button
              type="button"
              class="icon-button"
              aria-label={`${t("value.isNot")}: ${name}`}
              data-tip={t("value.isNot")}
              onClick={() => onFilter("isNot")}
            >
              <span class="not" aria-hidden="true">
                ≠
              </span>
            </button>
          </>
        )}
        <CopyButton text={textOf(value)} label={name} />
      </dd>
    </div>
  );
}
