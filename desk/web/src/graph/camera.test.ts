// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { firstLook, fitAll, isBetter, seen, showBox, zoomAt } from "./camera";

const view = { width: 800, height: 600 };
const at = (camera: { left: number; scale: number }, x: number) => x * camera.scale + camera.left;

test("the point under the pointer stays there", () => {
  const camera = { left: 10, top: 20, scale: 1 };
  const larger = zoomAt(camera, 1.5, 300, 200);
  expect(larger.scale).toBe(1.5);
  expect(at(larger, 290)).toBeCloseTo(300);
});

test("there are limits to both sides", () => {
  expect(zoomAt({ left: 0, top: 0, scale: 1 }, 1e9, 0, 0).scale).toBeLessThan(10);
  expect(zoomAt({ left: 0, top: 0, scale: 1 }, 1e-9, 0, 0).scale).toBeGreaterThan(0);
});

test("all fits, in the middle, never enlarged", () => {
  expect(fitAll({ width: 1600, height: 600 }, view)).toEqual({ scale: 0.5, left: 0, top: 150 });
  expect(fitAll({ width: 100, height: 100 }, view).scale).toBe(1);
  expect(fitAll({ width: 0, height: 0 }, view).scale).toBe(1);
});

test("what could not be read is looked at from its beginning", () => {
  expect(firstLook({ width: 100_000, height: 90_000 }, view)).toEqual({ scale: 0.8, left: 0, top: 0 });
  expect(firstLook({ width: 900, height: 100 }, view).left).toBeCloseTo(0);
});

test("a drawing is turned if it can be read better then", () => {
  const [wide, high] = [
    { width: 1600, height: 100 },
    { width: 400, height: 620 },
  ];
  expect(isBetter(high, wide, view)).toBe(true);
  expect(isBetter(wide, high, view)).toBe(false);
  expect(isBetter({ width: 780, height: 620 }, { width: 850, height: 100 }, view)).toBe(false);
});

test("a box is moved into sight, and left alone if it is", () => {
  const camera = { left: 0, top: 0, scale: 1 };
  const box = { x: 1000, y: 100, width: 100, height: 40 };
  expect(at(showBox(camera, box, view), 1050)).toBe(776);
  expect(showBox(camera, { ...box, x: 400 }, view)).toEqual(camera);
});

test("seen is what the view shows", () => {
  expect(seen({ left: -100, top: 50, scale: 0.5 }, view)).toEqual({ x: 200, y: -100, width: 1600, height: 1200 });
});
