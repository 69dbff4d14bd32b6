// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// maxDistinct is how many values of a field are told apart.
const maxDistinct = 100_000

// Values implements [source.Catalog].
func (s *Store) Values(ctx context.Context, r *source.ValueSearch) (*source.Values, error) {
	sel, err := newSelection(r.Query, []query.Field{r.Field})
	if err != nil {
		return nil, fmt.Errorf("store: values of %s: %w", r.Field, err)
	}
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	c := &valueCounter{contains: strings.ToLower(r.Contains), counts: map[string]*source.ValueCount{}}
	within := minutes{r.Range.Minutes()}
	switch {
	case sel.ofOperations:
		err = v.operationValues(sel, within, c)
	case isEverything(r.Query) && segment.CanCount(r.Field):
		err = v.columnValues(r.Field, within, c)
	default:
		err = v.selected(sel, within, func(_ *trace.Span, values []trace.Value) { c.span(values[0], 1) })
	}
	if err != nil {
		return nil, err
	}
	if c.out.Distinct.AtLeast {
		v.leaveOut(fmt.Sprintf("there are more than %d values: those that came up later were left out", maxDistinct))
	}
	out := c.done(r.Limit)
	out.Effort = v.effort
	out.Distinct.AtLeast = v.effort.Partial
	return out, nil
}

// isEverything reports whether a query is met by every span.
func isEverything(q *query.Query) bool {
	if q == nil {
		return true
	}
	set, ok := q.From.(*query.Spanset)
	return ok && set.Where == nil && len(q.Stages) == 0
}

// operationValues counts what is known of each operation.
func (v *view) operationValues(sel *selection, within minutes, c *valueCounter) error {
	return v.eachStats(within, func(st *segment.Stats, contains func(segment.Minute) bool) {
		for i := range st.Operations {
			if n, _ := count(st.OfOperation(i), contains); n > 0 {
				if values, ok := sel.operation(&st.Operations[i]); ok {
					c.span(values[0], n)
				}
			}
		}
	})
}

// columnValues reads nothing but the field, of the head and then of the segments,
// the newest first.
func (v *view) columnValues(f query.Field, within minutes, c *valueCounter) error {
	for i := range v.head.traces {
		p := &v.head.traces[i]
		if v.ctx.Err() != nil {
			return v.ctx.Err()
		}
		for j := range p.spans {
			if within.Contains(p.spans[j].Start) {
				c.span(v.headValue(f, &p.spans[j]), 1)
			}
		}
	}
	for _, g := range slices.Backward(v.segments) {
		if g.Manifest.Spans == 0 || !within.overlaps(g.Manifest.Start, g.Manifest.End) {
			continue
		}
		if c.out.Spans*2 >= uint64(v.store.budgets.cells) {
			v.leaveOut(fmt.Sprintf("only the newest %d spans were looked at: it would take too long for all", c.out.Spans))
			break
		}
		n, err := g.Values(f, &segment.ValueCounter{
			Wanted: within.Contains, Page: func() bool { return v.ctx.Err() == nil },
			Value: func(v trace.Value, n int) { c.value(v, uint64(n)) },
		})
		c.out.Spans += uint64(n)
		if err != nil {
			v.warn(err)
		}
		if v.ctx.Err() != nil {
			return v.ctx.Err()
		}
	}
	v.effort.Spans = int(c.out.Spans)
	return nil
}

// headValue is the value that a span of the head has for an attribute.
func (v *view) headValue(f query.Field, s *segment.Span) (value trace.Value) {
	switch f.Scope {
	case query.Resource:
		if s.Origin.Resource != nil {
			value, _ = trace.Lookup(s.Origin.Resource.Attributes, f.Name)
		}
	case query.Instrumentation:
		if s.Origin.Scope != nil {
			value, _ = trace.Lookup(s.Origin.Scope.Attributes, f.Name)
		}
	default:
		v.detail.Read(&s.Span)
		for i := range v.detail.Attributes {
			if kv := &v.detail.Attributes[i]; string(kv.Key) == f.Name {
				return kv.Value.Decode()
			}
		}
	}
	return value
}

// valueCounter counts values.
type valueCounter struct {
	contains string // in lower case
	counts   map[string]*source.ValueCount
	key      []byte
	out      source.Values
}

// span counts the value of n spans, which may be empty.
func (c *valueCounter) span(v trace.Value, n uint64) {
	c.out.Spans += n
	c.value(v, n)
}

// value counts the value of n spans that are counted already.
func (c *valueCounter) value(v trace.Value, n uint64) {
	if v.Kind() == trace.EmptyValue {
		return
	}
	c.out.Having += n
	if v.Kind() != trace.ListValue {
		c.one(v, n)
		return
	}
	seen := map[string]bool{}
	for _, e := range v.Elements() {
		if k := string(appendKey(nil, e)); !seen[k] {
			seen[k] = true
			c.one(e, n)
		}
	}
}

func (c *valueCounter) one(v trace.Value, n uint64) {
	if c.contains != "" && !strings.Contains(strings.ToLower(v.String()), c.contains) {
		return
	}
	c.key = appendKey(c.key[:0], v)
	one := c.counts[string(c.key)]
	if one == nil {
		if len(c.counts) >= maxDistinct {
			c.out.Distinct.AtLeast = true
			return
		}
		one = &source.ValueCount{Value: v}
		c.counts[string(c.key)] = one
	}
	one.Count += n
}

// done is what was counted.
func (c *valueCounter) done(limit int) *source.Values {
	c.out.List = sorted(c.counts, func(a, b *source.ValueCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), source.CompareValues([]trace.Value{a.Value}, []trace.Value{b.Value}))
	})
	c.out.Distinct.Count = len(c.out.List)
	c.out.List = slices.Clip(c.out.List[:min(max(limit, 0), len(c.out.List))])
	return &c.out
}
