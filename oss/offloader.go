// SPDX-License-Identifier: Apache-2.0

package oss

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/sidetrace/sidetrace/internal/spill"
)

// Defaults for the fields that an [OffloaderConfig] leaves zero.
const (
	DefaultWorkers        = 4
	DefaultPutTimeout     = 30 * time.Second
	DefaultMaxDiskBytes   = 1 << 30
	DefaultMaxMemoryBytes = 32 << 20
	DefaultRememberFor    = 6 * time.Hour
)

// How long the Offloader waits after a failed upload before the next one: twice
// as long each time, within these bounds, minus up to half at random.
const (
	minBackoff = 100 * time.Millisecond
	maxBackoff = 5 * time.Second
)

// maxRemembered bounds how many uploaded values are known by their hash.
const maxRemembered = 1 << 14

// OffloaderConfig tunes an [Offloader]. The zero value is usable, but loses what
// is not uploaded yet when the process dies; set Dir.
type OffloaderConfig struct {
	// Dir is the local folder that keeps values until they are uploaded. Any
	// number of processes may share one, as long as they upload to the same
	// place: what a dead one has left there is uploaded by the next to start. Empty means in memory, unless the Store is a [Dir], which needs
	// no such folder.
	Dir string
	// Workers is how many uploads run at once. Zero means [DefaultWorkers].
	Workers int
	// PutTimeout bounds one upload. Zero means [DefaultPutTimeout].
	PutTimeout time.Duration
	// MaxDiskBytes bounds what waits in Dir. Zero means [DefaultMaxDiskBytes].
	MaxDiskBytes int64
	// MaxMemoryBytes bounds what waits in memory: everything without a Dir, and
	// with one what did not fit or could not be written there. Zero means
	// [DefaultMaxMemoryBytes].
	MaxMemoryBytes int64
	// RememberFor is how long an uploaded value is not uploaded again. It must
	// be shorter than the life that the bucket gives its objects. Zero means
	// [DefaultRememberFor].
	RememberFor time.Duration
}

// Offloader swaps large values for links. The key of a value is its SHA-256,
//
//	{first two hex digits}/{64 hex digits}.txt
//
// so that its link is known before the upload, equal values are stored once and
// a repeated upload does no harm.
//
// Its methods may be called from several goroutines at once.
type Offloader struct {
	store   Linker
	cfg     OffloaderConfig
	local   bool // the store is on this machine and needs no folder before it
	spill   *spill.Dir
	warn    warner
	stop    context.CancelFunc
	stopped chan struct{} // closed when no goroutine is left

	keeping sync.WaitGroup // calls that are writing a value down; added to under mu

	mu     sync.Mutex // guards what follows
	values map[string]*value
	queue  []*value         // to upload, oldest first
	done   []*value         // uploaded, oldest first
	memory int64            // bytes waiting in memory
	wake   chan struct{}    // has one element when run has something to look at
	epoch  uint64           // of values that come now; each Flush begins another
	waits  map[uint64]int64 // pending values by epoch
	passed chan struct{}    // closed when an epoch has no pending values left, and replaced
	closed bool
	failed int       // uploads in a row
	retry  time.Time // not before
	stats  OffloaderStats
}

// OffloaderStats counts values and their bytes.
type OffloaderStats struct {
	// Uploaded values reached the store; Reused ones were there already or on
	// their way, from an earlier call; Refused ones got no link.
	Uploaded, Reused, Refused int64
	// Pending values wait for their upload, PendingBytes is their size.
	Pending, PendingBytes int64
	// Lost values were found damaged in the local folder.
	Lost int64
	// LastError is the latest failure, nil after a success.
	LastError error
}

// value is something offloaded, by key.
type value struct {
	key     string
	sum     [sha256.Size]byte
	size    int64
	body    []byte        // when it waits in memory
	spilled *spill.Value  // when it waits in the folder
	kept    chan struct{} // closed when it is safe in the folder or memory
	refused bool          // read after kept is closed
	epoch   uint64        // while pending
	at      time.Time     // of the upload; zero while pending
}

