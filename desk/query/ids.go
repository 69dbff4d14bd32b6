// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// compareID compares ids as ids: literals may be in either case and without
// leading zeros. What is no id equals none.
func compareID(e Compare) (condition, error) {
	negated := e.Op == Ne
	if e.Op == Eq || e.Op == In || negated {
		if holds := equalID(e); holds != nil {
			return condition{holds: func(s *scan) bool { return holds(s) != negated }}, nil
		}
	}
	e.Values = slices.Clone(e.Values)
	for i, v := range e.Values {
		e.Values[i] = canonicalID(e.Op, v.(string), e.Field)
	}
	t, err := newTest(e)
	if err != nil {
		return condition{}, err
	}
	read := e.Field.reader()
	return condition{cost: max(t.cost, costText), holds: func(s *scan) bool {
		v := read(s)
		return v != nil && t.one(v)
	}}, nil
}

// equalID compares without writing the ids of spans as text; nil for fields that
// are text already.
func equalID(e Compare) func(*scan) bool {
	traces, spans := idsOf(e.Values, trace.ParseTraceID), idsOf(e.Values, trace.ParseSpanID)
	switch e.Field.Name {
	case "trace:id":
		return func(s *scan) bool { return slices.Contains(traces, s.span.TraceID) }
	case "link:traceID":
		return func(s *scan) bool { return slices.Contains(traces, s.link.TraceID) }
	case "span:id":
		return func(s *scan) bool { return slices.Contains(spans, s.span.ID) }
	case "span:parentID":
		return func(s *scan) bool { return slices.Contains(spans, s.span.Parent) }
	case "link:spanID":
		return func(s *scan) bool { return slices.Contains(spans, s.link.SpanID) }
	}
	return nil
}

// idsOf are the literals that are ids.
func idsOf[ID any](literals []any, parse func(string) (ID, error)) (ids []ID) {
	for _, l := range literals {
		if id, err := parse(l.(string)); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// canonicalID is a literal as ids are written: in lower case and padded.
func canonicalID(op Op, literal string, f Field) string {
	switch op {
	case Regex, NotRegex:
		return "(?i:" + literal + ")"
	case Like:
		return strings.ToLower(literal)
	}
	if f.Name == "trace:id" || f.Name == "link:traceID" {
		if id, err := trace.ParseTraceID(literal); err == nil {
			return id.String()
		}
	} else if id, err := trace.ParseSpanID(literal); err == nil {
		return id.String()
	}
	return literal
}
