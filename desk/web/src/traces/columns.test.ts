// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { isDated, serviceWidth, timeWidth } from "./columns";

test.each([
  ["few", ["a"], 70],
  ["the longest", ["web", "gateway"], 76],
  ["within reason", ["x".repeat(200)], 130],
  ["none", [], 70],
])("columns of services are as wide as their names: %s", (_, names, want) => expect(serviceWidth(names)).toBe(want));

test("columns of times have room for dates where there are any", () => {
  expect(isDated([])).toBe(false);
  expect(isDated(["1700000000000000000"])).toBe(true);
  expect(timeWidth(false)).toBeLessThan(timeWidth(true));
});
