// SPDX-License-Identifier: Apache-2.0

import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** The width of an element in px, as it changes; 0 before it is there. */
export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, set] = useState(0);
  useLayoutEffect(() => {
    const now = element.current;
    if (!now) return;
    set(now.clientWidth);
    const observer = new ResizeObserver(() => set(now.clientWidth));
    observer.observe(now);
    return () => observer.disconnect();
  }, []);
  return width;
}
