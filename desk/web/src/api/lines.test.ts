// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { lines } from "./lines";

/** An answer that comes in parts. */
function inParts(...parts: readonly Uint8Array<ArrayBuffer>[]): Response {
  return new Response(
    new ReadableStream({
      start(controller) {
        for (const part of parts) controller.enqueue(part);
        controller.close();
      },
    }),
  );
}

const bytes = (text: string) => new TextEncoder().encode(text);

test.each<[string, Response, string[]]>([
  ["whole", new Response("a\nb\n"), ["a", "b"]],
  ["without an end", new Response("a\nb"), ["a", "b"]],
  ["empty", new Response(""), []],
  ["in parts", inParts(bytes("a"), bytes("b\nc"), bytes(""), bytes("d\n\n")), ["ab", "cd", ""]],
  ["cut within a character", inParts(bytes("é").slice(0, 1), bytes("é").slice(1), bytes("\nx")), ["é", "x"]],
])("%s", async (_, response, want) => {
  const got: string[] = [];
  for await (const line of lines(response)) got.push(line);
  expect(got).toEqual(want);
});
