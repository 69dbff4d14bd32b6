// SPDX-License-Identifier: Apache-2.0

package analysis

import "slices"

// patience is how many edits from either end are looked at even without a
// budget, so that short lists are always aligned exactly.
const patience = 64

// rarity is how many couples of equal siblings there may be for each sibling, on
// average, for all of them to be looked at.
const rarity = 8

// A box is a part of the first list and the part of the second that it is to be
// paired with; the ends are outside.
type box struct{ x0, x1, y0, y1 int }

// solve divides the lists at points through which a longest common subsequence
// goes until one part is empty (Myers, An O(ND) Difference Algorithm and Its
// Variations, 1986, section 4b).
func (a *aligner) solve(whole box) {
	a.boxes = append(a.boxes[:0], whole)
	for len(a.boxes) > 0 {
		b := a.boxes[len(a.boxes)-1]
		a.boxes = a.boxes[:len(a.boxes)-1]
		b = a.trim(b)
		if b.x0 == b.x1 || b.y0 == b.y1 {
			continue
		}
		x, y := a.divide(b)
		a.budget = max(a.budget-a.forth.steps-a.back.steps, 0)
		a.boxes = append(a.boxes, box{x, b.x1, y, b.y1}, box{b.x0, x, b.y0, y})
	}
}

// trim pairs what is equal at both ends.
func (a *aligner) trim(b box) box {
	for b.x0 < b.x1 && b.y0 < b.y1 && a.kx[b.x0] == a.ky[b.y0] {
		a.pairs[a.x[b.x0]] = a.y[b.y0]
		b.x0++
		b.y0++
	}
	for b.x0 < b.x1 && b.y0 < b.y1 && a.kx[b.x1-1] == a.ky[b.y1-1] {
		b.x1--
		b.y1--
		a.pairs[a.x[b.x1]] = a.y[b.y1]
	}
	return b
}

// divide finds a point within a trimmed box: it goes forth from the start and
// back from the end, by one more edit each time, until both meet. Without a
// budget it goes to the farthest point it has come to (as GNU diff does where a
// comparison becomes too expensive).
func (a *aligner) divide(b box) (int, int) {
	forth, back := &a.forth, &a.back
	forth.start(a.kx[b.x0:b.x1], a.ky[b.y0:b.y1])
	back.start(forth.kx, forth.ky)
	for {
		if x, y, met := forth.advance(back); met {
			return b.x0 + x, b.y0 + y
		}
		if x, y, met := back.advance(forth); met {
			return b.x1 - x, b.y1 - y
		}
		if forth.edits >= patience && a.budget <= forth.steps+back.steps {
			return a.surrender(b)
		}
	}
}

// surrender is the point farthest from where it was reached from.
func (a *aligner) surrender(b box) (x, y int) {
	x, y = a.forth.farthest()
	fromX, fromY := a.back.farthest()
	if fromX+fromY > x+y {
		return b.x1 - fromX, b.y1 - fromY
	}
	return b.x0 + x, b.y0 + y
}

// none is on no diagonal.
const none = -1

// A way leads through a box from one of its ends. A step right leaves a baseline
// sibling without a partner, a step down a comparison sibling, and one along the
// diagonal pairs two. Diagonals are numbered by x−y, both counted from the end
// at which the way starts.
type way struct {
	kx, ky       []int32
	back         bool
	edits, steps int
	below, above []int // by diagonal, from −1 down and from 0 up: the x of the farthest point that the edits lead to
}

func (w *way) start(kx, ky []int32) {
	w.kx, w.ky, w.edits, w.steps = kx, ky, 0, 0
	w.below, w.above = append(w.below[:0], none), append(w.above[:0], 0, none)
}

func (w *way) at(diagonal int) *int {
	if diagonal < 0 {
		return &w.below[-1-diagonal]
	}
	return &w.above[diagonal]
}

// diagonals are those that the edits lead to, every second one, as far as they
// are in the box.
func (w *way) diagonals() (first, last int) {
	first, last = -w.edits, min(w.edits, len(w.kx))
	if m := len(w.ky); m < w.edits {
		first = -m + (w.edits-m)&1
	}
	return first, last
}

