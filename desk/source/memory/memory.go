// SPDX-License-Identifier: Apache-2.0

// Package memory is a source of traces in memory. It looks at every trace for
// every question: it is for as many as a file has, and for tests, whose other
// sources have to answer as it does.
package memory

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A Source has traces in memory. Any number of goroutines may use one.
type Source struct {
	mu      sync.RWMutex // guards what follows
	traces  map[trace.TraceID]*entry
	logs    []trace.Log // all, in the order in which they came
	changed chan struct{}
	// changes are the ids of traces in the order in which something of them came:
	// watchers know how far they have read.
	changes []trace.TraceID
}

// An entry is a trace. It is not changed: what comes makes a new one.
type entry struct {
	trace   trace.Trace // spans by start and id
	summary digest.Summary
}

// New returns a source with what the batches have.
func New(batches ...*trace.Batch) *Source {
	s := &Source{traces: map[trace.TraceID]*entry{}, changed: make(chan struct{})}
	for _, b := range batches {
		s.Add(b)
	}
	return s
}

// Add adds spans and log records, which belong to the source from then on.
func (s *Source) Add(b *trace.Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logs = append(s.logs, b.Logs...)
	for _, t := range b.Traces() {
		if old := s.traces[t.ID]; old != nil {
			t.Spans = slices.Concat(old.trace.Spans, t.Spans)
			t.Logs = slices.Concat(old.trace.Logs, t.Logs)
		}
		slices.SortStableFunc(t.Spans, compareSpans)
		s.traces[t.ID] = &entry{t, summarize(&t)}
		s.changes = append(s.changes, t.ID)
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

func compareSpans(a, b trace.Span) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), bytes.Compare(a.ID[:], b.ID[:]))
}

// Capabilities are all that there are.
func (s *Source) Capabilities() source.Capabilities { return source.All }

// Trace implements [source.Finder].
func (s *Source) Trace(ctx context.Context, id trace.TraceID, _ source.Range) (*trace.Trace, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	e := s.traces[id]
	if e == nil {
		return nil, source.ErrNotFound
	}
	t := trace.Trace{ID: id, Spans: slices.Clone(e.trace.Spans), Logs: slices.Clone(e.trace.Logs)}
	return &t, nil
}

// entries are all traces that have spans, in no order.
func (s *Source) entries() (all []*entry) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, e := range s.traces {
		if len(e.trace.Spans) > 0 {
			all = append(all, e)
		}
	}
	return all
}

// A matcher matches spans and traces; one without a query matches everything.
type matcher struct{ program *query.Program }

func newMatcher(q *query.Query) (m matcher, err error) {
	if q != nil {
		m.program, err = query.Compile(q)
	}
	return m, err
}

// matches are the sets that the spans of a trace have.
func (m matcher) match(spans []trace.Span) ([]query.Match, bool) {
	if m.program == nil {
		return nil, true
	}
	sets := m.program.Match(spans)
	return sets, sets != nil
}

// spans calls yield with the places of the spans that match, and the values that
// the query selects.
func (m matcher) spans(spans []trace.Span, yield func(i int, values []trace.Value)) {
	if m.program == nil {
		for i := range spans {
			yield(i, nil)
		}
		return
	}
	seen := map[int]bool{}
	for _, set := range m.program.Match(spans) {
		for j, i := range set.Spans {
			if seen[i] {
				continue
			}
			seen[i] = true
			var values []trace.Value
			if set.Values != nil {
				values = set.Values[j]
			}
			yield(i, values)
		}
	}
}

// each calls yield with all traces, until the context is done.
func (s *Source) each(ctx context.Context, yield func(*entry)) error {
	for i, e := range s.entries() {
		if i%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		yield(e)
	}
	return ctx.Err()
}

// Describe implements [source.Describer].
func (s *Source) Describe(ctx context.Context) (source.Description, error) {
	var d source.Description
	err := s.each(ctx, func(e *entry) {
		for i := range e.trace.Spans {
			start := e.trace.Spans[i].Start
			if d.Spans == 0 {
				d.Oldest, d.Newest = start, start
			}
			d.Oldest, d.Newest = min(d.Oldest, start), max(d.Newest, start)
			d.Spans++
		}
		d.Traces++
	})
	s.mu.RLock()
	defer s.mu.RUnlock()
	d.Logs = uint64(len(s.logs))
	return d, err
}
