// SPDX-License-Identifier: Apache-2.0

import { useEffect, useMemo, useRef } from "preact/hooks";
import { duration } from "../format/format";
import { edgePath, type Graph, type Layout } from "../graph/layout";
import { GraphTools } from "../graph/tools";
import { type GraphHandle, GraphView, type Move } from "../graph/view";
import { t } from "../i18n";
import { change, param } from "../state/router";
import { useKeys } from "../ui/keys";
import { VirtualList } from "../ui/virtual-list";
import { cutText } from "./sequence/layout";
import type { TabProps } from "./tab";

/** A box of a drawing of spans. */
export interface GraphNode {
  readonly title: string;
  /** What it is, under the title. */
  readonly note: string;
  readonly colour: string;
  /** The spans that it stands for. */
  readonly spans: readonly number[];
  readonly errors: number;
  /** Time of them, in ns. */
  readonly duration: number;
  /** Round boxes are no services or spans but what they call. */
  readonly round?: boolean;
}

export interface GraphEdge {
  readonly source: number;
  readonly target: number;
  readonly spans: readonly number[];
  readonly text: string;
  readonly errors: number;
}

export interface GraphModel {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

interface GraphTabProps extends TabProps {
  readonly model: GraphModel;
  readonly view: "topology" | "services";
  readonly facts: string;
}

const boxHeight = 46;

/** How wide a character is about, the room beside texts in boxes of spans and in round ones, in px. */
const [character, beside, besideRound] = [7.2, 26, 44];

/** What is written into a box. */
function linesOf(node: GraphNode): [title: string, note: string] {
  return [node.title, `${node.note ? `${node.note} · ` : ""}${figures(node)}`];
}

/** How wide the boxes of a drawing are: all the same, with room for the longest texts within reason. */
export function boxWidth({ nodes }: GraphModel): number {
  const widths = nodes.map((node) => {
    const longest = Math.max(...linesOf(node).map((line) => line.length));
    return longest * character + (node.round ? besideRound : beside);
  });
  return Math.ceil(widths.reduce((most, width) => Math.max(most, Math.min(width, 270)), 160));
}

/** The box of each span: the first that stands for it. */
function nodesOfSpans({ nodes }: GraphModel): Map<number, number> {
  const of = new Map<number, number>();
  nodes.forEach(({ spans }, i) => {
    for (const span of spans) if (!of.has(span)) of.set(span, i);
  });
  return of;
}

/** The span after the selected one among several; the first if it is not one of them. */
function nextOf(spans: readonly number[], selected: number): number {
  return spans[(spans.indexOf(selected) + 1) % Math.max(1, spans.length)] ?? -1;
}

/** The box that is reached from another by a move. */
export function moved(model: GraphModel, from: number, move: Move): number {
  const forth = model.edges.filter((edge) => edge.source === from).map((edge) => edge.target);
  const back = model.edges.filter((edge) => edge.target === from).map((edge) => edge.source);
  if (from < 0) return model.nodes.length ? 0 : -1;
  if (move === "forth") return forth[0] ?? from;
  if (move === "back") return back[0] ?? from;
  const beside = model.edges.filter((edge) => edge.source === back[0]).map((edge) => edge.target);
  const row = beside.length > 1 ? beside : model.nodes.map((_, i) => i);
  const at = row.indexOf(from) + (move === "next" ? 1 : -1);
  return row[at] ?? from;
}

/** A drawing of boxes and arrows that stand for spans, with the same as a list. */
export function GraphTab(props: GraphTabProps) {
  const { trace, model, view, facts } = props;
  const handle = useRef<GraphHandle | null>(null);
  const asList = param("as") === "list";
  const of = useMemo(() => nodesOfSpans(model), [model]);
  const current = currentNode(props, of);
  const choose = (node: number) => {
    const spans = model.nodes[node]?.spans ?? [];
    const selected = props.selection.node.peek();
    props.selection.select(node === current ? nextOf(spans, selected) : (spans[0] ?? -1));
  };
  const move = (by: Move) => {
    const next = moved(model, current, by);
    if (next >= 0 && next !== current) choose(next);
  };
  useKeys("keys.page", [
    { keys: "j", text: "keys.down", run: () => step(1) },
    { keys: "k", text: "keys.up", run: () => step(-1) },
  ]);
  const step = (by: number) => {
    const next = Math.max(0, Math.min(model.nodes.length - 1, current + by));
    if (next !== current) choose(next);
  };
  return (
    <div class="graph-body">
      <div class="graph-bar">
        <span class="dim">{facts}</span>
        <button
          type="button"
          class="button"
          aria-pressed={asList}
          onClick={() => change({ as: asList ? null : "list" }, "replace")}
        >
          {t("graph.list")}
        </button>
        <GraphTools
          trace={trace}
          view={view}
          formats={["mermaid", "dot"]}
          zoom={asList ? undefined : (by) => handle.current?.zoom(by)}
          fit={() => handle.current?.fit()}
        />
      </div>
      {asList ? (
        <List {...props} current={current} onChoose={choose} />
      ) : (
        <Boxes {...props} current={current} onChoose={choose} onMove={move} handle={handle} />
      )}
    </div>
  );
}

/** The box of the selected span, or of the nearest span above it that has one. */
function currentNode({ trace, selection }: GraphTabProps, of: Map<number, number>): number {
  for (let span = selection.node.value; span >= 0; span = trace.tree.nodes[span]?.parent ?? -1) {
    const found = of.get(span);
    if (found !== undefined) return found;
  }
  return -1;
}

interface PartProps extends GraphTabProps {
  readonly current: number;
  readonly onChoose: (node: number) => void;
}

function figures({ spans, errors, duration: took }: GraphNode): string {
  const times = spans.length > 1 ? `×${spans.length} · ` : "";
  return `${times}${duration(took)}${errors > 0 && spans.length > 1 ? ` · ${t("n.errors", errors)}` : ""}`;
}

function Boxes(props: PartProps & { onMove: (by: Move) => void; handle: { current: GraphHandle | null } }) {
  const { model, current, onChoose, search, selection, handle, onMove } = props;
  const width = useMemo(() => boxWidth(model), [model]);
  const input = useMemo<Graph>(() => {
    const edges = model.edges.map(({ source, target, text }) => ({
      from: source,
      to: target,
      width: text ? text.length * 6.8 + 12 : 0,
      height: text ? 20 : 0,
    }));
    return { nodes: model.nodes.map(() => ({ width, height: boxHeight })), edges, direction: "LR" };
  }, [model]);
  const [matched, marked] = [search.matched.value, selection.marked.value];
  const classes = (node: GraphNode, i: number) =>
    [
      "graph-node",
      node.errors ? "graph-node-failed" : "",
      node.spans.some((span) => matched.has(span)) ? "graph-node-matched" : "",
      node.spans.some((span) => marked.has(span)) ? "graph-node-marked" : "",
      i === current ? "graph-node-current" : "",
    ].join(" ");
  return (
    <GraphView
      input={input}
      label={props.facts}
      current={current}
      onMove={onMove}
      handle={handle}
      colour={(i) => (model.nodes[i]?.errors ? "var(--error)" : (model.nodes[i]?.colour ?? "var(--line-2)"))}
      node={(i, detailed) => {
        const node = model.nodes[i];
        return (
          node && (
            <NodeBox
              key={i}
              node={node}
              width={width}
              class={classes(node, i)}
              detailed={detailed}
              onChoose={() => onChoose(i)}
            />
          )
        );
      }}
      edge={(i, way, detailed) => <Edge key={i} {...props} index={i} way={way} detailed={detailed} />}
    />
  );
}

interface NodeBoxProps {
  readonly node: GraphNode;
  readonly width: number;
  readonly class: string;
  readonly detailed: boolean;
  readonly onChoose: () => void;
}

function NodeBox({ node, width, class: classes, detailed, onChoose }: NodeBoxProps) {
  const room = width - (node.round ? besideRound : beside);
  const [title, note] = linesOf(node).map((line) => cutText(line, room));
  const failed = node.errors ? `\n${t("n.errors", node.errors)}` : "";
  const text = `${node.title}\n${node.note}\n${figures(node)}${failed}`;
  return (
    // biome-ignore lint/a11y: the arrows choose boxes, and the list has them as buttons
    <g class={classes} data-tip={text} onClick={onChoose}>
      <rect class="graph-box" width={width} height={boxHeight} rx={node.round ? 22 : 4} />
      <rect
        x={node.round ? 12 : 1}
        y={node.round ? 17 : 1}
        width={node.round ? 12 : 5}
        height={node.round ? 12 : boxHeight - 2}
        rx={node.round ? 6 : 2}
        fill={node.colour}
      />
      {detailed && (
        <>
          <text x={node.round ? 32 : 14} y={19}>
            {title}
          </text>
          <text class={node.errors ? "graph-failed" : "graph-note"} x={node.round ? 32 : 14} y={37}>
            {note}
          </text>
        </>
      )}
    </g>
  );
}

interface EdgeProps extends PartProps {
  readonly index: number;
  readonly way: Layout["edges"][number];
  readonly detailed: boolean;
}

function Edge({ model, index, way, detailed, selection, current }: EdgeProps) {
  const edge = model.edges[index];
  if (!edge) return null;
  const selected = selection.node.value;
  const chosen = edge.spans.includes(selected) && edge.target === current;
  const path = edgePath(way.points);
  const colour = edge.errors ? "error" : "line-2";
  const [first, last] = [way.points[0], way.points.at(-1)];
  const down = first && last && last.y - first.y > Math.abs(last.x - first.x) / 4;
  return (
    // biome-ignore lint/a11y: the list has the edges as buttons
    <g
      class={`graph-edge-group ${chosen ? "graph-edge-current" : ""}`}
      data-tip={edge.text || undefined}
      onClick={() => selection.select(nextOf(edge.spans, selected))}
    >
      <path
        class={`graph-edge ${edge.errors ? "graph-edge-failed" : ""}`}
        d={path}
        marker-end={`url(#graph-${chosen ? "accent" : colour})`}
      />
      <path class="graph-edge-hit" d={path} />
      {detailed && edge.text && (
        <text
          class={`graph-edge-text num ${edge.errors ? "graph-failed" : ""} ${down ? "graph-edge-down" : ""}`}
          x={way.label.x}
          y={way.label.y - (down ? -4 : 5)}
        >
          {edge.text}
        </text>
      )}
    </g>
  );
}

function List(props: PartProps) {
  const { model, current, onChoose, selection } = props;
  const calls = useMemo(() => {
    const from: GraphEdge[][] = model.nodes.map(() => []);
    for (const edge of model.edges) from[edge.source]?.push(edge);
    return from;
  }, [model]);
  const scroll = useRef(current);
  useEffect(() => {
    scroll.current = current;
  }, [current]);
  return (
    <VirtualList
      class="graph-list"
      label={props.facts}
      count={model.nodes.length}
      current={current}
      row={(i) => {
        const node = model.nodes[i];
        if (!node) return null;
        return (
          <div key={i} class={`row ${i === current ? "current" : ""}`}>
            <span class="service-dot" style={{ background: node.colour }} />
            <button type="button" class="link cut graph-title" onClick={() => onChoose(i)} aria-pressed={i === current}>
              {node.title}
            </button>
            <span class="dim cut graph-kind">{node.note}</span>
            <span class={node.errors ? "cut graph-figures error num" : "cut graph-figures num"}>{figures(node)}</span>
            <span class="cut graph-calls">
              {(calls[i] ?? []).slice(0, 20).map((edge) => (
                <button
                  key={edge.target}
                  type="button"
                  class="link graph-call"
                  onClick={() => selection.select(nextOf(edge.spans, selection.node.peek()))}
                >
                  → {model.nodes[edge.target]?.title} {edge.text && `(${edge.text})`}
                </button>
              ))}
            </span>
          </div>
        );
      }}
    />
  );
}
