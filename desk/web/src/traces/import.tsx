// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef, useState } from "preact/hooks";
import { ask, base } from "../api/client";
import type { Imported } from "../api/schema";
import { t } from "../i18n";
import { allTime, startStatus } from "../state/range";
import { change, go, link } from "../state/router";
import { Icon } from "../ui/icon";
import { failureText } from "../ui/states";
import { toast } from "../ui/toast";

async function importFile(file: File): Promise<Imported | undefined> {
  toast(t("traces.import.busy", file.name));
  const init = { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } };
  const result = await ask({ url: `${base}/import`, init }, async (response) => (await response.json()) as Imported);
  if (!result.ok) {
    toast(t("traces.import.failed", file.name, result.error.message || failureText(result.error)), "error");
    return undefined;
  }
  for (const warning of result.value.warnings ?? []) toast(t("traces.import.failed", file.name, warning), "error");
  return result.value;
}

/** Imports files, and goes to the trace if there is one, or else to the list. */
export async function importFiles(files: Iterable<File>) {
  const all: Imported[] = [];
  for (const file of files) {
    const imported = await importFile(file);
    if (imported) all.push(imported);
  }
  const traces = all.flatMap((each) => each.traces);
  if (all.length === 0) return;
  const spans = all.reduce((sum, each) => sum + each.spans, 0);
  toast(t("traces.import.done", traces.length, spans));
  await startStatus();
  if (traces.length === 1 && traces[0]) go(link("trace", traces[0].traceId));
  else change({ from: allTime, to: null, q: null });
}

/** A button that chooses files to import; with icon, a small one. */
export function ImportButton({ icon = false }: { icon?: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class={icon ? "icon-button" : "button"}
        aria-label={t("traces.import.choose")}
        data-tip={icon ? t("traces.import.choose") : undefined}
        onClick={() => input.current?.click()}
      >
        {icon ? <Icon name="upload" /> : t("traces.import.choose")}
      </button>
      <input
        ref={input}
        class="off-screen"
        type="file"
        multiple
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => importFiles(event.currentTarget.files ?? [])}
      />
    </>
  );
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/** Takes files that are dropped anywhere on the page. */
export function DropZone() {
  const [over, set] = useState(false);
  useEffect(() => {
    const drag = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      set(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) set(false);
    };
    const drop = (event: DragEvent) => {
      set(false);
      if (!hasFiles(event)) return;
      event.preventDefault();
      importFiles([...(event.dataTransfer?.files ?? [])]);
    };
    document.addEventListener("dragover", drag);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", drag);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, []);
  return over ? <div class="drop-zone">{t("traces.import.drop")}</div> : null;
}
