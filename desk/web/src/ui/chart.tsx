// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { date, timeOfDay } from "../format/format";
import { colourValue, theme } from "../state/settings";

/** A line of a chart. */
export interface ChartLine {
  readonly label: string;
  /** The name of a colour of tokens.css. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

interface ChartProps {
  readonly label: string;
  /** In ms since 1970, ascending. */
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
  readonly height?: number;
  /** Called with a range of time that was dragged over, in ms. */
  readonly onSelect?: (from: number, to: number) => void;
}

/** Lines of at most so many values show each of them, as there may be no line between them. */
const few = 20;

const font = "13px system-ui, sans-serif";

function axes(format: (value: number) => string): uPlot.Axis[] {
  const common = {
    stroke: colourValue("fg-2"),
    font,
    grid: { stroke: colourValue("line"), width: 1 },
    ticks: { stroke: colourValue("line"), width: 1, size: 4 },
  };
  const times = (_: uPlot, ticks: number[], __: number, ___: number, step: number) =>
    ticks.map((at) => (step >= 86_400_000 ? date(at).slice(5) : timeOfDay(at).slice(0, step >= 60_000 ? 5 : 8)));
  return [
    { ...common, values: times, space: 80, size: 28 },
    { ...common, values: (_, ticks) => ticks.map(format), size: 64, space: 36 },
  ];
}

function optionsOf(props: ChartProps, width: number): uPlot.Options {
  const { lines, format, height = 160, onSelect } = props;
  return {
    width,
    height,
    ms: 1,
    legend: { live: true },
    cursor: { points: { size: 5 }, drag: { x: onSelect !== undefined, y: false, setScale: false } },
    scales: { x: { time: true }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
    axes: axes(format),
    series: [
      { value: (_, at) => (at == null ? "" : timeOfDay(at)) },
      ...lines.map(({ label, colour, values }) => ({
        label,
        stroke: colourValue(colour),
        width: 1.5,
        points: { size: 4, ...(values.filter((value) => value !== null).length <= few ? { show: true } : {}) },
        value: (_: uPlot, value: number | null, __: number, at: number | null) =>
          at === null ? "" : value === null ? "–" : format(value),
      })),
    ],
    hooks: {
      setSelect: [
        (chart) => {
          const { left, width: dragged } = chart.select;
          if (dragged > 4) onSelect?.(chart.posToVal(left, "x"), chart.posToVal(left + dragged, "x"));
        },
      ],
    },
  };
}

/** Series over time. */
export default function Chart(props: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const { times, lines } = props;
  const key = JSON.stringify([times, lines]);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const data: uPlot.AlignedData = [[...times], ...lines.map((line) => [...line.values])];
    const chart = new uPlot(optionsOf(props, element.clientWidth), data, element);
    const observer = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height: props.height ?? 160 }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [key, theme.value]);
  return <div ref={frame} class="chart" role="img" aria-label={props.label} />;
}
