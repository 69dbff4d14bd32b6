// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A source makes random traces and queries out of few keys and values, so that
// many of them match.
type source struct{ *rand.Rand }

func pick[T any](r source, from ...T) T { return from[r.IntN(len(from))] }

func (r source) keys() string {
	return pick(r, "a", "b", "sid", "gen_ai.request.model", "service.name", "tool.name")
}

func (r source) text() string { return pick(r, "x", "y", "5", "05", "", "true", "a b") }

func (r source) value() trace.Value {
	return value(pick[any](r, r.text(), r.text(), 5, 7, 5.0, 2.5, true, false, []any{"x", 5}, []any{}, nil, []byte("x")))
}

func (r source) attributes() (attrs []trace.KeyValue) {
	for range r.IntN(4) {
		attrs = append(attrs, trace.KeyValue{Key: r.keys(), Value: r.value()})
	}
	return attrs
}

func (r source) trace() []trace.Span {
	spans := make([]trace.Span, 1+r.IntN(4))
	for i := range spans {
		s := &spans[i]
		s.TraceID, s.ID, s.Parent = trace.TraceID{15: 1}, spanID(1+r.IntN(4)), spanID(r.IntN(5))
		s.Name, s.Kind, s.Status.Code = r.text(), trace.Kind(r.IntN(6)), trace.StatusCode(r.IntN(3))
		s.Start = int64(r.IntN(3))
		s.End = s.Start + pick(r, int64(0), 1, 1e9, 2e9, -1)
		s.Attributes = r.attributes()
		if r.IntN(3) > 0 {
			s.Resource = &trace.Resource{Attributes: r.attributes()}
			s.Scope = &trace.Scope{Name: r.text(), Attributes: r.attributes()}
		}
		for range r.IntN(3) {
			s.Events = append(s.Events, trace.Event{Name: r.text(), Attributes: r.attributes()})
			s.Links = append(s.Links, trace.Link{TraceID: trace.TraceID{15: byte(r.IntN(2))}, SpanID: spanID(r.IntN(3)), Attributes: r.attributes()})
		}
	}
	return spans
}

func (r source) field(scopes ...query.Scope) query.Field {
	return query.Field{Scope: pick(r, scopes...), Name: r.keys()}
}

func (r source) number() any {
	return pick[any](r, int64(5), int64(7), 5.0, 2.5, 5*time.Nanosecond, time.Second, -1.5)
}

func (r source) ordering() query.Op {
	return pick(r, query.Eq, query.Ne, query.Gt, query.Gte, query.Lt, query.Lte)
}

// comparison is one that is allowed, of attributes of some scopes, or if these
// are those of spans also of what else a span has.
func (r source) comparison(scopes ...query.Scope) query.Expr {
	f := r.field(scopes...)
	if scopes[0] == query.Unscoped && r.IntN(2) == 0 {
		return r.ofIntrinsic()
	}
	switch r.IntN(8) {
	case 0:
		return compare(f, query.Exists)
	case 1:
		return query.Not{Expr: compare(f, query.Exists)}
	case 2:
		return compare(f, pick(r, query.Eq, query.Ne), r.IntN(2) == 0)
	case 3:
		return compare(f, query.In, r.text(), r.number(), true)
	case 4, 5:
		return compare(f, r.ordering(), r.number())
	}
	return r.ofText(f)
}

func (r source) ofText(f query.Field) query.Expr {
	switch r.IntN(4) {
	case 0:
		return compare(f, pick(r, query.Regex, query.NotRegex), pick(r, "x|y", ".*", "5", "[xy]", "a.b", ""))
	case 1:
		return compare(f, query.Like, pick(r, "*", "x", "?", "a*", "*5", `\*`))
	case 2:
		return compare(f, query.In, r.text(), r.text())
	}
	return compare(f, pick(r, query.Eq, query.Ne), r.text())
}

func (r source) ofIntrinsic() query.Expr {
	f := intrinsic(pick(r, "name", "service", "session", "model", "tool", "any", "rootName", "status", "kind", "duration", "error",
		"span:id", "trace:id", "span:childCount", "tokens", "traceDuration", "link:spanID", "event:name"))
	switch f.Name {
	case "status":
		return compare(f, pick(r, query.Eq, query.Ne, query.In), trace.StatusCode(r.IntN(3)))
	case "kind":
		return compare(f, query.In, trace.Kind(r.IntN(6)), trace.Server)
	case "error":
		return compare(f, pick(r, query.Eq, query.Ne), r.IntN(2) == 0)
	case "duration", "traceDuration":
		return compare(f, r.ordering(), pick[any](r, time.Second, 2*time.Second, int64(1), 1.5, 1e18, -time.Second, time.Duration(0)))
	case "span:childCount", "tokens":
		return compare(f, r.ordering(), int64(r.IntN(3)))
	case "span:id", "trace:id", "link:spanID":
		return compare(f, pick(r, query.Eq, query.Ne, query.In), pick(r, "1", "0000000000000002", "x", ""))
	}
	return r.ofText(f)
}

// expr is a tree as [query.Parse] makes them: nothing is joined within the same.
func (r source) expr(depth int, scopes ...query.Scope) query.Expr {
	if depth == 0 || r.IntN(3) == 0 {
		return r.comparison(scopes...)
	}
	var parts []query.Expr
	for range 2 + r.IntN(2) {
		parts = append(parts, r.expr(depth-1, scopes...))
	}
	switch r.IntN(5) {
	case 0, 1:
		joined := query.And{}
		for _, p := range parts {
			if inner, ok := p.(query.And); ok {
				joined = append(joined, inner...)
			} else {
				joined = append(joined, p)
			}
		}
		return joined
	case 2, 3:
		joined := query.Or{}
		for _, p := range parts {
			if inner, ok := p.(query.Or); ok {
				joined = append(joined, inner...)
			} else {
				joined = append(joined, p)
			}
		}
		return joined
	}
	if scopes[0] == query.Unscoped && r.IntN(2) == 0 {
		return query.Some{Expr: r.expr(depth-1, pick(r, query.Event, query.Link))}
	}
	return query.Not{Expr: parts[0]}
}

