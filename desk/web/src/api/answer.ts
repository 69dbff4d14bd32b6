// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from "preact/hooks";
import { type Answers, type Failure, get, type Path, urlOf } from "./client";
import type { Asked } from "./schema";

/** What is known of an answer. The value of the question before stays until the new one is there. */
export interface Answer<T> {
  readonly value: T | undefined;
  readonly error: Failure | undefined;
  /** An answer is awaited; the value is still that of the question before. */
  readonly loading: boolean;
  readonly retry: () => void;
}

interface State<T> {
  /** The question that is answered. */
  readonly url: string;
  readonly value: T | undefined;
  readonly error: Failure | undefined;
}

/**
 * Asks the desk whenever the question changes, and breaks off what is no longer
 * wanted. Nothing is asked while query is undefined.
 */
export function useAnswer<P extends Path>(path: P, query: Asked[P] | undefined, id = ""): Answer<Answers[P]> {
  const [state, set] = useState<State<Answers[P]>>({ url: "", value: undefined, error: undefined });
  const [tries, setTries] = useState(0);
  const url = query ? urlOf(path, query, id) : "";
  useEffect(() => {
    if (!query) return;
    const controller = new AbortController();
    get(path, query, { id, signal: controller.signal }).then((result) => {
      if (controller.signal.aborted) return;
      if (result.ok) set({ url, value: result.value, error: undefined });
      else set({ url, value: undefined, error: result.error });
    });
    return () => controller.abort();
  }, [url, tries]);
  const retry = () => {
    set((before) => (before.error ? { ...before, url: "", error: undefined } : before));
    setTries((n) => n + 1);
  };
  if (!query) return { value: undefined, error: undefined, loading: false, retry };
  return { value: state.value, error: state.error, loading: state.url !== url, retry };
}
