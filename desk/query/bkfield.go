// SPDX-License-Identifier: Apache-2.0

package query

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A bkField is a field of BlueKing's documents as one of ours: where it is, and
// what its numbers are to be multiplied by to be nanoseconds.
type bkField struct {
	Field
	scale int64
	flag  bool // whether it is true or false, and our field counts
	prose bool // whether it is analysed text, in which a phrase is found anywhere
}

const micros = int64(time.Microsecond)

// bkFields are the fields of span and trace documents that are no attributes.
var bkFields = map[string]bkField{
	"trace_id": inner("trace:id"), "span_id": inner("span:id"), "parent_span_id": inner("span:parentID"), "trace_state": inner("span:traceState"),
	"span_name": inner("name"), "kind": inner("kind"), "status.code": inner("status"),
	"status.message": {Field: Field{Intrinsic, "statusMessage"}, prose: true},
	"start_time":     timed("span:start"), "end_time": timed("span:end"), "elapsed_time": timed("duration"), "duration": timed("duration"),
	"events.name": inner("event:name"), "events.timestamp": timed("event:time"),
	"links.trace_id": inner("link:traceID"), "links.span_id": inner("link:spanID"), "links.trace_state": inner("link:traceState"),

	"trace_duration": timed("traceDuration"), "min_start_time": timed("trace:start"), "max_end_time": timed("trace:end"),
	"span_max_duration": timed("trace:maxDuration"), "span_min_duration": timed("trace:minDuration"),
	"span_count": inner("trace:spanCount"), "service_count": inner("trace:serviceCount"), "hierarchy_count": inner("trace:depth"),
	"error_count": inner("trace:errorCount"), "error": {Field: Field{Intrinsic, "trace:errorCount"}, flag: true},
	"root_span_id": inner("trace:rootID"), "root_span_name": inner("rootName"), "root_span_service": inner("rootServiceName"), "root_span_kind": inner("trace:rootKind"),
	"root_service": inner("trace:entryService"), "root_service_span_id": inner("trace:entryID"),
	"root_service_span_name": inner("trace:entryName"), "root_service_kind": inner("trace:entryKind"),
}

func inner(name string) bkField { return bkField{Field: Field{Intrinsic, name}} }

func timed(name string) bkField { return bkField{Field: Field{Intrinsic, name}, scale: micros} }

// bkUnknown are fields of their documents that the desk has nothing for.
var bkUnknown = []string{
	"root_service_category", "root_service_status_code", "category_statistics", "kind_statistics",
	"bk_biz_id", "biz_id", "biz_name", "app_id", "app_name", "bk_tenant_id", "bk_app_code", "time",
}

var bkScopes = []struct {
	prefix string
	scope  Scope
}{
	{"attributes.", Span}, {"resource.", Resource}, {"events.attributes.", Event}, {"links.attributes.", Link},
}

// bkProse are attributes whose text they analyse.
var bkProse = []string{"exception.message", "exception.stacktrace"}

// bkFieldOf finds the field of a key: of their documents, a shorthand, or else
// an attribute wherever it is.
func bkFieldOf(key string) (bkField, error) {
	key = strings.TrimPrefix(key, summaryPrefix)
	if f, ok := bkFields[key]; ok {
		return f, nil
	}
	for _, s := range bkScopes {
		if name, ok := strings.CutPrefix(key, s.prefix); ok && name != "" {
			return bkField{Field: Field{s.scope, name}, prose: s.scope == Event && slices.Contains(bkProse, name)}, nil
		}
	}
	root, _, _ := strings.Cut(key, ".")
	if key == "" || slices.Contains(bkUnknown, root) {
		return bkField{}, fmt.Errorf("a field that traces are searched by, not %q", key)
	}
	if f, ok := intrinsicField(key); ok {
		return bkField{Field: f, scale: scaleOf(f.kind())}, nil
	}
	return bkField{Field: Field{Unscoped, key}}, nil
}

func scaleOf(k kind) int64 {
	if k == duration {
		return micros
	}
	return 0
}

// equal is the condition that the field is one of some values.
func (f bkField) equal(values ...any) (Expr, error) {
	if f.flag {
		return f.flagged(values)
	}
	var literals []any
	for _, v := range values {
		if v == "" && !f.isText() && f.kind() != id {
			continue // no value of this kind is ""
		}
		some, err := f.literals(v)
		if err != nil {
			return nil, err
		}
		literals = append(literals, some...)
	}
	switch len(literals) {
	case 0:
		return Or{}, nil
	case 1:
		return f.compare(Eq, literals[0])
	}
	c := Compare{f.Field, In, literals}
	return c, c.check()
}

