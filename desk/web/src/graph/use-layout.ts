// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from "preact/hooks";
import { type Graph, type Layout, layOut } from "./layout";

/** The layout of a graph; that of the one before stays until the new one is there. */
export function useLayout(graph: Graph): { layout: Layout | undefined; error: string } {
  const [state, set] = useState<{ layout: Layout | undefined; error: string }>({ layout: undefined, error: "" });
  const key = JSON.stringify(graph);
  useEffect(() => {
    let wanted = true;
    layOut(graph).then(
      (layout) => {
        if (wanted) set({ layout, error: "" });
      },
      (error: Error) => {
        if (wanted) set({ layout: undefined, error: error.message });
      },
    );
    return () => {
      wanted = false;
    };
  }, [key]);
  return state;
}
