// SPDX-License-Identifier: Apache-2.0

import { afterEach, expect, test } from "vitest";
import { takeEarly } from "./load";

afterEach(() => {
  globalThis.early = undefined;
});

function begin(url: string) {
  const control = new AbortController();
  const answer = Promise.resolve(new Response("early"));
  globalThis.early = { url, answer, control };
  return { answer, control };
}

test("what was asked for early is taken once", () => {
  const { answer, control } = begin("/a");
  const reader = new AbortController();
  expect(takeEarly("/a", reader.signal)).toBe(answer);
  expect(takeEarly("/a", reader.signal)).toBeUndefined();
  expect(control.signal.aborted).toBe(false);
  reader.abort();
  expect(control.signal.aborted).toBe(true);
});

test("what nobody wants any more ends", () => {
  const { control } = begin("/a");
  expect(takeEarly("/b", new AbortController().signal)).toBeUndefined();
  expect(control.signal.aborted).toBe(true);
  expect(takeEarly("/a", new AbortController().signal)).toBeUndefined();
});
