// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { go } from "../state/router";
import { useKeys } from "./keys";
import { VirtualList } from "./virtual-list";

/** A column of a table of rows of type T. */
export interface Column<T> {
  readonly id: string;
  readonly title: string;
  /** What the title means. */
  readonly tip?: string;
  /** In px; the columns without a width share what is left. */
  readonly width?: number;
  /** Its width in narrow tables, in px. */
  readonly narrow?: number;
  readonly numeric?: boolean;
  /** From which width of the page on it is shown: 1 always, 2 above 820 px, 3 above 1300 px. */
  readonly priority: 1 | 2 | 3;
  readonly cell: (row: T) => ComponentChildren;
  /** Its cells have a bar, which narrow tables leave out. */
  readonly barred?: boolean;
  /** The cell is the link of the row, which is as large as the row. */
  readonly main?: boolean;
  /** How the table is sorted by it: none if it cannot be. */
  readonly sort?: { readonly now: "ascending" | "descending" | "none"; readonly onSort: () => void };
}

interface TableProps<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  /** Where a row leads. */
  readonly href: (row: T) => string;
  readonly onEnd?: (() => void) | undefined;
  readonly foot?: ComponentChildren;
  readonly class?: string;
}

function cellClass(column: Column<never>): string {
  return `cell fold-${column.priority}${column.numeric ? " cell-num num" : ""}${column.width ? "" : " cell-wide"}${column.narrow ? " cell-narrows" : ""}${column.barred ? " cell-barred" : ""}`;
}

function widthOf(column: Column<never>) {
  const { width, narrow } = column;
  if (width && narrow) return { "--wide": `${width}px`, "--narrow": `${narrow}px` };
  return width ? { width: `${width}px` } : undefined;
}

/** A table of links, of which only the rows in sight are drawn: j and k move in it, Enter opens. */
export function Table<T>({ label, columns, rows, keyOf, href, onEnd, foot, class: more }: TableProps<T>) {
  const [current, set] = useState(-1);
  const move = (by: number) => set(Math.max(0, Math.min(rows.length - 1, current + by)));
  useKeys("keys.page", [
    { keys: "j", text: "keys.down", run: () => move(1) },
    { keys: "k", text: "keys.up", run: () => move(-1) },
    { keys: "Enter", text: "keys.open", run: () => open(rows[current]) },
  ]);
  const open = (row: T | undefined) => {
    if (row === undefined) return false;
    go(href(row));
    return true;
  };
  const draw = (index: number) => {
    const row = rows[index];
    if (row === undefined) return null;
    const to = href(row);
    return (
      <div key={keyOf(row)} class={`row${index === current ? " current" : ""}`} role="row" aria-rowindex={index + 2}>
        {columns.map((column) => (
          <span key={column.id} class={cellClass(column)} style={widthOf(column)} role="cell">
            {column.main ? (
              <a class="row-link" href={to} tabIndex={-1}>
                {column.cell(row)}
              </a>
            ) : (
              column.cell(row)
            )}
          </span>
        ))}
      </div>
    );
  };
  return (
    <VirtualList
      role="table"
      label={label}
      count={rows.length}
      row={draw}
      current={current}
      head={<Head columns={columns} />}
      {...(onEnd ? { onEnd } : {})}
      {...(more ? { class: more } : {})}
      foot={
        foot && (
          <div role="row">
            <div role="cell">{foot}</div>
          </div>
        )
      }
    />
  );
}

const arrows = { ascending: " ↑", descending: " ↓", none: "" };

function Head<T>({ columns }: { columns: readonly Column<T>[] }) {
  return (
    <div class="row row-head" role="row">
      {columns.map((column) => (
        <span
          key={column.id}
          class={cellClass(column)}
          style={widthOf(column)}
          role="columnheader"
          aria-sort={column.sort?.now}
          data-tip={column.tip}
        >
          {column.sort ? (
            <button type="button" class={`sort${column.sort.now === "none" ? "" : " on"}`} onClick={column.sort.onSort}>
              {column.title}
              {arrows[column.sort.now]}
            </button>
          ) : (
            column.title
          )}
        </span>
      ))}
    </div>
  );
}
