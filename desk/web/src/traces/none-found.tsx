// SPDX-License-Identifier: Apache-2.0

import { date, millis } from "../format/format";
import { t } from "../i18n";
import { allTime, range, status, statusKnown } from "../state/range";
import { change, param } from "../state/router";
import { Empty } from "../ui/states";
import { ImportButton } from "./import";
import { askFor } from "./question";

const setup = `rt, err := sidetrace.Start(ctx)
defer rt.Shutdown(ctx)`;

/** How a service is told where this desk receives; what listens on all addresses is named as the page is. */
function pointTo(endpoint: string): string {
  return `OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint.replace(/\/\/(\[::\]|0\.0\.0\.0):/, `//${location.hostname}:`)} go run .`;
}

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

/** Queries that can be tried, by what they ask for. */
const examples = ["{ status = error }", "{ traceDuration > 1s }", "{ tokens > 1000 }"];

/** The query cannot be read: what could be asked instead; or that what is shown is of the one before. */
export function WrongQuery({ shown = false }: { shown?: boolean }) {
  const all = (
    <>
      {examples.map((each) => (
        <button key={each} type="button" class="link mono" onClick={() => askFor(each)}>
          {each}
        </button>
      ))}
      <button type="button" class="link" onClick={() => askFor("")}>
        {t("traces.none.clear")}
      </button>
    </>
  );
  if (shown) {
    return (
      <p class="wrong-query" role="status">
        <span class="warn">{t("traces.wrong.before")}</span> <span class="dim">{t("traces.wrong.try")}</span> {all}
      </p>
    );
  }
  return (
    <Empty title={t("error.bad_query")}>
      <p class="dim">{t("traces.wrong.try")}</p>
      <p class="wrong-examples">{all}</p>
    </Empty>
  );
}

function FirstTrace() {
  const endpoint = status.value?.endpoint;
  return (
    <Empty title={t("traces.first")}>
      {endpoint && (
        <>
          <p>{t("traces.first.how")}</p>
          <pre>{setup}</pre>
          <p>{t("traces.first.point")}</p>
          <pre>{pointTo(endpoint)}</pre>
        </>
      )}
      <p>{t("traces.first.demo")}</p>
      <pre>go run ./desk demo</pre>
      <p>{t("traces.first.drop")}</p>
      <ImportButton />
    </Empty>
  );
}
