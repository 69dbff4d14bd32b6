// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"sync"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Program is a query that is ready to match. Any number of goroutines may use
// one.
type Program struct {
	from       selector
	stages     []step
	fields     []Field
	columns    []column
	needsTrace bool
	single     func(*scan) bool // if one span can be decided by itself
	scans      sync.Pool
}

// A Match is a set of spans that a trace has for a query.
type Match struct {
	// Spans are the indexes of the spans, in ascending order.
	Spans []int
	// Values are the values of [Program.Fields] for each of the spans, empty where
	// a span has none. Durations and times are in nanoseconds, status and kind are
	// their names; of several values it is a list.
	Values [][]trace.Value
	// By are the values that by( ) divided for, one for each by( ) of the query.
	By []trace.Value
	// Aggregates are what the aggregates of the query came to, in their order.
	Aggregates []float64
}

// Compile makes a program of a query. It fails for trees that [Parse] does not
// make: with operators, literals or fields that do not go together, patterns that
// cannot be compiled, or deeper than [MaxDepth].
func Compile(q *Query) (*Program, error) {
	if err := checkSetDepth(q, MaxDepth+1); err != nil {
		return nil, err
	}
	p := &Program{}
	var c compiler
	var err error
	if p.from, err = c.set(q.From); err != nil {
		return nil, err
	}
	if p.stages, err = c.stages(q.Stages); err != nil {
		return nil, err
	}
	for _, s := range q.Stages {
		if s, ok := s.(Select); ok {
			p.fields = append(p.fields, s.Fields...)
		}
	}
	for _, f := range p.fields {
		p.columns = append(p.columns, c.column(f))
	}
	if one, ok := q.From.(*Spanset); ok && !hasFilters(q.Stages) {
		condition, err := c.where(one)
		if err != nil {
			return nil, err
		}
		p.single = condition.holds
	}
	p.needsTrace = c.needsTrace || p.single == nil
	return p, nil
}

func hasFilters(stages []Stage) bool {
	for _, s := range stages {
		switch s.(type) {
		case Select, Group:
		default:
			return true
		}
	}
	return false
}

// Fields are what the query selects, in the order of [Match.Values].
func (p *Program) Fields() []Field { return p.fields }

// NeedsTrace reports whether a span matches, or what is returned of it, depending
// on other spans of its trace: the query relates or counts spans, or asks for a
// field of the trace.
func (p *Program) NeedsTrace() bool { return p.needsTrace }

// MatchSpan reports whether a span matches. Where [Program.NeedsTrace], it is
// taken for the whole of its trace.
func (p *Program) MatchSpan(s *trace.Span) bool {
	if p.needsTrace {
		return len(p.Match([]trace.Span{*s})) > 0
	}
	at, ok := p.scans.Get().(*scan)
	if !ok {
		at = &scan{}
	}
	at.span = s
	matches := p.single(at)
	*at = scan{}
	p.scans.Put(at)
	return matches
}

// Match is what the spans of one trace have for the query, nil if they do not
// match: one set, or one for each group of by( ). It takes time in proportion to
// the spans, times the conditions of the query.
func (p *Program) Match(spans []trace.Span) []Match {
	r := &run{scan: scan{trace: &facts{spans: spans}}}
	all := make([]int32, len(spans))
	for i := range all {
		all[i] = int32(i)
	}
	groups := r.through(p.stages, group{spans: p.from(r, all)})
	if len(groups) == 0 {
		return nil
	}
	matches := make([]Match, len(groups))
	for i, g := range groups {
		matches[i] = Match{By: g.by, Aggregates: g.aggregates, Spans: make([]int, len(g.spans))}
		for j, at := range g.spans {
			matches[i].Spans[j] = int(at)
		}
		matches[i].Values = r.values(p.columns, g.spans)
	}
	return matches
}

