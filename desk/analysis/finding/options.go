// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"cmp"
	"time"
)

// Options tune [Find]. The zero value has the defaults, each with its reason.
type Options struct {
	// MinShare is the part of the trace's duration from which on time matters. 0
	// means 0.01: less is lost in the difference between two runs.
	MinShare float64
	// MinCost is the time from which on time matters. 0 means 1 ms: below, it is
	// the measurement and the scheduler that one sees.
	MinCost time.Duration
	// RepeatedCalls is how many similar calls make an [NPlusOne]. 0 means 5, as
	// Sentry's detector has it: fewer may well be written out one by one.
	RepeatedCalls int
	// EqualQueries is how many equal queries make a [DuplicateQuery]. 0 means 3:
	// two are common where one part of a program checks what another did.
	EqualQueries int
	// SerialCalls is how many calls in a row make a [SerialCalls]. 0 means 3: two
	// are most often one that needs the other.
	SerialCalls int
	// EqualToolCalls is how many equal calls of a tool make a [StuckAgent]. 0 means
	// 3: the second one may be to make sure.
	EqualToolCalls int
	// FirstFrame is how long the first piece of a streamed answer may take. 0
	// means 2 s: who waits longer in silence begins to doubt that anything happens.
	FirstFrame time.Duration
	// Gap is how long nothing may be recorded below a span. 0 means 50 ms.
	Gap time.Duration
	// GapShare is the part of the trace that a gap must have as well. 0 means 0.1:
	// all programs do some work of their own between calls.
	GapShare float64
	// BottleneckShare is the part of the critical path that one span must have to
	// be a [Bottleneck]. 0 means 0.2: below that there is no single one.
	BottleneckShare float64
	// Skew is how far clocks may be off unreported. 0 means 1 ms: that much is
	// usual between machines that keep their time by NTP.
	Skew time.Duration
	// Overrun is how long a span may go on after its parent. 0 means 5 ms: what
	// ends together is recorded in any order.
	Overrun time.Duration
	// Limit is how many findings of one kind are returned, the costliest ones. 0
	// means 50: more are not read, and say the same.
	Limit int
}

const defaultOverrun = 5 * time.Millisecond

// withDefaults has a value for everything; what is negative counts as not set.
func (o Options) withDefaults() Options {
	return Options{
		MinShare:        or(o.MinShare, 0.01),
		MinCost:         or(o.MinCost, time.Millisecond),
		RepeatedCalls:   or(o.RepeatedCalls, 5),
		EqualQueries:    or(o.EqualQueries, 3),
		SerialCalls:     or(o.SerialCalls, 3),
		EqualToolCalls:  or(o.EqualToolCalls, 3),
		FirstFrame:      or(o.FirstFrame, 2*time.Second),
		Gap:             or(o.Gap, 50*time.Millisecond),
		GapShare:        or(o.GapShare, 0.1),
		BottleneckShare: or(o.BottleneckShare, 0.2),
		Skew:            or(o.Skew, time.Millisecond),
		Overrun:         or(o.Overrun, defaultOverrun),
		Limit:           or(o.Limit, 50),
	}
}

func or[N cmp.Ordered](n, standard N) N {
	var zero N
	if n > zero {
		return n
	}
	return standard
}
