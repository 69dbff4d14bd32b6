// SPDX-License-Identifier: Apache-2.0

package store

import (
	"container/heap"
	"context"
	"fmt"
	"slices"

	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// spanFinder goes through the spans that match, in an order. Like [finder] it reads
// nothing before its turn. Where a query asks for more than a span by itself, whole
// traces are matched, all that may match of a segment at a time.
type spanFinder struct {
	plan
	v      *view
	r      *source.Search
	after  *source.Position
	whole  bool // the query is about whole traces
	queue  queue[spanItem]
	seen   map[traceID]bool // traces that were matched, if whole
	last   *source.Position // of the last span that was returned
	looked *source.Position // of the last span that was looked at
	budget int              // of spans to look at
	short  bool             // it was not enough
	rows   int              // spans that wait
	end    *source.Position // from where on spans were left out: too many waited
	traces *finder          // looks traces up in the indexes
}

// spanItem is what waits: a segment, a page of one, or a span.
type spanItem struct {
	at      source.Position
	kind    spanKind
	segment *segment.Segment
	n       int // the page, the row, or the place in the head
	of      int // the place of the span in the trace of the head
	row     *source.SpanRow
}

type spanKind uint8

const (
	spanInHead spanKind = iota
	spanSegment
	spanPage
	spanInRow
	spanMatched
)

func (it spanItem) place() source.Position { return it.at }

// newSpanFinder goes through the spans that come after a position, nil: all. It looks
// at so many spans at most.
func (v *view) newSpanFinder(r *source.Search, p plan, after *source.Position, budget int) *spanFinder {
	f := &spanFinder{plan: p, v: v, r: r, after: after, queue: queue[spanItem]{order: r.Order}, seen: map[traceID]bool{}, looked: after, budget: budget}
	f.whole = p.program != nil && p.program.NeedsTrace()
	f.traces = &finder{plan: p, v: v, r: r, pages: map[*segment.Segment][]int{}}
	if f.whole {
		f.startTraces()
	} else {
		f.startSpans()
	}
	heap.Init(&f.queue)
	for _, g := range v.segments {
		if at, any := f.firstOf(g); any {
			f.push(spanItem{at: at, kind: spanSegment, segment: g})
		}
	}
	return f
}

// startTraces matches the traces of the head.
func (f *spanFinder) startTraces() {
	head := segment.NewHeadFilter(f.filter())
	for i := range f.v.head.traces {
		if p := &f.v.head.traces[i]; p.continued || admitsAny(head, p) {
			f.matchTrace(p.id)
		}
	}
}

func admitsAny(f *segment.HeadFilter, p *part) bool {
	for i := range p.spans {
		if f.MayAdmit(&p.spans[i]) {
			return true
		}
	}
	return false
}

// startSpans takes the spans of the head that may match.
func (f *spanFinder) startSpans() {
	head := segment.NewHeadFilter(f.filter())
	for i := range f.v.head.traces {
		spans := f.v.head.traces[i].spans
		for j := range spans {
			s := &spans[j]
			if !f.r.Range.Contains(s.Start) || !head.MayAdmit(s) {
				continue
			}
			it := spanItem{at: f.position(s.TraceID, s.ID, s.Start, s.Digest().Duration), kind: spanInHead, n: i, of: j}
			if f.isWanted(&it.at) {
				f.queue.all = append(f.queue.all, it)
				f.rows++
			}
		}
	}
}

func (f *spanFinder) position(id trace.TraceID, span trace.SpanID, start, duration int64) source.Position {
	return f.r.Order.SpanPosition(&source.SpanRow{TraceID: id, ID: span, Start: start, Duration: duration})
}

// isWanted reports whether a span was on none of the pages before.
func (f *spanFinder) isWanted(at *source.Position) bool {
	return f.after == nil || f.r.Order.Compare(*at, *f.after) > 0
}

// maxWaiting is how many spans wait, of those that may be read when it is their turn.
const maxWaiting = 1 << 16

func (f *spanFinder) push(it spanItem) {
	f.queue.add(it)
	if it.kind == spanInRow || it.kind == spanMatched {
		f.rows++
	}
	if f.rows > 2*maxWaiting {
		f.leaveOut()
	}
}

// leaveOut forgets the spans that come last of those that wait.
func (f *spanFinder) leaveOut() {
	slices.SortFunc(f.queue.all, func(a, b spanItem) int { return f.r.Order.Compare(a.at, b.at) })
	kept := f.queue.all[:0]
	f.rows = 0
	for _, it := range f.queue.all {
		if isRow := it.kind != spanSegment && it.kind != spanPage; isRow {
			if f.rows == maxWaiting {
				if f.end == nil || f.r.Order.Compare(it.at, *f.end) < 0 {
					f.end = &it.at
				}
				continue
			}
			f.rows++
		}
		kept = append(kept, it)
	}
	clear(f.queue.all[len(kept):])
	f.queue.all = kept // what is sorted is a heap
}

// bound is the first place that spans may have which start between two times and
// take so long at most, and whether there may be any that are wanted.
func (f *spanFinder) bound(start, end, longest int64) (at source.Position, any bool) {
	if !overlaps(f.r.Range, start, end) {
		return at, false
	}
	first, last := end, start
	switch f.r.Order {
	case source.Oldest:
		first, last = last, first
	case source.Longest:
		return source.Position{Key: longest}, true
	}
	before := f.after != nil && last != f.after.Key && f.r.Order.Compare(source.Position{Key: last}, source.Position{Key: f.after.Key}) < 0
	return source.Position{Key: first}, !before
}

// firstOf is the first place that a span of a segment may have.
func (f *spanFinder) firstOf(g *segment.Segment) (at source.Position, any bool) {
	if g.Manifest.Spans == 0 {
		return at, false
	}
	longest := int64(0)
	for i := range g.Blocks() {
		longest = max(longest, g.BlockRange(i).MaxDuration)
	}
	return f.bound(g.Manifest.Start, g.Manifest.End, longest)
}

// next is the next span, nil if there is none, the context is done, or the budget is
// used up.
func (f *spanFinder) next() *source.SpanRow {
	for len(f.queue.all) > 0 && f.v.ctx.Err() == nil && !f.isShort() {
		it := f.queue.take()
		switch it.kind {
		case spanSegment:
			f.openSegment(it.segment)
			continue
		case spanPage:
			f.openPage(it.segment, it.n)
			continue
		}
		f.rows--
		if f.end != nil && f.r.Order.Compare(it.at, *f.end) >= 0 {
			f.short = true
			return nil
		}
		if f.last != nil && f.r.Order.Compare(it.at, *f.last) == 0 {
			continue // it is there twice
		}
		f.looked = &it.at
		if row := f.read(&it); row != nil {
			f.last = &it.at
			return row
		}
	}
	return nil
}

// isShort reports whether nothing can be found any more, as the budget is used up.
// What was matched as a whole costs nothing more.
func (f *spanFinder) isShort() bool {
	f.short = f.short || f.v.effort.Spans >= f.budget && !f.whole
	return f.short && !f.whole
}

// openSegment pushes the pages of a segment that may have something, or matches the
// traces that may match.
func (f *spanFinder) openSegment(g *segment.Segment) {
	if f.whole {
		f.matchSegment(g)
		return
	}
	of := g.PageStarts
	if f.r.Order == source.Longest {
		of = g.PageLongest
	}
	for _, p := range f.pagesOf(g) {
		b, err := of(p)
		if err != nil {
			f.v.warn(err)
			continue
		}
		if at, ok := f.bound(b.MinStart, b.MaxStart, b.MaxDuration); ok {
			f.push(spanItem{at: at, kind: spanPage, segment: g, n: p})
		}
	}
}

func (f *spanFinder) pagesOf(g *segment.Segment) (pages []int) {
	if f.filter() != nil {
		return f.traces.pagesOf(g)
	}
	for p := range (g.Manifest.Spans + segment.PageRows - 1) / segment.PageRows {
		pages = append(pages, p)
	}
	return pages
}

// openPage pushes the spans of a page that the filter finds.
func (f *spanFinder) openPage(g *segment.Segment, n int) {
	err := g.EachRow(f.filter(), n, func(r *segment.Row) {
		at := f.position(r.TraceID, r.ID, r.Start, r.Duration)
		if f.r.Range.Contains(r.Start) && f.isWanted(&at) {
			f.push(spanItem{at: at, kind: spanInRow, segment: g, n: r.Number})
		}
	})
	if err != nil {
		f.v.warn(err)
	}
}

// read reads a span and matches it, nil if it does not.
func (f *spanFinder) read(it *spanItem) *source.SpanRow {
	if it.kind == spanMatched {
		return it.row
	}
	f.v.effort.Spans++
	var s trace.Span
	if it.kind == spanInHead {
		own := &f.v.head.traces[it.n].spans[it.of]
		s = f.v.decoder.Span(&own.Span)
		s.Resource, s.Scope = own.Origin.Resource, own.Origin.Scope
	} else {
		spans, err := it.segment.Spans(&segment.Entry{FirstRow: it.n, Rows: 1})
		if err != nil {
			f.v.warn(err)
			return nil
		}
		s = spans[0]
	}
	row := source.RowOf(&s)
	sets, ok := f.match([]trace.Span{s})
	if !ok {
		return nil
	}
	if len(sets) > 0 && sets[0].Values != nil {
		row.Values = sets[0].Values[0]
	}
	return &row
}

// matchSegment matches the traces of a segment that may match: those in which the
// filter finds something there, and those of which it may find something elsewhere.
func (f *spanFinder) matchSegment(g *segment.Segment) {
	for id := range f.v.parts {
		f.matchElsewhere(g, id)
	}
	if f.filter() == nil {
		for i := range g.Blocks() {
			block, err := g.Block(i)
			if err != nil {
				f.v.warn(err)
			}
			for j := range block {
				f.matchEntry(&block[j])
			}
		}
		return
	}
	for _, p := range f.pagesOf(g) {
		rows, err := g.Rows(f.filter(), p)
		if err != nil {
			f.v.warn(err)
		}
		for _, row := range rows {
			e, err := g.EntryOf(p*segment.PageRows + row)
			if err != nil {
				f.v.warn(err)
				break
			}
			f.matchEntry(e)
		}
	}
}

// matchElsewhere matches a trace of several parts, if a segment has one of them.
func (f *spanFinder) matchElsewhere(g *segment.Segment, id traceID) {
	if !f.seen[id] && g.MayHave(id) && (f.filter() == nil || f.traces.mayMatch(id)) {
		f.matchTrace(id)
	}
}

func (f *spanFinder) matchEntry(e *segment.Entry) {
	if e.Rows > 0 {
		f.matchTrace(e.Summary.TraceID)
	}
}

// matchTrace matches a trace, once, and pushes what it has.
func (f *spanFinder) matchTrace(id traceID) {
	f.short = f.short || f.v.effort.Spans >= f.budget
	if f.seen[id] || f.short || f.v.ctx.Err() != nil {
		return
	}
	f.seen[id] = true
	spans := f.v.whole(id)
	taken := make([]bool, len(spans))
	for _, m := range f.program.Match(spans) {
		for i, n := range m.Spans {
			if taken[n] {
				continue
			}
			taken[n] = true
			row := source.RowOf(&spans[n])
			if m.Values != nil {
				row.Values = m.Values[i]
			}
			at := f.r.Order.SpanPosition(&row)
			if f.r.Range.Contains(row.Start) && f.isWanted(&at) {
				f.push(spanItem{at: at, kind: spanMatched, row: &row})
			}
		}
	}
}

// Spans implements [source.Finder]. As with [Store.Search], a page for which two
// million spans were looked at ends there, and totals of what matches a query are
// exact up to some thousand spans.
func (s *Store) Spans(ctx context.Context, r *source.Search) (*source.SpanPage, error) {
	p, err := newPlan(r.Query)
	if err != nil {
		return nil, err
	}
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	f := v.newSpanFinder(r, p, r.After, s.budgets.look)
	page := &source.SpanPage{}
	more := f.fill(page)
	page.Effort = v.effort
	if r.Total {
		page.Total = f.total(len(page.Rows), more)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return page, nil
}

// fill adds rows to a page, and says where the next one goes on. It reports whether
// there is one more row than the page has room for.
func (f *spanFinder) fill(page *source.SpanPage) (more bool) {
	for row := f.next(); row != nil; row = f.next() {
		if len(page.Rows) == f.r.Limit {
			last := f.r.Order.SpanPosition(&page.Rows[f.r.Limit-1])
			page.Next = &last
			return true
		}
		page.Rows = append(page.Rows, *row)
	}
	if !f.short {
		return false
	}
	f.v.leaveOut(fmt.Sprintf("%d spans were looked at: there may be more", f.v.effort.Spans))
	if !f.whole || f.end != nil {
		page.Next = f.looked
	}
	return true
}

// total is how many spans there are on all pages, of which the first has so many if
// there was none before. Without a query, spans that are there twice count twice.
func (f *spanFinder) total(rows int, more bool) *source.Total {
	if f.program == nil {
		return &source.Total{Count: f.v.countSpans(f.r.Range)}
	}
	t := &source.Total{Count: rows}
	switch {
	case f.after != nil:
		f = f.v.newSpanFinder(f.r, f.plan, nil, f.v.effort.Spans+f.v.store.budgets.count)
		t.Count = 0
	case more && !f.short:
		t.Count++
		f.budget = f.v.effort.Spans + f.v.store.budgets.count
	}
	for f.next() != nil {
		t.Count++
	}
	t.AtLeast = f.short
	return t
}

// countSpans is how many spans start in a range.
func (v *view) countSpans(r source.Range) (n int) {
	for i := range v.head.traces {
		for _, s := range v.head.traces[i].spans {
			if r.Contains(s.Start) {
				n++
			}
		}
	}
	for _, g := range v.segments {
		m := g.Manifest
		switch {
		case m.Spans == 0 || !overlaps(r, m.Start, m.End):
		case r.Contains(m.Start) && r.Contains(m.End):
			n += m.Spans
		default:
			in, err := g.CountSpans(r.Contains)
			if err != nil {
				v.warn(err)
			}
			n += in
		}
	}
	return n
}
