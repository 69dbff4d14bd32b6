// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// plan is a query made ready for the indexes.
type plan struct {
	program *query.Program
	filters []*segment.Filter // of which each must find something in a trace, the most selective first
	wanted  *segment.Wanted   // what is read of spans to match them, and to tell of them
}

func newPlan(q *query.Query) (p plan, err error) {
	if q == nil {
		return p, nil
	}
	if p.program, err = query.Compile(q); err != nil {
		return p, fmt.Errorf("store: %w", err)
	}
	p.wanted = segment.NewWanted(append(q.Fields(), rowFields...))
	hints := q.Hints()
	for _, alternatives := range hints.Need {
		if filter := segment.NewFilter(alternatives); !filter.MatchesAll() {
			p.filters = append(p.filters, filter)
		}
	}
	slices.SortStableFunc(p.filters, func(a, b *segment.Filter) int { return cmp.Compare(b.Selectivity(), a.Selectivity()) })
	return p, nil
}

// rowFields are those that place a span in its trace, and that a [source.SpanRow] has.
var rowFields = []query.Field{{Scope: query.Intrinsic, Name: "rootName"}, {Scope: query.Intrinsic, Name: "statusMessage"}}

// filter is what candidates are found by: the most selective of what is needed, nil
// if everything is one.
func (p *plan) filter() *segment.Filter {
	if len(p.filters) == 0 {
		return nil
	}
	return p.filters[0]
}

// match matches the spans of a trace. Without a query they match, as no sets.
func (p *plan) match(spans []trace.Span) (sets []query.Match, ok bool) {
	if p.program == nil {
		return nil, true
	}
	sets = p.program.Match(spans)
	return sets, len(sets) > 0
}

// finder goes through the traces that may match, in an order. What is to be looked
// into waits in a queue at the first place that anything in it may have, so nothing
// is read before its turn.
//
// A trace is found where most is known of it: in the head, or else in the newest
// segment that has a part of it, whose summary is of all parts. Ranges and bounds
// are thus of whole traces.
type finder struct {
	plan
	v     *view
	r     *source.Search
	after *source.Position
	queue queue[item]
	seen  map[traceID]bool           // of the traces that may be found more than once, those that were
	pages map[*segment.Segment][]int // with something that the filter finds
	rows  map[pageOf][]int           // that it finds, of pages that are looked into again and again
}

// pageOf is a page of a segment.
type pageOf struct {
	segment *segment.Segment
	page    int
}

// maxRows is of how many pages the rows are kept.
const maxRows = 1024

// item is what waits.
type item struct {
	at      source.Position
	kind    itemKind
	exact   bool // at is its place, and not just a bound
	check   bool // whether the filter finds anything of the trace is not known
	segment *segment.Segment
	n       int // of the block, or the place in the head
	page    int
	entry   *segment.Entry
}

type itemKind uint8

const (
	ofHead itemKind = iota
	ofSegment
	ofBlock
	ofPage
	ofTrace
)

func (it item) place() source.Position { return it.at }

// newFinder goes through the traces of a range that come after a position; nil: all.
func (v *view) newFinder(r *source.Search, p plan, after *source.Position) *finder {
	f := &finder{plan: p, v: v, r: r, after: after, queue: queue[item]{order: r.Order}, seen: map[traceID]bool{}, pages: map[*segment.Segment][]int{}}
	f.startHead()
	for _, g := range v.segments {
		if at, any := f.firstOf(g); any {
			f.push(item{at: at, kind: ofSegment, segment: g})
		}
	}
	return f
}

// startHead pushes the traces of the head. Of those that segments have parts of, the
// filter may find something there only.
func (f *finder) startHead() {
	head := segment.NewHeadFilter(f.filter())
	for i := range f.v.head.traces {
		p := &f.v.head.traces[i]
		if len(p.spans) == 0 {
			continue
		}
		found := slices.ContainsFunc(p.spans, func(s segment.Span) bool { return head.MayAdmit(&s) })
		if !found && !p.continued {
			continue
		}
		it := item{kind: ofHead, n: i, check: !found}
		if p.continued && f.r.Order == source.Newest {
			it.at = source.Position{Key: p.start} // the whole begins there, or before
			f.push(it)
			continue
		}
		f.pushHead(it)
	}
}

