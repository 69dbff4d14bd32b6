// SPDX-License-Identifier: Apache-2.0

import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { moved, type Span, zoomed } from "./axis";

interface Wheel {
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly deltaX: number;
  readonly deltaY: number;
}

/**
 * What a turn of the wheel makes of the part of time that is shown: with Ctrl it
 * zooms around the share of the width that the pointer is at, sideways or with Shift
 * it moves. Undefined if it is meant for scrolling.
 */
export function turned(
  event: Wheel,
  part: Span,
  whole: number,
  pointer: { at: number; width: number },
): Span | undefined {
  const share = Math.max(0, Math.min(1, pointer.at / Math.max(1, pointer.width)));
  if (event.ctrlKey || event.metaKey) {
    return zoomed(part, 1.002 ** event.deltaY, part.from + share * (part.to - part.from), whole);
  }
  const [along, across] = event.shiftKey ? [event.deltaY || event.deltaX, 0] : [event.deltaX, event.deltaY];
  if (Math.abs(along) <= Math.abs(across)) return undefined;
  return moved(part, along / Math.max(1, pointer.width), whole);
}

interface Zoomable {
  readonly left: number;
  readonly width: number;
  readonly whole: number;
  readonly part: () => Span;
  readonly show: (part: Span) => void;
}

/** Zooms and moves along the time by the wheel over an element. */
export function useWheel(element: RefObject<HTMLElement | null>, of: Zoomable) {
  const { left, width, whole } = of;
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    const wheel = (event: WheelEvent) => {
      const at = event.clientX - target.getBoundingClientRect().left - left;
      const part = turned(event, of.part(), whole, { at, width });
      if (!part) return;
      of.show(part);
      event.preventDefault();
    };
    target.addEventListener("wheel", wheel, { passive: false });
    return () => target.removeEventListener("wheel", wheel);
  }, [left, width, whole, of.show]);
}
