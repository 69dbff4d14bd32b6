// SPDX-License-Identifier: Apache-2.0

import { useAnswer } from "../api/answer";
import { t } from "../i18n";
import { range } from "../state/range";
import { link } from "../state/router";
import { Failed, Loading } from "../ui/states";

export function TracesPage() {
  const answer = useAnswer("/traces", range.value);
  if (answer.error) return <Failed error={answer.error} onRetry={answer.retry} />;
  if (!answer.value) return <Loading />;
  return (
    <section aria-label={t("traces.title")}>
      {answer.value.traces.map((trace) => (
        <div key={trace.traceId}>
          <a href={link("trace", trace.traceId)}>{trace.root.name}</a>
        </div>
      ))}
    </section>
  );
}
