// SPDX-License-Identifier: Apache-2.0

package agentrun

// A scope is which of the calls below a span a claim is compared with.
type scope uint8

const (
	// ofModels are those that a call of a model may repeat: of its kind, and not
	// behind a tool, an agent or another node.
	ofModels scope = iota
	ofEmbeddings
	ofNode // those that are in no node within
	ofAll
	scopes
)

// wider reports whether the calls of t are among those of s.
func (s scope) wider(t scope) bool { return s == ofAll || s == ofNode && t < ofNode }

// A tally is the sum of some calls.
type tally struct {
	usage    Usage
	reported int64
	calls    int32
	last     int32 // one of them
}

// only is the call that the tally is of, None if it is of several or none.
func (t *tally) only() int32 {
	if t.calls != 1 {
		return None
	}
	return t.last
}

func (t *tally) plus(other *tally) {
	if other.calls == 0 {
		return
	}
	t.usage = t.usage.Plus(other.usage)
	t.reported = plusNano(t.reported, other.reported)
	t.calls += other.calls
	t.last = other.last
}

// tallies are the calls below a span, and of the span itself.
type tallies [scopes]tally

// add counts a call in all scopes that it is in.
func (s *tallies) add(call int32, c *Call) {
	one := tally{usage: c.Usage, reported: c.Reported.Nano, calls: 1, last: call}
	s[ofAll].plus(&one)
	s[ofNode].plus(&one)
	if c.Kind == EmbeddingCall {
		s[ofEmbeddings].plus(&one)
	} else {
		s[ofModels].plus(&one)
	}
}

// update follows a change of the only call in a scope, which is in all wider ones
// and the only one, if any, in narrower ones.
func (s *tallies) update(in scope, call int32, before, after *Call) {
	for i := range s {
		t := &s[i]
		if !scope(i).wider(in) && t.only() != call {
			continue
		}
		t.usage = t.usage.changed(before.Usage, after.Usage)
		t.reported = plusNano(t.reported-before.Reported.Nano, after.Reported.Nano)
	}
}

// changed is the sum u after one of its parts has changed.
func (u Usage) changed(before, after Usage) Usage {
	return Usage{
		Input:        u.Input - before.Input + after.Input,
		Output:       u.Output - before.Output + after.Output,
		Cached:       u.Cached - before.Cached + after.Cached,
		CacheWritten: u.CacheWritten - before.CacheWritten + after.CacheWritten,
		Reasoning:    u.Reasoning - before.Reasoning + after.Reasoning,
		Total:        u.Total - before.Total + after.Total,
	}
}

func (s *tallies) plus(other *tallies) {
	for i := range s {
		s[i].plus(&other[i])
	}
}

// A gate says from whom the calls within a span are hidden.
type gate uint8

const (
	toModels gate = 1 << iota // those of calls of models around it
	toNodes                   // those of nodes around it
)

// leave takes out what the spans around a gate do not see.
func (s *tallies) leave(g gate) {
	if g&toModels != 0 {
		s[ofModels], s[ofEmbeddings] = tally{}, tally{}
	}
	if g&toNodes != 0 {
		s[ofNode] = tally{}
	}
}

// A pool keeps the tallies of the spans whose parents are still to come. There
// are few at once, and a chain hands one on.
type pool struct {
	of    []int32 // by span, None for those without
	items []tallies
	free  []int32
}

func newPool(spans int) *pool {
	p := &pool{of: make([]int32, spans)}
	for i := range p.of {
		p.of[i] = None
	}
	return p
}

// at are the tallies of a span, made if there are none. They are valid until the
// next call.
func (p *pool) at(span int32) *tallies {
	if p.of[span] != None {
		return &p.items[p.of[span]]
	}
	if n := len(p.free); n > 0 {
		p.of[span], p.free = p.free[n-1], p.free[:n-1]
		p.items[p.of[span]] = tallies{}
	} else {
		p.of[span] = int32(len(p.items))
		p.items = append(p.items, tallies{})
	}
	return &p.items[p.of[span]]
}

// moveUp adds the tallies of a span to those of its parent.
func (p *pool) moveUp(span, parent int32) {
	from := p.of[span]
	if p.of[parent] == None {
		p.of[parent] = from
		return
	}
	p.items[p.of[parent]].plus(&p.items[from])
	p.free = append(p.free, from)
}
