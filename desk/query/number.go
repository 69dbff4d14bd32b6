// SPDX-License-Identifier: Apache-2.0

package query

import (
	"cmp"
	"math"
	"strconv"
	"time"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A number is an integer or a float, compared by its exact value: an int64 is
// not rounded to a float first.
type number struct {
	i       int64
	f       float64
	isFloat bool
}

func integer(i int64) number { return number{i: i} }

func float(f float64) number { return number{f: f, isFloat: true} }

func (n number) float() float64 {
	if n.isFloat {
		return n.f
	}
	return float64(n.i)
}

// compare is negative, 0 or positive. Neither is NaN.
func (n number) compare(m number) int {
	switch {
	case n.isFloat && m.isFloat:
		return cmp.Compare(n.f, m.f)
	case n.isFloat:
		return -compareIntFloat(m.i, n.f)
	case m.isFloat:
		return compareIntFloat(n.i, m.f)
	}
	return cmp.Compare(n.i, m.i)
}

func compareIntFloat(i int64, f float64) int {
	if f >= 1<<63 {
		return -1
	}
	if f < -1<<63 {
		return 1
	}
	whole := math.Trunc(f)
	if c := cmp.Compare(i, int64(whole)); c != 0 {
		return c
	}
	return -cmp.Compare(f, whole)
}

// add is the sum: of integers an integer, as long as it is one of 64 bits.
func (n number) add(m number) number {
	sum := n.i + m.i
	if n.isFloat || m.isFloat || (n.i > 0 && m.i > 0 && sum < 0) || (n.i < 0 && m.i < 0 && sum >= 0) {
		return float(n.float() + m.float())
	}
	return integer(sum)
}

// append writes equal numbers equally.
func (n number) append(b []byte) []byte {
	if !n.isFloat {
		return strconv.AppendInt(b, n.i, 10)
	}
	if n.f == math.Trunc(n.f) && n.f >= -1<<63 && n.f < 1<<63 {
		return strconv.AppendInt(b, int64(n.f), 10)
	}
	return strconv.AppendFloat(b, n.f, 'g', -1, 64)
}

// numberOf is an attribute value as a number, if it is one or spells one.
func numberOf(v *trace.Value) (number, bool) {
	switch v.Kind() {
	case trace.IntValue:
		return integer(v.Int64()), true
	case trace.FloatValue:
		f := v.Float64()
		return float(f), !math.IsNaN(f)
	case trace.StringValue:
		return parseNumber(v.Str())
	}
	return number{}, false
}

// literalNumber is a literal as a number, if it is one; durations are nanoseconds.
func literalNumber(literal any) (number, bool) {
	switch l := literal.(type) {
	case int64:
		return integer(l), true
	case float64:
		return float(l), !math.IsNaN(l)
	case time.Duration:
		return integer(int64(l)), true
	}
	return number{}, false
}

// parseNumber reads a decimal number: a sign, digits with at most one point
// among them, and an exponent.
func parseNumber(s string) (number, bool) {
	whole, ok := spellsNumber(s)
	if !ok {
		return number{}, false
	}
	if whole {
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return integer(i), true
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	return float(f), err == nil
}

// spellsNumber tells numbers from other text without the allocations of a
// failed conversion.
func spellsNumber(s string) (whole, ok bool) {
	const longest = 400 // of a float64 with all its digits, and some zeros
	if s == "" || len(s) > longest {
		return false, false
	}
	if s[0] == '-' || s[0] == '+' {
		s = s[1:]
	}
	rest, digits := cutDigits(s)
	whole = rest == ""
	if rest != "" && rest[0] == '.' {
		after, more := cutDigits(rest[1:])
		rest, digits = after, digits+more
	}
	if digits == 0 {
		return false, false
	}
	if rest != "" && (rest[0] == 'e' || rest[0] == 'E') {
		rest = rest[1:]
		if rest != "" && (rest[0] == '-' || rest[0] == '+') {
			rest = rest[1:]
		}
		rest, digits = cutDigits(rest)
	}
	return whole, rest == "" && digits > 0
}

func cutDigits(s string) (rest string, digits int) {
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	return s[digits:], digits
}
