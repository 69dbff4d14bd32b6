// SPDX-License-Identifier: Apache-2.0

// What the demo's traces hold.
import { desk } from "./scenario.mjs";

/** The demo's traces, newest first, each with the kinds of its findings. */
async function read() {
  const { traces } = await desk.api("traces", { q: '{ resource.service.name = "gateway" }', limit: 100 });
  const found = traces.map(async (trace) => {
    const { findings } = await desk.api(`traces/${trace.traceId}`, { view: "findings" });
    return { ...trace, kinds: new Set(findings.map((finding) => finding.kind)) };
  });
  return Promise.all(found);
}

const traces = await read();

function withFinding(kind) {
  const trace = traces.find((each) => each.kinds.has(kind));
  if (!trace) throw new Error(`demo: no trace has the finding ${kind}`);
  return trace;
}

/** One trace after another that asks for what could be asked for at once. */
export const repeating = withFinding("nPlusOne");

/** One with a failure whose origin is known. */
export const failing = withFinding("errorOrigin");

/** The one with the most errors: a question that has no answer. */
export const broken = traces.reduce((worst, trace) => (trace.errors > worst.errors ? trace : worst));

/** One with a value that is in object storage. */
export const offloading = withFinding("offloadedValue");

/** Any two. */
export const [newest, second] = traces;
