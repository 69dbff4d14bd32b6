// SPDX-License-Identifier: Apache-2.0

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Failed, Loading } from "./states";

/** A component whose module is loaded when it is first shown. */
export function lazy<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  return function Lazy(props: P) {
    const [Part, set] = useState<ComponentType<P> | undefined>(() => loaded);
    const [broken, setBroken] = useState("");
    const start = () => {
      setBroken("");
      load().then(
        (module) => {
          loaded = module.default;
          set(() => module.default);
        },
        (error: unknown) => setBroken(String(error)),
      );
    };
    useEffect(() => {
      if (!loaded) start();
    }, []);
    if (broken) return <Failed error={{ code: "unreachable", message: broken }} onRetry={start} />;
    return Part ? <Part {...props} /> : <Loading />;
  };
}
