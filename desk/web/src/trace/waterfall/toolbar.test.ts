// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { rowsText } from "./toolbar";

test.each([
  ["all spans", [-1, -1, -1], 3, "3 spans"],
  ["a group that is closed", [-1, 0], 21, "1 of 21 spans, 1 group"],
  ["a group that is open", [-1, 0, -1, -1], 3, "3 spans, 1 group"],
  ["a filter", [-1], 3, "1 of 3 spans"],
])("rows of groups are no spans: %s", (_, group, spans, want) => {
  expect(rowsText(Int32Array.from(group), spans)).toBe(want);
});
