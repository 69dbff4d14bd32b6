// SPDX-License-Identifier: Apache-2.0

import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { duration, percent, tokens as tokenText, unknown } from "../../format/format";
import { t } from "../../i18n";
import { change, param } from "../../state/router";
import { Icon } from "../../ui/icon";
import { useKeys } from "../../ui/keys";
import { Empty } from "../../ui/states";
import type { TraceData } from "../data";
import { FlameCanvas } from "../flame/canvas";
import { byTime, byWeight, covering, type Frames, neighbour, pathTo } from "../flame/layout";
import { OperationsTable } from "../flame/operations-table";
import type { TabProps } from "../tab";
import { readPart, type Span, within, zoomed } from "../waterfall/axis";
import "../flame/flame.css";

const orders = ["time", "merged", "tree"] as const;
type Order = (typeof orders)[number];
type Measure = "time" | "tokens";

function framesOf(trace: TraceData, order: Order, tokens: ((node: number) => number) | undefined): Frames {
  if (tokens) return byWeight(trace, { own: tokens, merged: order === "merged" });
  if (order === "time") return byTime(trace, trace.offsets);
  return byWeight(trace, { own: (node) => trace.tree.nodes[node]?.self ?? 0, merged: order === "merged" });
}

/** What the address says of the flame graph. */
function chosen(hasTokens: boolean): { order: Order; measure: Measure } {
  const measure = hasTokens && param("by") === "tokens" ? "tokens" : "time";
  const wanted = orders.find((each) => each === param("order"));
  if (measure === "tokens") return { measure, order: wanted === "merged" ? "merged" : "tree" };
  return { measure, order: wanted ?? "time" };
}

export default function Flame(props: TabProps) {
  const { trace, selection } = props;
  const run = trace.details.run.value;
  const hasTokens = (run?.usage.total ?? 0) > 0;
  const tokens = useCallback((node: number) => trace.details.tokens.get(node) ?? 0, [trace, run]);
  const { order, measure } = chosen(hasTokens);
  const weight = measure === "tokens" ? tokens : undefined;
  const frames = useMemo(() => framesOf(trace, order, weight), [trace, order, weight]);
  const whole = frames.width;
  const [part, setPart] = useState<Span>(() =>
    order === "time" ? readPart(param("time"), whole) : { from: 0, to: Math.max(1, whole) },
  );
  const [cursor, setCursor] = useState(-1);
  useEffect(() => {
    setPart(order === "time" ? readPart(param("time"), whole) : { from: 0, to: Math.max(1, whole) });
    setCursor(-1);
  }, [frames]);
  const zoom = (frame: number) => {
    if (frame >= 0) setPart(partOf(frames, frame));
    else setPart({ from: 0, to: Math.max(1, whole) });
  };
  useFlameKeys({ frames, part, cursor, setPart, setCursor, zoom, select: (node) => selection.select(node) });
  return (
    <div class="flame">
      <Bar order={order} measure={measure} hasTokens={hasTokens} />
      <Crumbs trace={trace} frames={frames} part={part} measure={measure} onZoom={zoom} />
      <div class="flame-body">
        {frames.length === 0 ? (
          <Empty title={t("flame.none")} />
        ) : (
          <FlameCanvas
            {...props}
            frames={frames}
            part={part}
            onPart={setPart}
            cursor={cursor}
            onCursor={setCursor}
            onZoom={zoom}
          />
        )}
        <OperationsTable {...props} tokens={tokens} hasTokens={hasTokens} />
      </div>
    </div>
  );
}

function partOf(frames: Frames, frame: number): Span {
  const x = frames.x[frame] ?? 0;
  return within({ from: x, to: x + (frames.w[frame] ?? 0) }, frames.width);
}

interface FlameKeys {
  readonly frames: Frames;
  readonly part: Span;
  readonly cursor: number;
  readonly setPart: (part: Span) => void;
  readonly setCursor: (frame: number) => void;
  readonly zoom: (frame: number) => void;
  readonly select: (node: number) => void;
}

