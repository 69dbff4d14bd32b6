// SPDX-License-Identifier: Apache-2.0

import { jsonIn } from "../ui/value";
import { looksLikeMarkdown } from "./markdown";
import { type Message, readMessages } from "./messages";

/** How a value can be shown. */
export type Form = "messages" | "markdown" | "json" | "text";

/** A value in the forms that fit it, the best first. */
export interface Forms {
  readonly forms: readonly Form[];
  readonly messages: readonly Message[] | undefined;
  readonly tree: object | undefined;
}

/** Says how a value can be shown. */
export function formsOf(value: unknown): Forms {
  const tree =
    typeof value === "string" ? jsonIn(value) : value !== null && typeof value === "object" ? value : undefined;
  const messages = tree && readMessages(tree);
  const forms: Form[] = [];
  if (messages) forms.push("messages");
  if (tree) forms.push("json");
  if (!tree && typeof value === "string" && looksLikeMarkdown(value)) forms.push("markdown");
  forms.push("text");
  return { forms, messages, tree };
}
