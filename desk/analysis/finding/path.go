// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"cmp"
	"slices"
	"time"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A PathStep is a piece of the critical path: for a while, the trace waited for
// what one span did itself.
type PathStep struct {
	// Node is the span's node in the tree.
	Node int32 `json:"node"`
	// Start and End are the piece, in ns since 1970 by the clock of the span, so
	// that it lies in the span; steps of other services may seem to overlap it if
	// clocks are off.
	Start int64 `json:"start,string"`
	End   int64 `json:"end,string"`
	// Self is the time of all pieces of this span, in ns.
	Self time.Duration `json:"self"`
}

// CriticalPath is what the main root of the trace, its longest, waited for: its
// pieces lie end to end from its start to its end, in that order. Whatever is not
// on it could have taken a little longer at no cost.
//
// It is found as by Zhang et al., CRISP: Critical Path Analysis of Large-Scale
// Microservice Architectures (USENIX ATC 2022), and by Jaeger: from the end of a
// span backwards, it waited for the child that finished last before the point
// reached, then for that child's children, and so on; from there to the child's
// start the child was waited for, and the time between belongs to the span.
// Children that overlap the one that was waited for are not on the path, as
// nothing waited for them; an overlap of 1 ms and a twentieth of the child counts
// as none.
//
// A child that outlives its parent was not waited for, if it is a message or runs
// in the same process for more than [Options.Overrun]'s default longer; otherwise
// it counts up to its parent's end.
func CriticalPath(t *analysis.Tree) []PathStep {
	c := newClock(t)
	pieces := c.criticalPath(int64(defaultOverrun))
	self := c.selfOnPath(pieces)
	steps := make([]PathStep, len(pieces))
	for i, p := range pieces {
		steps[i] = PathStep{
			Node: p.node, Start: c.original(p.node, p.start), End: c.original(p.node, p.end), Self: time.Duration(self[p.node]),
		}
	}
	return steps
}

// SelfTimes are, for each node of the tree, the time that it spent itself: its
// duration less the time in which at least one child ran.
func SelfTimes(t *analysis.Tree) []time.Duration {
	c := newClock(t)
	self := make([]time.Duration, len(t.Nodes))
	for i := range self {
		self[i] = time.Duration(c.self(int32(i)))
	}
	return self
}

// self is the duration of a node less the union of its children within it.
func (c *clock) self(node int32) int64 {
	self, covered := c.duration(node), c.start[node]
	for _, child := range c.children(node) {
		from, to := max(covered, c.start[child]), min(c.end[child], c.end[node])
		if to > from {
			self -= to - from
			covered = to
		}
	}
	return self
}

// A piece is a part of the critical path.
type piece struct {
	node       int32
	start, end int64
}

// A pathWalk goes back along the critical path, without recursion.
type pathWalk struct {
	*clock
	overrun int64
	pieces  []piece // the last first
	stack   []pathFrame
	waiting []int32 // children of the nodes on the stack, the last to end first
}

// A pathFrame is a node that the walk is in.
type pathFrame struct {
	node  int32
	low   int64 // its start, as far as it lies in its parent
	point int64 // what is after it is done
	first int   // of its children in waiting
	next  int   // of them
}

// criticalPath is the path through the main root, in the order of time.
func (c *clock) criticalPath(overrun int64) []piece {
	if c.main == none {
		return nil
	}
	w := &pathWalk{clock: c, overrun: overrun, pieces: make([]piece, 0, c.tree.Nodes[c.main].Size)}
	w.enter(c.main, c.start[c.main], c.end[c.main])
	for len(w.stack) > 0 {
		w.step()
	}
	slices.Reverse(w.pieces)
	return w.pieces
}

func (w *pathWalk) enter(node int32, low, until int64) {
	first := len(w.waiting)
	for _, child := range w.children(node) {
		if w.start[child] >= until {
			break
		}
		if w.isAwaited(node, child) && min(w.end[child], until) > max(w.start[child], low) {
			w.waiting = append(w.waiting, child)
		}
	}
	slices.SortFunc(w.waiting[first:], func(a, b int32) int {
		return cmp.Or(cmp.Compare(w.end[b], w.end[a]), cmp.Compare(w.start[a], w.start[b]), cmp.Compare(a, b))
	})
	w.stack = append(w.stack, pathFrame{node: node, low: low, point: until, first: first, next: first})
}

// isAwaited reports whether a node may have waited for a child to end.
func (w *pathWalk) isAwaited(node, child int32) bool {
	after := w.end[child] - w.end[node]
	if after <= 0 {
		return true
	}
	n, below := &w.tree.Nodes[node], &w.tree.Nodes[child]
	if n.Span.Kind == trace.Producer || below.Span.Kind.IsAsync() {
		return false
	}
	return after <= w.overrun || !sameProcess(n, below)
}

// step finds the next child that the node on top waited for, or leaves the node.
func (w *pathWalk) step() {
	f := &w.stack[len(w.stack)-1]
	for f.next < len(w.waiting) {
		child := w.waiting[f.next]
		f.next++
		until := min(w.end[child], f.point)
		low := max(w.start[child], f.low)
		if low >= until || !w.isDone(child, f) {
			continue
		}
		w.add(f.node, until, f.point)
		f.point = low
		w.enter(child, low, until)
		return
	}
	w.add(f.node, f.low, f.point)
	w.waiting = w.waiting[:f.first]
	w.stack = w.stack[:len(w.stack)-1]
}

// isDone reports whether a child had ended by the point that the walk has reached
// in its parent. What outlives the parent was cut where that ends.
func (w *pathWalk) isDone(child int32, f *pathFrame) bool {
	return w.follows(f.point, child) || f.next-1 == f.first
}

func (w *pathWalk) add(node int32, start, end int64) {
	if end > start {
		w.pieces = append(w.pieces, piece{node: node, start: start, end: end})
	}
}

// selfOnPath is the time of each node on a path.
func (c *clock) selfOnPath(pieces []piece) []int64 {
	self := make([]int64, len(c.start))
	for _, p := range pieces {
		self[p.node] += p.end - p.start
	}
	return self
}
