// SPDX-License-Identifier: Apache-2.0

// Makes a trace of many spans for measurements: a wide tree with agents, models,
// tools and repeated queries, eight attributes a span, an event on every third.

const services = ["gateway", "workflow", "agent", "llm-proxy", "tools", "retrieval", "memory", "postgres"];
const steps = ["run workflow", "plan", "chat", "execute_tool", "search", "load"];
const start = 1_763_700_000_000_000_000n;

/** The id of the trace that is made. */
export const traceId = "5b8efff798038103d269b633813fc60c";

/** Numbers between 0 and 1 that are the same every time (a linear congruential generator). */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const id = (number) => number.toString(16).padStart(16, "0");
const time = (ns) => String(start + BigInt(Math.round(ns)));

function attribute(key, value) {
  return { key, value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value } };
}

function attributesOf(number, name, failed, random) {
  return [
    attribute("sid", "agt0001@cn0a0001"),
    attribute("node.type", name),
    attribute("http.request.method", "POST"),
    attribute("http.response.status_code", failed ? 500 : 200),
    attribute("gen_ai.request.model", ["gpt-5", "spark-4"][number % 2]),
    attribute("gen_ai.usage.input_tokens", Math.floor(random() * 4000)),
    attribute("step", number),
    attribute("url.path", `/v1/items/${Math.floor(random() * 5000)}`),
  ];
}

function spanOf({ number, parent, name, from, lasts, depth }, random) {
  const failed = random() < 0.01;
  const marked = random() < 1 / 3;
  return {
    traceId,
    spanId: id(number),
    ...(parent > 0 && { parentSpanId: id(parent) }),
    name,
    kind: depth % 2 ? 3 : 2,
    startTimeUnixNano: time(from),
    endTimeUnixNano: time(from + lasts),
    attributes: attributesOf(number, name, failed, random),
    events: marked ? [{ timeUnixNano: time(from + lasts / 2), name: failed ? "exception" : "first frame" }] : [],
    status: failed ? { code: 2, message: "upstream timed out" } : {},
  };
}

/** The children of a span: different steps, or one repeated, which has no children. */
function childrenOf(span, count, random) {
  const repeated = random() < 0.3;
  const every = span.lasts / (count + 0.5);
  return Array.from({ length: count }, (_, i) => ({
    parent: span.number,
    name: repeated ? "SELECT items" : steps[Math.floor(random() * steps.length)],
    from: span.from + i * every,
    lasts: every * (0.3 + random() * 0.7),
    depth: span.depth + 1,
    leaf: repeated || span.depth > 12,
  }));
}

/** A trace of so many spans as OTLP's JSON. */
export function largeTrace(count) {
  const random = numbers(42);
  const root = { number: 1, parent: 0, name: "POST /v1/chat", from: 0, lasts: count * 1e6, depth: 0 };
  const spans = [root];
  const open = [root];
  while (spans.length < count) {
    const at = open.length > 1 && random() < 0.9 ? Math.floor(random() * open.length) : 0;
    const parent = open[at];
    if (at > 0) open.splice(at, 1);
    const wanted = at === 0 ? Math.ceil(count / 200) : 1 + Math.floor(random() * 8);
    for (const child of childrenOf(parent, Math.min(wanted, count - spans.length), random)) {
      child.number = spans.length + 1;
      spans.push(child);
      if (!child.leaf) open.push(child);
    }
  }
  const by = services.map(() => []);
  for (const span of spans) by[span.parent % services.length].push(spanOf(span, random));
  return {
    resourceSpans: services.map((name, i) => ({
      resource: { attributes: [attribute("service.name", name), attribute("host.name", `node-${i}`)] },
      scopeSpans: [{ scope: { name: "large" }, spans: by[i] }],
    })),
  };
}
