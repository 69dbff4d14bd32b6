// SPDX-License-Identifier: Apache-2.0

package agentrun

import (
	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// A source is where a claim comes from.
type source struct {
	n     *analysis.Node // of the span, nil for a record without one
	span  int32          // None for the same
	node  int32          // of the story
	kind  CallKind       // what it is if nothing is below it
	scope scope          // what it is compared with
	found *tallies       // what is below it
	// Without a span:
	start, duration int64
	failed          bool
}

// countSpans takes the claims of all spans and of the records that belong to
// them, from the inside out.
func (r *rollup) countSpans() {
	p := newPool(len(r.tree.Nodes))
	for i := len(r.tree.Order) - 1; i >= 0; i-- {
		at := r.tree.Order[i]
		r.countSpan(p, at)
		if p.of[at] == None {
			continue
		}
		p.at(at).leave(r.gates[at])
		if parent := r.tree.Nodes[at].Parent; parent != None {
			p.moveUp(at, parent)
		} else {
			p.free = append(p.free, p.of[at])
		}
	}
}

// countSpan takes the claim of a span, then that of its node's record, then those
// of the requests that were answered in it. A tool or agent that says what the
// only call in it says is a wrapper of that call, and no gate.
func (r *rollup) countSpan(p *pool, at int32) {
	n := &r.tree.Nodes[at]
	role := r.roles[at]
	c := r.claimOf(at)
	records := r.records.claims[at]
	if !role.isModel() && c.isZero() && len(records) == 0 {
		return
	}
	s := source{n: n, span: at, node: r.nodeOf[at], kind: role.call(), scope: ofAll, found: p.at(at)}
	switch {
	case role == modelRole:
		s.scope = ofModels
	case role == embeddingRole:
		s.scope = ofEmbeddings
	case isWorkflowNode(n):
		s.scope = ofNode
	}
	if role.isModel() && !r.isOfCallBelow(&s) && c.isZero() {
		r.newCall(&s, &c, s.kind)
	}
	r.settle(&s, &c)
	if all := &s.found[ofAll]; r.gates[at] == toModels && all.calls == 1 && !c.isZero() && c.usage.equals(all.usage) {
		r.gates[at] = 0
	}
	for i := range records {
		s.scope = records[i].scope
		r.settle(&s, &records[i].claim)
	}
}

// isOfCallBelow reports whether a call of a model is that of a span below, which
// then learns what it does not know.
func (r *rollup) isOfCallBelow(s *source) bool {
	t := &s.found[s.scope]
	if only := t.only(); only != None {
		call := &r.run.Calls[only]
		r.describe(call, s)
		call.Failed = call.Failed || s.n.Span.IsError()
	}
	return t.calls > 0
}

// settle decides what becomes of a claim.
func (r *rollup) settle(s *source, c *claim) {
	if c.isZero() {
		return
	}
	defer r.remember(s, c)
	t := &s.found[s.scope]
	call, repeats := r.repeated(s, c)
	if r.fill(s, c, repeats) {
		return
	}
	switch {
	case repeats:
		r.repeat(s, c, Repeated, call)
		r.restOfCost(s, c)
	case t.calls == 0:
		r.newCall(s, c, s.kind)
	case c.usage.within(t.usage):
		r.repeat(s, c, Repeated, t.only())
		r.restOfCost(s, c)
	case c.usage.covers(t.usage):
		r.repeat(s, c, Exceeded, t.only())
		rest := claim{usage: c.usage.minus(t.usage), reported: c.beyond(t), record: c.record}
		r.newCall(s, &rest, Rest)
	default:
		r.repeat(s, c, Contradicted, t.only())
		r.restOfCost(s, c)
	}
}

// A numbers is the part of a claim by which repetitions are recognised.
type numbers struct{ input, output, total int64 }

func numbersOfUsage(u Usage) numbers {
	if u.isTotal() {
		return numbers{total: u.Total}
	}
	return numbers{input: u.Input, output: u.Output}
}

// A sighting is where numbers were last seen.
type sighting struct{ span, call int32 }

// remember notes the numbers of a claim. As spans come after all that is below
// them, the last sighting is below a span if any is.
func (r *rollup) remember(s *source, c *claim) {
	if s.span != None && !c.usage.IsZero() {
		r.seen[numbersOfUsage(c.usage)] = sighting{s.span, s.found[ofAll].only()}
	}
}

// repeated reports whether a claim has the numbers of all calls below it, or of
// any one claim there, and of which call if it is of one.
func (r *rollup) repeated(s *source, c *claim) (call int32, repeats bool) {
	all := &s.found[ofAll]
	if c.usage.IsZero() || all.calls == 0 {
		return None, false
	}
	if c.usage.equals(all.usage) {
		return all.only(), true
	}
	last, ok := r.seen[numbersOfUsage(c.usage)]
	if !ok || s.span == None {
		return None, false
	}
	from := r.tree.Nodes[s.span].Position
	at := r.tree.Nodes[last.span].Position
	return last.call, at >= from && at < from+r.tree.Nodes[s.span].Size
}

func (r *rollup) repeat(s *source, c *claim, why Reason, call int32) {
	r.run.Repeats = append(r.run.Repeats, Repeat{
		Span: s.span, Node: s.node, FromRecord: c.record, Usage: c.usage, Reported: dollars(c.reported), Reason: why, Call: call,
	})
}

// newCall counts a claim, unless it is of a response that was counted before.
func (r *rollup) newCall(s *source, c *claim, kind CallKind) {
	call := Call{Kind: kind, Span: s.span, Node: s.node, From: None, Usage: c.usage, Added: c.added, FirstFrame: Unknown, Reported: dollars(c.reported)}
	if !c.usage.IsZero() {
		call.From, call.FromRecord = s.span, c.record
	}
	call.hearsay(c)
	if s.n == nil {
		call.Start, call.Duration, call.Failed = s.start, s.duration, s.failed
	} else {
		call.Start, call.Duration, call.Failed = s.n.Span.Start, max(s.n.Span.Duration(), 0), s.n.Span.IsError()
		call.Agent = r.agentNames[r.agents[s.span]]
		r.describe(&call, s)
	}
	if kind == Rest {
		call.FirstFrame, call.Failed = Unknown, false
	} else if before := r.sameResponse(s, c); before != None {
		r.repeat(s, c, SameResponse, before)
		s.found.add(before, &call)
		return
	}
	s.found.add(int32(len(r.run.Calls)), &call)
	r.run.Calls = append(r.run.Calls, call)
}

// sameResponse is the call that had the same gen_ai.response.id and tokens, None
// if this is the first.
func (r *rollup) sameResponse(s *source, c *claim) int32 {
	if s.n == nil || !s.n.Attrs.Says(s.n.Span, semconv.ResponseID) {
		return None
	}
	key := response{id: s.n.Attrs.Text(s.n.Span, semconv.ResponseID), numbers: numbersOfUsage(c.usage)}
	if before, ok := r.responses[key]; ok {
		return before
	}
	r.responses[key] = int32(len(r.run.Calls))
	return None
}

type response struct {
	id      string
	numbers numbers
}

// dollars is an amount that a span has reported.
func dollars(nano int64) Amount {
	if nano == 0 {
		return Amount{}
	}
	return Amount{Currency: reportedCurrency, Nano: nano}
}
