// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"cmp"
	"slices"
)

// A FlameGraph is the spans of a trace as frames below frames.
type FlameGraph struct {
	// Frames are the roots and what is below them, each before its children. A
	// concurrent sibling of an earlier span begins a row of its own: it has no
	// parent and follows the roots, those of lower levels first.
	Frames []Frame `json:"frames"`
}

// A Frame is one span in a flame graph.
type Frame struct {
	// Node is the span's node in the tree.
	Node int32 `json:"node"`
	// Parent is the index of the frame below which this one lies, None for one at the bottom.
	Parent int32 `json:"parent"`
	// Value is the width: the span's own duration in ns.
	Value int64 `json:"value"`
	// Self is the part of the value in which no child was under way.
	Self int64 `json:"self"`
	// Parallel is the index of the node's parallel in [Parallels.List], None for none.
	Parallel int32 `json:"parallel"`
	// Sibling is the node of the same parallel that came before, None for none.
	Sibling int32 `json:"sibling"`
}

// FlameGraph lays a trace out as a flame graph.
func (t *Tree) FlameGraph(o ParallelOptions) *FlameGraph {
	return t.flameGraph(t.Parallels(o))
}

func (t *Tree) flameGraph(p *Parallels) *FlameGraph {
	d := t.drain(p)
	slices.SortStableFunc(d.rows, func(a, b int32) int { return cmp.Compare(t.Nodes[a].Level, t.Nodes[b].Level) })
	bottom := slices.Concat(t.Roots, d.rows)
	g := &FlameGraph{Frames: make([]Frame, 0, len(t.Nodes))}
	type entry struct{ node, parent int32 }
	stack := make([]entry, 0, len(bottom))
	for _, n := range slices.Backward(bottom) {
		stack = append(stack, entry{n, None})
	}
	for len(stack) > 0 {
		e := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		at := int32(len(g.Frames))
		g.Frames = append(g.Frames, t.frame(e.node, e.parent, p))
		for _, child := range slices.Backward(t.Children(e.node)) {
			if d.nested[child] {
				stack = append(stack, entry{child, at})
			}
		}
	}
	return g
}

func (t *Tree) frame(node, parent int32, p *Parallels) Frame {
	return Frame{
		Node: node, Parent: parent, Value: t.Nodes[node].took, Self: t.SelfTime(node),
		Parallel: p.Of[node], Sibling: p.Before[node],
	}
}

// drained says where the frames of nodes go.
type drained struct {
	nested []bool  // within the parent's frame
	rows   []int32 // into rows of their own, in the order in which they were found
}

// drain leaves the first member of each parallel within its parent and takes the
// others out. Members of another parallel, or spans of none, may stand between
// them; only the latter do not end a parallel.
func (t *Tree) drain(p *Parallels) drained {
	d := drained{nested: make([]bool, len(t.Nodes))}
	out := make([]bool, len(t.Nodes))
	t.postOrder(func(node int32) {
		current := None
		for _, child := range t.Children(node) {
			in := p.Of[child]
			out[child] = in != None && in == current
			d.nested[child] = !out[child]
			if in != None {
				current = in
			}
		}
	})
	t.postOrder(func(node int32) {
		if out[node] {
			d.rows = append(d.rows, node)
		}
	})
	return d
}

// SelfTime is the part of a node's duration in which none of its children was
// under way, in ns; 0 for a span that ends before it starts.
func (t *Tree) SelfTime(node int32) int64 {
	n := &t.Nodes[node]
	if n.end <= n.start {
		return 0
	}
	covered, until := int64(0), n.start
	for _, child := range t.Children(node) {
		c := &t.Nodes[child]
		from, to := max(c.start, until), min(c.end, n.end)
		if to > from {
			covered += to - from
			until = to
		}
	}
	return n.took - covered
}
