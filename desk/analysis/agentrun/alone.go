// SPDX-License-Identifier: Apache-2.0

package agentrun

import (
	"cmp"
	"slices"

	"github.com/sidetrace/sidetrace/desk/analysis"
)

// A shelter finds the nodes without spans that calls belong to: records of
// services whose spans do not name their nodes. A call is a node's if it ran
// within the node's time and request, and in no node that has a span.
type shelter struct {
	r       *rollup
	byStart []int32 // of logged, those without spans
	left    []Usage // by node of the story: of its claim, after the calls that were found
	found   []tallies
	hung    []int32 // by node of the story: the node without a span that it goes into
}

// tolerance makes up for times in milliseconds.
const tolerance = 1_000_000

// neighbours bounds how many nodes that began before a call are looked at, so
// that many at once do not take quadratic time.
const neighbours = 64

// countRecords takes the claims of the records' nodes that have no spans, and of
// requests without spans.
func (r *rollup) countRecords() {
	if r.recorded > 0 {
		s := &shelter{
			r: r, left: make([]Usage, r.recorded), found: make([]tallies, r.recorded), hung: slices.Repeat([]int32{None}, len(r.run.Nodes)),
		}
		s.open()
		s.addCalls()
		s.addTools()
		s.hang()
		s.settle()
	}
	all := &tallies{}
	for i := range r.run.Calls {
		all.add(int32(i), &r.run.Calls[i])
	}
	for i := range r.records.requests {
		if q := &r.records.requests[i]; q.span == None && !q.repeat {
			c := claimOfRecord(q.record.Usage)
			r.settle(&source{span: None, node: None, kind: Rest, scope: ofAll, found: all, start: q.record.Start, duration: q.record.Duration}, &c)
		}
	}
}

func (s *shelter) open() {
	for i := range s.r.records.logged {
		if l := &s.r.records.logged[i]; l.span == None {
			s.byStart = append(s.byStart, int32(i))
			s.left[l.alone] = claimOfRecord(l.node.Usage).usage
		}
	}
	slices.SortStableFunc(s.byStart, func(a, b int32) int { return cmp.Compare(s.start(a), s.start(b)) })
}

func (s *shelter) start(i int32) int64 { return s.r.records.logged[i].node.Start }

// addCalls gives the calls of spans to the nodes that they belong to.
func (s *shelter) addCalls() {
	for i := range s.r.run.Calls {
		call := &s.r.run.Calls[i]
		if s.r.inWorkflow[call.Span] {
			continue
		}
		node := s.of(call.Span, call.Usage)
		if node == None {
			continue
		}
		s.left[node] = s.left[node].minus(call.Usage)
		s.found[node].add(int32(i), call)
		s.take(node, &call.Node)
	}
}

// addTools does the same with the spans of tools, and notes the nodes that are
// tools and have none.
func (s *shelter) addTools() {
	has := make([]bool, len(s.left))
	for _, at := range s.r.tools {
		if s.r.inWorkflow[at] {
			continue
		}
		if node := s.of(at, Usage{}); node != None {
			has[node] = true
			s.take(node, &s.r.nodeOf[at])
		}
	}
	for i := range has {
		if roleOfNode(s.r.run.Nodes[i].Type) == toolRole && !has[i] {
			s.r.toolNodes = append(s.r.toolNodes, int32(i))
		}
	}
}

// of is the node that a span belongs to, None if there is none. Of several, which
// run at once, it is one whose claim has room for the usage, then the shortest.
func (s *shelter) of(span int32, u Usage) int32 {
	began := s.r.tree.Nodes[span].Span.Start + tolerance
	end, _ := slices.BinarySearchFunc(s.byStart, began, func(i int32, at int64) int { return cmp.Or(cmp.Compare(s.start(i), at), -1) })
	best := None
	for _, i := range slices.Backward(s.byStart[max(end-neighbours, 0):end]) {
		l := &s.r.records.logged[i]
		if s.holds(l, span) && (best == None || s.closer(l.alone, best, u)) {
			best = l.alone
		}
	}
	return best
}

// holds reports whether a span ran within a node's time and request.
func (s *shelter) holds(l *logged, span int32) bool {
	n, node := &s.r.tree.Nodes[span], &s.r.run.Nodes[l.alone]
	if n.Span.End > plusNano(node.Start, node.Duration)+tolerance {
		return false
	}
	q := s.r.records.requests[l.request].span
	return q == None || isWithin(&s.r.tree.Nodes[q], n)
}

func isWithin(around, n *analysis.Node) bool {
	return n.Position >= around.Position && n.Position < around.Position+around.Size
}

// closer reports whether a node is a better place for a usage than another.
func (s *shelter) closer(node, other int32, u Usage) bool {
	fits := func(i int32) int {
		switch {
		case u.equals(s.left[i]):
			return 2
		case u.within(s.left[i]):
			return 1
		}
		return 0
	}
	return cmp.Or(-cmp.Compare(fits(node), fits(other)), cmp.Compare(s.r.run.Nodes[node].Duration, s.r.run.Nodes[other].Duration)) < 0
}

// take puts what stands in a node of the story into a node without a span, or has
// that node hung there if it fits.
func (s *shelter) take(node int32, place *int32) {
	if at := *place; at < s.r.recorded || !s.fits(at, node) {
		*place = node
	} else if s.hung[at] == None {
		s.hung[at] = node
	}
}

// fits reports whether one node of the story ran within the time of another.
func (s *shelter) fits(inner, outer int32) bool {
	in, out := &s.r.run.Nodes[inner], &s.r.run.Nodes[outer]
	return in.Start >= out.Start-tolerance && plusNano(in.Start, in.Duration) <= plusNano(out.Start, out.Duration)+tolerance
}

// hang hangs the outermost of the nodes that fit, from the inside out.
func (s *shelter) hang() {
	for i := int32(len(s.hung)) - 1; i >= s.r.recorded; i-- {
		into, n := s.hung[i], &s.r.run.Nodes[i]
		switch {
		case into == None:
		case n.Parent == None || !s.fits(n.Parent, into):
			n.Parent = into
		case s.hung[n.Parent] == None:
			s.hung[n.Parent] = into
		}
	}
}

// settle takes the claims of the nodes.
func (s *shelter) settle() {
	for _, i := range s.byStart {
		l := &s.r.records.logged[i]
		role := roleOfNode(l.node.Type)
		node := &s.r.run.Nodes[l.alone]
		from := source{
			span: None, node: l.alone, kind: role.call(), scope: ofNode, found: &s.found[l.alone],
			start: node.Start, duration: node.Duration, failed: node.Failed,
		}
		c := claimOfNode(l.node)
		if c.frame == 0 {
			c.frame = max(node.FirstFrame, 0)
		}
		if role == modelRole && c.isZero() && from.found[ofAll].calls == 0 {
			s.r.newCall(&from, &c, ModelCall)
			continue
		}
		s.r.settle(&from, &c)
	}
}
