// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
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
