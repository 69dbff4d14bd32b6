// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// spans calls yield with all spans that begin in the minutes of a range.
func (s *Source) spans(ctx context.Context, r source.Range, yield func(*trace.Span)) error {
	r = r.Minutes()
	return s.each(ctx, func(e *entry) {
		for i := range e.trace.Spans {
			if at := &e.trace.Spans[i]; r.Contains(at.Start) {
				yield(at)
			}
		}
	})
}

// Services implements [source.Catalog].
func (s *Source) Services(ctx context.Context, r source.Range) ([]source.Service, error) {
	counts := map[string]*source.Service{}
	err := s.spans(ctx, r, func(at *trace.Span) {
		c := counts[at.Service()]
		if c == nil {
			c = &source.Service{Name: at.Service()}
			counts[c.Name] = c
		}
		c.Spans++
		c.Errors += failed(at)
	})
	return sorted(counts, func(a, b source.Service) int { return strings.Compare(a.Name, b.Name) }), err
}

func failed(s *trace.Span) uint64 {
	if s.IsError() {
		return 1
	}
	return 0
}

func sorted[K comparable, V any](counts map[K]*V, compare func(a, b V) int) []V {
	list := make([]V, 0, len(counts))
	for _, c := range counts {
		list = append(list, *c)
	}
	slices.SortFunc(list, compare)
	return list
}

// Operations implements [source.Catalog].
func (s *Source) Operations(ctx context.Context, r *source.OperationSearch) ([]source.Operation, error) {
	type key struct {
		service, name string
		kind          trace.Kind
	}
	counts := map[key]*source.Operation{}
	err := s.spans(ctx, r.Range, func(at *trace.Span) {
		k := key{at.Service(), at.Name, at.Kind}
		if r.Services != nil && !slices.Contains(r.Services, k.service) || r.Kinds != nil && !slices.Contains(r.Kinds, k.kind) {
			return
		}
		c := counts[k]
		if c == nil {
			c = &source.Operation{Service: k.service, Name: k.name, Kind: k.kind}
			counts[k] = c
		}
		c.Spans++
		c.Errors += failed(at)
	})
	return sorted(counts, func(a, b source.Operation) int {
		return cmp.Or(strings.Compare(a.Service, b.Service), strings.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind))
	}), err
}

// Keys implements [source.Catalog].
func (s *Source) Keys(ctx context.Context, r *source.KeySearch) ([]source.Key, error) {
	counts := map[query.Field]*source.Key{}
	contains := strings.ToLower(r.Contains)
	err := s.spans(ctx, r.Range, func(at *trace.Span) {
		eachAttribute(at, func(scope query.Scope, kv *trace.KeyValue) {
			f := query.Field{Scope: scope, Name: kv.Key}
			c := counts[f]
			switch {
			case r.Scopes != nil && !slices.Contains(r.Scopes, scope), !strings.Contains(strings.ToLower(kv.Key), contains):
				return
			case c == nil:
				c = &source.Key{Field: f}
				counts[f] = c
			}
			c.Values++
			if at, found := slices.BinarySearch(c.Kinds, kv.Value.Kind()); !found {
				c.Kinds = slices.Insert(c.Kinds, at, kv.Value.Kind())
			}
		})
	})
	return sorted(counts, func(a, b source.Key) int {
		return cmp.Or(cmp.Compare(a.Field.Scope, b.Field.Scope), strings.Compare(a.Field.Name, b.Field.Name))
	}), err
}

// eachAttribute calls yield with the attributes of a span and of what belongs to
// it.
func eachAttribute(s *trace.Span, yield func(query.Scope, *trace.KeyValue)) {
	all := func(scope query.Scope, attrs []trace.KeyValue) {
		for i := range attrs {
			yield(scope, &attrs[i])
		}
	}
	all(query.Span, s.Attributes)
	if s.Resource != nil {
		all(query.Resource, s.Resource.Attributes)
	}
	if s.Scope != nil {
		all(query.Instrumentation, s.Scope.Attributes)
	}
	for i := range s.Events {
		all(query.Event, s.Events[i].Attributes)
	}
	for i := range s.Links {
		all(query.Link, s.Links[i].Attributes)
	}
}

// valueKey is a value as a key of maps.
type valueKey struct {
	kind trace.ValueKind
	text string
}

// Values implements [source.Catalog].
func (s *Source) Values(ctx context.Context, r *source.ValueSearch) (*source.Values, error) {
	out := &source.Values{}
	counts := map[valueKey]*source.ValueCount{}
	contains := strings.ToLower(r.Contains)
	err := s.selected(ctx, r.Query, r.Range, []query.Field{r.Field}, func(_ *trace.Span, values []trace.Value) {
		out.Spans++
		if values[0].Kind() == trace.EmptyValue {
			return
		}
		out.Having++
		for _, v := range elements(values[0]) {
			if !strings.Contains(strings.ToLower(v.String()), contains) {
				continue
			}
			k := valueKey{v.Kind(), v.String()}
			if counts[k] == nil {
				counts[k] = &source.ValueCount{Value: v}
			}
			counts[k].Count++
		}
	})
	out.List = sorted(counts, func(a, b source.ValueCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), source.CompareValues([]trace.Value{a.Value}, []trace.Value{b.Value}))
	})
	out.Distinct.Count = len(out.List)
	out.List = out.List[:min(len(out.List), r.Limit)]
	out.Effort.Spans = int(out.Spans)
	return out, err
}

// elements are the different elements of a list, or the value that is none.
func elements(v trace.Value) []trace.Value {
	if v.Kind() != trace.ListValue {
		return []trace.Value{v}
	}
	var all []trace.Value
	seen := map[valueKey]bool{}
	for _, e := range v.Elements() {
		if k := (valueKey{e.Kind(), e.String()}); !seen[k] {
			seen[k] = true
			all = append(all, e)
		}
	}
	return all
}

// selected calls yield with the spans that match, in the minutes of a range, and
// their values of fields.
func (s *Source) selected(ctx context.Context, q *query.Query, r source.Range, fields []query.Field, yield func(*trace.Span, []trace.Value)) error {
	r = r.Minutes()
	m, err := newMatcher(selecting(q, fields))
	if err != nil {
		return err
	}
	return s.each(ctx, func(e *entry) {
		m.spans(e.trace.Spans, func(i int, values []trace.Value) {
			if at := &e.trace.Spans[i]; r.Contains(at.Start) {
				yield(at, values[max(len(values)-len(fields), 0):])
			}
		})
	})
}

// selecting is the query that selects fields as well, behind those that it selects.
func selecting(q *query.Query, fields []query.Field) *query.Query {
	if q == nil {
		q = query.Where(nil)
	}
	if len(fields) == 0 {
		return q
	}
	return &query.Query{From: q.From, Stages: append(slices.Clip(slices.Clone(q.Stages)), query.Select{Fields: fields})}
}
