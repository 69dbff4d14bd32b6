// SPDX-License-Identifier: Apache-2.0

package jsonread

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Text is the value at hand as text: a string as it is, a number as it is
// spelled, "true" or "false", "" for null. Bytes that are no UTF-8 are kept.
func (r *Reader) Text() string {
	switch kind := r.Next(); kind {
	case String:
		return string(unescaped(r.quoted()))
	case Number:
		return string(r.number())
	case Bool:
		return strconv.FormatBool(r.boolean())
	case Null:
		r.literal("null")
	default:
		r.wrong("a string", kind)
	}
	return ""
}

// maxNames and maxName bound which strings are kept to be shared.
const (
	maxNames = 4096
	maxName  = 64
)

// Name is like Text for strings of which there are few different ones: those
// that are equal share their memory.
func (r *Reader) Name() string {
	if r.Next() != String {
		return r.Text()
	}
	b := unescaped(r.quoted())
	if name, ok := r.names[string(b)]; ok {
		return name
	}
	name := string(b)
	if len(r.names) < maxNames && len(b) <= maxName {
		r.names[name] = name
	}
	return name
}

// Bool is the boolean at hand, or a string that spells one; false for null.
func (r *Reader) Bool() bool {
	switch kind := r.Next(); kind {
	case Bool:
		return r.boolean()
	case Null, String:
		text := r.Text()
		if text != "" && text != "true" && text != "false" {
			r.Fail("want true or false, got %.32q", text)
		}
		return text == "true"
	default:
		r.wrong("a boolean", kind)
	}
	return false
}

// Int is the integer at hand, or in a string; 0 for null. Integers from 2^63 to
// 2^64 - 1 become negative, as those of OTLP's times do.
func (r *Reader) Int() int64 {
	switch kind := r.Next(); kind {
	case Number, String, Null:
	default:
		r.wrong("an integer", kind)
		return 0
	}
	text := r.Text()
	if text == "" {
		return 0
	}
	n, ok := ParseInt(text)
	if !ok {
		r.Fail("want an integer of 64 bits, got %.32q", text)
	}
	return n
}

// ParseInt reads an integer of 64 bits, signed or not, which may be written as a
// floating-point number ("1.5e3").
func ParseInt(s string) (int64, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return int64(n), true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<63 {
		return 0, false
	}
	return int64(f), true
}

// Count is the integer at hand from 0 to 2^32 - 1, or in a string; 0 for null.
func (r *Reader) Count() uint32 {
	before := r.problems
	n := r.Int()
	if r.problems == before && (n < 0 || n > math.MaxUint32) {
		r.Fail("want an integer from 0 to %d, got %d", uint32(math.MaxUint32), n)
	}
	return uint32(n)
}

// Float is the number at hand, or in a string, where it may be NaN, Infinity or
// -Infinity; 0 for null.
func (r *Reader) Float() float64 {
	switch kind := r.Next(); kind {
	case Number, String, Null:
	default:
		r.wrong("a number", kind)
		return 0
	}
	text := r.Text()
	if text == "" {
		return 0
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		r.Fail("want a number of 64 bits, got %.32q", text)
	}
	return f
}

func (r *Reader) literal(want string) {
	if !bytes.HasPrefix(r.data[r.pos:], []byte(want)) {
		r.syntax(want)
		return
	}
	r.pos += len(want)
}

func (r *Reader) boolean() bool {
	if r.data[r.pos] == 't' {
		r.literal("true")
		return !r.broken
	}
	r.literal("false")
	return false
}

// number reads a number by the grammar of JSON, which has no leading zeros and no
// bare points.
func (r *Reader) number() []byte {
	start := r.pos
	r.one('-')
	if !r.one('0') {
		r.digits()
	}
	if r.one('.') {
		r.digits()
	}
	if r.one('e') || r.one('E') {
		if !r.one('+') {
			r.one('-')
		}
		r.digits()
	}
	return r.data[start:r.pos]
}

// one reads a byte if it is the next one.
func (r *Reader) one(c byte) bool {
	if r.pos == len(r.data) || r.data[r.pos] != c {
		return false
	}
	r.pos++
	return true
}

func (r *Reader) digits() {
	start := r.pos
	for r.pos < len(r.data) && r.data[r.pos] >= '0' && r.data[r.pos] <= '9' {
		r.pos++
	}
	if r.pos == start {
		r.syntax("a digit")
	}
}

// quoted reads a string. It returns what stands between the quotes, in which all
// escapes are good.
func (r *Reader) quoted() (inner []byte, escapes bool) {
	r.pos++
	start := r.pos
	for r.pos < len(r.data) {
		switch c := r.data[r.pos]; {
		case c == '"':
			r.pos++
			return r.data[start : r.pos-1], escapes
		case c == '\\':
			escapes = true
			if r.escape(); r.broken {
				return nil, false
			}
		case c < ' ':
			r.syntax("no control characters in a string")
			return nil, false
		default:
			r.pos++
		}
	}
	r.syntax("the end of a string")
	return nil, false
}

// escape reads an escape in a string.
func (r *Reader) escape() {
	rest := r.data[r.pos+1:]
	switch {
	case len(rest) > 0 && bytes.IndexByte([]byte(`"\/bfnrt`), rest[0]) >= 0:
		r.pos += 2
	case len(rest) > 4 && rest[0] == 'u' && hex4(rest[1:5]) >= 0:
		r.pos += 6
	default:
		r.syntax("an escape")
	}
}

// unescaped is a string without its escapes. Surrogates that are no pair become
// U+FFFD.
func unescaped(s []byte, escapes bool) []byte {
	if !escapes {
		return s
	}
	b := make([]byte, 0, len(s))
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 {
			return append(b, s...)
		}
		b = append(b, s[:i]...)
		var n int
		b, n = appendEscape(b, s[i:])
		s = s[i+n:]
	}
}

// appendEscape appends what the escape at the beginning of s means. It returns how
// long the escape is.
func appendEscape(b, s []byte) ([]byte, int) {
	switch s[1] {
	case 'b':
		return append(b, '\b'), 2
	case 'f':
		return append(b, '\f'), 2
	case 'n':
		return append(b, '\n'), 2
	case 'r':
		return append(b, '\r'), 2
	case 't':
		return append(b, '\t'), 2
	case 'u':
		return appendUnicode(b, s)
	}
	return append(b, s[1]), 2
}

func appendUnicode(b, s []byte) ([]byte, int) {
	c := hex4(s[2:6])
	if utf16.IsSurrogate(c) && len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if pair := utf16.DecodeRune(c, hex4(s[8:12])); pair != utf8.RuneError {
			return utf8.AppendRune(b, pair), 12
		}
	}
	return utf8.AppendRune(b, c), 6 // a lone surrogate is appended as U+FFFD
}

// hex4 is the number in four hexadecimal digits, -1 if they are none.
func hex4(s []byte) rune {
	n, err := strconv.ParseUint(string(s), 16, 16)
	if err != nil || s[0] == '+' {
		return -1
	}
	return rune(n)
}
