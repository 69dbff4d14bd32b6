// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from "preact/hooks";
import type { TraceData } from "../data";
import { askDetail, type Detail, plainObject } from "../detail";
import type { Attributes } from "./contents";

/**
 * The attributes of some spans, also those values that were too long to come with the
 * trace: they are asked for, and shown in part until then.
 */
export function useAttributes(trace: TraceData, spans: readonly number[]): Attributes {
  const [detail, set] = useState<Detail | undefined>();
  trace.details.version.value;
  const ids = spans.filter((span) => trace.details.cut.has(span)).map((span) => trace.spans[span]?.id ?? "");
  const key = ids.join(" ");
  useEffect(() => {
    if (!key) return;
    const controller = new AbortController();
    askDetail(trace.id, controller.signal, key.split(" ")).then((result) => {
      if (result.ok) set(result.value);
    });
    return () => controller.abort();
  }, [trace, key]);
  return (span) => {
    const known = trace.spans[span];
    const whole = detail?.spans.get(known?.id ?? "");
    return whole ? plainObject(whole.span.attributes) : (known?.attributes ?? {});
  };
}
