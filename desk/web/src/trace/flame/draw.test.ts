// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { traceOf } from "../fixture";
import { drawFlame, type FlameScene } from "./draw";
import { byTime } from "./layout";

test("texts are never wider than their frames", () => {
  const trace = traceOf([
    { name: "a root with a wide name: WWWWWWWWWWWW", start: 0, duration: 1000 },
    { name: "WEATHER", parent: "a root with a wide name: WWWWWWWWWWWW", start: 0, duration: 80 },
  ]);
  const texts: { text: string; most: number | undefined }[] = [];
  const context = {
    fillRect: () => undefined,
    fillText: (text: string, _x: number, _y: number, most?: number) => texts.push({ text, most }),
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
  expect(texts.map(({ text }) => text[0])).toEqual(["a", "W"]);
  expect(texts.map(({ most }) => most)).toEqual([592, 40]);
});
