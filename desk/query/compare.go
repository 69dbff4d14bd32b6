// SPDX-License-Identifier: Apache-2.0

package query

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// What conditions cost, for the order in which && and || look at them.
const (
	costIntrinsic = iota
	costAttribute
	costText
	costNested
	costAnything
	costTrace
)

// A test says of a single value, one that is no list, whether it meets a
// comparison. Negated comparisons, != and !~, are tested as their opposite, and
// comparable says whether the value is one that the literal compares with.
type test struct {
	holds      func(*trace.Value) bool
	comparable func(*trace.Value) bool // of negated ones only
	cost       int
}

// one applies the test to a value that is there; of lists it asks for one
// element, or if negated for none.
func (t *test) one(v *trace.Value) bool {
	if v.Kind() != trace.ListValue {
		return t.holds(v) != (t.comparable != nil) && (t.comparable == nil || t.comparable(v))
	}
	elements := v.Elements()
	for i := range elements {
		if t.holds(&elements[i]) {
			return t.comparable == nil
		}
	}
	return t.comparable != nil
}

// newTest makes the test of a comparison that was checked.
func newTest(c Compare) (test, error) {
	switch c.Op {
	case Exists:
		return test{holds: func(*trace.Value) bool { return true }}, nil
	case Eq, In:
		return test{holds: equalsAny(c.Values), cost: costAttribute}, nil
	case Ne:
		return test{holds: equalsAny(c.Values), comparable: comparesWith(c.Values[0]), cost: costAttribute}, nil
	case Regex, NotRegex, Like:
		return newTextTest(c)
	}
	return test{holds: ordered(c.Op, c.Values[0]), cost: costAttribute}, nil
}

func newTextTest(c Compare) (test, error) {
	m, err := newMatcher(c)
	if err != nil {
		return test{}, err
	}
	match := m.match
	t := test{cost: costText, holds: func(v *trace.Value) bool { return isText(v) && match(v.Str()) }}
	if c.Op == NotRegex {
		t.comparable = isText
	}
	return t, nil
}

// newMatcher compiles the pattern of a comparison that was checked.
func newMatcher(c Compare) (m matcher, err error) {
	compile := compileRegex
	if c.Op == Like {
		compile = compileLike
	}
	if m, err = compile(c.Values[0].(string)); err != nil {
		return m, fmt.Errorf("a pattern that can be used: %w", err)
	}
	return m, nil
}

func isText(v *trace.Value) bool { return v.Kind() == trace.StringValue }

func isBool(v *trace.Value) bool { return v.Kind() == trace.BoolValue }

func isNumber(v *trace.Value) bool {
	_, ok := numberOf(v)
	return ok
}

// comparesWith says which values compare with a literal.
func comparesWith(literal any) func(*trace.Value) bool {
	switch literal.(type) {
	case string:
		return isText
	case bool:
		return isBool
	}
	return isNumber
}

func equalsAny(literals []any) func(*trace.Value) bool {
	if len(literals) == 1 {
		return equals(literals[0])
	}
	return newLiteralSet(literals).has
}

// A literalSet finds a value among many literals.
type literalSet struct {
	texts   map[string]struct{}
	numbers []number // in ascending order; status codes and kinds are numbers
	truths  map[bool]struct{}
}

func newLiteralSet(literals []any) *literalSet {
	set := &literalSet{texts: map[string]struct{}{}, truths: map[bool]struct{}{}}
	for _, l := range literals {
		switch l := l.(type) {
		case string:
			set.texts[l] = struct{}{}
		case bool:
			set.truths[l] = struct{}{}
		case trace.StatusCode:
			set.numbers = append(set.numbers, integer(int64(l)))
		case trace.Kind:
			set.numbers = append(set.numbers, integer(int64(l)))
		default:
			n, _ := literalNumber(l)
			set.numbers = append(set.numbers, n)
		}
	}
	slices.SortFunc(set.numbers, number.compare)
	return set
}

func (set *literalSet) has(v *trace.Value) bool {
	if _, in := set.texts[v.Str()]; in && isText(v) {
		return true
	}
	if _, in := set.truths[v.IsTrue()]; in && isBool(v) {
		return true
	}
	if len(set.numbers) == 0 {
		return false
	}
	n, ok := numberOf(v)
	if ok {
		_, ok = slices.BinarySearchFunc(set.numbers, n, number.compare)
	}
	return ok
}

