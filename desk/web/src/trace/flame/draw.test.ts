// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { traceOf } from "../fixture";
import { drawFlame, type FlameScene, fitting } from "./draw";
import { byTime } from "./layout";

test("texts are never wider than their frames", () => {
  const trace = traceOf([
    { name: "a root with a wide name: WWWWWWWWWWWW", start: 0, duration: 1000 },
    { name: "WEATHER", parent: "a root with a wide name: WWWWWWWWWWWW", start: 0, duration: 80 },
  ]);
  const texts: string[] = [];
  const context = {
    fillRect: () => undefined,
    fillText: (text: string, _x: number, _y: number, ...squeezed: number[]) => {
      expect(squeezed).toEqual([]);
      texts.push(text);
    },
    measureText: (text: string) => ({ width: text.length * 10 }),
  };
  const colours = { bg: "", on: "", accent: "", warn: "", error: "", services: [] };
  drawFlame({
    context: context as unknown as CanvasRenderingContext2D,
    trace,
    frames: byTime(trace, trace.offsets),
    colours: colours as unknown as FlameScene["colours"],
    part: { from: 0, to: 1000 },
    width: 600,
    height: 200,
    scrollTop: 0,
    faint: () => false,
    marked: () => false,
  });
  expect(texts).toEqual(["a root with a wide name: WWWWWWWWWWWW", "WEAT"]);
});

test.each([
  ["whole", "Weather", 70, "Weather"],
  ["as much as fits", "Weather", 69, "Weath…"],
  ["without a sign where there is little room", "Weather", 47, "Weat"],
  ["at least one", "Weather", 5, "W"],
  ["of a very long name", "x".repeat(1 << 20), 100, `${"x".repeat(9)}…`],
])("texts are cut, not squeezed: %s", (_, text, room, want) =>
  expect(fitting(text, room, (shown) => shown.length * 10)).toBe(want),
);
