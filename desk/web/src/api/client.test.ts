// SPDX-License-Identifier: Apache-2.0

import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, queryText, urlOf } from "./client";

let server: Server;
let origin = "";

const answers: Record<string, [status: number, body: string]> = {
  "/ok": [200, '{"a":1}'],
  "/bad": [400, '{"error":{"code":"bad_query","message":"want a field","column":7}}'],
  "/proxy": [502, "<html>"],
  "/login": [401, ""],
  "/cut": [200, '{"a":'],
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const [status, body] = answers[request.url ?? ""] ?? [404, ""];
    response.writeHead(status).end(body);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const at = server.address();
  origin = typeof at === "object" && at ? `http://127.0.0.1:${at.port}` : "";
});

afterAll(() => server.close());

const json = (response: Response) => response.json();

test("answers are values", async () => {
  expect(await ask({ url: `${origin}/ok` }, json)).toEqual({ ok: true, value: { a: 1 } });
});

test.each([
  ["/bad", { code: "bad_query", message: "want a field", column: 7 }],
  ["/proxy", { code: "internal", message: "502 Bad Gateway" }],
  ["/login", { code: "unauthorized" }],
  ["/missing", { code: "not_found" }],
  ["/cut", { code: "internal" }],
])("errors are values: %s", async (path, error) => {
  expect(await ask({ url: origin + path }, json)).toMatchObject({ ok: false, error });
});

test("a desk that is not there is a value too", async () => {
  expect(await ask({ url: "http://127.0.0.1:1/" }, json)).toMatchObject({ ok: false, error: { code: "unreachable" } });
});

test("what is broken off says so", async () => {
  const controller = new AbortController();
  controller.abort();
  const result = await ask({ url: `${origin}/ok`, signal: controller.signal }, json);
  expect(result).toMatchObject({ ok: false, error: { code: "aborted" } });
});

test("addresses", () => {
  expect(queryText({ q: '{ name = "a&b" }', limit: 5, total: true, by: ["x", "y"], none: undefined, empty: "" })).toBe(
    "?q=%7B+name+%3D+%22a%26b%22+%7D&limit=5&total=true&by=x&by=y",
  );
  expect(urlOf("/sessions/{id}", {}, "a/b")).toBe("/api/desk/v1/sessions/a%2Fb");
});
