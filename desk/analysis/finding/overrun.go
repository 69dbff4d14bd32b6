// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/units"
)

// EndsAfterParent is a span that went on after its parent had ended, by
// [Options.Overrun] and a hundredth of the parent at least: work that nobody waits
// for, or a parent that was ended too soon.
//
// It is none for messages, whose consumers are meant to come later; for a span that
// links to its parent too, as what was started and left alone does; for one whose
// clock is off; and below a span whose end is not known. The cost is the time
// after the parent's end.
const EndsAfterParent Kind = "endsAfterParent"

func (f *finder) overruns() {
	for i := range f.tree.Nodes {
		n := &f.tree.Nodes[i]
		if n.Parent == none {
			continue
		}
		after := f.end[i] - f.end[n.Parent]
		least := max(int64(f.options.Overrun), share(f.duration(n.Parent), 0.01))
		if after < least || f.isDetached(int32(i)) || !f.isTimed(n.Parent) || !f.isTimed(int32(i)) {
			continue
		}
		parent := &f.tree.Nodes[n.Parent]
		f.add(candidate{
			severity: Info, place: place{parent.Similar, n.Similar},
			nodes: []int32{int32(i), n.Parent}, cost: after,
		})
	}
}

// isDetached reports whether a node is meant to outlive its parent, or its times
// cannot be compared with its parent's.
func (f *finder) isDetached(node int32) bool {
	n := &f.tree.Nodes[node]
	parent := f.tree.Nodes[n.Parent].Span
	if n.Span.Kind.IsAsync() || parent.Kind.IsAsync() || parent.End < parent.Start {
		return true
	}
	if f.shift != nil && f.shift[n.Parent] != f.shift[node] {
		return true
	}
	for i := range n.Span.Links {
		if n.Span.Links[i].SpanID == parent.ID {
			return true
		}
	}
	return false
}

func (f *finder) describeOverrun(c *candidate) (title, advice phrase) {
	child, parent := c.nodes[0], c.nodes[1]
	title = say("%s ended %s after its parent %s", f.named(child), units.Duration(c.cost), f.named(parent))
	switch {
	case f.tree.Nodes[parent].Span.IsError() && f.tree.Nodes[parent].Span.Kind == trace.Client:
		return title.and(", which had failed"), say("End the work when the caller gives up, by passing its deadline or cancellation on.")
	case f.start[child] >= f.end[parent]:
		return title.and(", having begun after it"), say("Start it as a trace of its own with a link, if nobody waits for it.")
	}
	return title, say("End the parent when its work is done, or give what nobody waits for a link instead of a parent.")
}
