// SPDX-License-Identifier: Apache-2.0

package show

import "strings"

// A scale lays a stretch of time over columns. Times are in ns.
type scale struct {
	start   int64
	length  uint64 // at least 1
	columns int
}

func newScale(start, end int64, columns int) scale {
	length := uint64(1)
	if end > start {
		length = uint64(end) - uint64(start) // exact, even where the difference is no int64
	}
	return scale{start: start, length: length, columns: columns}
}

// at is where a moment lies, in columns.
func (s scale) at(moment int64) float64 {
	if moment <= s.start {
		return 0
	}
	passed := uint64(moment) - uint64(s.start)
	return min(float64(passed)/float64(s.length), 1) * float64(s.columns)
}

// A bar is drawn in half columns: a thin line where a span was under way, a
// thick one where it worked itself, with no child under way.
type bar struct {
	scale
	busy, own []float64 // how much of each half column
}

func newBar(s scale) *bar {
	return &bar{scale: s, busy: make([]float64, 2*s.columns), own: make([]float64, 2*s.columns)}
}

// add marks the time between two moments, of which even nothing leaves a trace.
func (b *bar) add(into []float64, start, end int64) {
	const least = 1e-6
	from, to := 2*b.at(start), 2*b.at(end)
	if len(into) == 0 {
		return
	}
	first := min(int(from), len(into)-1)
	if to-from < least {
		into[first] += least
		return
	}
	for i := first; i < len(into) && float64(i) < to; i++ {
		into[i] += max(0, min(to, float64(i+1))-max(from, float64(i)))
	}
}

// strokes are the box drawing characters by the weights of their left and right
// halves: none, thin, thick.
var strokes = [3][3]rune{{' ', '╶', '╺'}, {'╴', '─', '╼'}, {'╸', '╾', '━'}}

// faintHalf is how little of a half column is left blank beside a longer part.
const faintHalf = 0.25

func (b *bar) String() string {
	weights := b.weights()
	var text strings.Builder
	for i := 0; i < len(weights); i += 2 {
		text.WriteRune(strokes[weights[i]][weights[i+1]])
	}
	return text.String()
}

func (b *bar) weights() []uint8 {
	weights := make([]uint8, len(b.busy))
	most, any := 0, false
	for i, busy := range b.busy {
		if busy > b.busy[most] {
			most = i
		}
		if busy >= faintHalf {
			any = true
			weights[i] = b.weight(i)
		}
	}
	if !any && len(weights) > 0 && b.busy[most] > 0 {
		weights[most] = b.weight(most)
	}
	return weights
}

func (b *bar) weight(half int) uint8 {
	if 2*b.own[half] >= b.busy[half] {
		return 2
	}
	return 1
}
