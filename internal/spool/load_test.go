// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/internal/otlptest"
)

func TestLongRecords(t *testing.T) {
	cfg := in(Config{SegmentBytes: 1 << 12, MaxBytes: 1 << 20, MemoryBytes: 2 << 20}, t.TempDir())
	s, said := start(t, cfg)
	c := s.Cursor(Span, "a")
	o := s.Origin(nil, nil)
	add(t, s, Span, o, 0, 10)
	for i, tt := range []struct {
		size int
		err  error
	}{
		{1 << 13, nil},     // than a segment
		{600 << 10, nil},   // than half the budget: in memory
		{3 << 20, ErrFull}, // than memory too
	} {
		began := time.Now()
		assert.ErrorIs(t, s.Append(Span, o, make([]byte, tt.size)), tt.err, i)
		assert.Less(t, time.Since(began), 2*time.Second)
		wantBalance(t, c)
	}
	add(t, s, Span, o, 10, 20)
	wantCounts(t, c, 23, 0, 22, map[Reason]int64{NoRoom: 1})
	var sizes []int
	for b := c.Next(1, 1); b != nil; b = c.Next(1, 1) {
		if n := len(b.Records[0].Payload); n > 1000 {
			sizes = append(sizes, n)
		}
		c.Done(b, 1, nil)
	}
	assert.Equal(t, []int{1 << 13, 600 << 10}, sizes)
	wantCounts(t, c, 23, 22, 0, map[Reason]int64{NoRoom: 1})

	s, _ = start(t, Config{MemoryBytes: 16 << 30})
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range []int{math.MaxInt32, math.MaxInt32 - recordHeader} { // than lengths say
		_, err := s.roomLocked(s.Origin(nil, nil), n)
		assert.ErrorIs(t, err, ErrFull)
	}
	assert.Empty(t, said.String())
}

// A long record makes one long segment and no second one.
func TestOneLongSpare(t *testing.T) {
	for range 20 {
		s, _ := start(t, in(Config{SegmentBytes: 1 << 12, MaxBytes: 64 << 20}, t.TempDir()))
		s.Cursor(Span, "a")
		o := s.Origin(nil, nil)
		require.NoError(t, s.Append(Span, o, make([]byte, 1<<20)))
		otlptest.Wait(t, "a spare", func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return len(s.spares) > 0 && len(s.make) == 0 && s.want == 0
		})
		long := 0
		for _, b := range files(t, s.Folder()) {
			if len(b) > 1<<20 {
				long++
			}
		}
		require.Equal(t, 1, long)
		require.NoError(t, s.Close())
	}
}

func TestMemoryIsBounded(t *testing.T) {
	s, _ := start(t, Config{MemoryBytes: 1 << 16})
	c, other := s.Cursor(Span, "a"), s.Cursor(Span, "b")
	o := s.Origin(nil, nil)
	add(t, s, Span, o, 0, 50)
	b := c.Next(1<<20, 50)
	require.Len(t, b.Records, 50)
	add(t, s, Span, o, 50, 2000)
	evicted := int(other.Counts().Dropped[Evicted])
	require.Greater(t, evicted, 1000)
	wantCounts(t, c, 2000, 0, 2000-evicted+50, map[Reason]int64{Evicted: int64(evicted - 50)})
	c.Done(b, 50, nil)
	assert.Equal(t, upTo(evicted, 2000), drain(t, c))
	assert.Equal(t, upTo(evicted, 2000), drain(t, other))
	wantCounts(t, other, 2000, 2000-evicted, 0, map[Reason]int64{Evicted: int64(evicted)})
	wantCounts(t, c, 2000, 2000-evicted+50, 0, map[Reason]int64{Evicted: int64(evicted - 50)})
	assert.LessOrEqual(t, s.memory, int64(1<<16))
}

// Each record reaches each cursor once, whatever the order of the answers.
func TestEverythingAtOnce(t *testing.T) {
	for name, dir := range map[string]string{"disk": t.TempDir(), "memory": ""} {
		t.Run(name, func(t *testing.T) {
			s, said := start(t, in(Config{SegmentBytes: 1 << 14, MaxBytes: 256 << 20, MemoryBytes: 256 << 20, SyncEvery: 5 * time.Millisecond}, dir))
			const writers, each = 8, 1500
			cursors := []*Cursor{s.Cursor(Span, "a"), s.Cursor(Span, "b"), s.Cursor(Span, "c")}
			var wg sync.WaitGroup
			for i := range writers {
				wg.Go(func() {
					o := s.Origin([]byte("res"), fmt.Append(nil, i))
					for j := range each {
						assert.NoError(t, s.Append(Span, o, payload(i+writers*j)))
					}
				})
			}
			got := make([][]int, len(cursors))
			for i, c := range cursors {
				wg.Go(func() { got[i] = shuffled(t, c, writers, writers*each) })
			}
			wg.Wait()
			for i, c := range cursors {
				slices.Sort(got[i])
				assert.Equal(t, upTo(0, writers*each), got[i])
				wantCounts(t, c, writers*each, writers*each, 0, nil)
				assert.EqualValues(t, writers*each, c.Settled())
			}
			require.NoError(t, s.Close())
			assert.Empty(t, said.String())
			if dir != "" {
				assert.Empty(t, names(t, dir))
			}
		})
	}
}

