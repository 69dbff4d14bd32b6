// SPDX-License-Identifier: Apache-2.0

package table

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// Strings are texts of one column of a file, made once for each text of its
// dictionary. They are for one goroutine; the zero value is ready.
type Strings struct{ known []string }

// Of is the text of a row of a page of the column, "" for null.
func (s *Strings) Of(v *Vector, row int) string {
	i := v.index(row)
	if i < 0 || v.dict == nil {
		return string(v.Bytes(row))
	}
	if s.known == nil {
		s.known = make([]string, v.dict.n)
	}
	if i >= len(s.known) {
		return string(v.Bytes(row))
	}
	if s.known[i] == "" {
		s.known[i] = string(v.Bytes(row))
	}
	return s.known[i]
}

// A Picker reads the attributes of some keys, page by page. It is for one
// goroutine.
type Picker struct {
	file  *File
	keys  map[string]bool
	picks []picked // in the order of the columns
	order *Vector
	list  *List
}

// picked is the column of an attribute.
type picked struct {
	attributeColumn
	rank    uint64 // among the columns of attributes, from 1
	page    *Vector
	strings Strings
}

// NewPicker returns one for some keys.
func (f *File) NewPicker(keys []string) *Picker {
	p := &Picker{file: f, keys: make(map[string]bool, len(keys))}
	for _, key := range keys {
		p.keys[key] = true
	}
	for i, a := range f.attrs {
		if p.keys[a.key] {
			p.picks = append(p.picks, picked{attributeColumn: a, rank: uint64(i + 1)})
		}
	}
	return p
}

// Columns is how many columns are read.
func (p *Picker) Columns() int {
	if p.file.HasList() {
		return len(p.picks) + restColumns
	}
	return len(p.picks)
}

// Open turns to a page.
func (p *Picker) Open(page int) (err error) {
	for i := range p.picks {
		if p.picks[i].page, err = p.file.Page(p.picks[i].column, page); err != nil {
			return err
		}
	}
	if p.order, err = p.file.Page(p.file.order, page); err != nil {
		return err
	}
	p.list, err = p.file.List(page)
	return err
}

// Append appends the attributes of a row of the page, in the order that they had.
func (p *Picker) Append(out []trace.KeyValue, row int) []trace.KeyValue {
	if order := p.order.Bytes(row); order != nil {
		return p.ordered(out, row, order)
	}
	for i := range p.picks {
		if p.picks[i].page.Has(row) {
			out = append(out, p.picks[i].attribute(row))
		}
	}
	from, to := p.list.entries(row)
	for ; from < to; from++ {
		out = p.entry(out, from)
	}
	return out
}

// ordered appends the attributes of a row that has an order of its own.
func (p *Picker) ordered(out []trace.KeyValue, row int, order []byte) []trace.KeyValue {
	next, end := p.list.entries(row)
	for len(order) > 0 {
		rank, n := binary.Uvarint(order)
		if n <= 0 {
			break
		}
		order = order[n:]
		if rank == 0 {
			if next < end {
				out = p.entry(out, next)
				next++
			}
			continue
		}
		i := slices.IndexFunc(p.picks, func(c picked) bool { return c.rank == rank })
		if i >= 0 && p.picks[i].page.Has(row) {
			out = append(out, p.picks[i].attribute(row))
		}
	}
	return out
}

// entry appends an attribute of the list, if it is of one of the keys.
func (p *Picker) entry(out []trace.KeyValue, i int) []trace.KeyValue {
	if !p.keys[string(p.list.columns[restKey].Bytes(i))] {
		return out
	}
	return append(out, p.list.entry(i))
}

// attribute is a row's value.
func (c *picked) attribute(row int) trace.KeyValue {
	kv := trace.KeyValue{Key: c.key}
	switch c.kind {
	case Text:
		kv.Value = trace.String(c.strings.Of(c.page, row))
	case Int:
		kv.Value = trace.Int(int64(c.page.Num(row)))
	case Float:
		kv.Value = trace.Float(math.Float64frombits(c.page.Num(row)))
	case Bool:
		kv.Value = trace.Bool(c.page.Num(row) != 0)
	}
	return kv
}
