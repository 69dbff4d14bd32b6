// SPDX-License-Identifier: Apache-2.0

/** What a minimap is made of: the rows of a trace from above to below, in columns. */
export interface MiniRows {
  readonly length: number;
  readonly start: (row: number) => number;
  readonly duration: (row: number) => number;
  /** An index of a colour; 0 stands for nothing, and higher ones cover lower ones. */
  readonly colour: (row: number) => number;
}

/** Draws rows into a picture of indexes of colours, many rows to a line if need be. */
export function miniature(rows: MiniRows, whole: number, width: number, height: number): Uint8Array {
  const picture = new Uint8Array(width * height);
  if (whole <= 0 || width <= 0 || height <= 0) return picture;
  const scale = width / whole;
  const lines = Math.min(height, Math.max(1, rows.length));
  const thickness = Math.max(1, Math.min(4, Math.floor(height / Math.max(1, rows.length))));
  for (let row = 0; row < rows.length; row++) {
    const y = Math.min(height - thickness, Math.floor((row * height) / Math.max(lines, rows.length)));
    const from = Math.max(0, Math.min(width - 1, Math.floor(rows.start(row) * scale)));
    const to = Math.max(from + 1, Math.min(width, Math.ceil((rows.start(row) + rows.duration(row)) * scale)));
    const colour = rows.colour(row);
    for (let line = y; line < y + thickness; line++) cover(picture, line * width + from, line * width + to, colour);
  }
  return picture;
}

function cover(picture: Uint8Array, from: number, to: number, colour: number) {
  for (let i = from; i < to; i++) if ((picture[i] ?? 0) < colour) picture[i] = colour;
}
