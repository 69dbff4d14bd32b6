// SPDX-License-Identifier: Apache-2.0

package show

import (
	"cmp"
	"slices"

	"github.com/sidetrace/sidetrace/desk/analysis"
)

// alike is how many like siblings in a row are drawn as one.
const alike = 4

// A row is a span, spans that repeat each other, or a remark on what is left out.
type row struct {
	node    int32
	depth   int32
	last    bool // of its siblings
	omitted int  // spans that are left out here, for a row that says so
	group   *analysis.Group
}

// outline is the rows of a tree: repetitions as one, and if there are too many,
// the failed and the longest with everything above them.
type outline struct {
	rows    []row
	omitted int // spans, besides those in groups
}

func newOutline(t *analysis.Tree, v View) *outline {
	groups := t.Groups(analysis.GroupOptions{MinSpans: 1, MinMembers: alike})
	shown := ungrouped(t, groups)
	chosen := choose(t, shown, v.limit(len(shown)))
	o := &outline{}
	o.lay(t, groups, shown, chosen)
	o.markLast()
	return o
}

// ungrouped is the order of a tree without what a group's example stands for:
// the other members, and all that is below them.
func ungrouped(t *analysis.Tree, groups *analysis.Groups) []int32 {
	example := make([]int32, len(groups.List))
	for i := range groups.List {
		example[i] = longest(t, groups.List[i].Members)
	}
	shown := make([]int32, 0, len(t.Order))
	for at := 0; at < len(t.Order); {
		node := t.Order[at]
		if g := groups.Of[node]; g != analysis.None && example[g] != node {
			at += int(t.Nodes[node].Size)
			continue
		}
		shown = append(shown, node)
		at++
	}
	return shown
}

func longest(t *analysis.Tree, nodes []int32) int32 {
	return slices.MaxFunc(nodes, func(a, b int32) int {
		return cmp.Compare(t.Nodes[a].Span.Duration(), t.Nodes[b].Span.Duration())
	})
}

// choose says which of the nodes are drawn: those with a failure, then those
// with the longest duration, at or below them. So whatever is chosen, what is
// above it is chosen too.
func choose(t *analysis.Tree, shown []int32, limit int) []bool {
	chosen := make([]bool, len(t.Nodes))
	if limit < len(shown) {
		shown = slices.Clone(shown)
		weights := weigh(t)
		slices.SortFunc(shown, func(a, b int32) int {
			return cmp.Or(-cmp.Compare(weights[a].failed, weights[b].failed), -cmp.Compare(weights[a].duration, weights[b].duration),
				cmp.Compare(t.Nodes[a].Position, t.Nodes[b].Position))
		})
	}
	for _, node := range shown[:limit] {
		chosen[node] = true
	}
	return chosen
}

type weight struct {
	failed   int
	duration int64
}

// weigh is for each node the largest weight at and below it.
func weigh(t *analysis.Tree) []weight {
	weights := make([]weight, len(t.Nodes))
	for _, node := range slices.Backward(t.Order) {
		n, w := &t.Nodes[node], &weights[node]
		w.duration = max(w.duration, n.Span.Duration())
		if n.Span.IsError() {
			w.failed = 1
		}
		if n.Parent != analysis.None {
			up := &weights[n.Parent]
			up.failed, up.duration = max(up.failed, w.failed), max(up.duration, w.duration)
		}
	}
	return weights
}

// lay makes the rows. Where siblings are left out, a row after the others says so.
func (o *outline) lay(t *analysis.Tree, groups *analysis.Groups, shown []int32, chosen []bool) {
	omitted := o.count(t, shown, chosen)
	var open []int32
	leave := func(level int32) {
		for len(open) > int(level) {
			parent := open[len(open)-1]
			open = open[:len(open)-1]
			if n := omitted[parent]; n > 0 {
				o.rows = append(o.rows, row{node: analysis.None, depth: t.Nodes[parent].Level + 1, omitted: n})
			}
		}
	}
	for _, node := range shown {
		if !chosen[node] {
			continue
		}
		n := &t.Nodes[node]
		leave(n.Level)
		r := row{node: node, depth: n.Level}
		if g := groups.Of[node]; g != analysis.None {
			r.group = &groups.List[g]
		}
		o.rows = append(o.rows, r)
		open = append(open, node)
	}
	leave(0)
	if n := omitted[analysis.None]; n > 0 {
		o.rows = append(o.rows, row{node: analysis.None, omitted: n})
	}
}

// count is how many spans are left out below each node that is drawn.
func (o *outline) count(t *analysis.Tree, shown []int32, chosen []bool) map[int32]int {
	omitted := map[int32]int{}
	under := analysis.None // the drawn node that the present omission lies below
	until := int32(-1)     // the end of a subtree that is left out
	for _, node := range shown {
		n := &t.Nodes[node]
		if chosen[node] {
			continue
		}
		if n.Position >= until {
			under, until = n.Parent, n.Position+n.Size
		}
		omitted[under]++
		o.omitted++
	}
	return omitted
}

// markLast finds the rows after which no sibling follows.
func (o *outline) markLast() {
	var followed []bool // by depth
	for i := range slices.Backward(o.rows) {
		r := &o.rows[i]
		for len(followed) <= int(r.depth) {
			followed = append(followed, false)
		}
		followed = followed[:r.depth+1]
		r.last = !followed[r.depth]
		followed[r.depth] = true
	}
}
