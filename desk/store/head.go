// SPDX-License-Identifier: Apache-2.0

package store

import (
	"math"
	"slices"
	"time"

	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/store/wal"
	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
)

type traceID = trace.TraceID

// head is what is in memory only, and in the log.
type head struct {
	traces  map[traceID]*headTrace
	loose   records[segment.Log] // of no trace
	since   time.Time            // of the oldest of them
	origins segment.Origins
	spans   int
	logs    int
	bytes   int64
	changes uint64 // so often it changed
}

// headTrace is a trace in the head.
type headTrace struct {
	id          traceID
	spans       records[segment.Span]
	logs        records[segment.Log]
	first, last time.Time // when it began, and when it last received something
	start, end  int64     // the first start and the last end of its spans
	bytes       int64
	continued   bool // segments have parts of it
	own         int  // how many of its records share their bytes with no request
}

// records are spans or log records, and where the log has each. They are only
// appended to: who has a slice of them may read it without a lock.
type records[T any] struct {
	all []T
	at  []place
}

func (r *records[T]) len() int { return len(r.all) }

func (r *records[T]) add(v T, at place) { r.all, r.at = append(r.all, v), append(r.at, at) }

// grow makes room for so many more.
func (r *records[T]) grow(n int) { r.all, r.at = slices.Grow(r.all, n), slices.Grow(r.at, n) }

func (r *records[T]) join(newer *records[T]) {
	r.all, r.at = append(r.all, newer.all...), append(r.at, newer.at...)
}

// place is where the log has a record.
type place struct {
	position wal.Position
	n        uint32 // among the records of the request
	of       uint32 // so many
	share    uint32 // of the memory that the request takes besides its records
}

func newHead() head { return head{traces: map[traceID]*headTrace{}} }

// overhead is about how much memory a record takes besides its bytes.
const overhead = 200

// weight is how much memory a record of so many bytes takes.
func (p *place) weight(raw []byte) int64 { return int64(len(raw)) + int64(p.share) + overhead }

// of is a trace of the head.
func (h *head) of(id traceID, now time.Time) (t *headTrace, isNew bool) {
	t = h.traces[id]
	if t == nil {
		t = &headTrace{id: id, first: now, start: math.MaxInt64, end: math.MinInt64}
		h.traces[id] = t
		isNew = true
	}
	t.last = now
	return t, isNew
}

// addSpan adds a span.
func (h *head) addSpan(t *headTrace, s segment.Span, at place) {
	t.spans.add(s, at)
	t.start, t.end = min(t.start, s.Start), max(t.end, endOf(&s.Span))
	n := at.weight(s.Raw)
	t.bytes += n
	h.bytes += n
	h.spans++
}

// endOf is when a span ended, as summaries have it.
func endOf(s *wire.Span) int64 {
	whole := trace.Span{Start: s.Start, End: s.End}
	d := whole.Duration()
	end := s.Start + d
	switch {
	case d > 0 && end < s.Start:
		return math.MaxInt64
	case d < 0 && end > s.Start:
		return math.MinInt64
	}
	return end
}

func (h *head) addLog(t *headTrace, l segment.Log, at place) {
	t.logs.add(l, at)
	n := at.weight(l.Raw)
	t.bytes += n
	h.bytes += n
	h.logs++
}

func (h *head) addLoose(l segment.Log, at place, now time.Time) {
	if h.loose.len() == 0 {
		h.since = now
	}
	h.loose.add(l, at)
	h.bytes += at.weight(l.Raw)
	h.logs++
}

// remove takes a trace out.
func (h *head) remove(t *headTrace) {
	delete(h.traces, t.id)
	h.bytes -= t.bytes
	h.spans -= t.spans.len()
	h.logs -= t.logs.len()
	h.changes++
}

// takeLoose takes out the log records of no trace.
func (h *head) takeLoose() records[segment.Log] {
	out := h.loose
	for i, at := range out.at {
		h.bytes -= at.weight(out.all[i].Raw)
	}
	h.logs -= out.len()
	h.loose = records[segment.Log]{}
	h.changes++
	return out
}

// putBack adds what could not be written into a segment.
func (h *head) putBack(traces map[traceID]*headTrace, loose records[segment.Log]) {
	for id, old := range traces {
		if t := h.traces[id]; t != nil {
			old.spans.join(&t.spans)
			old.logs.join(&t.logs)
			old.start, old.end, old.last = min(old.start, t.start), max(old.end, t.end), t.last
			old.bytes += t.bytes
			h.remove(t)
		}
		h.traces[id] = old
		h.bytes += old.bytes
		h.spans += old.spans.len()
		h.logs += old.logs.len()
	}
	loose.join(new(h.takeLoose()))
	for i, l := range loose.all {
		h.addLoose(l, loose.at[i], h.since)
	}
	h.changes++
}

// oldest is when the oldest thing in the head came.
func (h *head) oldest() (at time.Time, any bool) {
	for _, t := range h.traces {
		if !any || t.first.Before(at) {
			at, any = t.first, true
		}
	}
	if h.loose.len() > 0 && (!any || h.since.Before(at)) {
		at, any = h.since, true
	}
	return at, any
}
