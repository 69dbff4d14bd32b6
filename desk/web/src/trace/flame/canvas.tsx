// SPDX-License-Identifier: Apache-2.0

import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { count } from "../../format/format";
import { t } from "../../i18n";
import { colourValue, theme } from "../../state/settings";
import { useWidth } from "../../ui/width";
import type { TabProps } from "../tab";
import type { Span } from "../waterfall/axis";
import { prepare } from "../waterfall/canvas";
import { readColours } from "../waterfall/draw";
import { type Hover, HoverCard } from "../waterfall/hover";
import { SpanCard } from "../waterfall/span-card";
import { useWheel } from "../waterfall/wheel";
import { drawFlame, frameHeight, outline } from "./draw";
import { type Frames, frameAt, frameOf } from "./layout";

interface FlameCanvasProps extends TabProps {
  readonly frames: Frames;
  readonly part: Span;
  readonly onPart: (part: Span) => void;
  /** The frame that the keyboard is at. */
  readonly cursor: number;
  readonly onCursor: (frame: number) => void;
  /** Shows a frame as wide as the page. */
  readonly onZoom: (frame: number) => void;
}

/** How far the list is scrolled, and how high it is. */
function useScroll(box: RefObject<HTMLDivElement | null>) {
  const [view, set] = useState({ top: 0, height: 0 });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const update = () => set({ top: element.scrollTop, height: element.clientHeight });
    update();
    const observer = new ResizeObserver(update);
    observer.observe(element);
    element.addEventListener("scroll", update, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", update);
    };
  }, []);
  return view;
}

function readAll() {
  return { ...readColours(), on: colourValue("on-service"), accent: colourValue("accent") };
}

type View = ReturnType<typeof useScroll> & { readonly width: number };

/** Draws the frames whenever something that is drawn changes. */
function useDrawing(canvas: RefObject<HTMLCanvasElement | null>, props: FlameCanvasProps, view: View) {
  const { trace, frames, part, cursor, selection, search } = props;
  const colours = useMemo(readAll, [theme.value]);
  const searching = search.text.value.trim() !== "";
  const matched = search.matched.value;
  const marked = selection.marked.value;
  const selected = selection.node.value;
  useLayoutEffect(() => {
    const context =
      canvas.current && view.width > 0 && view.height > 0
        ? prepare(canvas.current, view.width, view.height)
        : undefined;
    if (!context) return;
    const scene = {
      context,
      trace,
      frames,
      colours,
      part,
      width: view.width,
      height: view.height,
      scrollTop: view.top,
      faint: (node: number) => searching && !matched.has(node),
      marked: (node: number) => marked.has(node),
    };
    drawFlame(scene);
    outline(scene, frameOf(frames, trace, selected), colours.fg, 2);
    outline(scene, cursor, colours.accent, 2);
  }, [trace, frames, part, cursor, colours, searching, matched, marked, selected, view.top, view.height, view.width]);
}

/** The frames, on a canvas that stays in sight while it is scrolled. */
export function FlameCanvas(props: FlameCanvasProps) {
  const { trace, frames, part, onPart, selection } = props;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const hover = useSignal<Hover | undefined>(undefined);
  const view = { ...useScroll(box), width: useWidth(box) };
  useDrawing(canvas, props, view);
  const latest = useRef(part);
  latest.current = part;
  const show = useCallback(onPart, [onPart]);
  useWheel(box, { left: 0, width: view.width, whole: frames.width, part: () => latest.current, show });
  useEffect(() => {
    const depth = frames.depth[props.cursor];
    if (depth !== undefined && box.current) keepInSight(box.current, depth * frameHeight);
  }, [props.cursor, frames]);
  const under = (event: MouseEvent) => {
    const bounds = box.current?.getBoundingClientRect();
    if (!bounds) return -1;
    const depth = Math.floor((event.clientY - bounds.top + view.top) / frameHeight);
    const unit = (part.to - part.from) / Math.max(1, view.width);
    return frameAt(frames, depth, part.from + (event.clientX - bounds.left) * unit, unit * 2);
  };
  const over = (event: PointerEvent) => {
    const frame = under(event);
    const node = frames.node[frame] ?? -1;
    selection.hovered.value = node;
    const content = <FrameCard {...props} frame={frame} node={node} />;
    hover.value = frame < 0 ? undefined : { x: event.clientX, y: event.clientY, content };
  };
  const choose = (event: MouseEvent) => {
    const frame = under(event);
    props.onCursor(frame);
    if (frame >= 0) selection.select(frames.node[frame] ?? -1);
  };
  const height = Math.max(0, frames.rows.length - 1) * frameHeight;
  return (
    <>
      <div
        ref={box}
        class="flame-box"
        role="application"
        aria-label={t("trace.tab.flame")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrows move in the drawing
        tabIndex={0}
      >
        <div class="flame-space" style={{ height: `${height}px` }}>
          <canvas
            ref={canvas}
            class="flame-canvas"
            style={{ width: `${view.width}px`, height: `${view.height}px` }}
            onPointerMove={over}
            onPointerLeave={() => {
              hover.value = undefined;
            }}
            onClick={choose}
            onDblClick={(event) => props.onZoom(under(event))}
          />
        </div>
        <p class="flame-said" role="status">
          {props.cursor >= 0 && trace.spans[frames.node[props.cursor] ?? -1]?.name}
        </p>
      </div>
      <HoverCard at={hover} />
    </>
  );
}

function keepInSight(box: HTMLElement, top: number) {
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + frameHeight > box.scrollTop + box.clientHeight) box.scrollTop = top + frameHeight - box.clientHeight;
}

/** What is said of a frame beside the pointer. */
function FrameCard({ trace, frames, frame, node }: FlameCanvasProps & { frame: number; node: number }) {
  const merged = frames.count[frame] ?? 1;
  return (
    <>
      <SpanCard trace={trace} node={node} start={trace.offsets[node] ?? 0} />
      {merged > 1 && <div class="dim">{t("flame.merged", count(merged))}</div>}
    </>
  );
}
