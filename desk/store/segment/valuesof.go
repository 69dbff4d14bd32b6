// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/store/table"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Wanted says what of spans is read.
type Wanted struct {
	columns       [spanDroppedLinks + 1]bool
	keys          []string // of attributes
	all           bool     // attributes
	events, links bool
}

// intrinsicColumns are the columns that fields of spans are read from.
var intrinsicColumns = map[string][]int{
	"name": {spanName}, "status": {spanStatus}, "error": {spanStatus}, "statusMessage": {spanStatusMessage}, "kind": {spanKind},
	"duration": {spanStart, spanDuration}, "span:start": {spanStart}, "span:end": {spanStart, spanDuration},
	"span:id": {spanID}, "span:parentID": {spanParentRow, spanParentID}, "span:traceState": {spanState}, "trace:id": {spanTraceID},
	"service": {spanResource}, "instrumentation:name": {spanScope}, "instrumentation:version": {spanScope},
}

// traceColumns are those that fields of whole traces are read from.
var traceColumns = []int{
	spanTraceID, spanID, spanParentRow, spanParentID, spanStart, spanDuration, spanName, spanKind, spanStatus, spanResource,
}

// NewWanted returns what fields are read from.
func NewWanted(fields []query.Field) *Wanted {
	w := &Wanted{}
	for _, f := range fields {
		w.add(f)
	}
	slices.Sort(w.keys)
	w.keys = slices.Compact(w.keys)
	return w
}

func (w *Wanted) add(f query.Field) {
	keys := f.AttributeKeys()
	w.keys = append(w.keys, keys...)
	columns, known := intrinsicColumns[f.Name]
	switch {
	case f.Scope == query.Resource:
		w.read(spanResource)
	case f.Scope == query.Instrumentation:
		w.read(spanScope)
	case f.Scope == query.Unscoped:
		w.read(spanResource, spanScope)
	case f.Scope == query.Event:
		w.events = true
	case f.Scope == query.Link:
		w.links = true
	case f.Scope == query.Span || keys != nil:
	case known:
		w.read(columns...)
	default:
		w.intrinsic(f.Name)
	}
}

// intrinsic adds a field of events, of links, of traces, or of everything.
func (w *Wanted) intrinsic(name string) {
	switch name {
	case "event:name", "event:time", "event:timeSinceStart":
		w.events = true
		w.read(spanStart)
	case "link:traceID", "link:spanID", "link:traceState":
		w.links = true
	case "any":
		w.all, w.events, w.links = true, true, true
		w.read(traceColumns...)
		w.read(spanScope, spanState, spanStatusMessage)
	default:
		w.read(traceColumns...)
	}
}

func (w *Wanted) read(columns ...int) {
	for _, c := range columns {
		w.columns[c] = true
	}
}

// A Scanner reads of the spans of a segment what is wanted, page by page. It is for
// one goroutine.
type Scanner struct {
	segment *Segment
	wanted  *Wanted
	file    *table.File // nil: the segment has no spans
	origins *origins
	picker  *table.Picker
	texts   [spanDroppedLinks + 1]table.Strings
	spans   []trace.Span
	attrs   []trace.KeyValue
	rows    []int
}

// Scan returns a scanner of the segment.
func (s *Segment) Scan(w *Wanted) (*Scanner, error) {
	out := &Scanner{segment: s, wanted: w}
	var err error
	if out.file, err = s.table(spansFile); out.file == nil || err != nil {
		return out, err
	}
	if w.columns[spanResource] || w.columns[spanScope] {
		if out.origins, err = s.origins(); err != nil {
			return nil, err
		}
	}
	if len(w.keys) > 0 && !w.all {
		out.picker = out.file.NewPicker(w.keys)
	}
	return out, nil
}

// Pages is how many pages there are.
func (s *Scanner) Pages() int {
	if s.file == nil {
		return 0
	}
	return s.file.Pages()
}

// nestedColumns is about how many columns events or links count as.
const nestedColumns = 8

// Columns is about how many columns are read of a page.
func (s *Scanner) Columns() int {
	n := 1
	for _, wanted := range s.wanted.columns {
		n += int(bit(wanted))
	}
	switch {
	case s.wanted.all:
		n += len(s.file.Attributes()) + 1
	case s.picker != nil:
		n += s.picker.Columns()
	}
	return n + nestedColumns*int(bit(s.wanted.events)+bit(s.wanted.links))
}

