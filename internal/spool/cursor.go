// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Reason says why a record was given up.
type Reason string

// The reasons of the spool itself. Whoever delivers has more.
const (
	NoRoom  Reason = "no_room" // neither disk nor memory had any
	Evicted Reason = "evicted" // the budget was used up
	Expired Reason = "expired" // it was too old
	Damaged Reason = "damaged" // it was not on disk as it had been written
)

const (
	cursorExt  = ".cursor"
	cursorSize = 24

	never = math.MaxInt64
)

// position is a place in the log: behind the record of a kind with the number
// ordinal in its segment.
type position struct {
	segment *segment // nil before the first one
	off     int64
	ordinal uint32
}

// Cursor is how far the records of one kind have come to one place. Its methods
// may be called from several goroutines at once, but [Cursor.Next] by one at a
// time.
type Cursor struct {
	spool *Spool
	kind  Kind
	name  string // of its file

	// C is sent to when as many records wait as [Cursor.Await] has said.
	C chan struct{}

	// Guarded by Spool.mu:
	began           map[*folder]position // where earlier processes stood
	next, confirmed position
	saved           position  // confirmed, and in the file
	pending         []*flight // taken, in order
	expected        int64     // records, those left by dead processes included
	taken           int64     // of them, by Next
	lost            map[Reason]int64
	delivered       int64
	settled         int64            // of the records taken, those confirmed
	dropped         map[Reason]int64 // after they were taken
	wakeAt          int64            // count of Spool.made

	fileMu  sync.Mutex // guards what follows
	files   map[*folder]*os.File
	stored  map[*folder]position
	failing bool // the latest write has failed
	closed  bool
}

// Record is one that is to be delivered. It is valid until its batch is done.
type Record struct {
	Origin  *Origin
	Payload []byte
}

// Batch is what [Cursor.Next] has taken. It is given back by [Cursor.Done].
type Batch struct {
	Records []Record

	buffer []byte
	flight *flight
}

// flight is a batch that has been taken, as its cursor knows it.
type flight struct {
	after   position
	records int
	done    bool
}

// Counts say what has become of the records that a cursor was to deliver:
// Made = Delivered + Waiting + the sum of Dropped.
type Counts struct {
	Made, Delivered, Waiting int64
	// Taken are those of Waiting that are on their way.
	Taken   int64
	Dropped map[Reason]int64
}

