// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/store/wal"
	"github.com/sidetrace/sidetrace/internal/procdir"
)

// A Kind says what a request carries.
type Kind = wal.Kind

// The kinds of requests.
const (
	Traces = wal.Traces // an ExportTraceServiceRequest
	Logs   = wal.Logs   // an ExportLogsServiceRequest
)

// Config says where and how a store keeps what it is given. Zero means the default
// of each, unless said otherwise.
type Config struct {
	// Dir is the store's folder, which one process at a time uses. It has no default.
	Dir string
	// SyncEvery is how long a request may have been answered before it is safe from
	// a power cut: [DefaultSyncEvery]. A negative one: it is safe before the answer.
	SyncEvery time.Duration
	// HeadSpans and HeadBytes are how much may be in memory before it is written
	// into a segment: [DefaultHeadSpans] and [DefaultHeadBytes]. It may become twice
	// as much while a segment is written.
	HeadSpans int
	HeadBytes int64
	// HeadAge is how long something may be in memory: [DefaultHeadAge].
	HeadAge time.Duration
	// HoldBack is how long a trace must have received nothing to be written into a
	// segment, as long as there is room: [DefaultHoldBack].
	HoldBack time.Duration
	// MaxAge is how long after they came spans are kept, and MaxBytes how much log
	// and segments may take on disk; zero: there is no limit. The newest segment
	// stays.
	MaxAge   time.Duration
	MaxBytes int64
	// CacheBytes is how much memory may keep what was read: [DefaultCacheBytes].
	CacheBytes int64
	// ReserveBytes are set aside on the disk, so that a segment can be written when
	// the disk is full: [DefaultReserveBytes]; negative: none.
	ReserveBytes int64
	// Checked says that who appends requests has checked them, as package receive
	// does: that all texts are UTF-8, and that no record is one that [Store.Append]
	// would leave out. The store then does not look into attributes before it has to.
	Checked bool
	// Report is told what goes wrong, and what was found wrong at the start; nil:
	// nobody is.
	Report func(error)
}

// The defaults of a [Config].
const (
	DefaultSyncEvery    = 200 * time.Millisecond
	DefaultHeadSpans    = 64 << 10
	DefaultHeadBytes    = 48 << 20
	DefaultHeadAge      = 5 * time.Minute
	DefaultHoldBack     = 10 * time.Second
	DefaultCacheBytes   = 96 << 20
	DefaultReserveBytes = 16 << 20
)

func (c Config) orDefaults() Config {
	c.SyncEvery = max(cmp.Or(c.SyncEvery, DefaultSyncEvery), 0)
	c.HeadSpans = cmp.Or(c.HeadSpans, DefaultHeadSpans)
	c.HeadBytes = cmp.Or(c.HeadBytes, DefaultHeadBytes)
	c.HeadAge = cmp.Or(c.HeadAge, DefaultHeadAge)
	c.HoldBack = cmp.Or(c.HoldBack, DefaultHoldBack)
	c.CacheBytes = cmp.Or(c.CacheBytes, DefaultCacheBytes)
	c.ReserveBytes = max(cmp.Or(c.ReserveBytes, DefaultReserveBytes), 0)
	return c
}

func (c *Config) check() error {
	if c.Dir == "" {
		return errors.New("store: open: no folder is given")
	}
	if c.HeadSpans < 0 || c.HeadBytes < 0 || c.HeadAge < 0 || c.HoldBack < 0 || c.MaxAge < 0 || c.MaxBytes < 0 || c.CacheBytes < 0 {
		return errors.New("store: open: a bound is negative: want a positive one, or zero for the default")
	}
	return nil
}

// ErrClosed is what methods return after [Store.Close].
var ErrClosed = errors.New("store: closed")

// A FullError says that there is no room for a request: the disk is full, or
// segments are not written as fast as requests come. Nothing of it was kept; it may
// be tried again.
type FullError struct{ Err error }

// Error says where there is no room.
func (e *FullError) Error() string { return fmt.Sprintf("store: no room: %v", e.Err) }

// Unwrap is where there is no room.
func (e *FullError) Unwrap() error { return e.Err }

