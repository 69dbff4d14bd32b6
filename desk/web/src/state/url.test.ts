// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from "vitest";
import { address, parsePlace, patched } from "./url";

describe("parsePlace", () => {
  test.each([
    ["/", "traces", ""],
    ["/trace/abc", "trace", "abc"],
    ["/trace/", "missing", ""],
    ["/trace/a/b", "missing", ""],
    ["/compare", "compare", ""],
    ["/services/", "services", ""],
    ["/sessions", "sessions", ""],
    ["/sessions/a%2Fb%20c", "session", "a/b c"],
    ["/sessions/%zz", "missing", ""],
    ["/nothing", "missing", ""],
  ])("%s", (path, page, id) => expect(parsePlace(path)).toMatchObject({ page, id }));
});

test.each([
  ["traces", "", { q: '{ name = "a&b" }' }],
  ["session", "a/b c?d#e", { from: "now-1h" }],
  ["trace", "0af7", { tab: "flame", span: "b7ad" }],
] as const)("an address is read as what it was made of: %s %s", (page, id, query) => {
  const url = new URL(address(page, id, query), "http://desk");
  const place = parsePlace(url.pathname, url.search);
  expect(place).toMatchObject({ page, id });
  expect(Object.fromEntries(place.query)).toEqual(query);
});

test("patches set, repeat and remove parameters", () => {
  const query = patched(new URLSearchParams("a=1&b=2&c=3"), { a: null, b: ["x", "y"], d: "", c: undefined });
  expect(query.toString()).toBe("b=x&b=y");
});
