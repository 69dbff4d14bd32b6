// SPDX-License-Identifier: Apache-2.0

package agentrun

import (
	"cmp"
	"slices"
)

// plus adds what was counted elsewhere.
func (t *Totals) plus(u *Totals) {
	t.Usage = t.Usage.Plus(u.Usage)
	t.Cost.plus(u.Cost)
	t.ModelCalls += u.ModelCalls
	t.EmbeddingCalls += u.EmbeddingCalls
	t.ToolCalls += u.ToolCalls
	t.FailedCalls += u.FailedCalls
	t.FailedTools += u.FailedTools
	t.ModelTime = plusNano(t.ModelTime, u.ModelTime)
	t.ToolTime = plusNano(t.ToolTime, u.ToolTime)
}

// addCall adds one call.
func (t *Totals) addCall(c *Call) {
	t.Usage = t.Usage.Plus(c.Usage)
	t.Cost.Computed = plusAmount(t.Cost.Computed, c.Computed)
	t.Cost.Reported = plusAmount(t.Cost.Reported, c.Reported)
	if c.Price == "" && !c.Usage.IsZero() {
		t.Cost.Unpriced++
	}
	switch c.Kind {
	case Rest:
		return
	case EmbeddingCall:
		t.EmbeddingCalls++
	default:
		t.ModelCalls++
	}
	t.ModelTime = plusNano(t.ModelTime, c.Duration)
	if c.Failed {
		t.FailedCalls++
	}
}

// addTool adds one call of a tool.
func (t *Totals) addTool(duration int64, failed bool) {
	t.ToolCalls++
	t.ToolTime = plusNano(t.ToolTime, duration)
	if failed {
		t.FailedTools++
	}
}

// addPrices multiplies the tokens of calls.
func (r *rollup) addPrices() {
	type model struct{ provider, name, asked string }
	known := map[model]*price{}
	for i := range r.run.Calls {
		c := &r.run.Calls[i]
		if c.Usage.IsZero() || len(r.prices.entries) == 0 {
			continue
		}
		m := model{c.Provider, c.Model, c.asked}
		p, ok := known[m]
		if !ok {
			p = r.prices.of(m.provider, m.name, m.asked)
			known[m] = p
		}
		if p == nil {
			continue
		}
		if nano, ok := p.cost(c.Usage); ok {
			c.Computed, c.Price = Amount{Currency: p.currency, Nano: nano}, p.pattern
		}
	}
}

// sum adds up the calls of models and tools.
func (r *rollup) sum() {
	s := &summer{r: r, models: map[modelKey]int32{}, agents: map[string]int32{}}
	for i := range r.run.Calls {
		c := &r.run.Calls[i]
		r.run.addCall(c)
		s.model(c).addCall(c)
		s.agent(c.Agent).addCall(c)
		if c.Node != None {
			r.run.Nodes[c.Node].addCall(c)
		}
	}
	for _, at := range r.tools {
		span := r.tree.Nodes[at].Span
		s.addTool(r.nodeOf[at], r.agentNames[r.agents[at]], max(span.Duration(), 0), span.IsError())
	}
	for _, i := range r.toolNodes {
		s.addTool(i, "", r.run.Nodes[i].Duration, r.run.Nodes[i].Failed)
	}
	for i := range r.run.Nodes {
		r.run.Nodes[i].Own = r.run.Nodes[i].Usage
	}
	// Nodes stand before those within them.
	for i := range slices.Backward(r.run.Nodes) {
		if n := &r.run.Nodes[i]; n.Parent != None {
			r.run.Nodes[n.Parent].plus(&n.Totals)
		}
	}
	r.run.ModelWall, r.run.ToolWall = r.modelWall(), r.toolWall()
}

type modelKey struct{ provider, name string }

// A summer divides the totals by model and agent.
type summer struct {
	r      *rollup
	models map[modelKey]int32
	agents map[string]int32
}

func (s *summer) model(c *Call) *Totals {
	key := modelKey{c.Provider, c.Model}
	at, known := s.models[key]
	if !known {
		at = int32(len(s.r.run.Models))
		s.models[key] = at
		s.r.run.Models = append(s.r.run.Models, Model{Provider: c.Provider, Name: c.Model})
	}
	return &s.r.run.Models[at].Totals
}

func (s *summer) agent(name string) *Totals {
	at, known := s.agents[name]
	if !known {
		at = int32(len(s.r.run.Agents))
		s.agents[name] = at
		s.r.run.Agents = append(s.r.run.Agents, Agent{Name: name})
	}
	return &s.r.run.Agents[at].Totals
}

func (s *summer) addTool(node int32, agent string, duration int64, failed bool) {
	s.r.run.addTool(duration, failed)
	s.agent(agent).addTool(duration, failed)
	if node != None {
		s.r.run.Nodes[node].addTool(duration, failed)
	}
}

// An interval is a time from start to end.
type interval struct{ start, end int64 }

func (r *rollup) modelWall() int64 {
	var busy []interval
	for i := range r.run.Calls {
		if c := &r.run.Calls[i]; c.Kind != Rest {
			busy = append(busy, interval{c.Start, plusNano(c.Start, c.Duration)})
		}
	}
	return union(busy)
}

func (r *rollup) toolWall() int64 {
	var busy []interval
	for _, at := range r.tools {
		span := r.tree.Nodes[at].Span
		busy = append(busy, interval{span.Start, plusNano(span.Start, max(span.Duration(), 0))})
	}
	for _, i := range r.toolNodes {
		n := &r.run.Nodes[i]
		busy = append(busy, interval{n.Start, plusNano(n.Start, n.Duration)})
	}
	return union(busy)
}

// union is the length of all intervals together, where they overlap only once.
func union(busy []interval) (length int64) {
	slices.SortFunc(busy, func(a, b interval) int { return cmp.Compare(a.start, b.start) })
	var until int64
	for i, b := range busy {
		if i == 0 {
			until = b.start
		}
		if b.end > until {
			length = plusNano(length, b.end-max(b.start, until))
			until = b.end
		}
	}
	return length
}
