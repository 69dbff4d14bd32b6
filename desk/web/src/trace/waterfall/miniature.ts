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

/** A picture that is being drawn: what each pixel shows, and how many spans it stands for. */
class Picture {
  readonly pixels: Uint8Array;
  private readonly all: Uint32Array;
  private readonly failed: Uint32Array;

  constructor(private readonly size: MiniSize) {
    const { width, height } = size;
    this.pixels = new Uint8Array(width * height);
    this.all = new Uint32Array(width * height);
    this.failed = new Uint32Array(width * height);
  }

  /** Draws a part of a line. */
  draw(from: number, to: number, colour: number) {
    this.pixels.fill(colour, from, to);
    for (let at = from; at < to; at++) this.all[at] = (this.all[at] ?? 0) + 1;
  }

  /** Notes that what was drawn in a part of a line failed. */
  fail(from: number, to: number) {
    for (let at = from; at < to; at++) this.failed[at] = (this.failed[at] ?? 0) + 1;
  }

  fillStrip(from: number, to: number) {
    const { width, height, strip } = this.size;
    for (let line = height - strip; line < height; line++)
      this.pixels.fill(failure, line * width + from, line * width + to);
  }

  /** Makes pixels red in which enough failed. */
  finish(): Uint8Array {
    this.failed.forEach((failed, at) => {
      if (failed * rare > (this.all[at] ?? 0)) this.pixels[at] = failure;
    });
    return this.pixels;
  }
}

/**
 * Draws rows into a picture of indexes of colours: lower rows over higher ones, many
 * to a line if need be. Errors that are few among many are in the strip alone.
 */
export function miniature(rows: MiniRows, whole: number, size: MiniSize): Uint8Array {
  const { width, height, strip } = size;
  const picture = new Picture(size);
  const room = height - strip;
  if (whole <= 0 || width <= 0 || room <= 0) return picture.pixels;
  const thick = Math.max(1, Math.min(4, Math.floor(room / Math.max(1, rows.length))));
  for (let row = 0; row < rows.length; row++) {
    const [from, to] = extent(rows, row, width / whole, width);
    const y = Math.min(room - thick, Math.floor((row * room) / rows.length));
    const failed = rows.failed(row);
    for (let start = y * width; start < (y + thick) * width; start += width) {
      picture.draw(start + from, start + to, rows.colour(row));
      if (failed) picture.fail(start + from, start + to);
    }
    if (failed && rows.duration(row) < whole / 2) picture.fillStrip(from, to);
  }
  return picture.finish();
}

function extent(rows: MiniRows, row: number, scale: number, width: number): [number, number] {
  const from = Math.max(0, Math.min(width - 1, Math.floor(rows.start(row) * scale)));
  return [from, Math.max(from + 1, Math.min(width, Math.ceil((rows.start(row) + rows.duration(row)) * scale)))];
}