// pushHead pushes a trace of the head where it stands.
func (f *finder) pushHead(it item) {
	whole := f.v.extent(&f.v.head.traces[it.n])
	if f.r.Range.Contains(whole.Start) {
		it.at, it.exact = f.r.Order.Position(&whole), true
		f.push(it)
	}
}

func (f *finder) push(it item) {
	if it.exact && f.after != nil && f.r.Order.Compare(it.at, *f.after) <= 0 {
		return // it was on the pages before
	}
	f.queue.add(it)
}

// overlaps reports whether a range has any time between two, both of them included.
func overlaps(r source.Range, first, last int64) bool {
	return first <= last && (r.From == 0 || last >= r.From) && (r.To == 0 || first < r.To)
}

// bound is the first place that a trace of a block may have, and whether it has any
// that is wanted.
func (f *finder) bound(b segment.BlockRange) (at source.Position, any bool) {
	if !overlaps(f.r.Range, b.MinStart, b.MaxStart) {
		return at, false
	}
	first, last := b.MaxStart, b.MinStart
	switch f.r.Order {
	case source.Oldest:
		first, last = last, first
	case source.Longest:
		return source.Position{Key: b.MaxDuration}, true
	}
	before := f.after != nil && last != f.after.Key && f.r.Order.Compare(source.Position{Key: last}, source.Position{Key: f.after.Key}) < 0
	return source.Position{Key: first}, !before
}

// firstOf is the first place that a trace of a segment may have.
func (f *finder) firstOf(g *segment.Segment) (first source.Position, any bool) {
	for i := range g.Blocks() {
		if at, ok := f.bound(g.BlockRange(i)); ok && (!any || f.r.Order.Compare(at, first) < 0) {
			first, any = at, true
		}
	}
	return first, any
}

// A candidate is a trace that may match.
type candidate struct {
	id traceID
	at source.Position
	it item
}

// next is the next trace that may match, nil if there is none or the context is done.
func (f *finder) next() *candidate {
	for len(f.queue.all) > 0 && f.v.ctx.Err() == nil {
		it := f.queue.take()
		switch {
		case it.kind == ofSegment:
			f.openSegment(it.segment)
		case it.kind == ofBlock:
			f.openBlock(it.segment, it.n)
		case it.kind == ofPage:
			f.openPage(&it)
		case !it.exact:
			f.pushHead(it)
		case !it.check || f.mayMatch(it.at.TraceID):
			return &candidate{it.at.TraceID, it.at, it}
		}
	}
	return nil
}

// summary is the summary of a candidate.
func (f *finder) summary(c *candidate) digest.Summary {
	if c.it.kind == ofHead {
		return f.v.summaryOf(&f.v.head.traces[c.it.n])
	}
	s := c.it.entry.Summary
	if p := f.v.inHead(c.id); p != nil {
		s.Logs += len(p.logs)
	}
	return s
}

// openSegment pushes the blocks of a segment, or the pages with something that the
// filter finds.
func (f *finder) openSegment(g *segment.Segment) {
	if f.filter() == nil {
		for i := range g.Blocks() {
			if at, ok := f.bound(g.BlockRange(i)); ok {
				f.push(item{at: at, kind: ofBlock, segment: g, n: i})
			}
		}
		return
	}
	f.openContinued(g)
	for _, other := range f.filters[1:] {
		if pages, err := g.Pages(other); err == nil && len(pages) == 0 {
			return // of the traces that are nowhere else, none matches
		}
	}
	for _, p := range f.pagesOf(g) {
		from, to := g.PageBlocks(p)
		for i := from; i < to; i++ {
			if at, ok := f.bound(g.BlockRange(i)); ok {
				f.push(item{at: at, kind: ofPage, segment: g, n: i, page: p})
			}
		}
	}
}

// pagesOf are the pages of a segment with something that the filter may find.
func (f *finder) pagesOf(g *segment.Segment) []int {
	pages, known := f.pages[g]
	if !known {
		var err error
		if pages, err = g.Pages(f.filter()); err != nil {
			f.v.warn(err)
		}
		f.pages[g] = pages
	}
	return pages
}

