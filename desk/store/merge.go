// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"os"

	"github.com/sidetrace/sidetrace/desk/store/segment"
)

// A segment is small with less than a fourth of what the head takes, and so many that
// follow one another are merged, unless they have more than that together.
const (
	smallShare  = 4
	mergeAtOnce = 8
)

// merge merges segments that are small, so that their number grows with what is
// stored and not with time. Only such as follow one another are: those between
// would know less than the merged one, and more than its parts.
func (s *Store) merge() error { return s.mergeSome(s.smallLocked) }

// mergeSome merges segments that follow one another, if there are any to be.
func (s *Store) mergeSome(pickLocked func() []*segment.Segment) error {
	s.sealing.Lock()
	defer s.sealing.Unlock()
	s.mu.Lock()
	parts := pickLocked()
	held := s.holdLocked()
	if len(parts) > 0 {
		s.nextSeq++
	}
	seq := s.nextSeq
	s.mu.Unlock()
	defer release(held)
	if len(parts) == 0 {
		return nil
	}
	g, err := s.mergeParts(parts, held, seq)
	if err != nil {
		return fmt.Errorf("merge segments: %w", err)
	}
	s.mu.Lock()
	s.replaceLocked(parts, g)
	s.mu.Unlock()
	for _, p := range parts {
		p.Remove()
	}
	return nil
}

// smallLocked are the oldest segments that are to be merged, nil for none.
func (s *Store) smallLocked() []*segment.Segment {
	most := s.cfg.HeadSpans / smallShare
	for size := max(most/mergeAtOnce, 1); size <= most; size *= mergeAtOnce {
		if run := s.smallRunLocked(size, most); run != nil {
			return run
		}
	}
	return nil
}

// recordsOf is how many records a segment has, or how many of usual length take the
// same memory, if these are more: all of a merge are in memory at once.
func (s *Store) recordsOf(g *segment.Segment) int {
	usual := float64(s.cfg.HeadBytes) / float64(s.cfg.HeadSpans)
	return max(g.Manifest.Spans+g.Manifest.Logs, int(float64(g.Manifest.Raw)/usual))
}

// smallRunLocked are the first segments in a row that have fewer records than a
// size each, if they are enough of them or have enough together.
func (s *Store) smallRunLocked(size, enough int) []*segment.Segment {
	from, sum := 0, 0
	for i, g := range s.segments {
		n := s.recordsOf(g)
		if n >= size || s.unmergeable[g] {
			from, sum = i+1, 0
			continue
		}
		sum += n
		if many := i + 1 - from; many >= mergeAtOnce || many > 1 && sum >= enough {
			return s.segments[from : i+1]
		}
	}
	return nil
}

// mergeParts writes one segment of several.
func (s *Store) mergeParts(parts, all []*segment.Segment, seq uint64) (*segment.Segment, error) {
	last := parts[len(parts)-1].Manifest
	in := &segment.Input{Manifest: segment.Manifest{Seq: seq, Order: last.Order, Made: last.Made, Covered: last.Covered, Held: last.Held}}
	at := map[traceID]int{}
	for _, p := range parts {
		in.Manifest.Replaces = append(in.Manifest.Replaces, p.Manifest.Seq)
		traces, logs, err := p.ReadAll()
		if err != nil {
			s.leave(p)
			return nil, err
		}
		for _, t := range traces {
			i, ok := at[t.ID]
			if !ok {
				at[t.ID] = len(in.Traces)
				in.Traces = append(in.Traces, t)
				continue
			}
			in.Traces[i].Spans = append(in.Traces[i].Spans, t.Spans...)
			in.Traces[i].Logs = append(in.Traces[i].Logs, t.Logs...)
		}
		in.Logs = append(in.Logs, logs...)
	}
	if err := addEarlier(in, parts[0], all); err != nil {
		return nil, err
	}
	dir, err := segment.Write(s.segmentDir(), in)
	if err != nil {
		return nil, err
	}
	g, err := segment.Open(dir, s.caches)
	if err != nil { // the next try makes another one of the same parts
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return g, nil
}

// addEarlier adds what segments before the first have of the traces that they may
// have.
func addEarlier(in *segment.Input, first *segment.Segment, all []*segment.Segment) error {
	var older []*segment.Segment
	for _, g := range all {
		if g == first {
			break
		}
		older = append(older, g)
	}
	older = older[max(len(older)-lookBack, 0):]
	for i := range in.Traces {
		part, err := partIn(older, in.Traces[i].ID)
		if err != nil {
			return err
		}
		in.Traces[i].Earlier = part
	}
	return nil
}

// leave has a segment that cannot be read as a whole stay as it is.
func (s *Store) leave(g *segment.Segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unmergeable[g] = true
}
