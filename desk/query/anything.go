// SPDX-License-Identifier: Apache-2.0

package query

import (
	"encoding/hex"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// compareAnything compares every text that a span has: its name, status message
// and ids, and the values of the attributes of span, resource, instrumentation,
// events and links, with the names of events.
func compareAnything(e Compare) (condition, error) {
	match, err := textMatch(e)
	if err != nil {
		return condition{}, err
	}
	text := &anyText{match: match, wordy: isWordy(e)}
	negated := e.Op == Ne || e.Op == NotRegex
	return condition{cost: costAnything, holds: func(s *scan) bool {
		return (text.ofSpan(s.span) || text.ofParts(s.span)) != negated
	}}, nil
}

// textMatch compares texts that are not kept in values.
func textMatch(e Compare) (func(string) bool, error) {
	switch e.Op {
	case Exists:
		return func(string) bool { return true }, nil
	case Regex, NotRegex, Like:
		m, err := newMatcher(e)
		return m.match, err
	}
	texts := newLiteralSet(e.Values).texts
	return func(s string) bool {
		_, in := texts[s]
		return in
	}, nil
}

// anyText looks for a text wherever one may be.
type anyText struct {
	match func(string) bool
	wordy bool // whether numbers, truth values and ids cannot match
}

// plainLetters are all characters of numbers, true, false, NaN, Inf and ids.
const plainLetters = "0123456789abcdef+-.EINnlrstu"

// isWordy reports whether all that is looked for has other characters as well,
// so that no number needs to be written as text.
func isWordy(e Compare) bool {
	if e.Op == Regex || e.Op == NotRegex {
		return false
	}
	for _, v := range e.Values {
		s, _ := v.(string)
		if e.Op == Like {
			s = strings.NewReplacer(`\`, "", "*", "", "?", "").Replace(s)
		}
		if strings.Trim(s, plainLetters) == "" {
			return false
		}
	}
	return true
}

func (a *anyText) ofSpan(s *trace.Span) bool {
	if a.match(s.Name) || a.match(s.Status.Message) || a.ofAttributes(s.Attributes) || a.ofAttributes(resourceAttributes(s)) {
		return true
	}
	if c := s.Scope; c != nil && (a.match(c.Name) || a.match(c.Version) || a.ofAttributes(c.Attributes)) {
		return true
	}
	return a.ofIDs(s.TraceID, s.ID) || !a.wordy && !s.Parent.IsZero() && a.match(s.Parent.String())
}

func (a *anyText) ofParts(s *trace.Span) bool {
	for i := range s.Events {
		if e := &s.Events[i]; a.match(e.Name) || a.ofAttributes(e.Attributes) {
			return true
		}
	}
	for i := range s.Links {
		if l := &s.Links[i]; a.ofIDs(l.TraceID, l.SpanID) || a.ofAttributes(l.Attributes) {
			return true
		}
	}
	return false
}

func (a *anyText) ofIDs(t trace.TraceID, s trace.SpanID) bool {
	if a.wordy {
		return false
	}
	var digits [2 * (len(t) + len(s))]byte
	hex.Encode(digits[:], t[:])
	hex.Encode(digits[2*len(t):], s[:])
	text := string(digits[:])
	return a.match(text[:2*len(t)]) || a.match(text[2*len(t):])
}

func (a *anyText) ofAttributes(attrs []trace.KeyValue) bool {
	for i := range attrs {
		if a.ofValue(&attrs[i].Value, maxValueDepth) {
			return true
		}
	}
	return false
}

// maxValueDepth is how deep lists and maps are looked into; the readers of the
// desk accept no deeper ones.
const maxValueDepth = 64

func (a *anyText) ofValue(v *trace.Value, levels int) bool {
	switch v.Kind() {
	case trace.StringValue:
		return a.match(v.Str())
	case trace.ListValue, trace.MapValue:
		return levels > 0 && a.ofMany(v, levels-1)
	case trace.BytesValue:
		return a.match(v.String())
	case trace.EmptyValue:
		return false
	}
	return !a.wordy && a.match(v.String())
}

func (a *anyText) ofMany(v *trace.Value, levels int) bool {
	for _, e := range v.Elements() {
		if a.ofValue(&e, levels) {
			return true
		}
	}
	for _, p := range v.Pairs() {
		if a.ofValue(&p.Value, levels) {
			return true
		}
	}
	return false
}
