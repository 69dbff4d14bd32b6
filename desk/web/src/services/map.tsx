// SPDX-License-Identifier: Apache-2.0

import { useMemo } from "preact/hooks";
import type { Map as Calls } from "../api/schema";
import { hueOf } from "../format/colour";
import { duration, percent, rate, unknown } from "../format/format";
import { edgePath, type Graph, type Layout } from "../graph/layout";
import { useLayout } from "../graph/use-layout";
import { t } from "../i18n";
import { go, linkHere } from "../state/router";
import { Empty, Loading } from "../ui/states";

/** How small the map is drawn where there is not room enough for it. */
const smallest = 0.8;

/** How wide a character is about, and the sizes of nodes and labels, in px. */
const [character, nodeHeight, labelWidth, labelHeight] = [7.4, 42, 120, 58];

function nodeWidth(name: string): number {
  return Math.max(162, Math.min(240, name.length * character + 36));
}

/** A call between two services, of all kinds together. */
interface Edge {
  readonly caller: string;
  readonly callee: string;
  readonly count: number;
  readonly errors: number;
  readonly p95: number | undefined;
}

/** The calls of each pair of services; the percentile is that of the kind with the most calls. */
export function edgesOf(calls: Calls["calls"]): Edge[] {
  const byPair = new Map<string, Edge & { readonly largest: number }>();
  for (const { caller, callee, count: n, errors, p95 } of calls) {
    const key = JSON.stringify([caller, callee]);
    const before = byPair.get(key) ?? { caller, callee, count: 0, errors: 0, p95: undefined, largest: 0 };
    const larger = n > before.largest;
    byPair.set(key, {
      caller,
      callee,
      count: before.count + n,
      errors: before.errors + errors,
      p95: larger ? p95 : before.p95,
      largest: larger ? n : before.largest,
    });
  }
  return [...byPair.values()];
}

function graphOf(services: readonly string[], edges: readonly Edge[]): Graph {
  const index = new Map(services.map((name, i) => [name, i]));
  return {
    direction: "LR",
    nodes: services.map((name) => ({ width: nodeWidth(name), height: nodeHeight })),
    edges: edges.map(({ caller, callee }) => ({
      from: index.get(caller) ?? 0,
      to: index.get(callee) ?? 0,
      width: labelWidth,
      height: labelHeight,
    })),
  };
}

interface ServiceMapProps {
  readonly map: Calls;
  /** How long the range is, in ns, for rates; 0 if it is not known. */
  readonly span: number;
  readonly palette: Map<string, number>;
  readonly selected: string;
}

/** Services and the calls between them, with their rates, errors and latencies. */
export function ServiceMap({ map, span, palette, selected }: ServiceMapProps) {
  const edges = useMemo(() => edgesOf(map.calls), [map]);
  const names = useMemo(() => {
    const known = map.services.map((service) => service.name);
    return [...new Set([...known, ...edges.flatMap((edge) => [edge.caller, edge.callee])])];
  }, [map, edges]);
  const graph = useMemo(() => graphOf(names, edges), [names, edges]);
  const { layout, error } = useLayout(graph);
  if (error) return <Empty title={error} />;
  if (!layout || layout.nodes.length !== names.length) return <Loading rows={3} />;
  const figures = new Map(map.services.map((service) => [service.name, service]));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section class="map" aria-label={t("services.map.label")} tabIndex={0}>
      <svg
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        style={{ width: `${layout.width}px`, minWidth: `${layout.width * smallest}px` }}
        role="group"
        aria-label={t("services.map.label")}
      >
        <defs>
          {["line-2", "error"].map((colour) => (
            <marker
              key={colour}
              id={`map-${colour}`}
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="6"
              markerHeight="6"
              orient="auto"
            >
              <path d="M0 0L8 4L0 8z" fill={`var(--${colour})`} />
            </marker>
          ))}
        </defs>
        {edges.map((edge, i) => (
          <MapEdge key={`${edge.caller} ${edge.callee}`} edge={edge} at={layout.edges[i]} span={span} />
        ))}
        {names.map((name, i) => (
          <MapNode
            key={name}
            name={name}
            at={layout.nodes[i]}
            figures={figures.get(name)}
            colour={hueOf(palette, name)}
            selected={name !== "" && name === selected}
          />
        ))}
      </svg>
      {edges.length === 0 && <p class="dim">{t("services.map.none")}</p>}
    </section>
  );
}

interface EdgeProps {
  readonly edge: Edge;
  readonly at: Layout["edges"][number] | undefined;
  readonly span: number;
}

function MapEdge({ edge, at, span }: EdgeProps) {
  if (!at) return null;
  const failed = edge.errors > 0;
  const calls = span > 0 ? rate(edge.count, span) : t("services.calls", edge.count);
  const { x, y } = at.label;
  const tip = [
    t("services.edge", edge.caller, edge.callee),
    `${t("services.calls", edge.count)}${span > 0 ? ` (${t("services.rate.tip", duration(span))})` : ""}`,
    `${t("n.errors", edge.errors)} (${percent(edge.errors, edge.count)})`,
    `p95 ${duration(edge.p95)}`,
  ].join("\n");
  return (
    <g class={`map-edge${failed ? " failed" : ""}`} data-tip={tip}>
      <path d={edgePath(at.points)} marker-end={`url(#map-${failed ? "error" : "line-2"})`} />
      <text x={x} y={y - 24} text-anchor="middle">
        {calls}
      </text>
      <text x={x} y={y - 7} text-anchor="middle">
        p95 {duration(edge.p95)}
      </text>
      {failed && (
        <text x={x} y={y + 18} text-anchor="middle" class="map-failed">
          {t("n.errors", edge.errors)} ({percent(edge.errors, edge.count)})
        </text>
      )}
    </g>
  );
}

interface NodeProps {
  readonly name: string;
  readonly at: { readonly x: number; readonly y: number } | undefined;
  readonly figures: Calls["services"][number] | undefined;
  readonly colour: string;
  readonly selected: boolean;
}

function MapNode({ name, at, figures, colour, selected }: NodeProps) {
  if (!at) return null;
  const width = nodeWidth(name);
  const [left, top] = [at.x - width / 2, at.y - nodeHeight / 2];
  const fits = Math.floor((width - 36) / character);
  const shown = name.length > fits + 1 ? `${name.slice(0, fits)}…` : name;
  const href = linkHere({ service: selected ? null : name });
  return (
    <a
      href={href}
      class={`map-node${selected ? " selected" : ""}`}
      data-tip={name}
      onClick={(event) => {
        event.preventDefault();
        go(href, "replace");
      }}
    >
      <rect x={left} y={top} width={width} height={nodeHeight} rx="4" />
      <rect x={left} y={top} width="5" height={nodeHeight} rx="2" class="map-hue" style={{ fill: colour }} />
      <text x={left + 14} y={top + 17} class="map-name">
        {shown || "–"}
      </text>
      <text x={left + 14} y={top + 34} class="map-figures">
        {figures ? t("n.spans", figures.spans) : unknown}
        {(figures?.errors ?? 0) > 0 && <tspan class="map-failed"> · {t("n.errors", figures?.errors ?? 0)}</tspan>}
      </text>
    </a>
  );
}
