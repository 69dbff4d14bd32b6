// SPDX-License-Identifier: Apache-2.0

import { ask, base, queryText } from "../api/client";
import { t } from "../i18n";
import type { TraceData } from "../trace/data";
import { copy } from "../ui/copy";
import { Icon } from "../ui/icon";
import { useKeys } from "../ui/keys";
import { Menu } from "../ui/menu";
import { failureText } from "../ui/states";
import { toast } from "../ui/toast";
import "./graph.css";

/** Copies a view of the trace in a format of text that the desk writes. */
async function copyAs(trace: TraceData, view: string, format: string) {
  const url = `${base}/traces/${trace.id}${queryText({ view, format })}`;
  const result = await ask({ url }, (response) => response.text());
  if (result.ok) copy(result.value);
  else toast(result.error.message || failureText(result.error), "error");
}

const formatTexts = { mermaid: "graph.mermaid", dot: "graph.dot" } as const;

interface ToolsProps {
  readonly trace: TraceData;
  readonly view: string;
  readonly formats: readonly (keyof typeof formatTexts)[];
  /** Missing where nothing is drawn. */
  readonly zoom?: ((by: number) => void) | undefined;
  readonly fit: () => void;
}

/** The buttons of a drawing: zoom, fit, and copies of it as text. */
export function GraphTools({ trace, view, formats, zoom, fit }: ToolsProps) {
  useKeys("keys.page", [
    { keys: "+", text: "graph.in", run: () => zoom?.(1.25) },
    { keys: "-", text: "graph.out", run: () => zoom?.(0.8) },
    { keys: "0", text: "graph.fit", run: fit },
  ]);
  return (
    <div class="graph-tools" role="toolbar" aria-label={t("graph.tools")}>
      {zoom && <Zoom zoom={zoom} fit={fit} />}
      <Menu
        label={t("graph.copy")}
        items={formats.map((format) => ({ label: t(formatTexts[format]), run: () => copyAs(trace, view, format) }))}
      />
    </div>
  );
}

function Zoom({ zoom, fit }: { zoom: (by: number) => void; fit: () => void }) {
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label={t("graph.out")}
        data-tip={`${t("graph.out")} (-)`}
        onClick={() => zoom(0.8)}
      >
        <span class="graph-sign" aria-hidden="true">
          −
        </span>
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={t("graph.in")}
        data-tip={`${t("graph.in")} (+)`}
        onClick={() => zoom(1.25)}
      >
        <Icon name="plus" />
      </button>
      <button type="button" class="button graph-fit" data-tip="0" onClick={fit}>
        {t("graph.fit")}
      </button>
    </>
  );
}
