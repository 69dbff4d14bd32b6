// SPDX-License-Identifier: Apache-2.0

import type { SequenceView } from "../../api/schema";
import { hueOf } from "../../format/colour";
import { duration } from "../../format/format";
import { t } from "../../i18n";
import type { TraceData } from "../data";
import {
  type Activation,
  arrows,
  besideSelf,
  cutText,
  edges,
  type Frame,
  gutter,
  type Layout,
  label,
  type Message,
  rowHeight,
  textOf,
} from "./layout";

/** Where the arrow is in its row. */
const arrowY = 21;
const textY = 14;

interface RowsProps {
  readonly trace: TraceData;
  readonly view: SequenceView;
  readonly layout: Layout;
  readonly first: number;
  readonly last: number;
  readonly step: number;
  readonly width: number;
  readonly current: number;
  readonly matched: ReadonlySet<number>;
  readonly marked: ReadonlySet<number>;
  readonly onSelect: (node: number) => void;
  readonly onToggle: (group: number) => void;
}

/** The rows in sight, as SVG. */
export function Rows(props: RowsProps) {
  const { layout, first, last, step, width, view } = props;
  const top = first * rowHeight;
  const height = Math.max(0, last - first) * rowHeight;
  const shown = (each: { first: number; last: number }) => each.last >= first && each.first < last;
  return (
    <svg class="seq-svg" width={width} height={height} style={{ top: `${top}px` }} role="presentation">
      <defs>
        {["fg-2", "error"].map((colour) => (
          <marker
            key={colour}
            id={`seq-${colour}`}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="8"
            markerHeight="8"
            orient="auto-start-reverse"
          >
            <path d="M0 0.500L8 4L0 7.500z" fill={`var(--${colour})`} />
          </marker>
        ))}
      </defs>
      {(view.participants ?? []).map((_, i) => (
        <line key={i} class="seq-life" x1={middle(i, step)} x2={middle(i, step)} y1={0} y2={height} />
      ))}
      {layout.frames.filter(shown).map((frame) => (
        <FrameBox key={`${frame.kind}${frame.of}`} {...props} frame={frame} top={top} />
      ))}
      {layout.activations.filter(shown).map((each) => (
        <ActivationBox key={each.node} {...props} activation={each} top={top} />
      ))}
      {layout.rows.slice(first, last).map((row, i) => {
        const y = i * rowHeight;
        if (row.kind === "message")
          return <MessageRow key={first + i} {...props} message={row.message} row={first + i} y={y} />;
        const frame = layout.frames[row.frame];
        if (!frame) return null;
        return row.kind === "frame" ? (
          <FrameHead key={first + i} {...props} frame={frame} y={y} />
        ) : (
          <Divide key={first + i} {...props} frame={frame} y={y} />
        );
      })}
    </svg>
  );
}

function middle(participant: number, step: number): number {
  return gutter + (participant + 0.5) * step;
}

function FrameBox({ frame, step, top, width: whole }: RowsProps & { frame: Frame; top: number }) {
  const { left: x, width } = edges(frame, step, whole);
  const y = frame.first * rowHeight - top + 4;
  const height = (frame.last - frame.first + 1) * rowHeight - 6;
  return <rect class={`seq-frame seq-${frame.kind}`} x={x} y={y} width={Math.max(0, width)} height={height} />;
}

function frameText({ view }: RowsProps, frame: Frame): string {
  if (frame.kind === "parallel") return t("sequence.parallel");
  const group = view.groups[frame.of];
  return t("sequence.loop", group?.members.length ?? 0, duration(group?.duration));
}

function FrameHead(props: RowsProps & { frame: Frame; y: number }) {
  const { frame, step, y, onToggle } = props;
  const { left: x, width } = edges(frame, step, props.width);
  const text = frameText(props, frame);
  if (frame.kind === "parallel") {
    return (
      <text class="seq-frame-text" x={x + 8} y={y + 20}>
        {cutText(text, width)}
      </text>
    );
  }
  const run = () => onToggle(frame.of);
  return (
    <g
      class="seq-toggle"
      role="option"
      aria-selected={false}
      tabIndex={0}
      aria-description={t("do.expand")}
      onClick={run}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        run();
      }}
    >
      <rect class="seq-toggle-area" x={x} y={y + 4} width={Math.max(0, width)} height={rowHeight - 6} />
      <text class="seq-frame-text" x={x + 8} y={y + 20}>
        {cutText(`▸ ${text}`, width)}
      </text>
    </g>
  );
}

