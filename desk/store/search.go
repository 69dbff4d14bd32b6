// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"container/heap"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A RequestError says what is wrong with a request.
type RequestError struct{ Err error }

// Error says what is wrong.
func (e *RequestError) Error() string { return fmt.Sprintf("store: %v", e.Err) }

// Unwrap is what is wrong.
func (e *RequestError) Unwrap() error { return e.Err }

// finder goes through traces in an order, from those that were not seen on the
// pages before. What is to be looked into waits in a heap under the best key that
// may come of it, so nothing is read before its turn.
type finder struct {
	v       *view
	r       *SearchRequest
	program *query.Program
	filters []*segment.Filter // of which each must find something in a trace
	budget  int
	after   cursor
	heap    []item
	seen    map[traceID]bool // traces that wait in the heap, or were found
}

// item is what waits.
type item struct {
	key     key
	exact   bool // the key is that of the trace, and not just a bound
	segment *segment.Segment
	kind    itemKind
	n       int // of the block or page, or the place in the head
	summary *digest.Summary
}

type itemKind uint8

const (
	ofHead itemKind = iota
	ofSegment
	ofBlock
	ofPage
	ofTrace
)

// Len, Less, Swap, Push and Pop are those of a [heap.Interface].
func (f *finder) Len() int           { return len(f.heap) }
func (f *finder) Less(i, j int) bool { return compareKeys(f.heap[i].key, f.heap[j].key) < 0 }
func (f *finder) Swap(i, j int)      { f.heap[i], f.heap[j] = f.heap[j], f.heap[i] }
func (f *finder) Push(x any)         { f.heap = append(f.heap, x.(item)) }
func (f *finder) Pop() any {
	last := len(f.heap) - 1
	x := f.heap[last]
	f.heap = f.heap[:last]
	return x
}

// newFinder prepares a search.
func (v *view) newFinder(r *SearchRequest) (*finder, error) {
	f := &finder{v: v, r: r, budget: cmp.Or(r.Budget, DefaultBudget), seen: map[traceID]bool{}}
	var err error
	if f.after, err = parseCursor(r.Cursor, r.Order); err != nil {
		return nil, &RequestError{err}
	}
	if r.Order > Longest {
		return nil, &RequestError{fmt.Errorf("order %d: want %d, the newest first, or %d, the longest first", r.Order, Newest, Longest)}
	}
	if r.Query != nil {
		if f.program, err = query.Compile(r.Query); err != nil {
			return nil, &RequestError{err}
		}
		hints := r.Query.Hints()
		for _, alternatives := range hints.Need {
			if filter := segment.NewFilter(alternatives); !filter.MatchesAll() {
				f.filters = append(f.filters, filter)
			}
		}
		slices.SortStableFunc(f.filters, func(a, b *segment.Filter) int { return cmp.Compare(b.Selectivity(), a.Selectivity()) })
	}
	f.start()
	return f, nil
}

// filter is what candidates are found by: the most selective of what is needed.
func (f *finder) filter() *segment.Filter {
	if len(f.filters) == 0 {
		return nil
	}
	return f.filters[0]
}

// start pushes the head and the segments.
func (f *finder) start() {
	head := segment.NewHeadFilter(f.filter())
	for i := range f.v.head.traces {
		p := &f.v.head.traces[i]
		if len(p.spans) == 0 || !slices.ContainsFunc(p.spans, func(s headSpan) bool { return head.MayAdmit(&s.Span) }) {
			continue
		}
		if p.continued && f.r.Order == Longest {
			f.resolveHead(i)
			continue
		}
		f.seen[p.id] = true
		f.push(item{key: p.key(f.r.Order), exact: !p.continued, kind: ofHead, n: i})
	}
	for _, g := range f.v.segments {
		best, any := f.bestOf(g)
		if any {
			f.push(item{key: best, kind: ofSegment, segment: g})
		}
	}
	if f.filter() != nil && f.r.Order == Longest {
		// A part that is found may be of a trace that took longer than is known of it.
		for id := range f.v.parts {
			f.redirect(id)
		}
	}
}

func (f *finder) push(it item) {
	if f.isDone(it) {
		return
	}
	heap.Push(f, it)
}

