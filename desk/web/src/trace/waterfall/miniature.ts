// SPDX-License-Identifier: Apache-2.0

/** What a minimap is made of: the rows of a trace from above to below, in columns. */
export interface MiniRows {
  readonly length: number;
  readonly start: (row: number) => number;
  readonly duration: (row: number) => number;
  readonly failed: (row: number) => boolean;
  /** An index of a colour, from 1 on. */
  readonly colour: (row: number) => number;
}

/** The size of a minimap in pixels, and of the strip at its bottom that is for errors. */
export interface MiniSize {
  readonly width: number;
  readonly height: number;
  readonly strip: number;
}

/** What a pixel is where spans failed; where nothing is, it is 0. */
export const failure = 255;

/** One of so many spans in a pixel has to have failed for it to be red. */
const rare = 8;

/**
 * Draws rows into a picture of indexes of colours: lower rows over higher ones, many
 * to a line if need be. Errors that are few among many are in the strip alone.
 */
export function miniature(rows: MiniRows, whole: number, { width, height, strip }: MiniSize): Uint8Array {
  const picture = new Uint8Array(width * height);
  if (whole <= 0 || width <= 0 || height <= strip) return picture;
  const room = height - strip;
  const [all, failed] = [new Uint32Array(width * height), new Uint32Array(width * height)];
  const thick = Math.max(1, Math.min(4, Math.floor(room / Math.max(1, rows.length))));
  for (let row = 0; row < rows.length; row++) {
    const [from, to] = extent(rows, row, width / whole, width);
    const y = Math.min(room - thick, Math.floor((row * room) / rows.length));
    const wrong = rows.failed(row);
    for (let line = y; line < y + thick; line++) {
      for (let at = line * width + from; at < line * width + to; at++) {
        picture[at] = rows.colour(row);
        all[at] = (all[at] ?? 0) + 1;
        if (wrong) failed[at] = (failed[at] ?? 0) + 1;
      }
    }
    if (wrong && rows.duration(row) < whole / 2) fillStrip(picture, from, to, { width, height, strip });
  }
  for (let at = 0; at < picture.length; at++) if ((failed[at] ?? 0) * rare > (all[at] ?? 0)) picture[at] = failure;
  return picture;
}

function extent(rows: MiniRows, row: number, scale: number, width: number): [number, number] {
  const from = Math.max(0, Math.min(width - 1, Math.floor(rows.start(row) * scale)));
  return [from, Math.max(from + 1, Math.min(width, Math.ceil((rows.start(row) + rows.duration(row)) * scale)))];
}

function fillStrip(picture: Uint8Array, from: number, to: number, { width, height, strip }: MiniSize) {
  for (let line = height - strip; line < height; line++) picture.fill(failure, line * width + from, line * width + to);
}
