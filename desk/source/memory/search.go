// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"context"
	"slices"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// Search implements [source.Finder].
func (s *Source) Search(ctx context.Context, r *source.Search) (*source.Page, error) {
	hits, effort, err := s.hits(ctx, r)
	if err != nil {
		return nil, err
	}
	page := &source.Page{Effort: effort}
	if r.Total {
		page.Total = &source.Total{Count: len(hits)}
	}
	position := func(h source.Hit) source.Position { return r.Order.Position(&h.Summary) }
	page.Hits, page.Next = cut(hits, r, position)
	return page, nil
}

// Scan implements [source.Finder].
func (s *Source) Scan(ctx context.Context, r *source.Search, yield func(*source.Hit) bool) (source.Effort, error) {
	hits, effort, err := s.hits(ctx, r)
	for i := range hits {
		if r.After != nil && r.Order.Compare(r.Order.Position(&hits[i].Summary), *r.After) <= 0 {
			continue
		}
		if !yield(&hits[i]) {
			break
		}
	}
	return effort, err
}

// hits are all traces that are found, in order.
func (s *Source) hits(ctx context.Context, r *source.Search) (hits []source.Hit, effort source.Effort, err error) {
	m, err := newMatcher(r.Query)
	if err != nil {
		return nil, effort, err
	}
	err = s.each(ctx, func(e *entry) {
		if !r.Range.Contains(e.summary.Start) {
			return
		}
		effort.Traces++
		effort.Spans += len(e.trace.Spans)
		if sets, ok := m.match(e.trace.Spans); ok {
			hits = append(hits, source.Hit{Summary: e.summary, Sets: setsOf(e, sets, r.Spans)})
		}
	})
	slices.SortFunc(hits, func(a, b source.Hit) int {
		return r.Order.Compare(r.Order.Position(&a.Summary), r.Order.Position(&b.Summary))
	})
	return hits, effort, err
}

func setsOf(e *entry, sets []query.Match, limit int) (out []source.SpanSet) {
	if limit <= 0 {
		return nil
	}
	for _, m := range sets {
		set := source.SpanSet{Matched: len(m.Spans), By: m.By, Aggregates: m.Aggregates}
		for j, i := range m.Spans[:min(limit, len(m.Spans))] {
			row := source.RowOf(&e.trace.Spans[i])
			if m.Values != nil {
				row.Values = m.Values[j]
			}
			set.Spans = append(set.Spans, row)
		}
		out = append(out, set)
	}
	return out
}

// cut is the page of sorted items that a search asks for.
func cut[T any](items []T, r *source.Search, position func(T) source.Position) (page []T, next *source.Position) {
	if r.After != nil {
		from, _ := slices.BinarySearchFunc(items, *r.After, func(item T, after source.Position) int {
			if r.Order.Compare(position(item), after) <= 0 {
				return -1
			}
			return 1
		})
		items = items[from:]
	}
	if len(items) <= r.Limit {
		return items, nil
	}
	last := position(items[r.Limit-1])
	return items[:r.Limit], &last
}

// Spans implements [source.Finder].
func (s *Source) Spans(ctx context.Context, r *source.Search) (*source.SpanPage, error) {
	m, err := newMatcher(r.Query)
	if err != nil {
		return nil, err
	}
	page := &source.SpanPage{}
	var rows []source.SpanRow
	err = s.each(ctx, func(e *entry) {
		page.Effort.Traces++
		page.Effort.Spans += len(e.trace.Spans)
		m.spans(e.trace.Spans, func(i int, values []trace.Value) {
			if at := &e.trace.Spans[i]; r.Range.Contains(at.Start) {
				row := source.RowOf(at)
				row.Values = values
				rows = append(rows, row)
			}
		})
	})
	if err != nil {
		return nil, err
	}
	position := func(row source.SpanRow) source.Position { return r.Order.SpanPosition(&row) }
	compare := func(a, b source.SpanRow) int { return r.Order.Compare(position(a), position(b)) }
	slices.SortStableFunc(rows, compare)
	rows = slices.CompactFunc(rows, func(a, b source.SpanRow) bool { return compare(a, b) == 0 })
	if r.Total {
		page.Total = &source.Total{Count: len(rows)}
	}
	page.Rows, page.Next = cut(rows, r, position)
	return page, nil
}

// Watch implements [source.Source].
func (s *Source) Watch(ctx context.Context, q *query.Query, yield func([]digest.Summary) bool) error {
	m, err := newMatcher(q)
	if err != nil {
		return err
	}
	read := -1
	for {
		var news []digest.Summary
		var changed <-chan struct{}
		news, read, changed = s.news(m, read)
		if len(news) > 0 && !yield(news) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// news are the traces that match and have changed since so many changes were read;
// -1 means from now on.
func (s *Source) news(m matcher, read int) (news []digest.Summary, upTo int, changed <-chan struct{}) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if read < 0 {
		return nil, len(s.changes), s.changed
	}
	seen := map[trace.TraceID]bool{}
	for _, id := range s.changes[read:] {
		e := s.traces[id]
		if seen[id] || len(e.trace.Spans) == 0 {
			continue
		}
		seen[id] = true
		if _, ok := m.match(e.trace.Spans); ok {
			news = append(news, e.summary)
		}
	}
	return news, len(s.changes), s.changed
}
