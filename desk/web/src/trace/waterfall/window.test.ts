// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { reveal } from "./window";

const size = { rowHeight: 28, head: 28, covered: 56 };

test.each([
  ["in sight, it stays", 280, 14, 280],
  ["right below, as little as needed", 280, 20, 28 * 20 - 280 + 56],
  ["right above, as little as needed", 280, 11, 28 * 11 - 56],
  ["far below, to the upper third", 280, 40, 28 * 40 - 280 / 3],
  ["far above, to the upper third", 2800, 20, 28 * 20 - 280 / 3],
])("a row is scrolled into sight: %s", (_, scrollTop, row, want) => {
  const list = { scrollTop, clientHeight: 308 };
  reveal(list as HTMLElement, row, size);
  expect(list.scrollTop).toBeCloseTo(want);
});

test("a row is not scrolled below the rows that cover the upper part", () => {
  const list = { scrollTop: 0, clientHeight: 128 };
  reveal(list as HTMLElement, 40, { ...size, covered: 84 });
  expect(list.scrollTop).toBe(28 * 40 - 84);
});
