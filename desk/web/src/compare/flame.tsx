// SPDX-License-Identifier: Apache-2.0

import { useMemo, useState } from "preact/hooks";
import { duration } from "../format/format";
import { t } from "../i18n";
import { type Both, spanOf } from "./compared";
import { changeOf, flameOf, type Side } from "./layout";

const rowHeight = 20;
const width = 1000;

interface FlameProps {
  readonly both: Both;
  readonly side: Side;
  readonly hovered: number;
  readonly onHover: (node: number) => void;
}

function Flame({ both, side, hovered, onHover }: FlameProps) {
  const { nodes } = both.comparison.diff;
  const frames = useMemo(() => flameOf(nodes, side), [nodes, side]);
  const deepest = frames.reduce((most, frame) => Math.max(most, frame.depth), 0);
  return (
    <div
      class="compare-flame"
      style={{ height: `${(deepest + 1) * rowHeight}px` }}
      role="img"
      aria-label={t(`compare.${side}`)}
    >
      {frames.map((frame) => {
        const node = nodes[frame.node];
        const span = spanOf(both, frame.node);
        if (!node || !span) return null;
        const is = changeOf(node, both.whole);
        const took = side === "baseline" ? node.baselineDuration : node.comparisonDuration;
        return (
          <span
            key={frame.node}
            class={`compare-frame frame-${is} ${frame.node === hovered ? "frame-hovered" : ""}`}
            style={{
              left: `${frame.left * 100}%`,
              width: `${frame.width * 100}%`,
              top: `${frame.depth * rowHeight}px`,
            }}
            data-tip={`${span.name} (${span.service})\nA ${duration(node.baselineDuration)}, B ${duration(node.comparisonDuration)}\n${t(`compare.is.${is}`)}`}
            onPointerEnter={() => onHover(frame.node)}
            onPointerLeave={() => onHover(-1)}
          >
            {frame.width * width > 40 && `${span.name} ${duration(took)}`}
          </span>
        );
      })}
    </div>
  );
}

/** Both traces as flame graphs to one scale; what changed has a colour. */
export function Flames({ both }: { both: Both }) {
  const [hovered, hover] = useState(-1);
  const changes = ["slower", "faster", "onlyBaseline", "onlyComparison", "same"] as const;
  return (
    <div class="compare-flames">
      <p class="compare-legend">
        {changes.map((is) => (
          <span key={is}>
            <span class={`compare-key frame-${is}`} /> {t(`compare.is.${is}`)}
          </span>
        ))}
      </p>
      {(["baseline", "comparison"] as const).map((side) => (
        <section key={side}>
          <h3>
            <span class={`side side-${side === "baseline" ? 0 : 1}`}>{side === "baseline" ? "A" : "B"}</span>
          </h3>
          <Flame both={both} side={side} hovered={hovered} onHover={hover} />
        </section>
      ))}
    </div>
  );
}
