// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// selection is a query and the fields that are asked for.
type selection struct {
	program *query.Program
	fields  int // that are asked for: the last values of a match
	reads   []query.Field
	filters []*segment.Filter // of which each finds a span of what matches, the most selective one first
	// ofOperations says that all is known of an [segment.Operation].
	ofOperations bool
}

// newSelection fails if the query does not compile.
func newSelection(q *query.Query, fields []query.Field) (*selection, error) {
	if q == nil {
		q = query.Where(nil)
	}
	hints := q.Hints()
	q = &query.Query{From: q.From, Stages: append(slices.Clip(slices.Clone(q.Stages)), query.Select{Fields: fields})}
	sel := &selection{fields: len(fields), reads: q.Fields()}
	var err error
	if sel.program, err = query.Compile(q); err != nil {
		return nil, err
	}
	for _, alternatives := range hints.Need {
		if f := segment.NewFilter(alternatives); !f.MatchesAll() {
			sel.filters = append(sel.filters, f)
		}
	}
	slices.SortStableFunc(sel.filters, func(a, b *segment.Filter) int { return cmp.Compare(b.Selectivity(), a.Selectivity()) })
	sel.ofOperations = !sel.program.NeedsTrace() && !slices.ContainsFunc(sel.reads, func(f query.Field) bool { return !isOfOperation(f) })
	return sel, nil
}

func isOfOperation(f query.Field) bool {
	switch f.Scope {
	case query.Resource:
		return f.Name == "service.name"
	case query.Intrinsic:
		return f.Name == "name" || f.Name == "kind" || f.Name == "status" || f.Name == "error" || f.Name == "service"
	}
	return false
}

// read has intrinsic fields of the spans read as well.
func (sel *selection) read(names ...string) {
	for _, name := range names {
		sel.reads = append(sel.reads, query.Field{Scope: query.Intrinsic, Name: name})
	}
}

// filter is the most selective one, nil for none.
func (sel *selection) filter() *segment.Filter {
	if len(sel.filters) == 0 {
		return nil
	}
	return sel.filters[0]
}

// operation reports whether the spans of an operation match, and which values they
// have.
func (sel *selection) operation(o *segment.Operation) (values []trace.Value, ok bool) {
	sp := trace.Span{Name: o.Name, Kind: o.Kind, Status: trace.Status{Code: o.Status}}
	if o.Named {
		sp.Resource = &trace.Resource{Attributes: []trace.KeyValue{{Key: "service.name", Value: trace.String(o.Service)}}}
	}
	sel.match([]trace.Span{sp}, func(_ int, found []trace.Value) { values, ok = found, true })
	return values, ok
}

// match calls yield with the places of the spans that match, and the values of the
// fields that are asked for.
func (sel *selection) match(spans []trace.Span, yield func(i int, values []trace.Value)) {
	sets := sel.program.Match(spans)
	var seen []bool
	if len(sets) > 1 {
		seen = make([]bool, len(spans))
	}
	for _, set := range sets {
		for j, i := range set.Spans {
			if seen != nil && seen[i] {
				continue
			}
			if seen != nil {
				seen[i] = true
			}
			var values []trace.Value
			if set.Values != nil {
				values = set.Values[j][len(set.Values[j])-sel.fields:]
			}
			yield(i, values)
		}
	}
}

// reading is one selection on its way through what the store has, the newest part
// first.
type reading struct {
	*view
	sel     *selection
	within  minutes
	wanted  *segment.Wanted
	left    int // cells that may still be read
	yield   func(*trace.Span, []trace.Value)
	done    map[traceID]bool // traces in several parts
	stopped bool
}

// selected calls yield with the spans that match and begin in a range, and their
// values of the fields that are asked for. Of a span it has what the selection
// reads, and it is valid during the call.
func (v *view) selected(sel *selection, within minutes, yield func(*trace.Span, []trace.Value)) error {
	sel.read("span:start")
	if sel.program.NeedsTrace() {
		sel.read("rootName") // and with it what places spans in their trace
	}
	r := &reading{view: v, sel: sel, within: within, wanted: segment.NewWanted(sel.reads), left: v.store.budgets.cells, yield: yield, done: map[traceID]bool{}}
	err := r.head()
	for _, g := range slices.Backward(v.segments) {
		if err != nil {
			break
		}
		if g.Manifest.Spans == 0 || !r.matters(g) {
			continue
		}
		if r.left <= 0 {
			r.exhausted()
			break
		}
		if bad := r.segment(g); bad != nil && v.ctx.Err() == nil {
			r.warn(bad)
		}
		err = v.ctx.Err()
	}
	return cmp.Or(err, v.ctx.Err())
}

// matters reports whether a segment may have spans of the range, or one by which a
// trace with spans in the range matches.
func (r *reading) matters(g *segment.Segment) bool {
	return r.within.overlaps(g.Manifest.Start, g.Manifest.End) || r.sel.program.NeedsTrace() && r.sel.filter() != nil && len(r.parts) > 0
}

// matched yields the spans that match.
func (r *reading) matched(spans []trace.Span) {
	r.effort.Spans += len(spans)
	r.sel.match(spans, func(i int, values []trace.Value) {
		if r.within.Contains(spans[i].Start) {
			r.yield(&spans[i], values)
		}
	})
}

