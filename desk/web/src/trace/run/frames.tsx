// SPDX-License-Identifier: Apache-2.0

import { duration, significant } from "../../format/format";
import { t } from "../../i18n";
import type { TraceData } from "../data";
import { useDetail } from "../detail";
import { frameTimes } from "./frame-times";
import { phasesOf, type Step } from "./steps";

/** Traces of more spans are not loaded as they were sent only for marks. */
const most = 20_000;

function Marks({ trace, step }: { trace: TraceData; step: Step }) {
  const detail = useDetail(trace).value;
  const id = trace.spans[step.node.span]?.id ?? "";
  const times = frameTimes(detail?.spans.get(id)?.span.events ?? [], trace.spans[step.node.span]?.start ?? "0");
  const whole = Math.max(step.node.duration, 1);
  return (
    <>
      {times.map((ns, i) => (
        <span key={i} class="phase-frame" style={{ left: `${Math.min(100, (100 * ns) / whole)}%` }} />
      ))}
    </>
  );
}

/** A node that streams: how long it waited for the first frame, and how it went on. */
export function Frames({ trace, step }: { trace: TraceData; step: Step }) {
  const phases = phasesOf(step.node);
  if (!phases) return null;
  const { wait, stream, speed } = phases;
  const share = (100 * wait) / Math.max(1, wait + stream);
  return (
    <section class="node-part">
      <h3>{t("run.stream")}</h3>
      <div class="phases" aria-hidden="true">
        <span class="phase-wait" style={{ width: `${share}%` }} />
        <span class="phase-stream" style={{ width: `${100 - share}%` }} />
        {trace.spans.length <= most && step.node.span >= 0 && <Marks trace={trace} step={step} />}
      </div>
      <p class="phase-text">
        <span>
          {t("run.waited")} <span class="num">{duration(wait)}</span>
        </span>
        <span>
          {t("run.streamed")} <span class="num">{duration(stream)}</span>
          {speed !== undefined && <span class="num dim"> · {t("run.perSecond", significant(speed))}</span>}
        </span>
      </p>
    </section>
  );
}
