// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef, useState } from "preact/hooks";
import { type Answers, type Failure, get, urlOf } from "./client";
import type { Asked } from "./schema";

/** The paths that answer page by page. */
type Paged = "/traces" | "/spans" | "/sessions";

/** What is known of a list that is asked for page by page. */
export interface Pages<T> {
  readonly pages: readonly T[];
  readonly error: Failure | undefined;
  readonly loading: boolean;
  /** There is another page. */
  readonly hasMore: boolean;
  readonly more: () => void;
  readonly retry: () => void;
  /** Asks for the first page again; those that are there stay until it comes. */
  readonly reload: () => void;
}

interface State<T> {
  readonly url: string;
  readonly pages: readonly T[];
  readonly error: Failure | undefined;
  readonly loading: boolean;
}

/**
 * Asks for a list page by page. When the question changes, the pages of the one
 * before stay until the first new one is there. Nothing is asked while query is
 * undefined.
 */
export function usePages<P extends Paged>(path: P, query: Asked[P] | undefined): Pages<Answers[P]> {
  const url = query ? urlOf(path, query) : "";
  const [state, set] = useState<State<Answers[P]>>({ url: "", pages: [], error: undefined, loading: true });
  const [tries, setTries] = useState(0);
  const controller = useRef(new AbortController());
  const load = (cursor: string | undefined, before: readonly Answers[P][]) => {
    const { signal } = controller.current;
    set((old) => ({ ...old, loading: true, error: undefined }));
    get(path, { ...query, ...(cursor ? { cursor } : {}) } as Asked[P], { signal }).then((result) => {
      if (signal.aborted) return;
      if (result.ok) set({ url, pages: [...before, result.value], error: undefined, loading: false });
      else set({ url, pages: before, error: result.error, loading: false });
    });
  };
  useEffect(() => {
    if (!url) return;
    controller.current = new AbortController();
    load(undefined, []);
    return () => controller.current.abort();
  }, [url, tries]);
  const reload = () => setTries((n) => n + 1);
  const next = state.url === url ? state.pages.at(-1)?.next : undefined;
  return {
    ...state,
    hasMore: next !== undefined,
    more: () => {
      if (next && !state.loading && !state.error) load(next, state.pages);
    },
    retry: () => {
      if (next && state.pages.length > 0) load(next, state.pages);
      else reload();
    },
    reload,
  };
}
