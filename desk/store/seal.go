// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/store/wal"
)

// scope says what of the head is to become a segment.
type scope int

const (
	whatIsDue scope = iota
	everything
)

// batch is what becomes a segment.
type batch struct {
	traces   map[traceID]*headTrace
	loose    records[segment.Log]
	manifest segment.Manifest
}

// seal writes what is due into a segment. It is called by one goroutine at a time.
func (s *Store) seal(what scope) error {
	s.sealing.Lock()
	defer s.sealing.Unlock()
	if s.isClosed() {
		return ErrClosed // another process may have the folder
	}
	for {
		b, more := s.freeze(what)
		if b == nil {
			return nil
		}
		if err := s.write(b); err != nil {
			return fmt.Errorf("store: write a segment: %w", err)
		}
		if !more {
			return nil
		}
	}
}

func (s *Store) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// freeze takes what is due out of the head, nil for nothing; queries go on finding
// it. more says that there is more than one segment should have.
func (s *Store) freeze(what scope) (b *batch, more bool) {
	s.gate.Lock()
	defer s.gate.Unlock()
	s.mu.Lock()
	due, more := s.head.due(&s.cfg, what, time.Now())
	none := len(due) == 0 && (s.head.loose.len() == 0 || what == whatIsDue && !s.head.isAged(&s.cfg, time.Now()))
	s.mu.Unlock()
	if none {
		return nil, false
	}
	covered := s.log.Rotate()
	s.mu.Lock()
	defer s.mu.Unlock()
	b = &batch{traces: make(map[traceID]*headTrace, len(due)), loose: s.head.takeLoose()}
	for _, t := range due {
		b.traces[t.id] = t
		s.head.remove(t)
		s.frozenSpans += t.spans.len()
		s.frozenBytes += t.bytes
	}
	s.frozen, s.loose = b.traces, b.loose.all
	places := s.head.places()
	s.head.detach(places)
	s.nextSeq++
	b.manifest = segment.Manifest{Seq: s.nextSeq, Order: s.nextSeq, Made: time.Now().UnixNano(), Covered: covered, Held: held(places)}
	return b, more
}

// isOverfull reports whether there is so much in the head that also traces which
// go on are to be written.
func (h *head) isOverfull(cfg *Config) bool {
	return h.spans >= cfg.HeadSpans*3/2 || h.bytes >= cfg.HeadBytes*3/2
}

// isAged reports whether something has been in the head for too long.
func (h *head) isAged(cfg *Config, now time.Time) bool {
	oldest, any := h.oldest()
	return any && now.Sub(oldest) >= cfg.HeadAge
}

// due are the traces that are to be written, those that received nothing for the
// longest time first: when the head is full or something in it old, those that are
// quiet; when it is overfull, also others, until half of it is left.
func (h *head) due(cfg *Config, what scope, now time.Time) (due []*headTrace, more bool) {
	full := h.spans >= cfg.HeadSpans || h.bytes >= cfg.HeadBytes
	overfull, aged := h.isOverfull(cfg), h.isAged(cfg, now)
	if what == whatIsDue && !full && !aged {
		return nil, false
	}
	all := slices.SortedFunc(maps.Values(h.traces), func(s, t *headTrace) int { return s.last.Compare(t.last) })
	spans, left := 0, h.bytes
	for i, t := range all {
		quiet, old := now.Sub(t.last) >= cfg.HoldBack, now.Sub(t.first) >= cfg.HeadAge
		if what == whatIsDue && !quiet && !old && !(overfull && 2*left > h.bytes) {
			continue
		}
		due = append(due, t)
		spans, left = spans+t.spans.len(), left-t.bytes
		if spans >= cfg.HeadSpans {
			return due, what == everything && i+1 < len(all)
		}
	}
	if what == whatIsDue && !aged && !overfull && spans < cfg.HeadSpans/2 {
		return nil, false // too little for a segment, while there is room
	}
	return due, false
}

// places are which records of requests are in the head.
func (h *head) places() map[wal.Position][]uint32 {
	of := map[wal.Position][]uint32{}
	add := func(places []place) {
		for len(places) > 0 {
			same := 1
			for same < len(places) && places[same].position == places[0].position {
				same++
			}
			numbers := slices.Grow(of[places[0].position], same)
			for i := range same {
				numbers = append(numbers, places[i].n)
			}
			of[places[0].position] = numbers
			places = places[same:]
		}
	}
	for _, t := range h.traces {
		add(t.spans.at)
		add(t.logs.at)
	}
	add(h.loose.at)
	return of
}

// detach copies the bytes of records of which the request has few others in the
// head: they share them with the whole request, which would stay as well.
func (h *head) detach(places map[wal.Position][]uint32) {
	few := func(at place) bool { return 2*len(places[at.position]) < int(at.of) }
	for _, t := range h.traces {
		if slices.ContainsFunc(t.spans.at, few) || slices.ContainsFunc(t.logs.at, few) {
			t.detach()
		}
	}
}

