// SPDX-License-Identifier: Apache-2.0

import { useMemo } from "preact/hooks";
import type { Class, ServicesView } from "../../api/schema";
import { hueOf } from "../../format/colour";
import { count, duration } from "../../format/format";
import { type PlainKey, t } from "../../i18n";
import { Failed, Loading } from "../../ui/states";
import type { TraceData } from "../data";
import { type GraphEdge, type GraphModel, type GraphNode, GraphTab } from "../graph-tab";
import type { TabProps } from "../tab";
import { useView } from "../view";

type Node = NonNullable<ServicesView["nodes"]>[number];
type Edge = NonNullable<ServicesView["edges"]>[number];

const classTexts = {
  model: "class.model",
  tool: "class.tool",
  agent: "class.agent",
  http: "class.http",
  rpc: "class.rpc",
  async_backend: "class.async_backend",
  db: "class.db",
  message: "class.message",
  other: "class.other",
} as const satisfies Record<Class, PlainKey>;

function nodeOf(trace: TraceData, node: Node): GraphNode {
  const isService = node.role === "service";
  return {
    title: node.name || t("services.unnamed"),
    note: isService ? "" : t(classTexts[node.class]),
    colour: isService ? hueOf(trace.palette, node.name) : "var(--line-2)",
    spans: node.spans,
    errors: node.errors,
    duration: node.duration,
    round: !isService,
  };
}

/** How many calls if there are several, how long on average, and how many failed. */
export function textOf({ count: calls, errors, duration: took }: Edge): string {
  const failed = errors ? ` · ${t("n.errors", errors)}` : "";
  const times = calls > 1 ? `${count(calls)}× ⌀ ` : "";
  return `${times}${duration(took / Math.max(1, calls))}${failed}`;
}

function edgeOf(edge: Edge): GraphEdge {
  const { source, target, spans, errors } = edge;
  return { source, target, spans, errors, text: textOf(edge) };
}

function modelOf(trace: TraceData, view: ServicesView): GraphModel {
  return { nodes: (view.nodes ?? []).map((node) => nodeOf(trace, node)), edges: (view.edges ?? []).map(edgeOf) };
}

/** The services of the trace, what they serve, and what they call. */
export default function ServicesTab(props: TabProps) {
  const answer = useView(props.trace, "services");
  const model = useMemo(() => answer.value && modelOf(props.trace, answer.value), [props.trace, answer.value]);
  if (answer.error) return <Failed error={answer.error} onRetry={answer.retry} />;
  if (!model) return <Loading />;
  const services = answer.value?.nodes?.filter((node) => node.role === "service").length ?? 0;
  const facts = t("services.facts", services, model.edges.length);
  return <GraphTab {...props} model={model} view="services" facts={facts} />;
}
