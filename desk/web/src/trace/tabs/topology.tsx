// SPDX-License-Identifier: Apache-2.0

import { useMemo } from "preact/hooks";
import type { TopologyView } from "../../api/schema";
import { hueOf } from "../../format/colour";
import { t } from "../../i18n";
import { Failed, Loading } from "../../ui/states";
import type { TraceData } from "../data";
import { type GraphModel, GraphTab } from "../graph-tab";
import { placesOf } from "../places";
import type { TabProps } from "../tab";
import { useView } from "../view";

type Box = NonNullable<TopologyView["nodes"]>[number];

/** The boxes in the order of the tree, and the place of each. */
function inOrder(trace: TraceData, boxes: readonly Box[]): { order: readonly Box[]; places: Int32Array } {
  const of = placesOf(trace);
  const place = (i: number) => of[boxes[i]?.nodes[0] ?? -1] ?? 0;
  const order = boxes.map((_, i) => i).sort((a, b) => place(a) - place(b));
  const places = new Int32Array(boxes.length);
  order.forEach((box, i) => {
    places[box] = i;
  });
  return { order: order.flatMap((i) => boxes[i] ?? []), places };
}

function modelOf(trace: TraceData, view: TopologyView): GraphModel {
  const { order, places } = inOrder(trace, view.nodes ?? []);
  const failed = (span: number) => trace.spans[span]?.status === "error";
  const nodes = order.map(({ nodes: spans, duration }) => {
    const span = trace.spans[spans[0] ?? -1];
    return {
      title: span?.name ?? "",
      note: span?.service ?? "",
      colour: hueOf(trace.palette, span?.service ?? ""),
      spans,
      errors: spans.filter(failed).length,
      duration,
    };
  });
  const edges = (view.edges ?? []).map((edge) => {
    const target = places[edge.target] ?? 0;
    const { spans = [], errors = 0 } = nodes[target] ?? {};
    return { source: places[edge.source] ?? 0, target, spans, errors, text: "" };
  });
  return { nodes, edges: edges.sort((a, b) => a.target - b.target) };
}

/** The spans as boxes and arrows; those that repeat each other are one box. */
export default function TopologyTab(props: TabProps) {
  const answer = useView(props.trace, "topology");
  const model = useMemo(() => answer.value && modelOf(props.trace, answer.value), [props.trace, answer.value]);
  if (answer.error) return <Failed error={answer.error} onRetry={answer.retry} />;
  if (!model) return <Loading />;
  const facts = t("topology.facts", model.nodes.length, props.trace.spans.length);
  return <GraphTab {...props} model={model} view="topology" facts={facts} />;
}
