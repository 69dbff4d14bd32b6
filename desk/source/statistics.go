// SPDX-License-Identifier: Apache-2.0

package source

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/store/sketch"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A StatisticsSearch asks for statistics.
type StatisticsSearch struct {
	// Query is what the spans must match; nil: nothing.
	Query *query.Query
	Range Range
	// Step is how long each [Point] is: whole minutes. 0: as long as the range.
	Step time.Duration
	// By are the fields for each of whose values there is a [Series]; none: there is
	// one of all spans.
	By []query.Field
	// Limit is how many series are returned at most, those of most spans. 0: all.
	Limit int
}

// Statistics are spans in numbers.
type Statistics struct {
	// Series are those of most spans first, those of equally many in the order of
	// [CompareValues].
	Series []Series
	// More is how many series were left out.
	More   int
	Effort Effort
}

// A Series is the spans that have the same values.
type Series struct {
	// By are the values of the fields, as [query.Match.Values] has them: empty where
	// the spans have none.
	By []trace.Value
	// Points are in the order of time; one without spans is left out.
	Points []Point
}

// A Point is the spans of a step.
type Point struct {
	Time          int64 // when the step begins: see [Range.Step]
	Count, Errors uint64
	Sum           float64 // of the durations
	Durations     sketch.Sketch
}

// An Edge is the calls of one service by another: spans whose parents are of
// another service.
type Edge struct {
	Caller, Callee string
	Kind           trace.Kind // of the spans that were called
	Count, Errors  uint64
	Sum            float64 // of the durations of these spans
	Durations      sketch.Sketch
}

// CompareValues is negative if a comes before b: by the texts of the values, then
// by their types.
func CompareValues(a, b []trace.Value) int {
	return slices.CompareFunc(a, b, func(v, w trace.Value) int {
		return cmp.Or(strings.Compare(v.String(), w.String()), cmp.Compare(v.Kind(), w.Kind()))
	})
}
