// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef } from "preact/hooks";
import { hash, hues } from "../../format/colour";
import { duration } from "../../format/format";
import { t } from "../../i18n";
import { colourValue, theme } from "../../state/settings";
import { useWidth } from "../../ui/width";
import type { Span } from "./axis";
import { moved, within } from "./axis";
import { failure, miniature } from "./miniature";
import { showPart, type WaterfallState } from "./state";

/** How high it is, and the strip for errors, in px. */
const [height, strip] = [46, 3];

function bytesOf(colour: string): number[] {
  const hex = colour.replace("#", "");
  return [0, 2, 4].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
}

/** Draws the whole trace small: its services in faint colours, what failed in red. */
function draw(canvas: HTMLCanvasElement, state: WaterfallState, width: number) {
  const { trace } = state;
  const { rows } = trace.waterfall;
  const starts = state.starts.value;
  const ratio = devicePixelRatio || 1;
  const [wide, high] = [Math.max(1, Math.round(width * ratio)), Math.round(height * ratio)];
  const picture = miniature(
    {
      length: rows.length,
      start: (row) => starts[rows[row]?.node ?? 0] ?? 0,
      duration: (row) => rows[row]?.duration ?? 0,
      failed: (row) => trace.spans[rows[row]?.node ?? 0]?.status === "error",
      colour: (row) => {
        const service = trace.spans[rows[row]?.node ?? 0]?.service ?? "";
        return 1 + (trace.palette.get(service) ?? hash(service) % hues);
      },
    },
    trace.duration,
    { width: wide, height: high, strip: Math.round(strip * ratio) },
  );
  const colours = Array.from({ length: hues }, (_, i) => bytesOf(colourValue(`s${i}`)));
  const error = bytesOf(colourValue("error"));
  canvas.width = wide;
  canvas.height = high;
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(wide, high);
  picture.forEach((index, i) => {
    const colour = index === failure ? error : colours[index - 1];
    if (!colour) return;
    image.data.set(colour, i * 4);
    image.data[i * 4 + 3] = index === failure ? 255 : 190;
  });
  context.putImageData(image, 0, 0);
}

type Drag = { readonly kind: "new" | "from" | "to" | "move"; readonly at: number; readonly part: Span };

/** What a drag makes of the part that is shown. */
function dragged(drag: Drag, at: number, whole: number): Span {
  const by = at - drag.at;
  switch (drag.kind) {
    case "move": {
      const length = drag.part.to - drag.part.from;
      return within({ from: drag.part.from + by, to: drag.part.from + by + length }, whole);
    }
    case "from":
      return { from: Math.min(drag.part.from + by, drag.part.to), to: drag.part.to };
    case "to":
      return { from: drag.part.from, to: Math.max(drag.part.to + by, drag.part.from) };
    default:
      return { from: Math.min(drag.at, at), to: Math.max(drag.at, at) };
  }
}

/** The whole trace small, on which the part that is shown is chosen. */
export function Minimap({ state }: { state: WaterfallState }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const drag = useRef<Drag | undefined>(undefined);
  const width = useWidth(box);
  const { trace } = state;
  const whole = Math.max(1, trace.duration);
  const starts = state.starts.value;
  const dark = theme.value;
  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, state, width);
  }, [state, width, starts, dark]);
  const part = state.part.value;
  const isWhole = part.from <= 0 && part.to >= whole;
  const timeAt = (event: PointerEvent) => {
    const bounds = box.current?.getBoundingClientRect();
    return bounds ? (Math.max(0, Math.min(bounds.width, event.clientX - bounds.left)) / bounds.width) * whole : 0;
  };
  const begin = (event: PointerEvent) => {
    const handle = (event.target as HTMLElement).dataset.handle as Drag["kind"] | undefined;
    const kind = handle ?? "new";
    drag.current = { kind: kind === "move" && isWhole ? "new" : kind, at: timeAt(event), part };
    box.current?.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    const now = drag.current;
    if (!now || Math.abs(timeAt(event) - now.at) * (width / whole) < 3) return;
    showPart(state, dragged(now, timeAt(event), whole));
  };
  const percent = (ns: number) => `${(100 * ns) / whole}%`;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the handles in it are for the keyboard
    <div
      ref={box}
      class="wf-mini"
      style={{ height: `${height}px` }}
      onPointerDown={begin}
      onPointerMove={move}
      onPointerUp={() => {
        drag.current = undefined;
      }}
      onDblClick={() => showPart(state, { from: 0, to: whole })}
    >
      <canvas ref={canvas} class="wf-mini-canvas" />
      <span class="wf-shade" style={{ left: 0, width: percent(part.from) }} />
      <span class="wf-shade" style={{ left: percent(part.to), right: 0 }} />
      <span
        class="wf-window"
        data-handle="move"
        style={{ left: percent(part.from), right: percent(whole - part.to) }}
      />
      <Handle state={state} edge="from" at={percent(part.from)} />
      <Handle state={state} edge="to" at={percent(part.to)} />
    </div>
  );
}

function Handle({ state, edge, at }: { state: WaterfallState; edge: "from" | "to"; at: string }) {
  const part = state.part.value;
  const whole = Math.max(1, state.trace.duration);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -0.02, ArrowRight: 0.02 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const value = Math.max(0, Math.min(whole, part[edge] + by * whole));
    if (event.shiftKey) showPart(state, moved(part, Math.sign(by) * 0.1, whole));
    else if (edge === "from" ? value < part.to : value > part.from) showPart(state, { ...part, [edge]: value });
  };
  return (
    <span
      class="wf-handle"
      data-handle={edge}
      style={{ left: at }}
      role="slider"
      tabIndex={0}
      aria-label={t(edge === "from" ? "wf.from" : "wf.to")}
      aria-valuemin={0}
      aria-valuemax={whole}
      aria-valuenow={part[edge]}
      aria-valuetext={duration(part[edge])}
      onKeyDown={onKeyDown}
    />
  );
}