func (f bkField) flagged(values []any) (Expr, error) {
	var either []Expr
	for _, v := range values {
		switch fmt.Sprint(v) {
		case "true", "1":
			either = append(either, Compare{f.Field, Gt, []any{int64(0)}})
		case "false", "0":
			either = append(either, Compare{f.Field, Eq, []any{int64(0)}})
		default:
			return nil, fmt.Errorf("true or false, not %q", v)
		}
	}
	return anyOf(either...), nil
}

// compare checks what it makes.
func (f bkField) compare(op Op, literal any) (Expr, error) {
	c := Compare{f.Field, op, []any{literal}}
	if err := c.check(); err != nil {
		return nil, err
	}
	_, err := compileCompare(c)
	return c, err
}

// ordered is a comparison by size. Status codes and kinds are compared by their
// numbers.
func (f bkField) ordered(op Op, value any) (Expr, error) {
	if f.flag {
		return nil, fmt.Errorf("true or false")
	}
	k := f.kind()
	if k == status || k == spanKind {
		return f.enumerated(op, value)
	}
	literals, err := f.literals(value)
	if err != nil {
		return nil, err
	}
	return f.compare(op, literals[len(literals)-1])
}

func (f bkField) enumerated(op Op, value any) (Expr, error) {
	want, ok := parseNumber(fmt.Sprint(value))
	if !ok {
		return nil, fmt.Errorf("a number, not %q", value)
	}
	meets := meeting(op)
	var literals []any
	for n := range int64(trace.Consumer) + 1 {
		literal, err := f.enum(fmt.Sprint(n))
		if err == nil && meets(integer(n).compare(want)) {
			literals = append(literals, literal)
		}
	}
	if len(literals) == 0 {
		return Or{}, nil
	}
	return Compare{f.Field, In, literals}, nil
}

// like matches a pattern with wildcards.
func (f bkField) like(pattern string) (Expr, error) { return f.compare(Like, pattern) }

// contains matches texts with a text anywhere in them.
func (f bkField) contains(text string) (Expr, error) { return f.like("*" + escapeGlob(text) + "*") }

func escapeGlob(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(s)
}

// isText reports whether words are looked for within the values of the field.
func (f bkField) isText() bool {
	k := f.kind()
	return !f.flag && (k == attribute || k == text || k == anything)
}

// literals are a value as what the field compares with: a number that is written
// as one is a number, which also compares with texts that spell it.
func (f bkField) literals(value any) ([]any, error) {
	s := fmt.Sprint(value)
	switch f.kind() {
	case status, spanKind:
		literal, err := f.enum(s)
		return []any{literal}, err
	case duration, count, quantity:
		literal, err := f.scaled(s)
		return []any{literal}, err
	case attribute:
		return attributeLiterals(value, s), nil
	}
	return []any{s}, nil
}

func attributeLiterals(value any, s string) []any {
	_, isNumber := value.(json.Number)
	if n, ok := parseNumber(s); ok && (isNumber || string(n.append(nil)) == s) {
		if n.isFloat {
			return []any{n.f}
		}
		return []any{n.i}
	}
	if s == "true" || s == "false" {
		return []any{s, s == "true"}
	}
	return []any{s}
}

// enum reads a status code or a kind, as number or name.
func (f bkField) enum(s string) (any, error) {
	if f.kind() == status {
		for c := trace.Unset; c <= trace.Error; c++ {
			if s == fmt.Sprint(int32(c)) || strings.EqualFold(s, c.String()) {
				return c, nil
			}
		}
		return nil, fmt.Errorf("0, 1, 2, unset, ok or error, not %q", s)
	}
	for k := trace.Unspecified; k <= trace.Consumer; k++ {
		if s == fmt.Sprint(int32(k)) || strings.EqualFold(s, k.String()) {
			return k, nil
		}
	}
	return nil, fmt.Errorf("0 to 5 or the name of a kind, not %q", s)
}

// scaled reads a number, of times in microseconds, or a duration with a unit.
func (f bkField) scaled(s string) (any, error) {
	n, ok := parseNumber(s)
	if !ok {
		if d, err := time.ParseDuration(s); err == nil && f.kind() == duration {
			return d, nil
		}
		return nil, fmt.Errorf("%s, not %q", wanted[f.kind()], s)
	}
	if f.scale != 0 {
		n = n.times(f.scale)
	}
	switch {
	case n.isFloat:
		return n.f, nil
	case f.kind() == duration:
		return time.Duration(n.i), nil
	}
	return n.i, nil
}

// times is an integer where the product is one of 64 bits.
func (n number) times(factor int64) number {
	if p := n.i * factor; !n.isFloat && p/factor == n.i {
		return integer(p)
	}
	if v := float(n.float() * float64(factor)).value(); v.Kind() == trace.IntValue {
		return integer(v.Int64())
	}
	return float(n.float() * float64(factor))
}
