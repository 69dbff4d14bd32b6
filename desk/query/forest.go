// SPDX-License-Identifier: Apache-2.0

package query

import "github.com/sidetrace/sidetrace/desk/trace"

// none is no span.
const none int32 = -1

// A forest says how the spans of a trace hang together. Spans of the same id are
// one node, which is known by the index of the first of them.
type forest struct {
	node     []int32 // of each span
	parent   []int32 // of each node: none for roots
	children []int32 // how many nodes are directly below each
	order    []int32 // the nodes, each after its parent
	depth    int64   // levels
	root     int32   // the span after which the trace is named
	entry    int32   // the span where the trace is entered
}

// plant makes the forest. It takes time in proportion to the spans and follows
// parents in loops, not in calls, however long the chain.
func plant(spans []trace.Span) *forest {
	f := &forest{node: make([]int32, len(spans)), parent: make([]int32, len(spans)), children: make([]int32, len(spans)), root: none, entry: none}
	first := make(map[trace.SpanID]int32, len(spans))
	for i := range spans {
		at, again := first[spans[i].ID]
		if !again || spans[i].ID.IsZero() {
			at = int32(i)
			first[spans[i].ID] = at
		}
		f.node[i] = at
	}
	delete(first, trace.SpanID{})
	for i := range spans {
		f.parent[i] = none
		if p, ok := first[spans[i].Parent]; ok && f.node[i] == int32(i) && p != int32(i) {
			f.parent[i] = p
		}
	}
	f.arrange(spans)
	f.name(spans)
	return f
}

// arrange orders the nodes by following the parents of each until one is known
// or the path meets itself, where it is cut above the node that starts first.
func (f *forest) arrange(spans []trace.Span) {
	const onPath, known = 1, 2
	state := make([]uint8, len(spans))
	var path []int32
	for i := range spans {
		path = path[:0]
		at := f.node[i]
		for at != none && state[at] == 0 {
			state[at] = onPath
			path = append(path, at)
			at = f.parent[at]
		}
		if at != none && state[at] == onPath {
			path = f.cut(spans, path, at)
		}
		for j := len(path) - 1; j >= 0; j-- {
			state[path[j]] = known
			f.order = append(f.order, path[j])
		}
	}
	for _, n := range f.order {
		if p := f.parent[n]; p != none {
			f.children[p]++
		}
	}
}

// cut opens the cycle that the end of a path makes from a node on. The path is
// returned with the new root last, so that each node comes before its parent.
func (f *forest) cut(spans []trace.Span, path []int32, from int32) []int32 {
	begin := len(path) - 1
	for path[begin] != from {
		begin--
	}
	cycle := path[begin:]
	top := 0
	for i, n := range cycle {
		if startsBefore(spans, n, cycle[top]) {
			top = i
		}
	}
	f.parent[cycle[top]] = none
	turned := append(append(make([]int32, 0, len(path)), cycle[top+1:]...), cycle[:top+1]...)
	return append(path[:begin], turned...)
}

// name finds the root, the entry and the depth.
func (f *forest) name(spans []trace.Span) {
	level := make([]int64, len(spans))
	for _, n := range f.order {
		if p := f.parent[n]; p != none {
			level[n] = level[p] + 1
		} else if f.root == none || f.before(spans, n, f.root) {
			f.root = n
		}
		f.depth = max(f.depth, level[n]+1)
		if !spans[n].Kind.IsCalled() {
			continue
		}
		if e := f.entry; e == none || level[n] < level[e] || level[n] == level[e] && startsBefore(spans, n, e) {
			f.entry = n
		}
	}
}

// startsBefore orders spans by start, those that start together by arrival.
func startsBefore(spans []trace.Span, a, b int32) bool {
	if spans[a].Start != spans[b].Start {
		return spans[a].Start < spans[b].Start
	}
	return a < b
}

// before says which of two roots the trace is named after: one without a parent
// rather than one whose parent is missing, then the one that starts first.
func (f *forest) before(spans []trace.Span, a, b int32) bool {
	if x, y := spans[a].Parent.IsZero(), spans[b].Parent.IsZero(); x != y {
		return x
	}
	return startsBefore(spans, a, b)
}