function Divide({ frame, step, y, width: whole }: RowsProps & { frame: Frame; y: number }) {
  const { left: x, width } = edges(frame, step, whole);
  return <line class="seq-divide" x1={x} x2={x + width} y1={y + rowHeight / 2} y2={y + rowHeight / 2} />;
}

function ActivationBox({ trace, activation, step, top }: RowsProps & { activation: Activation; top: number }) {
  const { participant, node, level, first, last } = activation;
  const x = middle(participant, step) - 4 + Math.min(level, 6) * 4;
  const y = first * rowHeight - top + arrowY;
  const service = trace.spans[node]?.service ?? "";
  return (
    <rect
      class="seq-active"
      x={x}
      y={y}
      width={8}
      height={Math.max(6, (last - first) * rowHeight)}
      fill={hueOf(trace.palette, service)}
    />
  );
}

interface MessageProps extends RowsProps {
  readonly message: Message;
  readonly row: number;
  readonly y: number;
}

/** When a message was: its start, or its end for a return; after the start of the trace. */
function timeOf(trace: TraceData, message: Message): number {
  const start = trace.offsets[message.node] ?? 0;
  return message.arrow === arrows.return ? start + (trace.spans[message.node]?.duration ?? 0) : start;
}

function sentence({ trace, view, message }: MessageProps): string {
  const name = (i: number) => view.participants?.[i]?.name ?? "";
  const took = duration(trace.spans[message.node]?.duration);
  const failed = trace.spans[message.node]?.status === "error" ? `, ${t("status.error")}` : "";
  const what = message.arrow === arrows.return ? t("sequence.return") : textOf(trace, message);
  return `${name(message.from)} → ${name(message.to)}: ${what}, ${took}${failed}`;
}

function rowClass({ message, current, matched, marked }: MessageProps): string {
  const chosen = message.node === current || (message.caller >= 0 && message.caller === current);
  const found = matched.has(message.node) || matched.has(message.caller);
  const mark = marked.has(message.node) || marked.has(message.caller);
  return `seq-row${chosen ? " seq-current" : ""}${found ? " seq-matched" : ""}${mark ? " seq-marked" : ""}`;
}

function MessageRow(props: MessageProps) {
  const { trace, message, row, y, width, onSelect, current } = props;
  return (
    <g
      id={`seq-${row}`}
      class={rowClass(props)}
      role="option"
      aria-selected={message.node === current}
      aria-description={sentence(props)}
      data-tip={sentence(props)}
      onClick={() => onSelect(message.node)}
    >
      <rect class="seq-back" x={0} y={y} width={width} height={rowHeight} />
      <rect class="seq-mark" x={0} y={y} width={3} height={rowHeight} />
      <text class="seq-time num" x={gutter - 12} y={y + 19}>
        {duration(timeOf(trace, message))}
      </text>
      <Arrow {...props} />
    </g>
  );
}

function Arrow(props: MessageProps) {
  const { trace, message, step, width, y } = props;
  const failed = trace.spans[message.node]?.status === "error";
  const colour = failed ? "error" : "fg-2";
  const from = middle(message.from, step);
  const to = middle(message.to, step);
  const classes = `seq-line${message.arrow === arrows.return ? " seq-return" : ""}`;
  const text = label(trace, message);
  if (message.from === message.to) {
    const place = besideSelf(from, width, text);
    return (
      <>
        <path
          class={classes}
          d={`M${from + 4} ${y + 8}h18a5 5 0 010 11h-15`}
          stroke={`var(--${colour})`}
          marker-end={`url(#seq-${colour})`}
        />
        <text
          class={`seq-text${failed ? " seq-failed" : ""}${place.before ? " seq-before" : ""}`}
          x={place.x}
          y={y + 18}
        >
          {place.text}
        </text>
      </>
    );
  }
  const side = Math.sign(to - from) * 5;
  return (
    <>
      <line
        class={classes}
        x1={from + side}
        x2={to - side}
        y1={y + arrowY}
        y2={y + arrowY}
        stroke={`var(--${colour})`}
        marker-end={`url(#seq-${colour})`}
      />
      <text class={`seq-text seq-middle${failed ? " seq-failed" : ""}`} x={(from + to) / 2} y={y + textY}>
        {cutText(text, Math.abs(to - from) - 24)}
      </text>
    </>
  );
}
