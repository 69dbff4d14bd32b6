// SPDX-License-Identifier: Apache-2.0

package table

import (
	"fmt"

	"github.com/sidetrace/sidetrace/desk/store/wire"
)

// A Builder collects the rows of a file. It is for one goroutine. The bytes of
// attributes are to stay as they are until the file is written.
type Builder struct {
	schema  *Schema
	columns []column
	attrs   *attributes
	rows    int
	done    *finished
}

// NewBuilder returns one for a file of a schema with about so many rows.
func NewBuilder(s *Schema, rows int) *Builder {
	b := &Builder{schema: s, columns: make([]column, len(s.Columns)), attrs: newAttributes()}
	for i, c := range s.Columns {
		b.columns[i] = column{name: c.Name, kind: c.Kind, coding: c.Coding, size: c.Size, optional: c.Optional}
		if !c.Optional {
			b.columns[i].reserve(rows)
		}
	}
	for _, r := range s.Attributes {
		b.attrs.reserve(r)
	}
	return b
}

// Rows is how many rows there are.
func (b *Builder) Rows() int { return b.rows }

// Text sets a text, bytes or an id of the row at hand. What is not set, of columns
// that are optional, is null.
func (b *Builder) Text(column int, v []byte) {
	c := &b.columns[column]
	if c.kind == ID {
		c.addID(b.rows, v)
		return
	}
	c.addText(b.rows, v)
}

// Int sets a number or a time of the row at hand.
func (b *Builder) Int(column int, v int64) { b.columns[column].addNum(b.rows, uint64(v)) }

// Row ends the row at hand with its attributes. Rows with the same hint are
// expected to have the same keys.
func (b *Builder) Row(pairs []wire.KeyValue, hint uint) error {
	if b.rows == maxRows {
		return fmt.Errorf("table: %s: more than %d rows", b.schema.Name, maxRows)
	}
	b.attrs.add(pairs, hint)
	b.rows++
	return nil
}

// A Value is one of an attribute that has a type of its own: no list or map.
type Value struct {
	Kind Kind   // Text, Int, Float or Bool
	Num  uint64 // as [Vector.Num] has it
	Text []byte // valid during the call
	// Distinct is equal for equal texts of the key, and counted from 0, as long as
	// it is below [MaxDistinct].
	Distinct int
}

// MaxDistinct is how many texts of a key are told apart.
const MaxDistinct = maxTexts

// Keys are the keys of all rows that have a value, and how many of each kind. Those
// that are too many are not among them.
func (b *Builder) Keys(yield func(key string, kind Kind, values int)) {
	for _, c := range b.attrs.columns {
		if n := c.len(); n > 0 {
			yield(c.name, c.kind, n)
		}
	}
}

// Each calls yield with the values of a key, in the order of the rows for each
// kind. Of a key that a row has twice it is only the first.
func (b *Builder) Each(key string, yield func(row int, v Value)) {
	k := b.attrs.keys[key]
	if k == nil {
		return
	}
	for _, c := range k.of {
		if c == nil {
			continue
		}
		for i, row := range c.rows {
			v := Value{Kind: c.kind}
			if c.kind == Text {
				v.Distinct = int(c.codes[i])
				v.Text = c.texts.at(c.codes[i])
			} else {
				v.Num = c.nums[i]
			}
			yield(int(row), v)
		}
	}
}

// Others calls yield with the values that [Builder.Each] leaves out.
func (b *Builder) Others(yield func(row int, kv *wire.KeyValue)) {
	next := 0
	for row, shape := range b.attrs.shapeOf {
		for _, n := range b.attrs.known[shape] {
			if n < 0 {
				o := &b.attrs.others[next]
				next++
				yield(row, &wire.KeyValue{Key: []byte(o.key), Value: o.value})
			}
		}
	}
}

// Free gives the memory back for further builders. The builder, and what
// [Builder.Each] and [Builder.Others] handed out, must not be used any more.
func (b *Builder) Free() {
	for i := range b.columns {
		b.columns[i].free()
	}
	for _, c := range b.attrs.columns {
		c.free()
	}
	words.Free(b.attrs.shapeOf)
	if b.done != nil {
		b.done.order.free()
	}
	*b = Builder{}
}

// finish ends the rows.
func (b *Builder) finish() *finished {
	if b.done == nil {
		b.done = b.attrs.finish()
	}
	return b.done
}
