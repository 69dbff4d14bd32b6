// SPDX-License-Identifier: Apache-2.0

package spill

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	magic     = "stv1"
	headerLen = int64(len(magic) + 4 + 32)
)

func appendHeader(b []byte, v *Value) []byte {
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, uint32(v.Size))
	return append(b, v.Sum[:]...)
}

// scan finds the values of the segment. What is cut off at its end is that of a
// call that did not return, so nobody knows of it.
func (s *segment) scan() ([]*Value, error) {
	info, err := s.file.Stat()
	if err != nil {
		return nil, err
	}
	values, err := scan(s.file, info.Size())
	for _, v := range values {
		v.segment = s
	}
	s.size = info.Size()
	return values, err
}

func scan(r io.ReaderAt, size int64) ([]*Value, error) {
	var values []*Value
	header := make([]byte, headerLen)
	for offset := int64(0); offset+headerLen <= size; {
		if _, err := r.ReadAt(header, offset); err != nil && !errors.Is(err, io.EOF) {
			return values, err
		}
		if string(header[:len(magic)]) != magic {
			return values, fmt.Errorf("from byte %d: %w", offset, ErrDamaged)
		}
		v := &Value{Size: int64(binary.LittleEndian.Uint32(header[len(magic):])), offset: offset}
		copy(v.Sum[:], header[len(magic)+4:])
		offset += headerLen + v.Size
		if offset <= size {
			values = append(values, v)
		}
	}
	return values, nil
}