// openContinued pushes the traces that older segments have parts of too: the filter
// may find something in any of them.
func (f *finder) openContinued(g *segment.Segment) {
	if len(g.Continued()) == 0 {
		return
	}
	var with []*segment.Segment
	for _, h := range f.v.segments {
		if len(f.pagesOf(h)) > 0 {
			with = append(with, h)
		}
	}
	for _, id := range g.Continued() {
		if f.v.parts[id] != g.Manifest.Order || !slices.ContainsFunc(with, func(h *segment.Segment) bool { return h.MayHave(id) }) {
			continue
		}
		e, ok, err := g.Find(id)
		if err != nil {
			f.v.warn(err)
			return
		}
		if ok && f.v.isLatest(g, &e) {
			f.pushEntry(&e, true)
		}
	}
}

// mayMatch reports whether the filter finds something of a trace in segments.
func (f *finder) mayMatch(id traceID) bool {
	for _, g := range f.v.segments {
		if len(f.pagesOf(g)) == 0 {
			continue
		}
		e, ok, err := g.Find(id)
		if err != nil || ok && f.findsIn(g, &e) {
			return true // reading the trace tells of the error
		}
	}
	return false
}

// findsIn reports whether the filter finds something in the rows of a trace.
func (f *finder) findsIn(g *segment.Segment, e *segment.Entry) bool {
	for _, p := range f.pagesOf(g) {
		first := p * segment.PageRows
		if first >= e.FirstRow+e.Rows || first+segment.PageRows <= e.FirstRow {
			continue
		}
		rows, err := f.rowsOf(pageOf{g, p})
		if err != nil || slices.ContainsFunc(rows, func(row int) bool { return first+row >= e.FirstRow && first+row < e.FirstRow+e.Rows }) {
			return true
		}
	}
	return false
}

// rowsOf are the rows of a page that the filter finds.
func (f *finder) rowsOf(p pageOf) (rows []int, err error) {
	if rows, known := f.rows[p]; known {
		return rows, nil
	}
	if rows, err = p.segment.Rows(f.filter(), p.page); err != nil {
		return nil, err
	}
	if len(f.rows) >= maxRows {
		clear(f.rows)
	}
	if f.rows == nil {
		f.rows = map[pageOf][]int{}
	}
	f.rows[p] = rows
	return rows, nil
}

// openBlock pushes the traces of a block.
func (f *finder) openBlock(g *segment.Segment, n int) {
	block, err := g.Block(n)
	if err != nil {
		f.v.warn(err)
		return
	}
	for i := range block {
		if f.v.isLatest(g, &block[i]) {
			f.pushEntry(&block[i], false)
		}
	}
}

// pushEntry pushes a trace of a segment, if it is in the range.
func (f *finder) pushEntry(e *segment.Entry, check bool) {
	if f.r.Range.Contains(e.Summary.Start) {
		f.push(item{at: f.r.Order.Position(&e.Summary), kind: ofTrace, exact: true, check: check, entry: e})
	}
}

// openPage pushes the traces of a block that the filter finds something of on a page,
// but for those that are found as continued.
func (f *finder) openPage(it *item) {
	rows, err := f.rowsOf(pageOf{it.segment, it.page})
	if err != nil {
		f.v.warn(err)
		return
	}
	first := it.page * segment.PageRows
	from, to := it.segment.BlockRows(it.n)
	end := from
	for _, row := range rows {
		if first+row < end || first+row >= to {
			continue
		}
		e, err := it.segment.EntryOf(first + row)
		if err != nil {
			f.v.warn(err)
			return
		}
		end = e.FirstRow + e.Rows
		if _, spread := f.v.parts[e.Summary.TraceID]; spread || !f.v.isLatest(it.segment, e) || f.wasSeen(e, first) {
			continue
		}
		f.pushEntry(e, false)
	}
}

// wasSeen reports whether a trace was found on another page.
func (f *finder) wasSeen(e *segment.Entry, first int) bool {
	if e.FirstRow >= first && e.FirstRow+e.Rows <= first+segment.PageRows {
		return false // it is on this one only
	}
	id := e.Summary.TraceID
	was := f.seen[id]
	f.seen[id] = true
	return was
}
