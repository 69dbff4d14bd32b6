// SPDX-License-Identifier: Apache-2.0

import { useId, useState } from "preact/hooks";
import { useAnswer } from "../api/answer";
import { get } from "../api/client";
import { t } from "../i18n";
import { range } from "../state/range";
import { change, params } from "../state/router";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icon";
import { failureText } from "../ui/states";
import { shorthandNames } from "./suggestions";

/** At most so many fields are columns. */
export const mostFields = 8;

/** Fields that are shown as columns of spans beside the usual ones. */
export function shownFields(): string[] {
  return params("field").slice(0, mostFields);
}

/** Chooses fields of spans as columns. */
export function FieldColumns() {
  const [open, set] = useState(false);
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label={t("traces.columns")}
        data-tip={t("traces.columns")}
        onClick={() => set(true)}
      >
        <Icon name="columns" />
      </button>
      {open && <FieldDialog onClose={() => set(false)} />}
    </>
  );
}

function FieldDialog({ onClose }: { onClose: () => void }) {
  const [text, set] = useState("");
  const list = useId();
  const answer = useAnswer("/fields", range.value && { ...range.value, limit: 2000 });
  const shown = shownFields();
  const show = (fields: readonly string[]) => change({ field: fields }, "replace");
  const [wrong, refuse] = useState("");
  const add = async (event: Event) => {
    event.preventDefault();
    const field = text.trim();
    if (!field || shown.includes(field) || shown.length >= mostFields) return set("");
    const read = await get("/query", { q: `{ ${field} != nil }` });
    if (!read.ok) return refuse(failureText(read.error));
    if (!read.value.simple) return refuse(read.value.error?.message ?? t("error.bad_query"));
    refuse("");
    set("");
    show([...shown, field]);
  };
  return (
    <Dialog title={t("traces.columns.fields")} onClose={onClose}>
      {shown.map((field) => (
        <p key={field} class="field-column">
          <span class="mono">{field}</span>
          <button
            type="button"
            class="icon-button"
            aria-label={`${t("do.remove")}: ${field}`}
            onClick={() => show(shown.filter((each) => each !== field))}
          >
            <Icon name="close" />
          </button>
        </p>
      ))}
      <form class="field-column" onSubmit={add}>
        <input
          class="mono"
          list={list}
          value={text}
          aria-label={t("traces.columns.field")}
          placeholder="span.http.route"
          onInput={(event) => set(event.currentTarget.value)}
        />
        <button type="submit" class="button">
          {t("do.add")}
        </button>
      </form>
      {wrong && (
        <p class="error" role="alert">
          {wrong}
        </p>
      )}
      <datalist id={list}>
        {[...shorthandNames(), ...(answer.value?.fields ?? []).map((each) => each.field)].map((field) => (
          <option key={field} value={field} />
        ))}
      </datalist>
    </Dialog>
  );
}
