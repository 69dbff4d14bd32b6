// SPDX-License-Identifier: Apache-2.0

/** The lines of an answer, as they come; what is not ended by a line break is one too. */
export async function* lines(response: Response): AsyncGenerator<string> {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let parts: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const text = done ? decoder.decode() : decoder.decode(value, { stream: true });
      const found = text.split("\n");
      const rest = found.pop() ?? "";
      for (const line of found) {
        yield parts.join("") + line;
        parts = [];
      }
      parts.push(rest);
      if (done) break;
    }
    const last = parts.join("");
    if (last) yield last;
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
