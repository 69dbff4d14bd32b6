// SPDX-License-Identifier: Apache-2.0

import { duration, percent, unknown } from "../../format/format";
import { t } from "../../i18n";
import { Service } from "../../ui/service";
import type { TraceData } from "../data";

/** A span in a few lines, for what is said beside the pointer. */
export function SpanCard({ trace, node, start }: { trace: TraceData; node: number; start: number }) {
  const span = trace.spans[node];
  const place = trace.tree.nodes[node];
  if (!span || !place) return null;
  return (
    <>
      <div class="hover-title" dir="auto">
        {span.name || unknown}
      </div>
      <Service name={span.service} palette={trace.palette} />
      <dl class="hover-facts num">
        <dt>{t("col.start")}</dt>
        <dd>+{duration(start)}</dd>
        <dt>{t("col.duration")}</dt>
        <dd>
          {duration(span.duration)} · {percent(span.duration, trace.duration)}
        </dd>
        <dt>{t("wf.own")}</dt>
        <dd>{duration(place.self)}</dd>
      </dl>
      {span.status === "error" && (
        <div class="error hover-message" dir="auto">
          {span.message || t("wf.failed")}
        </div>
      )}
    </>
  );
}
