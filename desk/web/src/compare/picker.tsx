// SPDX-License-Identifier: Apache-2.0

import { useState } from "preact/hooks";
import { useAnswer } from "../api/answer";
import type { Trace } from "../api/schema";
import { duration, exactTime, millis, time } from "../format/format";
import { t } from "../i18n";
import { NameAndQuestion } from "../traces/columns";
import { quoted } from "../traces/complete";
import { Failed, Loading } from "../ui/states";

/** The id in what was pasted: 32 hexadecimal digits anywhere in it; "" if there is none. */
export function idIn(text: string): string {
  return /(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/i.exec(text)?.[0].toLowerCase() ?? "";
}

interface PickerProps {
  readonly title: string;
  /** Only traces with a root like this; any if missing. */
  readonly root?: { readonly service: string; readonly name: string } | undefined;
  /** The trace that cannot be chosen. */
  readonly except: string;
  readonly onPick: (id: string) => void;
}

/** Traces with a root, in which something has the words. */
export function pickable(root: PickerProps["root"], words: string): string {
  const like = root && `{ rootServiceName = ${quoted(root.service)} && rootName = ${quoted(root.name)} }`;
  const said = words && `{ any like ${quoted(`*${words}*`)} }`;
  return [like, said].filter(Boolean).join(" && ");
}

/** Chooses a trace: by its id, or from the newest or the longest, in which words are found. */
export function Picker({ title, root, except, onPick }: PickerProps) {
  const [text, set] = useState("");
  const [words, find] = useState("");
  const [order, sort] = useState<"newest" | "longest">("newest");
  const q = pickable(root, words);
  const answer = useAnswer("/traces", { ...(q && { q }), order, limit: 50 });
  const traces = answer.value?.traces.filter((trace) => trace.traceId !== except);
  const id = idIn(text);
  return (
    <section class="picker" aria-label={title}>
      <h2>{title}</h2>
      <form
        class="picker-id"
        onSubmit={(event) => {
          event.preventDefault();
          if (id) onPick(id);
          else find(text.trim());
        }}
      >
        <input
          class="mono"
          value={text}
          placeholder={t("compare.paste")}
          aria-label={t("compare.paste")}
          onInput={(event) => set(event.currentTarget.value)}
        />
        <button type="submit" class="button primary" disabled={id !== "" && id === except}>
          {t(id ? "compare.pick" : "search.run")}
        </button>
        <fieldset class="segments">
          {(["newest", "longest"] as const).map((each) => (
            <button key={each} type="button" class="button" aria-pressed={order === each} onClick={() => sort(each)}>
              {t(`traces.order.${each}`)}
            </button>
          ))}
        </fieldset>
      </form>
      {root && <p class="dim">{t("compare.sameRoot", root.name)}</p>}
      {answer.error && <Failed error={answer.error} onRetry={answer.retry} />}
      {!answer.error && !traces && <Loading rows={6} />}
      {traces?.length === 0 && <p>{t("compare.noOther")}</p>}
      <ul class="picker-list">
        {traces?.map((trace) => (
          <li key={trace.traceId}>
            <Choice trace={trace} onPick={onPick} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Choice({ trace, onPick }: { trace: Trace; onPick: (id: string) => void }) {
  return (
    <button type="button" class="row picker-row" onClick={() => onPick(trace.traceId)}>
      <span class="num" data-tip={exactTime(trace.start)}>
        {time(millis(trace.start))}
      </span>
      <span class="root-cell picker-name">
        <NameAndQuestion trace={trace} />
      </span>
      <span class="dim cut picker-service fold-2">{trace.root.service}</span>
      <span class="error picker-errors">{trace.errors > 0 && t("n.errors", trace.errors)}</span>
      <span class="num dim picker-spans">{t("n.spans", trace.spans)}</span>
      <span class="num picker-duration">{duration(trace.duration)}</span>
    </button>
  );
}
