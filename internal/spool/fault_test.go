// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/internal/otlptest"
	"github.com/sidetrace/sidetrace/internal/procdir"
)

// tiny makes many segments of few records.
var tiny = Config{SegmentBytes: 1 << 12, MaxBytes: 1 << 20, SyncEvery: 10 * time.Millisecond}

func in(cfg Config, dir string) Config {
	cfg.Dir = dir
	return cfg
}

// wantBalance checks what holds at any moment.
func wantBalance(t *testing.T, c *Cursor) Counts {
	t.Helper()
	n := c.Counts()
	assert.Equal(t, n.Made, n.Delivered+n.Waiting+total(n.Dropped))
	assert.GreaterOrEqual(t, n.Waiting, n.Taken, n)
	assert.GreaterOrEqual(t, n.Taken, int64(0), n)
	return n
}

// files returns the contents of a folder.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	all := map[string][]byte{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if os.IsNotExist(err) {
			continue // a live process has removed it
		}
		require.NoError(t, err)
		all[e.Name()] = b
	}
	return all
}

// plant makes the folder of a dead process, and returns that of the service.
func plant(t testing.TB, content map[string][]byte) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "service")
	folder := filepath.Join(dir, "process-dead")
	require.NoError(t, os.MkdirAll(folder, 0o700))
	for name, b := range content {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), b, 0o600))
	}
	return dir
}

const firstSegment = "00000001.seg"

// segmentFile returns a segment of n records of two origins, sealed or as it is when
// its process dies.
func segmentFile(t testing.TB, n int, seal bool) []byte {
	t.Helper()
	s, err := Open(in(tiny, t.TempDir()))
	require.NoError(t, err)
	s.Cursor(Span, "a")
	origins := []*Origin{s.Origin([]byte("res"), []byte("one")), s.Origin([]byte("res"), []byte("two"))}
	for i := range n {
		require.NoError(t, s.Append(Span, origins[i%2], payload(i)))
	}
	g, folder := s.current, s.Folder()
	require.Len(t, s.segments, 1)
	b, err := os.ReadFile(filepath.Join(folder, firstSegment))
	require.NoError(t, err)
	b = b[:g.limit.Load()+64]
	require.NoError(t, s.Close())
	if seal {
		b, err = os.ReadFile(filepath.Join(folder, firstSegment))
		require.NoError(t, err)
	}
	return b
}

// extent is where a record stands.
type extent struct {
	from, to int64
	kind     Kind
	number   int
}

func extents(t testing.TB, b []byte) (all []extent) {
	t.Helper()
	h, err := parseHeader(b)
	require.NoError(t, err)
	for off := int64(segmentHeader); off < int64(len(b)); {
		r, n, s := parse(b[off:], h.seq)
		if s != whole {
			break
		}
		e := extent{off, off + n, r.kind, -1}
		if r.kind != origin {
			e.number = number(r.payload)
		}
		all = append(all, e)
		off += n
	}
	return all
}

// delivery is what one cursor gets of what dead processes have left.
type delivery struct {
	got     []int
	origins map[int]string // what is not unknown
	Counts
}

// deliver opens the folder, and delivers all that is in it.
func deliver(t *testing.T, dir string) (d delivery, said string) {
	t.Helper()
	r := &reports{}
	cfg := in(tiny, dir)
	cfg.Report = r.add
	s, err := Open(cfg)
	require.NoError(t, err)
	c := s.Cursor(Span, "a")
	d.origins = map[int]string{}
	for b := c.Next(1<<20, 7); b != nil; b = c.Next(1<<20, 7) {
		for _, rec := range b.Records {
			n := number(rec.Payload)
			require.Equal(t, payload(n), rec.Payload)
			d.got = append(d.got, n)
			if rec.Origin != unknown {
				require.Equal(t, "res", string(rec.Origin.Resource))
				d.origins[n] = string(rec.Origin.Scope)
			}
		}
		c.Done(b, len(b.Records), nil)
		wantBalance(t, c)
	}
	d.Counts = wantBalance(t, c)
	require.EqualValues(t, 0, d.Waiting)
	require.NoError(t, s.Close())
	return d, r.String()
}

func TestFolderThatCannotBeUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, dir := range map[string]string{"a file": file, "below a file": filepath.Join(file, "x")} {
		t.Run(name, func(t *testing.T) { worksInMemory(t, dir) })
	}
}

