// SPDX-License-Identifier: Apache-2.0

import type { Run } from "../api/run";
import type { Named } from "../trace/run/contents";
import { textOf } from "../ui/value";

/** Nodes of two runs that belong together; -1 for one that only the other run has. */
export interface NodePair {
  readonly name: string;
  readonly type: string;
  readonly baseline: number;
  readonly comparison: number;
}

/** The nodes of a run by what they are, in the order in which they ran. */
function byKey(run: Run): Map<string, number[]> {
  const found = new Map<string, number[]>();
  run.nodes.forEach((node, i) => {
    const key = JSON.stringify([node.id || node.name, node.type || node.kind]);
    const list = found.get(key) ?? [];
    list.push(i);
    found.set(key, list);
  });
  for (const list of found.values()) list.sort((a, b) => (run.nodes[a]?.start ?? 0) - (run.nodes[b]?.start ?? 0));
  return found;
}

/** Pairs the nodes of two runs: those of one id or name in turn; in the order of the baseline. */
export function pairsOf(baseline: Run, comparison: Run): NodePair[] {
  const [a, b] = [byKey(baseline), byKey(comparison)];
  const pairs: NodePair[] = [];
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const [left, right] = [a.get(key) ?? [], b.get(key) ?? []];
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      const [at, other] = [left[i] ?? -1, right[i] ?? -1];
      const node = baseline.nodes[at] ?? comparison.nodes[other];
      pairs.push({ name: node?.name ?? "", type: node?.type || (node?.kind ?? ""), baseline: at, comparison: other });
    }
  }
  const start = (pair: NodePair) => baseline.nodes[pair.baseline]?.start ?? Number.POSITIVE_INFINITY;
  return pairs.sort((x, y) => (start(x) === start(y) ? 0 : start(x) - start(y)));
}

/** A value of one name on both sides; undefined where it is missing. */
export interface ValuePair {
  readonly name: string;
  readonly baseline: string | undefined;
  readonly comparison: string | undefined;
}

/** Pairs values by their names. */
export function valuesOf(baseline: readonly Named[], comparison: readonly Named[]): ValuePair[] {
  const names = [...new Set([...baseline, ...comparison].map((each) => each.name))];
  const find = (list: readonly Named[], name: string) => {
    const found = list.find((each) => each.name === name);
    return found && textOf(found.value);
  };
  return names.map((name) => ({ name, baseline: find(baseline, name), comparison: find(comparison, name) }));
}
