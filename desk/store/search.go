// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// budgets say how much is looked at for one answer.
type budgets struct {
	look  int // spans for a page: then it ends, and the next one goes on from there
	count int // spans to know how much there is on the pages behind
	logs  int // log records for a page
	cells int // values, rows of columns, to count spans
}

// defaultBudgets are some ten seconds for a page, some hundred milliseconds to know
// how much there is, and some seconds to count spans.
var defaultBudgets = budgets{look: 2_000_000, count: 20_000, logs: 2_000_000, cells: 32_000_000}

// maxSpread is of how many traces all parts are looked up to count traces.
const maxSpread = 5_000

// Search implements [source.Finder]. A page for which two million spans were looked
// at ends there: it is partial, and the next one goes on. A total of what matches a
// query is exact up to some thousand spans.
func (s *Store) Search(ctx context.Context, r *source.Search) (*source.Page, error) {
	p, err := newPlan(r.Query)
	if err != nil {
		return nil, err
	}
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	f := v.newFinder(r, p, r.After)
	page := &source.Page{}
	more := f.fill(page)
	page.Effort = v.effort
	if r.Total {
		page.Total = f.total(len(page.Hits), more)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return page, nil
}

// fill adds hits to a page, and says where the next one goes on. It reports whether
// there is one more hit than the page has room for.
func (f *finder) fill(page *source.Page) (more bool) {
	at := f.after
	for c := f.next(); c != nil; c = f.next() {
		full := len(page.Hits) == f.r.Limit
		if f.v.effort.Spans >= f.v.store.budgets.look {
			if !full {
				f.v.leaveOut(fmt.Sprintf("%d spans were looked at: the next page goes on from there", f.v.effort.Spans))
			}
			page.Next = at
			return true
		}
		hit, ok := f.hit(c)
		switch {
		case ok && full:
			last := f.r.Order.Position(&page.Hits[len(page.Hits)-1].Summary)
			page.Next = &last
			return true
		case ok:
			page.Hits = append(page.Hits, *hit)
		}
		if !full {
			at = &c.at
		}
	}
	return false
}

// hit is a candidate that matches.
func (f *finder) hit(c *candidate) (*source.Hit, bool) {
	if f.program == nil {
		f.v.effort.Traces++
		return &source.Hit{Summary: f.summary(c)}, true
	}
	spans := f.spans(c.id)
	sets, ok := f.match(spans)
	if !ok {
		return nil, false
	}
	return &source.Hit{Summary: f.summary(c), Sets: setsOf(spans, sets, f.r.Spans)}, true
}

// spans are all spans of a trace, with what is wanted of them.
func (f *finder) spans(id traceID) []trace.Span {
	all, err := f.v.wantedSpans(id, f.wanted)
	if err != nil {
		return nil // the context is done
	}
	sortSpans(all)
	f.v.effort.Traces++
	f.v.effort.Spans += len(all)
	return all
}

// setsOf is what a trace has for a query, with some of the spans.
func setsOf(spans []trace.Span, matches []query.Match, limit int) (sets []source.SpanSet) {
	if limit <= 0 {
		return nil
	}
	for _, m := range matches {
		set := source.SpanSet{Matched: len(m.Spans), By: m.By, Aggregates: m.Aggregates}
		for i, at := range m.Spans[:min(limit, len(m.Spans))] {
			row := source.RowOf(&spans[at])
			if m.Values != nil {
				row.Values = m.Values[i]
			}
			set.Spans = append(set.Spans, row)
		}
		sets = append(sets, set)
	}
	return sets
}

// total is how many traces there are on all pages, of which the first has so many
// if there was none before.
func (f *finder) total(hits int, more bool) *source.Total {
	if f.program == nil {
		t := f.v.count(f.r.Range)
		return &t
	}
	t := &source.Total{Count: hits}
	if f.after != nil {
		f, more = f.v.newFinder(f.r, f.plan, nil), true
		t.Count = 0
	} else if more {
		t.Count++
	}
	if !more {
		return t
	}
	budget := f.v.effort.Spans + f.v.store.budgets.count
	for c := f.next(); c != nil; c = f.next() {
		if f.v.effort.Spans >= budget {
			t.AtLeast = true
			break
		}
		if _, ok := f.match(f.spans(c.id)); ok {
			t.Count++
		}
	}
	return t
}

// Scan implements [source.Finder]. It sees what there was when it began, and keeps
// the files of that until it ends.
func (s *Store) Scan(ctx context.Context, r *source.Search, yield func(*source.Hit) bool) (source.Effort, error) {
	p, err := newPlan(r.Query)
	if err != nil {
		return source.Effort{}, err
	}
	v, err := s.view(ctx)
	if err != nil {
		return source.Effort{}, err
	}
	defer v.close()
	f := v.newFinder(r, p, r.After)
	for c := f.next(); c != nil; c = f.next() {
		if hit, ok := f.hit(c); ok && !yield(hit) {
			return v.effort, nil
		}
	}
	return v.effort, ctx.Err()
}

// count is how many traces began in a range.
func (v *view) count(r source.Range) (t source.Total) {
	for _, g := range v.segments {
		for i := range g.Blocks() {
			t.Count += v.countBlock(g, i, r)
		}
	}
	spread := v.spread()
	for i := range v.head.traces {
		p := &v.head.traces[i]
		switch {
		case len(p.spans) == 0:
		case p.continued:
			spread[p.id] = true
		case r.Contains(p.start):
			t.Count++
		}
	}
	if len(spread) > maxSpread {
		return source.Total{Count: max(t.Count-len(spread), 0), AtLeast: true}
	}
	for id := range spread {
		t.Count += v.countSpread(id, r)
	}
	return t
}

// spread are the traces that several segments have parts of.
func (v *view) spread() map[traceID]bool {
	all := make(map[traceID]bool, len(v.parts))
	for id := range v.parts {
		all[id] = true
	}
	return all
}

// countBlock is how many traces of a block began in a range, as far as it knows
// them.
func (v *view) countBlock(g *segment.Segment, i int, r source.Range) (n int) {
	b := g.BlockRange(i)
	switch {
	case !overlaps(r, b.MinStart, b.MaxStart):
		return 0
	case r.Contains(b.MinStart) && r.Contains(b.MaxStart):
		return b.Traces
	}
	block, err := g.Block(i)
	if err != nil {
		v.warn(err)
	}
	for j := range block {
		if e := &block[j]; e.Summary.Spans > 0 && r.Contains(e.Summary.Start) {
			n++
		}
	}
	return n
}

// countSpread is 1 for a trace of several parts that began in a range, less how
// often its parts were counted.
func (v *view) countSpread(id traceID, r source.Range) (n int) {
	var last *segment.Entry
	for _, g := range v.segments {
		e, ok, err := g.Find(id)
		if err != nil {
			v.warn(err)
		}
		if !ok || e.Summary.Spans == 0 {
			continue
		}
		last = &e
		if r.Contains(e.Summary.Start) {
			n--
		}
	}
	p := v.inHead(id)
	switch {
	case p != nil && len(p.spans) > 0:
		if whole := v.extent(p); r.Contains(whole.Start) {
			n++
		}
	case last != nil && r.Contains(last.Summary.Start):
		n++
	}
	return n
}
