// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"cmp"
	"fmt"
	"sort"

	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/store/table"
	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// origins are the resources and scopes of a segment, nil where one says nothing.
type origins struct {
	resources []*trace.Resource
	scopes    []*trace.Scope
}

func (o *origins) weight() int64 {
	n := 64
	for _, r := range o.resources {
		if r != nil {
			n += 64 + 100*len(r.Attributes)
		}
	}
	return int64(n + 200*len(o.scopes))
}

func (s *Segment) origins() (*origins, error) {
	return s.caches.origins.Get(s.Dir, func() (*origins, error) {
		o := &origins{}
		err := s.eachOrigin(resourcesFile, func(r *originRow) {
			out := &trace.Resource{Attributes: r.attributes, DroppedAttributes: r.dropped, SchemaURL: r.schema}
			if len(out.Attributes) == 0 && out.DroppedAttributes == 0 && out.SchemaURL == "" {
				out = nil
			}
			o.resources = append(o.resources, out)
		})
		if err != nil {
			return nil, err
		}
		return o, s.eachOrigin(scopesFile, func(r *originRow) {
			out := &trace.Scope{Name: r.name, Version: r.version, Attributes: r.attributes, DroppedAttributes: r.dropped, SchemaURL: r.schema}
			if out.Name == "" && out.Version == "" && len(out.Attributes) == 0 && out.DroppedAttributes == 0 && out.SchemaURL == "" {
				out = nil
			}
			o.scopes = append(o.scopes, out)
		})
	})
}

type originRow struct {
	name, version, schema string
	dropped               uint32
	attributes            []trace.KeyValue
}

func (s *Segment) eachOrigin(name string, yield func(*originRow)) error {
	f, err := s.table(name)
	if f == nil || err != nil {
		return err
	}
	for p := range f.Pages() {
		page, err := openPage(f, p, originDropped+1)
		if err != nil {
			return err
		}
		for row := range f.PageLen(p) {
			yield(&originRow{
				name: page.text(originName, row), version: page.text(originVersion, row), schema: page.text(originSchema, row),
				dropped: uint32(page.num(originDropped, row)), attributes: page.rows.Attributes(row),
			})
		}
	}
	return nil
}

// page is a page of all columns of a table.
type page struct {
	columns []*table.Vector
	rows    *table.Rows
}

func openPage(f *table.File, n, columns int) (*page, error) {
	p := &page{columns: make([]*table.Vector, columns)}
	var err error
	for i := range p.columns {
		if p.columns[i], err = f.Page(i, n); err != nil {
			return nil, err
		}
	}
	p.rows, err = f.RowsOf(n)
	return p, err
}

func (p *page) text(column, row int) string { return string(p.columns[column].Bytes(row)) }

func (p *page) num(column, row int) uint64 { return p.columns[column].Num(row) }

// eachPage calls yield with the pages that rows from to to are on, and which rows
// of the page they are.
func eachPage(f *table.File, from, to, columns int, yield func(p *page, first, from, to int) error) error {
	if from < 0 || to > f.Rows() {
		return fmt.Errorf("segment: rows %d to %d of %d", from, to, f.Rows())
	}
	for n := from / table.PageRows; n*table.PageRows < to; n++ {
		p, err := openPage(f, n, columns)
		if err != nil {
			return err
		}
		first := n * table.PageRows
		if err := yield(p, first, max(from-first, 0), min(to-first, f.PageLen(n))); err != nil {
			return err
		}
	}
	return nil
}

// Spans are the segment's own spans of a trace.
func (s *Segment) Spans(e *Entry) ([]trace.Span, error) {
	if e.Rows == 0 {
		return nil, nil
	}
	f, err := s.table(spansFile)
	if err != nil {
		return nil, err
	}
	if f == nil {
		return nil, fmt.Errorf("segment: %s: %w: it is missing", s.path(spansFile), ErrDamaged)
	}
	o, err := s.origins()
	if err != nil {
		return nil, err
	}
	r := spanReader{segment: s, file: f, origins: o, spans: make([]trace.Span, 0, e.Rows)}
	err = eachPage(f, e.FirstRow, e.FirstRow+e.Rows, spanDroppedLinks+1, r.page)
	if err == nil {
		err = r.addEvents(e.FirstRow)
	}
	if err == nil {
		err = r.addLinks(e.FirstRow)
	}
	if err != nil {
		return nil, fmt.Errorf("segment: %s: read trace %s: %w", s.Dir, e.Summary.TraceID, err)
	}
	return r.spans, nil
}

// spanReader makes spans of rows.
type spanReader struct {
	segment *Segment
	file    *table.File
	origins *origins
	spans   []trace.Span
}

