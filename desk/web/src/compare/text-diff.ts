// SPDX-License-Identifier: Apache-2.0

/** A piece of two texts: of both, or of one of them alone. */
export interface Piece {
  readonly kind: "same" | "removed" | "added";
  readonly text: string;
}

/** Words, numbers, runs of blanks, and everything else one by one. */
function words(text: string): string[] {
  return text.match(/\s+|[\p{L}\p{M}\p{N}_]+|[^\s]/gu) ?? [];
}

/** Texts with more differences are not compared to the end. */
const mostEdits = 1500;

/**
 * The ways of Myers, "An O(ND) Difference Algorithm and Its Variations" (1986): for
 * each number of edits how far one gets on each diagonal; undefined if there are
 * too many edits.
 */
function ways(a: readonly string[], b: readonly string[]): Int32Array[] | undefined {
  const most = Math.min(a.length + b.length, mostEdits);
  const far = new Int32Array(2 * most + 3);
  const middle = most + 1;
  const kept: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    kept.push(far.slice(middle - edits - 1, middle + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const x = reach(a, b, k, start(far, middle + k, edits, k));
      far[middle + k] = x;
      if (x >= a.length && x - k >= b.length) return kept;
    }
  }
  return undefined;
}

/** Where a way with one more edit begins on a diagonal. */
function start(far: Int32Array, at: number, edits: number, k: number): number {
  const [below, above] = [far[at - 1] ?? 0, far[at + 1] ?? 0];
  if (edits === 0) return 0;
  return k === -edits || (k !== edits && below < above) ? above : below + 1;
}

function reach(a: readonly string[], b: readonly string[], k: number, from: number): number {
  let x = from;
  while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
  return x;
}

interface Step {
  /** Down is something added, else something was removed. */
  readonly down: boolean;
  readonly fromX: number;
  readonly fromY: number;
}

/** The edit by which a way came to a diagonal. */
function stepBack(far: Int32Array, edits: number, k: number): Step {
  const at = k + edits + 1;
  const [below, above] = [far[at - 1] ?? 0, far[at + 1] ?? 0];
  const down = k === -edits || (k !== edits && below < above);
  const fromX = down ? above : below;
  return { down, fromX, fromY: fromX - (down ? k + 1 : k - 1) };
}

/** Goes the ways back from the end. */
function back(a: readonly string[], b: readonly string[], kept: readonly Int32Array[]): Piece[] {
  const pieces: Piece[] = [];
  let [x, y] = [a.length, b.length];
  const same = (until: number) => {
    for (; x > until; x--) pieces.push({ kind: "same", text: a[x - 1] ?? "" });
  };
  for (let edits = kept.length - 1; edits > 0; edits--) {
    const { down, fromX, fromY } = stepBack(kept[edits] ?? new Int32Array(), edits, x - y);
    same(down ? fromX : fromX + 1);
    pieces.push(down ? { kind: "added", text: b[fromY] ?? "" } : { kind: "removed", text: a[fromX] ?? "" });
    [x, y] = [fromX, fromY];
  }
  same(0);
  return pieces.reverse();
}

/** Whether a piece is only blanks between changes, which are read better as one change. */
function isBetween(pieces: readonly Piece[], i: number): boolean {
  const [before, after] = [pieces[i - 1], pieces[i + 1]];
  const blank = pieces[i]?.kind === "same" && /^\s+$/.test(pieces[i]?.text ?? "");
  return blank && before?.kind !== "same" && !!before && !!after && after.kind !== "same";
}

/** Puts pieces of a kind together, of a change what was removed first. */
function joined(pieces: readonly Piece[]): Piece[] {
  const all: Piece[] = [];
  const open = { same: "", removed: "", added: "" };
  const flush = (kind: Piece["kind"]) => {
    if (open[kind]) all.push({ kind, text: open[kind] });
    open[kind] = "";
  };
  pieces.forEach((piece, i) => {
    if (isBetween(pieces, i)) {
      open.removed += piece.text;
      open.added += piece.text;
    } else if (piece.kind === "same") {
      flush("removed");
      flush("added");
      open.same += piece.text;
    } else {
      flush("same");
      open[piece.kind] += piece.text;
    }
  });
  flush("same");
  flush("removed");
  flush("added");
  return all;
}

/** How two texts differ, word by word; texts that have little in common as a whole. */
export function diffText(before: string, after: string): Piece[] {
  const [a, b] = [words(before), words(after)];
  let first = 0;
  while (first < a.length && first < b.length && a[first] === b[first]) first++;
  let last = 0;
  while (last < a.length - first && last < b.length - first && a.at(-1 - last) === b.at(-1 - last)) last++;
  const [inA, inB] = [a.slice(first, a.length - last), b.slice(first, b.length - last)];
  const kept = ways(inA, inB);
  const changed: Piece[] = kept
    ? back(inA, inB, kept)
    : [
        { kind: "removed", text: inA.join("") },
        { kind: "added", text: inB.join("") },
      ];
  const around = [a.slice(0, first).join(""), a.slice(a.length - last).join("")] as const;
  const pieces: Piece[] = [{ kind: "same", text: around[0] }, ...changed, { kind: "same", text: around[1] }];
  return joined(pieces.filter((piece) => piece.text !== ""));
}
