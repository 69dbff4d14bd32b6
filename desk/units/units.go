// SPDX-License-Identifier: Apache-2.0

// Package units writes durations, counts, tokens and money for people, the same
// everywhere: in the terminal, in findings and in answers.
package units

import (
	"math"
	"strconv"
	"strings"
)

// Unknown stands for what cannot be known; it is never shown as 0.
const Unknown = "–"

// A unit of time with the first duration, in ns, that is shown in the next one.
type unit struct {
	name string
	ns   float64
	next float64
}

var units = []unit{
	{"ns", 1, 1e3},
	{"µs", 1e3, 1e6},
	{"ms", 1e6, 1e9},
	{"s", 1e9, 1e12}, // seconds up to 999, as traces are rarely longer
	{"min", 60e9, 3600e9},
	{"h", 3600e9, 86400e9},
	{"d", 86400e9, math.Inf(1)},
}

// Duration writes nanoseconds with three significant digits, in the unit that
// keeps them between 1 and 999: "1.24 s", "38.1 ms", "412 µs". Beyond 999 s the
// units are min, h and d.
func Duration(ns int64) string {
	if ns < 0 {
		return "−" + positive(-float64(ns))
	}
	return positive(float64(ns))
}

func positive(ns float64) string {
	if ns == 0 {
		return "0 s"
	}
	for _, u := range units {
		digits := significant(ns / u.ns)
		shown, _ := strconv.ParseFloat(digits, 64) // it was just written
		if shown*u.ns < u.next {
			if u.ns == 1 {
				digits = strconv.FormatFloat(ns, 'f', 0, 64)
			}
			return digits + " " + u.name
		}
	}
	return Unknown
}

// significant is a number with three significant digits, or all digits before
// the point if those are more.
func significant(v float64) string {
	decimals := 2
	switch {
	case v >= 99.95:
		decimals = 0
	case v >= 9.995:
		decimals = 1
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// Count writes a number with its thousands set apart: "12 480", with thin spaces.
func Count(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteRune('\u2009')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Tokens writes a number of tokens in short: "940", "12.4k", "1.30M".
func Tokens(n float64) string {
	switch {
	case math.IsNaN(n) || math.IsInf(n, 0) || n < 0:
		return Unknown
	case n < 999.5:
		return strconv.FormatFloat(n, 'f', 0, 64)
	case n < 999_500:
		return significant(n/1e3) + "k"
	case n < 999_500_000:
		return significant(n/1e6) + "M"
	}
	return significant(n/1e9) + "G"
}

// Money writes an amount with three significant digits: "0.00213", "12.4".
func Money(amount float64) string {
	switch {
	case math.IsNaN(amount) || math.IsInf(amount, 0):
		return Unknown
	case amount >= 1 || amount <= 0:
		return significant(amount)
	}
	decimals := 2 - int(math.Floor(math.Log10(amount)))
	return strconv.FormatFloat(amount, 'f', min(decimals, 9), 64)
}

// Percent writes a share of a whole: "61.2 %".
func Percent(part, whole float64) string {
	if whole <= 0 || part < 0 {
		return Unknown
	}
	return significant(100*part/whole) + " %"
}

// Plural writes a number of things: "1 span", "2 spans".
func Plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return Count(n) + " " + what + "s"
}
