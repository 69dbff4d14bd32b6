// SPDX-License-Identifier: Apache-2.0

import { Graph as DagreGraph, layout } from "@dagrejs/dagre";
import type { Answered, Asked, Graph, Layout } from "./layout";

function layOut(graph: Graph): Layout {
  const g = new DagreGraph({ multigraph: true });
  g.setGraph({ rankdir: graph.direction, nodesep: 20, ranksep: 48, edgesep: 12, marginx: 8, marginy: 8 });
  graph.nodes.forEach((node, i) => {
    g.setNode(String(i), { ...node });
  });
  graph.edges.forEach(({ from, to, width = 0, height = 0 }, i) => {
    g.setEdge(String(from), String(to), { width, height, labelpos: "c" }, String(i));
  });
  layout(g);
  const { width = 0, height = 0 } = g.graph();
  return {
    width,
    height,
    nodes: graph.nodes.map((_, i) => {
      const { x, y } = g.node(String(i));
      return { x, y };
    }),
    edges: graph.edges.map(({ from, to }, i) => {
      const { points = [], x = 0, y = 0 } = g.edge(String(from), String(to), String(i));
      return { points: points.map((p: { x: number; y: number }) => ({ x: p.x, y: p.y })), label: { x, y } };
    }),
  };
}

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  let answer: Answered;
  try {
    answer = { id: data.id, layout: layOut(data.graph) };
  } catch (error) {
    answer = { id: data.id, error: String(error) };
  }
  postMessage(answer);
};