func (r source) set(depth int) query.Set {
	if depth == 0 || r.IntN(2) == 0 {
		return &query.Spanset{Where: r.expr(3, query.Unscoped, query.Span, query.Resource, query.Instrumentation, query.Event, query.Link)}
	}
	if r.IntN(5) == 0 {
		return &query.Query{From: r.set(depth - 1), Stages: []query.Stage{r.aggregate()}}
	}
	op := pick[query.SetOp](r, "&&", "||", ">>", ">", "<<", "<", "~", "&>>", "&~", "!>>", "!<")
	return &query.Combine{Op: op, Left: r.set(depth - 1), Right: r.set(depth - 1)}
}

func (r source) aggregate() query.Aggregate {
	if r.IntN(2) == 0 {
		return query.Aggregate{Func: "count", Op: r.ordering(), Value: int64(1)}
	}
	f := pick(r, intrinsic("duration"), attr("a"), query.Field{Scope: query.Event, Name: "b"})
	return query.Aggregate{Func: pick(r, "avg", "min", "max", "sum"), Field: f, Op: r.ordering(), Value: r.number()}
}

func (r source) query() *query.Query {
	q := &query.Query{From: r.set(2)}
	for r.IntN(3) == 0 {
		q.Stages = append(q.Stages, pick[query.Stage](r,
			r.aggregate(), query.Group{By: attr("a")}, query.Select{Fields: []query.Field{attr("a"), intrinsic("name")}}, r.set(0)))
	}
	return q
}

// TestRandomQueries wants queries to be read as they are written, and their hints
// to let through every trace that matches.
func TestRandomQueries(t *testing.T) {
	matched, ruledOut, notMatched := 0, 0, 0
	for seed := range uint64(3000) {
		r := source{rand.New(rand.NewPCG(seed, 7))}
		q := r.query()
		requireStable(t, q)
		p, err := query.Compile(q)
		require.NoError(t, err, q.String())
		h := q.Hints()
		require.Equal(t, p.NeedsTrace(), h.WholeTrace, q.String())
		for range 10 {
			spans := r.trace()
			admits := h.Admits(spans)
			if p.Match(spans) != nil {
				matched++
				require.True(t, admits, "%s\n%+v\n%+v", q, h, spans)
			} else if notMatched++; !admits {
				ruledOut++
			}
			if !p.NeedsTrace() {
				requireSame(t, p, spans)
			}
		}
	}
	assert.Greater(t, matched, 2500, "too few of the queries match to say anything")
	assert.Greater(t, ruledOut, 2500, "hints rule out too little, of %d", notMatched)
}

// requireSame wants spans to match in their trace as they do by themselves.
func requireSame(t *testing.T, p *query.Program, spans []trace.Span) {
	t.Helper()
	in := map[int]bool{}
	for _, m := range p.Match(spans) {
		for _, i := range m.Spans {
			in[i] = true
		}
	}
	for i := range spans {
		require.Equal(t, in[i], p.MatchSpan(&spans[i]))
	}
}

// slowlyHolds joins what single comparisons say, one after the other.
func slowlyHolds(t *testing.T, e query.Expr, s *trace.Span) bool {
	t.Helper()
	switch e := e.(type) {
	case query.And:
		for _, part := range e {
			if !slowlyHolds(t, part, s) {
				return false
			}
		}
		return true
	case query.Or:
		for _, part := range e {
			if slowlyHolds(t, part, s) {
				return true
			}
		}
		return false
	case query.Not:
		return !slowlyHolds(t, e.Expr, s)
	}
	p, err := query.Compile(query.Where(e))
	require.NoError(t, err)
	return p.MatchSpan(s)
}

func TestConditionsAreJoinedAsTheyMean(t *testing.T) {
	for seed := range uint64(500) {
		r := source{rand.New(rand.NewPCG(seed, 9))}
		e := r.expr(4, query.Span, query.Resource)
		p, err := query.Compile(query.Where(e))
		require.NoError(t, err)
		for _, s := range r.trace() {
			require.Equal(t, slowlyHolds(t, e, &s), p.MatchSpan(&s), "%s: %+v", query.Where(e), s)
		}
	}
}

// TestGroupsAreAboutOneEvent wants && over events to be what some( ) says.
func TestGroupsAreAboutOneEvent(t *testing.T) {
	holds := 0
	for seed := range uint64(2000) {
		r := source{rand.New(rand.NewPCG(seed, 11))}
		a, b := compare(r.field(query.Event), query.Ne, r.text()), r.ofText(r.field(query.Event))
		joined, err := query.Compile(query.Where(query.And{a, b}))
		require.NoError(t, err)
		for _, s := range r.trace() {
			want := false
			for _, event := range s.Events {
				one := trace.Span{Events: []trace.Event{event}}
				want = want || slowlyHolds(t, query.And{a, b}, &one)
			}
			require.Equal(t, want, joined.MatchSpan(&s), "%s: %+v", query.Where(query.And{a, b}), s)
			if want {
				holds++
			}
		}
	}
	assert.Greater(t, holds, 20)
}
