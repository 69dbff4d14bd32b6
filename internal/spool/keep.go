// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// makeSpares keeps a segment ready, so that Append makes no file.
func (s *Spool) makeSpares() {
	for {
		select {
		case <-s.done:
			return
		case <-s.make:
		}
		for {
			s.mu.Lock()
			need, closed := s.lackingLocked(), s.closed
			s.mu.Unlock()
			if need == 0 || closed {
				break
			}
			if s.makeSpare(need) != nil {
				break
			}
		}
	}
}

// lackingLocked returns the size of the next spare that is needed, 0 if none is.
func (s *Spool) lackingLocked() int64 {
	want := s.want + segmentHeader
	if s.want > 0 && !slices.ContainsFunc(s.spares, func(g *segment) bool { return g.fits(s.want) }) {
		return max(s.cfg.SegmentBytes, (want+7)&^7)
	}
	s.want = 0
	if len(s.spares) == 0 {
		return s.cfg.SegmentBytes
	}
	return 0
}

// makeSpare makes a segment, and room for it by removing the oldest ones.
func (s *Spool) makeSpare(size int64) error {
	err := s.tryMakeSpare(size)
	s.mu.Lock()
	known := s.spareErr != nil
	s.spareErr = err
	s.changed.Broadcast()
	s.mu.Unlock()
	if err != nil && !known {
		s.report(fmt.Errorf("records wait in memory: %w", err))
	}
	return err
}

func (s *Spool) tryMakeSpare(size int64) error {
	anything := func(g *segment) bool { return g.file != nil }
	s.mu.Lock()
	for s.bytes+size > s.cfg.MaxBytes && s.evictLocked(Evicted, anything) {
	}
	s.bytes += size
	s.files++
	number := s.files
	s.mu.Unlock()
	for {
		s.empty()
		g, err := newSegment(s.own, number, size)
		s.mu.Lock()
		switch {
		case err == nil:
			s.spares = append(s.spares, g)
			s.own.segments++
			s.mu.Unlock()
			return nil
		case !errors.Is(err, syscall.ENOSPC) || !s.evictLocked(NoRoom, anything):
			s.bytes -= size
			s.mu.Unlock()
			return err
		}
		s.mu.Unlock()
	}
}

// keepTidy does what takes time and nobody waits for.
func (s *Spool) keepTidy() {
	tick := time.NewTicker(s.cfg.SyncEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-s.tidy:
			s.settle()
			s.empty()
		case <-tick.C:
			s.expire()
			s.sync()
			s.retry()
		}
	}
}

// retry asks for a spare again, if there was no room for one.
func (s *Spool) retry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spareErr != nil {
		signal(s.make)
	}
}

// settle unmaps segments that are complete.
func (s *Spool) settle() {
	s.mu.Lock()
	var full []*segment
	for _, g := range s.segments {
		if g.sealed.Load() {
			full = append(full, g)
		}
	}
	s.mu.Unlock()
	for _, g := range full {
		s.mu.Lock()
		counts := g.counts
		s.mu.Unlock()
		if err := g.settle(counts); err != nil {
			s.report(err)
		}
		s.mu.Lock()
		if limit := g.limit.Load(); g.file != nil && g.size > limit && g.writers.Load() == 0 {
			s.bytes -= g.size - limit
			g.size = limit
		}
		s.mu.Unlock()
	}
}

// sync writes the current segment through.
func (s *Spool) sync() {
	s.mu.Lock()
	g := s.current
	s.mu.Unlock()
	if g == nil {
		return
	}
	if err := g.sync(); err != nil {
		s.report(err)
	}
}

// expire removes segments that are too old.
func (s *Spool) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := func(g *segment) bool { return time.Since(g.made) > s.cfg.MaxAge }
	if g := s.current; g != nil && old(g) {
		s.sealLocked()
	}
	for s.evictLocked(Expired, old) {
	}
}

