// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/store/sketch"
	"github.com/sidetrace/sidetrace/desk/store/table"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// minutes are those that a range touches, from the first on until before the end.
type minutes struct{ first, end segment.Minute }

// minutesOf widens a range to whole minutes. A range without end ends with the last
// minute that there is.
func minutesOf(r TimeRange) minutes {
	m := minutes{segment.MinuteOf(r.From), segment.MinuteOf(1<<63-1) + 1}
	if r.To != 0 {
		m.end = segment.MinuteOf(r.To-1) + 1
	}
	return m
}

func (m minutes) has(t segment.Minute) bool { return t >= m.first && t < m.end }

// asRange is the minutes as a range.
func (m minutes) asRange() TimeRange {
	r := TimeRange{From: m.first.Start()}
	if m.end <= segment.MinuteOf(1<<63-1) {
		r.To = m.end.Start()
	}
	return r
}

// eachStats calls yield with what is known of the head and of each segment that has
// spans in the minutes.
func (v *view) eachStats(m minutes, yield func(*segment.Stats)) {
	for _, g := range v.segments {
		if g.Manifest.Spans == 0 || segment.MinuteOf(g.Manifest.Start) >= m.end || segment.MinuteOf(g.Manifest.End) < m.first {
			continue
		}
		st, err := g.Stats()
		if err != nil {
			v.warn(err)
			continue
		}
		yield(st)
	}
	yield(v.headStats())
}

// headStats counts what is in the head. It is kept until the head changes.
func (v *view) headStats() *segment.Stats {
	v.store.statsMu.Lock()
	defer v.store.statsMu.Unlock()
	if v.store.headStats != nil && v.store.headStatsOf == v.head {
		return v.store.headStats
	}
	var s segment.Statistician
	for i := range v.head.traces {
		p := &v.head.traces[i]
		spans := make([]digest.Span, len(p.spans))
		for j := range p.spans {
			spans[j] = p.spans[j].Digest()
			s.Span(&spans[j])
		}
		from := 0
		if p.continued {
			earlier, err := partIn(v.segments, p.id)
			if err != nil {
				v.warn(err)
			}
			if earlier != nil {
				spans, from = slices.Concat(earlier.Spans, spans), len(earlier.Spans)
			}
		}
		s.Calls(spans, from)
	}
	v.store.headStats, v.store.headStatsOf = s.Stats(), v.head
	return v.store.headStats
}

// measure adds durations up.
type measure struct {
	Measure
	sum sketch.Sum
}

func (m *measure) add(sum float64, errors uint64, d *sketch.Sketch) {
	m.Calls += d.Count()
	m.Errors += errors
	m.Sum += sum
	m.sum.Add(d)
}

func (m *measure) done() Measure {
	m.Durations = m.sum.Sketch()
	return m.Measure
}

// Services are those that spans started in, by their names. The range is widened to
// whole minutes.
func (s *Store) Services(ctx context.Context, r TimeRange) ([]ServiceInfo, error) {
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	type operation struct {
		service, name string
		kind          trace.Kind
	}
	type counts struct{ spans, errors uint64 }
	m, all := minutesOf(r), map[operation]counts{}
	v.eachStats(m, func(st *segment.Stats) {
		for i := range st.Operations {
			o := &st.Operations[i]
			if !m.has(o.Minute) {
				continue
			}
			k := operation{o.Service, o.Name, o.Kind}
			c, n := all[k], o.Durations.Count()
			c.spans += n
			if o.Status == trace.Error {
				c.errors += n
			}
			all[k] = c
		}
	})
	services := map[string]*ServiceInfo{}
	for k, c := range all {
		info := services[k.service]
		if info == nil {
			info = &ServiceInfo{Name: k.service}
			services[k.service] = info
		}
		info.Spans += c.spans
		info.Errors += c.errors
		info.Operations = append(info.Operations, OperationInfo{k.name, k.kind, c.spans, c.errors})
	}
	out := make([]ServiceInfo, 0, len(services))
	for _, name := range slices.Sorted(maps.Keys(services)) {
		info := services[name]
		slices.SortFunc(info.Operations, func(a, b OperationInfo) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind))
		})
		out = append(out, *info)
	}
	return out, ctx.Err()
}

// statisticKey is what statistics are kept by.
type statisticKey struct {
	service, operation string
	kind               trace.Kind
}

// Statistics count the spans that started in a range, by service and operation.
func (s *Store) Statistics(ctx context.Context, r StatisticsRequest) (*Statistics, error) {
	if r.Step < 0 || r.Step%time.Minute != 0 {
		return nil, &RequestError{fmt.Errorf("step %s: want whole minutes", r.Step)}
	}
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	m := minutesOf(r.Range)
	totals, points := map[statisticKey]*measure{}, map[statisticKey]map[segment.Minute]*measure{}
	step := segment.Minute(r.Step / time.Minute)
	v.eachStats(m, func(st *segment.Stats) {
		for i := range st.Operations {
			o := &st.Operations[i]
			if !m.has(o.Minute) || r.Service != "" && o.Service != r.Service || r.Operation != "" && o.Name != r.Operation {
				continue
			}
			k := statisticKey{o.Service, o.Name, o.Kind}
			addOperation(totals, k, o)
			if step > 0 {
				if points[k] == nil {
					points[k] = map[segment.Minute]*measure{}
				}
				addOperation(points[k], floor(o.Minute, step), o)
			}
		}
	})
	out := &Statistics{Range: m.asRange(), Series: make([]Statistic, 0, len(totals))}
	for k, t := range totals {
		st := Statistic{Service: k.service, Operation: k.operation, Kind: k.kind, Measure: t.done()}
		for _, at := range slices.Sorted(maps.Keys(points[k])) {
			st.Points = append(st.Points, Point{at.Start(), points[k][at].done()})
		}
		out.Series = append(out.Series, st)
	}
	slices.SortFunc(out.Series, func(a, b Statistic) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Kind, b.Kind))
	})
	return out, ctx.Err()
}

