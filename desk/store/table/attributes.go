// SPDX-License-Identifier: Apache-2.0

package table

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// attributes collects the attributes of rows. Until all rows are known, each key
// and type has a column of its own.
//
// The keys of a row, in their order, are its shape. Rows that are alike mostly
// follow one another, so keys are compared with those of the shape that is
// expected before they are looked up.
type attributes struct {
	keys    map[string]*key
	columns []*attribute

	row    int
	shape  []int32 // of the row at hand: numbers of columns, -1 for what has none
	shapes map[string]int32
	known  [][]int32
	expect [64]int32 // numbers of shapes, counted from 1, by the hints of rows
	packed []byte

	shapeOf []uint32 // of each row
	others  []other  // attributes that have no column
}

// key is one that occurred.
type key struct {
	name string
	row  int // the last that has it
	of   [kinds]*attribute
}

// attribute is a key of one type.
type attribute struct {
	column
	key      *key
	number   int32
	rank     int32 // among the columns of the file, from 1; 0: it has none
	reserved bool
}

// other is an attribute that has no column: a value that is no scalar, one of a
// key that its row has twice, or of one too many.
type other struct {
	key   string
	value wire.Value
}

func newAttributes() *attributes {
	return &attributes{keys: map[string]*key{}, shapes: map[string]int32{}}
}

// add takes the attributes of the next row. Rows with the same hint are expected
// to have the same keys.
func (a *attributes) add(pairs []wire.KeyValue, hint uint) {
	expected := &a.expect[hint%uint(len(a.expect))]
	var shape []int32
	if *expected > 0 {
		shape = a.known[*expected-1]
	}
	a.shape = a.shape[:0]
	for i := range pairs {
		kv := &pairs[i]
		if i < len(shape) && shape[i] >= 0 {
			c := a.columns[shape[i]]
			if kindOf(kv.Value.Kind) == c.kind && string(kv.Key) == c.name {
				a.put(c, kv)
				continue
			}
		}
		shape = nil
		a.slow(kv)
	}
	if shape == nil || len(shape) != len(pairs) {
		*expected = a.shapeNumber() + 1
	}
	a.shapeOf = add(&words, a.shapeOf, uint32(*expected-1))
	a.row++
}

// kindOf is the kind of column that values of a type have; Bytes: none.
func kindOf(k trace.ValueKind) Kind {
	switch k {
	case trace.StringValue:
		return Text
	case trace.IntValue:
		return Int
	case trace.FloatValue:
		return Float
	case trace.BoolValue:
		return Bool
	}
	return Bytes
}

// put adds a value to its column.
func (a *attributes) put(c *attribute, kv *wire.KeyValue) {
	c.key.row = a.row
	a.shape = append(a.shape, c.number)
	if c.kind == Text {
		c.addText(a.row, kv.Value.Raw)
	} else {
		c.addNum(a.row, kv.Value.Num)
	}
}

// slow adds an attribute that was not expected.
func (a *attributes) slow(kv *wire.KeyValue) {
	k := a.keys[string(kv.Key)]
	if k == nil && len(a.keys) < maxKeys && isName(kv.Key) {
		k = &key{name: string(kv.Key), row: -1}
		a.keys[k.name] = k
	}
	kind := kindOf(kv.Value.Kind)
	if k == nil || kind == Bytes || k.row == a.row {
		a.others = append(a.others, other{string(kv.Key), kv.Value})
		a.shape = append(a.shape, -1)
		if k != nil {
			k.row = a.row
		}
		return
	}
	if k.of[kind] == nil {
		k.of[kind] = a.newAttribute(k, kind)
	}
	a.put(k.of[kind], kv)
}

// maxKeys bounds how many keys are looked at for whether they are worth a column.
const maxKeys = 4096

// isName reports whether a key can be the name of a column: not all readers take
// any.
func isName(key []byte) bool {
	return len(key) > 0 && len(key) <= 256 && bytes.IndexByte(key, ',') < 0
}

func (a *attributes) newAttribute(k *key, kind Kind) *attribute {
	c := &attribute{column: column{name: k.name, kind: kind, optional: true}, key: k, number: int32(len(a.columns))}
	a.columns = append(a.columns, c)
	return c
}

// shapeNumber is that of the row at hand.
func (a *attributes) shapeNumber() int32 {
	a.packed = a.packed[:0]
	for _, n := range a.shape {
		a.packed = binary.AppendVarint(a.packed, int64(n))
	}
	n, ok := a.shapes[string(a.packed)]
	if !ok {
		n = int32(len(a.known))
		a.shapes[string(a.packed)] = n
		a.known = append(a.known, slices.Clone(a.shape))
	}
	return n
}

// reserve makes a column that the file has in any case.
func (a *attributes) reserve(r Attribute) {
	k := &key{name: r.Key, row: -1}
	a.keys[r.Key] = k
	k.of[r.Kind] = a.newAttribute(k, r.Kind)
	k.of[r.Kind].reserved = true
}
