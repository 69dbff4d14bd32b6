// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"time"

	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/store/sketch"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A RequestError says what is wrong with a request.
type RequestError struct{ Err error }

// Error says what is wrong.
func (e *RequestError) Error() string { return fmt.Sprintf("store: %v", e.Err) }

// Unwrap is what is wrong.
func (e *RequestError) Unwrap() error { return e.Err }

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
