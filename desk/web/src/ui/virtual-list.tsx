// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** Rows that are drawn beyond each edge, so that scrolling shows no gaps. */
const beyond = 8;

interface VirtualListProps {
  readonly count: number;
  /** In px; 28 if missing. */
  readonly rowHeight?: number;
  /** Draws a row; its key is its index. The row has to be as high as said. */
  readonly row: (index: number) => ComponentChildren;
  /** A row to keep in sight whenever it changes; -1 for none. */
  readonly current?: number;
  /** The id of the element of that row, for lists that have the focus for their rows. */
  readonly active?: string | undefined;
  /** Called when the last rows come into sight, to load more. */
  readonly onEnd?: () => void;
  /** What stands above the rows and stays there. */
  readonly head?: ComponentChildren;
  /** What comes after the last row. */
  readonly foot?: ComponentChildren;
  readonly class?: string;
  /** Its rows have the roles that belong to it; group if missing. */
  readonly role?: "grid" | "table" | "tree" | "treegrid" | "listbox";
  readonly label: string;
}

interface View {
  readonly first: number;
  readonly last: number;
}

function visible(element: HTMLElement, count: number, rowHeight: number): View {
  const first = Math.max(0, Math.floor(element.scrollTop / rowHeight) - beyond);
  return { first, last: Math.min(count, Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) + beyond) };
}

/** Which rows are in sight, as the list scrolls and changes its size. */
function useView(element: RefObject<HTMLDivElement | null>, count: number, rowHeight: number): View {
  const [view, set] = useState<View>({ first: 0, last: Math.min(count, 60) });
  useLayoutEffect(() => {
    const list = element.current;
    if (!list) return;
    const update = () => {
      const now = visible(list, count, rowHeight);
      set((before) => (before.first === now.first && before.last === now.last ? before : now));
    };
    update();
    const observer = new ResizeObserver(update);
    observer.observe(list);
    list.addEventListener("scroll", update, { passive: true });
    return () => {
      observer.disconnect();
      list.removeEventListener("scroll", update);
    };
  }, [count, rowHeight]);
  return { first: Math.min(view.first, count), last: Math.min(view.last, count) };
}

function reveal(list: HTMLElement, index: number, rowHeight: number, headHeight: number) {
  const top = index * rowHeight;
  const room = list.clientHeight - headHeight;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + rowHeight > list.scrollTop + room) list.scrollTop = top + rowHeight - room;
}

/** A list of which only the rows in sight are drawn; 100,000 rows are no burden. */
export function VirtualList(props: VirtualListProps) {
  const { count, rowHeight = 28, current = -1, onEnd } = props;
  const list = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const view = useView(list, count, rowHeight);
  useEffect(() => {
    if (list.current && current >= 0) reveal(list.current, current, rowHeight, head.current?.offsetHeight ?? 0);
  }, [current, rowHeight]);
  useEffect(() => {
    if (count > 0 && view.last >= count) onEnd?.();
  }, [view.last, count]);
  const rows: ComponentChildren[] = [];
  for (let i = view.first; i < view.last; i++) rows.push(props.row(i));
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: the role is one of those that have labels
    <div
      ref={list}
      class={`list ${props.class ?? ""}`}
      role={props.role ?? "group"}
      aria-label={props.label}
      aria-rowcount={props.role && props.role !== "listbox" ? count : undefined}
      aria-activedescendant={props.active}
      tabIndex={0}
    >
      {props.head && (
        <div ref={head} class="list-head" role="presentation">
          {props.head}
        </div>
      )}
      <div class="list-space" role="presentation" style={{ height: `${count * rowHeight}px` }}>
        <div class="list-rows" role="presentation" style={{ transform: `translateY(${view.first * rowHeight}px)` }}>
          {rows}
        </div>
      </div>
      {props.foot}
    </div>
  );
}
