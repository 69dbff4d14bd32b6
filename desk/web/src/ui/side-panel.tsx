// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { t } from "../i18n";
import { setting } from "../state/settings";
import { Icon } from "./icon";

const width = setting<string>("panel-width", "440");
const [narrowest, widest, keyStep] = [280, 1200, 24];

function resize(to: number) {
  const most = Math.min(widest, innerWidth - 320);
  width.value = String(Math.round(Math.max(narrowest, Math.min(most, to))));
}

interface SidePanelProps {
  readonly label: string;
  readonly title: ComponentChildren;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A panel on the right whose width can be changed; on narrow pages a sheet from below. */
export function SidePanel({ label, title, onClose, children }: SidePanelProps) {
  return (
    <aside class="panel" aria-label={label} style={{ "--panel-width": `${width.value}px` }}>
      <Handle />
      <header class="panel-head">
        <div class="panel-title">{title}</div>
        <button
          type="button"
          class="icon-button"
          aria-label={t("do.close")}
          data-tip={`${t("do.close")} (Esc)`}
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </header>
      <div class="panel-body">{children}</div>
    </aside>
  );
}

function Handle() {
  const dragging = useRef(false);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: keyStep, ArrowRight: -keyStep }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    resize(Number(width.value) + by);
  };
  return (
    <div
      class="panel-handle"
      role="separator"
      aria-orientation="vertical"
      aria-label={t("do.resize")}
      aria-valuenow={Number(width.value)}
      aria-valuemin={narrowest}
      aria-valuemax={widest}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        dragging.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (dragging.current) resize(innerWidth - event.clientX);
      }}
      onLostPointerCapture={() => {
        dragging.current = false;
      }}
    />
  );
}
