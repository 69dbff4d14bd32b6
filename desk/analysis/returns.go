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

// siblings appends the children of a node in their order, with their returns if
// those are wanted.
func (t *Tree) siblings(steps []step, node int32, returns bool) []step {
	if !returns {
		for _, child := range t.Children(node) {
			steps = append(steps, step{node: child})
		}
		return steps
	}
	return t.withReturns(steps, t.arrivals(node))
}

// rootSteps are the roots in their order, with their returns.
func (t *Tree) rootSteps() []step {
	roots := slices.Sorted(slices.Values(t.Roots)) // indices are the order of arrival
	return t.withReturns(make([]step, 0, 2*len(roots)), roots)
}

// withReturns sorts nodes by start and their returns by end. Of what happens
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
		return t.Nodes[s.node].Span.End
	}
	return t.Nodes[s.node].Span.Start
}

// walk calls visit for every step of the tree: a node, what is below it, and
// its return when that is due among its siblings.
func (t *Tree) walk(roots []step, visit func(step)) {
	stack := slices.Clone(roots)
	slices.Reverse(stack)
	var below []step
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		visit(at)
		if at.back {
			continue
		}
		below = t.siblings(below[:0], at.node, true)
		for _, s := range slices.Backward(below) {
			stack = append(stack, s)
		}
	}
}
