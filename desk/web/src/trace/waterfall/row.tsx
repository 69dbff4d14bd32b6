// SPDX-License-Identifier: Apache-2.0

import { hueOf } from "../../format/colour";
import { count, duration, unknown } from "../../format/format";
import { t } from "../../i18n";
import { Icon } from "../../ui/icon";
import { Cell, Line } from "./cells";
import { hint } from "./hint";
import { failedWithin, fold, keyOfGroup, type WaterfallState } from "./state";

/** How far children are moved in, in px, and how far at most. */
const [step, deepest] = [12, 20];

export interface RowProps {
  readonly state: WaterfallState;
  readonly row: number;
  readonly current: boolean;
  readonly selected: boolean;
  readonly marked: boolean;
  readonly matched: boolean;
  readonly onSelect: () => void;
}

/** The id of the element of a row, by which the list says where the reader is. */
export const rowId = (key: number) => `wf-row-${key}`;

function className(props: RowProps): string {
  const names = ["wf-row"];
  if (props.current) names.push("wf-current");
  if (props.marked) names.push("wf-marked");
  if (props.matched) names.push("wf-matched");
  return names.join(" ");
}

function Indent({ depth }: { depth: number }) {
  const shown = Math.min(depth, deepest);
  return (
    <>
      <span class="wf-indent" style={{ width: `${shown * step}px` }} aria-hidden="true" />
      {depth > deepest && <span class="wf-depth dim num">{depth}</span>}
    </>
  );
}

function Chevron({ open, onToggle, label }: { open: boolean; onToggle: () => void; label: string }) {
  return (
    <button
      type="button"
      class="wf-chevron"
      tabIndex={-1}
      aria-label={`${t(open ? "do.collapse" : "do.expand")}: ${label}`}
      onClick={(event) => {
        event.stopPropagation();
        onToggle();
      }}
    >
      <Icon name={open ? "down" : "right"} />
    </button>
  );
}

/** One row: a span, or repeated spans as one. */
export function Row(props: RowProps) {
  const group = props.state.rows.peek().group[props.row] ?? -1;
  return group >= 0 ? <GroupRow {...props} group={group} /> : <SpanRow {...props} />;
}

function SpanRow(props: RowProps) {
  const { state, row } = props;
  const { trace } = state;
  const rows = state.rows.peek();
  const node = rows.node[row] ?? 0;
  const depth = rows.depth[row] ?? 0;
  const span = trace.spans[node];
  const place = trace.tree.nodes[node];
  if (!span || !place) return null;
  const open = !state.collapsed.value.has(node);
  return (
    <Line
      id={rowId(node)}
      class={className(props)}
      depth={depth}
      index={row}
      selected={props.selected}
      expanded={place.size > 1 ? open : undefined}
      onClick={props.onSelect}
      onDblClick={() => fold(state, row, "toggle")}
    >
      <NameCell state={state} row={row} node={node} open={open} />
      <Cell class="wf-num num">{duration(span.duration)}</Cell>
      <Cell class="wf-num wf-own num dim">{place.size > 1 ? duration(place.self) : ""}</Cell>
      <Cell class="wf-time" row={row} />
    </Line>
  );
}

interface NameProps {
  readonly state: WaterfallState;
  readonly row: number;
  readonly node: number;
  readonly open: boolean;
}

function NameCell({ state, row, node, open }: NameProps) {
  const { trace } = state;
  const span = trace.spans[node];
  const place = trace.tree.nodes[node];
  if (!span || !place) return null;
  const parent = trace.spans[place.parent];
  return (
    <Cell class="wf-name">
      <Indent depth={state.rows.peek().depth[row] ?? 0} />
      {place.size > 1 ? (
        <Chevron open={open} label={span.name} onToggle={() => fold(state, row, "toggle")} />
      ) : (
        <span class="wf-leaf" />
      )}
      <span class="wf-dot" style={{ background: hueOf(trace.palette, span.service) }} aria-hidden="true" />
      <span class="wf-what">
        <span class={span.status === "error" ? "wf-title error" : "wf-title"} dir="auto">
          {span.name || unknown}
        </span>
        {(!parent || parent.service !== span.service) && <span class="wf-service dim">{span.service || unknown}</span>}
        <span class="wf-hint dim" dir="auto">
          {hint(span.name, span.attributes)}
        </span>
      </span>
      <Tags state={state} node={node} />
      {!open && <Hidden state={state} node={node} />}
    </Cell>
  );
}