func worksInMemory(t *testing.T, dir string) {
	t.Helper()
	s, err := Open(in(tiny, dir))
	require.Error(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	assert.Empty(t, s.Folder())
	c := s.Cursor(Span, "a")
	add(t, s, Span, s.Origin(nil, nil), 0, 100)
	wantCounts(t, c, 100, 0, 100, nil)
	assert.Equal(t, upTo(0, 100), drain(t, c))
	wantCounts(t, c, 100, 100, 0, nil)
}

// The budget takes the oldest records from who has not read them, and from nobody
// else.
func TestBudget(t *testing.T) {
	dir := t.TempDir()
	cfg := in(tiny, dir)
	cfg.MaxBytes = 6 << 12
	s, said := start(t, cfg)
	quick, slow, held := s.Cursor(Span, "quick"), s.Cursor(Span, "slow"), s.Cursor(Span, "held")
	o := s.Origin(nil, nil)
	add(t, s, Span, o, 0, 20)
	batch := held.Next(1<<20, 20)
	require.Len(t, batch.Records, 20)
	const n = 1000
	var got []int
	for i := 20; i < n; i++ {
		require.NoError(t, s.Append(Span, o, payload(i)))
		if i%10 == 0 {
			got = append(got, drain(t, quick)...)
			onDisk := int64(0)
			for _, b := range files(t, s.Folder()) {
				onDisk += int64(len(b))
			}
			require.LessOrEqual(t, onDisk, cfg.MaxBytes+5*cursorSize)
			for _, c := range []*Cursor{quick, slow, held} {
				wantBalance(t, c)
			}
		}
	}
	assert.Equal(t, upTo(0, n), append(got, drain(t, quick)...))
	wantCounts(t, quick, n, n, 0, nil)

	otlptest.Wait(t, "the last spare", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.lackingLocked() == 0
	})
	evicted := int(slow.Counts().Dropped[Evicted])
	require.Greater(t, evicted, n/2)
	wantCounts(t, slow, n, 0, n-evicted, map[Reason]int64{Evicted: int64(evicted)})
	assert.Equal(t, upTo(evicted, n), drain(t, slow))
	wantCounts(t, slow, n, n-evicted, 0, map[Reason]int64{Evicted: int64(evicted)})

	// What is on its way is not counted, and its batch is still whole.
	for i, r := range batch.Records {
		assert.Equal(t, payload(i), r.Payload)
	}
	held.Done(batch, 20, nil)
	wantCounts(t, held, n, 20, n-evicted, map[Reason]int64{Evicted: int64(evicted - 20)})
	assert.Equal(t, upTo(evicted, n), drain(t, held))
	wantCounts(t, held, n, 20+n-evicted, 0, map[Reason]int64{Evicted: int64(evicted - 20)})
	assert.Empty(t, said.String())
}

// Segments go while they are read and while they are settled, and the budget is
// what the files take.
func TestBudgetWhileReading(t *testing.T) {
	cfg := in(tiny, t.TempDir())
	cfg.MaxBytes = 5 << 12
	s, _ := start(t, cfg)
	c := s.Cursor(Span, "a")
	o := s.Origin(nil, nil)
	const n = 20000
	var appended atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range n {
			assert.NoError(t, s.Append(Span, o, payload(i)))
		}
		appended.Store(true)
	})
	last, got := -1, 0
	for !appended.Load() || c.Waiting() > 0 {
		b := c.Next(1<<12, 1+got%20)
		if b == nil {
			runtime.Gosched()
			continue
		}
		for _, r := range b.Records {
			require.Greater(t, number(r.Payload), last)
			last = number(r.Payload)
			require.Equal(t, payload(last), r.Payload)
		}
		got += len(b.Records)
		if got%100 < 10 {
			runtime.Gosched() // somebody slow
		}
		c.Done(b, len(b.Records), nil)
		wantBalance(t, c)
	}
	wg.Wait()
	counts := wantBalance(t, c)
	assert.EqualValues(t, n, counts.Made)
	assert.EqualValues(t, got, counts.Delivered)
	assert.EqualValues(t, n-got, counts.Dropped[Evicted])
	wantBudget(t, s)
}

