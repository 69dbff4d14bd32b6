// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"sync"
	"time"

	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/store/wal"
	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// Append keeps a request: an ExportTraceServiceRequest or an
// ExportLogsServiceRequest in protobuf. When it returns, queries find what it
// carries, and it survives the death of the process. The body is the store's from
// then on.
//
// A [wire.MalformedError] says that the body is no such request, and a
// [format.PartialError] that some of its records were left out, and the others
// kept. A [FullError] asks to come again later. A request that is equal, byte by
// byte, to one of the last thousands is taken for one that was sent again, and
// kept once.
func (s *Store) Append(ctx context.Context, kind Kind, body []byte) error {
	r := requests.Get().(*wire.Request)
	defer putRequest(r)
	err := s.parse(r, kind, body)
	if _, partial := errors.AsType[*format.PartialError](err); err != nil && !partial {
		return fmt.Errorf("store: append: %w", err)
	}
	if len(r.Spans) == 0 && len(r.Logs) == 0 {
		return err
	}
	key := sumOf(kind, body)
	o, first := s.recent.begin(key)
	if first {
		s.recent.end(key, o, s.append(ctx, kind, body, r))
	}
	select {
	case <-o.done:
		return errors.Join(err, o.err)
	case <-ctx.Done():
		return &FullError{ctx.Err()}
	}
}

func (s *Store) parse(r *wire.Request, kind Kind, body []byte) error {
	switch {
	case kind == Traces && s.cfg.Checked:
		return r.FindTraces(body)
	case kind == Traces:
		return r.ParseTraces(body)
	case kind == Logs && s.cfg.Checked:
		return r.FindLogs(body)
	case kind == Logs:
		return r.ParseLogs(body)
	}
	return fmt.Errorf("kind %d: want %d, traces, or %d, logs", kind, Traces, Logs)
}

var requests = sync.Pool{New: func() any { return &wire.Request{} }}

func putRequest(r *wire.Request) {
	clear(r.Groups)
	clear(r.Spans)
	clear(r.Logs)
	if cap(r.Spans) < 1<<14 {
		requests.Put(r)
	}
}

// append writes a request into the log and adds it to the head.
func (s *Store) append(ctx context.Context, kind Kind, body []byte, r *wire.Request) error {
	if err := s.waitForRoom(ctx); err != nil {
		return err
	}
	s.gate.RLock()
	defer s.gate.RUnlock()
	at, err := s.log.Append(kind, body)
	s.note(err)
	switch {
	case errors.Is(err, wal.ErrFull):
		return &FullError{err}
	case errors.Is(err, wal.ErrClosed):
		return ErrClosed
	case err != nil:
		return fmt.Errorf("store: append: %w", err)
	}
	s.mu.Lock()
	touched := s.insertLocked(r, at, time.Now(), everyRecord)
	overfull := s.head.isOverfull(&s.cfg)
	s.mu.Unlock()
	s.watch.tell(touched)
	if overfull {
		s.wakeUp()
	}
	return nil
}

// note remembers whether the log could be written.
func (s *Store) note(err error) {
	if err != nil {
		s.unwritten.Store(&err)
	} else if s.unwritten.Load() != nil {
		s.unwritten.Store(nil)
	}
}

// Health is what keeps the store from keeping requests: why the last one, or the
// last segment, could not be written. It is nil if nothing does.
func (s *Store) Health(context.Context) error {
	s.mu.Lock()
	stuck, closed := s.stuck, s.closed
	s.mu.Unlock()
	if closed {
		return ErrClosed
	}
	if err := s.unwritten.Load(); err != nil {
		return fmt.Errorf("store: the last request was not written: %w", *err)
	}
	if stuck != nil {
		return fmt.Errorf("store: the last segment was not written: %w", stuck)
	}
	return nil
}

// waitForRoom waits while the head is twice as large as it should be.
func (s *Store) waitForRoom(ctx context.Context) error {
	for {
		s.mu.Lock()
		room, stuck, closed := s.room, s.stuck, s.closed
		full := s.head.spans+s.frozenSpans >= 2*s.cfg.HeadSpans || s.head.bytes+s.frozenBytes >= 2*s.cfg.HeadBytes
		s.mu.Unlock()
		switch {
		case closed:
			return ErrClosed
		case !full:
			return nil
		case stuck != nil:
			return &FullError{stuck}
		}
		s.wakeUp()
		select {
		case <-room:
		case <-s.done:
		case <-ctx.Done():
			return &FullError{fmt.Errorf("segments are not written as fast as requests come: %w", ctx.Err())}
		}
	}
}

