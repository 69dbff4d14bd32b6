// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// A MalformedError says where a request is no message of protobuf.
type MalformedError struct {
	Offset int    // in the request, in bytes
	What   string // what was found there
}

// Error says what was found where.
func (e *MalformedError) Error() string {
	return fmt.Sprintf("wire: OTLP in protobuf: byte %d: %s", e.Offset, e.What)
}

// Types of fields on the wire (protobuf encoding, "Message Structure").
const (
	varintField  = 0
	fixed64Field = 1
	bytesField   = 2
	groupField   = 3
	fixed32Field = 5
)

// fields goes through the fields of a message.
type fields struct {
	b    []byte
	at   int
	base int // where b begins in the request

	tag   uint32 // number and type
	num   uint64 // of a varint or a fixed field
	bytes []byte // of a bytes field; shared with b
	bad   string // why the message is malformed, "" if it is not
}

// in is the fields of the message in the field at hand.
func (f *fields) in() fields {
	return fields{b: f.bytes, base: f.base + f.at - len(f.bytes)}
}

// next goes to the next field. It returns false at the end and where the message
// is malformed.
func (f *fields) next() bool {
	if f.at >= len(f.b) || f.bad != "" {
		return false
	}
	tag := uint64(f.b[f.at])
	if f.at++; tag >= 0x80 {
		f.at--
		if tag = f.varint(); f.bad != "" {
			return false
		}
	}
	if number := tag >> 3; number == 0 || number > uint64(protowire.MaxValidNumber) {
		return f.fail("a field has no valid number")
	}
	f.tag = uint32(tag)
	switch tag & 7 {
	case varintField:
		f.num = f.varint()
	case bytesField:
		f.take()
	case fixed64Field:
		return f.fixed(8)
	case fixed32Field:
		return f.fixed(4)
	case groupField:
		return f.skipGroup()
	default:
		return f.fail("a field has no valid type")
	}
	return f.bad == ""
}

func (f *fields) fail(why string) bool {
	if f.bad == "" {
		f.bad = why
	}
	return false
}

// text checks that the field at hand is UTF-8, as protobuf demands of texts.
func (f *fields) text() {
	if !utf8.Valid(f.bytes) {
		f.at -= len(f.bytes)
		f.fail("a text is not UTF-8")
	}
}

func (f *fields) varint() uint64 {
	if f.at < len(f.b) && f.b[f.at] < 0x80 {
		f.at++
		return uint64(f.b[f.at-1])
	}
	v, n := binary.Uvarint(f.b[f.at:])
	if n <= 0 {
		f.fail("a number is cut or too long")
		return 0
	}
	f.at += n
	return v
}

func (f *fields) take() {
	n := f.varint()
	if n > uint64(len(f.b)-f.at) {
		f.fail("a field goes beyond the end of its message")
		return
	}
	end := f.at + int(n)
	f.bytes = f.b[f.at:end:end]
	f.at = end
}

func (f *fields) fixed(n int) bool {
	if len(f.b)-f.at < n {
		return f.fail("a number is cut")
	}
	if n == 4 {
		f.num = uint64(binary.LittleEndian.Uint32(f.b[f.at:]))
	} else {
		f.num = binary.LittleEndian.Uint64(f.b[f.at:])
	}
	f.at += n
	return true
}

func (f *fields) skipGroup() bool {
	n := protowire.ConsumeFieldValue(protowire.Number(f.tag>>3), protowire.StartGroupType, f.b[f.at:])
	if n < 0 {
		return f.fail("a group is malformed")
	}
	f.at += n
	return true
}

// err is what ended the walk, nil if the message did.
func (f *fields) err() error {
	if f.bad == "" {
		return nil
	}
	return f.malformed(f.bad)
}

func (f *fields) malformed(what string) error {
	return &MalformedError{Offset: f.base + f.at, What: what}
}
