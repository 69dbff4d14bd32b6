// SPDX-License-Identifier: Apache-2.0

package show

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/units"
)

// A limb is an entry of an outline. Limbs stand in order, each before those
// below it.
type limb struct {
	parent, depth int32 // the parent is an index of limbs, None at the top
	weight        weight
}

// A weight says which limbs matter most.
type weight struct {
	failed bool
	size   int64
}

func (a weight) compare(b weight) int {
	if a.failed != b.failed {
		if a.failed {
			return 1
		}
		return -1
	}
	return cmp.Compare(a.size, b.size)
}

// A row is a limb, or a remark on limbs that are left out.
type row struct {
	limb    int32 // None for a remark
	depth   int32
	last    bool // of its siblings
	omitted int  // limbs that are left out here
}

// outline makes rows of limbs. If there are more than the limit, those with the
// largest weight at or below them are shown; so what is above a limb that is
// shown is shown too. Where limbs are left out, a row after their siblings says
// how many. The second result is how many were left out in all.
func outline(limbs []limb, limit int) (rows []row, omitted int) {
	o := &outliner{limbs: limbs, shown: choose(limbs, limit)}
	o.count()
	for i := range limbs {
		if o.shown[i] {
			o.leave(limbs[i].depth)
			o.rows = append(o.rows, row{limb: int32(i), depth: limbs[i].depth})
			o.open = append(o.open, int32(i))
		}
	}
	o.leave(0)
	if o.atTop > 0 {
		o.rows = append(o.rows, row{limb: analysis.None, omitted: o.atTop})
	}
	markLast(o.rows)
	return o.rows, len(limbs) - min(limit, len(limbs))
}

// choose says which limbs are shown.
func choose(limbs []limb, limit int) []bool {
	shown := make([]bool, len(limbs))
	if limit >= len(limbs) {
		for i := range shown {
			shown[i] = true
		}
		return shown
	}
	weights := make([]weight, len(limbs))
	order := make([]int32, len(limbs))
	for i := range limbs {
		order[i], weights[i] = int32(i), limbs[i].weight
	}
	for i := range slices.Backward(limbs) {
		if up := limbs[i].parent; up != analysis.None && weights[up].compare(weights[i]) < 0 {
			weights[up] = weights[i]
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return weights[b].compare(weights[a]) })
	for _, i := range order[:limit] {
		shown[i] = true
	}
	return shown
}

type outliner struct {
	limbs []limb
	shown []bool
	below []int32 // how many limbs are left out below each
	atTop int
	rows  []row
	open  []int32 // the limbs around the next row
}

// count counts the limbs that are left out, where the lowest limb above them
// that is shown has them.
func (o *outliner) count() {
	o.below = make([]int32, len(o.limbs))
	for i := range slices.Backward(o.limbs) {
		if o.shown[i] {
			continue
		}
		if up := o.limbs[i].parent; up == analysis.None {
			o.atTop += int(o.below[i]) + 1
		} else {
			o.below[up] += o.below[i] + 1
		}
	}
}

// leave ends the limbs from a depth on.
func (o *outliner) leave(depth int32) {
	for len(o.open) > int(depth) {
		last := o.open[len(o.open)-1]
		o.open = o.open[:len(o.open)-1]
		if n := o.below[last]; n > 0 {
			o.rows = append(o.rows, row{limb: analysis.None, depth: o.limbs[last].depth + 1, omitted: int(n)})
		}
	}
}

// markLast finds the rows after which no sibling follows.
func markLast(rows []row) {
	var followed []bool // by depth
	for i := range slices.Backward(rows) {
		r := &rows[i]
		for len(followed) <= int(r.depth) {
			followed = append(followed, false)
		}
		followed = followed[:r.depth+1]
		r.last = !followed[r.depth]
		followed[r.depth] = true
	}
}

// branches are the lines of an outline, drawn row by row.
type branches struct {
	deepest int    // the most levels that are indented
	last    []bool // of the rows above the present one, by depth
}

// lead is what stands before the text of a row.
func (b *branches) lead(r *row) string {
	b.last = append(b.last[:min(int(r.depth), len(b.last))], r.last)
	if r.depth == 0 {
		return ""
	}
	return b.above(r) + branch(r.last, "└ ", "├ ")
}

// under is what stands before a second line of the row.
func (b *branches) under(r *row) string {
	if r.depth == 0 {
		return ""
	}
	return b.above(r) + branch(r.last, "  ", "│ ")
}

// above is the lines of what is above a row. Levels beyond the deepest are not
// indented.
func (b *branches) above(r *row) string {
	var text strings.Builder
	depth, from := int(r.depth), 1
	if depth > b.deepest {
		text.WriteString("⋯ ")
		from = depth - b.deepest + 2
	}
	for _, last := range b.last[from:depth] {
		text.WriteString(branch(last, "  ", "│ "))
	}
	return text.String()
}

// wide is how many columns the lead of a row at a depth takes.
func (b *branches) wide(depth int32) int { return 2 * min(int(depth), b.deepest) }

func branch(last bool, end, more string) string {
	if last {
		return end
	}
	return more
}

func omission(n int) string { return "… " + units.Plural(n, "more span") }