// shuffled delivers n records, and gives the batches back in any order.
func shuffled(t *testing.T, c *Cursor, writers, n int) (got []int) {
	var held []*Batch
	for len(got) < n || len(held) > 0 {
		b := c.Next(8<<10, 1+rand.IntN(60))
		if b == nil {
			runtime.Gosched()
		} else {
			held = append(held, b)
		}
		for len(held) > 0 && (b == nil || len(held) > 5) {
			i := rand.IntN(len(held))
			for _, r := range held[i].Records {
				k := number(r.Payload)
				assert.Equal(t, payload(k), r.Payload)
				assert.Equal(t, fmt.Sprint(k%writers), string(r.Origin.Scope))
				got = append(got, k)
			}
			c.Done(held[i], len(held[i].Records), nil)
			held = slices.Delete(held, i, i+1)
			b = &Batch{}
		}
		wantBalance(t, c)
	}
	return got
}

// Close keeps what is not delivered, and what is on its way.
func TestCloseWithBatchesOnTheirWay(t *testing.T) {
	dir := t.TempDir()
	s, _ := start(t, in(tiny, dir))
	c := s.Cursor(Span, "a")
	o := s.Origin([]byte("res"), []byte("one"))
	add(t, s, Span, o, 0, 100)
	first, second, third := c.Next(1<<20, 10), c.Next(1<<20, 10), c.Next(1<<20, 10)
	c.Done(first, 10, nil)
	c.Leave(third, 3, nil)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "once more")
	wantCounts(t, c, 100, 13, 87, nil)
	require.ErrorIs(t, s.Append(Span, o, nil), fs.ErrClosed)
	wantCounts(t, c, 101, 13, 87, map[Reason]int64{NoRoom: 1})
	before := names(t, s.Folder())
	c.Done(second, 10, nil)
	assert.True(t, c.Next(1<<20, 10) == nil)
	wantCounts(t, c, 101, 23, 77, map[Reason]int64{NoRoom: 1})
	assert.Equal(t, before, names(t, s.Folder()), "the folder is not ours any more")
	assert.Empty(t, c.files)
	d, _ := deliver(t, dir)
	assert.Equal(t, upTo(10, 100), d.got)
	assert.Empty(t, names(t, dir))
}

// Who opens a spool and has nobody to deliver to leaves it as it is.
func TestCloseWithoutCursors(t *testing.T) {
	dir := plant(t, map[string][]byte{firstSegment: segmentFile(t, 20, true)})
	s, _ := start(t, in(tiny, dir))
	require.NoError(t, s.Close())
	d, _ := deliver(t, dir)
	assert.Equal(t, upTo(0, 20), d.got)
}

func TestCloseWhileEverythingGoesOn(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 10 {
		dir := t.TempDir()
		s, _ := start(t, in(tiny, dir))
		c := s.Cursor(Span, "a")
		o := s.Origin([]byte("res"), nil)
		var wg sync.WaitGroup
		var accepted, delivered atomic.Int64
		for range 4 {
			wg.Go(func() {
				for s.Append(Span, o, payload(7)) == nil {
					accepted.Add(1)
				}
			})
		}
		stop := make(chan struct{})
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if b := c.Next(1<<12, 10); b != nil {
					delivered.Add(int64(len(b.Records)))
					c.Done(b, len(b.Records), nil)
				}
			}
		})
		otlptest.Wait(t, "some records", func() bool { return delivered.Load() > 100 })
		wg.Go(func() { assert.NoError(t, s.Close()) })
		require.NoError(t, s.Close())
		otlptest.Wait(t, "Close", func() bool { return s.Append(Span, o, nil) != nil })
		close(stop)
		wg.Wait()
		n := wantBalance(t, c)
		assert.EqualValues(t, delivered.Load(), n.Delivered)
		assert.EqualValues(t, accepted.Load(), n.Made-n.Dropped[NoRoom])
		// What was delivered while Close went on may come again, nothing else.
		d, _ := deliver(t, dir)
		assert.GreaterOrEqual(t, d.Delivered, n.Waiting)
		assert.Empty(t, d.Dropped)
	}
	otlptest.Wait(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}

