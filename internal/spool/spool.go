// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/sidetrace/sidetrace/internal/procdir"
	"github.com/sidetrace/sidetrace/internal/statedir"
)

// Defaults of [Config].
const (
	DefaultSegmentBytes = 8 << 20
	DefaultMaxBytes     = 512 << 20
	DefaultMaxAge       = 3 * 24 * time.Hour
	DefaultMemoryBytes  = 32 << 20
	DefaultSyncEvery    = time.Second
)

// Config says where a [Spool] keeps records, and how many. Zero fields mean the
// defaults.
type Config struct {
	// Dir is the folder of the service, in which each process has one. Empty
	// keeps records in memory.
	Dir string
	// SegmentBytes is the size of a segment.
	SegmentBytes int64
	// MaxBytes bounds all segments on disk, those that dead processes have left
	// included. Over it the oldest one goes.
	MaxBytes int64
	// MaxAge is how old a segment gets.
	MaxAge time.Duration
	// MemoryBytes bounds records in memory, which are there when the disk has no
	// room or is slow.
	MemoryBytes int64
	// SyncEvery is how often records are written through, for a loss of power.
	SyncEvery time.Duration
	// Report takes errors that no caller waits for. It may be nil.
	Report func(error)
}

// memorySegment is the size of segments in memory.
const memorySegment = 1 << 20

// patience is how long Append waits for the disk.
const patience = 100 * time.Millisecond

// longest is how much room a record and its origin may take: their lengths have 31
// bits.
const longest = math.MaxInt32

// ErrFull is what [Spool.Append] answers when there is room neither on disk nor in
// memory.
var ErrFull = errors.New("spool: no room")

// Spool is a log of records. Its methods may be called from several goroutines at
// once.
type Spool struct {
	cfg Config

	mu       sync.Mutex // guards what follows
	changed  *sync.Cond // spares, spareErr, closed
	own      *folder    // nil in memory
	folders  []*folder  // of the dead
	segments []*segment // oldest first, the one that is written to last
	current  *segment   // nil if none is
	spares   []*segment // made ahead
	want     int64      // room that somebody waits for
	spareErr error      // why there are none
	bytes    int64      // of segments and spares on disk
	memory   int64      // likewise in memory
	files    int        // made
	seq      uint64
	index    int64
	made     [kinds]int64 // records added
	wakeAt   [kinds]int64 // count of made at which a cursor is to be woken
	cursors  []*Cursor
	trash    []*segment
	unsaid   []error // to be reported
	closed   bool

	unsynced bool // the latest sync has failed, for the keeper alone

	internMu sync.Mutex // guards interned
	interned map[string]*Origin

	make, tidy chan struct{} // wake the keepers
	done       chan struct{}
	keepers    sync.WaitGroup
}

// Open opens a spool, and takes over what dead processes have left in cfg.Dir.
// When the folder cannot be used, err is not nil and the spool is in memory.
func Open(cfg Config) (*Spool, error) {
	cfg.SegmentBytes = cmp.Or(cfg.SegmentBytes, DefaultSegmentBytes)
	cfg.MaxBytes = cmp.Or(cfg.MaxBytes, DefaultMaxBytes)
	cfg.MaxAge = cmp.Or(cfg.MaxAge, DefaultMaxAge)
	cfg.MemoryBytes = cmp.Or(cfg.MemoryBytes, DefaultMemoryBytes)
	cfg.SyncEvery = cmp.Or(cfg.SyncEvery, DefaultSyncEvery)
	cfg.SegmentBytes = max(min(cfg.SegmentBytes, cfg.MaxBytes/4), 1<<12) &^ 7
	if cfg.Report == nil {
		cfg.Report = func(error) {}
	}
	s := &Spool{cfg: cfg, interned: map[string]*Origin{}, make: make(chan struct{}, 1), tidy: make(chan struct{}, 1), done: make(chan struct{})}
	s.changed = sync.NewCond(&s.mu)
	for k := range s.wakeAt {
		s.wakeAt[k] = never
	}
	var err error
	if cfg.Dir != "" {
		err = s.openDir()
	}
	if s.own != nil {
		s.keepers.Go(s.makeSpares)
		signal(s.make)
	}
	s.keepers.Go(s.keepTidy)
	return s, err
}

func (s *Spool) openDir() error {
	if err := statedir.Prepare(s.cfg.Dir); err != nil {
		return err
	}
	own, err := procdir.New(s.cfg.Dir)
	if err != nil {
		return err
	}
	dead, err := procdir.Adopt(s.cfg.Dir, s.report)
	if err != nil {
		s.report(err)
	}
	for _, f := range dead {
		s.adopt(f)
	}
	s.own = &folder{Folder: own}
	_ = s.makeSpare(s.cfg.SegmentBytes) // now, lest Append waits for the first one; it reports
	return nil
}

func (s *Spool) report(err error) { s.cfg.Report(fmt.Errorf("spool: %w", err)) }

// reportLocked leaves the report to a keeper: who takes it may call us.
func (s *Spool) reportLocked(err error) {
	s.unsaid = append(s.unsaid, err)
	signal(s.tidy)
}

