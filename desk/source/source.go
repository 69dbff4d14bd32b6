// SPDX-License-Identifier: Apache-2.0

// Package source is what the desk asks of a place that has traces: its own store,
// traces in memory, or another back end.
//
// A [Source] says by its [Capabilities] what it can do. What it cannot do it
// refuses with an [UnsupportedError], and never approximates in silence: an answer
// that rests on part of what there is has [Effort.Partial] set and says why.
//
// Whatever the place calls things, answers have ids as bytes, times in nanoseconds
// since 1970, durations in nanoseconds, and attributes with their types. A trace
// belongs to the time at which it begins, and a span likewise, however long they
// last. The catalog and statistics count by whole minutes: a range is widened to
// these ([Range.Minutes]).
//
// Any number of goroutines may use a Source. What it returns is the caller's, but
// what that refers to (spans, attributes, sketches) may be shared and is not to be
// changed. Methods return the context's error once that is done.
package source

import (
	"context"
	"errors"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Source is a place that has traces.
type Source interface {
	Finder
	Catalog
	Meter

	// Logs finds log records.
	Logs(ctx context.Context, s *LogSearch) (*LogPage, error)
	// Watch calls yield with the traces that match and of which something has come
	// since the last call, each as it is then, until yield returns false, which is no
	// error, or the context is done. What comes during a call is kept for the next
	// one, a trace once. A nil query matches every trace.
	Watch(ctx context.Context, q *query.Query, yield func([]digest.Summary) bool) error
	// Capabilities are what the source can do; they do not change.
	Capabilities() Capabilities
}

// A Finder finds traces and spans.
type Finder interface {
	// Trace is all there is of a trace: its spans and its log records, at least one
	// of either. The range is where it may be found, for sources that would have to
	// look everywhere; it never hides anything. The error is [ErrNotFound] if there
	// is no such trace.
	Trace(ctx context.Context, id trace.TraceID, hint Range) (*trace.Trace, error)
	// Search finds traces that have spans, page by page.
	Search(ctx context.Context, s *Search) (*Page, error)
	// Spans finds spans, page by page. The Range is about when spans begin.
	Spans(ctx context.Context, s *Search) (*SpanPage, error)
	// Scan calls yield with all traces that Search would find on all its pages, in
	// the same order, which is [Newest] or [Oldest], until it returns false. Limit
	// and Total mean nothing.
	Scan(ctx context.Context, s *Search, yield func(*Hit) bool) (Effort, error)
}

// A Catalog knows what there is to search for.
type Catalog interface {
	// Services are the services that have spans, by name. A service without a name
	// is one too.
	Services(ctx context.Context, r Range) ([]Service, error)
	// Operations are the names of spans, by service, name and kind.
	Operations(ctx context.Context, s *OperationSearch) ([]Operation, error)
	// Keys are the keys of attributes, by scope and key.
	Keys(ctx context.Context, s *KeySearch) ([]Key, error)
	// Values are the values of a field.
	Values(ctx context.Context, s *ValueSearch) (*Values, error)
}

// A Meter counts spans and how long they took.
type Meter interface {
	// Statistics counts spans by time and by fields.
	Statistics(ctx context.Context, s *StatisticsSearch) (*Statistics, error)
	// Edges are the calls between services, by caller, callee and kind.
	Edges(ctx context.Context, r Range) ([]Edge, error)
}

// A Describer is a source that can say how much it has.
type Describer interface {
	Describe(ctx context.Context) (Description, error)
}

// A Description says how much a source has.
type Description struct {
	Traces, Spans, Logs uint64
	Oldest, Newest      int64  // starts of spans; 0: there are none
	Bytes               uint64 // that it takes; 0: not known
}

// ErrNotFound says that there is no such trace.
var ErrNotFound = errors.New("source: there is no such trace")
