// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from "vitest";
import { looksLikeMarkdown, readInline, readMarkdown } from "./markdown";

describe("blocks", () => {
  test.each([
    ["# Plan #", [{ kind: "heading", level: 1, text: "Plan" }]],
    [
      "a\nb\n\nc",
      [
        { kind: "text", text: "a\nb" },
        { kind: "text", text: "c" },
      ],
    ],
    [
      "```go\nx := 1\n# no heading\n```\nafter",
      [
        { kind: "code", language: "go", text: "x := 1\n# no heading" },
        { kind: "text", text: "after" },
      ],
    ],
    ["```\nnever closed", [{ kind: "code", language: "", text: "never closed" }]],
    ["> said\n> twice", [{ kind: "quote", text: "said\ntwice" }]],
    ["---", [{ kind: "rule" }]],
    ["<script>alert(1)</script>", [{ kind: "text", text: "<script>alert(1)</script>" }]],
    ["", []],
  ])("%s", (text, want) => expect(readMarkdown(text)).toEqual(want));

  test("lists have levels, numbers and lines that go on", () => {
    expect(readMarkdown("- a\n  on\n  - b\n1. c")).toEqual([
      {
        kind: "list",
        items: [
          { level: 0, marker: "•", text: "a on" },
          { level: 1, marker: "•", text: "b" },
          { level: 0, marker: "1.", text: "c" },
        ],
      },
    ]);
  });

  test("tables", () => {
    expect(readMarkdown("| a | b |\n|---|:-:|\n| 1 | 2 |\nend")).toEqual([
      { kind: "table", head: ["a", "b"], rows: [["1", "2"]] },
      { kind: "text", text: "end" },
    ]);
  });

  test("every line of a large text is read once", () => {
    expect(readMarkdown("- x\n".repeat(50_000))).toHaveLength(1);
    expect(readMarkdown("> ".repeat(50_000))).toHaveLength(1);
  });
});

describe("within a paragraph", () => {
  test.each([
    ["a **b** c", ["text:a ", "strong:b", "text: c"]],
    ["`**x**` and *y*", ["code:**x**", "text: and ", "em:y"]],
    ["snake_case_name stays", ["text:snake_case_name stays"]],
    ["2 * 3 * 4", ["text:2 * 3 * 4"]],
    ["[site](https://a.example/b)", ["link:site"]],
    ["[bad](javascript:alert(1))", ["text:[bad](javascript:alert(1))"]],
  ])("%s", (text, want) => expect(readInline(text).map((part) => `${part.kind}:${part.text}`)).toEqual(want));

  test("unclosed marks do not take long", () => {
    for (const text of ["`".repeat(19_999), "*a".repeat(9_000), "[".repeat(19_999), "**".repeat(9_000)]) {
      expect(readInline(text).length).toBeGreaterThan(0);
    }
  });
});

test.each([
  ["plain words, 2 * 3", false],
  ["## Title\ntext", true],
  ["- one\n- two", true],
  ["use `go test`", true],
  ['{"a":1}', false],
])("looksLikeMarkdown %s", (text, want) => expect(looksLikeMarkdown(text)).toBe(want));
