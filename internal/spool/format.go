// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

// Kind says what a record is.
type Kind uint8

// The kinds of records. Origins belong to the format and are not handed out.
const (
	Span Kind = 1 + iota
	Log
	origin

	kinds
)

// String returns a word for messages.
func (k Kind) String() string {
	switch k {
	case Span:
		return "spans"
	case Log:
		return "log records"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Signal is the kind's name in metrics and variables.
func (k Kind) Signal() string {
	if k == Log {
		return "log"
	}
	return "span"
}

// ErrFormat is what is wrong with files that are no segments.
var ErrFormat = errors.New("not a segment of this version")

const (
	segmentMagic = "sdtspool"
	version      = 1

	segmentHeader = 64
	recordHeader  = 24

	reserved  = 1 << 31
	committed = 0x5ed17ace
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	le         = binary.LittleEndian
)

// padded is how much room a record with a payload of n bytes takes.
func padded(n int) int64 { return (int64(n) + recordHeader + 7) &^ 7 }

func putSegmentHeader(b []byte, seq uint64, made time.Time) {
	copy(b, segmentMagic)
	le.PutUint32(b[8:], version)
	le.PutUint64(b[16:], seq)
	le.PutUint64(b[24:], uint64(made.UnixNano()))
	copy(b[48:64], b[16:32])
	sumHeader(b)
}

// putSeal says in the header how many records there are.
func putSeal(b []byte, counts *[kinds]uint32) {
	le.PutUint32(b[32:], 1)
	le.PutUint32(b[36:], counts[Span])
	le.PutUint32(b[40:], counts[Log])
	sumHeader(b)
}

func sumHeader(b []byte) { le.PutUint32(b[44:], crc32.Checksum(b[:44], castagnoli)) }

// header is what a segment's header says.
type header struct {
	intact bool // else seq and made are what the copy says
	seq    uint64
	made   time.Time
	sealed bool
	counts [kinds]uint32 // if sealed
}

// parseHeader reads a header. One that is damaged is no error: the records behind it
// have sums of their own.
func parseHeader(b []byte) (h header, err error) {
	sum := le.Uint32(b[44:])
	whole := sum == crc32.Checksum(b[:44], castagnoli)
	// The process may have died in the midst of [putSeal]: the sum is the last.
	unsealed := crc32.Update(crc32.Checksum(b[:32], castagnoli), castagnoli, make([]byte, 12))
	switch {
	case !whole && sum != unsealed:
		return header{seq: le.Uint64(b[48:]), made: time.Unix(0, int64(le.Uint64(b[56:])))}, nil
	case string(b[:8]) != segmentMagic || le.Uint32(b[8:]) != version:
		return h, ErrFormat
	}
	h = header{intact: true, seq: le.Uint64(b[16:]), made: time.Unix(0, int64(le.Uint64(b[24:])))}
	if whole && le.Uint32(b[32:]) == 1 {
		h.sealed = true
		h.counts[Span], h.counts[Log] = le.Uint32(b[36:]), le.Uint32(b[40:])
	}
	return h, nil
}

// putPlace writes what is known of a record when its place is taken.
func putPlace(b []byte, k Kind, ordinal uint32, origin uint16) {
	le.PutUint32(b[8:], ordinal)
	b[12], b[13] = byte(k), 0
	le.PutUint16(b[14:], origin)
}

// putPayload writes the rest but the mark.
func putPayload(b, payload []byte, seq uint64) {
	copy(b[recordHeader:], payload)
	le.PutUint32(b[4:], sumRecord(b, payload, seq))
}

func sumRecord(b, payload []byte, seq uint64) uint32 {
	return crc32.Update(crc32.Update(uint32(seq), castagnoli, b[8:16]), castagnoli, payload)
}

// record is one found in a segment.
type record struct {
	kind    Kind
	origin  uint16
	ordinal uint32 // among those of its kind
	payload []byte
}

// state is what stands at a place of a segment.
type state int

const (
	whole   state = iota // a record
	open                 // one that was not finished
	damaged              // neither
	end                  // nothing any more
	cut                  // more than there are bytes at hand
)

// parse reads what b, of the segment with the number seq, begins with, and how many
// bytes it takes. Only the last pieces of a segment may be cut.
func parse(b []byte, seq uint64) (r record, n int64, s state) {
	if len(b) < recordHeader {
		return r, 0, cut
	}
	size := le.Uint32(b)
	if size == 0 && le.Uint32(b[16:]) == 0 {
		return r, 0, end
	}
	if size&reserved == 0 {
		return r, 0, damaged
	}
	size &^= reserved
	n = padded(int(size))
	if int64(len(b)) < n {
		return r, n, cut
	}
	r = record{Kind(b[12]), le.Uint16(b[14:]), le.Uint32(b[8:]), b[recordHeader : recordHeader+int(size) : recordHeader+int(size)]}
	switch mark := le.Uint32(b[16:]); {
	case r.kind < Span || r.kind >= kinds:
		return record{}, n, damaged
	case mark == 0:
		return r, n, open
	case mark != committed, le.Uint32(b[4:]) != sumRecord(b, r.payload, seq):
		return record{}, n, damaged
	}
	return r, n, whole
}
