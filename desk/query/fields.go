// SPDX-License-Identifier: Apache-2.0

package query

import (
	"maps"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A kind says what the values of a field are, and so what they compare with.
type kind uint8

const (
	attribute kind = iota // whatever instrumentation wrote
	text
	id
	duration
	count
	quantity // a number
	status
	spanKind
	boolean
	anything // every value of a span
)

// wanted is what a field of a kind compares with, for messages.
var wanted = [...]string{
	attribute: "a string, number, duration, true, false or nil",
	text:      "a string in quotes",
	id:        "an id as a string in quotes",
	duration:  "a duration such as 200ms, or a number of nanoseconds",
	count:     "a number",
	quantity:  "a number",
	status:    "error, ok or unset",
	spanKind:  "server, client, producer, consumer, internal or unspecified",
	boolean:   "true or false",
	anything:  "a string in quotes",
}

// level is what a field is looked up in.
type level uint8

const (
	ofSpan level = iota
	ofEvent
	ofLink
	ofTrace
)

// An intrinsic is a field that is not an attribute under its own name.
type intrinsic struct {
	kind  kind
	level level
	// read gives the value, if there is one. Fields with several values have keys
	// or are anything instead.
	read func(*scan) (trace.Value, bool)
	// keys are the attributes of the span that a shorthand reads.
	keys []string
}

// aliases are other spellings of intrinsics.
var aliases = map[string]string{
	"span:name": "name", "span:status": "status", "span:statusMessage": "statusMessage", "span:kind": "kind", "span:duration": "duration",
	"trace:duration": "traceDuration", "trace:rootName": "rootName", "trace:rootService": "rootServiceName",
	"childCount": "span:childCount", "llm.model": "model", "tool.name": "tool",
}

// intrinsicField finds an intrinsic by any of its spellings.
func intrinsicField(name string) (Field, bool) {
	if canonical, ok := aliases[name]; ok {
		name = canonical
	}
	_, ok := intrinsics[name]
	return Field{Scope: Intrinsic, Name: name}, ok
}

func (f Field) kind() kind {
	if f.Scope != Intrinsic {
		return attribute
	}
	return intrinsics[f.Name].kind
}

func (f Field) level() level {
	switch f.Scope {
	case Event:
		return ofEvent
	case Link:
		return ofLink
	case Intrinsic:
		return intrinsics[f.Name].level
	}
	return ofSpan
}

// known reports whether the field is one: intrinsics must be in the table.
func (f Field) known() bool {
	if f.Scope != Intrinsic {
		return f.Scope < Intrinsic
	}
	_, ok := intrinsics[f.Name]
	return ok
}

// returns reports whether the field has values to group by and to return.
func (f Field) returns() bool { return f.known() && f.kind() != anything }

// String is the field as it is written in a query.
func (f Field) String() string { return string(f.append(nil)) }

func (f Field) append(b []byte) []byte {
	if f.Scope == Intrinsic {
		return append(b, f.Name...)
	}
	if int(f.Scope) < len(scopeNames) {
		b = append(b, scopeNames[f.Scope]...)
	}
	b = append(b, '.')
	if f.Name != "" && !strings.ContainsFunc(f.Name, endsKey) {
		return append(b, f.Name...)
	}
	b = append(b, '"')
	for _, c := range []byte(f.Name) {
		if c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return append(b, '"')
}

// intrinsicNames are all spellings of intrinsics, for messages.
func intrinsicNames() []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(intrinsics)), maps.Keys(aliases))
	slices.Sort(names)
	return names
}