func (r *run) values(columns []column, spans []int32) [][]trace.Value {
	if len(columns) == 0 {
		return nil
	}
	rows := make([][]trace.Value, len(spans))
	for i, at := range spans {
		r.look(at)
		rows[i] = make([]trace.Value, len(columns))
		for j, column := range columns {
			rows[i][j] = column(&r.scan)
		}
	}
	return rows
}

// A run is one trace on its way through a program.
type run struct{ scan scan }

// look turns to a span.
func (r *run) look(at int32) {
	r.scan.at = at
	r.scan.span = &r.scan.trace.spans[at]
}

// A selector picks from spans, given and returned in ascending order.
type selector func(r *run, from []int32) []int32

func (c *compiler) where(s *Spanset) (condition, error) {
	if s.Where == nil {
		return joinAll(nil), nil
	}
	return c.expr(s.Where)
}

func (c *compiler) set(s Set) (selector, error) {
	switch s := s.(type) {
	case *Spanset:
		return c.spanset(s)
	case *Combine:
		return c.combine(s)
	case *Query:
		return c.nested(s)
	}
	return nil, fmt.Errorf("query: a set of type %T", s)
}

func (c *compiler) spanset(s *Spanset) (selector, error) {
	where, err := c.where(s)
	if err != nil {
		return nil, err
	}
	return func(r *run, from []int32) []int32 {
		var picked []int32
		for _, at := range from {
			r.look(at)
			if where.holds(&r.scan) {
				picked = append(picked, at)
			}
		}
		return picked
	}, nil
}

// nested is a pipeline in brackets: what is left of all its groups.
func (c *compiler) nested(q *Query) (selector, error) {
	from, err := c.set(q.From)
	if err != nil {
		return nil, err
	}
	stages, err := c.stages(q.Stages)
	if err != nil {
		return nil, err
	}
	return func(r *run, spans []int32) []int32 {
		var all []int32
		for _, g := range r.through(stages, group{spans: from(r, spans)}) {
			all = union(all, g.spans)
		}
		return all
	}, nil
}

func (c *compiler) combine(s *Combine) (selector, error) {
	left, err := c.set(s.Left)
	if err != nil {
		return nil, err
	}
	right, err := c.set(s.Right)
	if err != nil {
		return nil, err
	}
	switch s.Op {
	case "&&":
		return func(r *run, from []int32) []int32 { return both(left(r, from), right(r, from)) }, nil
	case "||":
		return func(r *run, from []int32) []int32 { return union(left(r, from), right(r, from)) }, nil
	}
	to, prefix, ok := s.Op.split()
	if !ok {
		return nil, fmt.Errorf("query: want an operator between sets, not %q", s.Op)
	}
	return func(r *run, from []int32) []int32 {
		return r.relate(to, prefix, [2][]int32{left(r, from), right(r, from)})
	}, nil
}

// relate picks the spans of the right side that are related to the left, or are
// not, or of both sides those that are related to the other.
func (r *run) relate(to relation, prefix byte, sides [2][]int32) []int32 {
	tree, spans := r.scan.trace.tree(), r.scan.trace.spans
	pick := func(from []int32, is []bool, want bool) (picked []int32) {
		for _, at := range from {
			if is[tree.node[at]] == want {
				picked = append(picked, at)
			}
		}
		return picked
	}
	right := pick(sides[1], tree.related(spans, to, sides[0]), prefix != '!')
	if prefix != '&' {
		return right
	}
	return both(pick(sides[0], tree.related(spans, inverse[to], sides[1]), true), right)
}

// both is the union of two sets, none if one of them is empty.
func both(a, b []int32) []int32 {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	return union(a, b)
}

func union(a, b []int32) []int32 {
	if len(a) == 0 {
		return b
	}
	all := make([]int32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			all, a = append(all, a[0]), a[1:]
		case a[0] > b[0]:
			all, b = append(all, b[0]), b[1:]
		default:
			all, a, b = append(all, a[0]), a[1:], b[1:]
		}
	}
	return append(append(all, a...), b...)
}