func (t *headTrace) detach() {
	if t.own == t.spans.len()+t.logs.len() {
		return
	}
	spans, logs := slices.Clone(t.spans.all), slices.Clone(t.logs.all)
	size := 0
	for i := range spans {
		size += len(spans[i].Raw) + len(spans[i].Name)
	}
	for i := range logs {
		size += len(logs[i].Raw)
	}
	buffer := make([]byte, 0, size)
	own := func(b []byte) []byte {
		from := len(buffer)
		buffer = append(buffer, b...)
		return buffer[from:len(buffer):len(buffer)]
	}
	for i := range spans {
		spans[i].Raw, spans[i].Name = own(spans[i].Raw), own(spans[i].Name)
	}
	for i := range logs {
		logs[i].Raw = own(logs[i].Raw)
	}
	t.spans.all, t.logs.all, t.own = spans, logs, len(spans)+len(logs)
}

// held is what the requests have that stays in the head.
func held(places map[wal.Position][]uint32) (out []segment.Held) {
	for _, p := range slices.Sorted(maps.Keys(places)) {
		numbers := places[p]
		slices.Sort(numbers)
		out = append(out, segment.Held{Position: p, Ranges: ranges(numbers)})
	}
	return out
}

// ranges are ascending numbers as [segment.Held] has them.
func ranges(numbers []uint32) (out []int) {
	end := 0
	for _, n := range numbers {
		if len(out) > 0 && int(n) == end {
			out[len(out)-1]++
		} else {
			out = append(out, int(n)-end, 1)
		}
		end = int(n) + 1
	}
	return out
}

// write makes a segment of a batch, or puts it back into the head.
func (s *Store) write(b *batch) error {
	g, err := s.writeSegment(b)
	if err != nil {
		s.unfreeze(b, err)
		return err
	}
	prints := b.prints()
	s.mu.Lock()
	s.segments = append(slices.Clip(s.segments), g)
	s.notePartsLocked(g)
	s.knowLocked(g, prints)
	s.thawLocked(nil)
	s.mu.Unlock()
	return s.log.Release(releasable(&b.manifest))
}

// prints are the fingerprints of the traces.
func (b *batch) prints() []uint32 {
	out := make([]uint32, 0, len(b.traces))
	for id := range b.traces {
		out = append(out, segment.Fingerprint(id))
	}
	return out
}

// unfreeze puts a batch back.
func (s *Store) unfreeze(b *batch, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.head.putBack(b.traces, b.loose)
	s.thawLocked(err)
}

// thawLocked ends the writing of a segment, and says why it failed.
func (s *Store) thawLocked(err error) {
	s.frozen, s.loose, s.frozenSpans, s.frozenBytes = nil, nil, 0, 0
	s.stuck = err
	s.head.changes++
	close(s.room)
	s.room = make(chan struct{})
}

// releasable is the last request of the log that nothing is needed of.
func releasable(m *segment.Manifest) wal.Position {
	if len(m.Held) > 0 {
		return min(m.Covered, m.Held[0].Position-1)
	}
	return m.Covered
}

// writeSegment writes a batch. If the disk is full, it gives up the room that was
// set aside.
func (s *Store) writeSegment(b *batch) (*segment.Segment, error) {
	in, err := s.inputOf(b)
	if err != nil {
		return nil, err
	}
	dir, err := segment.Write(s.segmentDir(), in)
	if errors.Is(err, syscall.ENOSPC) && s.giveUpReserve() {
		dir, err = segment.Write(s.segmentDir(), in)
	}
	if err != nil {
		return nil, err
	}
	g, err := segment.Open(dir, s.caches)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return g, nil
}

func (s *Store) segmentDir() string { return filepath.Join(s.cfg.Dir, segmentDir) }

// inputOf is a batch with what older segments have of its traces.
func (s *Store) inputOf(b *batch) (*segment.Input, error) {
	in := &segment.Input{Manifest: b.manifest, Traces: make([]segment.Trace, 0, len(b.traces)), Logs: b.loose.all}
	older := s.hold()
	defer release(older)
	for _, t := range b.traces {
		out := segment.Trace{ID: t.id, Spans: t.spans.all, Logs: t.logs.all}
		if t.continued {
			var err error
			if out.Earlier, err = partIn(older, t.id); err != nil {
				s.report(err) // the trace is summed up without it
			}
		}
		in.Traces = append(in.Traces, out)
	}
	return in, nil
}

// partIn is what segments have of a trace, nil for nothing.
func partIn(segments []*segment.Segment, id traceID) (*segment.Part, error) {
	var all *segment.Part
	for _, g := range segments {
		e, ok, err := g.Find(id)
		if err != nil {
			return all, err
		}
		if !ok {
			continue
		}
		p, err := g.Part(&e)
		if err != nil {
			return all, err
		}
		if all == nil {
			all = &segment.Part{}
		}
		all.Spans = append(all.Spans, p.Spans...)
		all.Identity.Fill(p.Identity)
		all.Logs += p.Logs
	}
	return all, nil
}

// hold returns the segments, which stay until [release].
func (s *Store) hold() []*segment.Segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.holdLocked()
}

func (s *Store) holdLocked() []*segment.Segment {
	for _, g := range s.segments {
		g.Hold()
	}
	return s.segments
}

func release(segments []*segment.Segment) {
	for _, g := range segments {
		g.Release()
	}
}

// notePartsLocked notes which traces a segment has a further part of.
func (s *Store) notePartsLocked(g *segment.Segment) {
	continued := g.Continued()
	if len(continued) == 0 {
		return
	}
	parts := maps.Clone(s.parts)
	for _, id := range continued {
		parts[id] = max(parts[id], g.Manifest.Order)
	}
	s.parts = parts
}
