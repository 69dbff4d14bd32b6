// SPDX-License-Identifier: Apache-2.0

import { type Block, type Inline, type ListItem, readInline, readMarkdown } from "./markdown";
import "./markdown.css";

function Piece({ part }: { part: Inline }) {
  if (part.kind === "code") return <code>{part.text}</code>;
  if (part.kind === "strong") return <strong>{part.text}</strong>;
  if (part.kind === "em") return <em>{part.text}</em>;
  if (part.kind !== "link") return <>{part.text}</>;
  return (
    <a href={part.href ?? ""} target="_blank" rel="noopener noreferrer">
      {part.text}
    </a>
  );
}

function Line({ text }: { text: string }) {
  return (
    <>
      {readInline(text).map((part, i) => (
        <Piece key={i} part={part} />
      ))}
    </>
  );
}

function List({ items }: { items: readonly ListItem[] }) {
  return (
    <ul class="md-list">
      {items.map((item, i) => (
        <li key={i} style={{ marginLeft: `${item.level * 18}px` }}>
          <span class="md-marker">{item.marker}</span>
          <span dir="auto">
            <Line text={item.text} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Table({ head, rows }: { head: readonly string[]; rows: readonly (readonly string[])[] }) {
  return (
    <div class="md-scroll">
      <table class="md-table">
        <thead>
          <tr>
            {head.map((cell, i) => (
              <th key={i} scope="col">
                <Line text={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j}>
                  <Line text={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Part({ block }: { block: Block }) {
  switch (block.kind) {
    case "heading":
      return (
        <p class={block.level < 3 ? "md-heading md-large" : "md-heading"} dir="auto">
          <Line text={block.text} />
        </p>
      );
    case "code":
      return <pre class="md-code">{block.text}</pre>;
    case "list":
      return <List items={block.items} />;
    case "table":
      return <Table head={block.head} rows={block.rows} />;
    case "rule":
      return <hr class="md-rule" />;
    default:
      return (
        <p class={`md-${block.kind}`} dir="auto">
          <Line text={block.text} />
        </p>
      );
  }
}

/** A text as Markdown; HTML in it stays text. */
export function Markdown({ text }: { text: string }) {
  return (
    <div class="md">
      {readMarkdown(text).map((block, i) => (
        <Part key={i} block={block} />
      ))}
    </div>
  );
}