// isDone reports whether something was on the pages before.
func (f *finder) isDone(it item) bool {
	if !it.exact || f.after.none {
		return false
	}
	c := compareKeys(it.key, f.after.key)
	return c < 0 || c == 0 && f.after.skip == 0
}

// bound is the best key that a block may have, and whether it may have any.
func (f *finder) bound(b segment.BlockRange) (key, bool) {
	if b.MinStart > b.MaxStart || !f.r.Range.overlaps(b.MinStart, b.MaxStart) || b.MaxDuration < int64(f.r.MinDuration) {
		return key{}, false
	}
	k := key{by: b.MaxStart, start: b.MaxStart}
	if f.r.Order == Longest {
		k.by = b.MaxDuration
	}
	return k, true
}

// bestOf is the best key that a segment may have.
func (f *finder) bestOf(g *segment.Segment) (best key, any bool) {
	for i := range g.Blocks() {
		if k, ok := f.bound(g.BlockRange(i)); ok && (!any || compareKeys(k, best) < 0) {
			best, any = k, true
		}
	}
	return best, any
}

// next is the next trace that may match, nil for none.
func (f *finder) next() *digest.Summary {
	for len(f.heap) > 0 && f.v.ctx.Err() == nil {
		it := heap.Pop(f).(item)
		switch it.kind {
		case ofSegment:
			f.openSegment(it.segment)
		case ofBlock:
			f.openBlock(it.segment, it.n)
		case ofPage:
			f.openPage(it.segment, it.n)
		case ofHead:
			f.resolveHead(it.n)
		case ofTrace:
			return it.summary
		}
	}
	return nil
}

// openSegment pushes the blocks or pages of a segment.
func (f *finder) openSegment(g *segment.Segment) {
	f.v.use(g)
	if f.filter() == nil {
		for i := range g.Blocks() {
			if k, ok := f.bound(g.BlockRange(i)); ok {
				f.push(item{key: k, kind: ofBlock, segment: g, n: i})
			}
		}
		return
	}
	for _, other := range f.filters[1:] {
		if f.alone(g) && !f.mayHave(g, other) {
			return
		}
	}
	pages, err := g.Pages(f.filter())
	if err != nil {
		f.v.warn(err)
	}
	for _, p := range pages {
		if k, ok := f.bound(g.PageRange(p)); ok {
			f.push(item{key: k, kind: ofPage, segment: g, n: p})
		}
	}
}

// alone reports whether no trace of a segment has parts elsewhere.
func (f *finder) alone(g *segment.Segment) bool {
	return len(f.v.parts) == 0 && len(f.v.head.traces) == 0 && len(g.Continued()) == 0
}

func (f *finder) mayHave(g *segment.Segment, filter *segment.Filter) bool {
	pages, err := g.Pages(filter)
	return err != nil || len(pages) > 0
}

// openBlock pushes the traces of a block.
func (f *finder) openBlock(g *segment.Segment, n int) {
	block, err := g.Block(n)
	if err != nil {
		f.v.warn(err)
		return
	}
	for i := range block {
		if e := &block[i]; e.Rows > 0 && f.v.isLatest(g, e) {
			f.pushSummary(&e.Summary)
		}
	}
}

// pushSummary pushes a trace, unless it is not wanted.
func (f *finder) pushSummary(s *digest.Summary) {
	if f.wants(s) {
		f.push(item{key: keyOf(s, f.r.Order), exact: true, kind: ofTrace, summary: s})
	}
}

// wants reports whether a trace is in the ranges that are asked for.
func (f *finder) wants(s *digest.Summary) bool {
	d := s.Duration()
	return f.r.Range.Has(s.Start) && d >= int64(f.r.MinDuration) && (f.r.MaxDuration == 0 || d <= int64(f.r.MaxDuration))
}

// openPage pushes the traces that the filter finds something of on a page.
func (f *finder) openPage(g *segment.Segment, n int) {
	rows, err := g.Rows(f.filter(), n)
	if err != nil {
		f.v.warn(err)
		return
	}
	end := 0
	for _, row := range rows {
		row += n * segment.PageRows
		if row < end {
			continue
		}
		e, err := g.EntryOf(row)
		if err != nil {
			f.v.warn(err)
			return
		}
		end = e.FirstRow + e.Rows
		switch id := e.Summary.TraceID; {
		case f.seen[id]:
		case f.v.isLatest(g, e):
			f.seen[id] = true
			f.pushSummary(&e.Summary)
		default:
			f.redirect(id)
		}
	}
}

