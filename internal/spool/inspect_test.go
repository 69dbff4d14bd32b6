// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func inspect(t *testing.T, path string) *Contents {
	t.Helper()
	c, err := Inspect(path)
	require.NoError(t, err)
	return c
}

func survey(t *testing.T, path string) Survey {
	t.Helper()
	s, err := inspect(t, path).Survey(t.Context())
	require.NoError(t, err)
	return s
}

// numbers returns those of the finished records of a kind.
func numbers(t *testing.T, c *Contents, k Kind) (all []int, found Findings) {
	t.Helper()
	for _, g := range c.Segments {
		f, err := g.Scan(t.Context(), func(it *Item) error {
			if it.Kind == k && it.Finished {
				all = append(all, number(it.Record.Payload))
				assert.Equal(t, payload(all[len(all)-1]), it.Record.Payload)
			}
			return nil
		})
		require.NoError(t, err)
		found.add(&f)
	}
	return all, found
}

// remains is the folder of a process that has died with a segment that is not sealed.
func remains(t *testing.T, spans, logs int) (dir string) {
	t.Helper()
	s, _ := start(t, Config{Dir: t.TempDir()})
	s.Cursor(Span, "a")
	o := s.Origin([]byte("res"), []byte("scope"))
	add(t, s, Span, o, 0, spans)
	add(t, s, Log, o, 0, logs)
	die(t, s)
	return s.Folder()
}

// alter changes a file.
func alter(t *testing.T, path string, change func(b []byte)) {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	change(b)
	require.NoError(t, os.WriteFile(path, b, 0o600))
}

// offset returns where the nth record stands, origins included.
func offset(b []byte, n int) (off int) {
	for off = segmentHeader; n > 0; n-- {
		off += int(padded(int(le.Uint32(b[off:]) &^ reserved)))
	}
	return off
}

func TestInspect(t *testing.T) {
	dir := t.TempDir()
	cfg := small
	cfg.Dir = dir
	s, _ := start(t, cfg)
	a, b := s.Cursor(Span, "a"), s.Cursor(Log, "b")
	o := s.Origin([]byte("res"), []byte("scope"))
	add(t, s, Span, o, 0, 400)
	add(t, s, Log, o, 0, 100)
	for _, c := range []*Cursor{a, b} {
		batch := c.Next(1<<20, 10)
		c.Done(batch, len(batch.Records), nil)
	}
	living := inspect(t, s.Folder())
	assert.True(t, living.Alive)
	die(t, s)

	c := inspect(t, s.Folder())
	assert.False(t, c.Alive)
	assert.Empty(t, c.Bad)
	assert.Greater(t, len(c.Segments), 2)
	assert.True(t, slices.IsSortedFunc(c.Segments, func(a, b *SegmentFile) int { return int(a.Seq) - int(b.Seq) }))
	for _, from := range []*Contents{living, c} {
		spans, found := numbers(t, from, Span)
		assert.Equal(t, upTo(0, 400), spans)
		assert.False(t, found.Bad())
		assert.Equal(t, PerKind{Span: 400, Log: 100}, PerKind{Span: found.Records[Span], Log: found.Records[Log]})
	}
	got := map[string]Backlog{}
	for _, l := range survey(t, s.Folder()).Backlogs {
		got[l.Cursor.Name] = l
	}
	require.Len(t, got, 2)
	for name, want := range map[string]struct {
		kind    Kind
		waiting int64
	}{CursorName(Span, "a"): {Span, 390}, CursorName(Log, "b"): {Log, 90}} {
		assert.Equal(t, want.kind, got[name].Kind)
		assert.Equal(t, want.waiting, got[name].Waiting[want.kind])
	}
}