// evictLocked gives up the oldest segment of a kind, and counts what the cursors
// have not taken from it.
func (s *Spool) evictLocked(reason Reason, which func(*segment) bool) bool {
	if len(s.cursors) == 0 {
		return false // they come, and are to count
	}
	for _, g := range s.segments {
		if g != s.current && which(g) {
			for _, c := range s.cursors {
				c.evictLocked(g, reason)
			}
			s.dropLocked(g)
			signal(s.tidy)
			return true
		}
	}
	return false
}

// dropLocked takes g from the list.
func (s *Spool) dropLocked(g *segment) {
	s.segments = slices.DeleteFunc(s.segments, func(o *segment) bool { return o == g })
	if g.file == nil {
		s.memory -= g.size
	} else {
		s.bytes -= g.size
	}
	g.dropped = true
	s.trash = append(s.trash, g)
}

// freeLocked drops the segments that all cursors have behind them.
func (s *Spool) freeLocked() {
	for len(s.segments) > 0 {
		g := s.segments[0]
		if g == s.current || !g.sealed.Load() || slices.ContainsFunc(s.cursors, func(c *Cursor) bool { return !c.behindLocked(g) }) {
			return
		}
		s.dropLocked(g)
		signal(s.tidy)
	}
}

// empty removes what has been dropped.
func (s *Spool) empty() {
	s.mu.Lock()
	trash := s.trash
	s.trash = nil
	s.mu.Unlock()
	for _, g := range trash {
		if g.writers.Load() > 0 {
			s.mu.Lock()
			s.trash = append(s.trash, g) // the last writer wakes us
			s.mu.Unlock()
			continue
		}
		if err := g.remove(); err != nil {
			s.report(err)
		}
		s.leave(g.folder)
	}
}

// leave gives up the folder of a dead process with its last segment.
func (s *Spool) leave(f *folder) {
	if f == nil {
		return
	}
	s.mu.Lock()
	f.segments--
	over := f.segments == 0 && f != s.own
	if over {
		s.folders = slices.DeleteFunc(s.folders, func(o *folder) bool { return o == f })
	}
	s.mu.Unlock()
	if over {
		if err := f.clear(); err != nil {
			s.report(err)
		}
	}
}

// clear removes what belongs to the spool, and releases the folder.
func (f *folder) clear() error {
	names, err := filepath.Glob(filepath.Join(f.Path, "*"+cursorExt))
	for _, name := range names {
		if gone := os.Remove(name); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return errors.Join(err, f.Release())
}

// awaitWriters waits for the records that are being copied.
func (s *Spool) awaitWriters() {
	s.mu.Lock()
	all := slices.Concat(s.segments, s.trash)
	s.mu.Unlock()
	for _, g := range all {
		for g.writers.Load() > 0 {
			runtime.Gosched()
		}
	}
}

// Close ends the use of the spool. What is not delivered stays on disk for the next
// [Open]. Append answers [fs.ErrClosed] from now on.
func (s *Spool) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.sealLocked()
	s.changed.Broadcast()
	s.mu.Unlock()
	close(s.done)
	s.keepers.Wait()
	s.awaitWriters()

	s.settle()
	s.mu.Lock()
	for _, c := range s.cursors {
		c.skipLocked()
	}
	s.freeLocked()
	s.trash = append(s.trash, s.spares...)
	s.spares = nil
	s.mu.Unlock()
	s.empty()
	var errs []error
	for _, g := range s.segments { // nobody else is left
		errs = append(errs, g.close())
	}
	for _, c := range s.cursors {
		errs = append(errs, c.close())
	}
	for _, f := range s.folders {
		errs = append(errs, f.Release())
	}
	if s.own == nil {
		return errors.Join(errs...)
	}
	if s.own.segments == 0 {
		return errors.Join(append(errs, s.own.clear())...)
	}
	return errors.Join(append(errs, s.own.Release())...)
}
