// SPDX-License-Identifier: Apache-2.0

import { useRef, useState } from "preact/hooks";
import { durationTo } from "../../format/format";
import { t } from "../../i18n";
import { showPart, type WaterfallState } from "./state";

interface RulerProps {
  readonly state: WaterfallState;
  readonly width: number;
  readonly marks: readonly number[];
  readonly step: number;
}

/** The scale of time above the bars; dragging over it shows that part. */
export function Ruler({ state, width, marks, step }: RulerProps) {
  const part = state.part.value;
  const [dragged, set] = useState<readonly [number, number] | undefined>(undefined);
  const box = useRef<HTMLDivElement>(null);
  const scale = width / (part.to - part.from);
  const xOf = (event: PointerEvent) => event.clientX - (box.current?.getBoundingClientRect().left ?? 0);
  const end = () => {
    set(undefined);
    if (!dragged || Math.abs(dragged[1] - dragged[0]) < 4) return;
    const [from, to] = [...dragged].sort((a, b) => a - b).map((x) => part.from + x / scale);
    if (from !== undefined && to !== undefined) showPart(state, { from, to });
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the minimap and keys do the same
    <div
      ref={box}
      class="wf-ruler num"
      style={{ width: `${width}px` }}
      data-tip={t("wf.ruler.tip")}
      onPointerDown={(event) => {
        set([xOf(event), xOf(event)]);
        box.current?.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => dragged && set([dragged[0], xOf(event)])}
      onPointerUp={end}
      onDblClick={() => showPart(state, { from: 0, to: state.trace.duration })}
    >
      {marks.map((mark) => (
        <span key={mark} class="wf-mark dim" style={{ transform: `translateX(${(mark - part.from) * scale}px)` }}>
          {(mark - part.from) * scale < width - 44 && durationTo(mark, step)}
        </span>
      ))}
      {dragged && (
        <span
          class="wf-drag"
          style={{ left: `${Math.min(...dragged)}px`, width: `${Math.abs(dragged[1] - dragged[0])}px` }}
        />
      )}
    </div>
  );
}
