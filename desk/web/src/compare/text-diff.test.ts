// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from "vitest";
import { diffText } from "./text-diff";

const marks = { same: "", removed: "-", added: "+" };
const written = (a: string, b: string) =>
  diffText(a, b)
    .map(({ kind, text }) => (kind === "same" ? text : `[${marks[kind]}${text}]`))
    .join("");

describe("diffText", () => {
  test.each([
    ["", "", ""],
    ["same", "same", "same"],
    ["", "new", "[+new]"],
    ["old", "", "[-old]"],
    ["a quick fox", "a slow fox", "a [-quick][+slow] fox"],
    ["one two three", "one three", "one [-two ]three"],
    ["x=1, y=2", "x=1, y=30", "x=1, y=[-2][+30]"],
    ["a b", "a\nb", "a[- ][+\n]b"],
    ["red old car", "blue new car", "[-red old][+blue new] car"],
    ["北京 今天 晴", "北京 明天 晴", "北京 [-今天][+明天] 晴"],
  ])("%j → %j", (a, b, want) => expect(written(a, b)).toBe(want));

  test("both texts can be read from it, whatever they are", () => {
    let seed = 7;
    const next = (n: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % n;
    };
    const text = () => Array.from({ length: next(40) }, () => "abc de\n"[next(7)]).join("");
    for (let i = 0; i < 300; i++) {
      const [a, b] = [text(), text()];
      const pieces = diffText(a, b);
      const side = (not: string) =>
        pieces
          .filter((p) => p.kind !== not)
          .map((p) => p.text)
          .join("");
      expect([side("added"), side("removed")]).toEqual([a, b]);
    }
  });

  test("large texts without anything in common end soon", () => {
    const a = Array.from({ length: 100_000 }, (_, i) => `a${i}`).join(" ");
    const b = Array.from({ length: 100_000 }, (_, i) => `b${i}`).join("\t");
    expect(diffText(a, b).length).toBeLessThanOrEqual(2);
  });
});