func (r *spanReader) page(p *page, _, from, to int) error {
	for row := from; row < to; row++ {
		s := trace.Span{
			State: p.text(spanState, row), Flags: uint32(p.num(spanFlags, row)), Name: p.text(spanName, row),
			Kind: trace.Kind(p.num(spanKind, row)), Start: int64(p.num(spanStart, row)),
			Status:            trace.Status{Code: trace.StatusCode(p.num(spanStatus, row)), Message: p.text(spanStatusMessage, row)},
			DroppedAttributes: uint32(p.num(spanDroppedAttributes, row)), DroppedEvents: uint32(p.num(spanDroppedEvents, row)),
			DroppedLinks: uint32(p.num(spanDroppedLinks, row)), Attributes: p.rows.Attributes(row),
		}
		s.End = s.Start + int64(p.num(spanDuration, row))
		copy(s.TraceID[:], p.columns[spanTraceID].Bytes(row))
		copy(s.ID[:], p.columns[spanID].Bytes(row))
		var err error
		if s.Parent, err = parentOf(r.file, p, row); err != nil {
			return err
		}
		if s.Resource, err = at(r.origins.resources, p.num(spanResource, row)); err != nil {
			return err
		}
		if s.Scope, err = at(r.origins.scopes, p.num(spanScope, row)); err != nil {
			return err
		}
		r.spans = append(r.spans, s)
	}
	return nil
}

// at is an element of a table that rows refer to.
func at[T any](list []T, i uint64) (v T, err error) {
	if i >= uint64(len(list)) {
		return v, fmt.Errorf("%w: row %d of %d is missing", ErrDamaged, i, len(list))
	}
	return list[i], nil
}

// parentOf is the parent of a row of spans.
func parentOf(f *table.File, p *page, row int) (id trace.SpanID, err error) {
	if !p.columns[spanParentRow].Has(row) {
		copy(id[:], p.columns[spanParentID].Bytes(row))
		return id, nil
	}
	parent := int(p.num(spanParentRow, row))
	if parent < 0 || parent >= f.Rows() {
		return id, fmt.Errorf("%w: parent in row %d of %d", ErrDamaged, parent, f.Rows())
	}
	ids, err := f.Page(spanID, parent/table.PageRows)
	if err != nil {
		return id, err
	}
	copy(id[:], ids.Bytes(parent%table.PageRows))
	return id, nil
}

// addEvents gives the spans, the first of which is in a row, their events.
func (r *spanReader) addEvents(first int) error {
	f, err := r.segment.table(eventsFile)
	if f == nil || err != nil {
		return err
	}
	return eachOf(f, first, first+len(r.spans), eventDropped+1, func(p *page, row, span int) {
		s := &r.spans[span-first]
		s.Events = append(s.Events, trace.Event{
			Time: s.Start + int64(p.num(eventTime, row)), Name: p.text(eventName, row),
			Attributes: p.rows.Attributes(row), DroppedAttributes: uint32(p.num(eventDropped, row)),
		})
	})
}

func (r *spanReader) addLinks(first int) error {
	f, err := r.segment.table(linksFile)
	if f == nil || err != nil {
		return err
	}
	return eachOf(f, first, first+len(r.spans), linkDropped+1, func(p *page, row, span int) {
		l := trace.Link{
			State: p.text(linkState, row), Flags: uint32(p.num(linkFlags, row)), Attributes: p.rows.Attributes(row),
			DroppedAttributes: uint32(p.num(linkDropped, row)),
		}
		copy(l.TraceID[:], p.columns[linkTraceID].Bytes(row))
		copy(l.SpanID[:], p.columns[linkSpanID].Bytes(row))
		s := &r.spans[span-first]
		s.Links = append(s.Links, l)
	})
}

// eachOf calls yield with the rows of a table that belong to spans from to to; the
// table is sorted by them.
func eachOf(f *table.File, from, to, columns int, yield func(p *page, row, span int)) error {
	n, err := firstPage(f, from)
	if err != nil {
		return err
	}
	for ; n < f.Pages(); n++ {
		of, err := f.Page(ofSpan, n)
		if err != nil {
			return err
		}
		if int(of.Num(0)) >= to {
			return nil
		}
		if int(of.Num(f.PageLen(n)-1)) < from {
			continue
		}
		p, err := openPage(f, n, columns)
		if err != nil {
			return err
		}
		rows := f.PageLen(n)
		for row := sort.Search(rows, func(row int) bool { return int(of.Num(row)) >= from }); row < rows && int(of.Num(row)) < to; row++ {
			yield(p, row, int(of.Num(row)))
		}
	}
	return nil
}

// firstPage is a page before which nothing belongs to a span, found by halves.
func firstPage(f *table.File, span int) (int, error) {
	low, high := 0, f.Pages()-1
	for low < high {
		middle := (low + high + 1) / 2
		of, err := f.Page(ofSpan, middle)
		if err != nil {
			return 0, err
		}
		if int(of.Num(0)) >= span {
			high = middle - 1
		} else {
			low = middle
		}
	}
	return low, nil
}