// NewOffloader returns an Offloader in front of store. What an earlier process
// left in cfg.Dir is uploaded too. Call [Offloader.Close] at the end.
func NewOffloader(store Linker, cfg OffloaderConfig) (*Offloader, error) {
	cfg.Workers = cmp.Or(max(cfg.Workers, 0), DefaultWorkers)
	cfg.PutTimeout = cmp.Or(max(cfg.PutTimeout, 0), DefaultPutTimeout)
	cfg.MaxDiskBytes = cmp.Or(max(cfg.MaxDiskBytes, 0), DefaultMaxDiskBytes)
	cfg.MaxMemoryBytes = cmp.Or(max(cfg.MaxMemoryBytes, 0), DefaultMaxMemoryBytes)
	cfg.RememberFor = cmp.Or(max(cfg.RememberFor, 0), DefaultRememberFor)
	o := &Offloader{
		store:   store,
		cfg:     cfg,
		values:  map[string]*value{},
		wake:    make(chan struct{}, 1),
		waits:   map[uint64]int64{},
		passed:  make(chan struct{}),
		stopped: make(chan struct{}),
	}
	_, o.local = store.(*Dir)
	if cfg.Dir != "" && !o.local {
		dir, left, err := spill.Open(cfg.Dir, cfg.MaxDiskBytes, o.unreadable)
		if err != nil {
			return nil, fmt.Errorf("oss: NewOffloader: %w", err)
		}
		o.spill = dir
		o.adopt(left)
	}
	ctx, cancel := context.WithCancel(context.Background())
	o.stop = cancel
	go o.run(ctx)
	return o, nil
}

// adopt queues what an earlier process left.
func (o *Offloader) adopt(left []*spill.Value) {
	o.mu.Lock()
	defer o.mu.Unlock()
	kept := make(chan struct{})
	close(kept)
	for _, in := range left {
		v := &value{key: keyOf(in.Sum), sum: in.Sum, size: in.Size, spilled: in, kept: kept}
		o.values[v.key] = v
		o.enqueueLocked(v)
	}
}

// unreadable takes what is wrong with the local folder.
func (o *Offloader) unreadable(err error) {
	o.warn.failed(fmt.Errorf("oss: %w", err))
	if errors.Is(err, spill.ErrDamaged) {
		o.count(func(s *OffloaderStats) { s.Lost++ })
	}
}

// Key returns the key under which value is stored.
func Key(value string) string {
	return keyOf(sha256.Sum256([]byte(value)))
}

func keyOf(sum [sha256.Size]byte) string {
	name := hex.EncodeToString(sum[:])
	return name[:2] + "/" + name + ".txt"
}

// Offload returns a link to text and sees to it that the link will lead
// there. It never waits for the store: text is written to the local folder
// and uploaded later.
//
// It answers ok = false, and the caller keeps the value, when neither the folder
// nor memory has room for it and after Close. A nil Offloader takes nothing.
func (o *Offloader) Offload(text string) (link string, ok bool) {
	if o == nil {
		return "", false
	}
	body := []byte(text)
	v, mine := o.claim(sha256.Sum256(body), int64(len(body)))
	if mine {
		v.refused = !o.keep(v, body)
		close(v.kept)
		o.keeping.Done()
	} else if v != nil {
		<-v.kept // another goroutine is writing it to the folder now
	}
	if v == nil || v.refused {
		o.count(func(s *OffloaderStats) { s.Refused++ })
		return "", false
	}
	return o.store.Link(v.key), true
}

// claim finds the value or makes it, which is then the caller's to keep. Nil
// means that it is refused.
func (o *Offloader) claim(sum [sha256.Size]byte, size int64) (v *value, mine bool) {
	key := keyOf(sum)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil, false
	}
	if v = o.values[key]; v != nil && (v.at.IsZero() || time.Since(v.at) < o.cfg.RememberFor) {
		o.stats.Reused++
		return v, false
	}
	v = &value{key: key, sum: sum, size: size, kept: make(chan struct{})}
	o.values[key] = v
	o.keeping.Add(1)
	return v, true
}

// keep makes v safe and queues its upload. Where it cannot, it forgets v.
func (o *Offloader) keep(v *value, body []byte) bool {
	if o.local {
		_, err := o.store.Put(context.Background(), v.key, body)
		o.mu.Lock()
		defer o.mu.Unlock()
		o.stats.LastError = err
		if err != nil {
			o.warn.failed(err)
			delete(o.values, v.key)
			return false
		}
		o.rememberLocked(v)
		return true
	}
	o.toSpill(v, body)
	o.mu.Lock()
	defer o.mu.Unlock()
	if v.spilled == nil {
		if o.memory+v.size > o.cfg.MaxMemoryBytes {
			delete(o.values, v.key)
			return false
		}
		o.memory += v.size
		v.body = body
	}
	o.enqueueLocked(v)
	return true
}