// hang makes the keepers wait as for a disk that does not answer, until the function
// that it returns is called.
func hang(t *testing.T, s *Spool) (goOn func()) {
	t.Helper()
	var stuck []*segment
	for range 2 { // one for each keeper
		g, err := newSegment(nil, 0, 64)
		require.NoError(t, err)
		g.mu.Lock()
		stuck = append(stuck, g)
		s.mu.Lock()
		s.trash = append(s.trash, g)
		s.mu.Unlock()
		if len(stuck) == 1 {
			signal(s.tidy)
			otlptest.Wait(t, "the keeper is stuck", func() bool {
				s.mu.Lock()
				defer s.mu.Unlock()
				return len(s.trash) == 0
			})
		}
	}
	return sync.OnceFunc(func() {
		for _, g := range stuck {
			g.mu.Unlock()
		}
	})
}

func TestSlowDisk(t *testing.T) {
	dir := t.TempDir()
	s, _ := start(t, in(Config{SegmentBytes: 1 << 12, MaxBytes: 1 << 20, MemoryBytes: 16 << 20, SyncEvery: time.Hour}, dir))
	a, b := s.Cursor(Span, "a"), s.Cursor(Span, "b")
	goOn := hang(t, s)
	t.Cleanup(goOn)
	const writers, each = 8, 500
	var wg sync.WaitGroup
	var longest atomic.Int64
	for i := range writers {
		wg.Go(func() {
			o := s.Origin(nil, nil)
			for j := range each {
				began := time.Now()
				assert.NoError(t, s.Append(Span, o, payload(i+writers*j)))
				for took := int64(time.Since(began)); ; {
					if was := longest.Load(); was >= took || longest.CompareAndSwap(was, took) {
						break
					}
				}
			}
		})
	}
	var got []int
	for len(got) < writers*each {
		got = append(got, drain(t, a)...)
		wantBalance(t, a)
	}
	wg.Wait()
	assert.Less(t, time.Duration(longest.Load()), 5*patience)
	slices.Sort(got)
	assert.Equal(t, upTo(0, writers*each), got)
	wantCounts(t, a, writers*each, writers*each, 0, nil)
	assert.Len(t, drain(t, b), writers*each)
	goOn()
	o := s.Origin(nil, nil)
	otlptest.Wait(t, "the disk is used again", func() bool {
		require.NoError(t, s.Append(Span, o, make([]byte, 1000)))
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.current.file != nil
	})
	n := wantBalance(t, b)
	require.NoError(t, s.Close())
	wantCounts(t, b, int(n.Made), writers*each, int(n.Made)-writers*each, nil)
}

// A report may come back as a record.
func TestReportMayAppend(t *testing.T) {
	dir := t.TempDir()
	var s *Spool
	var opened atomic.Bool
	cfg := in(tiny, dir)
	cfg.Report = func(error) {
		if opened.Load() {
			assert.NoError(t, s.Append(Log, s.Origin(nil, nil), []byte("report")))
		}
	}
	s, err := Open(cfg)
	require.NoError(t, err)
	spans, logs := s.Cursor(Span, "a"), s.Cursor(Log, "a")
	opened.Store(true)
	s.mu.Lock()
	s.reportLocked(fs.ErrInvalid)
	s.mu.Unlock()
	otlptest.Wait(t, "the report", func() bool { return logs.Counts().Made == 1 })
	require.NoError(t, os.RemoveAll(s.Folder()))
	add(t, s, Span, s.Origin(nil, nil), 0, 500)
	assert.Equal(t, upTo(0, 500), drain(t, spans))
	b := logs.Next(1<<20, 100)
	require.NotNil(t, b)
	logs.Done(b, len(b.Records), nil)
	opened.Store(false)
	_ = s.Close() // the folder is gone
}

// The last writer of a segment that is dropped may be done before the keeper has
// put it back.
func TestDroppedWhileWritten(t *testing.T) {
	cfg := in(tiny, t.TempDir())
	cfg.MaxBytes = 4 << 12
	cfg.SyncEvery = time.Hour
	s, _ := start(t, cfg)
	c := s.Cursor(Span, "a")
	o := s.Origin(nil, nil)
	add(t, s, Span, o, 0, 10)
	s.mu.Lock()
	p, err := s.current.reserveLocked(Span, 10, 1)
	require.NoError(t, err)
	s.made[Span]++
	s.mu.Unlock()
	add(t, s, Span, o, 11, 400)
	require.Positive(t, c.Counts().Dropped[Evicted])
	quiet, err := p.fill(binary.AppendUvarint(nil, 10))
	require.NoError(t, err)
	assert.True(t, quiet)
	signal(s.tidy)
	wantBudget(t, s)
	n := wantBalance(t, c)
	assert.Len(t, drain(t, c), int(n.Waiting))
	wantCounts(t, c, 400, int(n.Waiting), 0, n.Dropped)
}
