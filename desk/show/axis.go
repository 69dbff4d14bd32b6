// SPDX-License-Identifier: Apache-2.0

package show

import (
	"math"
	"strings"

	"github.com/sidetrace/sidetrace/desk/units"
)

// leastTick is how many columns apart two marks of an axis are at least.
const leastTick = 10

// ticks are the round durations, in ns, that an axis is marked with, from 0.
func (s scale) ticks() []float64 {
	most := s.columns / leastTick
	if most < 1 {
		return []float64{0}
	}
	step := math.Pow(10, math.Floor(math.Log10(float64(s.length)/float64(most))))
	for _, factor := range []float64{1, 2, 5, 10} {
		if float64(s.length)/(step*factor) <= float64(most) {
			step *= factor
			break
		}
	}
	step = max(step, 1)
	var all []float64
	for at := 0.0; at <= float64(s.length); at += step {
		all = append(all, at)
	}
	return all
}

// column is where a duration from the start lies.
func (s scale) column(ns float64) int { return int(ns / float64(s.length) * float64(s.columns)) }

// axis is the line of the marks; marks that do not fit are left out.
func (s scale) axis() string {
	var b strings.Builder
	used := 0
	for i, tick := range s.ticks() {
		text := "0"
		if i > 0 {
			text = round(tick)
		}
		column := s.column(tick)
		if column < used || column+width(text) > s.columns {
			continue
		}
		b.WriteString(strings.Repeat(" ", column-used))
		b.WriteString(text)
		used = column + width(text)
	}
	return b.String()
}

// round is a round duration without the zeros that [units.Duration] keeps.
func round(ns float64) string {
	digits, unit, _ := strings.Cut(units.Duration(int64(ns)), " ")
	if strings.Contains(digits, ".") {
		digits = strings.TrimRight(strings.TrimRight(digits, "0"), ".")
	}
	return digits + " " + unit
}
