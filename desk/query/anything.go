// SPDX-License-Identifier: Apache-2.0

package query

import (
	"encoding/hex"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// compareAnything compares every text that a span has: its name, status message
// and ids, and the values of the attributes of span, resource, instrumentation,
// events and links, with the names of events.
func compareAnything(e Compare) (condition, error) {
	t, err := newTest(e)
	if err != nil {
		return condition{}, err
	}
	match := func(text string) bool {
		v := trace.String(text)
		return t.holds(&v)
	}
	negated := t.comparable != nil
	return condition{cost: costAnything, holds: func(s *scan) bool {
		return (textOfSpan(s.span, match) || textOfParts(s.span, match)) != negated
	}}, nil
}

func textOfSpan(s *trace.Span, match func(string) bool) bool {
	if match(s.Name) || match(s.Status.Message) || textOfAttributes(s.Attributes, match) {
		return true
	}
	if s.Resource != nil && textOfAttributes(s.Resource.Attributes, match) {
		return true
	}
	if c := s.Scope; c != nil && (match(c.Name) || match(c.Version) || textOfAttributes(c.Attributes, match)) {
		return true
	}
	return textOfIDs(s.TraceID, s.ID, match) || !s.Parent.IsZero() && match(s.Parent.String())
}

func textOfParts(s *trace.Span, match func(string) bool) bool {
	for i := range s.Events {
		if e := &s.Events[i]; match(e.Name) || textOfAttributes(e.Attributes, match) {
			return true
		}
	}
	for i := range s.Links {
		if l := &s.Links[i]; textOfIDs(l.TraceID, l.SpanID, match) || textOfAttributes(l.Attributes, match) {
			return true
		}
	}
	return false
}

func textOfIDs(t trace.TraceID, s trace.SpanID, match func(string) bool) bool {
	var digits [2 * (len(t) + len(s))]byte
	hex.Encode(digits[:], t[:])
	hex.Encode(digits[2*len(t):], s[:])
	text := string(digits[:])
	return match(text[:2*len(t)]) || match(text[2*len(t):])
}

func textOfAttributes(attrs []trace.KeyValue, match func(string) bool) bool {
	for i := range attrs {
		if textOfValue(attrs[i].Value, match, 0) {
			return true
		}
	}
	return false
}

// maxValueDepth is how deep lists and maps are looked into; the readers of the
// desk accept no deeper ones.
const maxValueDepth = 64

func textOfValue(v trace.Value, match func(string) bool, depth int) bool {
	switch v.Kind() {
	case trace.EmptyValue:
		return false
	case trace.ListValue:
		for _, e := range v.Elements() {
			if depth < maxValueDepth && textOfValue(e, match, depth+1) {
				return true
			}
		}
		return false
	case trace.MapValue:
		for _, p := range v.Pairs() {
			if depth < maxValueDepth && textOfValue(p.Value, match, depth+1) {
				return true
			}
		}
		return false
	}
	return match(v.String())
}
