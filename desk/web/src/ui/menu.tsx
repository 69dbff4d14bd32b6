// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { place } from "./float";
import { Icon, type IconName } from "./icon";

/** An entry of a menu; checked entries are choices. */
export interface MenuItem {
  readonly label: string;
  readonly checked?: boolean;
  /** The menu stays open, as for columns. */
  readonly stay?: boolean;
  readonly run: () => void;
}

interface MenuProps {
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly icon?: IconName;
  /** What the button shows; its label if missing and there is no icon. */
  readonly children?: ComponentChildren;
  readonly class?: string;
  /** Called when the menu opens, to ask for what is in it. */
  readonly onOpen?: () => void;
}

function step(list: HTMLElement, by: number | "first" | "last") {
  const items = [...list.querySelectorAll<HTMLElement>("button")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = by === "first" ? 0 : by === "last" ? items.length - 1 : (at + by + items.length) % items.length;
  items[next]?.focus();
}

const steps: Record<string, number | "first" | "last"> = { ArrowDown: 1, ArrowUp: -1, Home: "first", End: "last" };

/** A button with a menu: arrows move in it, Esc closes it and gives the focus back. */
export function Menu({ label, items, icon, children, class: more = "", onOpen }: MenuProps) {
  const [open, set] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    set(false);
    button.current?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        class={`${icon && !children ? "icon-button" : "button"} ${more}`}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={children ? undefined : label}
        data-tip={children ? undefined : label}
        onClick={() => {
          if (!open) onOpen?.();
          set(!open);
        }}
      >
        {icon && <Icon name={icon} />}
        {children ?? (icon ? null : label)}
      </button>
      {open && button.current && <MenuList label={label} items={items} anchor={button.current} onClose={close} />}
    </>
  );
}

interface MenuListProps {
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly anchor: HTMLElement;
  readonly onClose: () => void;
}

function MenuList({ label, items, anchor, onClose }: MenuListProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!list.current) return;
    step(list.current, "first");
    const outside = (event: Event) => {
      const target = event.target as Node;
      if (!list.current?.contains(target) && !anchor.contains(target)) onClose();
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, []);
  useLayoutEffect(() => {
    if (list.current) place(list.current, anchor.getBoundingClientRect());
  }, [items.length]);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = steps[event.key];
    if (by !== undefined && list.current) step(list.current, by);
    else if (event.key === "Escape" || event.key === "Tab") onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div ref={list} class="menu" role="menu" tabIndex={-1} aria-label={label} onKeyDown={onKeyDown}>
      {items.map((item) => (
        <MenuEntry key={item.label} item={item} onClose={onClose} />
      ))}
    </div>
  );
}

function MenuEntry({ item, onClose }: { item: MenuItem; onClose: () => void }) {
  const choice = item.checked !== undefined;
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: only entries with the role of choices have it
    <button
      type="button"
      class="menu-item"
      role={choice ? "menuitemcheckbox" : "menuitem"}
      aria-checked={choice ? item.checked : undefined}
      onClick={() => {
        item.run();
        if (!item.stay) onClose();
      }}
    >
      {choice && <span class="menu-check">{item.checked && <Icon name="check" />}</span>}
      {item.label}
    </button>
  );
}
