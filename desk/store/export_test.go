// SPDX-License-Identifier: Apache-2.0

package store

import (
	"time"

	"github.com/sidetrace/sidetrace/desk/store/segment"
)

// Merge merges segments that are small.
func (s *Store) Merge() error { return s.merge() }

// MergeAll merges all segments into one.
func (s *Store) MergeAll() error {
	return s.mergeSome(func() []*segment.Segment {
		if len(s.segments) < 2 {
			return nil
		}
		return s.segments
	})
}

// Retain removes what is too old or too much.
func (s *Store) Retain() { s.retain(time.Now()) }

// WaitForSegments returns when everything that is due was written into segments.
func (s *Store) WaitForSegments() { _ = s.seal(whatIsDue) }

// HoldSealing has no segment written until resume is called.
func (s *Store) HoldSealing() (resume func()) {
	s.sealing.Lock()
	return s.sealing.Unlock
}

// EndLogFile has the next request in a file of its own.
func (s *Store) EndLogFile() { s.log.Rotate() }

// KeepReserve sets room aside.
func (s *Store) KeepReserve() { s.keepReserve() }

// Segments is how many there are.
func (s *Store) Segments() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.segments)
}

// Bytes is how much the segments take.
func (s *Store) Bytes() (n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.segments {
		n += g.Manifest.Bytes
	}
	return n
}

// SegmentDirs are the folders of the segments.
func (s *Store) SegmentDirs() (dirs []string) {
	for _, g := range s.segments {
		dirs = append(dirs, g.Dir)
	}
	return dirs
}

// LookAt has answers look at so many spans for a page, and at so many to count.
func (s *Store) LookAt(look, count int) {
	s.budgets = budgets{look: look, count: count, logs: look, cells: look}
}

// Watchers is how many watch.
func (s *Store) Watchers() int {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	return len(s.watch.all)
}

// Waiting is how many traces wait to be told.
func (s *Store) Waiting() (n int) {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	for w := range s.watch.all {
		n += len(w.ids)
	}
	return n
}

// Tell tells that something of traces came.
func (s *Store) Tell(ids []traceID) { s.watch.tell(ids) }

// ReadCells has answers about spans read so many values at most.
func (s *Store) ReadCells(n int) { s.budgets.cells = n }

// Continued is of how many traces in memory segments may have parts.
func (s *Store) Continued() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.head.traces {
		if t.continued {
			n++
		}
	}
	return n
}
