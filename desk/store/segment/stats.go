// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"math"
	"time"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Minute is a count of whole minutes since 1970.
type Minute int64

// firstMinute is the one of the earliest time there is.
const firstMinute = Minute(math.MinInt64/int64(time.Minute)) - 1

// MinuteOf is the minute of a time in nanoseconds.
func MinuteOf(t int64) Minute {
	m := t / int64(time.Minute)
	if t < 0 && t%int64(time.Minute) != 0 {
		m--
	}
	return Minute(m)
}

// Start is when the minute begins, in nanoseconds, as far as there are times.
func (m Minute) Start() int64 {
	if m <= firstMinute {
		return math.MinInt64
	}
	return int64(m) * int64(time.Minute)
}

// An Operation is the spans of one name, kind and status of a service.
type Operation struct {
	Service string
	Named   bool // there is a service.name, which may be ""
	Name    string
	Kind    trace.Kind
	Status  trace.StatusCode
}

// A Call is the spans of one kind of a service whose parents are of another one.
type Call struct {
	Caller, Callee string
	Kind           trace.Kind // of the spans that were called
}

// A Cell is the spans of an [Operation] or a [Call] that started in one minute.
type Cell struct {
	Minute        Minute
	Count, Errors uint64
	Sum           float64 // of durations in nanoseconds
	Durations     []byte  // a sketch as bytes, for [sketch.Sum.AddBytes]
}

// Key is an attribute's key, and how many values of one type it has: those of
// resources and of instrumentation scopes count once for each span.
type Key struct {
	Scope  query.Scope
	Key    string
	Kind   trace.ValueKind
	Values uint64
}

// Stats are what is known of a segment without its spans. They are not changed and
// may be shared.
type Stats struct {
	Operations []Operation
	Calls      []Call
	Keys       []Key

	operations, calls cells
}

// cells are those of several operations or calls, one behind the other.
type cells struct {
	list []Cell
	ends []int
}

func (c *cells) of(i int) []Cell {
	from := 0
	if i > 0 {
		from = c.ends[i-1]
	}
	return c.list[from:c.ends[i]]
}

// times are the first and the last minute of any cell, in nanoseconds; 0 without one.
func (c *cells) times() (first, last int64) {
	for i := range c.list {
		at := c.list[i].Minute.Start()
		if i == 0 {
			first, last = at, at
		}
		first, last = min(first, at), max(last, at)
	}
	return first, last
}

// OfOperation are the cells of the ith operation, in the order of time.
func (s *Stats) OfOperation(i int) []Cell { return s.operations.of(i) }

// OfCall are the cells of the ith call, in the order of time.
func (s *Stats) OfCall(i int) []Cell { return s.calls.of(i) }

// weight is about how many bytes the statistics take.
func (s *Stats) weight() int64 {
	n := 96*len(s.Operations) + 80*len(s.Calls) + 80*len(s.Keys)
	for _, c := range []*cells{&s.operations, &s.calls} {
		n += 8 * len(c.ends)
		for i := range c.list {
			n += 56 + len(c.list[i].Durations)
		}
	}
	return int64(n)
}
