// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// facts are what conditions know of a trace, each found when it is first asked for.
type facts struct {
	spans  []trace.Span
	limits *bounds
	places *forest
}

// bounds are what all spans of a trace come to.
type bounds struct {
	start, end        int64
	longest, shortest int64
	errors, services  int64
}

func (f *facts) bounds() *bounds {
	if f.limits == nil {
		f.limits = boundsOf(f.spans)
	}
	return f.limits
}

func boundsOf(spans []trace.Span) *bounds {
	b := &bounds{start: math.MaxInt64, end: math.MinInt64, longest: math.MinInt64, shortest: math.MaxInt64}
	services := map[string]struct{}{}
	for i := range spans {
		s := &spans[i]
		took := s.Duration()
		b.start, b.end = min(b.start, s.Start), max(b.end, addTime(s.Start, took))
		b.longest, b.shortest = max(b.longest, took), min(b.shortest, took)
		if s.IsError() {
			b.errors++
		}
		if name := s.Service(); name != "" {
			services[name] = struct{}{}
		}
	}
	b.services = int64(len(services))
	return b
}

// addTime does not pass the ends of 64 bits.
func addTime(a, b int64) int64 {
	sum := a + b
	if a > 0 && b > 0 && sum < 0 {
		return math.MaxInt64
	}
	if a < 0 && b < 0 && sum >= 0 {
		return math.MinInt64
	}
	return sum
}

func subTime(a, b int64) int64 {
	difference := a - b
	if a >= 0 && b < 0 && difference < 0 {
		return math.MaxInt64
	}
	if a < 0 && b > 0 && difference >= 0 {
		return math.MinInt64
	}
	return difference
}

// tree is the forest that the parents of the spans make.
func (f *facts) tree() *forest {
	if f.places == nil {
		f.places = plant(f.spans)
	}
	return f.places
}
