// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// Orphan is the spans whose parents are not in the trace, which so fell apart.
//
// A trace in one piece has none, even if its root has a parent: that is a caller
// who records nothing, or elsewhere.
const Orphan Kind = "orphan"

// BrokenParent is the spans whose parents cannot be: themselves, or their own
// descendants. They became roots.
const BrokenParent Kind = "brokenParent"

func (f *finder) orphans() {
	if len(f.tree.Roots) > 1 {
		f.addMarked(analysis.Orphan, Warning)
	}
}

func (f *finder) brokenParents() {
	f.addMarked(analysis.SelfParent|analysis.CycleCut, Warning)
}

// addMarked adds the roots with a mark, as one finding.
func (f *finder) addMarked(mark analysis.Mark, severity Severity) {
	c := candidate{severity: severity}
	for _, root := range f.tree.Roots {
		if f.tree.Nodes[root].Mark&mark == 0 {
			continue
		}
		c.count++
		if len(c.nodes) < maxNodes {
			c.nodes = append(c.nodes, root)
		}
	}
	if c.count > 0 {
		f.add(c)
	}
}

func (f *finder) describeOrphans(c *candidate) (title, advice phrase) {
	parents := map[trace.SpanID]bool{}
	for _, root := range f.tree.Roots {
		if n := &f.tree.Nodes[root]; n.Mark&analysis.Orphan != 0 {
			parents[n.Span.Parent] = true
		}
	}
	what := "%s name %s not in the trace"
	if c.count == 1 {
		what = "%s names %s not in the trace"
	}
	return say(what, plural(c.count, "span"), plural(len(parents), "parent")),
		say("Wait for late spans, then look for a service whose spans are sampled away, dropped or sent elsewhere.")
}

func (f *finder) describeBroken(c *candidate) (title, advice phrase) {
	what := "%d spans name themselves or each other as parents"
	if c.count == 1 {
		what = "%d span names itself or a span below it as its parent"
	}
	return say(what, c.count),
		say("Look at what makes the ids, as two spans seem to have got the same one.")
}
