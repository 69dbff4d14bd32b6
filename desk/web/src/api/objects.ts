// SPDX-License-Identifier: Apache-2.0

import { ask, base, queryText, type Result } from "./client";

/** A value of object storage, or its beginning. */
export interface StoredValue {
  readonly text: string;
  /** Bytes of the whole value. */
  readonly size: number;
  readonly whole: boolean;
}

function sizeIn(range: string | null): number | undefined {
  const found = /\/(\d+)$/.exec(range ?? "");
  return found ? Number(found[1]) : undefined;
}

/** Asks for a value that a link names, or for its first bytes. */
export function storedValue(link: string, limit?: number): Promise<Result<StoredValue>> {
  return ask({ url: `${base}/objects${queryText({ url: link, limit })}` }, async (response) => {
    const text = await response.text();
    const size = sizeIn(response.headers.get("content-range"));
    return { text, size: size ?? new Blob([text]).size, whole: response.status !== 206 };
  });
}