// wantBudget compares the books with the files.
func wantBudget(t *testing.T, s *Spool) {
	t.Helper()
	otlptest.Wait(t, "the budget is what the files take", func() bool {
		paths, err := filepath.Glob(filepath.Join(s.cfg.Dir, "process-*", "*"+segmentExt))
		require.NoError(t, err)
		onDisk := int64(0)
		for _, name := range paths {
			if info, err := os.Stat(name); err == nil {
				onDisk += info.Size()
			}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.bytes == onDisk && len(s.trash) == 0
	})
}

func TestBudgetOfWhatTheDeadLeft(t *testing.T) {
	dir := plant(t, map[string][]byte{firstSegment: append(segmentFile(t, 20, false), make([]byte, 4096)...)})
	s, _ := start(t, in(tiny, dir))
	c := s.Cursor(Span, "a")
	wantBudget(t, s)
	add(t, s, Span, s.Origin(nil, nil), 20, 100) // something to settle
	wantBudget(t, s)
	assert.Equal(t, upTo(0, 100), drain(t, c))
	wantBudget(t, s)
}

func aged(b []byte, made time.Time) []byte {
	b = slices.Clone(b)
	le.PutUint64(b[24:], uint64(made.UnixNano()))
	copy(b[48:64], b[16:32])
	sumHeader(b)
	return b
}

func TestMaxAge(t *testing.T) {
	seg := segmentFile(t, 20, true)
	for name, tt := range map[string]struct {
		made    time.Time
		expired int
	}{
		"old":                 {time.Now().Add(-DefaultMaxAge - time.Hour), 20},
		"young":               {time.Now().Add(-DefaultMaxAge + time.Hour), 0},
		"the clock went back": {time.Now().Add(1000 * time.Hour), 0},
		"far in the future":   {time.Unix(0, 1<<63-1), 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := plant(t, map[string][]byte{firstSegment: aged(seg, tt.made)})
			s, said := start(t, in(tiny, dir))
			c, late := s.Cursor(Span, "a"), s.Cursor(Span, "b")
			add(t, s, Span, s.Origin(nil, nil), 20, 25)
			s.expire()
			var dropped map[Reason]int64
			if tt.expired > 0 {
				dropped = map[Reason]int64{Expired: int64(tt.expired)}
			}
			wantCounts(t, c, 25, 0, 25-tt.expired, dropped)
			assert.Equal(t, upTo(tt.expired, 25), drain(t, c))
			assert.Equal(t, upTo(tt.expired, 25), drain(t, late))
			wantCounts(t, c, 25, 25-tt.expired, 0, dropped)
			require.NoError(t, s.Close())
			assert.NoDirExists(t, filepath.Join(dir, "process-dead"))
			assert.Empty(t, said.String())
		})
	}
}

// Records of this process expire too, those on their way excepted.
func TestMaxAgeOfOwnRecords(t *testing.T) {
	cfg := in(tiny, t.TempDir())
	cfg.MaxAge = 50 * time.Millisecond
	s, _ := start(t, cfg)
	c := s.Cursor(Span, "a")
	add(t, s, Span, s.Origin(nil, nil), 0, 10)
	b := c.Next(1<<20, 4)
	require.Len(t, b.Records, 4)
	otlptest.Wait(t, "expiry", func() bool { return c.Counts().Dropped[Expired] == 6 })
	wantCounts(t, c, 10, 0, 4, map[Reason]int64{Expired: 6})
	c.Done(b, 4, nil)
	wantCounts(t, c, 10, 4, 0, map[Reason]int64{Expired: 6})
}

func TestForeignFiles(t *testing.T) {
	noise := make([]byte, 10000)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	other := slices.Clone(segmentFile(t, 5, true))
	le.PutUint32(other[8:], version+1)
	sumHeader(other)
	dir := plant(t, map[string][]byte{
		firstSegment: segmentFile(t, 20, true), "00000000.seg": noise, "x.seg": noise[:segmentHeader], "y.seg": noise[:1],
		"empty.seg": nil, "zero.seg": make([]byte, 4096), "short.seg": make([]byte, 8), "other.seg": other,
		"x.cursor": noise, "README": noise,
	})
	folder := filepath.Join(dir, "process-dead")
	require.NoError(t, os.Mkdir(filepath.Join(folder, "dir.seg"), 0o700))
	require.NoError(t, os.Symlink("/dev/zero", filepath.Join(folder, "link.seg")))
	require.NoError(t, os.Symlink(filepath.Join(folder, firstSegment), filepath.Join(folder, "again.seg")))
	d, said := deliver(t, dir)
	assert.Equal(t, upTo(0, 20), d.got)
	assert.Empty(t, d.Dropped)
	assert.Contains(t, said, "other.seg: not a segment of this version")
	left := names(t, folder)
	assert.Contains(t, left, "other.seg"+damagedExt, "put aside")
	assert.Contains(t, left, "00000000.seg"+damagedExt)
	assert.NotContains(t, left, firstSegment)
	assert.NotContains(t, left, "empty.seg", "its process died as it made it")
	assert.NotContains(t, left, "zero.seg")

	d, said = deliver(t, dir)
	assert.Empty(t, d.got)
	assert.Empty(t, said, "it is reported once")

	dir = plant(t, map[string][]byte{fmt.Sprintf("%0250d.seg", 1): noise, firstSegment: segmentFile(t, 20, true)})
	d, said = deliver(t, dir)
	assert.Equal(t, upTo(0, 20), d.got)
	assert.Contains(t, said, "file name too long", "it cannot be put aside")
}

