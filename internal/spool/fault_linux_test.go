// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/internal/disktest"
	"github.com/sidetrace/sidetrace/internal/otlptest"
)

func TestMain(m *testing.M) {
	disktest.MayMount()
	m.Run()
}

// addQuickly adds records, none of which waits for long.
func addQuickly(t *testing.T, s *Spool, o *Origin, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		began := time.Now()
		require.NoError(t, s.Append(Span, o, payload(i)))
		require.Less(t, time.Since(began), 5*patience)
	}
}

func onDisk(s *Spool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current != nil && s.current.file != nil
}

// The disk fills up while records wait: the oldest ones make room for new ones. When
// nothing is left to give up, memory takes them, and in the end the disk again.
func TestDiskFull(t *testing.T) {
	at := disktest.New(t, "1m")
	cfg := in(Config{SegmentBytes: 1 << 15, MaxBytes: 64 << 20, MemoryBytes: 4 << 20, SyncEvery: 10 * time.Millisecond}, filepath.Join(at, "spool"))
	s, said := start(t, cfg)
	quick, slow := s.Cursor(Span, "quick"), s.Cursor(Span, "slow")
	o := s.Origin([]byte("res"), []byte("one"))
	const n = 20000 // some 3.5 MB
	var got []int
	for i := 0; i < n; i += 100 {
		addQuickly(t, s, o, i, i+100)
		got = append(got, drain(t, quick)...)
		wantBalance(t, quick)
		wantBalance(t, slow)
	}
	assert.Equal(t, upTo(0, n), got)
	wantCounts(t, quick, n, n, 0, nil)
	lost := slow.Counts().Dropped
	require.Positive(t, lost[NoRoom])
	left := drain(t, slow)
	assert.True(t, slices.IsSorted(left))
	assert.Len(t, slices.Compact(slices.Clone(left)), len(left))
	wantCounts(t, slow, n, len(left), 0, lost)
	assert.EqualValues(t, n-len(left), total(lost))
	assert.Less(t, strings.Count(said.String(), "records wait in memory"), 3, said.String())
	addQuickly(t, s, o, n, n+1000)
	otlptest.Wait(t, "the disk is used", func() bool {
		addQuickly(t, s, o, 0, 1)
		return onDisk(s)
	})
}

