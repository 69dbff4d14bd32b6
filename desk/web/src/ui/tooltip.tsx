// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef, useState } from "preact/hooks";
import { place } from "./float";

/** How long the pointer has to rest, in ms. */
const delay = 350;

function tipOf(target: EventTarget | null): HTMLElement | SVGElement | undefined {
  const found = target instanceof Element ? target.closest("[data-tip]") : null;
  return found instanceof HTMLElement || found instanceof SVGElement ? found : undefined;
}

/**
 * The one tooltip of the page: shows the text that an element has in data-tip, under
 * the pointer after a while and at once for the keyboard. What it says has to be in
 * the element's accessible name as well, or be said elsewhere.
 */
export function Tooltip() {
  const [anchor, set] = useState<HTMLElement | SVGElement | undefined>();
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let timer = 0;
    const later = (target: HTMLElement | SVGElement | undefined, wait: number) => {
      clearTimeout(timer);
      if (target) timer = window.setTimeout(() => set(target), wait);
      else set(undefined);
    };
    const over = (event: Event) => later(tipOf(event.target), delay);
    const focus = (event: Event) => {
      const target = tipOf(event.target);
      if (target?.matches(":focus-visible")) later(target, 0);
    };
    const away = () => later(undefined, 0);
    document.addEventListener("pointerover", over);
    document.addEventListener("focusin", focus);
    for (const name of ["focusout", "pointerdown", "keydown", "scroll"]) document.addEventListener(name, away, true);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("pointerover", over);
      document.removeEventListener("focusin", focus);
      for (const name of ["focusout", "pointerdown", "keydown", "scroll"])
        document.removeEventListener(name, away, true);
    };
  }, []);
  useEffect(() => {
    if (anchor?.isConnected && element.current) place(element.current, anchor.getBoundingClientRect(), "center");
  });
  if (!anchor?.isConnected) return null;
  return (
    <div ref={element} class="tooltip" role="tooltip">
      {anchor.dataset.tip}
    </div>
  );
}
