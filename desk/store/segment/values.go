// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"github.com/sidetrace/sidetrace/desk/store/table"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Field is something of spans that segments have in a column.
type Field struct {
	Scope  Scope  // OfSpan or OfResource
	Key    string // of the attribute
	Column Column // if it is no attribute
}

// A Column is one that every span has.
type Column uint8

// The columns.
const (
	NoColumn Column = iota
	NameColumn
	ServiceColumn
)

// Of is the field of a span.
func (f Field) Of(s *trace.Span) (trace.Value, bool) {
	switch {
	case f.Column == NameColumn:
		return trace.String(s.Name), true
	case f.Column == NoColumn && f.Scope == OfSpan:
		return s.Attribute(f.Key)
	case s.Resource == nil:
		return trace.Value{}, false
	case f.Column == ServiceColumn:
		v, ok := trace.Lookup(s.Resource.Attributes, "service.name")
		return trace.String(v.String()), ok
	}
	return trace.Lookup(s.Resource.Attributes, f.Key)
}

// Values calls yield with the values that the spans which started at wanted times
// have for a field, and how many of a page have it. It returns how many spans there
// are.
func (s *Segment) Values(f Field, wanted func(start int64) bool, yield func(v trace.Value, n int)) (spans int, err error) {
	t, err := s.table(spansFile)
	if t == nil || err != nil {
		return 0, err
	}
	r := valueReader{segment: s, file: t, field: f}
	for p := range t.Pages() {
		n, err := r.page(p, wanted, yield)
		if err != nil {
			return spans, err
		}
		spans += n
	}
	return spans, nil
}

type valueReader struct {
	segment *Segment
	file    *table.File
	field   Field
}

func (r *valueReader) page(p int, wanted func(int64) bool, yield func(trace.Value, int)) (spans int, err error) {
	starts, err := r.file.Page(spanStart, p)
	if err != nil {
		return 0, err
	}
	var rows []int
	for row := range r.file.PageLen(p) {
		if wanted(int64(starts.Num(row))) {
			rows = append(rows, row)
		}
	}
	switch {
	case len(rows) == 0:
	case r.field.Column == NameColumn:
		err = r.column(spanName, table.Text, p, rows, yield)
	case r.field.Column == ServiceColumn, r.field.Scope == OfResource:
		err = r.resources(p, rows, yield)
	default:
		err = r.attribute(p, rows, yield)
	}
	return len(rows), err
}

// column counts the values of a column.
func (r *valueReader) column(column int, kind table.Kind, p int, rows []int, yield func(trace.Value, int)) error {
	v, err := r.file.Page(column, p)
	if err != nil {
		return err
	}
	v.Count(rows, func(row, n int) {
		yield(valueOf(table.Value{Kind: kind, Num: numOf(v, kind, row), Text: textOf(v, kind, row)}), n)
	})
	return nil
}

func numOf(v *table.Vector, kind table.Kind, row int) uint64 {
	if kind == table.Text {
		return 0
	}
	return v.Num(row)
}

func textOf(v *table.Vector, kind table.Kind, row int) []byte {
	if kind == table.Text {
		return v.Bytes(row)
	}
	return nil
}

// attribute counts the values of an attribute: those of its column, and those of
// rows that have it in the list.
func (r *valueReader) attribute(p int, rows []int, yield func(trace.Value, int)) error {
	column, kind, ok := r.file.AttributeColumn(r.field.Key)
	var v *table.Vector
	if ok {
		var err error
		if v, err = r.file.Page(column, p); err != nil {
			return err
		}
		if err := r.column(column, kind, p, rows, yield); err != nil {
			return err
		}
	}
	list, err := r.file.List(p)
	if list == nil || err != nil {
		return err
	}
	for _, row := range rows {
		if v.Has(row) {
			continue
		}
		if value, ok := trace.Lookup(list.Attributes(row), r.field.Key); ok {
			yield(value, 1)
		}
	}
	return nil
}

// resources counts the values of an attribute of resources.
func (r *valueReader) resources(p int, rows []int, yield func(trace.Value, int)) error {
	o, err := r.segment.origins()
	if err != nil {
		return err
	}
	v, err := r.file.Page(spanResource, p)
	if err != nil {
		return err
	}
	v.Count(rows, func(row, n int) {
		res, bad := at(o.resources, v.Num(row))
		if bad != nil {
			err = bad
			return
		}
		if value, ok := r.field.Of(&trace.Span{Resource: res}); ok {
			yield(value, n)
		}
	})
	return err
}
