// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from "vitest";
import * as f from "./format";

describe("duration", () => {
  test.each([
    [undefined, "–"],
    [0, "0 s"],
    [7, "7 ns"],
    [999, "999 ns"],
    [412_000, "412 µs"],
    [999_600, "1.00 ms"],
    [38_100_000, "38.1 ms"],
    [1_240_000_000, "1.24 s"],
    [999e9, "999 s"],
    [1000e9, "16.7 min"],
    [7200e9, "2.00 h"],
    [3 * 86400e9, "3.00 d"],
    [-5_000_000, "−5.00 ms"],
    [Number.NaN, "–"],
  ])("%s", (ns, want) => expect(f.duration(ns)).toBe(want));
});

test.each([
  [0, 1, "0 s"],
  [1_500_000_000, 500_000_000, "1.5 s"],
  [2_000_000_000, 500_000_000, "2.0 s"],
  [1_234_567_000, 1_000, "1.234567 s"],
  [200_000, 50_000, "200 µs"],
  [120e9, 60e9, "2 min"],
  [90e9, 15e9, "90 s"],
])("durationTo %s by %s", (ns, step, want) => expect(f.durationTo(ns, step)).toBe(want));

test.each([
  [0, "0"],
  [999, "999"],
  [12480, "12\u2009480"],
  [-1234567, "−1\u2009234\u2009567"],
])("count %s", (n, want) => expect(f.count(n)).toBe(want));

test.each([
  [940, "940"],
  [999.6, "1.00k"],
  [12_400, "12.4k"],
  [1_300_000, "1.30M"],
  [-1, "–"],
])("tokens %s", (n, want) => expect(f.tokens(n)).toBe(want));

test.each([
  [0.00213, "0.00213"],
  [12.4, "12.4"],
  [0, "0.00"],
])("money %s", (n, want) => expect(f.money(n)).toBe(want));

test.each([
  [0, "0 B"],
  [4096, "4.00 KB"],
  [1.2 * 1024 ** 2, "1.20 MB"],
])("bytes %s", (n, want) => expect(f.bytes(n)).toBe(want));

test("names cannot pretend to be others", () => {
  expect(f.oneLine("\u202egnp.exe")).toBe("\ufffdgnp.exe");
  expect(f.oneLine("a\nb\tc")).toBe("a↵b\ufffdc");
  expect(f.oneLine("مرحبا 👩‍💻")).toBe("مرحبا 👩‍💻");
});

test("rates are per second, and per minute where there are few", () => {
  expect(f.rate(120, 60e9)).toBe("2.00 /s");
  expect(f.rate(1, 60e9)).toBe("1.00 /min");
  expect(f.rate(10, 60e9)).toBe("10.0 /min");
  expect(f.rate(1, 0)).toBe("–");
});

test("rates below each other have the unit of the largest, as long as that tells them from none", () => {
  expect(f.rate(30, 60e9, 120)).toBe("0.50 /s");
  expect(f.rate(1, 3600e9, 1e6)).toBe("0.02 /min");
  expect(f.rate(0, 60e9, 120)).toBe("0.00 /s");
});

test("times beyond what numbers hold stay exact", () => {
  const ns = "1700000000123456789";
  expect(f.millis(ns)).toBe(1700000000123);
  expect(f.exactTime(ns)).toMatch(/\.123456789 /);
  expect(f.nanos(1700000000123)).toBe("1700000000123000000");
});
