// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"cmp"
	"slices"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// None is the index of no node.
const None int32 = -1

// A Mark says what is unusual about the place of a span in its trace.
type Mark uint8

// The marks; a node may have several.
const (
	// Orphan: the span names a parent that is not in the trace.
	Orphan Mark = 1 << iota
	// SelfParent: the span names itself as its parent.
	SelfParent
	// CycleCut: the span and its ancestors name each other; the link to its
	// parent was cut, as it starts first of them.
	CycleCut
	// Duplicate: several spans had this id; this is the last of them.
	Duplicate
)

// A Tree is a trace as a forest of nodes, one per span id. Nodes are known by
// their index, which is the order in which their ids first occurred. A Tree is
// not changed after [Build] and may be used by any number of goroutines.
type Tree struct {
	// Nodes are all spans of the trace.
	Nodes []Node
	// Roots are the nodes without a parent, by start time.
	Roots []int32
	// Order is every node, each before its children, siblings by start time.
	Order []int32
	// Services are the names of the services in the order in which they first occurred.
	Services []string
	// Replaced counts the spans that another one with the same id replaced.
	Replaced int

	attached []int32 // children of all nodes, in the order of arrival
	sorted   []int32 // the same by start time
	names    int     // how many different [Node.Similar] there are
}

// A Node is a span in its place.
type Node struct {
	Span *trace.Span

	// What is asked most often of the span, so that a pass over a large trace
	// need not go back to the spans, which are far apart in memory.
	start, end, took int64
	kind             trace.Kind

	// Parent is the parent's node, None for a root.
	Parent int32
	// Level is the number of ancestors.
	Level int32
	// Service is the index of the service's name in [Tree.Services].
	Service int32
	// Similar is equal for nodes of equal name and service in one tree.
	Similar int32
	// Position is the place of the node in [Tree.Order]; its descendants follow it.
	Position int32
	// Size counts the node and its descendants.
	Size int32

	first, count int32 // the children, in attached and sorted

	// Mark says what is unusual about the node.
	Mark Mark
	// ChildFailed says that a child, not a later descendant, has the status error.
	ChildFailed bool
	failed      bool

	// Attrs are the attributes of the span that analysis knows.
	Attrs semconv.Index
}

func (n *Node) set(s *trace.Span) {
	n.Span, n.start, n.end, n.took, n.kind, n.failed = s, s.Start, s.End, s.Duration(), s.Kind, s.IsError()
}

// Build makes a tree of the spans of one trace, in the order in which they
// arrived; spans may follow their children. The tree refers to the spans, which
// must not change while it is in use.
//
// A span whose parent is missing or itself becomes a root. Spans that are each
// other's ancestors are hung below the one that starts first, which becomes a
// root. Of spans with the same id the last one counts, at the place of the first.
func Build(spans []trace.Span) *Tree {
	t := &Tree{Nodes: make([]Node, 0, len(spans))}
	index := t.addSpans(spans)
	t.link(index)
	t.cutCycles()
	t.addChildren()
	t.addOrder()
	t.identify()
	return t
}

// Children are the nodes below a node, by start time; those that start together
// in the order of arrival. They are not to be changed.
func (t *Tree) Children(node int32) []int32 {
	n := &t.Nodes[node]
	return t.sorted[n.first : n.first+n.count : n.first+n.count]
}

// arrivals are the children in the order in which they came.
func (t *Tree) arrivals(node int32) []int32 {
	n := &t.Nodes[node]
	return t.attached[n.first : n.first+n.count]
}

// Subtree is a node and its descendants, each before its children. It is not to
// be changed.
func (t *Tree) Subtree(node int32) []int32 {
	n := &t.Nodes[node]
	return t.Order[n.Position : n.Position+n.Size : n.Position+n.Size]
}

// ServiceOf is the name of a node's service, "" if it has none.
func (t *Tree) ServiceOf(node int32) string { return t.Services[t.Nodes[node].Service] }

func (t *Tree) addSpans(spans []trace.Span) map[trace.SpanID]int32 {
	index := make(map[trace.SpanID]int32, len(spans))
	for i := range spans {
		s := &spans[i]
		at, again := index[s.ID]
		if !again || s.ID.IsZero() {
			index[s.ID] = int32(len(t.Nodes))
			t.Nodes = append(t.Nodes, Node{Parent: None})
			t.Nodes[len(t.Nodes)-1].set(s)
			continue
		}
		t.Nodes[at].set(s)
		t.Nodes[at].Mark |= Duplicate
		t.Replaced++
	}
	delete(index, trace.SpanID{})
	return index
}

