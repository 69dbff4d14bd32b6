// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import type { Fields } from "../api/schema";
import { isKnown } from "./suggestions";

const fields = {
  fields: [
    { field: "name", types: ["string"] },
    { field: "span.city", types: ["string"] },
  ],
} as Fields;

test.each([
  ["name", true],
  ["span.city", true],
  [".city", true],
  ["tokens", true],
  ["cost", false],
  ["span.cit", false],
  [".it", false],
  ["", false],
])("whether spans have %s", (field, want) => {
  expect(isKnown(field, fields)).toBe(want);
});
