// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/units"
)

// Gap is time inside a span between two of its children in which none of them
// ran: work that nobody recorded, or waiting. Between two roots it is time in which
// nothing of the trace ran, which matters less: it may be the user who thought. It has to last for [Options.Gap] and for
// [Options.GapShare] of the main root.
//
// It is none before the first child and after the last, where nothing tells that
// the instrumentation would have seen more; in a span without children; in a call
// of another service, a database, a model or a tool, which works itself; and between
// attempts of a [Retry], which waits on purpose. The cost is the gap.
const Gap Kind = "gap"

func (f *finder) gaps() {
	f.gapsAmong(f.tree.Roots, none)
	for _, at := range f.tree.Order {
		if !f.works(at) {
			f.gapsAmong(f.children(at), at)
		}
	}
}

// works reports whether a span does something itself even if none of its children
// runs.
func (f *finder) works(node int32) bool {
	return f.is(node, isCall|isTool) || f.tree.Nodes[node].Span.Kind == trace.Client
}

// gapsAmong finds the gaps between siblings below a parent, none for the roots.
func (f *finder) gapsAmong(siblings []int32, parent int32) {
	if len(siblings) < 2 {
		return
	}
	least := max(int64(f.options.Gap), share(f.duration(f.main), f.options.GapShare))
	last := siblings[0] // to end so far
	for _, at := range siblings[1:] {
		gap := f.start[at] - f.end[last]
		if gap >= least && f.isTimed(last) && f.isTimed(at) && !f.isRetried(last, at) && f.isWithin(at, parent) {
			f.addGap(last, at, parent, gap)
		}
		if f.end[at] > f.end[last] {
			last = at
		}
	}
}

// isTimed reports whether it is known when a node ran.
func (f *finder) isTimed(node int32) bool {
	s := f.tree.Nodes[node].Span
	return s.Start != 0 && s.End != 0
}

func (f *finder) isRetried(before, after int32) bool {
	at := f.retryOf[after]
	return at != none && f.retryOf[before] == at
}

// isWithin reports whether a node begins before its parent ends.
func (f *finder) isWithin(node, parent int32) bool {
	return parent == none || f.start[node] <= f.end[parent]
}

func (f *finder) addGap(before, after, parent int32, gap int64) {
	c := candidate{severity: Info, nodes: []int32{before, after}, cost: gap}
	c.place = place{none, f.tree.Nodes[before].Similar, f.tree.Nodes[after].Similar}
	if parent != none {
		c.severity = Warning
		c.nodes = append(c.nodes, parent)
		c.place[0] = f.tree.Nodes[parent].Similar
	}
	f.add(c)
}

func (f *finder) describeGap(c *candidate) (title, advice phrase) {
	between := say("between %s and %s", f.name(c.nodes[0]), f.name(c.nodes[1]))
	if len(c.nodes) < 3 {
		return say("nothing was recorded for %s, %s", units.Duration(c.cost), between),
			say("Look for what is missing here: a service without instrumentation, or a message that waited.")
	}
	whole := f.duration(c.nodes[2])
	return say("nothing was recorded for %s of the %s of %s, %s", units.Duration(c.cost), units.Duration(whole), f.named(c.nodes[2]), between),
		say("Put a span around what happens here, or take out the wait.")
}