// everyRecord takes all records of a request.
func everyRecord(int) bool { return true }

// insertLocked adds the records of a request that are wanted to the head. It
// returns the traces that they are of, those more than once whose records are not
// side by side.
func (s *Store) insertLocked(r *wire.Request, at wal.Position, now time.Time, wanted func(n int) bool) (touched []traceID) {
	made := s.head.origins.Made()
	origins := make([]*segment.Origin, len(r.Groups))
	for i := range r.Groups {
		origins[i] = s.head.origins.Of(&r.Groups[i])
	}
	from := place{position: at, of: uint32(len(r.Spans) + len(r.Logs)), share: shareOf(r, s.head.origins.Made()-made)}
	var t *headTrace
	of := func(id traceID) *headTrace {
		if t == nil || t.id != id {
			var isNew bool
			if t, isNew = s.head.of(id, now); isNew {
				t.continued = s.hasPartsLocked(id)
			}
			touched = append(touched, id)
		}
		return t
	}
	for i := range r.Spans {
		if wanted(i) {
			sp := &r.Spans[i]
			if t == nil || t.id != sp.TraceID {
				of(sp.TraceID).spans.grow(sameTrace(r.Spans[i:]))
			}
			from.n = uint32(i)
			s.head.addSpan(t, segment.Span{Span: *sp, Origin: origins[sp.Group]}, from)
		}
	}
	for i := range r.Logs {
		if !wanted(i) {
			continue
		}
		from.n = uint32(i)
		l := segment.Log{Log: r.Logs[i], Origin: origins[r.Logs[i].Group]}
		if l.TraceID.IsZero() {
			s.head.addLoose(l, from, now)
			continue
		}
		s.head.addLog(of(l.TraceID), l, from)
	}
	s.head.changes++
	return touched
}

// sameTrace is how many spans the first trace has before another one follows.
func sameTrace(spans []wire.Span) int {
	n := 1
	for n < len(spans) && spans[n].TraceID == spans[0].TraceID {
		n++
	}
	return n
}

// shareOf is what each record of a request has to answer for besides its own bytes:
// the rest of the request, which stays as long as they do, and what was made of it.
func shareOf(r *wire.Request, made int64) uint32 {
	rest := int64(r.Size) + made
	for i := range r.Spans {
		rest -= int64(len(r.Spans[i].Raw))
	}
	for i := range r.Logs {
		rest -= int64(len(r.Logs[i].Raw))
	}
	return uint32(min(max(rest, 0)/int64(max(len(r.Spans)+len(r.Logs), 1)), math.MaxUint32))
}

// sum stands for a request: a sum of 64 bits with a seed that nobody knows, and what
// else two requests would have to have in common. Among a thousand requests a second
// for ten years, one is taken for another one with a probability of 0.0002.
type sum struct {
	kind  Kind
	bytes int
	of    uint64
}

var sumSeed = maphash.MakeSeed()

func sumOf(kind Kind, body []byte) sum { return sum{kind, len(body), maphash.Bytes(sumSeed, body)} }

// remembered is how many requests are remembered, to know those that are sent
// again.
const remembered = 8192

// recent are the requests that came lately. Its zero value is ready.
type recent struct {
	mu    sync.Mutex // guards all below
	known map[sum]*outcome
	ring  []sum // what is known, from the oldest on
	next  int   // the oldest, once the ring is full
}

// outcome is what has come of a request; done is closed once err is known.
type outcome struct {
	done chan struct{}
	err  error
}

// begin notes a request, or finds the one before that is equal.
func (r *recent) begin(s sum) (o *outcome, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o := r.known[s]; o != nil {
		return o, false
	}
	o = &outcome{done: make(chan struct{})}
	if r.known == nil {
		r.known = map[sum]*outcome{}
	}
	r.known[s] = o
	if len(r.ring) < remembered {
		r.ring = append(r.ring, s)
		return o, true
	}
	delete(r.known, r.ring[r.next])
	r.ring[r.next] = s
	r.next = (r.next + 1) % remembered
	return o, true
}

// end says what has come of a request. One that failed is forgotten.
func (r *recent) end(s sum, o *outcome, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o.err = err
	close(o.done)
	if err != nil && r.known[s] == o {
		delete(r.known, s)
	}
}
