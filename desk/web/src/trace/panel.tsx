// SPDX-License-Identifier: Apache-2.0

import { duration } from "../format/format";
import { t } from "../i18n";
import { Service } from "../ui/service";
import { SidePanel } from "../ui/side-panel";
import { Attribute } from "../ui/value";
import type { TabProps } from "./tab";

/** The panel of the selected span. */
export default function SpanPanel({ trace, selection }: TabProps) {
  const span = trace.spans[selection.node.value];
  if (!span) return null;
  return (
    <SidePanel label={t("panel.label")} title={<h2 class="cut">{span.name}</h2>} onClose={() => selection.select(-1)}>
      <p class="panel-facts">
        <Service name={span.service} palette={trace.palette} />
        <span class="num">{duration(span.duration)}</span>
      </p>
      <dl class="attributes">
        {Object.entries(span.attributes).map(([name, value]) => (
          <Attribute key={name} name={name} value={value} />
        ))}
      </dl>
    </SidePanel>
  );
}
