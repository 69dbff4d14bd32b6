// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/store/wal"
	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// recover finds what is in the folder.
func (s *Store) recover() error {
	if err := s.openSegments(); err != nil {
		return err
	}
	if err := s.replay(); err != nil {
		return err
	}
	s.keepReserve()
	return nil
}

// openSegments opens all segments. What is none is removed, and what is damaged set
// aside.
func (s *Store) openSegments() error {
	entries, err := os.ReadDir(s.segmentDir())
	if err != nil {
		return err
	}
	var broken []string // by their side files
	for _, e := range entries {
		dir := filepath.Join(s.segmentDir(), e.Name())
		g, err := s.openSegment(dir)
		if _, ok := errors.AsType[*segment.SideError](err); ok {
			broken = append(broken, dir)
			s.report(err)
		} else if err != nil {
			s.report(err)
		}
		if g != nil {
			s.segments = append(s.segments, g)
		}
	}
	s.mendAll(broken)
	s.inOrder()
	s.dropReplaced()
	for _, g := range s.segments {
		s.nextSeq = max(s.nextSeq, g.Manifest.Seq, g.Manifest.Order)
		s.notePartsLocked(g)
	}
	for _, g := range s.segments[max(len(s.segments)-lookBack, 0):] {
		prints, err := g.Fingerprints()
		s.report(err) // what goes on of its traces may be listed twice
		s.knowLocked(g, prints)
	}
	return nil
}

func (s *Store) inOrder() {
	slices.SortFunc(s.segments, func(a, b *segment.Segment) int {
		return cmp.Or(cmp.Compare(a.Manifest.Order, b.Manifest.Order), cmp.Compare(a.Manifest.Seq, b.Manifest.Seq))
	})
}

// openSegment opens one, nil if there is none to be used.
func (s *Store) openSegment(dir string) (*segment.Segment, error) {
	if _, err := os.Stat(filepath.Join(dir, segment.ManifestFile)); errors.Is(err, os.ErrNotExist) {
		return nil, os.RemoveAll(dir) // it was never finished, or half removed
	}
	g, err := segment.Open(dir, s.caches)
	if _, ok := errors.AsType[*segment.SideError](err); ok {
		return nil, err
	}
	if errors.Is(err, segment.ErrDamaged) {
		return nil, errors.Join(err, s.setAside(dir))
	}
	return g, err
}

// setAside moves a segment out of the way.
func (s *Store) setAside(dir string) error {
	aside := filepath.Join(s.cfg.Dir, damagedDir)
	if err := os.MkdirAll(aside, 0o700); err != nil {
		return err
	}
	to := filepath.Join(aside, filepath.Base(dir))
	if err := os.Rename(dir, to); err != nil {
		return err
	}
	return fmt.Errorf("set aside as %s; all others are used", to)
}

// mendAll makes the side files of segments again, from the lowest order on: each
// knows what is in those before it.
func (s *Store) mendAll(dirs []string) {
	orders := map[string]uint64{}
	for _, dir := range dirs {
		m, err := segment.ReadManifest(dir)
		if err != nil {
			s.report(errors.Join(err, s.setAside(dir)))
			continue
		}
		orders[dir] = m.Order
	}
	for _, dir := range slices.SortedFunc(maps.Keys(orders), func(a, b string) int { return cmp.Compare(orders[a], orders[b]) }) {
		s.mend(dir, orders[dir])
	}
}

// mend makes the side files of a segment again.
func (s *Store) mend(dir string, order uint64) {
	s.inOrder()
	older := slices.Clone(s.segments)
	older = slices.DeleteFunc(older, func(g *segment.Segment) bool { return g.Manifest.Order >= order })
	err := segment.Rebuild(dir, func(id traceID) (*segment.Part, error) { return partIn(older, id) })
	if err == nil {
		var g *segment.Segment
		if g, err = segment.Open(dir, s.caches); err == nil {
			s.segments = append(s.segments, g)
			return
		}
	}
	s.report(errors.Join(err, s.setAside(dir)))
}

// dropReplaced removes segments that were merged into another one.
func (s *Store) dropReplaced() {
	replaced := map[uint64]bool{}
	for _, g := range s.segments {
		for _, seq := range g.Manifest.Replaces {
			replaced[seq] = true
		}
	}
	s.segments = slices.DeleteFunc(s.segments, func(g *segment.Segment) bool {
		if replaced[g.Manifest.Seq] {
			g.Remove()
		}
		return replaced[g.Manifest.Seq]
	})
}

// replay reads what no segment has from the log.
func (s *Store) replay() error {
	covered, held := s.covered()
	var r wire.Request
	l, found, err := wal.Open(wal.Config{
		Dir: filepath.Join(s.cfg.Dir, logDir), SyncEvery: s.cfg.SyncEvery, Report: s.report,
	}, covered, func(rec *wal.Record) error {
		wanted := everyRecord
		if rec.Position <= covered {
			wanted = held[rec.Position]
		}
		s.replayRecord(rec, &r, wanted)
		return nil
	})
	if err != nil {
		return err
	}
	s.log = l
	s.reportFound(found)
	return l.Release(s.releasable())
}

// replayRecord adds the records of a request that are wanted to the head; nil: none
// is, but the request is remembered. One that cannot be read is reported, and one
// that the log has a second time left out.
func (s *Store) replayRecord(rec *wal.Record, r *wire.Request, wanted func(int) bool) {
	body, err := rec.Body()
	if err == nil && wanted != nil {
		err = s.parse(r, rec.Kind, body)
	}
	if _, partial := errors.AsType[*format.PartialError](err); err != nil && !partial {
		s.report(fmt.Errorf("replay request %d: %w", rec.Position, err))
		return
	}
	key := sumOf(rec.Kind, body)
	o, first := s.recent.begin(key)
	if first {
		s.recent.end(key, o, nil)
	}
	if wanted == nil || !first {
		return
	}
	s.insertLocked(r, rec.Position, time.Now(), wanted)
	if s.head.isOverfull(&s.cfg) {
		s.wakeUp()
	}
}

// covered is how far the segments have the log, and what is held of requests
// before that: a function for each that says which records are.
func (s *Store) covered() (wal.Position, map[wal.Position]func(int) bool) {
	held := map[wal.Position]func(int) bool{}
	if len(s.segments) == 0 {
		return 0, held
	}
	m := s.segments[len(s.segments)-1].Manifest
	for _, h := range m.Held {
		held[h.Position] = func(n int) bool { return inRanges(h.Ranges, n) }
	}
	return m.Covered, held
}

func inRanges(ranges []int, n int) bool {
	end := 0
	for i := 0; i+1 < len(ranges); i += 2 {
		from := end + ranges[i]
		if end = from + ranges[i+1]; n < end {
			return n >= from
		}
	}
	return false
}

func (s *Store) releasable() wal.Position {
	if len(s.segments) == 0 {
		return 0
	}
	return releasable(s.segments[len(s.segments)-1].Manifest)
}

// reportFound tells about what the log lost.
func (s *Store) reportFound(f *wal.Recovery) {
	if f.Torn > 0 {
		s.report(fmt.Errorf("the log's end was cut off: %d bytes of what was being written when the process or the machine died", f.Torn))
	}
	if f.Lost > 0 || len(f.Damaged) > 0 {
		s.report(fmt.Errorf("the log is damaged: %d requests are lost; set aside as %q", f.Lost, f.Damaged))
	}
}