// Others have filled the disk.
func TestDiskFullOfOthers(t *testing.T) {
	at := disktest.New(t, "1m")
	cfg := in(Config{SegmentBytes: 1 << 15, MaxBytes: 64 << 20, MemoryBytes: 4 << 20, SyncEvery: 10 * time.Millisecond}, filepath.Join(at, "spool"))
	s, said := start(t, cfg)
	c, late := s.Cursor(Span, "a"), s.Cursor(Span, "b")
	o := s.Origin([]byte("res"), []byte("one"))
	giveBack := disktest.FillUp(t, at)
	var got []int
	for i := 0; i < 3000; i += 100 {
		addQuickly(t, s, o, i, i+100)
		if i > 1500 {
			got = append(got, drain(t, c)...)
		}
		wantBalance(t, c)
	}
	got = append(got, drain(t, c)...)
	n := c.Counts()
	assert.EqualValues(t, 3000-len(got), n.Dropped[NoRoom])
	wantCounts(t, c, 3000, len(got), 0, n.Dropped)
	assert.Equal(t, 1, strings.Count(said.String(), "records wait in memory"), said.String())
	assert.LessOrEqual(t, strings.Count(said.String(), cursorExt), 2, "one for each cursor: %s", said)

	giveBack()
	more := 3000
	otlptest.Wait(t, "the disk is used", func() bool {
		addQuickly(t, s, o, more, more+10)
		more += 10
		return onDisk(s)
	})
	assert.Equal(t, upTo(3000, more), drain(t, c))
	rest := drain(t, late)
	assert.Equal(t, upTo(3000, more), rest[len(rest)-(more-3000):])
	wantCounts(t, late, more, len(rest), 0, late.Counts().Dropped)
	require.NoError(t, s.Close())
	left, err := os.ReadDir(cfg.Dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

// One long record that the disk cannot take makes nobody else lose anything, and the
// disk goes on being used.
func TestLongRecordOnASmallDisk(t *testing.T) {
	at := disktest.New(t, "1m")
	cfg := in(Config{SegmentBytes: 1 << 15, MaxBytes: 64 << 20, MemoryBytes: 4 << 20, SyncEvery: 10 * time.Millisecond}, filepath.Join(at, "spool"))
	s, said := start(t, cfg)
	c := s.Cursor(Span, "a")
	o := s.Origin(nil, nil)
	add(t, s, Span, o, 0, 500)
	otlptest.Wait(t, "a spare", func() bool { return s.hasSpare(1) })
	s.mu.Lock()
	for _, g := range s.spares { // as if it were in use already
		s.bytes -= g.size
		g.broken = true // not to be used again
	}
	s.trash, s.spares = append(s.trash, s.spares...), nil
	s.mu.Unlock()
	require.NoError(t, s.Append(Span, o, make([]byte, 2<<20)))
	assert.False(t, onDisk(s))
	n := 500
	otlptest.Wait(t, "the disk is used", func() bool {
		addQuickly(t, s, o, n, n+10)
		n += 10
		return onDisk(s)
	})
	wantCounts(t, c, n+1, 0, n+1, nil)
	for b := c.Next(1, 1); b != nil; b = c.Next(1, 1) {
		c.Done(b, 1, nil)
	}
	wantCounts(t, c, n+1, n+1, 0, nil)
	// It may ask twice: others may have had success meanwhile.
	assert.LessOrEqual(t, strings.Count(said.String(), "spool:"), 3, said.String())
}

func TestFolderOfAnotherOwner(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chown(dir, 12345, 12345); err != nil {
		t.Skip("only root can give a folder away:", err)
	}
	worksInMemory(t, dir)
	assert.Empty(t, names(t, dir))
}

func TestReadOnlyFolder(t *testing.T) {
	at := disktest.New(t, "1m")
	dir := filepath.Join(at, "spool")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "process-dead"), 0o700))
	seg := segmentFile(t, 20, true)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "process-dead", firstSegment), seg, 0o600))
	writable := disktest.ReadOnly(t, at)
	worksInMemory(t, dir)
	writable()
	d, _ := deliver(t, dir)
	assert.Equal(t, upTo(0, 20), d.got, "what the dead left is still there")
}

// Somebody removes the folder while it is used.
func TestFolderVanishes(t *testing.T) {
	at := disktest.New(t, "4m")
	s, said := start(t, in(Config{SegmentBytes: 1 << 14, MaxBytes: 3 << 20, SyncEvery: 10 * time.Millisecond}, filepath.Join(at, "spool")))
	c := s.Cursor(Span, "a")
	o := s.Origin(nil, nil)
	require.NoError(t, os.RemoveAll(s.Folder()))
	addQuickly(t, s, o, 0, 2000)
	assert.Equal(t, upTo(0, 2000), drain(t, c))
	wantCounts(t, c, 2000, 2000, 0, nil)
	assert.Equal(t, 1, strings.Count(said.String(), "records wait in memory"), said.String())
}

