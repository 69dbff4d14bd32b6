// SPDX-License-Identifier: Apache-2.0

// What part of a drawing is seen: a point (x, y) of it is at x*scale+left, y*scale+top
// of the view.

export interface Camera {
  readonly left: number;
  readonly top: number;
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const scales = { least: 0.02, most: 2.5 };

function bounded(scale: number): number {
  return Math.max(scales.least, Math.min(scales.most, scale));
}

/** Makes everything larger, while a point of the view stays where it is. */
export function zoomAt(camera: Camera, by: number, x: number, y: number): Camera {
  const scale = bounded(camera.scale * by);
  const ratio = scale / camera.scale;
  return { scale, left: x - (x - camera.left) * ratio, top: y - (y - camera.top) * ratio };
}

/** Shows all of a drawing in its middle, not larger than it is. */
export function fitAll(drawing: Size, view: Size): Camera {
  if (drawing.width <= 0 || drawing.height <= 0) return { left: 0, top: 0, scale: 1 };
  const scale = bounded(Math.min(1, view.width / drawing.width, view.height / drawing.height));
  return { scale, left: (view.width - drawing.width * scale) / 2, top: (view.height - drawing.height * scale) / 2 };
}

/** From which scale on text can be read, and without effort. */
const readable = 0.8;
export const comfortable = 0.9;

/** Where a drawing is first looked at: all of it if that can be read, else its beginning. */
export function firstLook(drawing: Size, view: Size): Camera {
  const all = fitAll(drawing, view);
  if (all.scale >= readable) return all;
  const scale = Math.max(readable, Math.min(1, view.height / Math.max(1, drawing.height)));
  const fits = drawing.height * scale <= view.height;
  return { scale, left: 0, top: fits ? (view.height - drawing.height * scale) / 2 : 0 };
}

/** Whether a drawing shows more clearly what another direction of it hides: it fits at a larger scale. */
export function isBetter(drawing: Size, other: Size, view: Size): boolean {
  return fitAll(drawing, view).scale > fitAll(other, view).scale * 1.15;
}

/** Moves the view, no further than needed, until a box of the drawing is well in it. */
export function showBox(camera: Camera, box: Size & { readonly x: number; readonly y: number }, view: Size): Camera {
  const margin = 24;
  const shift = (at: number, size: number, room: number) => {
    if (at < margin) return margin - at;
    const over = at + size - (room - margin);
    return over > 0 ? -over : 0;
  };
  const { scale } = camera;
  const left = camera.left + (box.x - box.width / 2) * scale;
  const top = camera.top + (box.y - box.height / 2) * scale;
  return {
    scale,
    left: camera.left + shift(left, box.width * scale, view.width),
    top: camera.top + shift(top, box.height * scale, view.height),
  };
}

/** The part of the drawing that is seen. */
export function seen(camera: Camera, view: Size): Size & { readonly x: number; readonly y: number } {
  const { left, top, scale } = camera;
  return { x: -left / scale, y: -top / scale, width: view.width / scale, height: view.height / scale };
}
