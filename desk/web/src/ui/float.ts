// SPDX-License-Identifier: Apache-2.0

/** The distance of what floats from its anchor and from the edges, in px. */
const apart = 4;

/** Puts an element that is fixed below its anchor, or above where there is no room. */
export function place(element: HTMLElement, anchor: DOMRect, align: "start" | "center" | "end" = "start") {
  const { offsetWidth: width, offsetHeight: height } = element;
  const lefts = { start: anchor.left, center: anchor.left + (anchor.width - width) / 2, end: anchor.right - width };
  const left = Math.max(apart, Math.min(lefts[align], innerWidth - width - apart));
  const below = anchor.bottom + apart;
  const fits = below + height + apart <= innerHeight || anchor.top < height + apart;
  element.style.left = `${left}px`;
  element.style.top = `${fits ? below : anchor.top - height - apart}px`;
}
