// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from "preact";

interface BoxProps {
  readonly class: string;
  readonly children?: ComponentChildren;
  readonly tip?: string;
  readonly label?: string;
  readonly row?: number;
}

/** A cell of a row. The list has the focus for all of its cells, which tables cannot. */
export function Cell({ class: name, children, row }: BoxProps) {
  return (
    <span class={name} role="gridcell" data-row={row}>
      {children}
    </span>
  );
}

/** The head of a column. */
export function Head({ class: name, children, tip, label }: BoxProps) {
  return (
    <span class={name} role="columnheader" data-tip={tip} aria-label={label}>
      {children}
    </span>
  );
}

interface LineProps {
  readonly id: string;
  readonly class: string;
  readonly depth: number;
  readonly index: number;
  readonly selected: boolean;
  readonly expanded: boolean | undefined;
  readonly children: ComponentChildren;
  readonly onClick: () => void;
  readonly onDblClick?: () => void;
}

/** A row. */
export function Line(props: LineProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the list
    <div
      id={props.id}
      class={props.class}
      role="row"
      tabIndex={-1}
      aria-level={props.depth + 1}
      aria-rowindex={props.index + 2}
      aria-selected={props.selected}
      aria-expanded={props.expanded}
      onClick={props.onClick}
      onDblClick={props.onDblClick}
    >
      {props.children}
    </div>
  );
}

/** The row of the heads. */
export function HeadLine({ children }: { children: ComponentChildren }) {
  return (
    <div class="wf-head" role="row" aria-rowindex={1}>
      {children}
    </div>
  );
}
