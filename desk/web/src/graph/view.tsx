// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Camera, comfortable, firstLook, fitAll, isBetter, type Size, seen, showBox, zoomAt } from "./camera";
import { type Graph, type Layout, layOut } from "./layout";
import { Minimap } from "./minimap";
import "./graph.css";

/** What can be done with a drawing from outside. */
export interface GraphHandle {
  readonly zoom: (by: number) => void;
  readonly fit: () => void;
}

interface GraphViewProps {
  readonly input: Graph;
  readonly label: string;
  /** Draws a box; (0, 0) is its upper left corner. */
  readonly node: (index: number, detailed: boolean) => ComponentChildren;
  /** Draws an edge along its way. */
  readonly edge: (index: number, way: Layout["edges"][number], detailed: boolean) => ComponentChildren;
  /** The box to keep in sight, -1 for none. */
  readonly current: number;
  /** Goes to another box: the next one this way. */
  readonly onMove?: (by: Move) => void;
  readonly handle: { current: GraphHandle | null };
  /** The colour of a box on the map. */
  readonly colour: (index: number) => string;
}

export type Move = "forth" | "back" | "next" | "previous";

/** What the arrows mean, by the direction of the drawing. */
const moves: Record<Graph["direction"], Record<string, Move>> = {
  LR: { ArrowRight: "forth", ArrowLeft: "back", ArrowDown: "next", ArrowUp: "previous" },
  TB: { ArrowDown: "forth", ArrowUp: "back", ArrowRight: "next", ArrowLeft: "previous" },
};

/** Graphs with more boxes are not laid out a second time. */
const mostTurned = 200;

/** A layout that can be read as a whole: in the other direction, if it is too small in the one that is wanted. */
async function best(input: Graph, view: Size): Promise<Laid> {
  const layout = await layOut(input);
  const { direction } = input;
  if (fitAll(layout, view).scale >= comfortable || input.nodes.length > mostTurned) return { layout, direction };
  const turned = direction === "LR" ? "TB" : "LR";
  const other = await layOut({ ...input, direction: turned });
  return isBetter(other, layout, view) ? { layout: other, direction: turned } : { layout, direction };
}

interface Laid {
  readonly layout?: Layout | undefined;
  readonly direction?: Graph["direction"];
  readonly error?: string;
}

