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

/** The path of a line through values, broken where one is missing; a value between missing ones is a dot. */
export function linePath(values: readonly (number | undefined)[], width: number, height: number): string {
  const known = values.filter((v): v is number => v !== undefined);
  const most = Math.max(...known, 0) || 1;
  const apart = values.length > 1 ? width / (values.length - 1) : 0;
  let pen = "M";
  let path = "";
  values.forEach((value, i) => {
    if (value === undefined) {
      pen = "M";
      return;
    }
    path += `${pen}${(i * apart).toFixed(1)} ${(height - (value / most) * height).toFixed(1)}`;
    if (pen === "M" && values[i + 1] === undefined) path += "h1.5";
    pen = "L";
  });
  return path;
}

/** A small line of how a figure went over time. */
export function Sparkline({ values, label, colour = "var(--fg-2)", width = 96, height = 18 }: SparklineProps) {
  return (
    <svg
      class="sparkline"
      width={width}
      height={height + 2}
      viewBox={`0 -1 ${width} ${height + 2}`}
      role="img"
      aria-label={label}
    >
      <path
        d={linePath(values, width, height)}
        fill="none"
        stroke={colour}
        stroke-width="1.25"
        stroke-linejoin="round"
        stroke-linecap="round"
      />
    </svg>
  );
}