// advance goes on by one edit, and reports a point on the other way if it comes
// to one.
func (w *way) advance(other *way) (x, y int, met bool) {
	w.edits++
	w.below, w.above = append(w.below, none), append(w.above, none)
	for k, last := w.diagonals(); k <= last; k += 2 {
		x := w.enter(k)
		if x == none {
			continue
		}
		if x = w.slide(x, k); other.reaches(len(w.kx)-x, len(w.kx)-len(w.ky)-k) {
			return x, x - k, true
		}
	}
	w.steps += w.edits
	return none, none, false
}

// enter is where one more edit leads to on a diagonal.
func (w *way) enter(k int) int {
	x := none
	if left := *w.at(k - 1); left != none && left < len(w.kx) {
		x = left + 1
	}
	if above := *w.at(k + 1); above > x && above-k <= len(w.ky) {
		x = above
	}
	*w.at(k) = x
	return x
}

// slide goes along a diagonal as long as siblings are equal.
func (w *way) slide(from, k int) int {
	x, n, m := from, len(w.kx), len(w.ky)
	if w.back {
		for x < n && x-k < m && w.kx[n-1-x] == w.ky[m-1-x+k] {
			x++
		}
	} else {
		for x < n && x-k < m && w.kx[x] == w.ky[x-k] {
			x++
		}
	}
	*w.at(k) = x
	w.steps += x - from
	return x
}

// reaches reports whether the way has come to x, or beyond, on a diagonal.
func (w *way) reaches(x, k int) bool {
	return -w.edits <= k && k <= w.edits && (k-w.edits)&1 == 0 && *w.at(k) >= x
}

func (w *way) farthest() (x, y int) {
	for k, last := w.diagonals(); k <= last; k += 2 {
		if at := *w.at(k); at != none && 2*at-k > x+y {
			x, y = at, at-k
		}
	}
	return x, y
}

// rare reports whether siblings have so few partners to choose from that all
// couples can be looked at.
func (a *aligner) rare(b box) bool {
	size := b.x1 - b.x0 + b.y1 - b.y0
	if size <= 2*patience {
		return false
	}
	for _, key := range a.ky[b.y0:b.y1] {
		a.last[key]++
	}
	couples := 0
	for _, key := range a.kx[b.x0:b.x1] {
		couples += int(a.last[key])
	}
	for _, key := range a.ky[b.y0:b.y1] {
		a.last[key] = 0
	}
	return couples <= rarity*size
}

// A link is a couple at the end of a common subsequence.
type link struct {
	x, y, before int32
}

// hunt finds a longest common subsequence by extending those that end earliest
// (Hunt and Szymanski, A Fast Algorithm for Computing Longest Common
// Subsequences, 1977).
func (a *aligner) hunt(b box) {
	same := make([]int32, b.y1-b.y0) // the one before of the same key, counted from 1
	for i, key := range a.ky[b.y0:b.y1] {
		same[i], a.last[key] = a.last[key], int32(i+1)
	}
	var links []link
	var ends, of []int32 // by length: where in the comparison the subsequence ends, and its link
	for x := b.x0; x < b.x1; x++ {
		for y := a.last[a.kx[x]]; y > 0; y = same[y-1] {
			length, found := slices.BinarySearch(ends, y)
			if found {
				continue
			}
			if length == len(ends) {
				ends, of = append(ends, y), append(of, None)
			}
			l := link{x: int32(x), y: y, before: None}
			if length > 0 {
				l.before = of[length-1]
			}
			ends[length], of[length] = y, int32(len(links))
			links = append(links, l)
		}
	}
	for _, key := range a.ky[b.y0:b.y1] {
		a.last[key] = 0
	}
	if len(of) == 0 {
		return
	}
	for at := of[len(of)-1]; at != None; at = links[at].before {
		a.pairs[a.x[links[at].x]] = a.y[b.y0+int(links[at].y)-1]
	}
}
