// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"time"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/store/sketch"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Reader finds traces. [Store] is one; others may be of what somebody else
// keeps.
type Reader interface {
	// Trace is all that is known of a trace: spans in the order of their starts,
	// log records in the order in which they came. [ErrNotFound] says that there is
	// nothing.
	Trace(ctx context.Context, r TraceRequest) (*trace.Trace, error)
	// Summaries are traces in a few figures.
	Summaries(ctx context.Context, r SearchRequest) (*SummaryPage, error)
	// Spans are the spans that a query selects, those of one trace together.
	Spans(ctx context.Context, r SearchRequest) (*SpanPage, error)
	// Services are those that spans started in.
	Services(ctx context.Context, r TimeRange) ([]ServiceInfo, error)
	// Statistics count spans by service and operation.
	Statistics(ctx context.Context, r StatisticsRequest) (*Statistics, error)
	// Edges are the calls between services.
	Edges(ctx context.Context, r TimeRange) ([]Edge, error)
	// AttributeKeys are the keys that attributes have.
	AttributeKeys(ctx context.Context, r TimeRange) ([]KeyInfo, error)
	// AttributeValues are the values of an attribute.
	AttributeValues(ctx context.Context, r ValuesRequest) (*Values, error)
	// Sessions are traces of one session, chat or conversation, summed up.
	Sessions(ctx context.Context, r SessionsRequest) (*SessionPage, error)
	// Logs are log records.
	Logs(ctx context.Context, r LogsRequest) (*LogPage, error)
}

// ErrNotFound is what [Reader.Trace] returns for a trace of which nothing is known.
var ErrNotFound = errors.New("store: no such trace")

// A TimeRange is from From on, until before To, in nanoseconds of Unix time. A To
// of zero is no end; so the zero TimeRange is all the time since 1970, and a
// negative From is before.
type TimeRange struct{ From, To int64 }

// Has reports whether a time is in the range.
func (r TimeRange) Has(t int64) bool { return t >= r.From && (r.To == 0 || t < r.To) }

// overlaps reports whether the range has any time between two, both of them
// included.
func (r TimeRange) overlaps(first, last int64) bool {
	return last >= r.From && (r.To == 0 || first < r.To)
}

// holds reports whether the range has all times between two.
func (r TimeRange) holds(first, last int64) bool { return r.Has(first) && r.Has(last) }

// A TraceRequest asks for a trace.
type TraceRequest struct {
	ID trace.TraceID
	// Around is when the trace was, as far as is known: sources may look there
	// first. A Store needs no such hint.
	Around TimeRange
}

// An Order is that of a page.
type Order uint8

// The orders.
const (
	Newest  Order = iota // by the start of the trace, the latest first
	Longest              // by the duration of the trace, the longest first
)

// A SearchRequest asks for traces or spans. Its zero value asks for the newest.
type SearchRequest struct {
	// Range is when the traces started.
	Range TimeRange
	// Query is what they have to match; nil: anything.
	Query *query.Query
	// MinDuration and MaxDuration are what the duration of the trace is between; a
	// MaxDuration of zero is no bound.
	MinDuration, MaxDuration time.Duration
	Order                    Order
	// Limit is how many traces or spans a page has at most: [DefaultLimit] for zero,
	// and never more than [MaxLimit].
	Limit int
	// Cursor is that of the page before, "" for the first page.
	Cursor string
	// SpansPerTrace is how many of the spans that match are returned with a summary.
	SpansPerTrace int
	// Budget is how many spans may be looked at: [DefaultBudget] for zero.
	Budget int
}

// Bounds of requests.
const (
	DefaultLimit  = 20
	MaxLimit      = 10_000
	DefaultBudget = 2_000_000
)

// Cost is what an answer took.
type Cost struct {
	Segments int `json:"segments"` // that were looked into
	Traces   int `json:"traces"`   // whose spans were read
	Spans    int `json:"spans"`
	// Truncated says that the budget was used up, or something could not be read:
	// there may be more.
	Truncated bool `json:"truncated"`
}

// A SummaryPage is some traces.
type SummaryPage struct {
	Traces []TraceMatch `json:"traces"`
	// Cursor is for the next page, "" if there is none.
	Cursor string `json:"cursor,omitempty"`
	// Total is how many traces there are on all pages; if TotalIsMinimum, at least
	// so many.
	Total          int  `json:"total"`
	TotalIsMinimum bool `json:"totalIsMinimum"`
	Cost           Cost `json:"cost"`
}

// A TraceMatch is a trace that was found.
type TraceMatch struct {
	digest.Summary
	// Sets are what the query matched in the trace, if it was asked for spans.
	Sets []SpanSet `json:"sets,omitempty"`
}

// A SpanSet is spans that a query matched: see [query.Match].
type SpanSet struct {
	Spans      []trace.Span    `json:"spans"`   // some of them
	Values     [][]trace.Value `json:"values"`  // of the query's fields, for each of Spans
	Matched    int             `json:"matched"` // how many there are
	By         []trace.Value   `json:"by,omitempty"`
	Aggregates []float64       `json:"aggregates,omitempty"`
}

// A SpanPage is some spans: those of the trace that comes first in the order, by
// their starts, then those of the next.
type SpanPage struct {
	Spans  []SpanMatch `json:"spans"`
	Cursor string      `json:"cursor,omitempty"`
	Cost   Cost        `json:"cost"`
}

// A SpanMatch is a span that was found.
type SpanMatch struct {
	Span   trace.Span    `json:"span"`
	Values []trace.Value `json:"values,omitempty"` // of the query's fields
}

// ServiceInfo is what is known of a service.
type ServiceInfo struct {
	Name       string          `json:"name"`
	Spans      uint64          `json:"spans"`
	Errors     uint64          `json:"errors"`
	Operations []OperationInfo `json:"operations"`
}

