// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A view is what the store had at one moment. It is for one goroutine.
type view struct {
	ctx      context.Context
	store    *Store
	head     *snapshot
	segments []*segment.Segment // by Order
	parts    map[traceID]uint64
	decoder  wire.Decoder
	detail   wire.SpanDetail
	summer   segment.Summer
	effort   source.Effort
}

// snapshot is what the head had at one moment. Once it is arranged it is not changed
// any more and may be shared.
type snapshot struct {
	once    sync.Once
	changes uint64
	traces  []part // the latest start first
	byID    map[traceID]int
	loose   []segment.Log
}

// part is a trace of the head.
type part struct {
	id         traceID
	spans      []segment.Span
	logs       []segment.Log
	start, end int64
	continued  bool
}

// view returns what the store has now. It is to be closed.
func (s *Store) view(ctx context.Context) (*view, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	v, err := s.newView(ctx)
	if err == nil {
		v.head.once.Do(v.head.arrange) // without the lock, for which requests wait
	}
	return v, err
}

func (s *Store) newView(ctx context.Context) (*view, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	if s.last == nil || s.last.changes != s.head.changes {
		s.last = s.snapshotLocked()
	}
	return &view{ctx: ctx, store: s, head: s.last, segments: s.holdLocked(), parts: s.parts}, nil
}

func (v *view) close() { release(v.segments) }

// snapshotLocked copies the head, and what is being written.
func (s *Store) snapshotLocked() *snapshot {
	n := len(s.head.traces) + len(s.frozen)
	out := &snapshot{changes: s.head.changes, traces: make([]part, 0, n)}
	for id, t := range s.frozen {
		p := part{id, t.spans.all, t.logs.all, t.start, t.end, t.continued}
		if newer := s.head.traces[id]; newer != nil {
			p.join(newer)
		}
		out.traces = append(out.traces, p)
	}
	for id, t := range s.head.traces {
		if s.frozen[id] == nil {
			out.traces = append(out.traces, part{id, t.spans.all, t.logs.all, t.start, t.end, t.continued})
		}
	}
	out.loose = slices.Concat(s.loose, s.head.loose.all)
	return out
}

// arrange sorts the traces.
func (h *snapshot) arrange() {
	slices.SortFunc(h.traces, func(a, b part) int {
		return cmp.Or(cmp.Compare(b.start, a.start), bytes.Compare(a.id[:], b.id[:]))
	})
	h.byID = make(map[traceID]int, len(h.traces))
	for i := range h.traces {
		h.byID[h.traces[i].id] = i
	}
}

// join adds what came while the part was being written.
func (p *part) join(t *headTrace) {
	p.spans, p.logs = slices.Concat(p.spans, t.spans.all), slices.Concat(p.logs, t.logs.all)
	p.start, p.end = min(p.start, t.start), max(p.end, t.end)
}

// maxWarnings is how many different warnings an answer has.
const maxWarnings = 10

// warn notes that something could not be read.
func (v *view) warn(err error) {
	v.store.reportOnce(err)
	v.leaveOut(fmt.Sprintf("something could not be read: %v", err))
}

// leaveOut notes what an answer leaves out.
func (v *view) leaveOut(what string) {
	v.effort.Partial = true
	if len(v.effort.Warnings) < maxWarnings && !slices.Contains(v.effort.Warnings, what) {
		v.effort.Warnings = append(v.effort.Warnings, what)
	}
}

// spansOf decodes the spans of a part, in the order of their starts.
func (v *view) spansOf(p *part) []trace.Span {
	out := make([]trace.Span, len(p.spans))
	for i := range p.spans {
		s := &p.spans[i]
		out[i] = v.decoder.Span(&s.Span)
		out[i].Resource, out[i].Scope = s.Origin.Resource, s.Origin.Scope
	}
	sortSpans(out)
	return out
}

func sortSpans(spans []trace.Span) {
	slices.SortStableFunc(spans, func(s, t trace.Span) int {
		return cmp.Or(cmp.Compare(s.Start, t.Start), bytes.Compare(s.ID[:], t.ID[:]))
	})
}

// logsOf decodes log records.
func (v *view) logsOf(logs []segment.Log) []trace.Log {
	out := make([]trace.Log, len(logs))
	for i := range logs {
		out[i] = v.logOf(&logs[i])
	}
	return out
}

func (v *view) logOf(l *segment.Log) trace.Log {
	out := v.decoder.Log(&l.Log)
	out.Resource, out.Scope = l.Origin.Resource, l.Origin.Scope
	return out
}