// redirect pushes a trace of which a part was found, as what knows all of it has
// it.
func (f *finder) redirect(id traceID) {
	if f.seen[id] {
		return
	}
	f.seen[id] = true
	if i, ok := f.v.head.byID[id]; ok && len(f.v.head.traces[i].spans) > 0 {
		f.resolveHead(i)
		return
	}
	for _, g := range f.v.segments {
		if g.Manifest.Order != f.v.parts[id] {
			continue
		}
		e, ok, err := g.Find(id)
		if err != nil {
			f.v.warn(err)
		} else if ok {
			f.pushSummary(&e.Summary)
		}
	}
}

// resolveHead sums a trace of the head up and pushes it.
func (f *finder) resolveHead(i int) {
	p := &f.v.head.traces[i]
	f.seen[p.id] = true
	if !p.continued && !f.wants(&digest.Summary{TraceID: p.id, Start: p.start, End: p.end}) {
		return // without looking into the spans
	}
	s := f.v.summaryOf(p)
	f.pushSummary(&s)
}

// match reads the spans of a trace and matches them; ok without a query.
func (f *finder) match(id traceID) (spans []trace.Span, matches []query.Match, ok bool) {
	if f.program == nil {
		return nil, nil, true
	}
	spans = f.v.whole(id)
	matches = f.program.Match(spans)
	return spans, matches, len(matches) > 0
}

// exhausted reports whether the budget is used up.
func (f *finder) exhausted() bool { return f.v.cost.Spans >= f.budget || f.v.ctx.Err() != nil }

// cursor is where a page ended.
type cursor struct {
	key  key
	skip int // so many spans of the trace with the key were on the page
	none bool
}

const cursorBytes = 1 + 8 + 8 + 16 + 4

