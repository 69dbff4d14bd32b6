// SPDX-License-Identifier: Apache-2.0

import { useRef } from "preact/hooks";

export interface Tab<T extends string> {
  readonly id: T;
  readonly label: string;
  /** A figure beside the label. */
  readonly badge?: string | undefined;
}

interface TabsProps<T extends string> {
  readonly label: string;
  readonly tabs: readonly Tab<T>[];
  readonly current: T;
  readonly onSelect: (id: T) => void;
  /** The id of the element that shows the tab. */
  readonly controls: string;
}

const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1 };

/** A bar of tabs: one stop for the keyboard, arrows move in it. */
export function Tabs<T extends string>({ label, tabs, current, onSelect, controls }: TabsProps<T>) {
  const bar = useRef<HTMLDivElement>(null);
  const select = (index: number) => {
    const tab = tabs[(index + tabs.length) % tabs.length];
    if (!tab) return;
    onSelect(tab.id);
    bar.current?.querySelector<HTMLElement>(`[data-tab="${tab.id}"]`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = steps[event.key];
    if (by === undefined) return;
    event.preventDefault();
    select(tabs.findIndex((tab) => tab.id === current) + by);
  };
  return (
    <div ref={bar} class="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          class="tab"
          data-tab={tab.id}
          aria-selected={tab.id === current}
          aria-controls={controls}
          tabIndex={tab.id === current ? 0 : -1}
          onClick={() => onSelect(tab.id)}
        >
          {tab.label}
          {tab.badge && <span class="tab-badge">{tab.badge}</span>}
        </button>
      ))}
    </div>
  );
}
