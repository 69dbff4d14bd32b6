// SPDX-License-Identifier: Apache-2.0

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Scatter as ScatterAnswer } from "../api/schema";
import { hueNumber, hues } from "../format/colour";
import { duration, millis, nanos } from "../format/format";
import { t } from "../i18n";
import { change, go, link, param } from "../state/router";
import { colourValue, theme } from "../state/settings";
import {
  type Bounds,
  type Box,
  boundsOf,
  type Dot,
  dotAt,
  durationTicks,
  pointOf,
  timeLabel,
  timeTicks,
} from "./scales";

/** A trace as a dot. */
export type ScatterTrace = ScatterAnswer["traces"][number];

interface Mark extends Dot {
  readonly trace: ScatterTrace;
}

const height = 150;
/** From so many dots on they are smaller. */
const many = 1000;
/** How near the pointer has to be to a dot, and how far it moves before it is a drag, in px. */
const [near, apart] = [8, 4];

interface Drag {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

interface ScatterProps {
  readonly traces: readonly ScatterTrace[];
  readonly palette: Map<string, number>;
  /** Selects durations, in ns. */
  readonly onDurations: (shortest: number, longest: number) => void;
}

/** The room on the right of the axes, in px. */
const margin = 12;

function boxOf(width: number): Box {
  const left = 62;
  return { left, top: 6, width: Math.max(1, width - left - margin), height: height - 28 };
}

/** The marks with those that failed last, so that they are drawn above the others. */
function marksOf(traces: readonly ScatterTrace[]): Mark[] {
  return traces
    .map((trace) => ({ trace, time: millis(trace.start), duration: trace.duration }))
    .sort((a, b) => Math.sign(a.trace.errors) - Math.sign(b.trace.errors));
}

function drawAxes(g: CanvasRenderingContext2D, b: Bounds, box: Box) {
  g.fillStyle = colourValue("fg-2");
  g.strokeStyle = colourValue("line");
  g.font = "13px system-ui, sans-serif";
  g.lineWidth = 1;
  g.textAlign = "right";
  g.textBaseline = "middle";
  for (const tick of durationTicks(b, 4)) {
    const y = Math.round(pointOf({ time: b.from, duration: tick }, b, box).y) + 0.5;
    g.beginPath();
    g.moveTo(box.left, y);
    g.lineTo(box.left + box.width, y);
    g.stroke();
    g.fillText(duration(tick).replace(/\.00? /, " "), box.left - 6, y);
  }
  g.textAlign = "center";
  g.textBaseline = "top";
  const { ticks, step } = timeTicks(b, Math.max(2, Math.floor(box.width / 90)));
  for (const tick of ticks) {
    const { x } = pointOf({ time: tick, duration: b.shortest }, b, box);
    const text = timeLabel(tick, step);
    const half = g.measureText(text).width / 2;
    g.fillText(text, Math.max(half, Math.min(x, box.left + box.width + margin - half)), box.top + box.height + 5);
  }
}

/** The shape of what failed, which tells it from the others without colours. */
function diamond(g: CanvasRenderingContext2D, x: number, y: number, half: number) {
  g.moveTo(x, y - half);
  g.lineTo(x + half, y);
  g.lineTo(x, y + half);
  g.lineTo(x - half, y);
  g.closePath();
}

function drawMarks(
  g: CanvasRenderingContext2D,
  marks: readonly Mark[],
  draw: { b: Bounds; box: Box; palette: Map<string, number> },
) {
  const error = colourValue("error");
  const ground = colourValue("bg");
  const colours = Array.from({ length: hues }, (_, i) => colourValue(`s${i}`));
  const radius = marks.length > many ? 1.8 : 3;
  for (const mark of marks) {
    const { x, y } = pointOf(mark, draw.b, draw.box);
    const failed = mark.trace.errors > 0;
    g.beginPath();
    if (failed) diamond(g, x, y, radius * 1.5);
    else g.arc(x, y, radius, 0, 2 * Math.PI);
    g.fillStyle = failed ? error : (colours[hueNumber(draw.palette, mark.trace.service)] ?? "");
    g.fill();
    g.lineWidth = 0.75;
    g.strokeStyle = ground;
    g.stroke();
  }
}

function drawDrag(g: CanvasRenderingContext2D, drag: Drag, box: Box) {
  const left = Math.max(box.left, Math.min(drag.x0, drag.x1));
  const top = Math.max(box.top, Math.min(drag.y0, drag.y1));
  const right = Math.min(box.left + box.width, Math.max(drag.x0, drag.x1));
  const bottom = Math.min(box.top + box.height, Math.max(drag.y0, drag.y1));
  g.strokeStyle = colourValue("accent");
  g.lineWidth = 1.5;
  g.strokeRect(left, top, right - left, bottom - top);
  g.globalAlpha = 0.12;
  g.fillStyle = colourValue("accent");
  g.fillRect(left, top, right - left, bottom - top);
  g.globalAlpha = 1;
}

function useWidth() {
  const frame = useRef<HTMLDivElement>(null);
  const [width, set] = useState(0);
  useLayoutEffect(() => {
    if (!frame.current) return;
    const observer = new ResizeObserver(([entry]) => set(Math.round(entry?.contentRect.width ?? 0)));
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  return { frame, width };
}

function bound(name: string): number | undefined {
  const ms = /^\d+$/.test(param(name)) ? millis(param(name)) : Date.parse(param(name));
  return Number.isNaN(ms) ? undefined : ms;
}

/** The durations of traces over time; errors stand out, and dragging selects. */
export function Scatter({ traces, palette, onDurations }: ScatterProps) {
  const { frame, width } = useWidth();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drag, setDrag] = useState<Drag | undefined>();
  const [hit, setHit] = useState<Mark | undefined>();
  const marks = useMemo(() => marksOf(traces), [traces]);
  const b = useMemo(
    () => boundsOf(marks, { from: bound("from"), to: bound("to") }),
    [marks, param("from"), param("to")],
  );
  const box = boxOf(width);
  useEffect(() => {
    const g = canvas.current?.getContext("2d");
    if (!canvas.current || !g || !b || width === 0) return;
    const scale = devicePixelRatio;
    canvas.current.width = width * scale;
    canvas.current.height = height * scale;
    g.scale(scale, scale);
    drawAxes(g, b, box);
    drawMarks(g, marks, { b, box, palette });
    if (drag) drawDrag(g, drag, box);
  }, [marks, b, width, palette, drag, theme.value]);
  const find = (x: number, y: number) => b && nearest(marks, x, y, { b, box });
  const end = () => {
    setDrag(undefined);
    if (!drag || !b) return;
    const dragged = Math.abs(drag.x1 - drag.x0) > apart || Math.abs(drag.y1 - drag.y0) > apart;
    if (!dragged) {
      const mark = find(drag.x0, drag.y0);
      if (mark) go(link("trace", mark.trace.traceId));
      return;
    }
    select(drag, { b, box, onDurations });
  };
  return (
    <div ref={frame} class="scatter">
      <canvas
        ref={canvas}
        role="img"
        aria-label={t("scatter.label")}
        class={hit ? "scatter-hit" : ""}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          const [x, y] = [event.offsetX, event.offsetY];
          setDrag({ x0: x, y0: y, x1: x, y1: y });
          setHit(undefined);
        }}
        onPointerMove={(event) => {
          if (drag) setDrag({ ...drag, x1: event.offsetX, y1: event.offsetY });
          else setHit(find(event.offsetX, event.offsetY));
        }}
        onPointerUp={end}
        onPointerCancel={() => setDrag(undefined)}
        onPointerLeave={() => setHit(undefined)}
      />
      {hit && b && <HitText hit={hit} at={pointOf(hit, b, box)} width={width} />}
    </div>
  );
}

