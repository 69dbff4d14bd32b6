// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from "vitest";
import { moved, partText, readPart, tickStep, ticks, within, zoomed } from "./axis";
import { turned } from "./wheel";

describe("within", () => {
  test.each([
    [
      { from: -50, to: 50 },
      { from: 0, to: 100 },
    ],
    [
      { from: 950, to: 1100 },
      { from: 850, to: 1000 },
    ],
    [
      { from: 0, to: 5000 },
      { from: 0, to: 1000 },
    ],
    [
      { from: 500, to: 500 },
      { from: 500, to: 520 },
    ],
  ])("%o", (part, want) => expect(within(part, 1000)).toEqual(want));
  test("of a trace without duration", () => expect(within({ from: 0, to: 0 }, 0)).toEqual({ from: 0, to: 20 }));
});

test("zoomed keeps the moment where it is", () => {
  expect(zoomed({ from: 0, to: 1000 }, 0.5, 250, 1000)).toEqual({ from: 125, to: 625 });
});

test("moved stays within", () => expect(moved({ from: 0, to: 500 }, 2, 1000)).toEqual({ from: 500, to: 1000 }));

describe("ruler", () => {
  test.each([
    [1e9, 1000, 1e8],
    [252e6, 860, 5e7],
    [600e9, 600, 120e9],
    [40 * 86_400e9, 800, 5 * 86_400e9],
  ])("%s ns over %s px", (to, width, want) => expect(tickStep({ from: 0, to }, width, 90)).toBe(want));
  test("marks", () => expect(ticks({ from: 15, to: 41 }, 10)).toEqual([20, 30, 40]));
});

describe("the address of a part", () => {
  test.each(["", "nonsense", "5", "9-3"])("%s is the whole", (text) =>
    expect(readPart(text, 1000)).toEqual({ from: 0, to: 1000 }),
  );
  test("there and back", () => {
    expect(partText(readPart("100-400", 1000), 1000)).toBe("100-400");
    expect(partText({ from: 0, to: 1000 }, 1000)).toBe("");
  });
});

describe("turned", () => {
  const none = { ctrlKey: false, metaKey: false, shiftKey: false, deltaX: 0, deltaY: 0 };
  const part = { from: 200, to: 600 };
  const pointer = { at: 50, width: 100 };
  test("down scrolls", () => expect(turned({ ...none, deltaY: 100 }, part, 1000, pointer)).toBeUndefined());
  test("with Ctrl it zooms", () => {
    const next = turned({ ...none, ctrlKey: true, deltaY: -100 }, part, 1000, pointer);
    expect(next?.to).toBeLessThan(600);
    expect(((next?.from ?? 0) + (next?.to ?? 0)) / 2).toBeCloseTo(400);
  });
  test.each([
    { ...none, deltaX: 50 },
    { ...none, shiftKey: true, deltaY: 50 },
  ])("%o moves", (event) => expect(turned(event, part, 1000, pointer)).toEqual({ from: 400, to: 800 }));
});
