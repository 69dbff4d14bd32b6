// SPDX-License-Identifier: Apache-2.0

package format

import (
	"math"
	"strconv"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format/internal/jsonread"
)

// members reads an object as attributes that stand in so many lists and maps.
func (d *decoder) members(depth int) []trace.KeyValue {
	from := len(d.pairs)
	d.r.Object(func(name string) {
		v := d.plain(depth)
		d.pairs = append(d.pairs, trace.KeyValue{Key: name, Value: v})
	})
	return d.take(from)
}

// plain reads any JSON as a value.
func (d *decoder) plain(depth int) trace.Value {
	switch d.r.Next() {
	case jsonread.String:
		return trace.String(d.r.Text())
	case jsonread.Number:
		return number(d.r.Text())
	case jsonread.Bool:
		return trace.Bool(d.r.Bool())
	case jsonread.Array, jsonread.Object:
		return d.compound(depth + 1)
	}
	return trace.Value{}
}

func (d *decoder) compound(depth int) trace.Value {
	if depth > MaxValueDepth {
		d.r.Fail("%s", tooDeep)
		return trace.Value{}
	}
	if d.r.Next() == jsonread.Object {
		return trace.Map(d.members(depth)...)
	}
	var list []trace.Value
	d.r.Array(func(int) { list = append(list, d.plain(depth)) })
	return trace.List(list...)
}

// number is an integer if it is spelled as one of 64 bits, otherwise a float,
// infinite if it is beyond those. The zero of floats alone has a sign.
func number(text string) trace.Value {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && text != "-0" {
		return trace.Int(n)
	}
	f, _ := strconv.ParseFloat(text, 64) // JSON has no number that it cannot read, but for its range
	return trace.Float(f)
}

// time reads microseconds since 1970 and returns nanoseconds, those past 2262 as
// negative numbers like OTLP's.
func (d *decoder) time() int64 {
	n, ok := d.scaled(math.MaxUint64 / 1000)
	if ok && n < 0 {
		d.r.Fail("want microseconds since 1970, got %d", n)
	}
	return int64(uint64(n) * 1000)
}

// micros reads a duration in microseconds and returns nanoseconds.
func (d *decoder) micros() int64 {
	n, _ := d.scaled(math.MaxInt64 / 1000)
	return n * 1000
}

// scaled reads an integer from -limit to limit.
func (d *decoder) scaled(limit int64) (n int64, ok bool) {
	before := d.r.Problems()
	n = d.r.Int()
	if d.r.Problems() != before {
		return 0, false
	}
	if n > limit || n < -limit {
		d.r.Fail("want at most %d microseconds, got %d", limit, n)
		return 0, false
	}
	return n, true
}

// difference is a - b, which may be too much for an integer.
func (d *decoder) difference(a, b int64) int64 {
	n := a - b
	if (a < 0) != (b < 0) && (n < 0) != (a < 0) {
		d.r.Fail("a duration of %d ns cannot differ from %d ns by so much", a, b)
		return 0
	}
	return n
}