// toSpill puts v into the folder, if that is possible.
func (o *Offloader) toSpill(v *value, body []byte) {
	if o.spill == nil {
		return
	}
	var err error
	if v.spilled, err = o.spill.Add(v.sum, body); err != nil && !errors.Is(err, spill.ErrFull) {
		o.warn.failed(fmt.Errorf("oss: keep a value for its upload: %w", err))
	}
}

func (o *Offloader) enqueueLocked(v *value) {
	v.epoch = o.epoch
	o.waits[v.epoch]++
	o.stats.Pending++
	o.stats.PendingBytes += v.size
	o.queue = append(o.queue, v)
	o.wakeLocked()
}

func (o *Offloader) wakeLocked() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// rememberLocked keeps v known as uploaded.
func (o *Offloader) rememberLocked(v *value) {
	if v.body != nil {
		o.memory -= v.size
	}
	v.at, v.body, v.spilled = time.Now(), nil, nil
	o.stats.Uploaded++
	o.done = append(o.done, v)
	if len(o.done) > maxRemembered {
		old := o.done[0]
		o.done = o.done[1:]
		if o.values[old.key] == old {
			delete(o.values, old.key)
		}
	}
}

func (o *Offloader) count(f func(*OffloaderStats)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f(&o.stats)
}

// Stats returns the counts of this moment. A nil Offloader has none.
func (o *Offloader) Stats() OffloaderStats {
	if o == nil {
		return OffloaderStats{}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.stats
}

// run hands the queue to at most Workers uploads at a time, until ctx ends.
func (o *Offloader) run(ctx context.Context) {
	var uploads sync.WaitGroup
	defer close(o.stopped)
	defer uploads.Wait()
	slots := make(chan struct{}, o.cfg.Workers)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		v := o.take(ctx)
		if v == nil {
			return
		}
		uploads.Go(func() {
			defer func() { <-slots }()
			o.upload(ctx, v)
		})
	}
}

// take waits for a value whose turn it is. Nil means that ctx ended.
func (o *Offloader) take(ctx context.Context) *value {
	for {
		v, wait := o.pop()
		if v != nil {
			return v
		}
		var after <-chan time.Time
		if wait > 0 {
			after = time.After(wait)
		}
		select {
		case <-after:
		case <-o.wake:
		case <-ctx.Done():
			return nil
		}
	}
}

// pop returns the next value, or how long to wait for one after a failure.
func (o *Offloader) pop() (*value, time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == 0 {
		return nil, 0
	}
	if wait := time.Until(o.retry); wait > 0 {
		return nil, wait
	}
	v := o.queue[0]
	o.queue = o.queue[1:]
	if o.failed > 0 {
		// Until one succeeds they go one at a time: the others wait for it.
		o.retry = time.Now().Add(o.cfg.PutTimeout)
	}
	return v, 0
}

func (o *Offloader) upload(ctx context.Context, v *value) {
	body, err := v.body, error(nil)
	if v.spilled != nil {
		body, err = v.spilled.Read()
	}
	if errors.Is(err, spill.ErrDamaged) {
		o.unreadable(err)
		o.lose(v)
		return
	}
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, o.cfg.PutTimeout)
		_, err = o.store.Put(ctx, v.key, body)
		cancel()
	}
	if err != nil {
		o.again(v, err)
		return
	}
	o.finish(v)
}

func (o *Offloader) finish(v *value) {
	o.drop(v)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed > 0 {
		o.warn.recovered()
	}
	o.failed, o.retry, o.stats.LastError = 0, time.Time{}, nil
	o.rememberLocked(v)
	o.settleLocked(v)
	o.wakeLocked()
}

func (o *Offloader) lose(v *value) {
	o.drop(v)
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.values, v.key)
	o.settleLocked(v)
}

// drop frees the place of v in the folder.
func (o *Offloader) drop(v *value) {
	if v.spilled == nil {
		return
	}
	if err := v.spilled.Drop(); err != nil {
		o.warn.failed(fmt.Errorf("oss: free the place of an uploaded value: %w", err))
	}
}

