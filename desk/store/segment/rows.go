// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"math"

	"github.com/sidetrace/sidetrace/desk/store/table"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Row is what lists are sorted by of a span.
type Row struct {
	Number          int // among all of the segment
	TraceID         trace.TraceID
	ID              trace.SpanID
	Start, Duration int64 // the duration as [trace.Span.Duration] has it
}

// keyColumns are the columns of a page that a [Row] is read from.
type keyColumns struct{ traces, ids, starts, durations *table.Vector }

func (s *Segment) keyColumns(f *table.File, page int) (k keyColumns, err error) {
	for column, v := range map[int]**table.Vector{spanTraceID: &k.traces, spanID: &k.ids, spanStart: &k.starts, spanDuration: &k.durations} {
		if *v, err = f.Page(column, page); err != nil {
			return k, err
		}
	}
	return k, nil
}

// span is what the columns say of a row.
func (k *keyColumns) span(row int) (r Row) {
	copy(r.TraceID[:], k.traces.Bytes(row))
	copy(r.ID[:], k.ids.Bytes(row))
	sp := trace.Span{Start: int64(k.starts.Num(row))}
	sp.End = sp.Start + int64(k.durations.Num(row))
	r.Start, r.Duration = sp.Start, sp.Duration()
	return r
}

// EachRow calls yield with the rows of a page of spans that the filter finds, nil for
// all.
func (s *Segment) EachRow(f *Filter, page int, yield func(*Row)) error {
	t, err := s.table(spansFile)
	if t == nil || err != nil {
		return err
	}
	k, err := s.keyColumns(t, page)
	if err != nil {
		return err
	}
	if f == nil {
		for row := range t.PageLen(page) {
			k.yield(page, row, yield)
		}
		return nil
	}
	rows, err := s.Rows(f, page)
	for _, row := range rows {
		k.yield(page, row, yield)
	}
	return err
}

func (k *keyColumns) yield(page, row int, yield func(*Row)) {
	r := k.span(row)
	r.Number = page*table.PageRows + row
	yield(&r)
}

// PageStarts is between which times the spans of a page start; nothing is said of how
// long they take.
func (s *Segment) PageStarts(page int) (BlockRange, error) {
	b := BlockRange{MinStart: math.MaxInt64, MaxStart: math.MinInt64}
	err := s.eachStart(page, func(start int64) { b.MinStart, b.MaxStart = min(b.MinStart, start), max(b.MaxStart, start) })
	return b, err
}

// PageLongest is how long the longest span of a page takes; of when its spans start it
// is only said what is true of the whole segment.
func (s *Segment) PageLongest(page int) (BlockRange, error) {
	b := BlockRange{MinStart: s.Manifest.Start, MaxStart: s.Manifest.End}
	x, err := s.tokenIndex()
	if err != nil {
		return b, err
	}
	if page < len(x.zones) {
		b.MaxDuration = x.zones[page].longest
	}
	return b, nil
}

func (s *Segment) eachStart(page int, yield func(int64)) error {
	t, err := s.table(spansFile)
	if t == nil || err != nil {
		return err
	}
	v, err := t.Page(spanStart, page)
	if err != nil {
		return err
	}
	for row := range t.PageLen(page) {
		yield(int64(v.Num(row)))
	}
	return nil
}

// CountSpans is how many spans start at wanted times.
func (s *Segment) CountSpans(wanted func(start int64) bool) (n int, err error) {
	for page := 0; page*table.PageRows < s.Manifest.Spans; page++ {
		err := s.eachStart(page, func(start int64) {
			if wanted(start) {
				n++
			}
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
