// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/store/sketch"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// Statistics implements [source.Meter]. Steps that are no whole minutes are an
// error.
func (s *Store) Statistics(ctx context.Context, r *source.StatisticsSearch) (*source.Statistics, error) {
	if r.Step < 0 || r.Step%time.Minute != 0 {
		return nil, fmt.Errorf("store: statistics: step %s: want whole minutes", r.Step)
	}
	sel, err := newSelection(r.Query, r.By)
	if err != nil {
		return nil, fmt.Errorf("store: statistics: %w", err)
	}
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	c := newSeriesCounter(r)
	if sel.ofOperations {
		err = v.operationSeries(sel, c)
	} else {
		err = v.spanSeries(sel, c)
	}
	if err != nil {
		return nil, err
	}
	if c.left {
		v.leaveOut(fmt.Sprintf("there are more than %d series or %d points: those that came up later were left out", maxSeries, maxPoints))
	}
	out := c.done(r.Limit)
	out.Effort = v.effort
	return out, nil
}

// operationSeries counts what is known of each operation.
func (v *view) operationSeries(sel *selection, c *seriesCounter) error {
	of := map[segment.Operation]*series{} // nil: it does not match, or is one too many
	return v.eachStats(c.within, func(st *segment.Stats, contains func(segment.Minute) bool) {
		for i, o := range st.Operations {
			one, known := of[o]
			if !known {
				if values, ok := sel.operation(&o); ok {
					one = c.of(values)
				}
				of[o] = one
			}
			for j, cells := 0, st.OfOperation(i); one != nil && j < len(cells); j++ {
				if contains(cells[j].Minute) {
					c.addCell(one, &cells[j])
				}
			}
		}
	})
}

// spanSeries counts spans one by one.
func (v *view) spanSeries(sel *selection, c *seriesCounter) error {
	sel.read("duration", "status")
	return v.selected(sel, c.within, func(sp *trace.Span, values []trace.Value) {
		if one := c.of(values); one != nil {
			c.addSpan(one, sp)
		}
	})
}

// Edges implements [source.Meter].
func (s *Store) Edges(ctx context.Context, r source.Range) ([]source.Edge, error) {
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	type edge struct {
		source.Edge
		parts [][]byte
	}
	all := map[segment.Call]*edge{}
	err = v.eachStats(minutes{r.Minutes()}, func(st *segment.Stats, contains func(segment.Minute) bool) {
		for i, call := range st.Calls {
			for _, c := range st.OfCall(i) {
				if !contains(c.Minute) {
					continue
				}
				e := all[call]
				if e == nil {
					e = &edge{Edge: source.Edge{Caller: call.Caller, Callee: call.Callee, Kind: call.Kind}}
					all[call] = e
				}
				e.Count, e.Errors, e.Sum = e.Count+c.Count, e.Errors+c.Errors, e.Sum+c.Sum
				e.parts = append(e.parts, c.Durations)
			}
		}
	})
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return nil, err
	}
	var sum sketch.Sum
	list := sorted(all, func(a, b *edge) int {
		return cmp.Or(strings.Compare(a.Caller, b.Caller), strings.Compare(a.Callee, b.Callee), cmp.Compare(a.Kind, b.Kind))
	})
	out := make([]source.Edge, len(list))
	for i, e := range list {
		out[i] = e.Edge
		out[i].Durations = added(&sum, e.parts)
	}
	return out, nil
}

// added is the sum of sketches as bytes.
func added(sum *sketch.Sum, parts [][]byte) sketch.Sketch {
	sum.Reset()
	for _, b := range parts {
		sum.AddBytes(b)
	}
	return sum.Sketch()
}

// Bounds of statistics.
const (
	maxSeries = 50_000
	maxPoints = 250_000
)

// seriesCounter counts spans by the values of fields and by time.
type seriesCounter struct {
	within minutes
	step   time.Duration
	all    map[string]*series
	points int
	left   bool // out, as there are too many series or points
	key    []byte
}

// series is what is counted of spans with the same values.
type series struct {
	by     []trace.Value
	spans  uint64
	points map[int64]*point
	last   *point
}

// point is what is counted of a step.
type point struct {
	source.Point
	parts [][]byte // of Durations
}

func newSeriesCounter(r *source.StatisticsSearch) *seriesCounter {
	return &seriesCounter{within: minutes{r.Range.Minutes()}, step: r.Step, all: map[string]*series{}}
}

// of is the series of some values, nil if it is one too many.
func (c *seriesCounter) of(by []trace.Value) *series {
	c.key = c.key[:0]
	for _, v := range by {
		c.key = appendKey(c.key, v)
	}
	one := c.all[string(c.key)]
	if one == nil {
		if len(c.all) >= maxSeries {
			c.left = true
			return nil
		}
		one = &series{by: slices.Clone(by), points: map[int64]*point{}}
		c.all[string(c.key)] = one
	}
	return one
}

// appendKey appends what tells values apart.
func appendKey(b []byte, v trace.Value) []byte {
	b = append(b, '0'+byte(v.Kind()))
	return append(append(b, v.String()...), 0)
}

// at is the point of a time, nil if it is one too many.
func (c *seriesCounter) at(s *series, t int64) *point {
	start := c.within.Step(t, c.step)
	if s.last != nil && s.last.Time == start {
		return s.last
	}
	p := s.points[start]
	if p == nil {
		if c.points >= maxPoints {
			c.left = true
			return nil
		}
		c.points++
		p = &point{Point: source.Point{Time: start}}
		s.points[start] = p
	}
	s.last = p
	return p
}

func (c *seriesCounter) addCell(s *series, cell *segment.Cell) {
	p := c.at(s, cell.Minute.Start())
	if p == nil {
		return
	}
	s.spans += cell.Count
	p.Count, p.Errors, p.Sum = p.Count+cell.Count, p.Errors+cell.Errors, p.Sum+cell.Sum
	p.parts = append(p.parts, cell.Durations)
}

func (c *seriesCounter) addSpan(s *series, sp *trace.Span) {
	p := c.at(s, sp.Start)
	if p == nil {
		return
	}
	s.spans++
	p.Count++
	if sp.IsError() {
		p.Errors++
	}
	d := sp.Duration()
	p.Sum += float64(d)
	p.Durations.Add(d, 1)
}

// done is what was counted; a limit of 0 is none.
func (c *seriesCounter) done(limit int) *source.Statistics {
	out := &source.Statistics{}
	list := sorted(c.all, func(a, b *series) int {
		return cmp.Or(cmp.Compare(b.spans, a.spans), source.CompareValues(a.by, b.by))
	})
	list = slices.DeleteFunc(list, func(s series) bool { return s.spans == 0 })
	if limit > 0 && len(list) > limit {
		out.More = len(list) - limit
		list = list[:limit]
	}
	var sum sketch.Sum
	for _, s := range list {
		points := sorted(s.points, func(a, b *point) int { return cmp.Compare(a.Time, b.Time) })
		series := source.Series{By: s.by, Points: make([]source.Point, len(points))}
		for i := range points {
			if points[i].parts != nil {
				points[i].Durations = added(&sum, points[i].parts)
			}
			series.Points[i] = points[i].Point
		}
		out.Series = append(out.Series, series)
	}
	return out
}