// Who cuts the file that is mapped does not end the process.
func TestFileIsCut(t *testing.T) {
	for _, size := range []int64{0, 4096} {
		s, said := start(t, in(Config{SegmentBytes: 1 << 14, SyncEvery: time.Hour}, t.TempDir()))
		c, late := s.Cursor(Span, "a"), s.Cursor(Span, "b")
		o := s.Origin([]byte("res"), []byte("one"))
		add(t, s, Span, o, 0, 40)
		s.mu.Lock()
		name := s.current.file.Name()
		s.mu.Unlock()
		got := drain(t, c)
		require.Len(t, got, 40)
		require.NoError(t, os.Truncate(name, size))
		refused, accepted := 0, []int{}
		for i := 40; i < 500; i++ {
			if err := s.Append(Span, o, payload(i)); err != nil {
				require.ErrorIs(t, err, errFault)
				refused++
			} else {
				accepted = append(accepted, i)
			}
			wantBalance(t, c)
		}
		require.LessOrEqual(t, refused, 1)
		var last []int
		otlptest.Wait(t, "all else", func() bool {
			last = append(last, drain(t, c)...)
			return c.Counts().Waiting == 0
		})
		wantCounts(t, c, 500, 500-refused, 0, damagedOnly(refused))
		assert.Equal(t, accepted, last)

		var seen []int
		otlptest.Wait(t, "all else", func() bool {
			seen = append(seen, drain(t, late)...)
			return late.Counts().Waiting == 0
		})
		lost := int(late.Counts().Dropped[Damaged])
		wantCounts(t, late, 500, len(seen), 0, damagedOnly(lost))
		assert.LessOrEqual(t, lost, 40+refused)
		assert.Subset(t, seen, last[len(last)/2:])
		assert.Contains(t, said.String(), errFault.Error())
		require.NoError(t, s.Close())
	}
}

func damagedOnly(n int) map[Reason]int64 {
	if n == 0 {
		return nil
	}
	return map[Reason]int64{Damaged: int64(n)}
}

// A record that could not be written to its end stops nobody who reads.
func TestFileIsCutWhileItIsWritten(t *testing.T) {
	s, _ := start(t, in(Config{SegmentBytes: 1 << 14, SyncEvery: time.Hour}, t.TempDir()))
	c := s.Cursor(Span, "a")
	o := s.Origin(nil, nil)
	add(t, s, Span, o, 0, 10)
	require.NoError(t, os.Truncate(s.current.file.Name(), 4096))
	require.ErrorIs(t, s.Append(Span, o, make([]byte, 8000)), errFault)
	var got []int
	otlptest.Wait(t, "what is behind it", func() bool {
		got = append(got, drain(t, c)...)
		return c.Counts().Waiting == 0
	})
	assert.Equal(t, upTo(0, 10), got)
	wantCounts(t, c, 11, 10, 0, map[Reason]int64{Damaged: 1})
}

// The file is cut as its last record waits to be read: that is counted at once.
func TestFileIsCutBeforeItIsRead(t *testing.T) {
	s, _ := start(t, in(Config{SegmentBytes: 1 << 14, SyncEvery: time.Hour}, t.TempDir()))
	c := s.Cursor(Span, "a")
	add(t, s, Span, s.Origin(nil, nil), 0, 10)
	require.NoError(t, os.Truncate(s.current.file.Name(), 0))
	assert.Empty(t, drain(t, c))
	wantCounts(t, c, 10, 0, 0, map[Reason]int64{Damaged: 10})
}

func descriptors(t *testing.T) int {
	t.Helper()
	return len(names(t, "/proc/self/fd"))
}

// What was taken over is let go of with its last record.
func TestNoFileStaysOpen(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o700))
	s, _ := start(t, in(tiny, dir))
	a, b := s.Cursor(Span, "a"), s.Cursor(Span, "b")
	o := s.Origin(nil, nil)
	add(t, s, Span, o, 0, 30)
	drain(t, a)
	drain(t, b)
	wantBudget(t, s)
	before := descriptors(t)
	require.NoError(t, s.Close())

	for i := range 10 {
		folder := filepath.Join(dir, "process-dead"+string(rune('a'+i)))
		require.NoError(t, os.Mkdir(folder, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(folder, firstSegment), segmentFile(t, 20, true), 0o600))
	}
	s, _ = start(t, in(tiny, dir))
	a, b = s.Cursor(Span, "a"), s.Cursor(Span, "b")
	for c, want := range map[*Cursor]int{a: 200, b: 200} {
		assert.Len(t, drain(t, c), want)
	}
	add(t, s, Span, s.Origin(nil, nil), 0, 30)
	drain(t, a)
	drain(t, b)
	otlptest.Wait(t, "the folders are gone", func() bool { return len(names(t, dir)) == 1 })
	otlptest.Wait(t, "the files are closed", func() bool { return descriptors(t) <= before+1 })
	require.NoError(t, s.Close())
	assert.Empty(t, names(t, dir))
}