func equals(literal any) func(*trace.Value) bool {
	switch l := literal.(type) {
	case string:
		return func(v *trace.Value) bool { return isText(v) && v.Str() == l }
	case bool:
		return func(v *trace.Value) bool { return isBool(v) && v.IsTrue() == l }
	case trace.StatusCode:
		return func(v *trace.Value) bool { return v.Int64() == int64(l) }
	case trace.Kind:
		return func(v *trace.Value) bool { return v.Int64() == int64(l) }
	}
	return ordered(Eq, literal)
}

// ordered compares texts with a text, and numbers with a number.
func ordered(op Op, literal any) func(*trace.Value) bool {
	meets := meeting(op)
	if l, ok := literal.(string); ok {
		return func(v *trace.Value) bool { return isText(v) && meets(strings.Compare(v.Str(), l)) }
	}
	want, _ := literalNumber(literal)
	if want.isFloat {
		return func(v *trace.Value) bool {
			n, ok := numberOf(v)
			return ok && meets(n.compare(want))
		}
	}
	return func(v *trace.Value) bool {
		if v.Kind() == trace.IntValue {
			return meets(cmp.Compare(v.Int64(), want.i))
		}
		n, ok := numberOf(v)
		return ok && meets(n.compare(want))
	}
}

// meeting says which outcomes of a comparison an operator asks for.
func meeting(op Op) func(int) bool {
	switch op {
	case Gt:
		return func(c int) bool { return c > 0 }
	case Gte:
		return func(c int) bool { return c >= 0 }
	case Lt:
		return func(c int) bool { return c < 0 }
	case Lte:
		return func(c int) bool { return c <= 0 }
	case Ne:
		return func(c int) bool { return c != 0 }
	}
	return func(c int) bool { return c == 0 }
}

// check says what is wrong with a comparison: what its operator or its literal
// should be. It does not compile patterns.
func (c Compare) check() error {
	if !c.Field.known() {
		return fmt.Errorf("a field, not %q", c.Field.Name)
	}
	switch n := len(c.Values); {
	case c.Op == Exists && n > 0:
		return fmt.Errorf("no literal after %s", c.Op)
	case c.Op == In && n == 0:
		return fmt.Errorf("at least one literal after %s", c.Op)
	case c.Op != In && c.Op != Exists && n != 1:
		return fmt.Errorf("one literal after %s", c.Op)
	}
	k := c.Field.kind()
	if !k.takes(c.Op) {
		return fmt.Errorf("%s", k.operators())
	}
	for _, v := range c.Values {
		if err := k.checkLiteral(c.Op, v); err != nil {
			return err
		}
	}
	return nil
}

func (k kind) takes(op Op) bool {
	switch op {
	case Eq, Ne, In, Exists:
		return true
	case Gt, Gte, Lt, Lte:
		return k != status && k != spanKind && k != boolean && k != anything
	case Regex, NotRegex, Like:
		return k == attribute || k == text || k == id || k == anything
	}
	return false
}

// operators lists what a kind takes, for messages.
func (k kind) operators() string {
	var all []string
	for _, op := range []Op{Eq, Ne, Gt, Gte, Lt, Lte, Regex, NotRegex, Like, In} {
		if k.takes(op) {
			all = append(all, string(op))
		}
	}
	return "one of " + strings.Join(all, " ")
}

func (k kind) checkLiteral(op Op, literal any) error {
	if op == Regex || op == NotRegex || op == Like {
		if _, ok := literal.(string); !ok {
			return fmt.Errorf("a pattern in quotes")
		}
		return nil
	}
	ok := false
	switch l := literal.(type) {
	case string:
		ok = k == attribute || k == text || k == id || k == anything
	case bool:
		ok = k == boolean || k == attribute && (op == Eq || op == Ne || op == In)
	case int64, float64, time.Duration:
		n, isNumber := literalNumber(l)
		ok = isNumber && !math.IsInf(n.f, 0) && (k == attribute || k == duration || k == count || k == quantity)
	case trace.StatusCode:
		ok = k == status && l >= trace.Unset && l <= trace.Error
	case trace.Kind:
		ok = k == spanKind && l >= trace.Unspecified && l <= trace.Consumer
	}
	if !ok {
		return fmt.Errorf("%s", wanted[k])
	}
	return nil
}