// addOperation adds an operation to what is kept under a key.
func addOperation[K comparable](all map[K]*measure, k K, o *segment.Operation) {
	t := all[k]
	if t == nil {
		t = &measure{}
		all[k] = t
	}
	errors := uint64(0)
	if o.Status == trace.Error {
		errors = o.Durations.Count()
	}
	t.add(o.Sum, errors, &o.Durations)
}

// floor is the start of a minute's step.
func floor(m, step segment.Minute) segment.Minute {
	rest := m % step
	if rest < 0 {
		rest += step
	}
	return m - rest
}

// Edges are the calls between services in a range, which is widened to whole
// minutes.
func (s *Store) Edges(ctx context.Context, r TimeRange) ([]Edge, error) {
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	m, all, async := minutesOf(r), map[[2]string]*measure{}, map[[2]string]uint64{}
	v.eachStats(m, func(st *segment.Stats) {
		for i := range st.Calls {
			c := &st.Calls[i]
			if !m.has(c.Minute) {
				continue
			}
			k := [2]string{c.Caller, c.Callee}
			if all[k] == nil {
				all[k] = &measure{}
			}
			all[k].add(c.Sum, c.Errors, &c.Durations)
			if c.Kind.IsAsync() {
				async[k] += c.Durations.Count()
			}
		}
	})
	out := make([]Edge, 0, len(all))
	for k, t := range all {
		out = append(out, Edge{Caller: k[0], Callee: k[1], Async: async[k], Measure: t.done()})
	}
	slices.SortFunc(out, func(a, b Edge) int { return cmp.Or(cmp.Compare(a.Caller, b.Caller), cmp.Compare(a.Callee, b.Callee)) })
	return out, ctx.Err()
}

// AttributeKeys are the keys that attributes have in the segments of a range and in
// memory, and how many values.
func (s *Store) AttributeKeys(ctx context.Context, r TimeRange) ([]KeyInfo, error) {
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	all := map[KeyInfo]uint64{}
	add := func(scope segment.Scope, key string, kind table.Kind, n int) {
		all[KeyInfo{Scope: scope, Key: key, Type: typeNames[kind]}] += uint64(n)
	}
	for _, g := range v.segments {
		if !r.overlaps(g.Manifest.Start, g.Manifest.End) {
			continue
		}
		st, err := g.Stats()
		if err != nil {
			v.warn(err)
			continue
		}
		for _, k := range st.Keys {
			add(k.Scope, k.Key, k.Kind, k.Values)
		}
	}
	v.headKeys(r, add)
	out := make([]KeyInfo, 0, len(all))
	for k, n := range all {
		k.Values = n
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b KeyInfo) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Type, b.Type))
	})
	return out, ctx.Err()
}

var typeNames = map[table.Kind]string{table.Text: "string", table.Int: "int", table.Float: "float", table.Bool: "bool", table.Bytes: "other"}

// headKeys counts the keys of what is in the head.
func (v *view) headKeys(r TimeRange, add func(scope segment.Scope, key string, kind table.Kind, n int)) {
	of := func(scope segment.Scope, attrs []trace.KeyValue) {
		for i := range attrs {
			add(scope, attrs[i].Key, segment.KindOf(attrs[i].Value.Kind()), 1)
		}
	}
	seen := map[*segment.Origin]bool{}
	origin := func(o *segment.Origin) {
		if seen[o] {
			return
		}
		seen[o] = true
		if o.Resource != nil {
			of(segment.OfResource, o.Resource.Attributes)
		}
		if o.Scope != nil {
			of(segment.OfScope, o.Scope.Attributes)
		}
	}
	for i := range v.head.traces {
		p := &v.head.traces[i]
		if !r.Has(p.start) {
			continue
		}
		for j := range p.spans {
			s := v.decoder.Span(&p.spans[j].Span.Span)
			of(segment.OfSpan, s.Attributes)
			for k := range s.Events {
				of(segment.OfEvent, s.Events[k].Attributes)
			}
			for k := range s.Links {
				of(segment.OfLink, s.Links[k].Attributes)
			}
			origin(p.spans[j].Origin)
		}
		for j := range p.logs {
			of(segment.OfLog, v.logOf(&p.logs[j]).Attributes)
			origin(p.logs[j].Origin)
		}
	}
	for i := range v.head.loose {
		of(segment.OfLog, v.logOf(&v.head.loose[i]).Attributes)
		origin(v.head.loose[i].Origin)
	}
}
