// SPDX-License-Identifier: Apache-2.0

package export

import (
	"cmp"
	"container/heap"
	"math"
	"slices"

	"github.com/sidetrace/sidetrace/desk/analysis"
)

// A slice is a span in a lane. Times are in ns from the start of the trace.
type slice struct {
	node       int32
	start, end int64
}

// slices are the spans of a tree, the first and of those the longest first, and
// each before what it contains. A span that ends before it starts takes no time.
func slicesOf(t *analysis.Tree) []slice {
	origin := startOf(t)
	all := make([]slice, len(t.Nodes))
	for i := range t.Nodes {
		s := t.Nodes[i].Span
		start := since(origin, s.Start)
		all[i] = slice{int32(i), start, max(since(origin, s.End), start)}
	}
	slices.SortFunc(all, func(a, b slice) int {
		return cmp.Or(cmp.Compare(a.start, b.start), -cmp.Compare(a.end, b.end),
			cmp.Compare(t.Nodes[a.node].Position, t.Nodes[b.node].Position))
	})
	return all
}

// startOf is the first start of a tree's spans, in ns since 1970, 0 if it has none.
func startOf(t *analysis.Tree) int64 {
	if len(t.Nodes) == 0 {
		return 0
	}
	first := int64(math.MaxInt64)
	for i := range t.Nodes {
		first = min(first, t.Nodes[i].Span.Start)
	}
	return first
}

// since is the time from an origin to a moment, at least 0 and at most the
// largest number.
func since(origin, moment int64) int64 {
	if moment <= origin {
		return 0
	}
	return int64(min(uint64(moment)-uint64(origin), math.MaxInt64))
}

// lanes shares slices, in the order of slicesOf, out among lanes, so that in one
// lane a slice lies within one of its ancestors or beside the others: the lane
// of its parent if it fits there, or the first that is free. It returns the lane
// of each slice, in their order, and the number of lanes.
func lanes(t *analysis.Tree, all []slice) (of []int32, count int) {
	a := &allotter{tree: t, byNode: make([]int32, len(t.Nodes))}
	of = make([]int32, len(all))
	for i := range a.byNode {
		a.byNode[i] = analysis.None
	}
	for i, s := range all {
		of[i] = a.allot(s)
	}
	return of, len(a.open)
}

type allotter struct {
	tree   *analysis.Tree
	byNode []int32   // the lane of each node, None if it has none yet
	open   [][]slice // for each lane, the slices that are not over
	busy   laneEnds
	free   laneNumbers
}

func (a *allotter) allot(s slice) int32 {
	for len(a.busy) > 0 && a.busy[0].end <= s.start {
		heap.Push(&a.free, heap.Pop(&a.busy).(laneEnd).lane)
	}
	lane := a.below(s)
	if lane == analysis.None {
		lane = a.new()
		heap.Push(&a.busy, laneEnd{s.end, lane})
		a.open[lane] = a.open[lane][:0]
	}
	a.open[lane] = append(a.open[lane], s)
	a.byNode[s.node] = lane
	return lane
}

// below is the lane of the parent if the slice fits there into an ancestor.
func (a *allotter) below(s slice) int32 {
	parent := a.tree.Nodes[s.node].Parent
	if parent == analysis.None || a.byNode[parent] == analysis.None {
		return analysis.None
	}
	lane := a.byNode[parent]
	open := a.open[lane]
	for len(open) > 0 && open[len(open)-1].end <= s.start {
		open = open[:len(open)-1]
	}
	a.open[lane] = open
	if len(open) == 0 {
		return analysis.None
	}
	top := open[len(open)-1]
	if top.end < s.end || !contains(a.tree, top.node, s.node) {
		return analysis.None
	}
	return lane
}

// contains reports whether a node is an ancestor of another.
func contains(t *analysis.Tree, above, node int32) bool {
	n, at := &t.Nodes[above], t.Nodes[node].Position
	return n.Position < at && at < n.Position+n.Size
}

// new is the first free lane, or another one.
func (a *allotter) new() int32 {
	if len(a.free) > 0 {
		return heap.Pop(&a.free).(int32)
	}
	a.open = append(a.open, nil)
	return int32(len(a.open) - 1)
}

// laneEnd is when a lane is free again.
type laneEnd struct {
	end  int64
	lane int32
}

// laneEnds is a heap, the earliest first.
type laneEnds []laneEnd

func (h laneEnds) Len() int           { return len(h) }
func (h laneEnds) Less(i, j int) bool { return h[i].end < h[j].end }
func (h laneEnds) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *laneEnds) Push(x any)        { *h = append(*h, x.(laneEnd)) }
func (h *laneEnds) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// laneNumbers is a heap, the lowest first.
type laneNumbers []int32

func (h laneNumbers) Len() int           { return len(h) }
func (h laneNumbers) Less(i, j int) bool { return h[i] < h[j] }
func (h laneNumbers) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *laneNumbers) Push(x any)        { *h = append(*h, x.(int32)) }
func (h *laneNumbers) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