func (o *Offloader) settleLocked(v *value) {
	o.stats.Pending--
	o.stats.PendingBytes -= v.size
	o.waits[v.epoch]--
	if o.waits[v.epoch] == 0 {
		delete(o.waits, v.epoch)
		close(o.passed)
		o.passed = make(chan struct{})
	}
}

// again puts v back, behind the others: if it alone cannot be uploaded, they can.
func (o *Offloader) again(v *value, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue = append(o.queue, v)
	o.stats.LastError = err
	if !o.closed {
		o.warn.failed(err)
	}
	o.failed++
	backoff := min(minBackoff<<min(o.failed-1, 16), maxBackoff)
	backoff -= time.Duration(rand.Int64N(int64(backoff / 2)))
	o.retry = time.Now().Add(backoff)
	o.wakeLocked()
}

// PendingError says what is not uploaded.
type PendingError struct {
	// Values and Bytes are how much waits.
	Values, Bytes int64
	// Dir is where it waits, empty when it is in memory.
	Dir string
	// Err is the latest failure, or why the wait ended.
	Err error
}

// Error implements error.
func (e *PendingError) Error() string {
	where := "in memory, and are lost with this process"
	if e.Dir != "" {
		where = "in " + e.Dir + " for the next process"
	}
	return fmt.Sprintf("oss: %d values (%d bytes) are not uploaded; they wait %s: %v", e.Values, e.Bytes, where, e.Err)
}

// Unwrap returns Err.
func (e *PendingError) Unwrap() error { return e.Err }

// Flush waits until everything offloaded so far is in the store. When ctx ends
// before, the error is a [PendingError].
func (o *Offloader) Flush(ctx context.Context) error {
	if o == nil {
		return nil
	}
	o.mu.Lock()
	o.retry = time.Time{}
	mine := o.epoch
	o.epoch++
	o.wakeLocked()
	o.mu.Unlock()
	for {
		passed := o.waitsUntil(mine)
		if passed == nil {
			return nil
		}
		select {
		case <-passed:
		case <-ctx.Done():
			return o.pending(ctx.Err())
		}
	}
}

// waitsUntil returns what to wait for while values up to an epoch are pending.
func (o *Offloader) waitsUntil(epoch uint64) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	for e := range o.waits {
		if e <= epoch {
			return o.passed
		}
	}
	return nil
}

func (o *Offloader) pending(cause error) error {
	s := o.Stats()
	if s.Pending == 0 {
		return nil
	}
	if s.LastError != nil {
		cause = fmt.Errorf("%w; the last upload: %w", cause, s.LastError)
	}
	return &PendingError{Values: s.Pending, Bytes: s.PendingBytes, Dir: o.cfg.Dir, Err: cause}
}

// Close takes no more values, waits like Flush and ends the uploads. It may be
// called more than once.
func (o *Offloader) Close(ctx context.Context) error {
	if o == nil {
		return nil
	}
	o.count(func(*OffloaderStats) { o.closed = true })
	o.keeping.Wait()
	err := o.Flush(ctx)
	o.stop()
	select {
	case <-o.stopped:
		if o.spill != nil {
			err = errors.Join(err, o.spill.Close())
		}
	case <-time.After(stopWait):
		err = errors.Join(err, errors.New("oss: an upload goes on although its context has ended"))
	}
	return err
}

// stopWait is what a Store gets to notice that its context has ended.
const stopWait = 100 * time.Millisecond

// warner reports failures to OpenTelemetry's error handler: the first at once,
// then at most one a minute, with how many there were.
type warner struct {
	mu    sync.Mutex // guards what follows
	since time.Time
	count int
}

const warnEvery = time.Minute

func (w *warner) failed(err error) {
	w.mu.Lock()
	w.count++
	quiet := !w.since.IsZero() && time.Since(w.since) < warnEvery
	n := w.count
	if !quiet {
		w.since, w.count = time.Now(), 0
	}
	w.mu.Unlock()
	if quiet {
		return
	}
	if n > 1 {
		err = fmt.Errorf("%w (%d failures since the last report)", err, n)
	}
	otel.Handle(err)
}

// recovered makes the next failure a first one.
func (w *warner) recovered() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.since, w.count = time.Time{}, 0
}
