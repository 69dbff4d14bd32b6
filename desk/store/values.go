// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// maxDistinct is how many values of a field are told apart.
const maxDistinct = 100_000

// valueCounter counts values.
type valueCounter struct {
	prefix string
	counts map[string]*ValueCount // by type and text
	out    Values
}

// add counts a value n times.
func (c *valueCounter) add(v trace.Value, n int) {
	c.out.With += n
	if number, ok := v.Number(); ok {
		c.number(number, n)
	}
	text := v.String()
	if !strings.HasPrefix(text, c.prefix) {
		return
	}
	k := string(rune('a'+v.Kind())) + text
	one := c.counts[k]
	if one == nil {
		if len(c.counts) >= maxDistinct {
			c.out.DistinctIsMinimum = true
			return
		}
		one = &ValueCount{Value: v}
		c.counts[k] = one
	}
	one.Count += n
}

func (c *valueCounter) number(number float64, n int) {
	o := &c.out.Numbers
	if o.Count == 0 {
		o.Min, o.Max = math.Inf(1), math.Inf(-1)
	}
	o.Count += n
	o.Min, o.Max, o.Sum = min(o.Min, number), max(o.Max, number), o.Sum+number*float64(n)
}

// done is what was counted.
func (c *valueCounter) done(n int) *Values {
	c.out.Distinct = len(c.counts)
	c.out.Top = make([]ValueCount, 0, len(c.counts))
	for _, v := range c.counts {
		c.out.Top = append(c.out.Top, *v)
	}
	slices.SortFunc(c.out.Top, func(a, b ValueCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value.Kind(), b.Value.Kind()), cmp.Compare(a.Value.String(), b.Value.String()))
	})
	c.out.Top = slices.Clip(c.out.Top[:min(n, len(c.out.Top))])
	return &c.out
}

// AttributeValues are the values that spans of a range have for a field, the most
// frequent first.
func (s *Store) AttributeValues(ctx context.Context, r ValuesRequest) (*Values, error) {
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	c := &valueCounter{prefix: r.Prefix, counts: map[string]*ValueCount{}}
	if key, ok := columnOf(r.Field); ok && r.Query == nil {
		v.columnValues(c, &r, key)
	} else if err := v.matchedValues(c, &r); err != nil {
		return nil, err
	}
	out := c.done(limit(r.Limit))
	out.Cost = v.cost
	return out, ctx.Err()
}

// columnOf is the field as segments have it, if they have it.
func columnOf(f query.Field) (segment.Field, bool) {
	switch {
	case f.Scope == query.Span:
		return segment.Field{Scope: segment.OfSpan, Key: f.Name}, true
	case f.Scope == query.Resource:
		return segment.Field{Scope: segment.OfResource, Key: f.Name}, true
	case f.Scope == query.Intrinsic && f.Name == "name":
		return segment.Field{Column: segment.NameColumn}, true
	case f.Scope == query.Intrinsic && f.Name == "service":
		return segment.Field{Column: segment.ServiceColumn}, true
	}
	return segment.Field{}, false
}

// columnValues reads nothing but the field, the newest segments first.
func (v *view) columnValues(c *valueCounter, r *ValuesRequest, f segment.Field) {
	for i := range v.head.traces {
		p := &v.head.traces[i]
		for j := range p.spans {
			if !r.Range.Has(p.spans[j].Start) {
				continue
			}
			c.out.Spans++
			s := v.decoder.Span(&p.spans[j].Span.Span)
			s.Resource = p.spans[j].Origin.Resource
			if value, ok := f.Of(&s); ok {
				c.add(value, 1)
			}
		}
	}
	for _, g := range slices.Backward(v.segments) {
		if !r.Range.overlaps(g.Manifest.Start, g.Manifest.End) {
			continue
		}
		if c.out.Spans >= cmp.Or(r.Budget, DefaultBudget) || v.ctx.Err() != nil {
			v.cost.Truncated = true
			return
		}
		v.use(g)
		n, err := g.Values(f, r.Range.Has, c.add)
		if err != nil {
			v.warn(err)
		}
		c.out.Spans += n
	}
	v.cost.Spans = c.out.Spans
}

// matchedValues reads the spans that match a query.
func (v *view) matchedValues(c *valueCounter, r *ValuesRequest) error {
	q := r.Query
	if q == nil {
		q = &query.Query{From: &query.Spanset{}}
	}
	q = &query.Query{From: q, Stages: []query.Stage{query.Select{Fields: []query.Field{r.Field}}}}
	f, err := v.newFinder(&SearchRequest{Range: r.Range, Query: q, Budget: r.Budget})
	if err != nil {
		return fmt.Errorf("values of %s: %w", r.Field, err)
	}
	for sum := f.next(); sum != nil; sum = f.next() {
		if f.exhausted() {
			v.cost.Truncated = true
			return nil
		}
		_, matches, _ := f.match(sum.TraceID)
		for _, m := range matches {
			for i := range m.Spans {
				c.out.Spans++
				if value := m.Values[i][0]; value.Kind() != trace.EmptyValue {
					c.add(value, 1)
				}
			}
		}
	}
	return nil
}
