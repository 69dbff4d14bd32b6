// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from "vitest";
import { accept, durationLiteral, expected, quoted, unquoted } from "./complete";

/** The caret is where | stands. */
function at(text: string) {
  const caret = text.indexOf("¦");
  return expected(text.replace("¦", ""), caret);
}

describe("expected", () => {
  test.each([
    ["¦", "key", "", ""],
    ["stat¦", "key", "stat", ""],
    ["{ ¦", "key", "", ""],
    ["{ stat¦", "key", "stat", ""],
    ["{ status ¦", "operator", "", "status"],
    ["{ status =¦", "operator", "=", "status"],
    ["{ status = ¦", "value", "", "status"],
    ["{ status = err¦", "value", "err", "status"],
    ["{ status = error ¦", "join", "", "status"],
    ["{ status = error && ¦", "key", "", ""],
    ["{ status = error && resource.service.na¦", "key", "resource.service.na", ""],
    ['{ span."a b" ¦', "operator", "", 'span."a b"'],
    ['{ name = "GET /¦', "value", '"GET /', "name"],
    ['{ name = "GET" ¦', "join", "", "name"],
    ['{ name = "}" && ¦', "key", "", ""],
    ["{ kind in ¦", "value", "", "kind"],
    ["{ kind in (¦", "value", "", "kind"],
    ["{ kind in (server, ¦", "value", "", "kind"],
    ["{ !(¦", "key", "", ""],
    ["{ (a.b = 1) ¦", "join", "", ""],
    ["{ a.b = 1 } ¦", "nothing", "", ""],
    ["{ a.b = 1 } | ¦", "stage", "", ""],
    ["{ a.b = 1 } && { ¦", "key", "", ""],
    ["{ stat¦ && kind = server }", "key", "stat", ""],
  ])("%s", (text, kind, typed, field) => expect(at(text)).toMatchObject({ kind, typed, field }));
});

describe("accept", () => {
  test.each([
    ["stat¦", "status", "{ status ¦"],
    ["{ st¦", "status", "{ status ¦"],
    ["{ status =¦", ">=", "{ status >= ¦"],
    ["{ status = e¦", "error", "{ status = error ¦"],
    ["{ status = error¦", "error", "{ status = error ¦"],
    ["{ st¦ && a.b = 1 }", "status", "{ status ¦&& a.b = 1 }"],
    ["{ a.b = 1 ¦", "}", "{ a.b = 1 }¦"],
  ])("%s", (text, suggestion, want) => {
    const caret = text.indexOf("¦");
    const bare = text.replace("¦", "");
    const done = accept(bare, expected(bare, caret), suggestion);
    const shown = `${done.text.slice(0, done.caret)}¦${done.text.slice(done.caret)}`;
    expect(shown).toBe(want);
  });
});

test.each(['a "b"', "a\\b", "x"])("literals are read as what they were made of: %s", (text) => {
  expect(unquoted(quoted(text))).toBe(text);
});

test.each([
  [1_240_000_000, "1.24s"],
  [154_000_000, "154ms"],
  [412_300, "412us"],
  [7.4, "7ns"],
  [0, "1ns"],
])("durations as literals: %s", (ns, want) => expect(durationLiteral(ns)).toBe(want));
