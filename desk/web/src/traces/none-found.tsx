// SPDX-License-Identifier: Apache-2.0

import { date, millis } from "../format/format";
import { t } from "../i18n";
import { allTime, range, status, statusKnown } from "../state/range";
import { change, param } from "../state/router";
import { Empty } from "../ui/states";
import { ImportButton } from "./import";

const setup = `rt, err := sidetrace.Start(ctx)
defer rt.Shutdown(ctx)`;
const point = "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 go run .";

/** Nothing is listed: how to send a first trace, or how to look further. */
export function NoneFound() {
  const kept = status.value?.kept;
  if (statusKnown.value && kept?.traces === 0) return <FirstTrace />;
  const bounded = range.value?.from || range.value?.to;
  return (
    <Empty title={t("traces.none")}>
      {kept?.oldest && <p class="dim">{t("traces.kept", kept.traces, date(millis(kept.oldest)))}</p>}
      <p class="state-do">
        {bounded && (
          <button type="button" class="button" onClick={() => change({ from: allTime, to: null })}>
            {t("traces.none.range")}
          </button>
        )}
        {param("q") && (
          <button type="button" class="button" onClick={() => change({ q: null })}>
            {t("traces.none.clear")}
          </button>
        )}
      </p>
    </Empty>
  );
}

function FirstTrace() {
  return (
    <Empty title={t("traces.first")}>
      <p>{t("traces.first.how")}</p>
      <pre>{setup}</pre>
      <p>{t("traces.first.point")}</p>
      <pre>{point}</pre>
      <p>{t("traces.first.drop")}</p>
      <ImportButton />
    </Empty>
  );
}
