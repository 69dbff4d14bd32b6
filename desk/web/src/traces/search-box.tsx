// SPDX-License-Identifier: Apache-2.0

import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Answer } from "../api/answer";
import type { Query } from "../api/schema";
import { t } from "../i18n";
import { param } from "../state/router";
import { Icon } from "../ui/icon";
import { accept, expected } from "./complete";
import { lookFor } from "./question";
import { type Suggestion, useSuggestions } from "./suggestions";

/** The id of the field, for the key that goes to it. */
export const searchField = "search";

/** The state of the field: its text, the caret, the list of suggestions and the one that is chosen. */
function useField() {
  const asked = param("q");
  const [text, setText] = useState(asked);
  const [caret, setCaret] = useState(asked.length);
  const [open, setOpen] = useState(false);
  const [chosen, choose] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const wanted = useRef(-1);
  useEffect(() => setText(asked), [asked]);
  useLayoutEffect(() => {
    if (wanted.current < 0) return;
    input.current?.setSelectionRange(wanted.current, wanted.current);
    wanted.current = -1;
  });
  const write = (now: string, at: number) => {
    setText(now);
    setCaret(at);
    choose(-1);
  };
  return { text, caret, open, chosen, input, wanted, write, setCaret, setOpen, choose };
}

/** Searches by words, an id or TraceQL, with suggestions of what may come next. */
export function SearchBox({ question }: { question: Answer<Query> }) {
  const field = useField();
  const { text, caret, open, chosen, input, choose, setOpen, write } = field;
  const at = expected(text, caret);
  const all = useSuggestions(at, open);
  const list = useId();
  const take = (suggestion: Suggestion) => {
    const done = accept(text, at, suggestion.text);
    field.wanted.current = done.caret;
    write(done.text, done.caret);
    input.current?.focus();
  };
  const run = () => {
    setOpen(false);
    lookFor(text);
  };
  const picked = all[chosen];
  const down = () => {
    if (open) choose(Math.min(chosen + 1, all.length - 1));
    setOpen(true);
  };
  const keys: Record<string, (() => void) | undefined> = {
    ArrowDown: down,
    ArrowUp: () => choose(Math.max(chosen - 1, -1)),
    Enter: picked ? () => take(picked) : run,
    Tab: picked && (() => take(picked)),
    Escape: open && all.length > 0 ? () => setOpen(false) : undefined,
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const act = keys[event.key];
    if (!act || event.isComposing) return;
    act();
    event.preventDefault();
    event.stopPropagation();
  };
  const error = text === param("q") && !question.loading ? question.value?.error : undefined;
  return (
    <search class="search">
      <div class="search-line">
        <Icon name="search" />
        <input
          ref={input}
          id={searchField}
          class="search-field mono"
          type="text"
          role="combobox"
          aria-label={t("search.label")}
          aria-expanded={open && all.length > 0}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={chosen >= 0 ? `${list}-${chosen}` : undefined}
          aria-invalid={error !== undefined}
          placeholder={t("search.placeholder")}
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => {
            write(event.currentTarget.value, event.currentTarget.selectionStart ?? 0);
            setOpen(true);
          }}
          onSelect={(event) => field.setCaret(event.currentTarget.selectionStart ?? 0)}
          onClick={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
        {text && <ClearButton onClear={() => lookFor("")} write={write} />}
        <button type="button" class="button primary" onClick={run}>
          {t("search.run")}
        </button>
      </div>
      {open && all.length > 0 && <Suggestions id={list} all={all} chosen={chosen} onTake={take} />}
      {error && <QueryError text={text} error={error} />}
    </search>
  );
}

function ClearButton({ onClear, write }: { onClear: () => void; write: (text: string, caret: number) => void }) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={t("do.clear")}
      data-tip={t("do.clear")}
      onClick={() => {
        write("", 0);
        onClear();
      }}
    >
      <Icon name="close" />
    </button>
  );
}

interface SuggestionsProps {
  readonly id: string;
  readonly all: readonly Suggestion[];
  readonly chosen: number;
  readonly onTake: (suggestion: Suggestion) => void;
}

function Suggestions({ id, all, chosen, onTake }: SuggestionsProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <div ref={list} id={id} class="menu suggestions" role="listbox" aria-label={t("search.suggestions")}>
      {all.map((each, i) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field listens to the keyboard
        <div
          key={each.text}
          id={`${id}-${i}`}
          class="menu-item suggestion"
          role="option"
          aria-selected={i === chosen}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onTake(each)}
        >
          <span class="mono cut">{each.text}</span>
          {each.hint && <span class="dim">{each.hint}</span>}
        </div>
      ))}
    </div>
  );
}

/** What is wrong with the query, under the column where it is. */
function QueryError({ text, error }: { text: string; error: NonNullable<Query["error"]> }) {
  const column = error.column ?? 0;
  return (
    <div class="query-error" role="alert">
      {column > 0 && (
        <p class="mono query-shown" aria-hidden="true">
          {text.slice(0, column - 1)}
          <mark>{text.slice(column - 1, column) || " "}</mark>
          {text.slice(column)}
        </p>
      )}
      <p class="error">
        {column > 0 && `${t("search.column", column)}: `}
        {error.message.replace(/^query: (column \d+: )?/, "")}
      </p>
    </div>
  );
}