// OperationInfo is what is known of an operation of a service.
type OperationInfo struct {
	Name   string     `json:"name"`
	Kind   trace.Kind `json:"kind"`
	Spans  uint64     `json:"spans"`
	Errors uint64     `json:"errors"`
}

// A StatisticsRequest asks for statistics.
type StatisticsRequest struct {
	// Range is when the spans started. Statistics are kept by the minute: it is
	// widened to whole ones.
	Range TimeRange
	// Service and Operation are what the spans are of, "" for any.
	Service, Operation string
	// Step is how long the time is that each [Point] is of, in whole minutes; zero:
	// there are no points.
	Step time.Duration
}

// Statistics are of spans by service, operation and kind.
type Statistics struct {
	Range  TimeRange   `json:"range"` // that was counted
	Series []Statistic `json:"series"`
}

// A Statistic is of one operation.
type Statistic struct {
	Service   string     `json:"service"`
	Operation string     `json:"operation"`
	Kind      trace.Kind `json:"kind"`
	Measure
	Points []Point `json:"points,omitempty"` // in the order of time, without those that have nothing
}

// A Point is of a time.
type Point struct {
	Time int64 `json:"time"` // when it begins, in nanoseconds
	Measure
}

// A Measure is calls, and how long they took.
type Measure struct {
	Calls     uint64        `json:"calls"`
	Errors    uint64        `json:"errors"`
	Sum       float64       `json:"sum"` // of durations, in nanoseconds
	Durations sketch.Sketch `json:"-"`
}

// An Edge is the calls from one service to another: spans whose parent is a span
// of another service.
type Edge struct {
	Caller string `json:"caller"`
	Callee string `json:"callee"`
	// Async is how many of the calls are by messages.
	Async uint64 `json:"async"`
	Measure
}

// KeyInfo is an attribute's key.
type KeyInfo struct {
	Scope  segment.Scope `json:"scope"`
	Key    string        `json:"key"`
	Type   string        `json:"type"` // string, int, float, bool, or other for lists, maps and bytes
	Values uint64        `json:"values"`
}

// A ValuesRequest asks for the values of a field.
type ValuesRequest struct {
	Range TimeRange
	// Field is an attribute of spans or of their resources, or one that every span
	// has: see [query.ParseField].
	Field query.Field
	// Query is what the spans have to match; nil: anything.
	Query *query.Query
	// Prefix is what values begin with, as text.
	Prefix string
	// Limit is how many values are returned: [DefaultLimit] for zero.
	Limit int
	// Budget is how many spans may be looked at: [DefaultBudget] for zero.
	Budget int
}

// Values are the values of a field.
type Values struct {
	Top []ValueCount `json:"top"` // the most frequent first
	// Spans is how many spans were looked at, With how many of them have the field,
	// and Distinct how many values there are; if DistinctIsMinimum, at least.
	Spans             int  `json:"spans"`
	With              int  `json:"with"`
	Distinct          int  `json:"distinct"`
	DistinctIsMinimum bool `json:"distinctIsMinimum"`
	// Numbers are what is known of the values that are numbers.
	Numbers Numbers `json:"numbers"`
	Cost    Cost    `json:"cost"`
}

// A ValueCount is a value, and how many spans have it.
type ValueCount struct {
	Value trace.Value `json:"value"`
	Count int         `json:"count"`
}

// Numbers are what is known of values that are numbers.
type Numbers struct {
	Count int     `json:"count"`
	Min   float64 `json:"min"`
	Max   float64 `json:"max"`
	Sum   float64 `json:"sum"`
}

// A SessionKind says by what traces belong together.
type SessionKind uint8

// The kinds of sessions.
const (
	BySID SessionKind = iota
	ByChat
	ByConversation
)

// A SessionsRequest asks for sessions.
type SessionsRequest struct {
	Range  TimeRange
	Kind   SessionKind
	Limit  int // [DefaultLimit] for zero
	Cursor string
	// Budget is how many traces may be looked at: [DefaultBudget] for zero.
	Budget int
}

// A Session is traces that belong together, as far as they are in the range.
type Session struct {
	ID     string        `json:"id"`
	Start  int64         `json:"start"` // of the first trace
	End    int64         `json:"end"`   // the last end
	Traces int           `json:"traces"`
	Spans  int           `json:"spans"`
	Errors int           `json:"errors"`
	Tokens digest.Tokens `json:"tokens"`
	UID    string        `json:"uid,omitempty"`
	// First and Last are the first and the last trace.
	First trace.TraceID `json:"first"`
	Last  trace.TraceID `json:"last"`
}

// A SessionPage is some sessions, those with the latest trace first.
type SessionPage struct {
	Sessions []Session `json:"sessions"`
	Cursor   string    `json:"cursor,omitempty"`
	Total    int       `json:"total"`
	Cost     Cost      `json:"cost"`
}

// A LogsRequest asks for log records.
type LogsRequest struct {
	Range TimeRange // of their times
	// Session is what the attribute sid, session.id or chat_id of a record is; ""
	// for any.
	Session string
	// TraceID is the trace that they belong to; zero: any, or none.
	TraceID trace.TraceID
	// MinSeverity is the lowest severity, with the numbers of OTLP.
	MinSeverity int32
	// Contains is a text that the body has in it.
	Contains string
	Limit    int // [DefaultLimit] for zero
	Cursor   string
	Budget   int // how many records may be looked at
}

// A LogPage is some log records, the latest first.
type LogPage struct {
	Logs   []trace.Log `json:"logs"`
	Cursor string      `json:"cursor,omitempty"`
	Cost   Cost        `json:"cost"`
}
