// SPDX-License-Identifier: Apache-2.0

package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/klauspost/compress/s2"
)

const (
	fileMagic    = "sdtdesk\n"
	fileVersion  = 1
	fileHeader   = 40
	recordMark   = 0x10c55ed1
	recordHeader = 40

	plain      = 0
	compressed = 1
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	le         = binary.LittleEndian
)

func appendFileHeader(b []byte, first Position, made time.Time) []byte {
	at := len(b)
	b = append(b, fileMagic...)
	b = le.AppendUint32(b, fileVersion)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint64(b, uint64(first))
	b = le.AppendUint64(b, uint64(made.UnixNano()))
	b = le.AppendUint32(b, 0)
	return le.AppendUint32(b, crc32.Checksum(b[at:], castagnoli))
}

var errVersion = errors.New("it was written by another version of this program")

// checkFileHeader reports an error for a whole header of another version. One that
// is damaged is no error: the name of the file says the same, and the records
// have sums of their own.
func checkFileHeader(b []byte) error {
	if len(b) < fileHeader || string(b[:8]) != fileMagic || crc32.Checksum(b[:36], castagnoli) != le.Uint32(b[36:]) {
		return nil
	}
	if v := le.Uint32(b[8:]); v != fileVersion {
		return fmt.Errorf("%w: %d, this one knows %d", errVersion, v, fileVersion)
	}
	return nil
}

// A Record is a request in the log.
type Record struct {
	Position Position
	Kind     Kind
	Time     time.Time // when it was appended

	codec  byte
	length int // of the body
	stored []byte
}

// Body returns the request's bytes, which are the caller's.
func (r *Record) Body() ([]byte, error) {
	if r.codec == plain {
		return append([]byte(nil), r.stored...), nil
	}
	b, err := s2.Decode(nil, r.stored)
	if err == nil && len(b) != r.length {
		err = fmt.Errorf("%d bytes instead of %d", len(b), r.length)
	}
	if err != nil {
		return nil, fmt.Errorf("wal: decompress request %d: %w", r.Position, err)
	}
	return b, nil
}

// size is how many bytes the record takes.
func (r *Record) size() int { return recordHeader + len(r.stored) }

// sum is that of a header in the file that begins at a position: what another
// file has left is no record of this one.
func sum(header []byte, first Position) uint32 {
	return crc32.Update(uint32(first), castagnoli, header[8:recordHeader])
}

// putRecordHeader writes the header in front of what is stored.
func putRecordHeader(b []byte, r *Record, first Position) {
	le.PutUint32(b, recordMark)
	le.PutUint32(b[8:], crc32.Checksum(r.stored, castagnoli))
	le.PutUint32(b[12:], uint32(len(r.stored)))
	le.PutUint32(b[16:], uint32(r.length))
	b[20], b[21], b[22], b[23] = byte(r.Kind), r.codec, 0, 0
	le.PutUint64(b[24:], uint64(r.Position))
	le.PutUint64(b[32:], uint64(r.Time.UnixNano()))
	le.PutUint32(b[4:], sum(b, first))
}

// parseRecord reads the record that b, of the file that begins at a position,
// begins with. ok is false if it does not begin with a whole one.
func parseRecord(b []byte, first Position) (r Record, ok bool) {
	if len(b) < recordHeader || le.Uint32(b) != recordMark || le.Uint32(b[4:]) != sum(b, first) {
		return r, false
	}
	n := uint64(le.Uint32(b[12:]))
	r = Record{
		Position: Position(le.Uint64(b[24:])), Kind: Kind(b[20]), Time: time.Unix(0, int64(le.Uint64(b[32:]))),
		codec: b[21], length: int(le.Uint32(b[16:])),
	}
	if n > uint64(len(b)-recordHeader) || r.codec > compressed || r.Kind < Traces || r.Kind > Logs {
		return r, false
	}
	r.stored = b[recordHeader : recordHeader+n]
	return r, crc32.Checksum(r.stored, castagnoli) == le.Uint32(b[8:])
}