function useLayout(input: Graph, view: Size): Laid {
  const [state, set] = useState<Laid>({});
  const ready = view.width > 0;
  useEffect(() => {
    if (!ready) return;
    let wanted = true;
    best(input, view).then(
      (laid) => wanted && set(laid),
      (error: unknown) => wanted && set({ error: String(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [input, ready]);
  return state;
}

function useSize(element: { readonly current: Element | null }): Size {
  const [size, set] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) set({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return size;
}

type SetCamera = (change: (before: Camera) => Camera) => void;

/** The wheel moves the drawing, with Ctrl it zooms; dragging moves it too. */
function useGestures(element: { readonly current: HTMLElement | null }, set: SetCamera) {
  useEffect(() => {
    const box = element.current;
    if (!box) return;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const { left, top } = box.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey) {
        const by = Math.exp(-event.deltaY / (event.deltaMode ? 10 : 250));
        set((before) => zoomAt(before, by, event.clientX - left, event.clientY - top));
      } else {
        const [x, y] = event.shiftKey ? [event.deltaY, event.deltaX] : [event.deltaX, event.deltaY];
        set((before) => ({ ...before, left: before.left - x, top: before.top - y }));
      }
    };
    box.addEventListener("wheel", wheel, { passive: false });
    return () => box.removeEventListener("wheel", wheel);
  }, []);
  const from = useRef<{ x: number; y: number; moved: boolean } | undefined>(undefined);
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.button === 0) from.current = { x: event.clientX, y: event.clientY, moved: false };
    },
    onPointerMove: (event: PointerEvent) => {
      const start = from.current;
      if (!start) return;
      const [x, y] = [event.clientX - start.x, event.clientY - start.y];
      if (!start.moved && Math.hypot(x, y) < 4) return;
      element.current?.setPointerCapture(event.pointerId);
      from.current = { x: event.clientX, y: event.clientY, moved: true };
      set((before) => ({ ...before, left: before.left + x, top: before.top + y }));
    },
    onPointerUp: () => {
      from.current = undefined;
    },
    onPointerCancel: () => {
      from.current = undefined;
    },
  };
}

/** Below this scale only boxes are drawn. */
const detail = 0.45;

/** Boxes and arrows that can be moved and zoomed; only what is in sight is drawn. */
export function GraphView(props: GraphViewProps) {
  const { input, label, current, handle, onMove } = props;
  const element = useRef<HTMLDivElement>(null);
  const size = useSize(element);
  const { layout, direction, error } = useLayout(input, size);
  const [camera, set] = useState<Camera>({ left: 0, top: 0, scale: 1 });
  const gestures = useGestures(element, set);
  const looked = useRef<Layout | undefined>(undefined);
  useLayoutEffect(() => {
    if (!layout || !size.width || looked.current === layout) return;
    looked.current = layout;
    set(firstLook(layout, size));
  }, [layout, size]);
  useEffect(() => {
    const [box, at] = [input.nodes[current], layout?.nodes[current]];
    if (box && at && size.width) set((before) => showBox(before, { ...box, ...at }, size));
  }, [current, layout, size.width]);
  handle.current = {
    zoom: (by) => set((before) => zoomAt(before, by, size.width / 2, size.height / 2)),
    fit: () => layout && set(fitAll(layout, size)),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const move = moves[direction ?? input.direction][event.key];
    if (!move || !onMove || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    onMove(move);
  };
  return (
    <div
      ref={element}
      class="graph"
      role="application"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrows move in the drawing
      tabIndex={0}
      {...gestures}
      onKeyDown={onKeyDown}
    >
      {error && <p class="error graph-error">{error}</p>}
      {layout && <Drawing {...props} layout={layout} camera={camera} size={size} />}
      {layout && <Minimap {...props} layout={layout} camera={camera} size={size} onMove={set} />}
    </div>
  );
}

interface DrawingProps extends GraphViewProps {
  readonly layout: Layout;
  readonly camera: Camera;
  readonly size: Size;
}

function Drawing({ input, layout, camera, size, node, edge }: DrawingProps) {
  const part = seen(camera, size);
  const detailed = camera.scale >= detail;
  const visible = (x: number, y: number, width: number, height: number) =>
    x < part.x + part.width && x + width > part.x && y < part.y + part.height && y + height > part.y;
  const edges: ComponentChildren[] = [];
  layout.edges.forEach((way, i) => {
    const { points } = way;
    const [first, last] = [points[0], points.at(-1)];
    if (!first || !last) return;
    const [x, y] = [Math.min(first.x, last.x) - 60, Math.min(first.y, last.y) - 60];
    if (visible(x, y, Math.abs(first.x - last.x) + 120, Math.abs(first.y - last.y) + 120)) {
      edges.push(edge(i, way, detailed));
    }
  });
  const nodes: ComponentChildren[] = [];
  layout.nodes.forEach((at, i) => {
    const { width, height } = input.nodes[i] ?? { width: 0, height: 0 };
    const [x, y] = [at.x - width / 2, at.y - height / 2];
    if (!visible(x, y, width, height)) return;
    nodes.push(
      <g key={i} transform={`translate(${x} ${y})`}>
        {node(i, detailed)}
      </g>,
    );
  });
  return (
    <svg class="graph-svg" width={size.width} height={size.height} role="presentation">
      <defs>
        {["line-2", "error", "accent"].map((colour) => (
          <marker
            key={colour}
            id={`graph-${colour}`}
            viewBox="0 0 8 8"
            refX="7.5"
            refY="4"
            markerWidth="8"
            markerHeight="8"
            orient="auto"
            markerUnits="userSpaceOnUse"
          >
            <path d="M0 0.5L8 4L0 7.5z" fill={`var(--${colour})`} />
          </marker>
        ))}
      </defs>
      <g transform={`translate(${camera.left} ${camera.top}) scale(${camera.scale})`}>
        {edges}
        {nodes}
      </g>
    </svg>
  );
}
