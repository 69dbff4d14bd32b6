// SPDX-License-Identifier: Apache-2.0

import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { theme } from "../../state/settings";
import { prepare } from "./canvas";
import { drawGrid, drawRow, ownMemory, pathParts, readColours, rowHeight, type Scene } from "./draw";
import { alignClocks, showPath, type WaterfallState } from "./state";

interface BarsProps {
  readonly state: WaterfallState;
  readonly first: number;
  readonly last: number;
  readonly width: number;
  readonly left: number;
  readonly marks: readonly number[];
}

/** The bars of the rows that are drawn, on a canvas that scrolls with them. */
export function Bars({ state, first, last, width, left, marks }: BarsProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const path = useMemo(() => pathParts(state.trace), [state]);
  const memory = useMemo(() => ownMemory(state.trace), [state]);
  const colours = useMemo(readColours, [theme.value]);
  const rows = state.rows.value;
  const version = state.trace.details.version.value;
  const part = state.part.value;
  const starts = state.starts.value;
  const height = (last - first) * rowHeight;
  useLayoutEffect(() => {
    const context = canvas.current && width > 0 ? prepare(canvas.current, width, height) : undefined;
    if (!context) return;
    const scale = width / (part.to - part.from);
    const scene: Scene = {
      context,
      state,
      colours,
      path,
      part,
      starts,
      width,
      x: (ns) => (ns - part.from) * scale,
      own: (node) => memory(node, starts),
    };
    drawGrid(scene, marks, height);
    for (let row = first; row < last; row++) drawRow(scene, row, (row - first) * rowHeight);
  }, [state, rows, part, starts, first, last, width, colours, marks, showPath.value, alignClocks.value, version]);
  return (
    <canvas ref={canvas} class="wf-canvas" style={{ left: `${left}px`, width: `${width}px`, height: `${height}px` }} />
  );
}
