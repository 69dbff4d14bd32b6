// SPDX-License-Identifier: Apache-2.0

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { PlainKey } from "../i18n";

/** A key and what it does. Chords such as "g t" are two keys after each other. */
export interface Shortcut {
  readonly keys: string;
  readonly text: PlainKey;
  /** Does it; false lets the next one have the key. */
  readonly run: (event: KeyboardEvent) => unknown;
  /** Holds also while the reader types into a field. */
  readonly inFields?: boolean;
}

/** Shortcuts that belong together, as the sheet shows them. */
export interface Group {
  readonly title: PlainKey;
  readonly shortcuts: readonly Shortcut[];
}

/** What is registered, the newest last: those of the newest come first. */
export const groups = signal<readonly Group[]>([]);

/** Registers shortcuts while the component is there. */
export function useKeys(title: PlainKey, shortcuts: readonly Shortcut[]) {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  const names = shortcuts.map((s) => s.keys).join("\n");
  useEffect(() => {
    const wanted = names.split("\n");
    const group: Group = {
      title,
      shortcuts: latest.current
        .filter((s) => wanted.includes(s.keys))
        .map((s) => ({ ...s, run: (event) => latest.current.find((l) => l.keys === s.keys)?.run(event) })),
    };
    groups.value = [...groups.peek(), group];
    return () => {
      groups.value = groups.peek().filter((g) => g !== group);
    };
  }, [title, names]);
}

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Whether an element uses the key itself, as buttons use Enter. */
function usesKey(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const pressed = key === "Enter" || key === " ";
  return pressed && target.closest("button, a[href], summary, [role=menuitem], [role=tab]") !== null;
}

/** Who moves through rows means them by Enter, not the tab or button that was used before. */
function leaveButton(key: string) {
  const active = document.activeElement;
  if ((key === "j" || key === "k") && active instanceof HTMLElement && usesKey(active, "Enter")) active.blur();
}

let pending = "";
let pendingSince = 0;
const chordTime = 1000;

function named(event: KeyboardEvent): string[] {
  const before = performance.now() - pendingSince < chordTime ? pending : "";
  return before ? [`${before} ${event.key}`, event.key] : [event.key];
}

function dispatch(event: KeyboardEvent) {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return;
  if (usesKey(event.target, event.key)) return;
  const field = isField(event.target);
  const modal = document.querySelector("dialog:modal") !== null;
  const all = [...groups.peek()].reverse().flatMap((g) => g.shortcuts);
  for (const name of named(event)) {
    for (const shortcut of all.filter((s) => s.keys === name && (!field || s.inFields) && !modal)) {
      if (shortcut.run(event) === false) continue;
      event.preventDefault();
      leaveButton(name);
      pending = "";
      return;
    }
  }
  pending = !field && all.some((s) => s.keys.startsWith(`${event.key} `)) ? event.key : "";
  pendingSince = performance.now();
}

/** Listens to the keyboard. */
export function startKeys() {
  document.addEventListener("keydown", dispatch);
}
