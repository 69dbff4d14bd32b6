// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { count } from "../../format/format";
import { Icon } from "../../ui/icon";

const closed = new Set<string>(["resource", "scope", "json"]);

interface SectionProps {
  /** By which the page remembers whether it is open. */
  readonly id: string;
  readonly title: string;
  readonly size?: number | undefined;
  readonly children: ComponentChildren;
}

/** A part of the panel that folds, and stays so for the next span. */
export function Section({ id, title, size, children }: SectionProps) {
  const [open, set] = useState(!closed.has(id));
  const toggle = () => {
    if (open) closed.add(id);
    else closed.delete(id);
    set(!open);
  };
  return (
    <section class="panel-section">
      <h3>
        <button type="button" class="panel-fold" aria-expanded={open} onClick={toggle}>
          <Icon name={open ? "down" : "right"} />
          {title}
          {size !== undefined && <span class="dim num">{count(size)}</span>}
        </button>
      </h3>
      {open && <div class="panel-inner">{children}</div>}
    </section>
  );
}
