// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { costText, decimals, spent, together } from "./cost";

const usd = (nano: number) => ({ computed: [{ currency: "USD", nano }], unpriced: 0 });

test.each([
  ["costs of cents", [6_280_000, 649_000, 403_000], ["0.006280 USD", "0.000649 USD", "0.000403 USD"]],
  ["some dollars", [12_400_000_000, 70_000_000, 1_000_000], ["12.40 USD", "0.07 USD", "< 0.01 USD"]],
  ["nothing and much", [0, 150e9], ["0.00 USD", "150.00 USD"]],
])("costs below each other have the same decimals: %s", (_, nanos, want) => {
  const costs = nanos.map(usd);
  const places = decimals(costs);
  expect(costs.map((cost) => costText(cost, places))).toEqual(want);
});

test("costs together, by currency; a lower bound if some are not known", () => {
  const reported = { reported: [{ currency: "EUR", nano: 2e9 }], unpriced: 0 };
  expect(costText(together([usd(1e9), usd(2e9)]))).toBe("3.00 USD");
  expect(costText(together([usd(1e9), reported]))).toBe("1.00 USD + 2.00 EUR");
  expect(costText(together([usd(1e9), { unpriced: 2 }]))).toBe("≥ 1.00 USD");
  expect(costText(together([usd(1e9)], 1))).toBe("≥ 1.00 USD");
  expect(costText(together([]))).toBe("–");
});

test("costs without others have significant digits", () => {
  expect(decimals([undefined, usd(0)])).toBeUndefined();
  expect(costText(usd(649_000))).toBe("0.000649 USD");
  expect(costText(undefined, 4)).toBe("–");
  expect(costText({ ...usd(5e9), unpriced: 1 }, 3)).toBe("≥ 5.000 USD");
});

test("what was spent is known of one currency", () => {
  expect(spent(usd(7))).toBe(7);
  expect(spent(undefined)).toBeUndefined();
  expect(spent({ reported: [...usd(7).computed, { currency: "EUR", nano: 1 }], unpriced: 0 })).toBeUndefined();
});
