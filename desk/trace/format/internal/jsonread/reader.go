// SPDX-License-Identifier: Apache-2.0

// Package jsonread reads JSON by walking it: the order of members is kept, what
// nobody asks for is skipped, and what is wrong is reported with its line and
// the path to it. A value of the wrong type costs what it belongs to, wrong
// syntax the rest of the text.
package jsonread

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// A Kind is what a value begins like.
type Kind uint8

// The kinds of values.
const (
	Nothing Kind = iota // the end of the text, or what begins no value
	Null
	Bool
	Number
	String
	Array
	Object
)

// String is the kind in words, for messages.
func (k Kind) String() string {
	return [...]string{"nothing", "null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}

// MaxDepth is how deep objects and arrays may be nested. It is well above what 64
// levels of attribute values take, and well below what a stack holds.
const MaxDepth = 1000

// A Reader reads one text at a time. It is for one goroutine.
type Reader struct {
	data  []byte
	pos   int
	depth int
	line  int // in which the text begins, from 1
	index int // of the text in the array around it, or negative
	path  []step
	names map[string]string

	broken   bool // the syntax is wrong: nothing more can be read of this text
	problems int
	first    error
}

// A step leads into an object, or with no name into an array.
type step struct {
	name  string
	index int
}

// Reset makes the reader read a text that begins in a line of a file, and, if
// index is not negative, is the element of that index of an array. Problems are
// kept.
func (r *Reader) Reset(text []byte, line, index int) {
	r.data, r.line, r.index = text, line, index
	r.pos, r.depth, r.path, r.broken = 0, 0, r.path[:0], false
	if r.names == nil {
		r.names = map[string]string{}
	}
}

// Problems is how many values were wrong in all the texts so far.
func (r *Reader) Problems() int { return r.problems }

// Err is the first problem of all the texts so far, nil if there is none.
func (r *Reader) Err() error { return r.first }

// Broken reports whether the syntax of the text is wrong.
func (r *Reader) Broken() bool { return r.broken }

// Stop gives up the text at hand, which is no problem.
func (r *Reader) Stop() { r.broken = true }

// Fail notes a problem with the value at hand, or the one just read.
func (r *Reader) Fail(format string, args ...any) {
	r.problems++
	if r.first == nil {
		r.first = fmt.Errorf("%s%w", r.place(), fmt.Errorf(format, args...))
	}
}

// FailText is Fail for a text that never became a value.
func (r *Reader) FailText(line int, err error) {
	r.problems++
	if r.first == nil {
		r.first = fmt.Errorf("line %d: %w", line, err)
	}
}

// maxSteps is how many steps of a path a message has; those in the middle are left out.
const maxSteps = 16

// place is where the reader is, as the beginning of a message.
func (r *Reader) place() string {
	var b strings.Builder
	fmt.Fprintf(&b, "line %d: ", r.line+bytes.Count(r.data[:r.pos], []byte("\n")))
	if r.index >= 0 {
		fmt.Fprintf(&b, "[%d]", r.index)
	}
	for i, s := range r.path {
		switch last := maxSteps/2 + len(r.path) - maxSteps; {
		case i >= maxSteps/2 && i < last:
			if i == maxSteps/2 {
				b.WriteString(" … ")
			}
		case s.index >= 0:
			fmt.Fprintf(&b, "[%d]", s.index)
		case i > 0 || r.index >= 0:
			fmt.Fprintf(&b, ".%.64s", s.name)
		default:
			fmt.Fprintf(&b, "%.64s", s.name)
		}
	}
	if len(r.path) > 0 || r.index >= 0 {
		b.WriteString(": ")
	}
	return b.String()
}

// syntax notes that the text is no JSON.
func (r *Reader) syntax(want string) {
	if r.broken {
		return
	}
	r.Fail("want %s, got %.16q", want, r.data[r.pos:min(len(r.data), r.pos+16)])
	r.broken = true
}

// wrong notes that a value is none that was asked for, and skips it.
func (r *Reader) wrong(want string, got Kind) {
	if got == Nothing {
		r.syntax(want)
		return
	}
	r.Fail("want %s, got %s", want, got)
	r.Skip()
}

// space skips white space. It returns the byte after it, 0 at the end.
func (r *Reader) space() byte {
	for ; r.pos < len(r.data); r.pos++ {
		switch c := r.data[r.pos]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// Next is the kind of the value at hand.
func (r *Reader) Next() Kind {
	if r.broken {
		return Nothing
	}
	switch c := r.space(); c {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't', 'f':
		return Bool
	case 'n':
		return Null
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return Number
	}
	return Nothing
}

// Object calls member for each name of the object at hand, with its value at
// hand. What member does not read is skipped. Null has no members.
func (r *Reader) Object(member func(name string)) {
	switch kind := r.Next(); kind {
	case Object:
		r.nested('}', func(int) { r.member(member) })
	case Null:
		r.Skip()
	default:
		r.wrong("an object", kind)
	}
}

// Array calls element for each element of the array at hand, like Object.
func (r *Reader) Array(element func(i int)) {
	switch kind := r.Next(); kind {
	case Array:
		r.nested(']', func(i int) {
			r.path = append(r.path, step{index: i})
			r.value(func() { element(i) })
		})
	case Null:
		r.Skip()
	default:
		r.wrong("an array", kind)
	}
}

// nested reads what stands between brackets, comma by comma.
func (r *Reader) nested(end byte, each func(i int)) {
	if r.depth++; r.depth > MaxDepth {
		r.syntax("at most " + strconv.Itoa(MaxDepth) + " levels")
		return
	}
	r.pos++
	if r.space() == end {
		r.pos++
		r.depth--
		return
	}
	for i := 0; ; i++ {
		each(i)
		if r.broken {
			return
		}
		c := r.space()
		if c != end && c != ',' {
			r.syntax("a comma or " + strconv.QuoteRune(rune(end)))
			return
		}
		r.pos++
		if c == end {
			r.depth--
			return
		}
	}
}

func (r *Reader) member(read func(name string)) {
	if r.space() != '"' {
		r.syntax("the name of a member")
		return
	}
	name := r.Name()
	if r.broken {
		return
	}
	if r.space() != ':' {
		r.syntax("a colon")
		return
	}
	r.pos++
	r.path = append(r.path, step{name: name, index: -1})
	r.value(func() { read(name) })
}

// value has a value read, or skips it, and leaves the path as it was before the
// step to it.
func (r *Reader) value(read func()) {
	r.space()
	start, height := r.pos, len(r.path)
	read()
	if !r.broken && r.pos == start {
		r.Skip()
	}
	if !r.broken {
		r.path = r.path[:height-1]
	}
}

// Skip reads the value at hand for its syntax alone.
func (r *Reader) Skip() {
	switch r.Next() {
	case Object:
		r.Object(func(string) {})
	case Array:
		r.Array(func(int) {})
	case String:
		r.quoted()
	case Number:
		r.number()
	case Null:
		r.literal("null")
	case Bool:
		r.boolean()
	default:
		r.syntax("a value")
	}
}

// Raw is the text of the value at hand, which is skipped.
func (r *Reader) Raw() []byte {
	r.space()
	start := r.pos
	r.Skip()
	return r.data[start:r.pos]
}

// End checks that nothing but white space follows.
func (r *Reader) End() {
	if !r.broken && r.space() != 0 || r.pos < len(r.data) && !r.broken {
		r.syntax("the end")
	}
}
