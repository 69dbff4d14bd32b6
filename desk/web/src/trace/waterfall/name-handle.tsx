// SPDX-License-Identifier: Apache-2.0

import { useRef } from "preact/hooks";
import { t } from "../../i18n";
import { nameWidth } from "./state";

const [least, most] = [120, 1200];

function resize(to: number) {
  nameWidth.value = String(Math.round(Math.max(least, Math.min(most, to))));
}

/** The edge of the column of names, which can be moved. */
export function NameHandle({ width }: { width: number }) {
  const drag = useRef<{ x: number; width: number } | undefined>(undefined);
  return (
    <span
      class="wf-name-handle"
      style={{ left: `${width - 4}px` }}
      role="separator"
      aria-orientation="vertical"
      aria-label={t("wf.names.resize")}
      aria-valuenow={width}
      aria-valuemin={least}
      aria-valuemax={most}
      tabIndex={0}
      onKeyDown={(event) => {
        const by = { ArrowLeft: -24, ArrowRight: 24 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        resize(width + by);
      }}
      onPointerDown={(event) => {
        drag.current = { x: event.clientX, width };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => drag.current && resize(drag.current.width + event.clientX - drag.current.x)}
      onLostPointerCapture={() => {
        drag.current = undefined;
      }}
    />
  );
}
