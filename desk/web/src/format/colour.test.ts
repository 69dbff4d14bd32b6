// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hash, hueOf, hues, palette } from "./colour";

test("the hash is FNV-1a", () => {
  expect(hash("")).toBe(0x811c9dc5);
  expect(hash("a")).toBe(0xe40c292c);
  expect(hash("foobar")).toBe(0xbf9cf968);
});

describe("palette", () => {
  test("does not depend on the order", () => {
    const names = ["gateway", "engine", "tools", "mysql", "redis"];
    expect(palette(names)).toEqual(palette([...names].reverse()));
  });
  test("shifts services that collide", () => {
    const names = Array.from({ length: hues }, (_, i) => `service-${i}`);
    expect(new Set(palette(names).values()).size).toBe(hues);
  });
  test("goes on beyond its hues", () => {
    const given = palette(Array.from({ length: 40 }, (_, i) => `service-${i}`));
    expect(given.size).toBe(40);
    expect(hueOf(given, "nobody")).toMatch(/^var\(--s\d+\)$/);
  });
});

/** The variables of one theme in tokens.css. */
function tokens(theme: "light" | "dark"): Record<string, string> {
  const css = readFileSync(new URL("../styles/tokens.css", import.meta.url), "utf8");
  const block = css.split(`/* ${theme} */`)[1]?.split("}")[0] ?? "";
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((m) => [m[1], m[2]]));
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

describe.each(["light", "dark"] as const)("%s", (theme) => {
  const all = tokens(theme);
  const texts = ["fg", "fg-2", "accent", "error", "warn", "ok"];
  const grounds = ["bg", "bg-2", "bg-hover", "bg-selected"];
  test.each(texts.flatMap((text) => grounds.map((ground) => [text, ground])))("%s on %s", (text, ground) => {
    expect(contrast(all[text as string] ?? "", all[ground as string] ?? "")).toBeGreaterThanOrEqual(4.5);
  });
  test.each(Array.from({ length: hues }, (_, i) => [`s${i}`]))("%s", (name) => {
    expect(contrast(all[name] ?? "", all.bg ?? "")).toBeGreaterThanOrEqual(3);
    expect(contrast(all["on-service"] ?? "", all[name] ?? "")).toBeGreaterThanOrEqual(4.5);
  });
});
