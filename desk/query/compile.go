// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A condition is a compiled expression. All of the looked-at parts of a scan are
// there when it is asked: the event or link within its group, the trace if the
// query needs one.
type condition struct {
	holds func(*scan) bool
	cost  int
}

// A compiler makes conditions of expressions that [checkDepth] has let pass.
type compiler struct {
	within     level // ofEvent or ofLink: of one event or link
	needsTrace bool
}

func (c *compiler) expr(e Expr) (condition, error) {
	switch e := e.(type) {
	case And:
		return c.and(e)
	case Or:
		all, err := c.each(e)
		return joinAny(all), err
	case Not:
		inner, err := c.expr(e.Expr)
		if err != nil {
			return condition{}, err
		}
		holds := inner.holds
		return condition{cost: inner.cost, holds: func(s *scan) bool { return !holds(s) }}, nil
	case Some:
		return c.some(e)
	case Compare:
		return c.comparison(e)
	}
	return condition{}, fmt.Errorf("query: a condition of type %T", e)
}

func (c *compiler) each(exprs []Expr) ([]condition, error) {
	all := make([]condition, 0, len(exprs))
	for _, e := range exprs {
		one, err := c.expr(e)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// and joins conditions on events, and those on links, into one group each.
func (c *compiler) and(e And) (condition, error) {
	if c.within != ofSpan {
		all, err := c.each(e)
		return joinAll(all), err
	}
	groups := map[level][]Expr{}
	for _, operand := range flat(e) {
		of := nestedIn(operand)
		groups[of] = append(groups[of], operand)
	}
	var all []condition
	for _, of := range []level{ofSpan, ofEvent, ofLink} {
		some, err := c.group(of, groups[of])
		if err != nil {
			return condition{}, err
		}
		all = append(all, some...)
	}
	return joinAll(all), nil
}

// flat takes apart what is joined by && more than once.
func flat(e And) []Expr {
	all := make([]Expr, 0, len(e))
	for _, operand := range e {
		if inner, ok := operand.(And); ok && len(inner) > 0 {
			all = append(all, flat(inner)...)
		} else {
			all = append(all, operand)
		}
	}
	return all
}

func (c *compiler) group(of level, operands []Expr) ([]condition, error) {
	positive := func(e Expr) bool { _, missing := isMissing(e); return !missing }
	if of == ofSpan || len(operands) < 2 || !slices.ContainsFunc(operands, positive) {
		return c.each(operands)
	}
	one, err := c.ofOne(of, And(operands))
	return []condition{one}, err
}

// nestedIn is ofEvent or ofLink for what joins a group: comparisons of such
// fields, alone or joined by && and ||.
func nestedIn(e Expr) level {
	var all []Expr
	switch e := e.(type) {
	case And:
		all = e
	case Or:
		all = e
	case Compare:
		if l := e.Field.level(); l != ofTrace {
			return l
		}
		return ofSpan
	case Not:
		if f, ok := isMissing(e); ok {
			return nestedIn(Compare{Field: f})
		}
		return ofSpan
	}
	if len(all) == 0 {
		return ofSpan
	}
	first := nestedIn(all[0])
	for _, operand := range all[1:] {
		if nestedIn(operand) != first {
			return ofSpan
		}
	}
	return first
}

func (c *compiler) some(e Some) (condition, error) {
	if c.within != ofSpan {
		return condition{}, errors.New("query: some( ) within some( )")
	}
	of, ok := subject(e.Expr)
	if !ok {
		return condition{}, fmt.Errorf("query: %s", wantNested)
	}
	return c.ofOne(of, e.Expr)
}

const wantNested = "want conditions on events only or on links only in some( )"

// subject is what all comparisons of an expression are about, if these are
// events or links.
func subject(e Expr) (of level, ok bool) {
	for c := range comparisons(e) {
		l := c.Field.level()
		if (l != ofEvent && l != ofLink) || (ok && l != of) {
			return ofSpan, false
		}
		of, ok = l, true
	}
	return of, ok
}

// ofOne holds where one event or link meets the whole expression.
func (c *compiler) ofOne(of level, e Expr) (condition, error) {
	c.within = of
	inner, err := c.expr(e)
	c.within = ofSpan
	holds := inner.holds
	if of == ofEvent {
		return condition{cost: costNested, holds: func(s *scan) bool { return someEvent(s, holds) }}, err
	}
	return condition{cost: costNested, holds: func(s *scan) bool { return someLink(s, holds) }}, err
}

func someEvent(s *scan, holds func(*scan) bool) bool {
	for i := range s.span.Events {
		s.event = &s.span.Events[i]
		if holds(s) {
			return true
		}
	}
	return false
}

func someLink(s *scan, holds func(*scan) bool) bool {
	for i := range s.span.Links {
		s.link = &s.span.Links[i]
		if holds(s) {
			return true
		}
	}
	return false
}

func (c *compiler) comparison(e Compare) (condition, error) {
	if err := e.check(); err != nil {
		return condition{}, fmt.Errorf("query: %s: want %w", e.Field, err)
	}
	of := e.Field.level()
	if of == ofTrace {
		c.needsTrace = true
	}
	if c.within == ofSpan && (of == ofEvent || of == ofLink) {
		return c.ofOne(of, e)
	}
	one, err := compileCompare(e)
	if err != nil {
		return condition{}, fmt.Errorf("query: %s: want %w", e.Field, err)
	}
	return one, nil
}

func compileCompare(e Compare) (condition, error) {
	switch e.Field.kind() {
	case id:
		if e.Op != Exists {
			return compareID(e)
		}
	case anything:
		return compareAnything(e)
	}
	t, err := newTest(e)
	if err != nil {
		return condition{}, err
	}
	one := condition{cost: t.cost}
	if e.Field.level() == ofTrace {
		one.cost = costTrace
	}
	if keys := e.Field.keys(); keys != nil {
		one.holds = compareKeys(keys, &t)
		return one, nil
	}
	read := e.Field.reader()
	one.holds = func(s *scan) bool {
		v := read(s)
		return v != nil && t.one(v)
	}
	return one, nil
}

// compareKeys looks at all attributes under the names of a shorthand.
func compareKeys(keys []string, t *test) func(*scan) bool {
	negated := t.comparable != nil
	return func(s *scan) bool {
		found := false
		for i := range s.span.Attributes {
			a := &s.span.Attributes[i]
			if !slices.Contains(keys, a.Key) {
				continue
			}
			if t.one(&a.Value) != negated {
				return !negated
			}
			found = true
		}
		return found && negated
	}
}

func joinAll(all []condition) condition {
	sortByCost(all)
	switch len(all) {
	case 0:
		return condition{holds: func(*scan) bool { return true }}
	case 1:
		return all[0]
	case 2:
		a, b := all[0].holds, all[1].holds
		return condition{cost: all[1].cost, holds: func(s *scan) bool { return a(s) && b(s) }}
	}
	return condition{cost: all[len(all)-1].cost, holds: func(s *scan) bool {
		for i := range all {
			if !all[i].holds(s) {
				return false
			}
		}
		return true
	}}
}

func joinAny(all []condition) condition {
	sortByCost(all)
	if len(all) == 1 {
		return all[0]
	}
	joined := condition{holds: func(s *scan) bool {
		for i := range all {
			if all[i].holds(s) {
				return true
			}
		}
		return false
	}}
	if len(all) > 0 {
		joined.cost = all[len(all)-1].cost
	}
	return joined
}

func sortByCost(all []condition) {
	slices.SortStableFunc(all, func(a, b condition) int { return a.cost - b.cost })
}

// A reader finds the value of a field, nil if there is none. The value is valid
// until the next one is read.
type reader func(*scan) *trace.Value

func (f Field) reader() reader {
	key := f.Name
	switch f.Scope {
	case Intrinsic:
		return made(intrinsics[f.Name].read)
	case Span:
		return func(s *scan) *trace.Value { return lookup(s.span.Attributes, key) }
	case Resource:
		if key == "service.name" {
			return made(serviceName)
		}
		return func(s *scan) *trace.Value { return lookup(resourceAttributes(s.span), key) }
	case Event:
		return func(s *scan) *trace.Value { return lookup(s.event.Attributes, key) }
	case Link:
		return func(s *scan) *trace.Value { return lookup(s.link.Attributes, key) }
	case Instrumentation:
		return func(s *scan) *trace.Value { return lookup(scopeAttributes(s.span), key) }
	}
	return func(s *scan) *trace.Value {
		if v := lookup(s.span.Attributes, key); v != nil {
			return v
		}
		if v := lookup(resourceAttributes(s.span), key); v != nil {
			return v
		}
		return lookup(scopeAttributes(s.span), key)
	}
}

// made keeps a value that is not an attribute in the scan.
func made(read func(*scan) (trace.Value, bool)) reader {
	return func(s *scan) *trace.Value {
		v, ok := read(s)
		if !ok {
			return nil
		}
		s.value = v
		return &s.value
	}
}

// keys are the names of a shorthand that may have several values, nil for other fields.
func (f Field) keys() []string {
	if f.Scope != Intrinsic {
		return nil
	}
	return intrinsics[f.Name].keys
}

// lookup is [trace.Lookup] without copying the value.
func lookup(attrs []trace.KeyValue, key string) *trace.Value {
	for i := range attrs {
		if attrs[i].Key == key {
			return &attrs[i].Value
		}
	}
	return nil
}

func resourceAttributes(s *trace.Span) []trace.KeyValue {
	if s.Resource == nil {
		return nil
	}
	return s.Resource.Attributes
}

func scopeAttributes(s *trace.Span) []trace.KeyValue {
	if s.Scope == nil {
		return nil
	}
	return s.Scope.Attributes
}