// Rows are the rows of a page whose spans start at wanted times.
func (s *Scanner) Rows(page int, wanted func(start int64) bool) (rows []int, err error) {
	starts, err := s.file.Page(spanStart, page)
	if err != nil {
		return nil, err
	}
	for row := range s.file.PageLen(page) {
		if wanted(int64(starts.Num(row))) {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// Spans are the spans of rows of a page, with what is wanted of them; they are
// valid until the next call. Rows are in ascending order.
func (s *Scanner) Spans(page int, rows []int) ([]trace.Span, error) {
	s.spans = slices.Grow(s.spans[:0], len(rows))[:len(rows)]
	clear(s.spans)
	for column, wanted := range s.wanted.columns {
		if !wanted {
			continue
		}
		v, err := s.file.Page(column, page)
		if err != nil {
			return nil, err
		}
		if err := s.column(column, v, rows); err != nil {
			return nil, err
		}
	}
	if err := s.attributes(page, rows); err != nil {
		return nil, err
	}
	return s.spans, s.nested(page, rows)
}

// Any reports whether a span of a trace of the segment starts at a wanted time.
func (s *Scanner) Any(e *Entry, wanted func(start int64) bool) (bool, error) {
	for row := e.FirstRow; row < e.FirstRow+e.Rows; row++ {
		starts, err := s.file.Page(spanStart, row/table.PageRows)
		if err != nil || wanted(int64(starts.Num(row%table.PageRows))) {
			return err == nil, err
		}
	}
	return false, nil
}

// Trace calls yield with the spans of a trace of the segment, with what is wanted of
// them, part by part; they are valid during the call. It ends with the context.
func (s *Scanner) Trace(ctx context.Context, e *Entry, yield func([]trace.Span)) error {
	if s.file == nil || e.FirstRow < 0 || e.FirstRow+e.Rows > s.file.Rows() {
		return fmt.Errorf("segment: %s: %w: the rows of trace %s are missing", s.segment.Dir, ErrDamaged, e.Summary.TraceID)
	}
	for from, end := e.FirstRow, e.FirstRow+e.Rows; from < end; {
		page := from / table.PageRows
		first := page * table.PageRows
		to := min(end, first+table.PageRows)
		s.rows = s.rows[:0]
		for row := from; row < to; row++ {
			s.rows = append(s.rows, row-first)
		}
		spans, err := s.Spans(page, s.rows)
		if err = cmp.Or(ctx.Err(), err); err != nil {
			return err
		}
		yield(spans)
		from = to
	}
	return nil
}

// column fills in a column.
func (s *Scanner) column(column int, v *table.Vector, rows []int) error {
	for i, row := range rows {
		if !v.Has(row) {
			continue
		}
		sp := &s.spans[i]
		var err error
		switch column {
		case spanTraceID:
			copy(sp.TraceID[:], v.Bytes(row))
		case spanID:
			copy(sp.ID[:], v.Bytes(row))
		case spanParentID:
			copy(sp.Parent[:], v.Bytes(row))
		case spanParentRow:
			sp.Parent, err = s.idOf(int(v.Num(row)))
		case spanStart:
			sp.Start = int64(v.Num(row))
			sp.End = sp.Start
		case spanDuration: // it stands behind spanStart
			sp.End = sp.Start + int64(v.Num(row))
		case spanName:
			sp.Name = s.texts[column].Of(v, row)
		case spanKind:
			sp.Kind = trace.Kind(v.Num(row))
		case spanStatus:
			sp.Status.Code = trace.StatusCode(v.Num(row))
		case spanStatusMessage:
			sp.Status.Message = s.texts[column].Of(v, row)
		case spanState:
			sp.State = s.texts[column].Of(v, row)
		case spanResource:
			sp.Resource, err = at(s.origins.resources, v.Num(row))
		case spanScope:
			sp.Scope, err = at(s.origins.scopes, v.Num(row))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// idOf is the id of the span in a row of the file.
func (s *Scanner) idOf(row int) (id trace.SpanID, err error) {
	if row < 0 || row >= s.file.Rows() {
		return id, fmt.Errorf("%w: parent in row %d of %d", ErrDamaged, row, s.file.Rows())
	}
	ids, err := s.file.Page(spanID, row/table.PageRows)
	if err == nil {
		copy(id[:], ids.Bytes(row%table.PageRows))
	}
	return id, err
}

// attributes fills in attributes.
func (s *Scanner) attributes(page int, rows []int) error {
	if s.wanted.all {
		r, err := s.file.RowsOf(page)
		if err != nil {
			return err
		}
		for i, row := range rows {
			s.spans[i].Attributes = r.Attributes(row)
		}
		return nil
	}
	if s.picker == nil {
		return nil
	}
	if err := s.picker.Open(page); err != nil {
		return err
	}
	// A span keeps its part of the slice also when the slice has to grow.
	s.attrs = s.attrs[:0]
	for i, row := range rows {
		from := len(s.attrs)
		s.attrs = s.picker.Append(s.attrs, row)
		s.spans[i].Attributes = s.attrs[from:len(s.attrs):len(s.attrs)]
	}
	return nil
}

// nested fills in events and links.
func (s *Scanner) nested(page int, rows []int) error {
	if len(rows) == 0 || !s.wanted.events && !s.wanted.links {
		return nil
	}
	first := page * table.PageRows
	all := make([]trace.Span, s.file.PageLen(page))
	for i, row := range rows {
		all[row].Start = s.spans[i].Start
	}
	r := spanReader{segment: s.segment, spans: all}
	if s.wanted.events {
		if err := r.addEvents(first); err != nil {
			return err
		}
	}
	if s.wanted.links {
		if err := r.addLinks(first); err != nil {
			return err
		}
	}
	for i, row := range rows {
		s.spans[i].Events, s.spans[i].Links = all[row].Events, all[row].Links
	}
	return nil
}
