// SPDX-License-Identifier: Apache-2.0

package query

// An Expr is a condition on one span: [And], [Or], [Not], [Some] or [Compare].
// The operators are those of Jaeger's expression.v1, which stores can be asked
// with: eq, ne, gt, gte, lt, lte, regex, exists, in, and, or, not, some; like is
// added.
type Expr interface{ expr() }

// And holds where all of its conditions do; without any it always does.
// Conditions on events among them speak of the same event, those on links of the
// same link.
type And []Expr

// Or holds where one of its conditions does; without any it never does.
type Or []Expr

// Not holds where its condition does not.
type Not struct{ Expr Expr }

// Some holds where one event, or one link, meets a condition that is about
// events or links only.
type Some struct{ Expr Expr }

// Compare compares a field with literals, which are of the types string, int64,
// float64, bool, [time.Duration], [trace.StatusCode] and [trace.Kind]. In has at
// least one of them, Exists none, the other operators one.
type Compare struct {
	Field  Field
	Op     Op
	Values []any
}

func (And) expr()     {}
func (Or) expr()      {}
func (Not) expr()     {}
func (Some) expr()    {}
func (Compare) expr() {}

// A Field is what a condition is about.
type Field struct {
	Scope Scope
	Name  string // the key of an attribute, or the canonical name of an intrinsic
}

// A Scope says what the attributes of a field belong to.
type Scope uint8

// The scopes.
const (
	Unscoped        Scope = iota // the first of span, resource and instrumentation that has the attribute
	Span                         // attributes of the span
	Resource                     // attributes of the process
	Event                        // attributes of an event of the span
	Link                         // attributes of a link of the span
	Instrumentation              // attributes of the instrumentation scope
	Intrinsic                    // no attribute: a field that every span or trace has, or a shorthand
)

var scopeNames = [...]string{Unscoped: "", Span: "span", Resource: "resource", Event: "event", Link: "link", Instrumentation: "instrumentation"}

// An Op is an operator of a comparison.
type Op string

// The operators, as they are written; Exists is written != nil.
const (
	Eq       Op = "="
	Ne       Op = "!="
	Gt       Op = ">"
	Gte      Op = ">="
	Lt       Op = "<"
	Lte      Op = "<="
	Regex    Op = "=~"
	NotRegex Op = "!~"
	Like     Op = "like"
	In       Op = "in"
	Exists   Op = "exists"
)

// allOf joins conditions, of which those that are themselves joined are taken apart.
func allOf(conditions ...Expr) Expr {
	joined := And{}
	for _, c := range conditions {
		if inner, ok := c.(And); ok {
			joined = append(joined, inner...)
		} else {
			joined = append(joined, c)
		}
	}
	if len(joined) == 1 {
		return joined[0]
	}
	return joined
}

// anyOf is allOf for alternatives.
func anyOf(conditions ...Expr) Expr {
	joined := Or{}
	for _, c := range conditions {
		if inner, ok := c.(Or); ok {
			joined = append(joined, inner...)
		} else {
			joined = append(joined, c)
		}
	}
	if len(joined) == 1 {
		return joined[0]
	}
	return joined
}

// missing is what field = nil says.
func missing(f Field) Expr { return Not{Compare{Field: f, Op: Exists}} }

// isMissing reports whether a condition is one that missing makes.
func isMissing(e Expr) (Field, bool) {
	n, ok := e.(Not)
	if !ok {
		return Field{}, false
	}
	c, ok := n.Expr.(Compare)
	return c.Field, ok && c.Op == Exists
}
