// SPDX-License-Identifier: Apache-2.0

package source

import (
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Service is the spans of one service.
type Service struct {
	Name          string
	Spans, Errors uint64
}

// An OperationSearch asks for operations.
type OperationSearch struct {
	Services []string     // nil: all
	Kinds    []trace.Kind // nil: all
	Range    Range
}

// An Operation is the spans of one name and kind of a service.
type Operation struct {
	Service, Name string
	Kind          trace.Kind
	Spans, Errors uint64
}

// A KeySearch asks for the keys of attributes.
type KeySearch struct {
	// Scopes are those that attributes have; nil: all. Shorthands and other fields
	// without a key are not found.
	Scopes []query.Scope
	// Contains is a text that the keys contain, in either case; "": any.
	Contains string
	// Range narrows the search as far as the source can. What lies outside of it may
	// be found and counted too.
	Range Range
}

// A Key is an attribute's key.
type Key struct {
	Field  query.Field
	Kinds  []trace.ValueKind // of its values, ascending
	Values uint64            // how many there are
}

// A ValueSearch asks for the values of a field.
type ValueSearch struct {
	Field query.Field
	// Query is what the spans must match; nil: nothing.
	Query *query.Query
	Range Range
	// Contains is a text that the values contain as text, in either case; "": any.
	Contains string
	// Limit is how many values are returned at most.
	Limit int
}

// Values are the values of a field.
type Values struct {
	// List are the values, those of most spans first, those of equally many in the
	// order of [CompareValues].
	List []ValueCount
	// Distinct is how many values there are that contain the text.
	Distinct Total
	// Spans is how many spans match the query, and Having how many of them have the
	// field, whatever it contains.
	Spans, Having uint64
	Effort        Effort
}

// A ValueCount is a value, and how many spans have it. Values of different types
// are different. Of a list each element counts, and a value that a span has several
// times counts once.
type ValueCount struct {
	Value trace.Value
	Count uint64
}