function useFlameKeys({ frames, part, cursor, setPart, setCursor, zoom, select }: FlameKeys) {
  const to = (key: Parameters<typeof neighbour>[2]) => (event: KeyboardEvent) => {
    if ((event.target as Element | null)?.closest?.(".panel, [role=separator], [role=tablist], .flame-table"))
      return false;
    return setCursor(neighbour(frames, cursor, key));
  };
  const scale = (factor: number) => setPart(zoomed(part, factor, (part.from + part.to) / 2, frames.width));
  useKeys("trace.tab.flame", [
    { keys: "ArrowUp", text: "flame.keys.up", run: to("up") },
    { keys: "k", text: "flame.keys.up", run: to("up") },
    { keys: "ArrowDown", text: "flame.keys.down", run: to("down") },
    { keys: "j", text: "flame.keys.down", run: to("down") },
    { keys: "ArrowLeft", text: "flame.keys.left", run: to("left") },
    { keys: "ArrowRight", text: "flame.keys.right", run: to("right") },
    {
      keys: "Enter",
      text: "keys.open",
      run: () => (cursor < 0 ? false : select(frames.node[cursor] ?? -1)),
    },
    { keys: "z", text: "flame.keys.zoom", run: () => zoom(cursor) },
    { keys: "+", text: "wf.keys.in", run: () => scale(0.5) },
    { keys: "-", text: "wf.keys.out", run: () => scale(2) },
    { keys: "0", text: "flame.whole", run: () => zoom(-1) },
  ]);
}

interface BarProps {
  readonly order: Order;
  readonly measure: Measure;
  readonly hasTokens: boolean;
}

function Bar({ order, measure, hasTokens }: BarProps) {
  const offered = measure === "tokens" ? (["tree", "merged"] as const) : orders;
  return (
    <div class="flame-bar" role="toolbar" aria-label={t("flame.toolbar")}>
      <fieldset class="segments" aria-label={t("flame.order")}>
        {offered.map((each) => (
          <button
            key={each}
            type="button"
            class="button"
            aria-pressed={each === order}
            data-tip={t(`flame.order.${each}.tip`)}
            onClick={() => change({ order: each === "time" ? null : each }, "replace")}
          >
            {t(`flame.order.${each}`)}
          </button>
        ))}
      </fieldset>
      {hasTokens && (
        <fieldset class="segments" aria-label={t("flame.measure")}>
          {(["time", "tokens"] as const).map((each) => (
            <button
              key={each}
              type="button"
              class="button"
              aria-pressed={each === measure}
              onClick={() => change({ by: each === "time" ? null : each }, "replace")}
            >
              {t(each === "time" ? "wf.time" : "col.tokens")}
            </button>
          ))}
        </fieldset>
      )}
      <span class="dim flame-hint">{t("flame.hint")}</span>
    </div>
  );
}

interface CrumbsProps {
  readonly trace: TraceData;
  readonly frames: Frames;
  readonly part: Span;
  readonly measure: Measure;
  readonly onZoom: (frame: number) => void;
}

/** Where the part that is shown lies; each step zooms out to it. */
function Crumbs({ trace, frames, part, measure, onZoom }: CrumbsProps) {
  const whole = part.from <= 0 && part.to >= frames.width;
  const frame = whole ? -1 : covering(frames, part);
  const size = part.to - part.from;
  return (
    <nav class="flame-crumbs" aria-label={t("flame.crumbs")}>
      <button type="button" class="link" disabled={whole} onClick={() => onZoom(-1)}>
        {t("flame.whole")}
      </button>
      {pathTo(frames, frame).map((each) => (
        <span key={each} class="flame-crumb">
          <Icon name="right" />
          <button type="button" class="link cut" dir="auto" onClick={() => onZoom(each)}>
            {trace.spans[frames.node[each] ?? -1]?.name || unknown}
          </button>
        </span>
      ))}
      <span class="dim num flame-part">
        {measure === "tokens" ? tokenText(size) : duration(size)}
        {!whole && ` · ${percent(size, frames.width)}`}
      </span>
    </nav>
  );
}