// names returns the names of everything in a folder.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// A sealed segment says what is missing from it.
func TestTruncatedSegment(t *testing.T) {
	const n = 7
	for _, seal := range []bool{true, false} {
		seg := segmentFile(t, n, seal)
		all := extents(t, seg)
		for size := range len(seg) {
			d, _ := deliver(t, plant(t, map[string][]byte{firstSegment: seg[:size]}))
			want := 0
			for _, e := range all {
				if e.kind == Span && e.to <= int64(size) {
					want++
				}
			}
			require.Equal(t, upTo(0, want), d.got, size)
			switch {
			case !seal || !intact(seg[:size]):
				require.EqualValues(t, want, d.Made, size)
			default:
				require.EqualValues(t, n, d.Made, size)
				require.EqualValues(t, n-want, d.Dropped[Damaged], size)
			}
		}
	}
}

// intact reports whether the header has its sum, of which the rest may be zero.
func intact(b []byte) bool {
	h, err := parseHeader(append(slices.Clone(b), make([]byte, segmentHeader)...))
	return err == nil && h.intact
}

// One byte costs one record at most.
func TestFlippedByte(t *testing.T) {
	const n = 7
	for _, seal := range []bool{true, false} {
		seg := segmentFile(t, n, seal)
		all := extents(t, seg)
		require.Len(t, all, n+2)
		for off := range seg {
			hit := slices.IndexFunc(all, func(e extent) bool { return e.from <= int64(off) && int64(off) < e.to })
			b := slices.Clone(seg)
			b[off] ^= []byte{0xff, 1 << (off / 8 % 8)}[off%2]
			d, _ := deliver(t, plant(t, map[string][]byte{firstSegment: b}))
			flipped(t, d, n, all, hit, seal, off)
		}
	}
}

func flipped(t *testing.T, d delivery, n int, all []extent, hit int, seal bool, off int) {
	t.Helper()
	want, known := upTo(0, n), n
	if hit >= 0 && len(d.got) < n {
		require.Equal(t, Span, all[hit].kind, off)
		want = slices.DeleteFunc(want, func(i int) bool { return i == all[hit].number })
		if !seal && hit == len(all)-1 {
			known-- // nothing tells that there was one
		}
	}
	require.Equal(t, want, d.got, off)
	require.EqualValues(t, known, d.Made, off)
	require.EqualValues(t, known-len(want), d.Dropped[Damaged], off)
	for _, i := range want {
		scope, ok := d.origins[i]
		if !ok && hit >= 0 && all[hit].kind == origin {
			continue
		}
		require.Equal(t, []string{"one", "two"}[i%2], scope, off)
	}
}

// Pages that never reached the disk cost the records on them, and are counted where
// others come behind.
func TestLossOfPower(t *testing.T) {
	s, _ := start(t, in(small, t.TempDir()))
	s.Cursor(Span, "a")
	add(t, s, Span, s.Origin([]byte("res"), []byte("one")), 0, 80)
	seg := files(t, s.Folder())[firstSegment]
	all := extents(t, seg)
	require.Len(t, all, 81)
	for first := 4096; first < len(seg); first += 4096 {
		for last := first + 4096; last <= len(seg); last += 4096 {
			b := slices.Clone(seg)
			clear(b[first:last])
			var want []int
			for _, e := range all {
				if e.kind == Span && (e.to <= int64(first) || e.from >= int64(last)) {
					want = append(want, e.number)
				}
			}
			d, _ := deliver(t, plant(t, map[string][]byte{firstSegment: b}))
			require.Subset(t, d.got, want)
			require.LessOrEqual(t, len(d.got), len(want)+2, "padding may be lost")
			require.EqualValues(t, d.Made, len(d.got)+int(d.Dropped[Damaged]))
			require.GreaterOrEqual(t, int(d.Made), want[len(want)-1]+1)
		}
	}
}

// Of a file that is used again, and then not written through before the power is
// lost, the pages of its former life are no records of the new one.
func TestRecordsOfAFormerLife(t *testing.T) {
	now, former := segmentFile(t, 30, false), segmentFile(t, 30, false)
	putSegmentHeader(now, 9, time.Now())
	d, _ := deliver(t, plant(t, map[string][]byte{firstSegment: append(now[:segmentHeader:segmentHeader], former[segmentHeader:]...)}))
	assert.Empty(t, d.got)
	assert.EqualValues(t, 0, d.Made)
}

