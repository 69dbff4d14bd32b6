// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from "vitest";
import type { Condition } from "../api/schema";
import { conditionOf, type Row, rowOf } from "./builder";

const conditions: Condition[] = [
  { field: "resource.service.name", op: "=", values: [{ type: "string", text: "engine" }] },
  { field: "duration", op: ">=", values: [{ type: "duration", text: "1.5s" }] },
  { field: "status", op: "=", values: [{ type: "status", text: "error" }] },
  {
    field: "kind",
    op: "in",
    values: [
      { type: "kind", text: "server" },
      { type: "kind", text: "client" },
    ],
  },
  { field: "span.http.status_code", op: ">=", values: [{ type: "int", text: "500" }] },
  { field: "span.ratio", op: "<", values: [{ type: "double", text: "0.25" }] },
  { field: "error", op: "=", values: [{ type: "bool", text: "true" }] },
  { field: "span.id", op: "=", values: [{ type: "string", text: "500" }] },
  { field: "name", op: "like", values: [{ type: "string", text: "GET *" }] },
  { field: "name", op: "=~", values: [{ type: "string", text: "5.." }] },
  { field: "span.x", op: "exists" },
  { field: "span.x", op: "exists", not: true },
  { field: "status", op: "=", not: true, values: [{ type: "status", text: "ok" }] },
];

test.each(conditions)("a condition is edited as a row and comes back: $field $op", (condition) => {
  expect(conditionOf(rowOf(condition), condition)).toEqual(condition);
});

describe("values that are typed have the type of their field or of their shape", () => {
  test.each([
    ["span.http.status_code", "=", "500", "int"],
    ["tokens", ">", "20k", "int"],
    ["duration", ">", "1h30m", "duration"],
    ["ttft", ">", "2s", "duration"],
    ["status", "=", "error", "status"],
    ["kind", "=", "server", "kind"],
    ["span.x", "=", "server", "string"],
    ["span.flag", "=", "true", "bool"],
    ["span.ratio", "=", "0.5", "double"],
    ["resource.service.name", "=", "500", "string"],
    ["span.code", "=~", "5..", "string"],
  ] as const)("%s %s %s", (field, op, value, type) => {
    expect(conditionOf({ field, op, value })?.values).toEqual([{ type, text: value }]);
  });
});

test.each<[string, Row]>([
  ["no field", { field: " ", op: "=", value: "x" }],
  ["no value", { field: "name", op: "=", value: "" }],
])("a row that is not whole is no condition: %s", (_, row) => expect(conditionOf(row)).toBeUndefined());

test("another field takes nothing over from the condition before", () => {
  const before: Condition = { field: "span.a", op: "=", not: true, values: [{ type: "string", text: "1" }] };
  expect(conditionOf({ field: "span.b", op: "=", value: "1" }, before)).toEqual({
    field: "span.b",
    op: "=",
    values: [{ type: "int", text: "1" }],
  });
});
