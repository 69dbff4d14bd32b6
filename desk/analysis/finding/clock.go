// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"cmp"
	"math"
	"slices"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
)

const none = analysis.None

// reach bounds times, so that differences of two of them do not overflow.
const reach = 1 << 61

// A clock has the times of a tree's nodes by one clock, relative to the start of
// the main root.
type clock struct {
	tree *analysis.Tree
	// main is the longest root, the earliest of several; none in an empty tree.
	main       int32
	base       int64 // the main root's start, ns since 1970
	start, end []int64
	shift      []int64 // what was added to the times of each node, nil for nothing
	skews      []skew
	resorted   map[int32][]int32 // children in an order that the clock changed
}

// A skew is a child whose clock is off that of its parent.
type skew struct {
	parent, child int32
	by            int64 // to be added to the child's times
}

func newClock(t *analysis.Tree) *clock {
	c := &clock{tree: t, main: none, start: make([]int64, len(t.Nodes)), end: make([]int64, len(t.Nodes))}
	c.read()
	longest := int64(-1)
	for _, root := range t.Roots {
		if d := relative(c.end[root], c.start[root]); d > longest {
			c.main, longest, c.base = root, d, c.start[root]
		}
	}
	for _, at := range t.Order {
		c.place(at)
	}
	c.resort()
	return c
}

// read takes the times as they were recorded, in ns since 1970.
func (c *clock) read() {
	for i := range c.tree.Nodes {
		c.start[i], c.end[i] = interval(c.tree.Nodes[i].Span)
	}
	for _, at := range slices.Backward(c.tree.Order) {
		parent := c.tree.Nodes[at].Parent
		if parent != none && runs(c.tree.Nodes[parent].Span) {
			c.end[parent] = max(c.end[parent], c.end[at])
		}
	}
}

// interval is when a span ran, as far as that makes sense.
func interval(s *trace.Span) (start, end int64) {
	if s.Start == 0 {
		return s.End, s.End
	}
	return s.Start, max(s.Start, s.End)
}

// runs reports whether a span has not ended yet.
func runs(s *trace.Span) bool { return s.End == 0 && s.Start > 0 }

// relative is the time from base to at, within reach.
func relative(at, base int64) int64 {
	d := at - base
	switch {
	case at >= 0 && base < 0 && d < 0:
		return reach
	case at < 0 && base >= 0 && d >= 0:
		return -reach
	}
	return bounded(d)
}

func bounded(d int64) int64 { return min(max(d, -reach), reach) }

// place gives a node its times, after its parent.
func (c *clock) place(at int32) {
	n := &c.tree.Nodes[at]
	raw, end := relative(c.start[at], c.base), relative(c.end[at], c.base)
	start := raw
	if n.Parent != none {
		if c.shift != nil {
			start = bounded(raw + c.shift[n.Parent])
		}
		if c.isOff(n, start) {
			c.skews = append(c.skews, skew{parent: n.Parent, child: at, by: c.start[n.Parent] - start})
			start = c.start[n.Parent]
		}
	}
	c.start[at], c.end[at] = start, bounded(start+end-raw)
	if start != raw && c.shift == nil {
		c.shift = make([]int64, len(c.tree.Nodes))
	}
	if c.shift != nil {
		c.shift[at] = start - raw
	}
}

// isOff reports whether the clock of a node that starts at a time is off its
// parent's: it begins before the parent, or serves a call that was over. That a
// call failed explains the latter: nobody waited any more.
func (c *clock) isOff(n *analysis.Node, start int64) bool {
	parent := &c.tree.Nodes[n.Parent]
	late := start > c.end[n.Parent] && parent.Span.Kind == trace.Client && n.Span.Kind == trace.Server && !parent.Span.IsError()
	if start >= c.start[n.Parent] && !late {
		return false
	}
	return n.Span.Start != 0 && parent.Span.Start != 0 && !sameProcess(parent, n)
}

// sameProcess reports whether two nodes come from one process, as far as their
// resources tell: those of one service do, unless they name different instances
// or hosts.
func sameProcess(a, b *analysis.Node) bool {
	if a.Service != b.Service {
		return false
	}
	if a.Span.Resource == b.Span.Resource || a.Span.Resource == nil || b.Span.Resource == nil {
		return true
	}
	for _, key := range []string{"service.instance.id", "host.name"} {
		of, ok := trace.Lookup(a.Span.Resource.Attributes, key)
		other, also := trace.Lookup(b.Span.Resource.Attributes, key)
		if ok && also && !of.Equal(other) {
			return false
		}
	}
	return true
}

// resort orders the children of nodes whose order has changed.
func (c *clock) resort() {
	for _, s := range c.skews {
		children := c.tree.Children(s.parent)
		if c.resorted[s.parent] != nil || slices.IsSortedFunc(children, c.byStart) {
			continue
		}
		if c.resorted == nil {
			c.resorted = map[int32][]int32{}
		}
		children = slices.Clone(children)
		slices.SortStableFunc(children, c.byStart)
		c.resorted[s.parent] = children
	}
}

func (c *clock) byStart(a, b int32) int { return cmp.Compare(c.start[a], c.start[b]) }

// children are the nodes below a node by their start.
func (c *clock) children(node int32) []int32 {
	if c.resorted != nil {
		if sorted, ok := c.resorted[node]; ok {
			return sorted
		}
	}
	return c.tree.Children(node)
}

func (c *clock) duration(node int32) int64 { return c.end[node] - c.start[node] }

// extent is the time from the first start to the last end as they were recorded.
func (c *clock) extent() int64 {
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	for i := range c.tree.Nodes {
		s := c.tree.Nodes[i].Span
		first, last = min(first, s.Start), max(last, s.End)
	}
	return max(0, relative(last, first))
}

// original is a time of a node as its own clock had it, in ns since 1970.
func (c *clock) original(node int32, at int64) int64 {
	if c.shift != nil {
		at -= c.shift[node]
	}
	return c.base + at
}

// overlap by which spans that follow each other may overlap: what is measured
// apart is never measured exactly.
const overlap = 1_000_000

// follows reports whether something that starts at a time comes after a node:
// not before its end, apart from an overlap of 1 ms and a twentieth of the node.
func (c *clock) follows(start int64, node int32) bool {
	return start >= c.end[node]-min(overlap, c.duration(node)/20)
}
