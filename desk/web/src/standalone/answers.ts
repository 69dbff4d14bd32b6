// SPDX-License-Identifier: Apache-2.0

/** What the desk answered when the page was made a file, by address; large values by their links. */
export const answers = new Map<string, string>();

/** What a page that is a file knows; an answer like the desk's that says no to anything else. */
export function answered(url: string): Response {
  const body = answers.get(url);
  if (body !== undefined) return new Response(body);
  const message = "this page is a file without a desk: it has one trace";
  return new Response(JSON.stringify({ error: { code: "unsupported", message } }), { status: 501 });
}

/** Reads what a file has: JSON that is compressed with gzip and written in base64. */
export async function readKept(text: string): Promise<Record<string, string>> {
  const bytes = Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(stream).json()) as Record<string, string>;
}

/** The trace that a file is of: that of the address without a query. */
export function traceIn(kept: Readonly<Record<string, string>>): string {
  const whole = /^\/.*\/traces\/([0-9a-f]{32})$/;
  return (
    Object.keys(kept)
      .map((url) => whole.exec(url)?.[1])
      .find(Boolean) ?? ""
  );
}
