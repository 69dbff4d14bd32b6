// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
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
	if err != nil {
		s.want = 0 // the next try is for what everybody needs
	}
	s.changed.Broadcast()
	s.mu.Unlock()
	if err != nil && !known {
		s.report(fmt.Errorf("records wait in memory: %w", err))
	}
	return err
}

// noRoom reports whether removing files may help.
func noRoom(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

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
		if s.hasSpare(size) { // of an old one
			s.unbook(size)
			return nil
		}
		g, err := newSegment(s.own, number, size)
		if err == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.spares = append(s.spares, g)
			s.own.segments++
			return nil
		}
		// One long record is not worth all others.
		if !noRoom(err) || size > s.cfg.SegmentBytes || !s.evict(NoRoom, anything) {
			s.unbook(size)
			return err
		}
	}
}

func (s *Spool) hasSpare(size int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.spares, func(g *segment) bool { return g.size >= size })
}

// unbook gives bytes of the budget back.
func (s *Spool) unbook(size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes -= size
}

func (s *Spool) evict(reason Reason, which func(*segment) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.evictLocked(reason, which)
}

// keepTidy does what takes time and nobody waits for.
func (s *Spool) keepTidy() {
	tick := time.NewTicker(s.cfg.SyncEvery)
	defer tick.Stop()
	defer s.say()
	for {
		select {
		case <-s.done:
			return
		case <-s.tidy:
			s.say()
			s.empty() // first, as it may recycle what would be unmapped
			s.settle(keptMapped)
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

// keptMapped is how many segments stay mapped though they are complete. They may
// soon be delivered, and recycled.
const keptMapped = 1

// settle unmaps segments that are complete, but for the latest ones.
func (s *Spool) settle(but int) {
	s.mu.Lock()
	var full []*segment
	for _, g := range slices.Backward(s.segments) {
		switch {
		case !g.sealed.Load():
		case but > 0 && !g.broken:
			but--
		default:
			full = append(full, g)
		}
	}
	s.mu.Unlock()
	for _, g := range slices.Backward(full) {
		s.mu.Lock()
		counts := g.counts
		s.mu.Unlock()
		if err := g.settle(counts); err != nil {
			s.report(err)
		}
		s.mu.Lock()
		if limit := g.limit.Load(); g.file != nil && g.folder == s.own && !g.dropped && g.size > limit && g.writers.Load() == 0 {
			s.bytes -= g.size - limit
			g.size = limit
		}
		s.mu.Unlock()
	}
}

// sync writes through what has been added since it last did.
func (s *Spool) sync() {
	s.mu.Lock()
	var all []*segment
	for _, g := range s.segments {
		if g.file != nil && g.folder == s.own && !g.synced {
			all = append(all, g)
		}
	}
	s.mu.Unlock()
	var errs []error
	for _, g := range all {
		complete := g.sealed.Load() && g.writers.Load() == 0
		err := g.sync()
		g.synced = complete && err == nil
		errs = append(errs, err)
	}
	err := errors.Join(errs...)
	if err != nil && !s.unsynced {
		s.report(err)
	}
	s.unsynced = err != nil
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
	for len(s.segments) > 0 && len(s.cursors) > 0 {
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
			s.trash = append(s.trash, g) // the last writer wakes the keeper
			s.mu.Unlock()
			if g.writers.Load() == 0 {
				signal(s.tidy) // it did before that
			}
			continue
		}
		if s.recycle(g) {
			continue
		}
		if err := g.remove(); err != nil {
			s.report(err)
		}
		s.leave(g.folder)
	}
}

// spareCount is how many segments are made of old ones ahead of need. A process
// whose records are delivered as fast as they come makes no files then.
const spareCount = 2

// recycle makes a segment a spare that is still mapped: its pages are there.
func (s *Spool) recycle(g *segment) bool {
	size := s.cfg.SegmentBytes
	s.mu.Lock()
	wanted := g.file != nil && !g.broken && g.folder == s.own && len(s.spares) < spareCount && !s.closed && s.bytes+size <= s.cfg.MaxBytes
	if wanted {
		s.bytes += size
	}
	s.mu.Unlock()
	if !wanted {
		return false
	}
	fresh := g.reborn(size)
	s.mu.Lock()
	defer s.mu.Unlock()
	if fresh == nil {
		s.bytes -= size
		return false
	}
	s.spares = append(s.spares, fresh)
	s.changed.Broadcast()
	return true
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
		f.left.Store(true)
	}
	cursors := slices.Clone(s.cursors)
	s.mu.Unlock()
	if over {
		for _, c := range cursors {
			if err := c.forget(f); err != nil {
				s.report(err)
			}
		}
		if err := f.clear(); err != nil {
			s.report(err)
		}
	}
}

// clear removes the files of cursors if there is nothing left that they are about,
// and releases the folder.
func (f *folder) clear() error {
	segments, err := filesIn(f.Path, segmentExt) // there are those that could not be opened
	switch {
	case errors.Is(err, fs.ErrNotExist): // somebody has removed the folder
		err = nil
	case err == nil && len(segments) == 0:
		err = f.clearCursors()
	}
	return errors.Join(err, f.Release())
}

func (f *folder) clearCursors() error {
	names, err := filesIn(f.Path, cursorExt)
	for _, name := range names {
		if gone := os.Remove(name); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
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

	s.settle(0)
	s.mu.Lock()
	for _, c := range s.cursors {
		c.skipLocked()
	}
	s.freeLocked()
	s.trash = append(s.trash, s.spares...)
	s.spares = nil
	s.mu.Unlock()
	s.empty()
	return s.release()
}

// release closes files, and gives the folders up.
func (s *Spool) release() error {
	s.mu.Lock() // batches may still be on their way
	defer s.mu.Unlock()
	var errs []error
	for _, g := range slices.Concat(s.segments, s.trash) {
		errs = append(errs, g.close())
	}
	for _, c := range s.cursors {
		errs = append(errs, c.close())
	}
	for _, f := range s.folders {
		errs = append(errs, f.Release())
	}
	switch {
	case s.own == nil:
	case s.own.segments == 0:
		errs = append(errs, s.own.clear())
	default:
		errs = append(errs, s.own.Release())
	}
	return errors.Join(errs...)
}
