// SPDX-License-Identifier: Apache-2.0

// Package digest sums a trace up in the few figures that lists show, from the few
// fields of its spans that they depend on. A store keeps the figures, so that a
// list reads no spans.
package digest

import (
	"bytes"
	"cmp"
	"math"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Span is what is to be known of one.
type Span struct {
	ID, Parent    trace.SpanID
	Start         int64
	Duration      int64 // as [trace.Span.Duration] has it
	Service, Name string
	Kind          trace.Kind
	Status        trace.StatusCode
	Tokens        Tokens
}

// Tokens are what a span says it used; all are 0 if it says nothing.
type Tokens struct {
	Input  int64 `json:"input"`
	Output int64 `json:"output"`
	Total  int64 `json:"total"`
}

// of is t with its total, if that is not said.
func (t Tokens) of() Tokens {
	if t.Total == 0 {
		t.Total = t.Input + t.Output
	}
	return t
}

func (t *Tokens) add(u Tokens) {
	t.Input, t.Output, t.Total = t.Input+u.Input, t.Output+u.Output, t.Total+u.Total
}

// MaxTokens is the largest count that is believed of one span; what is beyond
// counts as missing.
const MaxTokens = 1 << 40

// A Summary is a trace in a few figures. Times are in nanoseconds.
type Summary struct {
	TraceID trace.TraceID `json:"traceId"`
	Start   int64         `json:"start"` // the first start
	End     int64         `json:"end"`   // the last end
	// Root is the earliest span without a parent, or if there is none the earliest
	// whose parent is missing.
	Root Place `json:"root"`
	// Entry is the first span that was called, a server or a consumer: below a root
	// without parent rather than with a missing one, then the shallowest, then the
	// earliest. It is the zero Place if there is none.
	Entry Place `json:"entry"`
	// Whole says that there is a span without a parent, and no parent is missing.
	Whole   bool `json:"whole"`
	Spans   int  `json:"spans"`
	Errors  int  `json:"errors"`
	Orphans int  `json:"orphans"` // spans whose parent is missing
	Levels  int  `json:"levels"`  // spans on the longest way down from a root
	Logs    int  `json:"logs"`

	Services []Service `json:"services"` // in the order in which they first occur
	// Tokens are those of spans that say how many they used, without those below
	// which others say so too: an agent repeats what its calls used.
	Tokens   Tokens   `json:"tokens"`
	Identity Identity `json:"identity"`
}

// Duration is how long the trace took: at least 0, and never more than fits.
func (s *Summary) Duration() int64 {
	if d := s.End - s.Start; d >= 0 {
		return d
	}
	if s.End < s.Start {
		return 0
	}
	return math.MaxInt64
}

// A Place is a span of a trace.
type Place struct {
	ID      trace.SpanID `json:"id"`
	Service string       `json:"service"`
	Name    string       `json:"name"`
	Kind    trace.Kind   `json:"kind"`
}

// A Service is one's part of a trace.
type Service struct {
	Name   string `json:"name"`
	Spans  int    `json:"spans"`
	Errors int    `json:"errors"`
}

// Identity is whose trace it is: the first of each value that a span has.
type Identity struct {
	SID          string `json:"sid,omitempty"`          // of the session: sid, session.id
	ChatID       string `json:"chatId,omitempty"`       // chat_id
	Conversation string `json:"conversation,omitempty"` // gen_ai.conversation.id and its like
	UID          string `json:"uid,omitempty"`          // uid
}

// Fill takes what i has not from another one.
func (i *Identity) Fill(o Identity) {
	i.SID, i.ChatID = cmp.Or(i.SID, o.SID), cmp.Or(i.ChatID, o.ChatID)
	i.Conversation, i.UID = cmp.Or(i.Conversation, o.Conversation), cmp.Or(i.UID, o.UID)
}

// A Summer sums traces up. It can be used again, for one goroutine at a time; its
// zero value is ready.
type Summer struct {
	spans  []Span
	index  map[trace.SpanID]int32
	parent []int32 // none: it has none; lost: it is missing
	depth  []int32 // 0: not known
	top    []int32 // the root above
	path   []int32
	below  []bool // of spans that say how many tokens they used: others below do too
}

const (
	none int32 = -1
	lost int32 = -2
)

// Sum sums up the spans of one trace. It leaves TraceID, Logs and Identity empty.
func (m *Summer) Sum(spans []Span) Summary {
	m.load(spans)
	s := Summary{Start: math.MaxInt64, End: math.MinInt64, Spans: len(spans)}
	if len(spans) == 0 {
		return Summary{}
	}
	m.descend()
	for i := range spans {
		sp := &spans[i]
		s.Start, s.End = min(s.Start, sp.Start), max(s.End, end(sp))
		s.service(sp)
		if m.parent[i] == lost {
			s.Orphans++
		}
		s.Levels = max(s.Levels, int(m.depth[i]))
	}
	s.tokens(m)
	s.places(m)
	return s
}

// end is when a span ended, as far as there are times.
func end(s *Span) int64 {
	e := s.Start + s.Duration
	switch {
	case s.Duration > 0 && e < s.Start:
		return math.MaxInt64
	case s.Duration < 0 && e > s.Start:
		return math.MinInt64
	}
	return e
}

func (s *Summary) service(sp *Span) {
	failed := 0
	if sp.Status == trace.Error {
		failed = 1
	}
	s.Errors += failed
	for i := range s.Services {
		if s.Services[i].Name == sp.Service {
			s.Services[i].Spans++
			s.Services[i].Errors += failed
			return
		}
	}
	s.Services = append(s.Services, Service{sp.Service, 1, failed})
}

// load finds the parents.
func (m *Summer) load(spans []Span) {
	m.spans = spans
	if m.index == nil {
		m.index = map[trace.SpanID]int32{}
	}
	clear(m.index)
	for i := range spans {
		if _, twice := m.index[spans[i].ID]; !twice {
			m.index[spans[i].ID] = int32(i)
		}
	}
	m.parent = m.parent[:0]
	for i := range spans {
		m.parent = append(m.parent, m.find(&spans[i]))
	}
}

func (m *Summer) find(s *Span) int32 {
	if s.Parent.IsZero() {
		return none
	}
	if at, ok := m.index[s.Parent]; ok {
		return at
	}
	return lost
}

// descend finds depths, counted from 1, and the roots above. A cycle of parents is
// cut where it is first entered.
func (m *Summer) descend() {
	m.depth, m.top = m.depth[:0], m.top[:0]
	for range m.spans {
		m.depth, m.top = append(m.depth, 0), append(m.top, none)
	}
	const onPath = -1
	for i := range m.spans {
		m.path = m.path[:0]
		at := int32(i)
		for at >= 0 && m.depth[at] == 0 {
			m.depth[at] = onPath
			m.path = append(m.path, at)
			at = m.parent[at]
		}
		depth, top := int32(0), none
		if at >= 0 && m.depth[at] > 0 {
			depth, top = m.depth[at], m.top[at]
		}
		for j := len(m.path) - 1; j >= 0; j-- {
			depth++
			if top == none {
				top = m.path[j]
			}
			m.depth[m.path[j]], m.top[m.path[j]] = depth, top
		}
	}
}

// tokens adds up what is not repeated above.
func (s *Summary) tokens(m *Summer) {
	m.below = m.below[:0]
	for range m.spans {
		m.below = append(m.below, false)
	}
	for i := range m.spans {
		if m.spans[i].Tokens == (Tokens{}) {
			continue
		}
		for at, left := m.parent[i], m.depth[i]; at >= 0 && left > 1 && !m.below[at]; at, left = m.parent[at], left-1 {
			m.below[at] = true
		}
	}
	for i := range m.spans {
		if !m.below[i] {
			s.Tokens.add(m.spans[i].Tokens.of())
		}
	}
}

// places finds root and entry.
func (s *Summary) places(m *Summer) {
	root, entry := int32(0), none
	for i := range m.spans {
		at := int32(i)
		if m.compareRoots(at, root) < 0 {
			root = at
		}
		if m.spans[i].Kind.IsCalled() && (entry == none || m.compareEntries(at, entry) < 0) {
			entry = at
		}
	}
	s.Root = m.place(root)
	s.Whole = m.parent[root] == none && s.Orphans == 0
	if entry != none {
		s.Entry = m.place(entry)
	}
}

// compareRoots puts spans without parent first, then those whose parent is
// missing, then all others.
func (m *Summer) compareRoots(a, b int32) int {
	return cmp.Or(cmp.Compare(m.rank(a), m.rank(b)), m.compare(a, b))
}

func (m *Summer) rank(i int32) int32 {
	switch m.parent[i] {
	case none:
		return 0
	case lost:
		return 1
	}
	return 2
}

func (m *Summer) compareEntries(a, b int32) int {
	return cmp.Or(cmp.Compare(m.rank(m.top[a]), m.rank(m.top[b])), cmp.Compare(m.depth[a], m.depth[b]), m.compare(a, b))
}

func (m *Summer) compare(a, b int32) int {
	s, t := &m.spans[a], &m.spans[b]
	return cmp.Or(cmp.Compare(s.Start, t.Start), bytes.Compare(s.ID[:], t.ID[:]))
}

func (m *Summer) place(i int32) Place {
	s := &m.spans[i]
	return Place{s.ID, s.Service, s.Name, s.Kind}
}

// Calls calls yield with the spans of a trace and their parents, as places in
// spans, where the two belong to different services, and at least one of them
// stands at from or behind it.
func (m *Summer) Calls(spans []Span, from int, yield func(parent, child int)) {
	m.load(spans)
	for i, p := range m.parent {
		if p >= 0 && (i >= from || int(p) >= from) && spans[i].Service != spans[p].Service {
			yield(int(p), i)
		}
	}
}
