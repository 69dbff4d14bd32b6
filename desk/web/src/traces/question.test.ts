// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import type { Condition } from "../api/schema";
import { alsoAsk, withoutPart, withPart, withRow } from "./question";

const failed: Condition = { field: "status", op: "=", values: [{ type: "status", text: "error" }] };
const slow: Condition = { field: "traceDuration", op: ">=", values: [{ type: "duration", text: "1s" }] };
const slower: Condition = { field: "traceDuration", op: ">=", values: [{ type: "duration", text: "5s" }] };

test("a filter stands once for its field", () => {
  expect(withRow([slow, failed], "traceDuration", slower)).toEqual([failed, slower]);
  expect(withRow([slow, failed], "traceDuration", undefined)).toEqual([failed]);
  expect(withRow([], "status", failed)).toEqual([failed]);
});

test.each([
  ["", "{ status = error }"],
  ["{ a.b = 1 } | count() > 2", "({ a.b = 1 } | count() > 2) && { status = error }"],
])("a filter beside a query that is more than rows: %s", (q, want) => expect(alsoAsk(q, "status = error")).toBe(want));

test("another query is asked for beside one, and no longer", () => {
  const part = "{ a } !>> { b }";
  for (const q of ["", "{ c }", "({ c }) && ({ d })"]) expect(withoutPart(withPart(q, part), part)).toBe(q);
  expect(withPart("{ c }", part)).toBe("({ c }) && ({ a } !>> { b })");
  expect(withoutPart(alsoAsk(part, "c"), part)).toBe("{ c }");
  expect(withoutPart(alsoAsk(alsoAsk(part, "c"), "d"), part)).toBe("");
});