// A process may die while it seals a segment. Nothing is lost, and nothing that is
// confirmed comes again.
func TestDeathWhileSealing(t *testing.T) {
	seg := segmentFile(t, 20, false)
	sealed := slices.Clone(seg)
	putSeal(sealed, &[kinds]uint32{Span: 20})
	for end := 32; end < 44; end++ {
		b := slices.Clone(seg)
		copy(b[32:end], sealed[32:end])
		h, err := parseHeader(b)
		require.NoError(t, err)
		assert.True(t, h.intact)
		assert.False(t, h.sealed)
		d, _ := deliver(t, plant(t, map[string][]byte{firstSegment: b}))
		require.Equal(t, upTo(0, 20), d.got)
	}
}

// What a record that was not finished says is not vouched for.
func TestUnfinishedRecord(t *testing.T) {
	const n = 12
	seg := segmentFile(t, n, false)
	all := extents(t, seg)
	last := all[len(all)-1]
	le.PutUint32(seg[last.from+16:], 0)
	d, _ := deliver(t, plant(t, map[string][]byte{firstSegment: seg}))
	assert.Equal(t, upTo(0, n-1), d.got)
	assert.EqualValues(t, n-1, d.Made, "its Append has not returned")
	assert.Empty(t, d.Dropped)

	le.PutUint32(seg[last.from+8:], 1<<30)
	d, _ = deliver(t, plant(t, map[string][]byte{firstSegment: seg}))
	assert.Equal(t, upTo(0, n-1), d.got)
	assert.EqualValues(t, n-1, d.Made)
	assert.Empty(t, d.Dropped)

	// In the middle, with a number that would hide what comes behind.
	seg = segmentFile(t, n, false)
	le.PutUint32(seg[all[5].from+16:], 0)
	le.PutUint32(seg[all[5].from+8:], 1<<30)
	d, _ = deliver(t, plant(t, map[string][]byte{firstSegment: seg}))
	assert.Len(t, d.got, n-1)
	assert.EqualValues(t, n, d.Made)
	assert.Equal(t, map[Reason]int64{Damaged: 1}, d.Dropped)

	// A sealed segment has none: it is damaged.
	seg = segmentFile(t, n, true)
	le.PutUint32(seg[all[5].from+16:], 0)
	d, _ = deliver(t, plant(t, map[string][]byte{firstSegment: seg}))
	assert.Len(t, d.got, n-1)
	assert.EqualValues(t, n, d.Made)
	assert.Equal(t, map[Reason]int64{Damaged: 1}, d.Dropped)
}

// One that goes beyond what is read at once is recognized as well.
func TestUnfinishedRecordBeyondAChunk(t *testing.T) {
	dir := t.TempDir()
	s, _ := start(t, in(Config{SegmentBytes: 16 << 20}, dir))
	s.Cursor(Span, "a")
	o := s.Origin([]byte("res"), nil)
	add(t, s, Span, o, 0, 300)
	s.mu.Lock()
	_, err := s.current.reserveLocked(Span, 12<<20, 1) // no buffer that is used again is as long
	s.current.writers.Add(-1)
	s.mu.Unlock()
	require.NoError(t, err)
	add(t, s, Span, o, 300, 310)
	die(t, s)
	d, _ := deliver(t, dir)
	assert.Equal(t, upTo(0, 310), d.got)
	assert.Empty(t, d.Dropped)
	assert.EqualValues(t, 310, d.Made)
}

func TestTwoSpoolsOnOneFolder(t *testing.T) {
	dir := t.TempDir()
	one, _ := start(t, in(tiny, dir))
	a := one.Cursor(Span, "a")
	add(t, one, Span, one.Origin(nil, nil), 0, 100)
	two, _ := start(t, in(tiny, dir))
	b := two.Cursor(Span, "a")
	add(t, two, Span, two.Origin(nil, nil), 100, 200)
	assert.Equal(t, upTo(100, 200), drain(t, b))
	wantCounts(t, a, 100, 0, 100, nil)
	wantCounts(t, b, 100, 100, 0, nil)
	batch := a.Next(1<<20, 10)
	require.Len(t, batch.Records, 10)
	a.Done(batch, 10, nil)
	die(t, one)
	assert.Empty(t, drain(t, b))

	three, said := start(t, in(tiny, dir))
	c := three.Cursor(Span, "a")
	wantCounts(t, c, 90, 0, 90, nil)
	assert.Equal(t, upTo(10, 100), drain(t, c))
	add(t, two, Span, two.Origin(nil, nil), 200, 210)
	assert.Equal(t, upTo(200, 210), drain(t, b))
	require.NoError(t, three.Close())
	require.NoError(t, two.Close())
	assert.Empty(t, said.String())
	assert.Empty(t, names(t, dir))
}

