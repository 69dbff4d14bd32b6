// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"slices"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// skews finds the spans whose clock is off their caller's, nil if there are
// none; and how far each node is to be moved with all above it, nil for not at all.
func (t *Tree) skews() (skewed []bool, shift []int64) {
	for _, at := range t.Order {
		n := &t.Nodes[at]
		if n.Parent == None {
			continue
		}
		own, off := skewOf(t.Nodes[n.Parent].Span, n.Span)
		if off && skewed == nil {
			skewed = make([]bool, len(t.Nodes))
		}
		if off {
			skewed[at] = true
		}
		if own != 0 && shift == nil {
			shift = make([]int64, len(t.Nodes))
		}
		if shift != nil {
			shift[at] = addTimes(shift[n.Parent], own)
		}
	}
	return skewed, shift
}

// skewOf compares a call with what served it: that cannot begin before the call
// and, unless it is a message, not after the call's end either. If it does, it is
// taken to have begun with the call.
func skewOf(caller, callee *trace.Span) (shift int64, skewed bool) {
	if !caller.Kind.IsCalling() || !callee.Kind.IsCalled() {
		return 0, false
	}
	waits := caller.Kind == trace.Client && callee.Kind == trace.Server
	if callee.Start < caller.Start || waits && callee.Start > caller.End {
		return subTimes(caller.Start, callee.Start), true
	}
	return 0, false
}

// moved is the tree with its spans moved, and siblings in the order that results.
func (t *Tree) moved(shift []int64) *Tree {
	m := *t
	m.Nodes, m.Roots = slices.Clone(t.Nodes), slices.Clone(t.Roots)
	spans := make([]trace.Span, 0, len(shift)-countOf(shift, 0))
	for i := range m.Nodes {
		n := &m.Nodes[i]
		n.Size = 0 // addOrder counts it again
		if shift[i] == 0 {
			continue
		}
		s := *n.Span
		s.Start, s.End = addTimes(s.Start, shift[i]), addTimes(s.End, shift[i])
		spans = append(spans, s)
		n.set(&spans[len(spans)-1])
	}
	m.sort()
	m.addOrder()
	return &m
}

func countOf(values []int64, value int64) (n int) {
	for _, v := range values {
		if v == value {
			n++
		}
	}
	return n
}
