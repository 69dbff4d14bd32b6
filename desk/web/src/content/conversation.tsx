// SPDX-License-Identifier: Apache-2.0

import { useState } from "preact/hooks";
import { t } from "../i18n";
import { Json } from "../ui/json";
import { beginning, firstPart, LongText } from "../ui/long-text";
import { looksLikeMarkdown } from "./markdown";
import { Markdown } from "./markdown-view";
import type { Message, Part } from "./messages";

/** A text as Markdown if it looks like it, and is not too long to be read at once. */
export function Prose({ text }: { text: string }) {
  const [all, set] = useState(false);
  if (!looksLikeMarkdown(text)) return <LongText text={text} class="prose" />;
  return (
    <>
      <Markdown text={all ? text : beginning(text)} />
      {text.length > firstPart && (
        <button type="button" class="link" onClick={() => set(!all)}>
          {t(all ? "do.showLess" : "do.more")}
        </button>
      )}
    </>
  );
}

function Tool({ part, text }: { part: Part; text: string }) {
  const { name, id, value } = part;
  return (
    <div class="turn-use">
      <p class="turn-use-head">
        <span class="dim">{text}</span> {name && <strong class="mono">{name}</strong>}
        {id && <span class="mono dim cut">{id}</span>}
      </p>
      <div class="mono turn-value">
        {value !== null && typeof value === "object" ? (
          <Json value={value} level={1} />
        ) : (
          <LongText text={String(value ?? "")} />
        )}
      </div>
    </div>
  );
}

function Piece({ part }: { part: Part }) {
  switch (part.kind) {
    case "text":
      return <Prose text={part.text ?? ""} />;
    case "reasoning":
      return (
        <details class="turn-reasoning">
          <summary class="dim">{t("content.reasoning")}</summary>
          <Prose text={part.text ?? ""} />
        </details>
      );
    case "call":
      return <Tool part={part} text={t("content.call")} />;
    case "result":
      return <Tool part={part} text={t("content.result")} />;
    default:
      return (
        <div class="mono turn-value">
          <Json value={part.value} level={1} />
        </div>
      );
  }
}

const roleTexts = {
  system: "content.role.system",
  developer: "content.role.system",
  user: "content.role.user",
  assistant: "content.role.assistant",
  tool: "content.role.tool",
} as const;

/** What a role is called; a role that is not known by its own name. */
export function roleText(role: string): string {
  const key = roleTexts[role as keyof typeof roleTexts];
  return key ? t(key) : role || t("content.role.none");
}

/** How many messages are shown at first, from the end: what came last matters most. */
const page = 30;

/** A conversation with a model, message after message. */
export function Conversation({ messages }: { messages: readonly Message[] }) {
  const [shown, show] = useState(page);
  const from = Math.max(0, messages.length - shown);
  return (
    <ol class="turns" start={from + 1}>
      {from > 0 && (
        <li>
          <button type="button" class="link" onClick={() => show(shown + 10 * page)}>
            {t("content.earlier", from)}
          </button>
        </li>
      )}
      {messages.slice(from).map((message, i) => (
        <li key={from + i} class={`turn turn-${message.role in roleTexts ? message.role : "other"}`}>
          <p class="turn-role">
            {roleText(message.role)} {message.name && <span class="mono dim">{message.name}</span>}
          </p>
          <div class="turn-parts">
            {message.parts.map((part, j) => (
              <Piece key={j} part={part} />
            ))}
            {message.parts.length === 0 && <span class="dim">{t("value.empty")}</span>}
          </div>
        </li>
      ))}
    </ol>
  );
}
