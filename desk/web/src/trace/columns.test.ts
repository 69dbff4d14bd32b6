// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Document } from "../api/schema";
import { readColumns } from "./columns";

/** What the desk answers for one trace, as its own tests have it. */
function view(name: string): Document {
  return JSON.parse(
    readFileSync(new URL(`../../../api/internal/native/testdata/${name}.json`, import.meta.url), "utf8"),
  );
}

const [columns, summary, findings, path] = ["columns", "summary", "findings", "path"].map(view) as Document[];
const document: Document = {
  traceId: columns?.traceId ?? "",
  view: "views",
  views: { ...columns, ...summary, ...findings, ...path } as NonNullable<Document["views"]>,
};
const said = Array.from({ length: 5 }, (_, i) => ({ attributes: { at: i }, events: [] }));

test("columns are read as the tree and the waterfall that the desk makes", () => {
  const trace = readColumns(document, said);
  expect(trace?.tree).toEqual(view("tree").tree);
  expect(trace?.waterfall).toEqual(view("waterfall").waterfall);
  expect(trace?.findings).toEqual(view("findings").findings);
});

test("spans have what the columns say", () => {
  const trace = readColumns(document, said);
  if (!trace) throw new Error("the views are there");
  expect(trace.spans.length).toBe(5);
  const [root, second] = trace.spans;
  expect(root).toMatchObject({ name: "GET /checkout", service: "web", kind: "server", duration: 120_000_000 });
  expect([root?.parent, root?.start, root?.attributes]).toEqual(["", String(trace.start), { at: 0 }]);
  expect(trace.nodes.get(second?.id ?? "")).toBe(1);
  expect(trace.spans[trace.tree.nodes[1]?.parent ?? -1]?.id).toBe(second?.parent);
  expect(trace.duration).toBe(120_000_000);
});

test("without a view there is no trace", () => {
  expect(readColumns({ ...document, views: {} })).toBeUndefined();
});
