// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/store/sketch"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// The file stats.bin has one section, compressed with zstd: a table of texts, and
// then unsigned varints unless said otherwise:
//
//	operations: how many, and of each its service, 1 if that has a name, else 0, its
//	    name, kind and status, and its cells
//	calls: the same with caller, callee and kind of the span that was called
//	keys: how many, and of each the scope, the key, the type of its values and how
//	    many there are
//
// Cells are how many there are, and of each the minute behind that of the one
// before (signed), how many spans failed, the sum of durations (the bits of a float,
// 8 bytes) and a [sketch.Sketch] of them. Scopes are numbered as in package query,
// types as in package trace.
const (
	statsSections = 1
	statsKind     = 'S'
)

// encode makes the file.
func (s *Stats) encode() []byte {
	var texts textTable
	b := binary.AppendUvarint(nil, uint64(len(s.Operations)))
	for i, o := range s.Operations {
		b = appendAll(b, texts.number(o.Service), bit(o.Named), texts.number(o.Name), uint64(uint32(o.Kind)), uint64(uint32(o.Status)))
		b = appendCells(b, s.OfOperation(i))
	}
	b = binary.AppendUvarint(b, uint64(len(s.Calls)))
	for i, c := range s.Calls {
		b = appendAll(b, texts.number(c.Caller), texts.number(c.Callee), uint64(uint32(c.Kind)))
		b = appendCells(b, s.OfCall(i))
	}
	b = binary.AppendUvarint(b, uint64(len(s.Keys)))
	for _, k := range s.Keys {
		b = appendAll(b, uint64(k.Scope), texts.number(k.Key), uint64(k.Kind), k.Values)
	}
	return encodeSide(statsKind, zip(append(texts.append(nil), b...)))
}

func appendAll(b []byte, numbers ...uint64) []byte {
	for _, n := range numbers {
		b = binary.AppendUvarint(b, n)
	}
	return b
}

func appendCells(b []byte, list []Cell) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	last := Minute(0)
	for i := range list {
		c := &list[i]
		b = binary.AppendVarint(b, int64(c.Minute-last))
		last = c.Minute
		b = binary.AppendUvarint(b, c.Errors)
		b = append(le.AppendUint64(b, math.Float64bits(c.Sum)), c.Durations...)
	}
	return b
}

// readStats reads the file.
func readStats(path string) (*Stats, error) {
	file, err := openSide(path, statsKind, statsSections)
	if err != nil {
		return nil, err
	}
	b, err := file.section(0)
	if err != nil {
		return nil, err
	}
	if b, err = unzip(b); err != nil {
		return nil, err
	}
	return decodeStats(b)
}

func decodeStats(b []byte) (*Stats, error) {
	d := statsReader{blockReader{reader: reader{b: b}}}
	d.list = d.texts()
	s := &Stats{Operations: make([]Operation, d.number(len(d.b)+1))}
	for i := range s.Operations {
		s.Operations[i] = Operation{d.text(), d.number(2) == 1, d.text(), trace.Kind(d.uvarint()), trace.StatusCode(d.uvarint())}
		d.cells(&s.operations)
	}
	s.Calls = make([]Call, d.number(len(d.b)+1))
	for i := range s.Calls {
		s.Calls[i] = Call{d.text(), d.text(), trace.Kind(d.uvarint())}
		d.cells(&s.calls)
	}
	s.Keys = make([]Key, d.number(len(d.b)+1))
	for i := range s.Keys {
		s.Keys[i] = Key{query.Scope(d.number(int(query.Intrinsic))), d.text(), trace.ValueKind(d.number(int(trace.MapValue) + 1)), d.uvarint()}
	}
	if d.bad {
		return nil, fmt.Errorf("%w: the statistics are malformed", ErrDamaged)
	}
	return s, nil
}

type statsReader struct{ blockReader }

// cells reads the cells of the next operation or call.
func (d *statsReader) cells(into *cells) {
	last := Minute(0)
	for range d.number(len(d.b) + 1) {
		last += Minute(d.varint())
		c := Cell{Minute: last, Errors: d.uvarint(), Sum: math.Float64frombits(le.Uint64(d.take(8)))}
		count, rest, err := sketch.Skip(d.b)
		if err != nil {
			d.bad = true
			break
		}
		c.Count, c.Durations = count, d.b[:len(d.b)-len(rest)]
		d.b = rest
		into.list = append(into.list, c)
	}
	into.ends = append(into.ends, len(into.list))
}
