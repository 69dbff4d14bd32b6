// SPDX-License-Identifier: Apache-2.0

package sift

import (
	"encoding/binary"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// walker goes through a request without keeping anything of it.
type walker struct {
	limit   int    // of elements
	wantIDs bool   // records must have ids
	noun    string // what records are

	end     int    // see offset
	bad     string // why the bytes are no message, "" if they are one
	at      int    // where that is
	records int
	flawed  bool // something cannot be kept
	garbled bool // a text is no UTF-8

	// Of the record, resource or scope at hand.
	reason   Reason
	elements int
	hasTrace bool
	hasSpan  bool
	title    []byte
}

// reset makes the walker ready for a request.
func (w *walker) reset(body []byte) {
	*w = walker{limit: w.limit, wantIDs: w.wantIDs, noun: w.noun, end: cap(body)}
}

// malformed notes where the bytes are no message. The bytes at hand are always the
// end of the request in their capacity, which tells where they begin.
func (w *walker) malformed(b []byte, what string) {
	if w.bad == "" {
		w.bad, w.at = what, w.end-cap(b)
	}
}

// A part is a field of a message, as it stands in its bytes.
type part struct {
	tag   uint64
	value []byte // of a bytes field, nil for others
	whole []byte // with its tag
}

// next cuts the first field off a message that is not empty. It returns false for
// bytes that are none.
func (w *walker) next(b []byte) (p part, rest []byte, ok bool) {
	tag, from, to := w.cut(b)
	if to == 0 {
		return p, nil, false
	}
	p.tag, p.whole = tag, b[:to]
	if protowire.Type(tag&7) == protowire.BytesType {
		p.value = b[from:to]
	}
	return p, b[to:], true
}

// cut finds where the value of the first field begins and ends: of bytes, behind
// their length. The end is 0 for bytes that are no message.
func (w *walker) cut(b []byte) (tag uint64, from, to int) {
	tag, from = uint64(b[0]), 1
	if tag >= 0x80 {
		tag, from = binary.Uvarint(b)
	}
	if from <= 0 || tag>>3 == 0 || tag>>3 > uint64(protowire.MaxValidNumber) {
		w.malformed(b, "a field has no valid number")
		return 0, 0, 0
	}
	if protowire.Type(tag&7) != protowire.BytesType {
		n := protowire.ConsumeFieldValue(protowire.Number(tag>>3), protowire.Type(tag&7), b[from:])
		if n < 0 {
			w.malformed(b, "a field has no valid type or value")
			return 0, 0, 0
		}
		return tag, from, from + n
	}
	length, n := uint64(0), 1
	if from < len(b) && b[from] < 0x80 {
		length = uint64(b[from])
	} else {
		length, n = binary.Uvarint(b[from:])
	}
	if from += n; n <= 0 || length > uint64(len(b)-from) {
		w.malformed(b, "a field goes beyond the end of its message")
		return 0, 0, 0
	}
	return tag, from, from + int(length)
}

// walk goes through a message that stands in so many lists and maps. What is
// nested too deep is not looked at.
func (w *walker) walk(b []byte, m *message, nested int) {
	if m.nests {
		if nested++; nested > format.MaxValueDepth {
			w.note(TooDeep)
			return
		}
	}
	for len(b) > 0 {
		tag, from, to := w.cut(b)
		if to == 0 {
			return
		}
		if f := m.field(tag); f.class != ignored {
			if w.field(b[from:to], f, nested); w.bad != "" {
				return
			}
		}
		b = b[to:]
	}
}

// field looks at the value of a field.
func (w *walker) field(v []byte, f *field, nested int) {
	if f.element {
		w.elements++
	}
	switch f.class {
	case text:
		w.garbled = w.garbled || !utf8.Valid(v)
	case name:
		w.title = v
		w.garbled = w.garbled || !utf8.Valid(v)
	case plain, group:
		w.walk(v, f.of, nested)
	case record:
		w.records++
		w.check(v, f)
	case origin:
		w.check(v, f)
	default:
		w.id(v, f.class)
	}
}

// id looks at an id.
func (w *walker) id(v []byte, c class) {
	longest := len(trace.SpanID{})
	switch c {
	case ownTrace, otherTrace:
		longest = len(trace.TraceID{})
	case ownSpan, otherSpan:
	default:
		return
	}
	if len(v) > longest {
		w.note(LongID)
	}
	switch c {
	case ownTrace:
		w.hasTrace = !zero(v)
	case ownSpan:
		w.hasSpan = !zero(v)
	}
}

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// note notes a reason, of which the first counts.
func (w *walker) note(r Reason) {
	if w.reason == 0 {
		w.reason = r
	}
}

// check looks at a record, a resource or a scope, and finds the reason why it
// cannot be kept, 0 if it can.
func (w *walker) check(v []byte, f *field) Reason {
	w.reason, w.elements, w.hasTrace, w.hasSpan, w.title = 0, 0, false, false, nil
	w.walk(v, f.of, 0)
	if f.class == record && w.wantIDs && !(w.hasTrace && w.hasSpan) {
		w.note(MissingID)
	}
	if w.elements > w.limit {
		w.note(TooMany)
	}
	w.flawed = w.flawed || w.reason != 0
	return w.reason
}