// head goes through what is in memory.
func (r *reading) head() error {
	filter := segment.NewHeadFilter(r.sel.filter())
	for i := range r.view.head.traces {
		p := &r.view.head.traces[i]
		if r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		if !r.sel.program.NeedsTrace() {
			r.matched(r.headSpans(p, func(s *segment.Span) bool { return r.within.Contains(s.Start) && filter.MayAdmit(s) }))
			continue
		}
		if len(p.spans) == 0 {
			continue
		}
		if p.continued {
			r.whole(p.id)
		} else if slices.ContainsFunc(p.spans, func(s segment.Span) bool { return r.within.Contains(s.Start) }) &&
			slices.ContainsFunc(p.spans, func(s segment.Span) bool { return filter.MayAdmit(&s) }) {
			r.trace(r.headSpans(p, func(*segment.Span) bool { return true }))
		}
	}
	return nil
}

// headSpans decodes the spans of the head that are wanted.
func (r *reading) headSpans(p *part, wanted func(*segment.Span) bool) (out []trace.Span) {
	for i := range p.spans {
		if s := &p.spans[i]; wanted(s) {
			span := r.decoder.Span(&s.Span)
			span.Resource, span.Scope = s.Origin.Resource, s.Origin.Scope
			out = append(out, span)
		}
	}
	return out
}

// trace matches a whole trace.
func (r *reading) trace(spans []trace.Span) {
	sortSpans(spans)
	r.effort.Traces++
	r.matched(spans)
}

// whole matches a trace in several parts, once.
func (r *reading) whole(id traceID) {
	if r.done[id] {
		return
	}
	r.done[id] = true
	all, err := r.wantedSpans(id, r.wanted)
	if err != nil {
		return // the context is done
	}
	r.left -= 16 * len(all)
	r.trace(all)
}

func appendClones(all, spans []trace.Span) []trace.Span {
	for i := range spans {
		s := spans[i]
		s.Attributes = slices.Clone(s.Attributes)
		all = append(all, s)
	}
	return all
}

// segment goes through a segment.
func (r *reading) segment(g *segment.Segment) error {
	s, err := g.Scan(r.wanted)
	if err != nil {
		return err
	}
	if r.sel.program.NeedsTrace() {
		return r.traces(g, s)
	}
	if r.sel.filter() == nil {
		for page := range s.Pages() {
			if !r.goOn() {
				break
			}
			rows, err := s.Rows(page, r.within.Contains)
			if err == nil {
				err = r.page(s, page, rows)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return r.found(g, func(page int, rows []int) error {
		within, err := s.Rows(page, r.within.Contains)
		if err != nil {
			return err
		}
		return r.page(s, page, both(rows, within))
	})
}

// goOn reports whether there is still time, and something left of the budget.
func (r *reading) goOn() bool {
	if r.left <= 0 {
		r.exhausted()
	}
	return r.left > 0 && r.ctx.Err() == nil
}

// exhausted notes that the budget is used up.
func (r *reading) exhausted() {
	if !r.stopped {
		r.leaveOut(fmt.Sprintf("only %d spans were looked at, mostly the newest: it would take too long for all", r.effort.Spans))
	}
	r.stopped = true
}

// page matches the spans of rows, each by itself.
func (r *reading) page(s *segment.Scanner, page int, rows []int) error {
	r.left -= s.Columns() * (len(rows) + 1)
	if len(rows) == 0 {
		return nil
	}
	spans, err := s.Spans(page, rows)
	if err == nil {
		r.matched(spans)
	}
	return err
}

// both are the numbers that are in two ascending lists.
func both(a, b []int) (out []int) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			out = append(out, a[0])
			a, b = a[1:], b[1:]
		}
	}
	return out
}

// found calls yield with the rows that the filter finds, page by page.
func (r *reading) found(g *segment.Segment, yield func(page int, rows []int) error) error {
	pages, err := g.Pages(r.sel.filter())
	if err != nil {
		return err
	}
	for _, page := range pages {
		if !r.goOn() {
			return nil
		}
		r.left -= segment.PageRows
		rows, err := g.Rows(r.sel.filter(), page)
		if err == nil && len(rows) > 0 {
			err = yield(page, rows)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// traces goes through the traces of a segment.
func (r *reading) traces(g *segment.Segment, s *segment.Scanner) error {
	if r.sel.filter() == nil {
		for i := range g.Blocks() {
			block, err := g.Block(i)
			if err != nil {
				return err
			}
			for j := range block {
				if !r.goOn() {
					return nil
				}
				if err := r.entry(s, &block[j]); err != nil {
					return err
				}
			}
		}
		return nil
	}
	end := 0
	return r.found(g, func(page int, rows []int) error {
		for _, row := range rows {
			if row += page * segment.PageRows; row < end {
				continue
			}
			e, err := g.EntryOf(row)
			if err != nil {
				return err
			}
			end = e.FirstRow + e.Rows
			if err := r.entry(s, e); err != nil || !r.goOn() {
				return err
			}
		}
		return nil
	})
}

// entry matches a trace of a segment.
func (r *reading) entry(s *segment.Scanner, e *segment.Entry) error {
	id := e.Summary.TraceID
	_, parts := r.parts[id]
	if i, ok := r.view.head.byID[id]; ok {
		parts = parts || r.view.head.traces[i].continued
	}
	switch {
	case e.Rows == 0:
		return nil
	case parts:
		r.whole(id)
		return nil
	}
	if any, err := s.Any(e, r.within.Contains); !any || err != nil {
		return err
	}
	r.left -= s.Columns() * e.Rows
	var all []trace.Span
	if err := s.Trace(r.ctx, e, func(spans []trace.Span) {
		if len(spans) < e.Rows {
			spans = appendClones(all, spans)
		}
		all = spans
	}); err != nil {
		return err
	}
	r.effort.Traces++
	r.matched(all)
	return nil
}
