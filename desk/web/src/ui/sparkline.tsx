// SPDX-License-Identifier: Apache-2.0

interface SparklineProps {
  /** The values in order; undefined where nothing is known. */
  readonly values: readonly (number | undefined)[];
  /** What it shows, for those who hear the page. */
  readonly label: string;
  readonly colour?: string;
  readonly width?: number;
  readonly height?: number;
}

/** The path of a line through values, broken where one is missing, and that of the dots of values between missing ones. */
export function linePath(
  values: readonly (number | undefined)[],
  width: number,
  height: number,
): { line: string; dots: string } {
  const known = values.filter((v): v is number => v !== undefined);
  const most = Math.max(...known, 0) || 1;
  const apart = values.length > 1 ? width / (values.length - 1) : 0;
  let [line, dots] = ["", ""];
  values.forEach((value, i) => {
    if (value === undefined) return;
    const at = `${(i * apart).toFixed(1)} ${(height - (value / most) * height).toFixed(1)}`;
    const begins = values[i - 1] === undefined;
    if (begins && values[i + 1] === undefined) dots += `M${at}h.01`;
    else line += `${begins ? "M" : "L"}${at}`;
  });
  return { line, dots };
}

/** A small line of how a figure went over time. */
export function Sparkline({ values, label, colour = "var(--fg-2)", width = 96, height = 18 }: SparklineProps) {
  const { line, dots } = linePath(values, width, height);
  return (
    <svg
      class="sparkline"
      width={width}
      height={height + 4}
      viewBox={`-2 -2 ${width + 4} ${height + 4}`}
      role="img"
      aria-label={label}
    >
      <g fill="none" stroke={colour} stroke-linejoin="round" stroke-linecap="round">
        <path d={`M0 ${height}h${width}`} stroke="var(--line)" stroke-width="1" />
        <path d={line} stroke-width="1.25" />
        <path d={dots} stroke-width="3.5" />
      </g>
    </svg>
  );
}
