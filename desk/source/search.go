// SPDX-License-Identifier: Apache-2.0

package source

import (
	"bytes"
	"cmp"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Search asks for traces or spans.
type Search struct {
	// Query is what they have to match; nil: nothing.
	Query *query.Query
	// Range is when they begin.
	Range Range
	// Order is how they are sorted.
	Order Order
	// Limit is how many a page has at most, at least 1.
	Limit int
	// After is where the page before ended; nil: this is the first.
	After *Position
	// Spans is how many spans of each set that a trace has for the query a [Hit]
	// shows. 0: no sets.
	Spans int
	// Total asks for [Page.Total].
	Total bool
}

// An Order is how traces, spans or log records are sorted. What is equal is in the
// order of ids.
type Order uint8

// The orders. Log records have the first two.
const (
	Newest  Order = iota // the last start first
	Oldest               // the first start first
	Longest              // the longest duration first
)

// A Position is the place of a trace, a span or a log record in an order: with it,
// pages go on where the last one ended, whatever has come in between.
type Position struct {
	Key     int64 // the start, or the duration
	TraceID trace.TraceID
	SpanID  trace.SpanID // of spans
	Skip    int          // of log records, which have no ids: how many of the same time come before
}

// Compare is negative if a comes before b.
func (o Order) Compare(a, b Position) int {
	keys := cmp.Compare(a.Key, b.Key)
	if o != Oldest {
		keys = -keys
	}
	return cmp.Or(keys, bytes.Compare(a.TraceID[:], b.TraceID[:]), bytes.Compare(a.SpanID[:], b.SpanID[:]), cmp.Compare(a.Skip, b.Skip))
}

// Position is the place of a trace in the order.
func (o Order) Position(s *digest.Summary) Position {
	p := Position{Key: s.Start, TraceID: s.TraceID}
	if o == Longest {
		p.Key = s.Duration()
	}
	return p
}

// SpanPosition is the place of a span in the order.
func (o Order) SpanPosition(s *SpanRow) Position {
	p := Position{Key: s.Start, TraceID: s.TraceID, SpanID: s.ID}
	if o == Longest {
		p.Key = s.Duration
	}
	return p
}

// A Page is part of the traces that were found.
type Page struct {
	Hits   []Hit
	Next   *Position // where the next page goes on; nil: this is the last
	Total  *Total    // of all pages; nil: not asked for
	Effort Effort
}

// A Hit is a trace that was found.
type Hit struct {
	Summary digest.Summary
	// Sets are the sets of spans that the trace has for the query, if asked for.
	Sets []SpanSet
}

// A SpanSet is a set of spans that a trace has for a query.
type SpanSet struct {
	Spans   []SpanRow // the first ones, by start and id
	Matched int       // how many there are
	// By and Aggregates are what the stages of the query came to, as [query.Match]
	// has them.
	By         []trace.Value
	Aggregates []float64
}

// A SpanPage is part of the spans that were found. Of spans with the same trace,
// id and start it has one.
type SpanPage struct {
	Rows   []SpanRow
	Next   *Position
	Total  *Total
	Effort Effort
}

// A SpanRow is what lists show of a span.
type SpanRow struct {
	TraceID    trace.TraceID
	ID, Parent trace.SpanID
	Start      int64
	Duration   int64 // as [trace.Span.Duration] has it
	Service    string
	Name       string
	Kind       trace.Kind
	Status     trace.Status
	// Values are those of the fields that the query selects, in their order.
	Values []trace.Value
}

// RowOf is the row of a span, without values.
func RowOf(s *trace.Span) SpanRow {
	return SpanRow{
		TraceID: s.TraceID, ID: s.ID, Parent: s.Parent, Start: s.Start, Duration: s.Duration(),
		Service: s.Service(), Name: s.Name, Kind: s.Kind, Status: s.Status,
	}
}

// A Total says how many there are.
type Total struct {
	Count int
	// AtLeast says that there may be more: counting all would have taken too long.
	AtLeast bool
}

// Effort says what an answer rests on.
type Effort struct {
	// Traces and Spans are how many were looked at.
	Traces, Spans int
	// Partial says that not everything there is was looked at: there may be more.
	Partial bool
	// Warnings say what was left out, in sentences without a dot.
	Warnings []string
}
