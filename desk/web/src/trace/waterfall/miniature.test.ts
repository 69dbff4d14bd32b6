// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { failure, miniature } from "./miniature";
import { windowAt } from "./window";

const starts = [0, 0, 50];
const durations = [100, 20, 0];

function picture(width: number, height: number, strip = 0, failed = (_row: number) => false): string[] {
  const pixels = miniature(
    { length: 3, start: (i) => starts[i] ?? 0, duration: (i) => durations[i] ?? 0, colour: (i) => i + 1, failed },
    100,
    { width, height, strip },
  );
  const text = [...pixels].map((pixel) => (pixel === failure ? "x" : String(pixel)));
  return Array.from({ length: height }, (_, y) => text.slice(y * width, (y + 1) * width).join(""));
}

test("a line for each row", () => expect(picture(10, 3)).toEqual(["1111111111", "2200000000", "0000030000"]));
test("many rows to a line: the lower row is over the higher", () => expect(picture(10, 1)).toEqual(["2211131111"]));
test("room for thicker lines", () => expect(picture(4, 6)[1]).toBe("1111"));
test("nothing to draw on", () => expect(picture(0, 5)).toEqual(["", "", "", "", ""]));
test("errors are red, and in the strip", () =>
  expect(picture(10, 4, 1, (row) => row === 1)).toEqual(["1111111111", "xx00000000", "0000030000", "xx00000000"]));
test("an error among many is in the strip alone", () => {
  const many = {
    length: 20,
    start: () => 0,
    duration: () => 10,
    colour: () => 1,
    failed: (row: number) => row === 3,
  };
  const pixels = miniature(many, 100, { width: 10, height: 2, strip: 1 });
  expect([...pixels]).toEqual([1, ...new Array(9).fill(0), failure, ...new Array(9).fill(0)]);
});

test.each([
  [0, 280, 1000, { first: 0, last: 24, top: 0 }],
  [28 * 100, 280, 1000, { first: 88, last: 120, top: 100 }],
  [28 * 995, 280, 1000, { first: 984, last: 1000, top: 995 }],
  [500, 280, 3, { first: 0, last: 3, top: 2 }],
])("rows at %s px", (scrollTop, height, count, want) =>
  expect(windowAt(scrollTop, height, count, 28)).toEqual({ ...want, height }),
);
