// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from "vitest";
import { traceOf } from "../run/fixture";
import { attributeKeys, countBy, type Options, percentile, sortRows } from "./count";

const trace = traceOf([
  { up: -1, name: "GET /checkout", service: "web", from: 0, to: 100 },
  { up: 0, name: "query", service: "web", from: 10, to: 30, attributes: { "db.system": "mysql", n: 1 } },
  { up: 0, name: "query", service: "web", from: 30, to: 40, attributes: { "db.system": "redis" }, failed: true },
  { up: 0, name: "POST /pay", service: "pay", from: 40, to: 90, attributes: { list: [1, 2] } },
]);
const options = (more: Partial<Options>): Options => ({
  by: ["service"],
  service: "",
  failed: false,
  keyword: "",
  ...more,
});

describe("countBy", () => {
  test("figures", () => {
    expect(countBy(trace, options({ by: ["service", "name"] }))[1]).toEqual({
      cells: ["web", "query"],
      spans: [1, 2],
      count: 2,
      errors: 1,
      sum: 30,
      self: 30,
      average: 15,
      min: 10,
      max: 20,
      p50: 10,
      p95: 20,
      p99: 20,
    });
  });
  test.each([
    [{}, [["web"], ["pay"]]],
    [{ service: "pay" }, [["pay"]]],
    [{ failed: true, by: ["name", "status"] }, [["query", "error"]]],
    [{ keyword: " PAY", by: ["name"] }, [["POST /pay"]]],
    [{ by: ["attributes.db.system"] }, [[undefined], ["mysql"], ["redis"]]],
    [{ by: ["attributes.list"], keyword: "2" }, [["[\n  1,\n  2\n]"]]],
    [{ by: ["class", "kind"] }, [["other", "internal"]]],
    [{ by: ["nothing"] }, [[undefined]]],
  ] as const)("%j", (more, want) => expect(countBy(trace, options(more)).map((row) => row.cells)).toEqual(want));
});

test.each([
  [[], 50, 0],
  [[1, 2, 3, 4], 50, 2],
  [[1, 2, 3], 50, 2],
  [[1, 2, 3, 4], 95, 4],
  [[7], 99, 7],
])("percentile of %j at %d", (sorted, percent, want) => expect(percentile(sorted, percent)).toBe(want));

test("sortRows by figures and cells, both ways", () => {
  const rows = countBy(trace, options({ by: ["name"] }));
  const names = (by: string, direction: 1 | -1) => sortRows(rows, by, ["name"], direction).map((row) => row.cells[0]);
  expect(names("count", -1)[0]).toBe("query");
  expect(names("name", 1)).toEqual(["GET /checkout", "POST /pay", "query"]);
  expect(names("name", -1)[0]).toBe("query");
});

test("attributeKeys", () => {
  expect(attributeKeys(trace)).toEqual([
    { key: "db.system", count: 2 },
    { key: "list", count: 1 },
    { key: "n", count: 1 },
  ]);
});
