// SPDX-License-Identifier: Apache-2.0

// The part of Markdown that models write, read into blocks. HTML in it is text like
// any other.

export type Block =
  | { readonly kind: "heading"; readonly level: number; readonly text: string }
  | { readonly kind: "code"; readonly language: string; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly ListItem[] }
  | { readonly kind: "table"; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: "quote" | "text"; readonly text: string }
  | { readonly kind: "rule" };

export interface ListItem {
  readonly level: number;
  /** What stands before it: a bullet or its number. */
  readonly marker: string;
  readonly text: string;
}

export interface Inline {
  readonly kind: "text" | "code" | "strong" | "em" | "link";
  readonly text: string;
  readonly href?: string;
}

const fence = /^\s*(`{3,}|~{3,})\s*([\w+-]*)/;
const heading = /^(#{1,6})\s+(.*?)\s*#*$/;
const rule = /^\s*([-*_])(\s*\1){2,}\s*$/;
const item = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const quote = /^\s*>\s?(.*)$/;
const tableRule = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)+\|?\s*$/;

/** Where lines begin that are no part of a paragraph. */
function opensBlock(line: string): boolean {
  return (
    !line.trim() || fence.test(line) || heading.test(line) || rule.test(line) || item.test(line) || quote.test(line)
  );
}

function cells(line: string): string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((each) => each.trim());
}

/** The lines from a place on for which something holds. */
function run(lines: readonly string[], at: number, holds: (line: string) => boolean): string[] {
  let end = at;
  while (end < lines.length && holds(lines[end] ?? "")) end++;
  return lines.slice(at, end);
}

type Read = readonly [block: Block, lines: number];

function readCode(lines: readonly string[], at: number): Read | undefined {
  const opened = fence.exec(lines[at] ?? "");
  if (!opened) return undefined;
  const mark = opened[1] ?? "```";
  const body = run(lines, at + 1, (line) => !line.trim().startsWith(mark));
  return [{ kind: "code", language: opened[2] ?? "", text: body.join("\n") }, body.length + 2];
}

function readTable(lines: readonly string[], at: number): Read | undefined {
  if (!lines[at]?.includes("|") || !tableRule.test(lines[at + 1] ?? "")) return undefined;
  const body = run(lines, at + 2, (line) => line.includes("|"));
  return [{ kind: "table", head: cells(lines[at] ?? ""), rows: body.map(cells) }, body.length + 2];
}

function readList(lines: readonly string[], at: number): Read | undefined {
  if (!item.test(lines[at] ?? "")) return undefined;
  const body = run(lines, at, (line) => item.test(line) || (/^\s+\S/.test(line) && !fence.test(line)));
  const items: { level: number; marker: string; text: string }[] = [];
  for (const line of body) {
    const found = item.exec(line);
    const last = items.at(-1);
    if (found) {
      const [, indent = "", mark = "-", text = ""] = found;
      items.push({
        level: Math.min(6, indent.replace(/\t/g, "    ").length >> 1),
        marker: /\d/.test(mark) ? mark : "•",
        text,
      });
    } else if (last) last.text += ` ${line.trim()}`;
  }
  return [{ kind: "list", items }, body.length];
}

function readQuote(lines: readonly string[], at: number): Read | undefined {
  const body = run(lines, at, (line) => quote.test(line));
  if (!body.length) return undefined;
  return [{ kind: "quote", text: body.map((line) => quote.exec(line)?.[1] ?? "").join("\n") }, body.length];
}

function readLine(lines: readonly string[], at: number): Read | undefined {
  const line = lines[at] ?? "";
  const title = heading.exec(line);
  if (title) return [{ kind: "heading", level: title[1]?.length ?? 1, text: title[2] ?? "" }, 1];
  return rule.test(line) ? [{ kind: "rule" }, 1] : undefined;
}

function readText(lines: readonly string[], at: number): Read {
  const rest = run(lines, at + 1, (line) => !opensBlock(line));
  return [{ kind: "text", text: [lines[at] ?? "", ...rest].join("\n") }, rest.length + 1];
}

/** Reads a text as Markdown. */
export function readMarkdown(text: string): Block[] {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    if (!lines[at]?.trim()) {
      at++;
      continue;
    }
    const [block, length] =
      readCode(lines, at) ??
      readTable(lines, at) ??
      readLine(lines, at) ??
      readList(lines, at) ??
      readQuote(lines, at) ??
      readText(lines, at);
    blocks.push(block);
    at += length;
  }
  return blocks;
}

const inline =
  /(`{1,2})([^`]{1,2000})\1|\*\*([^*\n]{1,1000})\*\*|__([^_\n]{1,1000})__|\*([^*\s][^*\n]{0,1000})\*|\b_([^_\n]{1,1000})_\b|\[([^\]\n]{1,500})\]\((https?:\/\/[^)\s]{1,2000})\)/g;

/** Longer paragraphs are shown as they are. */
const longest = 20_000;

function inlineOf(match: RegExpMatchArray): Inline {
  const [, , code, strong, strong2, em, em2, text, href] = match;
  if (code !== undefined) return { kind: "code", text: code };
  if (strong ?? strong2) return { kind: "strong", text: strong ?? strong2 ?? "" };
  if (em ?? em2) return { kind: "em", text: em ?? em2 ?? "" };
  return { kind: "link", text: text ?? "", href: href ?? "" };
}

/** Reads what is within a paragraph. Only links to the web are links. */
export function readInline(text: string): Inline[] {
  if (text.length > longest) return [{ kind: "text", text }];
  const parts: Inline[] = [];
  let last = 0;
  for (const match of text.matchAll(inline)) {
    if (match.index > last) parts.push({ kind: "text", text: text.slice(last, match.index) });
    parts.push(inlineOf(match));
    last = match.index + match[0].length;
  }
  if (last < text.length) parts.push({ kind: "text", text: text.slice(last) });
  return parts;
}

/** Whether a text has something of Markdown in it that is worth showing. */
export function looksLikeMarkdown(text: string): boolean {
  const start = text.slice(0, 8192);
  return (
    /^(#{1,6} |\s*[-*+] \S|\s*\d+[.)] \S|> |```|~~~)/m.test(start) ||
    /\*\*\S[^*\n]*\*\*|`[^`\n]+`|^\|.*\|$/m.test(start)
  );
}
