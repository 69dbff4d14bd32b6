// SPDX-License-Identifier: Apache-2.0

import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { answered, answers, readKept, traceIn } from "./answers";

test("what was kept is read and answered, everything else refused", async () => {
  const url = `/api/desk/v1/traces/${"ab".repeat(16)}`;
  const stored = { [`s3://bucket/traces/${"cd".repeat(16)}`]: "a prompt" };
  const kept = { ...stored, [`${url}?view=run`]: "{}", [url]: '{"a":"é</script>"}' };
  const read = await readKept(`\n${gzipSync(JSON.stringify(kept)).toString("base64")}\n`);
  expect(read).toEqual(kept);
  for (const [at, body] of Object.entries(read)) answers.set(at, body);
  expect(traceIn(read)).toBe("ab".repeat(16));
  expect(await answered(url).json()).toEqual({ a: "é</script>" });
  const refused = answered("/api/desk/v1/objects?url=x");
  expect(refused.status).toBe(501);
  expect(await refused.json()).toMatchObject({ error: { code: "unsupported" } });
});
