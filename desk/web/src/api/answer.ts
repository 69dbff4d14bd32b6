// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from "preact/hooks";
import { type Answers, type Failure, get, type Path, urlOf } from "./client";
import type { Asked } from "./schema";

/** What is known of an answer. The value of the question before stays until the new one is there. */
export interface Answer<T> {
  readonly value: T | undefined;
  readonly error: Failure | undefined;
  /** An answer is awaited. */
  readonly loading: boolean;
  readonly retry: () => void;
}

interface State<T> {
  value: T | undefined;
  error: Failure | undefined;
  loading: boolean;
}

/**
 * Asks the desk whenever the question changes, and breaks off what is no longer
 * wanted. Nothing is asked while query is undefined.
 */
export function useAnswer<P extends Path>(path: P, query: Asked[P] | undefined, id = ""): Answer<Answers[P]> {
  const [state, set] = useState<State<Answers[P]>>({
    value: undefined,
    error: undefined,
    loading: query !== undefined,
  });
  const [tries, setTries] = useState(0);
  const url = query && urlOf(path, query, id);
  useEffect(() => {
    if (!query) return;
    const controller = new AbortController();
    set((before) => ({ ...before, loading: true }));
    get(path, query, { id, signal: controller.signal }).then((result) => {
      if (controller.signal.aborted) return;
      set(
        result.ok
          ? { value: result.value, error: undefined, loading: false }
          : { value: undefined, error: result.error, loading: false },
      );
    });
    return () => controller.abort();
  }, [url, tries]);
  const retry = () => setTries((n) => n + 1);
  return query ? { ...state, retry } : { value: undefined, error: undefined, loading: false, retry };
}