// appenders add records until there are as many of each as allowed says, and end
// when that is negative. in is how many of each one's are in.
func appenders(t *testing.T, s *Spool, in []atomic.Int64, allowed *atomic.Int64) (wait func()) {
	var wg sync.WaitGroup
	for i := range in {
		wg.Go(func() {
			o := s.Origin([]byte("res"), fmt.Append(nil, i))
			for j := 0; allowed.Load() >= 0; {
				if int64(j) >= allowed.Load() {
					runtime.Gosched()
					continue
				}
				assert.NoError(t, s.Append(Span, o, payload(i+len(in)*j)))
				j++
				in[i].Store(int64(j))
			}
		})
	}
	return wg.Wait
}

// A copy of the folder is what is there when the process is killed: all records are
// in it whose Append has returned, in whatever state the others are.
func TestDeathAtAnyMoment(t *testing.T) {
	for _, confirm := range []bool{false, true} {
		cfg := in(Config{SegmentBytes: 1 << 17, MaxBytes: 256 << 20, SyncEvery: 10 * time.Millisecond}, t.TempDir())
		s, said := start(t, cfg)
		c := s.Cursor(Span, "a")
		var allowed atomic.Int64
		added := make([]atomic.Int64, 8)
		wait := appenders(t, s, added, &allowed)
		delivered := &noted{numbers: map[int]bool{}}
		stop := make(chan struct{})
		var wg sync.WaitGroup
		if confirm {
			wg.Go(func() { delivered.deliver(t, c, stop) })
		}
		for round := range 12 {
			allowed.Add(100)
			enough := int64(100*round) + rand.Int64N(100)
			otlptest.Wait(t, "more records", func() bool { return added[0].Load() >= enough })
			killed(t, s, added, delivered)
		}
		allowed.Store(-1)
		wait()
		close(stop)
		wg.Wait()
		wantBalance(t, c)
		require.NoError(t, s.Close())
		require.Empty(t, said.String())
	}
}

// killed takes what is on disk for what is left, and looks whether that is all.
func killed(t *testing.T, s *Spool, added []atomic.Int64, delivered *noted) {
	t.Helper()
	var sure []int
	for i := range added {
		for j := range int(added[i].Load()) {
			sure = append(sure, i+len(added)*j)
		}
	}
	copied := files(t, s.Folder())
	delete(copied, "lock")
	s.mu.Lock()
	require.Zero(t, s.memory, "the disk is as fast as the test")
	s.mu.Unlock()
	sure = slices.DeleteFunc(sure, delivered.has)
	d, said := deliver(t, plant(t, copied))
	require.Empty(t, said)
	slices.Sort(d.got)
	require.Len(t, slices.Compact(slices.Clone(d.got)), len(d.got), "none comes twice")
	require.Empty(t, missing(sure, d.got))
	require.Len(t, d.origins, len(d.got))
	for i, scope := range d.origins {
		require.Equal(t, fmt.Sprint(i%len(added)), scope)
	}
}

// noted are the records that a cursor has got.
type noted struct {
	mu      sync.Mutex // guards numbers
	numbers map[int]bool
}

func (n *noted) has(i int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.numbers[i]
}

// deliver notes what it delivers before that is confirmed.
func (n *noted) deliver(t *testing.T, c *Cursor, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		b := c.Next(1<<20, 50)
		if b == nil {
			runtime.Gosched()
			continue
		}
		n.mu.Lock()
		for _, r := range b.Records {
			assert.False(t, n.numbers[number(r.Payload)], "none comes twice")
			n.numbers[number(r.Payload)] = true
		}
		n.mu.Unlock()
		c.Done(b, len(b.Records), nil)
		wantBalance(t, c)
	}
}

func missing(want, sorted []int) (all []int) {
	for _, i := range want {
		if _, found := slices.BinarySearch(sorted, i); !found {
			all = append(all, i)
		}
	}
	return all
}