// say makes the reports of [Spool.reportLocked].
func (s *Spool) say() {
	s.mu.Lock()
	unsaid := s.unsaid
	s.unsaid = nil
	s.mu.Unlock()
	for _, err := range unsaid {
		s.report(err)
	}
}

// Folder returns where the records of this process are, empty for memory.
func (s *Spool) Folder() string {
	if s.own == nil {
		return ""
	}
	return s.own.Path
}

// Append adds a record. It is safe from the death of the process when Append
// returns, unless the spool is in memory. It waits for the disk only when that has
// not kept up, and then a tenth of a second at most.
func (s *Spool) Append(k Kind, o *Origin, payload []byte) error {
	s.mu.Lock()
	p, err := s.placeLocked(k, o, len(payload))
	s.made[k]++
	if err != nil {
		s.refuseLocked(k)
		s.mu.Unlock()
		return err
	}
	if s.made[k] >= s.wakeAt[k] {
		s.wakeLocked(k)
	}
	s.mu.Unlock()

	quiet, err := p.fill(payload)
	if quiet {
		signal(s.tidy)
	}
	if err != nil {
		s.report(err)
	}
	if errors.Is(err, errFault) {
		s.abandon(p.segment)
		return err
	}
	return nil // what is not in the file can still be read from memory
}

// placeLocked takes the place of a record. The first one of o has its definition
// before it, which is written at once: another goroutine's record might be whole
// before it otherwise, when the process dies.
func (s *Spool) placeLocked(k Kind, o *Origin, payload int) (p place, err error) {
	for {
		g, err := s.roomLocked(o, payload)
		if err != nil {
			return place{}, err
		}
		number, err := g.numberLocked(o)
		if err == nil {
			p, err = g.reserveLocked(k, payload, number)
		}
		if err == nil {
			return p, nil
		}
		s.reportLocked(err)
		s.abandonLocked(g)
	}
}

func (s *Spool) abandon(g *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.abandonLocked(g)
}

// abandonLocked ends the use of a segment that cannot be accessed.
func (s *Spool) abandonLocked(g *segment) {
	g.broken = true
	if s.current == g {
		s.sealLocked()
	}
	signal(s.tidy)
}

func (s *Spool) refuseLocked(k Kind) {
	for _, c := range s.cursors {
		if c.kind == k {
			c.loseLocked(NoRoom, 1)
		}
	}
}

// roomLocked returns the segment that takes the record.
func (s *Spool) roomLocked(o *Origin, payload int) (*segment, error) {
	if g := s.current; g != nil && g.takes(o, payload) && !s.closed {
		return g, nil
	}
	return s.awaitRoomLocked(o, payload)
}

func (s *Spool) awaitRoomLocked(o *Origin, payload int) (*segment, error) {
	need := roomFor(o, payload)
	if need > longest {
		return nil, ErrFull
	}
	var expired bool
	var timer *time.Timer
	defer func() {
		if timer != nil {
			timer.Stop()
		}
	}()
	for {
		switch g := s.current; {
		case s.closed:
			return nil, fs.ErrClosed
		case g != nil && g.takes(o, payload):
			return g, nil
		case s.installLocked(need):
			continue
		case s.own == nil || expired || s.spareErr != nil || need > s.cfg.MaxBytes/2:
			return s.memoryLocked(need)
		}
		s.want = max(s.want, need)
		signal(s.make)
		if timer == nil {
			timer = time.AfterFunc(patience, func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				expired = true
				s.changed.Broadcast()
			})
		}
		s.changed.Wait()
	}
}

// installLocked makes a spare the current segment.
func (s *Spool) installLocked(need int64) bool {
	i := slices.IndexFunc(s.spares, func(g *segment) bool { return g.fits(need) })
	if i < 0 {
		return false
	}
	g := s.spares[i]
	s.spares = slices.Delete(s.spares, i, i+1)
	s.want = 0 // who still waits says so again
	s.replaceLocked(g)
	signal(s.make)
	return true
}

// replaceLocked makes g the current segment in place of the one before.
func (s *Spool) replaceLocked(g *segment) {
	s.sealLocked()
	s.seq++
	s.index++
	g.index = s.index
	if err := g.beginLocked(s.seq); err != nil {
		s.reportLocked(err)
	}
	s.segments = append(s.segments, g)
	s.current = g
}

// sealLocked ends the current segment.
func (s *Spool) sealLocked() {
	if s.current == nil {
		return
	}
	s.current.sealed.Store(true)
	s.current = nil
	signal(s.tidy)
}

// memoryLocked makes a segment in memory the current one.
func (s *Spool) memoryLocked(need int64) (*segment, error) {
	size := max(min(memorySegment, s.cfg.MemoryBytes/4), need+segmentHeader)
	if size > s.cfg.MemoryBytes {
		return nil, ErrFull
	}
	inMemory := func(g *segment) bool { return g.file == nil }
	for s.memory+size > s.cfg.MemoryBytes {
		s.sealLocked()
		if !s.evictLocked(Evicted, inMemory) {
			return nil, ErrFull
		}
	}
	g, err := newSegment(nil, 0, size)
	if err != nil {
		return nil, err
	}
	s.memory += size
	s.replaceLocked(g)
	if s.own != nil {
		signal(s.make) // perhaps the disk has room again
	}
	return g, nil
}

// signal wakes who waits for c.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
