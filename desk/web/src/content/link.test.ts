// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { linkIn } from "./link";

const hash = "0123456789abcdef".repeat(4);

test.each([
  ["trace_link: s3://b/k", "s3://b/k"],
  ["trace_link: https://oss.example/x", "https://oss.example/x"],
  ["file:///data/a.txt", "file:///data/a.txt"],
  [`https://oss.example/01/${hash}.txt`, `https://oss.example/01/${hash}.txt`],
  ["https://example.com/page", undefined],
  ["see file:///a b", undefined],
  ["words", undefined],
  [7, undefined],
  [null, undefined],
])("%s", (value, want) => expect(linkIn(value)).toBe(want));