/** Says what the dot under the pointer is. */
function HitText({ hit, at, width }: { hit: Mark; at: { x: number; y: number }; width: number }) {
  const right = at.x > width / 2;
  const side = right ? { right: `${width - at.x + 10}px` } : { left: `${at.x + 10}px` };
  return (
    <div class="scatter-text" style={{ top: `${Math.min(at.y - 10, height - 50)}px`, ...side }}>
      {hit.trace.name} <span class="dim">{hit.trace.service}</span>{" "}
      <span class="num">{duration(hit.trace.duration)}</span>
      {hit.trace.errors > 0 && <span class="error"> {t("n.errors", hit.trace.errors)}</span>}
    </div>
  );
}

function nearest(marks: readonly Mark[], x: number, y: number, { b, box }: { b: Bounds; box: Box }): Mark | undefined {
  let [found, best]: [Mark | undefined, number] = [undefined, near * near];
  for (const mark of marks) {
    const p = pointOf(mark, b, box);
    const distance = (p.x - x) ** 2 + (p.y - y) ** 2;
    if (distance <= best) [found, best] = [mark, distance];
  }
  return found;
}

interface Selecting {
  readonly b: Bounds;
  readonly box: Box;
  readonly onDurations: ScatterProps["onDurations"];
}

/** Narrows the range to what was dragged over: only times for flat drags, only durations for narrow ones. */
function select(drag: Drag, { b, box, onDurations }: Selecting) {
  const first = dotAt(Math.min(drag.x0, drag.x1), Math.max(drag.y0, drag.y1), b, box);
  const last = dotAt(Math.max(drag.x0, drag.x1), Math.min(drag.y0, drag.y1), b, box);
  const wide = Math.abs(drag.x1 - drag.x0) > 2 * apart;
  const tall = Math.abs(drag.y1 - drag.y0) > 2 * apart;
  if (wide) change({ from: nanos(first.time), to: nanos(last.time) });
  if (tall) onDurations(first.duration, last.duration);
}