func TestFolders(t *testing.T) {
	base := t.TempDir()
	s, _ := start(t, Config{Dir: filepath.Join(base, "service", "spool")})
	s.Cursor(Span, "a")
	add(t, s, Span, s.Origin(nil, nil), 0, 1)
	require.NoError(t, os.MkdirAll(filepath.Join(base, "service", "offload", "process-A"), 0o700))
	require.NoError(t, os.MkdirAll(filepath.Join(base, "a", "b", "c", "process-B"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(base, "a", "b", "c", "process-B", "1.seg"), nil, 0o600))
	for _, dir := range []string{base, filepath.Join(base, "service"), filepath.Dir(s.Folder()), s.Folder()} {
		got, err := Folders(dir)
		require.NoError(t, err)
		assert.Equal(t, []string{s.Folder()}, got, dir)
	}
	_, err := Folders(filepath.Join(base, "missing"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestScanFindsDamage(t *testing.T) {
	tests := []struct {
		name    string
		change  func(b []byte)
		want    Damage // Off and Len are numbers of records, with the origin the first
		missing PerKind
	}{
		{"a byte", func(b []byte) { b[offset(b, 5)+recordHeader] ^= 1 }, Damage{5, 1, "a record whose checksum does not match"}, PerKind{Span: 1}},
		{"a length", func(b []byte) { b[offset(b, 5)+3] = 0xff }, Damage{5, 1, "a record that is longer than the rest of the file"}, PerKind{Span: 1}},
		{"a length without its bit", func(b []byte) { b[offset(b, 5)+3] = 0 }, Damage{5, 1, "no record begins here"}, PerKind{Span: 1}},
		{"zeros", func(b []byte) { clear(b[offset(b, 5):offset(b, 9)]) }, Damage{5, 4, "zeros in place of records"}, PerKind{Span: 4}},
		{"the last record", func(b []byte) { b[offset(b, 30)+recordHeader] ^= 1 }, Damage{30, 1, "a record whose checksum does not match"}, PerKind{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := remains(t, 30, 0)
			path := inspect(t, dir).Segments[0].Path
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			alter(t, path, tt.change)
			_, found := numbers(t, inspect(t, dir), Span)
			off := offset(b, int(tt.want.Off))
			want := Damage{int64(off), int64(offset(b, int(tt.want.Off+tt.want.Len)) - off), tt.want.What}
			assert.Equal(t, []Damage{want}, found.Damage)
			assert.Equal(t, tt.missing, found.Missing)
			assert.True(t, found.Bad())
			assert.Equal(t, 30-tt.want.Len, found.Records[Span])
		})
	}
}

func TestScanOfWhatIsIncomplete(t *testing.T) {
	t.Run("a header", func(t *testing.T) {
		dir := remains(t, 30, 0)
		alter(t, inspect(t, dir).Segments[0].Path, func(b []byte) { b[20] ^= 1 })
		spans, found := numbers(t, inspect(t, dir), Span)
		assert.Equal(t, upTo(0, 30), spans)
		assert.Equal(t, []Damage{{0, segmentHeader, "the header"}}, found.Damage)
	})
	t.Run("an origin", func(t *testing.T) {
		dir := remains(t, 30, 0)
		alter(t, inspect(t, dir).Segments[0].Path, func(b []byte) { b[segmentHeader+recordHeader] ^= 1 })
		spans, found := numbers(t, inspect(t, dir), Span)
		assert.Equal(t, upTo(0, 30), spans)
		assert.EqualValues(t, 30, found.Homeless)
	})
	t.Run("a record that was being written", func(t *testing.T) {
		dir := remains(t, 30, 0)
		alter(t, inspect(t, dir).Segments[0].Path, func(b []byte) { clear(b[offset(b, 5)+16:][:4]) })
		spans, found := numbers(t, inspect(t, dir), Span)
		assert.Equal(t, append(upTo(0, 4), upTo(5, 30)...), spans)
		assert.False(t, found.Bad())
		assert.EqualValues(t, 1, found.Unfinished[Span])
	})
	t.Run("the end of a sealed file", func(t *testing.T) {
		s, _ := start(t, Config{Dir: t.TempDir()})
		s.Cursor(Span, "a")
		add(t, s, Span, s.Origin(nil, nil), 0, 30)
		require.NoError(t, s.Close())
		path := inspect(t, s.Folder()).Segments[0].Path
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.Truncate(path, int64(offset(b, 28))))
		_, found := numbers(t, inspect(t, s.Folder()), Span)
		assert.Equal(t, PerKind{Span: 3}, found.Missing)
	})
}

func TestInspectNamesBadFiles(t *testing.T) {
	dir := remains(t, 3, 0)
	for name, text := range map[string]string{"7.seg": strings.Repeat("x", 100), "8.seg.damaged": "", "a.cursor": "xx", "b.cursor": "", "9.seg": ""} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	c := inspect(t, dir)
	text := errors.Join(c.Bad...).Error()
	assert.Contains(t, text, "8.seg.damaged: put aside")
	assert.Contains(t, text, "a.cursor: the cursor is damaged")
	assert.NotContains(t, text, "b.cursor", "nothing was confirmed yet")
	assert.NotContains(t, text, "9.seg", "it was being made")
	assert.Len(t, c.Cursors, 2)
}

// A process that writes, has its records delivered and uses its files again is read
// without a false alarm, and without a record that was never written.
func TestScanOfALivingProcess(t *testing.T) {
	cfg := small
	cfg.Dir = t.TempDir()
	s, _ := start(t, cfg)
	c := s.Cursor(Span, "a")
	o := s.Origin([]byte("res"), []byte("scope"))
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for range 3 {
		writers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					assert.NoError(t, s.Append(Span, o, payload(i%5000)))
				}
			}
		})
	}
	writers.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				if b := c.Next(1<<20, 100); b != nil {
					c.Done(b, len(b.Records), nil)
				}
			}
		}
	})
	for range 60 {
		contents := inspect(t, s.Folder())
		assert.Empty(t, contents.Bad)
		assert.True(t, contents.Alive)
		_, found := numbers(t, contents, Span)
		assert.False(t, found.Bad(), "%+v", found)
		assert.Zero(t, found.Records[Log])
	}
	close(stop)
	writers.Wait()
}

func TestScanEnds(t *testing.T) {
	g := inspect(t, remains(t, 3, 0)).Segments[0]
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := g.Scan(ctx, func(*Item) error { return nil })
	require.ErrorIs(t, err, context.Canceled)
	_, err = g.Scan(t.Context(), func(*Item) error { return fs.ErrInvalid })
	require.ErrorIs(t, err, fs.ErrInvalid)
	require.NoError(t, os.Remove(g.Path))
	found, err := g.Scan(t.Context(), nil)
	require.NoError(t, err)
	assert.Equal(t, Findings{Gone: true}, found)
}
