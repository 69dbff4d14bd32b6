// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { hint } from "./hint";

test.each<[string, Record<string, unknown>, string]>([
  ["chat", { "gen_ai.request.model": "gpt-5" }, "gpt-5"],
  ["chat gpt-5", { "gen_ai.request.model": "gpt-5" }, ""],
  ["query", { "db.query.text": "SELECT *\n  FROM t" }, "SELECT * FROM t"],
  ["query", { "db.query.text": 7 }, ""],
  ["run", {}, ""],
])("%s", (name, attributes, want) => expect(hint(name, attributes)).toBe(want));