// A copy that ends anywhere, or with pages that are not written, has everything
// before that.
func TestDeathAndLossOfTheTail(t *testing.T) {
	s, _ := start(t, in(Config{SegmentBytes: 1 << 16}, t.TempDir()))
	s.Cursor(Span, "a")
	add(t, s, Span, s.Origin([]byte("res"), []byte("one")), 0, 300)
	seg := files(t, s.Folder())[firstSegment]
	all := extents(t, seg)
	for range 100 {
		end := segmentHeader + rand.Int64N(all[len(all)-1].to-segmentHeader)
		want := 0
		for _, e := range all {
			if e.kind == Span && e.to <= end {
				want++
			}
		}
		cutOff, zeroed := seg[:end], slices.Clone(seg)
		clear(zeroed[end:])
		for _, b := range [][]byte{cutOff, zeroed} {
			d, _ := deliver(t, plant(t, map[string][]byte{firstSegment: b}))
			require.GreaterOrEqual(t, len(d.got), want, end)
			require.LessOrEqual(t, len(d.got), want+1, end) // only its padding is lost
			require.Equal(t, upTo(0, len(d.got)), d.got, end)
			require.EqualValues(t, len(d.got), d.Made, end)
		}
	}
}

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

// halfRead returns a folder whose cursor has confirmed 5 of 20 records, and the
// name of its file.
func halfRead(t *testing.T) (content map[string][]byte, cursor string) {
	t.Helper()
	s, _ := start(t, in(tiny, t.TempDir()))
	c := s.Cursor(Span, "a")
	s.Cursor(Span, "b")
	origins := []*Origin{s.Origin([]byte("res"), []byte("one")), s.Origin([]byte("res"), []byte("two"))}
	for i := range 20 {
		require.NoError(t, s.Append(Span, origins[i%2], payload(i)))
	}
	b := c.Next(1<<20, 5)
	c.Done(b, 5, nil)
	folder := s.Folder()
	die(t, s)
	content = files(t, folder)
	delete(content, "lock")
	return content, c.name
}

// Where a cursor goes on, its records have their origins.
func TestCursorFiles(t *testing.T) {
	content, name := halfRead(t)
	at := content[name]
	with := func(change func(b []byte)) []byte {
		b := slices.Clone(at)
		change(b)
		le.PutUint32(b[20:], crc32.Checksum(b[:20], castagnoli))
		return b
	}
	end := endOf(t, content)
	for what, tt := range map[string]struct {
		file []byte
		from int
	}{
		"as it was":             {at, 5},
		"a flipped bit":         {append([]byte{at[0] ^ 1}, at[1:]...), 0},
		"empty":                 {nil, 0},
		"short":                 {at[:10], 0},
		"long":                  {append(slices.Clone(at), 0), 0},
		"zeros":                 {make([]byte, cursorSize), 0},
		"in a record":           {with(func(b []byte) { le.PutUint64(b[8:], le.Uint64(b[8:])+3) }), 5},
		"in a record, aligned":  {with(func(b []byte) { le.PutUint64(b[8:], le.Uint64(b[8:])+8) }), 5},
		"behind the records":    {with(func(b []byte) { le.PutUint64(b[8:], uint64(end)) }), 5},
		"behind the file":       {with(func(b []byte) { le.PutUint64(b[8:], 1<<40) }), 5},
		"before the file":       {with(func(b []byte) { le.PutUint64(b[8:], 1<<63+5) }), 5},
		"an earlier segment":    {with(func(b []byte) { le.PutUint64(b, 0) }), 0},
		"no record confirmed":   {with(func(b []byte) { le.PutUint32(b[16:], 0) }), 0},
		"all records confirmed": {with(func(b []byte) { le.PutUint32(b[16:], 20) }), 20},
		"more than there are":   {with(func(b []byte) { le.PutUint32(b[16:], 1<<31) }), 20},
		// Segments go oldest first: what is before the latest one is confirmed.
		"a later segment": {with(func(b []byte) { le.PutUint64(b, 99) }), 20},
	} {
		t.Run(what, func(t *testing.T) {
			content[name] = tt.file
			dir := plant(t, content)
			d, said := deliver(t, dir)
			assert.Len(t, d.got, 20-tt.from)
			assert.Equal(t, append([]int(nil), upTo(tt.from, 20)...), d.got)
			assert.EqualValues(t, 20-tt.from, d.Made)
			assert.Empty(t, d.Dropped)
			assert.Empty(t, said)
			assert.Len(t, d.origins, len(d.got), "their origins are known")
			assert.Empty(t, names(t, dir))
		})
	}
}

// endOf returns where the records of the first segment end.
func endOf(t *testing.T, content map[string][]byte) int64 {
	t.Helper()
	e := extents(t, content[firstSegment])
	return e[len(e)-1].to
}

// A folder in the place of the cursor's file stops nothing.
func TestNoCursorFile(t *testing.T) {
	content, name := halfRead(t)
	delete(content, name)
	dir := plant(t, content)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "process-dead", name), 0o700))
	d, said := deliver(t, dir)
	assert.Equal(t, upTo(0, 20), d.got)
	assert.Equal(t, 1, strings.Count(said, "is a directory"), "one report for three batches")
}

