// SPDX-License-Identifier: Apache-2.0

package source

import (
	"math"
	"time"
)

// A Range is the times from From up to To, which is not in it, in nanoseconds
// since 1970. Of both, 0 means that there is no bound.
type Range struct{ From, To int64 }

// Contains reports whether a time is in the range.
func (r Range) Contains(t int64) bool {
	return (r.From == 0 || t >= r.From) && (r.To == 0 || t < r.To)
}

// Minutes is the range widened to whole minutes. A bound that would be 0, or
// beyond all times, becomes none.
func (r Range) Minutes() Range {
	if r.From != 0 {
		r.From = floor(r.From, time.Minute)
	}
	if r.To != 0 {
		to := floor(r.To, time.Minute)
		if to < r.To {
			to += int64(time.Minute)
		}
		if r.To > 0 && to < 0 {
			to = 0
		}
		r.To = to
	}
	return r
}

// Step is the beginning of the step that a time is in; steps are counted from
// 1970. A step of 0 is the whole range, which begins with it.
func (r Range) Step(t int64, step time.Duration) int64 {
	if step <= 0 {
		return r.From
	}
	return floor(t, step)
}

// floor is the last multiple of a step that is not after t, as far as there are
// times.
func floor(t int64, step time.Duration) int64 {
	rest := t % int64(step)
	if rest < 0 {
		rest += int64(step)
	}
	if t < math.MinInt64+rest {
		return math.MinInt64
	}
	return t - rest
}
