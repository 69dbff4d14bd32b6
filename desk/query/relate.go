// SPDX-License-Identifier: Apache-2.0

package query

import "github.com/sidetrace/sidetrace/desk/trace"

// A relation says where in the tree a span of the right side stands to one of
// the left.
type relation uint8

const (
	below relation = iota
	directlyBelow
	above
	directlyAbove
	beside
)

// inverse are the relations seen from the other side.
var inverse = [...]relation{below: above, directlyBelow: directlyAbove, above: below, directlyAbove: directlyBelow, beside: beside}

// related are the nodes that stand in a relation to one of others.
func (f *forest) related(spans []trace.Span, r relation, others []int32) []bool {
	in := make([]bool, len(f.node))
	for _, i := range others {
		in[f.node[i]] = true
	}
	switch r {
	case below:
		return f.below(in, true)
	case directlyBelow:
		return f.below(in, false)
	case above:
		return f.above(in, true)
	case directlyAbove:
		return f.above(in, false)
	}
	return f.beside(spans, in)
}

func (f *forest) below(in []bool, anyLevel bool) []bool {
	is := make([]bool, len(in))
	for _, n := range f.order {
		if p := f.parent[n]; p != none {
			is[n] = in[p] || anyLevel && is[p]
		}
	}
	return is
}

func (f *forest) above(in []bool, anyLevel bool) []bool {
	is := make([]bool, len(in))
	for i := len(f.order) - 1; i >= 0; i-- {
		n := f.order[i]
		if p := f.parent[n]; p != none && (in[n] || anyLevel && is[n]) {
			is[p] = true
		}
	}
	return is
}

// beside goes by the parent that spans name, whether it is in the trace or not.
func (f *forest) beside(spans []trace.Span, in []bool) []bool {
	siblings := map[trace.SpanID]int{}
	for _, n := range f.order {
		if in[n] && !spans[n].Parent.IsZero() {
			siblings[spans[n].Parent]++
		}
	}
	is := make([]bool, len(in))
	for _, n := range f.order {
		others := siblings[spans[n].Parent]
		if in[n] {
			others--
		}
		is[n] = others > 0
	}
	return is
}
