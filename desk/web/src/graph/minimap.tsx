// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef } from "preact/hooks";
import { theme } from "../state/settings";
import { type Camera, type Size, seen } from "./camera";
import type { Graph, Layout } from "./layout";

/** The most room that the map takes, in px. */
const room = { width: 190, height: 130 };

interface MinimapProps {
  readonly input: Graph;
  readonly layout: Layout;
  readonly camera: Camera;
  readonly size: Size;
  readonly colour: (index: number) => string;
  readonly onMove: (change: (before: Camera) => Camera) => void;
}

/** A CSS colour, or variable, as canvases know it. */
function resolved(colour: string): string {
  const name = /^var\((--[\w-]+)\)$/.exec(colour)?.[1];
  return name ? getComputedStyle(document.documentElement).getPropertyValue(name).trim() : colour;
}

function draw(canvas: HTMLCanvasElement, { input, layout, colour }: MinimapProps, scale: number) {
  const context = canvas.getContext("2d");
  if (!context) return;
  const dense = devicePixelRatio || 1;
  canvas.width = Math.ceil(layout.width * scale * dense);
  canvas.height = Math.ceil(layout.height * scale * dense);
  context.scale(dense * scale, dense * scale);
  const colours = new Map<string, string>();
  layout.nodes.forEach(({ x, y }, i) => {
    const { width, height } = input.nodes[i] ?? { width: 0, height: 0 };
    const name = colour(i);
    if (!colours.has(name)) colours.set(name, resolved(name));
    context.fillStyle = colours.get(name) ?? "";
    const least = 1 / scale;
    context.fillRect(x - width / 2, y - height / 2, Math.max(width, least), Math.max(height, least));
  });
}

/** Where the part that is seen lies in a large drawing; a click or drag on it goes there. */
export function Minimap(props: MinimapProps) {
  const { layout, camera, size, onMove } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const part = seen(camera, size);
  const scale = Math.min(room.width / layout.width, room.height / layout.height);
  const needed = part.width < layout.width * 0.8 || part.height < layout.height * 0.8;
  const shown = theme.value;
  useEffect(() => {
    if (canvas.current) draw(canvas.current, props, scale);
  }, [layout, props.colour, shown, needed]);
  if (!needed || !Number.isFinite(scale)) return null;
  const go = (event: PointerEvent) => {
    event.stopPropagation();
    const box = canvas.current?.getBoundingClientRect();
    if (!box || (event.type === "pointermove" && !(event.buttons & 1))) return;
    const [x, y] = [(event.clientX - box.left) / scale, (event.clientY - box.top) / scale];
    onMove((before) => ({
      ...before,
      left: size.width / 2 - x * before.scale,
      top: size.height / 2 - y * before.scale,
    }));
  };
  return (
    <div class="graph-map" aria-hidden="true" onPointerDown={go} onPointerMove={go}>
      <canvas ref={canvas} style={{ width: `${layout.width * scale}px`, height: `${layout.height * scale}px` }} />
      <span
        class="graph-map-part"
        style={{
          left: `${part.x * scale}px`,
          top: `${part.y * scale}px`,
          width: `${part.width * scale}px`,
          height: `${part.height * scale}px`,
        }}
      />
    </div>
  );
}