/** How many spans a collapsed row hides, red if some of them failed. */
function Hidden({ state, node }: { state: WaterfallState; node: number }) {
  const failed = failedWithin(state, node);
  return (
    <span
      class={failed > 0 ? "wf-count num error" : "wf-count num dim"}
      data-tip={failed ? t("n.errors", failed) : undefined}
    >
      +{count((state.trace.tree.nodes[node]?.size ?? 1) - 1)}
    </span>
  );
}

function GroupRow(props: RowProps & { group: number }) {
  const { state, row, group } = props;
  const { trace } = state;
  const rows = state.rows.peek();
  const span = trace.spans[rows.node[row] ?? 0];
  const found = trace.waterfall.groups?.[group];
  if (!span || !found) return null;
  const open = state.opened.value.has(group);
  const sum = found.members.reduce((all, member) => all + (trace.spans[member]?.duration ?? 0), 0);
  const times = `×${count(found.members.length)}`;
  return (
    <Line
      id={rowId(keyOfGroup(group))}
      class={className(props)}
      depth={rows.depth[row] ?? 0}
      index={row}
      selected={props.selected}
      expanded={open}
      onClick={() => fold(state, row, "toggle")}
    >
      <Cell class="wf-name">
        <Indent depth={rows.depth[row] ?? 0} />
        <Chevron open={open} label={`${span.name} ${times}`} onToggle={() => fold(state, row, "toggle")} />
        <span class="wf-dot" style={{ background: hueOf(trace.palette, span.service) }} aria-hidden="true" />
        <span class="wf-title" dir="auto">
          {span.name || unknown}
        </span>
        <span
          class="wf-times num"
          data-tip={t("wf.group.tip", found.members.length, duration(sum), duration(sum / found.members.length))}
        >
          {times}
        </span>
      </Cell>
      <Cell class="wf-num num">{duration(found.duration)}</Cell>
      <Cell class="wf-num wf-own num dim">{duration(sum)}</Cell>
      <Cell class="wf-time" row={row} />
    </Line>
  );
}

/** What is unusual about a span. */
function Tags({ state, node }: { state: WaterfallState; node: number }) {
  const { trace } = state;
  const place = trace.tree.nodes[node];
  const row = trace.waterfall.rows[state.placeOf[node] ?? 0];
  const badge = place?.badge;
  return (
    <>
      {badge?.failed && <span class="wf-badge error num">{String(badge.value)}</span>}
      {row?.skewed && (
        <span class="wf-tag" data-tip={t("wf.skewed.tip", duration(row.shift))}>
          {t("wf.skewed")}
        </span>
      )}
      {place?.marks?.map((mark) => (
        <span key={mark} class="wf-tag" data-tip={t(`wf.${mark}.tip`)}>
          {t(`wf.${mark}`)}
        </span>
      ))}
      <Missing state={state} node={node} />
    </>
  );
}

/** The attribute of records that were too large for where they were sent (Go package otlp). */
const truncatedKey = "sidetrace.truncated";

/** What was left out of a span, or cut off. */
function Missing({ state, node }: { state: WaterfallState; node: number }) {
  const { details, spans } = state.trace;
  const dropped = details.dropped.get(node)?.reduce((sum, each) => sum + each, 0) ?? 0;
  const cut = spans[node]?.attributes[truncatedKey];
  return (
    <>
      {dropped > 0 && (
        <span class="wf-tag" data-tip={t("wf.dropped.tip", dropped)}>
          −{count(dropped)}
        </span>
      )}
      {cut !== undefined && (
        <span class="wf-tag" data-tip={t("wf.cut.tip", String(cut))}>
          {t("wf.cut")}
        </span>
      )}
    </>
  );
}