// LogsOf are the segment's own log records of a trace.
func (s *Segment) LogsOf(e *Entry) ([]trace.Log, error) { return s.Logs(e.FirstLog, e.Logs) }

// Logs are n log records from the nth on, in the order of the segment: those of
// traces first.
func (s *Segment) Logs(from, n int) (logs []trace.Log, err error) {
	if n == 0 {
		return nil, nil
	}
	f, err := s.table(logsFile)
	if err != nil {
		return nil, err
	}
	if f == nil {
		return nil, fmt.Errorf("segment: %s: %w: it is missing", s.path(logsFile), ErrDamaged)
	}
	o, err := s.origins()
	if err != nil {
		return nil, err
	}
	err = eachPage(f, from, from+n, logDropped+1, func(p *page, _, from, to int) error {
		for row := from; row < to; row++ {
			l, err := logOf(p, row, o)
			if err != nil {
				return err
			}
			logs = append(logs, l)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("segment: %s: read log records: %w", s.Dir, err)
	}
	return logs, nil
}

// LogRows says which log records are wanted.
type LogRows struct {
	From, To int // rows, in the order of the segment; To is not among them
	// Wanted is asked with when a record was written, or, where that is not known,
	// seen, and with its severity, before it is read.
	Wanted func(at int64, severity int32) bool
}

// EachLog calls yield with the rows of wanted log records, and the records, which are
// valid during the call only.
func (s *Segment) EachLog(r LogRows, yield func(row int, l *trace.Log)) error {
	f, err := s.table(logsFile)
	if f == nil || err != nil {
		return err
	}
	o, err := s.origins()
	if err != nil {
		return err
	}
	for n := r.From / table.PageRows; n*table.PageRows < min(r.To, f.Rows()); n++ {
		rows, err := r.of(f, n)
		if len(rows) == 0 || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		p, err := openPage(f, n, logDropped+1)
		if err != nil {
			return err
		}
		for _, row := range rows {
			l, err := logOf(p, row, o)
			if err != nil {
				return err
			}
			yield(n*table.PageRows+row, &l)
		}
	}
	return nil
}

// of are the rows of a page that are wanted.
func (r *LogRows) of(f *table.File, n int) (rows []int, err error) {
	var columns [3]*table.Vector
	for i, column := range []int{logTime, logObserved, logSeverity} {
		if columns[i], err = f.Page(column, n); err != nil {
			return nil, err
		}
	}
	first := n * table.PageRows
	for row := max(r.From-first, 0); row < min(r.To-first, f.PageLen(n)); row++ {
		at := cmp.Or(int64(columns[0].Num(row)), int64(columns[1].Num(row)))
		if r.Wanted(at, int32(columns[2].Num(row))) {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func logOf(p *page, row int, o *origins) (trace.Log, error) {
	l := trace.Log{
		Flags: uint32(p.num(logFlags, row)), Time: int64(p.num(logTime, row)), Observed: int64(p.num(logObserved, row)),
		Severity: int32(p.num(logSeverity, row)), SeverityText: p.text(logSeverityText, row), EventName: p.text(logEventName, row),
		Attributes: p.rows.Attributes(row), DroppedAttributes: uint32(p.num(logDropped, row)),
	}
	copy(l.TraceID[:], p.columns[logTraceID].Bytes(row))
	copy(l.SpanID[:], p.columns[logSpanID].Bytes(row))
	switch {
	case p.columns[logBodyText].Has(row):
		l.Body = trace.String(p.text(logBodyText, row))
	case p.columns[logBody].Has(row):
		v := wire.ReadValue(p.columns[logBody].Bytes(row))
		l.Body = v.Decode()
	}
	var err error
	if l.Resource, err = at(o.resources, p.num(logResource, row)); err != nil {
		return l, err
	}
	l.Scope, err = at(o.scopes, p.num(logScope, row))
	return l, err
}

// Part is what summaries and calls depend on of the segment's own spans of a trace.
func (s *Segment) Part(e *Entry) (*Part, error) {
	spans, err := s.Spans(e)
	if err != nil {
		return nil, err
	}
	return PartOf(spans, e.Logs), nil
}

// PartOf is what summaries and calls depend on of spans, and of so many log records.
func PartOf(spans []trace.Span, logs int) *Part {
	p := &Part{Spans: make([]digest.Span, len(spans)), Logs: logs}
	for i := range spans {
		sp := &spans[i]
		var f Facts
		f.ReadSpan(sp)
		p.Identity.Fill(f.Identity)
		p.Spans[i] = digest.Span{
			ID: sp.ID, Parent: sp.Parent, Start: sp.Start, Duration: sp.Duration(), Service: sp.Service(), Name: sp.Name,
			Kind: sp.Kind, Status: sp.Status.Code, Tokens: f.Tokens,
		}
	}
	return p
}
