// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"cmp"
	"slices"
)

// Asked for returns where a diagram has none, the original takes the twin of a
// span for one more span with the same children (spec 5). We leave returns out of
// those diagrams; here they are drawn step by step.

// returnedFlames is the flame graph with returns. The last parallel below a span is
// not closed until the span is drawn, which is after its return if it ends before
// it starts.
func (o *original) returnedFlames() []any {
	var top, rows []any
	drawn := map[int32]bool{}
	parallelOf := func(node int32) int32 {
		in, parent := o.parallels.Of[node], o.Nodes[node].Parent
		if in != None && !drawn[parent] && slices.Max(o.Children(parent)) == slices.Max(o.parallels.List[in]) {
			return None
		}
		return in
	}
	var drain func(s step) object
	drain = func(s step) object {
		drawn[s.node] = drawn[s.node] || !s.back
		frame := Frame{Node: s.node, Parallel: parallelOf(s.node), Sibling: None}
		if frame.Parallel != None {
			frame.Sibling = o.parallels.Before[s.node]
		}
		out := o.frameOutput(frame)
		children, current := []any{}, None
		for _, child := range o.below.of(s.node) {
			frame, in := drain(child), parallelOf(child.node)
			if in != None && in == current {
				rows = append(rows, frame)
				continue
			}
			children = append(children, frame)
			if in != None {
				current = in
			}
		}
		out["children"] = children
		return out
	}
	for _, root := range o.roots {
		top = append(top, drain(root))
	}
	slices.SortStableFunc(rows, func(a, b any) int { return cmp.Compare(a.(object)["level"].(int32), b.(object)["level"].(int32)) })
	return append(top, rows...)
}

// A returnedTopology is a topology with returns while it is made.
type returnedTopology struct {
	*original
	colours          colours
	known            map[int32]bool
	related          map[[2]int32]bool
	nodes, relations []any
	empty            bool // some box has nothing in it, with which the original gives up
}

func (o *original) returnedTopology() object {
	r := &returnedTopology{original: o, known: map[int32]bool{}, related: map[[2]int32]bool{}, nodes: []any{}, relations: []any{}}
	for _, root := range o.roots {
		r.box(root, r.convert(root, nil))
	}
	if r.empty {
		return failed("ValueError: No members in the container")
	}
	return object{"nodes": r.nodes, "relations": r.relations}
}

// convert makes boxes of what is below a step, and is the steps of its own box.
// What is above is the steps of the parent's box, if that is a group.
func (r *returnedTopology) convert(s step, above []step) []step {
	steps := r.together(s, above)
	below := steps
	if above == nil && r.groupOf(s) == nil {
		below = nil
	}
	for _, child := range r.below.of(s.node) {
		boxed := r.convert(child, below)
		r.box(child, boxed)
		if at := [2]int32{steps[0].node, boxed[0].node}; !r.related[at] {
			r.related[at] = true
			r.relations = append(r.relations, object{"source": r.id(at[0]), "target": r.id(at[1])})
		}
	}
	return steps
}

// together are the steps in the box of a step: itself, its group, or what is in
// its place below all that are above.
func (r *returnedTopology) together(s step, above []step) (steps []step) {
	group := r.groupOf(s)
	if above == nil {
		if group != nil {
			return group.steps
		}
		return []step{s}
	}
	at := r.index(s)
	for _, parent := range above {
		siblings := r.below.of(parent.node)
		if at >= len(siblings) {
			continue
		}
		if group == nil {
			steps = append(steps, siblings[at])
		} else if g := r.groupOf(siblings[at]); g != nil {
			steps = append(steps, g.steps...)
		}
	}
	if len(steps) == 0 {
		r.empty = true
		return []step{s}
	}
	return steps
}

func (r *returnedTopology) groupOf(s step) *Group {
	at := r.groups.Of[s.node]
	if s.back {
		at = r.groups.returnOf[s.node]
	}
	if at == None {
		return nil
	}
	return &r.groups.List[at]
}

func (r *returnedTopology) box(s step, steps []step) {
	if r.known[steps[0].node] {
		return
	}
	r.known[steps[0].node] = true
	n := TopologyNode{Duration: r.Nodes[s.node].Span.Duration()}
	start, end := r.Nodes[steps[0].node].Span.Start, r.Nodes[steps[0].node].Span.End
	for _, member := range steps {
		n.Nodes = append(n.Nodes, member.node)
		start, end = min(start, r.Nodes[member.node].Span.Start), max(end, r.Nodes[member.node].Span.End)
	}
	if len(steps) > 1 || r.groupOf(s) != nil || steps[0] != s {
		n.Duration = end - start
	}
	r.nodes = append(r.nodes, r.boxOutput(n, &r.colours))
}