// Cursor returns the cursor for a place, before the first [Spool.Append]. It goes
// on where the one with the same name stood in the folders of dead processes;
// where there was none, it has all that they left.
func (s *Spool) Cursor(k Kind, name string) *Cursor {
	sum := sha256.Sum256([]byte(k.String() + " " + name))
	c := &Cursor{
		spool: s, kind: k, name: hex.EncodeToString(sum[:12]) + cursorExt, C: make(chan struct{}, 1),
		lost: map[Reason]int64{}, dropped: map[Reason]int64{}, wakeAt: never,
		began: map[*folder]position{}, files: map[*folder]*os.File{}, stored: map[*folder]position{},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cursors = append(s.cursors, c)
	for _, f := range s.folders {
		c.expectLocked(f)
	}
	return c
}

// expectLocked counts what f has for c, and finds its place in it.
func (c *Cursor) expectLocked(f *folder) {
	at := readCursor(filepath.Join(f.Path, c.name))
	for _, g := range c.spool.segments {
		if g.folder != f {
			continue
		}
		switch {
		case g.seq < at.seq:
			c.began[f] = position{g, never, g.counts[c.kind]}
		case g.seq == at.seq:
			confirmed := min(at.ordinal, g.counts[c.kind])
			c.expected += int64(g.counts[c.kind] - confirmed)
			// Not at the offset: the origins are before it.
			c.began[f] = position{g, segmentHeader, confirmed}
		default:
			c.expected += int64(g.counts[c.kind])
		}
	}
}

// Await has C sent to when n records wait that are not taken.
func (c *Cursor) Await(n int64) {
	s := c.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	if missing := n - c.waitingLocked(); missing > 0 {
		c.wakeAt = s.made[c.kind] + missing
		s.wakeAt[c.kind] = min(s.wakeAt[c.kind], c.wakeAt)
		return
	}
	c.wakeAt = never
	signal(c.C)
}

// wakeLocked wakes the cursors whose time has come.
func (s *Spool) wakeLocked(k Kind) {
	s.wakeAt[k] = never
	for _, c := range s.cursors {
		switch {
		case c.kind != k:
		case c.wakeAt <= s.made[k]:
			c.wakeAt = never
			signal(c.C)
		default:
			s.wakeAt[k] = min(s.wakeAt[k], c.wakeAt)
		}
	}
}

// allLocked is how many records c was to deliver so far.
func (c *Cursor) allLocked() int64 { return c.expected + c.spool.made[c.kind] }

// waitingLocked is how many records are not taken.
func (c *Cursor) waitingLocked() int64 { return c.allLocked() - c.taken - total(c.lost) }

func total(m map[Reason]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

// Counts returns what has become of all records so far.
func (c *Cursor) Counts() Counts {
	c.spool.mu.Lock()
	defer c.spool.mu.Unlock()
	n := Counts{Made: c.allLocked(), Delivered: c.delivered, Dropped: maps.Clone(c.lost)}
	for r, v := range c.dropped {
		n.Dropped[r] += v
	}
	n.Waiting = n.Made - n.Delivered - total(n.Dropped)
	n.Taken = c.taken - c.delivered - total(c.dropped)
	return n
}

func (c *Cursor) loseLocked(r Reason, n int64) {
	if n > 0 {
		c.lost[r] += n
	}
}

// startLocked returns where c begins to read in g.
func (c *Cursor) startLocked(g *segment) position {
	if at, ok := c.began[g.folder]; ok {
		switch {
		case at.segment == g:
			return at
		case at.segment.index > g.index:
			return position{g, never, g.counts[c.kind]}
		}
	}
	return position{g, segmentHeader, 0}
}

// behindLocked reports whether c is past the end of g, and its file says so.
func (c *Cursor) behindLocked(g *segment) bool {
	if len(c.pending) == 0 && c.saved == c.confirmed && c.waitingLocked() == 0 {
		return true // nothing in it is for c
	}
	at := c.saved
	if at.segment == nil {
		return false
	}
	return at.segment.index > g.index || at.segment == g && c.overLocked(at)
}

// overLocked reports whether nothing comes behind at in its segment.
func (c *Cursor) overLocked(at position) bool {
	g := at.segment
	return g.sealed.Load() && g.writers.Load() == 0 && at.off >= g.limit.Load()
}

// skipLocked moves c over what has no records for it: to the next segment.
func (c *Cursor) skipLocked() {
	for {
		at := c.next
		if at.segment != nil && !at.segment.dropped && !c.overLocked(at) {
			break
		}
		i := slices.IndexFunc(c.spool.segments, func(g *segment) bool { return at.segment == nil || g.index > at.segment.index })
		if at.segment != nil {
			// What should have come, and did not.
			c.loseLocked(Damaged, int64(at.segment.counts[c.kind])-int64(at.ordinal))
			c.next.ordinal = at.segment.counts[c.kind]
		}
		if i < 0 {
			break
		}
		c.next = c.startLocked(c.spool.segments[i])
	}
	if len(c.pending) == 0 && c.saved == c.confirmed {
		c.confirmed, c.saved = c.next, c.next
	}
}

// evictLocked counts what c has not taken from g, which goes.
func (c *Cursor) evictLocked(g *segment, why Reason) {
	at := c.next
	if at.segment == nil || at.segment.index < g.index {
		start := c.startLocked(g)
		c.loseLocked(why, int64(g.counts[c.kind])-int64(start.ordinal))
		return
	}
	if at.segment == g {
		c.loseLocked(why, int64(g.counts[c.kind])-int64(at.ordinal))
		c.next = position{g, never, g.counts[c.kind]}
	}
}

// Done says what has become of a batch: how many of its records were delivered
// and how many given up, all in all as many as it has.
func (c *Cursor) Done(b *Batch, delivered int, dropped map[Reason]int) {
	s := c.spool
	s.mu.Lock()
	c.delivered += int64(delivered)
	for r, n := range dropped {
		c.dropped[r] += int64(n)
	}
	b.flight.done = true
	var passed []position // the last one in each segment
	n := 0
	for n < len(c.pending) && c.pending[n].done {
		if n > 0 && c.confirmed.segment != c.pending[n].after.segment {
			passed = append(passed, c.confirmed)
		}
		c.confirmed = c.pending[n].after
		c.settled += int64(c.pending[n].records)
		n++
	}
	c.pending = slices.Delete(c.pending, 0, n)
	at := c.confirmed
	s.mu.Unlock()
	b.release()
	if n == 0 {
		return
	}
	c.store(append(passed, at))
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.saved.segment == nil || c.saved.segment.index < at.segment.index || c.saved.segment == at.segment && c.saved.off < at.off {
		c.saved = at
	}
	c.skipLocked()
	s.freeLocked()
}

// store writes positions to the files in their folders. It reports the first one of
// several errors: the disk may be full for long.
func (c *Cursor) store(passed []position) {
	c.fileMu.Lock()
	was := c.failing
	var err error
	for _, at := range passed {
		err = errors.Join(err, c.storeLocked(at))
	}
	c.fileMu.Unlock()
	if err != nil && !was {
		c.spool.report(err)
	}
}

func (c *Cursor) storeLocked(at position) error {
	g := at.segment
	if g.folder == nil || g.folder.left.Load() || c.closed {
		return nil
	}
	last := c.stored[g.folder]
	if last.segment != nil && (last.segment.index > g.index || last.segment == g && last.off >= at.off) {
		return nil
	}
	err := c.writeLocked(at)
	c.failing = err != nil
	c.stored[g.folder] = at
	return err
}

func (c *Cursor) writeLocked(at position) error {
	f := at.segment.folder
	file := c.files[f]
	if file == nil {
		var err error
		if file, err = os.OpenFile(filepath.Join(f.Path, c.name), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
			return err
		}
		c.files[f] = file
	}
	b := make([]byte, cursorSize)
	le.PutUint64(b, at.segment.seq)
	le.PutUint64(b[8:], uint64(at.off))
	le.PutUint32(b[16:], at.ordinal)
	le.PutUint32(b[20:], crc32.Checksum(b[:20], castagnoli))
	_, err := file.WriteAt(b, 0)
	return err
}

// stored is what the file of a cursor says.
type storedCursor struct {
	seq     uint64
	off     int64
	ordinal uint32
}

// readCursor returns the beginning of all for a file that cannot be used.
func readCursor(path string) (at storedCursor) {
	b, err := os.ReadFile(path)
	if err != nil || len(b) != cursorSize || le.Uint32(b[20:]) != crc32.Checksum(b[:20], castagnoli) {
		return at
	}
	return storedCursor{le.Uint64(b), int64(le.Uint64(b[8:])), le.Uint32(b[16:])}
}

// forget closes the file in a folder that is given up.
func (c *Cursor) forget(f *folder) error {
	c.fileMu.Lock()
	defer c.fileMu.Unlock()
	file := c.files[f]
	delete(c.files, f)
	delete(c.stored, f)
	if file == nil {
		return nil
	}
	return file.Close()
}

func (c *Cursor) close() error {
	c.fileMu.Lock()
	defer c.fileMu.Unlock()
	c.closed = true // the folders may be those of another process from now on
	var errs []error
	for _, f := range c.files {
		errs = append(errs, f.Close())
	}
	clear(c.files)
	return errors.Join(errs...)
}

// Waiting is how many records are not taken.
func (c *Cursor) Waiting() int64 {
	c.spool.mu.Lock()
	defer c.spool.mu.Unlock()
	return c.waitingLocked()
}

// Settled is how many records from the first one on are delivered or given up.
func (c *Cursor) Settled() int64 {
	c.spool.mu.Lock()
	defer c.spool.mu.Unlock()
	return c.settled + total(c.lost)
}

// InMemory is how many of the records that wait are in memory, where the end of the
// process takes them.
func (c *Cursor) InMemory() (n int64) {
	s := c.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.segments {
		if g.file != nil || g.folder != nil {
			continue
		}
		switch at := c.next; {
		case at.segment == nil || at.segment.index < g.index:
			n += int64(g.counts[c.kind])
		case at.segment == g:
			n += int64(g.counts[c.kind] - at.ordinal)
		}
	}
	for _, f := range c.pending {
		if f.after.segment.folder == nil && !f.done {
			n += int64(f.records)
		}
	}
	return min(n, c.allLocked()-c.delivered-total(c.lost)-total(c.dropped))
}

// Ahead is how many batches have been taken since the oldest one that is not done.
func (c *Cursor) Ahead() int {
	c.spool.mu.Lock()
	defer c.spool.mu.Unlock()
	return len(c.pending)
}

// Folder returns where the records of the process are, empty for memory.
func (c *Cursor) Folder() string { return c.spool.Folder() }

// Leave gives a batch back that could not be delivered, or not all of it. Its
// records go on waiting, for the next process: they come again, all of them.
func (c *Cursor) Leave(b *Batch, delivered int, dropped map[Reason]int) {
	c.spool.mu.Lock()
	c.delivered += int64(delivered)
	for r, n := range dropped {
		c.dropped[r] += int64(n)
	}
	c.spool.mu.Unlock()
	b.release()
}
