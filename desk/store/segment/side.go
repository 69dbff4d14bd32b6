// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/sidetrace/sidetrace/desk/store/table"
)

// ErrDamaged is what is wrong with a file whose bytes have changed.
var ErrDamaged = table.ErrDamaged

// Side files are made of sections. They begin with
//
//	 0  "sdtside" and a letter for the kind of file
//	 8  version, 4 bytes, and the number of sections, 4 bytes
//	16  of each section where it begins and its length, 8 bytes each, and its
//	    CRC-32C, 4 bytes
//	    CRC-32C of all before
//
// All numbers are little endian.
const (
	sideMagic    = "sdtside"
	sideVersion  = 1
	sideHeader   = 16
	sideEntry    = 20
	maxSections  = 16
	maxSideBytes = 1 << 30
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	le         = binary.LittleEndian
)

// section is a part of a side file.
type section struct {
	at, size uint64
	sum      uint32
}

// encodeSide makes a side file of sections.
func encodeSide(kind byte, sections ...[]byte) []byte {
	at := uint64(sideHeader + len(sections)*sideEntry + 4)
	b := append([]byte(sideMagic), kind)
	b = le.AppendUint32(b, sideVersion)
	b = le.AppendUint32(b, uint32(len(sections)))
	for _, s := range sections {
		b = le.AppendUint64(b, at)
		b = le.AppendUint64(b, uint64(len(s)))
		b = le.AppendUint32(b, crc32.Checksum(s, castagnoli))
		at += uint64(len(s))
	}
	b = le.AppendUint32(b, crc32.Checksum(b, castagnoli))
	for _, s := range sections {
		b = append(b, s...)
	}
	return b
}

// sideFile is one opened for reading.
type sideFile struct {
	path     string
	sections []section
}

// openSide reads the head of a side file with so many sections.
func openSide(path string, kind byte, sections int) (*sideFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b := make([]byte, sideHeader+sections*sideEntry+4)
	if _, err := io.ReadFull(f, b); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	end := len(b) - 4
	switch {
	case string(b[:7]) != sideMagic || b[7] != kind || le.Uint32(b[12:]) != uint32(sections):
		return nil, fmt.Errorf("%w: it is no side file of kind %c", ErrDamaged, kind)
	case le.Uint32(b[end:]) != crc32.Checksum(b[:end], castagnoli):
		return nil, fmt.Errorf("%w: the sum of its head is wrong", ErrDamaged)
	case le.Uint32(b[8:]) != sideVersion:
		return nil, fmt.Errorf("%w: version %d, this program knows %d", ErrDamaged, le.Uint32(b[8:]), sideVersion)
	}
	s := &sideFile{path: path, sections: make([]section, sections)}
	for i := range s.sections {
		e := b[sideHeader+i*sideEntry:]
		s.sections[i] = section{le.Uint64(e), le.Uint64(e[8:]), le.Uint32(e[16:])}
		if s.sections[i].size > maxSideBytes {
			return nil, fmt.Errorf("%w: a section of %d bytes", ErrDamaged, s.sections[i].size)
		}
	}
	return s, nil
}

// with opens the file for as long as read takes. Side files are read in a few
// places at a time, and there may be very many of them: none is kept open.
func (s *sideFile) with(read func(io.ReaderAt) error) error {
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return read(f)
}

// section reads a whole section.
func (s *sideFile) section(i int) (b []byte, err error) {
	err = s.with(func(f io.ReaderAt) error {
		b, err = s.readSection(f, i)
		return err
	})
	return b, err
}

func (s *sideFile) readSection(f io.ReaderAt, i int) ([]byte, error) {
	c := s.sections[i]
	b := make([]byte, c.size)
	if _, err := f.ReadAt(b, int64(c.at)); err != nil {
		return nil, fmt.Errorf("%w: section %d: %w", ErrDamaged, i, err)
	}
	if crc32.Checksum(b, castagnoli) != c.sum {
		return nil, fmt.Errorf("%w: the sum of section %d is wrong", ErrDamaged, i)
	}
	return b, nil
}

// part reads a part of a section, of which no sum is checked.
func (s *sideFile) part(f io.ReaderAt, i int, b []byte, at uint64) error {
	c := s.sections[i]
	if at > c.size || uint64(len(b)) > c.size-at {
		return fmt.Errorf("%w: section %d ends before %d", ErrDamaged, i, at+uint64(len(b)))
	}
	_, err := f.ReadAt(b, int64(c.at+at))
	return err
}

// Neither fails with options that are valid.
var (
	zipper = sync.OnceValue(func() *zstd.Encoder {
		e, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false),
			zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true))
		return e
	})
	unzipper = sync.OnceValue(func() *zstd.Decoder {
		d, _ := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxSideBytes))
		return d
	})
)

func zip(b []byte) []byte { return zipper().EncodeAll(b, nil) }

func unzip(b []byte) ([]byte, error) {
	out, err := unzipper().DecodeAll(b, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return out, nil
}

// A reader takes values off the front of bytes. After the first that is not there
// all are 0.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// number is a uvarint below a limit.
func (r *reader) number(limit int) int {
	v := r.uvarint()
	if v >= uint64(limit) {
		r.bad = true
		return 0
	}
	return int(v)
}

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.bad, r.b = true, nil
		return make([]byte, n)
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

// texts is a list of texts, as a writer has appended it.
func (r *reader) texts() []string {
	n := r.number(len(r.b) + 1)
	out := make([]string, n)
	for i := range out {
		out[i] = string(r.take(r.number(len(r.b) + 1)))
	}
	return out
}

// A textTable gives texts numbers. Its zero value is ready.
type textTable struct {
	numbers map[string]int
	list    []string
}

func (t *textTable) number(s string) uint64 {
	n, ok := t.numbers[s]
	if !ok {
		if t.numbers == nil {
			t.numbers = map[string]int{}
		}
		n = len(t.list)
		t.numbers[s] = n
		t.list = append(t.list, s)
	}
	return uint64(n)
}

func (t *textTable) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(t.list)))
	for _, s := range t.list {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return b
}
