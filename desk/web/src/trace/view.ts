// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from "preact/hooks";
import { type Failure, get, type Result } from "../api/client";
import type { Run } from "../api/run";
import type { Asked, Document } from "../api/schema";
import type { TraceData } from "./data";

/** Views that tabs ask for when they are shown. */
interface Views {
  readonly flame: NonNullable<Document["flame"]>;
  readonly sequence: NonNullable<Document["sequence"]>;
  readonly topology: NonNullable<Document["topology"]>;
  readonly services: Exclude<NonNullable<Document["services"]>, string[]>;
  readonly statistics: NonNullable<Document["statistics"]>;
  readonly run: Run;
}

type Options = Omit<Asked["/traces/{id}"], "view" | "spans" | "format">;

/** What is known of a view. */
export interface ViewAnswer<T> {
  readonly value: T | undefined;
  readonly error: Failure | undefined;
  readonly retry: () => void;
}

/** The answers of each trace, so that a tab that is shown again is there at once. */
const kept = new WeakMap<TraceData, Map<string, Promise<Result<Document>>>>();

function ask(trace: TraceData, view: string, options: Options): Promise<Result<Document>> {
  const answers = kept.get(trace) ?? new Map<string, Promise<Result<Document>>>();
  kept.set(trace, answers);
  const key = JSON.stringify([view, options]);
  const found = answers.get(key) ?? get("/traces/{id}", { ...options, view, spans: "none" }, { id: trace.id });
  answers.set(key, found);
  found.then((result) => {
    if (!result.ok) answers.delete(key);
  });
  return found;
}

/** A view of the trace that the desk makes, without the spans, which the trace has. */
export function useView<V extends keyof Views>(trace: TraceData, view: V, options: Options = {}): ViewAnswer<Views[V]> {
  const [result, set] = useState<Result<Document> | undefined>(undefined);
  const [tries, setTries] = useState(0);
  const key = JSON.stringify(options);
  useEffect(() => {
    let wanted = true;
    ask(trace, view, JSON.parse(key) as Options).then((answer) => {
      if (wanted) set(answer);
    });
    return () => {
      wanted = false;
    };
  }, [trace, view, key, tries]);
  return {
    value: result?.ok ? (result.value[view] as Views[V] | undefined) : undefined,
    error: result?.ok === false ? result.error : undefined,
    retry: () => setTries(tries + 1),
  };
}
