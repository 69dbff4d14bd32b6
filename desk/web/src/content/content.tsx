// SPDX-License-Identifier: Apache-2.0

import { signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Failure } from "../api/client";
import { type StoredValue, storedValue } from "../api/objects";
import { bytes } from "../format/format";
import { t } from "../i18n";
import { answers } from "../standalone/answers";
import { CopyButton } from "../ui/copy";
import { Json } from "../ui/json";
import { beginning, firstPart, LongText } from "../ui/long-text";
import { failureText } from "../ui/states";
import { jsonIn, textOf } from "../ui/value";
import { Conversation } from "./conversation";
import { type Form, formsOf } from "./form";
import { linkIn } from "./link";
import { Markdown } from "./markdown-view";
import "./content.css";

interface ContentProps {
  readonly name: string;
  readonly value: unknown;
  /** Said beside the name, such as where the value is from. */
  readonly note?: string;
}

/**
 * A value of any kind under its name: a conversation, Markdown, JSON or text, as the
 * reader chooses. Values in object storage are loaded when they are wanted.
 */
export function Content(props: ContentProps) {
  const link = linkIn(props.value);
  if (!link) return <Shown {...props} />;
  return __STANDALONE__ ? <Kept {...props} link={link} /> : <Stored {...props} link={link} />;
}

/** A value in object storage as a page that is a file has it, or where it is. */
function Kept({ name, note, link }: ContentProps & { link: string }) {
  const text = answers.get(link);
  if (text !== undefined) return <Shown name={name} value={text} note={note ?? t("content.stored")} />;
  return <Shown name={name} value={link} note={t("content.elsewhere")} />;
}

/** Longer values have a line of their own. */
const short = 100;

function isShort(value: unknown): boolean {
  if (typeof value === "string") return value.length <= short && !value.includes("\n") && !jsonIn(value);
  return value === null || typeof value !== "object";
}

/** A short value beside its name. */
function Short({ name, value, note }: ContentProps) {
  return (
    <div class="content content-short">
      <span class="mono content-name">{name}</span>
      <Plain value={value} />
      {note && <span class="dim cut">{note}</span>}
      <CopyButton text={textOf(value)} label={name} />
    </div>
  );
}

function Shown(props: ContentProps) {
  return isShort(props.value) ? <Short {...props} /> : <Long {...props} />;
}

function Long({ name, value, note }: ContentProps) {
  const { forms, messages, tree } = useMemo(() => formsOf(value), [value]);
  const [chosen, choose] = useState<Form | undefined>();
  const form = chosen && forms.includes(chosen) ? chosen : (forms[0] ?? "text");
  return (
    <section class="content" aria-label={name}>
      <header class="content-head">
        <h4 class="mono content-name">{name}</h4>
        {note && <span class="dim cut">{note}</span>}
        <div class="content-do">
          {forms.length > 1 && <Choice name={name} forms={forms} form={form} onChoose={choose} />}
          <CopyButton text={textOf(value)} label={name} />
        </div>
      </header>
      <div class={form === "json" || (form === "text" && tree) ? "mono content-body" : "content-body"}>
        {form === "messages" && messages && <Conversation messages={messages} />}
        {form === "json" && tree && <Json value={tree} />}
        {form === "markdown" && <LongMarkdown text={textOf(value)} />}
        {form === "text" && <Plain value={value} />}
      </div>
    </section>
  );
}

function Plain({ value }: { value: unknown }) {
  if (value === "" || value === null || value === undefined) return <span class="dim">{t("value.empty")}</span>;
  return <LongText text={textOf(value)} class="prose" />;
}

function LongMarkdown({ text }: { text: string }) {
  const [all, set] = useState(false);
  return (
    <>
      <Markdown text={all ? text : beginning(text)} />
      {text.length > firstPart && (
        <button type="button" class="link" onClick={() => set(!all)}>
          {all ? t("do.showLess") : t("do.showAll", bytes(new Blob([text]).size))}
        </button>
      )}
    </>
  );
}

const formTexts = {
  messages: "content.messages",
  markdown: "content.markdown",
  json: "content.json",
  text: "content.text",
} as const;

interface ChoiceProps {
  readonly name: string;
  readonly forms: readonly Form[];
  readonly form: Form;
  readonly onChoose: (form: Form) => void;
}

function Choice({ name, forms, form, onChoose }: ChoiceProps) {
  return (
    <fieldset class="segments" aria-label={`${t("content.form")}: ${name}`}>
      {forms.map((each) => (
        <button key={each} type="button" class="segment" aria-pressed={each === form} onClick={() => onChoose(each)}>
          {t(formTexts[each])}
        </button>
      ))}
    </fieldset>
  );
}

/** Values that were loaded, by their links: the same one may stand at several places. */
const loaded = signal<ReadonlyMap<string, StoredValue>>(new Map());
/** At most so many are kept. */
const mostLoaded = 20;

function remember(link: string, value: StoredValue) {
  const others = [...loaded.value].filter(([other]) => other !== link).slice(1 - mostLoaded);
  loaded.value = new Map([...others, [link, value]]);
}

function Stored({ name, note, link }: ContentProps & { link: string }) {
  const found = loaded.value.get(link);
  const [error, fail] = useState<Failure | undefined>();
  const [loading, load] = useState(false);
  useEffect(() => fail(undefined), [link]);
  const start = (limit?: number) => {
    load(true);
    storedValue(link, limit).then((result) => {
      load(false);
      if (result.ok) remember(link, result.value);
      fail(result.ok ? undefined : result.error);
    });
  };
  if (found?.whole) return <Shown name={name} value={found.text} note={note ?? t("content.stored")} />;
  return (
    <section class="content" aria-label={name}>
      <header class="content-head">
        <h4 class="mono content-name">{name}</h4>
        <span class="dim cut">{t("content.stored")}</span>
        <div class="content-do">
          <CopyButton text={link} label={t("content.link")} />
        </div>
      </header>
      <div class="content-body">
        {found && <LongText text={found.text} class="prose" />}
        <p class="content-stored">
          <button type="button" class="button" disabled={loading} onClick={() => start(found ? undefined : firstPart)}>
            {found ? t("do.showAll", bytes(found.size)) : t("content.load")}
          </button>
          <span class="mono dim cut" data-tip={link}>
            {link}
          </span>
        </p>
        {error && (
          <p class="error" role="alert">
            {error.message || failureText(error)}
          </p>
        )}
      </div>
    </section>
  );
}