// Batches are done in any order: each folder is told how far the cursor is.
func TestBatchesOfTwoFoldersDoneBackwards(t *testing.T) {
	dir := plant(t, map[string][]byte{firstSegment: segmentFile(t, 20, true)})
	s, _ := start(t, in(tiny, dir))
	a := s.Cursor(Span, "a")
	s.Cursor(Span, "slow") // the segments stay
	add(t, s, Span, s.Origin(nil, nil), 20, 30)
	one, two := a.Next(1<<20, 100), a.Next(1<<20, 100)
	require.Len(t, one.Records, 20)
	require.Len(t, two.Records, 10)
	a.Done(two, 10, nil)
	a.Done(one, 20, nil)
	wantCounts(t, a, 30, 30, 0, nil)
	die(t, s)
	d, _ := deliver(t, dir)
	assert.Empty(t, d.got, "all of it was confirmed")
	assert.EqualValues(t, 0, d.Made)
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

// A folder with what could not be opened keeps the positions in it.
func TestCursorsStayWithTheirSegments(t *testing.T) {
	content, name := halfRead(t)
	dir := plant(t, content)
	folder := filepath.Join(dir, "process-dead")
	clearFolder(t, folder)
	assert.FileExists(t, filepath.Join(folder, name))
	require.NoError(t, os.Remove(filepath.Join(folder, firstSegment)))
	for _, other := range names(t, folder) {
		if filepath.Ext(other) == segmentExt {
			require.NoError(t, os.Remove(filepath.Join(folder, other)))
		}
	}
	clearFolder(t, folder)
	assert.NoDirExists(t, folder)
}

// Characters that mean something in patterns are letters in a path.
func TestOddPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a[b]")
	s, said := start(t, in(tiny, dir))
	c := s.Cursor(Span, "a")
	add(t, s, Span, s.Origin(nil, nil), 0, 100)
	assert.Equal(t, upTo(0, 100), drain(t, c))
	require.NoError(t, s.Close())
	assert.Empty(t, said.String())
	assert.Empty(t, names(t, dir))
}

// A record's number is taken from its sum's cover alone: a copy of a record that
// stands behind it is passed over.
func TestRecordTwice(t *testing.T) {
	seg := segmentFile(t, 12, false)
	all := extents(t, seg)
	one := all[5]
	end := all[len(all)-1].to
	b := append(seg[:end:end], seg[one.from:one.to]...)
	d, _ := deliver(t, plant(t, map[string][]byte{firstSegment: b}))
	assert.Equal(t, upTo(0, 12), d.got)
	assert.EqualValues(t, 12, d.Made)
	assert.Empty(t, d.Dropped)
}

// Who still reads a segment whose file is that of another one gets nothing.
func TestFileOfAnotherSegment(t *testing.T) {
	if !mapped {
		t.Skip("only what is mapped is used again")
	}
	s, _ := start(t, in(tiny, t.TempDir()))
	c := s.Cursor(Span, "a")
	o := s.Origin(nil, nil)
	s.mu.Lock()
	g, err := s.roomLocked(o, 1)
	s.mu.Unlock()
	require.NoError(t, err)
	for i := 0; g == s.current; i++ {
		add(t, s, Span, o, i, i+1)
		drain(t, c)
	}
	otlptest.Wait(t, "the file is used again", func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.given
	})
	_, _, err = g.read(make([]byte, 100), segmentHeader)
	require.ErrorIs(t, err, fs.ErrClosed)
	require.NoError(t, g.sync())
	require.NoError(t, g.close())
	add(t, s, Span, o, 0, 200)
	assert.Equal(t, upTo(0, 200), drain(t, c))
	wantBudget(t, s)
}

// A spare that has come of an old segment is one: nothing more goes for another.
func TestSpareOfAnOldSegment(t *testing.T) {
	s, _ := start(t, in(tiny, t.TempDir()))
	s.Cursor(Span, "a")
	add(t, s, Span, s.Origin(nil, nil), 0, 100)
	otlptest.Wait(t, "a spare", func() bool { return s.hasSpare(1) })
	wantBudget(t, s)
	before, booked := len(names(t, s.Folder())), s.bytes
	require.NoError(t, s.tryMakeSpare(s.cfg.SegmentBytes))
	assert.Len(t, names(t, s.Folder()), before)
	assert.Equal(t, booked, s.bytes)
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

// clearFolder is what [Open] does with a folder in which it finds nothing.
func clearFolder(t *testing.T, path string) {
	t.Helper()
	p, err := procdir.Lock(path)
	require.NoError(t, err)
	require.NotNil(t, p)
	require.NoError(t, (&folder{Folder: p}).clear())
}