// digestOf is what summaries depend on of a part, in the order of the starts.
func (v *view) digestOf(p *part) segment.Part {
	out := segment.Part{Spans: make([]digest.Span, len(p.spans)), Logs: len(p.logs)}
	sorted := make([]*segment.Span, len(p.spans))
	for i := range p.spans {
		sorted[i] = &p.spans[i]
	}
	slices.SortStableFunc(sorted, func(s, t *segment.Span) int {
		return cmp.Or(cmp.Compare(s.Start, t.Start), bytes.Compare(s.ID[:], t.ID[:]))
	})
	for i, s := range sorted {
		var f segment.Facts
		v.detail.Read(&s.Span)
		f.Read(v.detail.Attributes)
		out.Identity.Fill(f.Identity)
		out.Spans[i] = s.Digest()
		out.Spans[i].Tokens = f.Tokens
	}
	return out
}

// summaryOf sums up a trace of the head, with what segments have of it.
func (v *view) summaryOf(p *part) digest.Summary {
	var earlier *segment.Part
	if p.continued {
		var err error
		if earlier, err = partIn(v.segments, p.id); err != nil {
			v.warn(err)
		}
	}
	s := v.summer.Sum(earlier, v.digestOf(p))
	s.TraceID = p.id
	return s
}

// whole is all spans of a trace.
func (v *view) whole(id traceID) (spans []trace.Span) {
	for _, g := range v.segments {
		e, ok, err := g.Find(id)
		if err != nil {
			v.warn(err)
		}
		if !ok || err != nil {
			continue
		}
		own, err := g.Spans(&e)
		if err != nil {
			v.warn(fmt.Errorf("trace %s: %w", id, err))
		}
		spans = append(spans, own...)
	}
	if i, ok := v.head.byID[id]; ok {
		spans = append(spans, v.spansOf(&v.head.traces[i])...)
	}
	sortSpans(spans)
	v.effort.Traces++
	v.effort.Spans += len(spans)
	return spans
}

// isLatest reports whether a segment's entry is what knows most of its trace: there
// are spans, and no newer segment, nor the head, has others.
func (v *view) isLatest(g *segment.Segment, e *segment.Entry) bool {
	if e.Summary.Spans == 0 {
		return false
	}
	if order, ok := v.parts[e.Summary.TraceID]; ok && order > g.Manifest.Order {
		return false
	}
	p := v.inHead(e.Summary.TraceID)
	return p == nil || len(p.spans) == 0
}

// inHead is what the head has of a trace, nil for nothing.
func (v *view) inHead(id traceID) *part {
	if i, ok := v.head.byID[id]; ok {
		return &v.head.traces[i]
	}
	return nil
}

// stored is the entry of the newest segment that has something of a trace, nil if
// none has. It knows what all segments have.
func (v *view) stored(id traceID) *segment.Entry {
	for _, g := range slices.Backward(v.segments) {
		e, ok, err := g.Find(id)
		if err != nil {
			v.warn(err)
		}
		if ok {
			return &e
		}
	}
	return nil
}

// extent is when a trace of the head begins and ends, with what segments have of it.
func (v *view) extent(p *part) digest.Summary {
	s := digest.Summary{TraceID: p.id, Start: p.start, End: p.end}
	if !p.continued {
		return s
	}
	if e := v.stored(p.id); e != nil && e.Summary.Spans > 0 {
		s.Start, s.End = min(s.Start, e.Summary.Start), max(s.End, e.Summary.End)
	}
	return s
}

// Trace is all that the store has of a trace: spans by their starts, and log
// records in the order in which they came. It implements [source.Finder]; no hint is
// needed.
func (s *Store) Trace(ctx context.Context, id trace.TraceID, _ source.Range) (*trace.Trace, error) {
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	t := &trace.Trace{ID: id, Spans: v.whole(id), Logs: v.wholeLogs(id)}
	if len(t.Spans) == 0 && len(t.Logs) == 0 {
		return nil, cmp.Or(ctx.Err(), source.ErrNotFound)
	}
	return t, ctx.Err()
}

// wholeLogs is all log records of a trace, in the order in which they came.
func (v *view) wholeLogs(id traceID) (logs []trace.Log) {
	for _, g := range v.segments {
		e, ok, err := g.Find(id)
		if !ok || err != nil {
			continue // what is wrong is known of the spans
		}
		own, err := g.LogsOf(&e)
		if err != nil {
			v.warn(fmt.Errorf("log records of trace %s: %w", id, err))
		}
		logs = append(logs, own...)
	}
	if i, ok := v.head.byID[id]; ok {
		logs = append(logs, v.logsOf(v.head.traces[i].logs)...)
	}
	return logs
}
