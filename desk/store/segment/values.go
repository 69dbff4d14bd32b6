// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/store/table"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// CanCount reports whether [Segment.Values] counts a field: attributes of spans, of
// resources and of instrumentation scopes.
func CanCount(f query.Field) bool {
	return f.Scope == query.Span || f.Scope == query.Resource && f.Name != "service.name" || f.Scope == query.Instrumentation
}

// A ValueCounter takes the values of a field, page by page.
type ValueCounter struct {
	// Wanted reports whether a span that starts at a time counts.
	Wanted func(start int64) bool
	// Value is told of a value that n spans of a page have. The same value may come
	// several times.
	Value func(v trace.Value, n int)
	// Page is told of each page before it is read, and says whether to go on.
	Page func() bool
}

// Values counts the values that spans have for a field of which [CanCount] is true,
// and returns how many spans there are. It reads no more than the field.
func (s *Segment) Values(f query.Field, c *ValueCounter) (spans int, err error) {
	t, err := s.table(spansFile)
	if t == nil || err != nil {
		return 0, err
	}
	r := valueReader{segment: s, file: t, field: f, yield: c.Value}
	for p := range t.Pages() {
		if !c.Page() {
			break
		}
		n, err := r.page(p, c.Wanted)
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
	field   query.Field
	yield   func(trace.Value, int)
}

func (r *valueReader) page(p int, wanted func(int64) bool) (spans int, err error) {
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
	if len(rows) == 0 {
		return 0, nil
	}
	if r.field.Scope == query.Span {
		return len(rows), r.attribute(p, rows)
	}
	return len(rows), r.origins(p, rows)
}

// column counts the values of a column.
func (r *valueReader) column(v *table.Vector, kind table.Kind, rows []int) {
	v.Count(rows, func(row, n int) {
		value := table.Value{Kind: kind}
		if kind == table.Text {
			value.Text = v.Bytes(row)
		} else {
			value.Num = v.Num(row)
		}
		r.yield(valueOf(value), n)
	})
}

// attribute counts the values of an attribute: those of its column, and those of
// rows that have it in the list.
func (r *valueReader) attribute(p int, rows []int) error {
	var v *table.Vector
	if column, kind, ok := r.file.AttributeColumn(r.field.Name); ok {
		var err error
		if v, err = r.file.Page(column, p); err != nil {
			return err
		}
		r.column(v, kind, rows)
	}
	list, err := r.file.List(p)
	if list == nil || err != nil {
		return err
	}
	for _, row := range rows {
		if v.Has(row) {
			continue
		}
		if value, ok := trace.Lookup(list.Attributes(row), r.field.Name); ok {
			r.yield(value, 1)
		}
	}
	return nil
}

// origins counts the values of an attribute of resources or scopes.
func (r *valueReader) origins(p int, rows []int) error {
	o, err := r.segment.origins()
	if err != nil {
		return err
	}
	column := spanResource
	if r.field.Scope == query.Instrumentation {
		column = spanScope
	}
	v, err := r.file.Page(column, p)
	if err != nil {
		return err
	}
	v.Count(rows, func(row, n int) {
		attrs, bad := o.attributes(column, v.Num(row))
		if bad != nil {
			err = bad
		}
		if value, ok := trace.Lookup(attrs, r.field.Name); ok {
			r.yield(value, n)
		}
	})
	return err
}

// attributes are those of what a row of spans refers to in a column.
func (o *origins) attributes(column int, n uint64) ([]trace.KeyValue, error) {
	if column == spanScope {
		s, err := at(o.scopes, n)
		if s == nil {
			return nil, err
		}
		return s.Attributes, err
	}
	r, err := at(o.resources, n)
	if r == nil {
		return nil, err
	}
	return r.Attributes, err
}