// RetryAfter is when it makes sense to try again.
func (e *FullError) RetryAfter() time.Duration { return time.Second }

// The folders of a store.
const (
	logDir     = "log"
	segmentDir = "seg"
	damagedDir = "damaged"
	reserve    = "reserve"
)

// A Store keeps traces and log records in a folder, and finds them. Its methods may
// be called by any goroutine.
type Store struct {
	cfg     Config
	budgets budgets
	folder  *procdir.Folder
	log     *wal.Log
	caches  *segment.Caches

	// gate is held for reading while a request goes into the log and the head, and
	// for writing while parts of the head become a segment: what the log has up to
	// its last position is then in the head.
	gate    sync.RWMutex
	sealing sync.Mutex // who has it writes or merges segments
	recent  recent

	unwritten atomic.Pointer[error] // why the last request could not be written; nil: it was

	mu     sync.Mutex // guards all below
	head   head
	last   *snapshot              // of the head
	frozen map[traceID]*headTrace // traces that are being written into a segment
	loose  []segment.Log          // log records of no trace that are being written
	// frozenSpans and frozenBytes are how much is being written.
	frozenSpans int
	frozenBytes int64
	segments    []*segment.Segment // by Order
	parts       map[traceID]uint64 // of traces that are in several segments, the highest Order
	known       known              // traces of the newest segments
	nextSeq     uint64
	removed     Removed
	room        chan struct{} // closed when there may be room in the head again
	stuck       error         // why the last segment could not be written
	closed      bool
	// unmergeable are segments that cannot be read as a whole.
	unmergeable map[*segment.Segment]bool

	meter *headMeter

	toldMu sync.Mutex // guards told
	told   map[string]bool

	wake    chan struct{}
	done    chan struct{}
	stopped sync.WaitGroup
	watch   watchers
}

// Open opens the store in a folder, which is made if need be. What was not yet in a
// segment is read from the log.
func Open(cfg Config) (*Store, error) {
	cfg = cfg.orDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(cfg.Dir, segmentDir), 0o700); err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	folder, err := procdir.Lock(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("store: open %s: %w", cfg.Dir, err)
	}
	if folder == nil {
		return nil, fmt.Errorf("store: open %s: another process uses it", cfg.Dir)
	}
	s := &Store{
		cfg: cfg, budgets: defaultBudgets, folder: folder, caches: segment.NewCaches(cfg.CacheBytes), head: newHead(), parts: map[traceID]uint64{}, unmergeable: map[*segment.Segment]bool{}, meter: newHeadMeter(),
		room: make(chan struct{}), wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	if err := s.recover(); err != nil {
		return nil, errors.Join(fmt.Errorf("store: open %s: %w", cfg.Dir, err), folder.Release())
	}
	s.stopped.Go(s.maintain)
	return s, nil
}

// report tells about what went wrong where nobody waits for an answer.
func (s *Store) report(err error) {
	if s.cfg.Report != nil && err != nil {
		s.cfg.Report(fmt.Errorf("store: %w", err))
	}
}

// reportOnce is for what goes wrong again and again, such as reading a damaged
// page.
func (s *Store) reportOnce(err error) {
	s.toldMu.Lock()
	defer s.toldMu.Unlock()
	text := err.Error()
	if s.told[text] {
		return
	}
	if s.told == nil || len(s.told) >= maxTold {
		s.told = map[string]bool{}
	}
	s.told[text] = true
	s.report(err)
}

// maxTold is how many messages are remembered.
const maxTold = 1000

// Close ends the store: requests that were answered are on the disk. It may be
// called more than once.
func (s *Store) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	close(s.done)
	s.stopped.Wait()
	s.sealing.Lock() // whoever flushes has ended
	defer s.sealing.Unlock()
	s.gate.Lock()
	defer s.gate.Unlock()
	return errors.Join(s.log.Close(), s.folder.Release())
}

// Flush writes what is in memory into a segment, whatever its age. It returns
// [ErrClosed] after [Store.Close].
func (s *Store) Flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.seal(everything)
}
