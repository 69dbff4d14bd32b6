// SPDX-License-Identifier: Apache-2.0

package table

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// Rows reads the attributes of the rows of a page.
type Rows struct {
	columns []attributeColumn
	pages   []*Vector // of each of them
	order   *Vector
	list    *List
}

// A List is a page of the list of attributes; the nil List has none. It is not
// changed any more and may be shared.
type List struct {
	ends    []int32 // of rows in the entries
	columns [restColumns]*Vector
}

// RowsOf reads the attributes of a page.
func (f *File) RowsOf(page int) (*Rows, error) {
	r := &Rows{columns: f.attrs, pages: make([]*Vector, len(f.attrs))}
	var err error
	for i, a := range f.attrs {
		if r.pages[i], err = f.Page(a.column, page); err != nil {
			return nil, err
		}
	}
	if r.order, err = f.Page(f.order, page); err != nil {
		return nil, err
	}
	r.list, err = f.List(page)
	return r, err
}

// List is a page of the attributes that are in no column.
func (f *File) List(page int) (*List, error) {
	if !f.HasList() {
		return nil, nil
	}
	return cached(f.cache, pageKey{f.id, int32(f.rest), int32(page)}, func() (*List, error) {
		l, err := f.readList(page)
		if err != nil {
			return nil, fmt.Errorf("table: %s: list of attributes, page %d: %w", f.schema.Name, page, err)
		}
		return l, nil
	})
}

// Attributes are those of a row that are in no column, nil for none.
func (l *List) Attributes(row int) (out []trace.KeyValue) {
	from, to := l.entries(row)
	for ; from < to; from++ {
		out = append(out, l.entry(from))
	}
	return out
}

func (l *List) weight() int64 {
	n := int64(64 + 4*len(l.ends))
	for _, v := range l.columns {
		n += v.weight()
	}
	return n
}

// HasList reports whether the file has attributes that are in no column.
func (f *File) HasList() bool { return !f.isNull(f.rest + restKey) }

// readList reads a page of the list.
func (f *File) readList(page int) (l *List, err error) {
	defer recovered(&err)
	l = &List{}
	for i := range restColumns {
		if l.columns[i], err = f.readListColumn(l, i, page); err != nil {
			return nil, fmt.Errorf("column %s: %w", restNames[i], err)
		}
	}
	return l, nil
}

// readListColumn reads a page of a column of the list; those of the keys say where
// the rows end.
func (f *File) readListColumn(l *List, column, page int) (*Vector, error) {
	if f.isNull(f.rest + column) {
		return nil, nil
	}
	p, err := f.decode(f.rest+column, page)
	if err != nil {
		return nil, err
	}
	if column == restKey {
		l.ends = rowEnds(p.repetition, p.defined)
		if n := len(l.ends); n > 0 && int(l.ends[n-1]) != p.vector.n {
			return nil, fmt.Errorf("%w: %d values instead of %d", ErrDamaged, p.vector.n, l.ends[n-1])
		}
		if len(l.ends) != f.PageLen(page) {
			return nil, fmt.Errorf("%w: %d rows instead of %d", ErrDamaged, len(l.ends), f.PageLen(page))
		}
		return p.vector, nil
	}
	entries := slices.DeleteFunc(p.defined, func(d byte) bool { return d == 0 })
	if len(entries) != l.columns[restKey].n {
		return nil, fmt.Errorf("%w: %d entries instead of %d", ErrDamaged, len(entries), l.columns[restKey].n)
	}
	return p.vector, p.vector.place(entries, 2)
}

// rowEnds is where the entries of each row end.
func rowEnds(repetition, defined []byte) (ends []int32) {
	n := int32(0)
	for i := range repetition {
		if repetition[i] == 0 {
			ends = append(ends, n)
		}
		if defined[i] > 0 {
			n++
		}
		ends[len(ends)-1] = n
	}
	return ends
}

// entries are the places of a row's attributes in the list.
func (l *List) entries(row int) (from, to int) {
	if l == nil {
		return 0, 0
	}
	if row > 0 {
		from = int(l.ends[row-1])
	}
	return from, int(l.ends[row])
}

// entry is an attribute of the list.
func (l *List) entry(i int) trace.KeyValue {
	kv := trace.KeyValue{Key: string(l.columns[restKey].Bytes(i))}
	switch {
	case l.columns[restText].Has(i):
		kv.Value = trace.String(string(l.columns[restText].Bytes(i)))
	case l.columns[restInt].Has(i):
		kv.Value = trace.Int(int64(l.columns[restInt].Num(i)))
	case l.columns[restFloat].Has(i):
		kv.Value = trace.Float(math.Float64frombits(l.columns[restFloat].Num(i)))
	case l.columns[restBool].Has(i):
		kv.Value = trace.Bool(l.columns[restBool].Num(i) != 0)
	default:
		v := wire.ReadValue(l.columns[restAny].Bytes(i))
		kv.Value = v.Decode()
	}
	return kv
}

// Attributes are those of a row, nil for none, in the order that they had.
func (r *Rows) Attributes(row int) []trace.KeyValue {
	from, to := r.list.entries(row)
	if order := r.order.Bytes(row); order != nil {
		return r.ordered(row, order, from)
	}
	n := to - from
	for _, v := range r.pages {
		if v.Has(row) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	out := make([]trace.KeyValue, 0, n)
	for i, v := range r.pages {
		if v.Has(row) {
			out = append(out, r.attribute(i, row))
		}
	}
	for ; from < to; from++ {
		out = append(out, r.list.entry(from))
	}
	return out
}

// ordered are the attributes of a row that has an order of its own.
func (r *Rows) ordered(row int, order []byte, next int) (out []trace.KeyValue) {
	_, end := r.list.entries(row)
	for len(order) > 0 {
		rank, n := binary.Uvarint(order)
		if n <= 0 {
			break
		}
		order = order[n:]
		switch {
		case rank > 0 && rank <= uint64(len(r.pages)):
			out = append(out, r.attribute(int(rank-1), row))
		case rank == 0 && next < end:
			out = append(out, r.list.entry(next))
			next++
		}
	}
	return out
}

// attribute is a row's value in the ith column.
func (r *Rows) attribute(i, row int) trace.KeyValue {
	kv, v := trace.KeyValue{Key: r.columns[i].key}, r.pages[i]
	switch r.columns[i].kind {
	case Text:
		kv.Value = trace.String(string(v.Bytes(row)))
	case Int:
		kv.Value = trace.Int(int64(v.Num(row)))
	case Float:
		kv.Value = trace.Float(math.Float64frombits(v.Num(row)))
	case Bool:
		kv.Value = trace.Bool(v.Num(row) != 0)
	}
	return kv
}
