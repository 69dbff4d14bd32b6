// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// measured is what is counted of a series.
type measured struct {
	by     []trace.Value
	spans  uint64
	points map[int64]*source.Point
}

// Statistics implements [source.Meter].
func (s *Source) Statistics(ctx context.Context, r *source.StatisticsSearch) (*source.Statistics, error) {
	all := map[string]*measured{}
	spans := 0
	whole := r.Range.Minutes()
	err := s.selected(ctx, r.Query, r.Range, r.By, func(at *trace.Span, values []trace.Value) {
		spans++
		k := textOf(values)
		if all[k] == nil {
			all[k] = &measured{by: values, points: map[int64]*source.Point{}}
		}
		all[k].spans++
		all[k].add(whole.Step(at.Start, r.Step), at)
	})
	if err != nil {
		return nil, err
	}
	list := sorted(all, func(a, b measured) int {
		return cmp.Or(cmp.Compare(b.spans, a.spans), source.CompareValues(a.by, b.by))
	})
	out := &source.Statistics{Effort: source.Effort{Spans: spans}}
	if r.Limit > 0 && len(list) > r.Limit {
		out.More = len(list) - r.Limit
		list = list[:r.Limit]
	}
	for _, m := range list {
		out.Series = append(out.Series, source.Series{By: m.by, Points: sorted(m.points, func(a, b source.Point) int { return cmp.Compare(a.Time, b.Time) })})
	}
	return out, nil
}

// textOf tells lists of values apart.
func textOf(values []trace.Value) string {
	var b []byte
	for _, v := range values {
		b = append(b, byte('0'+v.Kind()), ':')
		b = append(append(b, v.String()...), 0)
	}
	return string(b)
}

func (m *measured) add(time int64, s *trace.Span) {
	p := m.points[time]
	if p == nil {
		p = &source.Point{Time: time}
		m.points[time] = p
	}
	p.Count++
	p.Errors += failed(s)
	p.Sum += float64(s.Duration())
	p.Durations.Add(s.Duration(), 1)
}

// Edges implements [source.Meter].
func (s *Source) Edges(ctx context.Context, r source.Range) ([]source.Edge, error) {
	type key struct {
		caller, callee string
		kind           trace.Kind
	}
	r = r.Minutes()
	counts := map[key]*source.Edge{}
	var summer digest.Summer
	err := s.each(ctx, func(e *entry) {
		spans := digests(e.trace.Spans)
		summer.Calls(spans, 0, func(parent, child int) {
			c := &spans[child]
			if !r.Contains(c.Start) {
				return
			}
			k := key{spans[parent].Service, c.Service, c.Kind}
			if counts[k] == nil {
				counts[k] = &source.Edge{Caller: k.caller, Callee: k.callee, Kind: k.kind}
			}
			edge := counts[k]
			edge.Count++
			if c.Status == trace.Error {
				edge.Errors++
			}
			edge.Sum += float64(c.Duration)
			edge.Durations.Add(c.Duration, 1)
		})
	})
	return sorted(counts, func(a, b source.Edge) int {
		return cmp.Or(strings.Compare(a.Caller, b.Caller), strings.Compare(a.Callee, b.Callee), cmp.Compare(a.Kind, b.Kind))
	}), err
}

// Logs implements [source.Source].
func (s *Source) Logs(ctx context.Context, r *source.LogSearch) (*source.LogPage, error) {
	s.mu.RLock()
	logs := s.logs
	s.mu.RUnlock()
	type found struct {
		log *trace.Log
		at  source.Position
	}
	var all []found
	same := map[int64]int{} // how many there are of a time
	for i := range logs {
		if l := &logs[i]; matchesLog(r, l) {
			t := source.LogTime(l)
			all = append(all, found{l, source.Position{Key: t, Skip: same[t]}})
			same[t]++
		}
	}
	slices.SortFunc(all, func(a, b found) int { return r.Order.Compare(a.at, b.at) })
	page := &source.LogPage{}
	all, page.Next = cut(all, &source.Search{Order: r.Order, Limit: r.Limit, After: r.After}, func(f found) source.Position { return f.at })
	for _, f := range all {
		page.Logs = append(page.Logs, *f.log)
	}
	return page, ctx.Err()
}

func matchesLog(r *source.LogSearch, l *trace.Log) bool {
	switch {
	case !r.Range.Contains(source.LogTime(l)),
		!r.Span.IsZero() && l.SpanID != r.Span,
		l.Severity < r.MinSeverity,
		!strings.Contains(strings.ToLower(l.Body.String()), strings.ToLower(r.Contains)):
		return false
	case r.Traces == nil && r.Session == "":
		return true
	}
	return slices.Contains(r.Traces, l.TraceID) || r.Session != "" && inSession(l, r.Session)
}

func inSession(l *trace.Log, session string) bool {
	return slices.ContainsFunc(source.SessionKeys(), func(key string) bool {
		v, _ := trace.Lookup(l.Attributes, key)
		return v.Kind() != trace.EmptyValue && v.String() == session
	})
}
