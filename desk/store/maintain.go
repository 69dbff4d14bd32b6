// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sidetrace/sidetrace/desk/store/segment"
)

// interval is how often the store looks at what is old, and mergeAgain when it tries
// again to merge what it could not.
const (
	interval   = time.Second
	mergeAgain = time.Minute
)

// wakeUp has the head looked at.
func (s *Store) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// maintain writes, merges and removes segments.
func (s *Store) maintain() {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	var failed time.Time // when segments could not be merged
	for {
		select {
		case <-s.done:
			return
		case <-s.wake:
		case now := <-tick.C:
			s.retain(now)
			s.keepReserve()
			if now.Sub(failed) < mergeAgain {
				break
			}
			if err := s.merge(); err != nil {
				s.report(err)
				failed = now
			}
		}
		if err := s.seal(whatIsDue); err != nil && !errors.Is(err, ErrClosed) {
			s.report(err)
			s.pause()
		}
	}
}

// pause waits for a moment after something went wrong.
func (s *Store) pause() {
	select {
	case <-s.done:
	case <-time.After(interval):
	}
}

// retain removes the segments that are too old or too much.
func (s *Store) retain(now time.Time) {
	s.mu.Lock()
	var gone []*segment.Segment
	bytes := s.log.Size()
	for _, g := range s.segments {
		bytes += g.Manifest.Bytes
	}
	for _, g := range s.segments {
		tooOld := s.cfg.MaxAge > 0 && now.Sub(time.Unix(0, g.Manifest.Made)) > s.cfg.MaxAge
		tooMuch := s.cfg.MaxBytes > 0 && bytes > s.cfg.MaxBytes
		if (tooOld || tooMuch) && s.mayGoLocked(g) {
			gone = append(gone, g)
			bytes -= g.Manifest.Bytes
			if tooOld {
				s.removed.TooOld.add(g.Manifest)
			} else {
				s.removed.TooMuch.add(g.Manifest)
			}
		}
	}
	s.replaceLocked(gone, nil)
	s.mu.Unlock()
	for _, g := range gone {
		g.Remove()
	}
}

// Removed is what has been removed since the store was opened: what was older than
// [Config.MaxAge], and what was more than [Config.MaxBytes].
type Removed struct{ TooOld, TooMuch Amount }

// An Amount is how much something is.
type Amount struct{ Spans, Logs, Bytes uint64 }

func (a *Amount) add(m *segment.Manifest) {
	a.Spans += uint64(m.Spans)
	a.Logs += uint64(m.Logs)
	a.Bytes += uint64(m.Bytes)
}

// Removed is what has been removed so far.
func (s *Store) Removed() Removed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.removed
}

// mayGoLocked reports whether a segment may be removed: not the last, which says
// what of the log is in segments, unless the log is empty.
func (s *Store) mayGoLocked(g *segment.Segment) bool {
	last := g == s.segments[len(s.segments)-1]
	return !last || len(g.Manifest.Held) == 0 && s.log.Size() == 0
}

// replaceLocked takes segments out and puts another one, nil for none, in their
// place.
func (s *Store) replaceLocked(gone []*segment.Segment, by *segment.Segment) {
	if len(gone) == 0 {
		return
	}
	left := make([]*segment.Segment, 0, len(s.segments))
	for _, g := range s.segments {
		if !slices.Contains(gone, g) {
			left = append(left, g)
			continue
		}
		if by != nil {
			left, by = append(left, by), nil
		}
	}
	s.segments, s.parts = left, map[traceID]uint64{}
	for _, g := range left {
		s.notePartsLocked(g)
	}
	s.head.changes++
}

func (s *Store) reservePath() string { return filepath.Join(s.cfg.Dir, reserve) }

// keepReserve sets room aside, so that a segment can be written when others have
// filled the disk.
func (s *Store) keepReserve() {
	info, err := os.Stat(s.reservePath())
	if err == nil && info.Size() == s.cfg.ReserveBytes || s.cfg.ReserveBytes == 0 {
		return
	}
	if !s.isRoomy() {
		return
	}
	if err := os.WriteFile(s.reservePath(), make([]byte, s.cfg.ReserveBytes), 0o600); err != nil {
		_ = os.Remove(s.reservePath()) // there is no room: it is tried again
	}
}

// isRoomy reports whether the last segment could be written.
func (s *Store) isRoomy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stuck == nil
}

// giveUpReserve makes room. It reports whether there was any.
func (s *Store) giveUpReserve() bool {
	info, err := os.Stat(s.reservePath())
	return err == nil && info.Size() > 0 && os.Remove(s.reservePath()) == nil
}
