// SPDX-License-Identifier: Apache-2.0

import type { ReadonlySignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** What is said beside the pointer. */
export interface Hover {
  readonly x: number;
  readonly y: number;
  readonly content: ComponentChildren;
}

/**
 * A card beside the pointer, within the page. It must not stand in an element that is
 * moved or contained, as such elements hold what is fixed.
 */
export function HoverCard({ at }: { at: ReadonlySignal<Hover | undefined> }) {
  const hover = at.value;
  const card = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = card.current;
    if (!element || !hover) return;
    const { offsetWidth: width, offsetHeight: height } = element;
    const right = hover.x + 14 + width + 4 <= innerWidth;
    const below = hover.y + 16 + height + 4 <= innerHeight;
    element.style.left = `${Math.max(4, right ? hover.x + 14 : hover.x - 10 - width)}px`;
    element.style.top = `${Math.max(4, below ? hover.y + 16 : hover.y - 10 - height)}px`;
  });
  if (!hover) return null;
  return (
    <div ref={card} class="hover-card" role="presentation">
      {hover.content}
    </div>
  );
}