func (t *Tree) link(index map[trace.SpanID]int32) {
	for i := range t.Nodes {
		n := &t.Nodes[i]
		if n.Span.Parent.IsZero() {
			continue
		}
		parent, ok := index[n.Span.Parent]
		switch {
		case !ok:
			n.Mark |= Orphan
		case parent == int32(i):
			n.Mark |= SelfParent
		default:
			n.Parent = parent
		}
	}
}

// cutCycles follows the parents of every node once.
func (t *Tree) cutCycles() {
	const onPath, done = 1, 2
	state := make([]uint8, len(t.Nodes))
	var path []int32
	for i := range t.Nodes {
		path = path[:0]
		at := int32(i)
		for at != None && state[at] == 0 {
			state[at] = onPath
			path = append(path, at)
			at = t.Nodes[at].Parent
		}
		if at != None && state[at] == onPath {
			t.cut(path[slices.Index(path, at):])
		}
		for _, n := range path {
			state[n] = done
		}
	}
}

func (t *Tree) cut(cycle []int32) {
	first := slices.MinFunc(cycle, func(a, b int32) int {
		return cmp.Or(cmp.Compare(t.Nodes[a].start, t.Nodes[b].start), cmp.Compare(a, b))
	})
	t.Nodes[first].Parent = None
	t.Nodes[first].Mark |= CycleCut
}

// addChildren lays the children of each node side by side.
func (t *Tree) addChildren() {
	for i := range t.Nodes {
		n := &t.Nodes[i]
		if n.Parent == None {
			t.Roots = append(t.Roots, int32(i))
			continue
		}
		t.Nodes[n.Parent].count++
		if n.failed {
			t.Nodes[n.Parent].ChildFailed = true
		}
	}
	t.attached = make([]int32, len(t.Nodes)-len(t.Roots))
	var first int32
	for i := range t.Nodes {
		t.Nodes[i].first = first
		first += t.Nodes[i].count
		t.Nodes[i].count = 0
	}
	for i := range t.Nodes {
		if p := t.Nodes[i].Parent; p != None {
			parent := &t.Nodes[p]
			t.attached[parent.first+parent.count] = int32(i)
			parent.count++
		}
	}
	t.sort()
}

func (t *Tree) sort() {
	t.sorted = slices.Clone(t.attached)
	for i := range t.Nodes {
		t.sortByStart(t.Children(int32(i)))
	}
	t.sortByStart(t.Roots)
}

func (t *Tree) sortByStart(nodes []int32) {
	slices.SortStableFunc(nodes, func(a, b int32) int {
		return cmp.Compare(t.Nodes[a].start, t.Nodes[b].start)
	})
}

// addOrder goes through the tree without recursion, as a chain may be long.
func (t *Tree) addOrder() {
	t.Order = make([]int32, 0, len(t.Nodes))
	var stack []int32
	push := func(nodes []int32) {
		for _, n := range slices.Backward(nodes) {
			stack = append(stack, n)
		}
	}
	for push(t.Roots); len(stack) > 0; {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		n := &t.Nodes[at]
		if n.Parent != None {
			n.Level = t.Nodes[n.Parent].Level + 1
		}
		n.Position = int32(len(t.Order))
		t.Order = append(t.Order, at)
		push(t.Children(at))
	}
	for _, at := range slices.Backward(t.Order) {
		n := &t.Nodes[at]
		n.Size++
		if n.Parent != None {
			t.Nodes[n.Parent].Size += n.Size
		}
	}
}

// identify gives every node its service and the number of its name and service.
func (t *Tree) identify() {
	type similar struct {
		name    string
		service int32
	}
	resources := map[*trace.Resource]int32{}
	services := map[string]int32{}
	names := map[similar]int32{}
	for i := range t.Nodes {
		n := &t.Nodes[i]
		n.Attrs = semconv.Scan(n.Span)
		service, ok := resources[n.Span.Resource]
		if !ok {
			service = intern(services, n.Span.Service())
			resources[n.Span.Resource] = service
			if int(service) == len(t.Services) {
				t.Services = append(t.Services, n.Span.Service())
			}
		}
		n.Service = service
		n.Similar = intern(names, similar{n.Span.Name, service})
	}
	t.names = len(names)
}

func intern[K comparable](known map[K]int32, key K) int32 {
	at, ok := known[key]
	if !ok {
		at = int32(len(known))
		known[key] = at
	}
	return at
}

// postOrder calls visit for each node after its children, siblings by start time.
func (t *Tree) postOrder(visit func(node int32)) {
	type frame struct{ node, next int32 }
	stack := make([]frame, 0, 64)
	for _, root := range t.Roots {
		stack = append(stack, frame{node: root})
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			n := &t.Nodes[top.node]
			if top.next < n.count {
				child := t.sorted[n.first+top.next]
				top.next++
				stack = append(stack, frame{node: child})
				continue
			}
			visit(top.node)
			stack = stack[:len(stack)-1]
		}
	}
}