func (c cursor) encode(o Order) string {
	b := append(make([]byte, 0, cursorBytes), byte(o))
	b = binary.BigEndian.AppendUint64(b, uint64(c.key.by))
	b = binary.BigEndian.AppendUint64(b, uint64(c.key.start))
	b = append(b, c.key.id[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(c.skip))
	return base64.RawURLEncoding.EncodeToString(b)
}

var errCursor = errors.New("cursor: want one that a page before had, of the same order")

func parseCursor(s string, o Order) (c cursor, err error) {
	if s == "" {
		return cursor{none: true}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != cursorBytes || b[0] != byte(o) {
		return c, errCursor
	}
	c.key = key{by: int64(binary.BigEndian.Uint64(b[1:])), start: int64(binary.BigEndian.Uint64(b[9:])), id: traceID(b[17:33])}
	if c.skip = int(binary.BigEndian.Uint32(b[33:])); c.skip > math.MaxInt32 {
		return c, errCursor
	}
	return c, nil
}

// limit is how much a page has.
func limit(n int) int { return min(cmp.Or(max(n, 0), DefaultLimit), MaxLimit) }

// Summaries are the traces that match, in a few figures.
func (s *Store) Summaries(ctx context.Context, r SearchRequest) (*SummaryPage, error) {
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	f, err := v.newFinder(&r)
	if err != nil {
		return nil, err
	}
	page := &SummaryPage{Traces: []TraceMatch{}}
	at := f.after
	for {
		sum := f.next()
		if sum == nil {
			break
		}
		if len(page.Traces) == limit(r.Limit) || f.exhausted() {
			page.Cursor = at.encode(r.Order)
			break
		}
		at = cursor{key: keyOf(sum, r.Order)}
		if spans, matches, ok := f.match(sum.TraceID); ok {
			page.Traces = append(page.Traces, TraceMatch{Summary: *sum, Sets: setsOf(spans, matches, r.SpansPerTrace)})
		}
	}
	page.Total, page.TotalIsMinimum = f.total(page)
	page.Cost = f.done(page.Cursor != "" && len(page.Traces) < limit(r.Limit))
	return page, ctx.Err()
}

// done is what the search took.
func (f *finder) done(truncated bool) Cost {
	f.v.cost.Truncated = f.v.cost.Truncated || truncated
	return f.v.cost
}

// setsOf is what a trace has for a query, with some of the spans.
func setsOf(spans []trace.Span, matches []query.Match, n int) (sets []SpanSet) {
	if n <= 0 {
		return nil
	}
	for _, m := range matches {
		set := SpanSet{Matched: len(m.Spans), By: m.By, Aggregates: m.Aggregates}
		for i, at := range m.Spans[:min(n, len(m.Spans))] {
			set.Spans = append(set.Spans, spans[at])
			if i < len(m.Values) {
				set.Values = append(set.Values, m.Values[i])
			}
		}
		sets = append(sets, set)
	}
	return sets
}

// total is how many traces there are on all pages, or at least.
func (f *finder) total(page *SummaryPage) (n int, isMinimum bool) {
	if f.program != nil || f.r.MinDuration != 0 || f.r.MaxDuration != 0 {
		return len(page.Traces), page.Cursor != "" || !f.after.none
	}
	return f.v.count(f.r.Range)
}

// Spans are the spans that match, those of one trace together.
func (s *Store) Spans(ctx context.Context, r SearchRequest) (*SpanPage, error) {
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	f, err := v.newFinder(&r)
	if err != nil {
		return nil, err
	}
	page := &SpanPage{Spans: []SpanMatch{}}
	at, full := f.after, false
	for !full {
		sum := f.next()
		if sum == nil {
			page.Cost = f.done(false)
			return page, ctx.Err()
		}
		if full = len(page.Spans) == limit(r.Limit) || f.exhausted(); full {
			break
		}
		k := keyOf(sum, r.Order)
		skip := 0
		if !f.after.none && k == f.after.key {
			skip = f.after.skip
		}
		at = cursor{key: k}
		if n := f.addSpans(page, sum.TraceID, skip); n > 0 {
			at.skip, full = n, true
		}
	}
	page.Cursor = at.encode(r.Order)
	page.Cost = f.done(len(page.Spans) < limit(r.Limit))
	return page, ctx.Err()
}

// addSpans adds the spans of a trace that match. If there are more than the page
// has room for, it returns how many of them were on this page and those before.
func (f *finder) addSpans(page *SpanPage, id traceID, skip int) (shown int) {
	spans, matches, ok := f.match(id)
	if !ok {
		return 0
	}
	var found []SpanMatch
	if f.program == nil {
		for _, s := range f.v.whole(id) {
			found = append(found, SpanMatch{Span: s})
		}
	}
	taken := make([]bool, len(spans))
	for _, m := range matches {
		for i, at := range m.Spans {
			if taken[at] {
				continue
			}
			taken[at] = true
			one := SpanMatch{Span: spans[at]}
			if i < len(m.Values) {
				one.Values = m.Values[i]
			}
			found = append(found, one)
		}
	}
	if len(matches) > 1 {
		slices.SortStableFunc(found, func(a, b SpanMatch) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	}
	found = found[min(skip, len(found)):]
	room := limit(f.r.Limit) - len(page.Spans)
	page.Spans = append(page.Spans, found[:min(room, len(found))]...)
	if len(found) > room {
		return skip + room
	}
	return 0
}

// count is how many traces started in a range.
func (v *view) count(r TimeRange) (n int, isMinimum bool) {
	for i := range v.head.traces {
		p := &v.head.traces[i]
		if len(p.spans) > 0 && !p.continued && r.Has(p.start) {
			n++
		}
	}
	for _, g := range v.segments {
		for i := range g.Blocks() {
			b := g.BlockRange(i)
			if b.MinStart > b.MaxStart || !r.overlaps(b.MinStart, b.MaxStart) {
				continue
			}
			if r.holds(b.MinStart, b.MaxStart) {
				n += b.Traces - b.Continued
				continue
			}
			block, err := g.Block(i)
			if err != nil {
				v.warn(err)
				isMinimum = true
			}
			for j := range block {
				if e := &block[j]; e.Rows > 0 && !e.Continued && r.Has(e.Summary.Start) {
					n++
				}
			}
		}
	}
	return n, isMinimum
}
