// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"cmp"
	"slices"
)

// A step is a node, or its return, which stands among the siblings at the end
// of the node's span.
type step struct {
	node int32
	back bool
}

// families are the children of every node as steps, with or without returns.
type families struct {
	tree *Tree
	// steps are the children of all nodes, those of one side by side.
	steps []step
	// each is how many steps a node has: 2 with its return.
	each int32
}

// families lists all children in their order, with their returns if those are wanted.
func (t *Tree) families(returns bool) *families {
	if !returns {
		f := &families{tree: t, steps: make([]step, len(t.sorted)), each: 1}
		for i, child := range t.sorted {
			f.steps[i].node = child
		}
		return f
	}
	f := &families{tree: t, steps: make([]step, 0, 2*len(t.attached)), each: 2}
	for i := range t.Nodes {
		f.steps = t.withReturns(f.steps, t.arrivals(int32(i)))
	}
	return f
}

// of are the steps below a node.
func (f *families) of(node int32) []step {
	n := &f.tree.Nodes[node]
	return f.steps[f.each*n.first : f.each*(n.first+n.count)]
}

// rootSteps are the roots in their order, with their returns.
func (t *Tree) rootSteps() []step {
	roots := slices.Sorted(slices.Values(t.Roots)) // indices are the order of arrival
	return t.withReturns(make([]step, 0, 2*len(roots)), roots)
}

// withReturns appends nodes by start and their returns by end. Of what happens
// together, the earlier arrival comes first, and a node before its return; but a
// span that ends before it starts returns before it is called.
func (t *Tree) withReturns(steps []step, nodes []int32) []step {
	first := len(steps)
	for _, n := range nodes {
		steps = append(steps, step{node: n}, step{node: n, back: true})
	}
	slices.SortStableFunc(steps[first:], func(a, b step) int { return cmp.Compare(t.when(a), t.when(b)) })
	return steps
}

func (t *Tree) when(s step) int64 {
	if s.back {
		return t.Nodes[s.node].end
	}
	return t.Nodes[s.node].start
}

// walk calls visit for every step: a node, what is below it, and its return when
// that is due among its siblings.
func (f *families) walk(roots []step, visit func(step)) {
	stack := slices.Clone(roots)
	slices.Reverse(stack)
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		visit(at)
		if at.back {
			continue
		}
		for _, s := range slices.Backward(f.of(at.node)) {
			stack = append(stack, s)
		}
	}
}
