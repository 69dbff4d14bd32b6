// SPDX-License-Identifier: Apache-2.0

import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** The rows that are drawn, and the first one in sight. */
export interface RowWindow {
  readonly first: number;
  readonly last: number;
  readonly top: number;
  /** How high the list is, in px. */
  readonly height: number;
}

/** Rows are drawn in blocks of so many, and a block beyond each edge. */
const block = 8;

/** Which of the rows of a list are drawn for a place that it is scrolled to. */
export function windowAt(scrollTop: number, height: number, count: number, rowHeight: number): RowWindow {
  const top = Math.max(0, Math.min(count - 1, Math.floor(scrollTop / rowHeight)));
  const first = Math.max(0, (Math.floor(top / block) - 1) * block);
  const last = Math.min(count, (Math.ceil((top + height / rowHeight) / block) + 1) * block);
  return { first, last, top, height };
}

/** Follows a list that is scrolled; head is how much of it is covered at its top. */
export function useRowWindow(
  list: RefObject<HTMLElement | null>,
  size: { count: number; rowHeight: number; head: number },
): RowWindow {
  const { count, rowHeight, head } = size;
  const [view, set] = useState<RowWindow>(() => windowAt(0, 1200, count, rowHeight));
  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    const update = () => {
      const now = windowAt(element.scrollTop, element.clientHeight - head, count, rowHeight);
      set((was) =>
        was.first === now.first && was.last === now.last && was.top === now.top && was.height === now.height
          ? was
          : now,
      );
    };
    update();
    const observer = new ResizeObserver(update);
    observer.observe(element);
    element.addEventListener("scroll", update, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", update);
    };
  }, [count, rowHeight, head]);
  return view;
}

/** Scrolls a row into sight, with some rows around it if it was out of sight. */
export function reveal(list: HTMLElement, row: number, size: { rowHeight: number; head: number; covered: number }) {
  const room = list.clientHeight - size.head;
  const top = row * size.rowHeight;
  const above = list.scrollTop + size.covered;
  const below = list.scrollTop + room - size.rowHeight;
  if (top >= above && top <= below) return;
  const near = top > above - 3 * size.rowHeight && top < below + 3 * size.rowHeight;
  if (!near) list.scrollTop = top - Math.max(room / 3, size.covered);
  else if (top < above) list.scrollTop = top - size.covered;
  else list.scrollTop = top - room + size.rowHeight * 2;
}
