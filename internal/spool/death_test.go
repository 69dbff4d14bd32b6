// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"fmt"
	"hash/crc32"
	"io/fs"
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

// clearFolder is what [Open] does with a folder in which it finds nothing.
func clearFolder(t *testing.T, path string) {
	t.Helper()
	p, err := procdir.Lock(path)
	require.NoError(t, err)
	require.NotNil(t, p)
	require.NoError(t, (&folder{Folder: p}).clear())
}
