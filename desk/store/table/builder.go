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

// NewBuilder returns one for a file of a schema.
func NewBuilder(s *Schema) *Builder {
	b := &Builder{schema: s, columns: make([]column, len(s.Columns)), attrs: newAttributes()}
	for i, c := range s.Columns {
		b.columns[i] = column{name: c.Name, kind: c.Kind, coding: c.Coding, size: c.Size, optional: c.Optional}
	}
	for _, r := range s.Attributes {
		b.attrs.reserve(r)
	}
	return b
}

// Rows is how many rows there are.
func (b *Builder) Rows() int { return b.rows }

// Text sets a text, bytes or an id of the row at hand. Those that are empty, of
// columns that are optional, are null.
func (b *Builder) Text(column int, v []byte) {
	c := &b.columns[column]
	switch {
	case c.optional && len(v) == 0:
	case c.kind == ID:
		c.addID(b.rows, v)
	default:
		c.addText(b.rows, v)
	}
}

// Int sets a number or a time of the row at hand. 0 is null if the column is
// optional.
func (b *Builder) Int(column int, v int64) {
	if c := &b.columns[column]; !c.optional || v != 0 {
		c.addNum(b.rows, uint64(v))
	}
}

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

// finish ends the rows.
func (b *Builder) finish() *finished {
	if b.done == nil {
		b.done = b.attrs.finish()
	}
	return b.done
}
