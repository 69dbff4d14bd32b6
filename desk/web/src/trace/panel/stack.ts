// SPDX-License-Identifier: Apache-2.0

/** A stack trace: what was thrown, and the frames below it. */
export interface Stack {
  readonly title: string;
  readonly frames: readonly string[];
}

/** Reads a stack trace: the first line says what it is about, the others where it was. */
export function readStack(text: string): Stack {
  const lines = text.replace(/\r\n?/g, "\n").trimEnd().split("\n");
  const [title = "", ...frames] = lines;
  return { title, frames };
}
