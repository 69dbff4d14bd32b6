// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"math"
	"slices"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A group is a set of spans within a pipeline, and what was found out about it.
type group struct {
	spans      []int32
	by         []trace.Value
	aggregates []float64
}

// A step takes a group, which is not empty, to those that are left of it.
type step func(r *run, g group) []group

// through sends a group through all steps; empty ones are dropped.
func (r *run) through(steps []step, g group) []group {
	groups := filled([]group{g})
	for _, take := range steps {
		var next []group
		for _, g := range groups {
			next = append(next, filled(take(r, g))...)
		}
		groups = next
	}
	return groups
}

func filled(groups []group) []group {
	return slices.DeleteFunc(groups, func(g group) bool { return len(g.spans) == 0 })
}

func (c *compiler) stages(all []Stage) ([]step, error) {
	steps := make([]step, 0, len(all))
	for _, s := range all {
		one, err := c.stage(s)
		if err != nil {
			return nil, err
		}
		if one != nil {
			steps = append(steps, one)
		}
	}
	return steps, nil
}

// stage is nil for one that only says what to return.
func (c *compiler) stage(s Stage) (step, error) {
	switch s := s.(type) {
	case Set:
		pick, err := c.set(s)
		return func(r *run, g group) []group {
			g.spans = pick(r, g.spans)
			return []group{g}
		}, err
	case Aggregate:
		return c.aggregate(s)
	case Group:
		if !s.By.returns() {
			return nil, fmt.Errorf("query: by(%s): no such field", s.By)
		}
		return divide(c.column(s.By)), nil
	case Select:
		for _, f := range s.Fields {
			if !f.returns() {
				return nil, fmt.Errorf("query: select(%s): no such field", f)
			}
		}
		return nil, nil
	}
	return nil, fmt.Errorf("query: a stage of type %T", s)
}

// divide makes a group for each value of a field, in the order in which they
// first occur.
func divide(by column) step {
	return func(r *run, g group) []group {
		var groups []group
		index := map[string]int{}
		for _, at := range g.spans {
			r.look(at)
			v := by(&r.scan)
			key := string(v.AppendJSON([]byte{byte(v.Kind())}))
			i, known := index[key]
			if !known {
				i = len(groups)
				index[key] = i
				groups = append(groups, group{by: append(slices.Clip(g.by), v), aggregates: g.aggregates})
			}
			groups[i].spans = append(groups[i].spans, at)
		}
		return groups
	}
}

func (c *compiler) aggregate(a Aggregate) (step, error) {
	want, ok := literalNumber(a.Value)
	if !ok {
		return nil, fmt.Errorf("query: %s( ): want a number or a duration, not %v", a.Func, a.Value)
	}
	if !slices.Contains(aggregateOps, a.Op) {
		return nil, fmt.Errorf("query: %s( ): want one of = != > >= < <=, not %q", a.Func, a.Op)
	}
	come, err := c.summary(a)
	if err != nil {
		return nil, err
	}
	meets := meeting(a.Op)
	return func(r *run, g group) []group {
		n, ok := come(r, g.spans)
		if !ok || !meets(n.compare(want)) {
			return nil
		}
		g.aggregates = append(slices.Clip(g.aggregates), n.float())
		return []group{g}
	}, nil
}

// summary computes an aggregate; it has none for spans without a number.
func (c *compiler) summary(a Aggregate) (func(*run, []int32) (number, bool), error) {
	if a.Func == "count" {
		return func(_ *run, spans []int32) (number, bool) { return integer(int64(len(spans))), true }, nil
	}
	fold, ok := folds[a.Func]
	if !ok {
		return nil, fmt.Errorf("query: want one of count avg min max sum, not %q", a.Func)
	}
	if !a.Field.known() || !a.Field.kind().isNumeric() {
		return nil, fmt.Errorf("query: %s(%s): want a field with numbers", a.Func, a.Field)
	}
	read := c.column(a.Field)
	return func(r *run, spans []int32) (total number, ok bool) {
		n := int64(0)
		for _, at := range spans {
			r.look(at)
			for _, v := range valuesOf(read(&r.scan)) {
				x, isNumber := numberOf(&v)
				if !isNumber {
					continue
				}
				if n++; n == 1 {
					total = x
				} else {
					total = fold(total, x)
				}
			}
		}
		if a.Func == "avg" && n > 0 {
			total = float(total.float() / float64(n))
		}
		return total, n > 0 && !math.IsNaN(total.f)
	}, nil
}

var folds = map[string]func(a, b number) number{
	"sum": number.add,
	"avg": number.add,
	"min": func(a, b number) number {
		if b.compare(a) < 0 {
			return b
		}
		return a
	},
	"max": func(a, b number) number {
		if b.compare(a) > 0 {
			return b
		}
		return a
	},
}

// valuesOf are the elements of a list, or a value by itself.
func valuesOf(v trace.Value) []trace.Value {
	if v.Kind() == trace.ListValue {
		return v.Elements()
	}
	return []trace.Value{v}
}

// A column is a field as it is returned: empty, a value, or a list of several.
type column func(*scan) trace.Value

func (c *compiler) column(f Field) column {
	switch f.level() {
	case ofTrace:
		c.needsTrace = true
	case ofEvent:
		return func(s *scan) trace.Value { return fromEvents(s, f.reader()) }
	case ofLink:
		return func(s *scan) trace.Value { return fromLinks(s, f.reader()) }
	}
	if keys := f.keys(); keys != nil {
		return func(s *scan) trace.Value { return fromKeys(s, keys) }
	}
	name := namesOf(f.kind())
	read := f.reader()
	return func(s *scan) trace.Value {
		v := read(s)
		if v == nil {
			return trace.Value{}
		}
		return name(*v)
	}
}

// namesOf turns the numbers of status and kind into their names.
func namesOf(k kind) func(trace.Value) trace.Value {
	switch k {
	case status:
		return func(v trace.Value) trace.Value { return trace.String(trace.StatusCode(v.Int64()).String()) }
	case spanKind:
		return func(v trace.Value) trace.Value { return trace.String(trace.Kind(v.Int64()).String()) }
	}
	return func(v trace.Value) trace.Value { return v }
}

func fromEvents(s *scan, read reader) trace.Value {
	var all []trace.Value
	for i := range s.span.Events {
		s.event = &s.span.Events[i]
		if v := read(s); v != nil {
			all = append(all, *v)
		}
	}
	return oneOrMore(all)
}

func fromLinks(s *scan, read reader) trace.Value {
	var all []trace.Value
	for i := range s.span.Links {
		s.link = &s.span.Links[i]
		if v := read(s); v != nil {
			all = append(all, *v)
		}
	}
	return oneOrMore(all)
}

// fromKeys are the different values of a shorthand, that of the preferred name first.
func fromKeys(s *scan, keys []string) trace.Value {
	var all []trace.Value
	for _, key := range keys {
		v, ok := s.span.Attribute(key)
		if ok && !slices.ContainsFunc(all, v.Equal) {
			all = append(all, v)
		}
	}
	return oneOrMore(all)
}

func oneOrMore(all []trace.Value) trace.Value {
	switch len(all) {
	case 0:
		return trace.Value{}
	case 1:
		return all[0]
	}
	return trace.List(all...)
}
