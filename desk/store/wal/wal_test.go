// SPDX-License-Identifier: Apache-2.0

package wal_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/store/wal"
)

// held is what a log hands out.
type held struct {
	at   wal.Position
	kind wal.Kind
	body string
}

func open(t *testing.T, cfg wal.Config, after wal.Position) (*wal.Log, *wal.Recovery, []held) {
	t.Helper()
	var all []held
	cfg.Report = func(err error) { t.Errorf("reported: %v", err) }
	l, found, err := wal.Open(cfg, after, func(r *wal.Record) error {
		b, err := r.Body()
		all = append(all, held{r.Position, r.Kind, string(b)})
		return err
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, l.Close()) })
	return l, found, all
}

// body is a request: some compress, some do not, one is empty.
func body(i int) []byte {
	switch i % 4 {
	case 0:
		return bytes.Repeat(fmt.Append(nil, "request ", i), 20)
	case 1:
		return nil
	case 2:
		return []byte{byte(i), 7, 200, 13, 90, 3, 251}
	}
	return fmt.Append(nil, "request ", i)
}

func kind(i int) wal.Kind { return wal.Traces + wal.Kind(i%2) }

func add(t *testing.T, l *wal.Log, from, to int) {
	t.Helper()
	for i := from; i <= to; i++ {
		at, err := l.Append(kind(i), body(i))
		require.NoError(t, err)
		require.Equal(t, wal.Position(i), at)
	}
}

func want(from, to int) (all []held) {
	for i := from; i <= to; i++ {
		all = append(all, held{wal.Position(i), kind(i), string(body(i))})
	}
	return all
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*.log"))
	require.NoError(t, err)
	return all
}

func TestReplay(t *testing.T) {
	cfg := wal.Config{Dir: filepath.Join(t.TempDir(), "log"), FileBytes: 300}
	l, found, all := open(t, cfg, 0)
	assert.Equal(t, &wal.Recovery{}, found)
	assert.Empty(t, all)
	assert.Empty(t, files(t, cfg.Dir), "a log that nobody writes to leaves nothing")
	add(t, l, 1, 20)
	assert.EqualValues(t, 20, l.Last())
	require.NoError(t, l.Close())
	assert.Greater(t, len(files(t, cfg.Dir)), 2)
	_, err := l.Append(wal.Traces, nil)
	require.ErrorIs(t, err, wal.ErrClosed)

	l, found, all = open(t, cfg, 0)
	assert.Equal(t, &wal.Recovery{Requests: 20}, found)
	assert.Equal(t, want(1, 20), all)
	add(t, l, 21, 25)
	require.NoError(t, l.Close())
	_, _, all = open(t, cfg, 0)
	assert.Equal(t, want(1, 25), all)
}

func TestPositionsGoOn(t *testing.T) {
	cfg := wal.Config{Dir: t.TempDir()}
	l, _, _ := open(t, cfg, 41)
	at, err := l.Append(wal.Traces, nil)
	require.NoError(t, err)
	assert.EqualValues(t, 42, at)
	require.NoError(t, l.Close())
	_, found, all := open(t, cfg, 41)
	assert.Len(t, all, 1)
	assert.Zero(t, found.Lost)
}

func TestRelease(t *testing.T) {
	cfg := wal.Config{Dir: t.TempDir()}
	l, _, _ := open(t, cfg, 0)
	add(t, l, 1, 3)
	assert.EqualValues(t, 3, l.Rotate())
	add(t, l, 4, 6)
	assert.EqualValues(t, 6, l.Rotate())
	assert.EqualValues(t, 6, l.Rotate(), "nothing to end")
	add(t, l, 7, 8)
	size := l.Size()

	require.NoError(t, l.Release(5))
	assert.Less(t, l.Size(), size)
	assert.Len(t, files(t, cfg.Dir), 2)
	require.NoError(t, l.Release(8))
	assert.Len(t, files(t, cfg.Dir), 1, "the current one stays")
	require.NoError(t, l.Close())
	l, _, all := open(t, cfg, 6)
	assert.Equal(t, want(7, 8), all)
	require.NoError(t, l.Release(8))
	assert.Empty(t, files(t, cfg.Dir))
	assert.Zero(t, l.Size())
}

// A file that was cut at any byte has all requests before it.
func TestTornAnywhere(t *testing.T) {
	dir := t.TempDir()
	l, _, _ := open(t, wal.Config{Dir: dir}, 0)
	add(t, l, 1, 9)
	require.NoError(t, l.Close())
	whole, err := os.ReadFile(files(t, dir)[0])
	require.NoError(t, err)
	last := 0
	for n := range len(whole) {
		cfg := wal.Config{Dir: t.TempDir()}
		path := filepath.Join(cfg.Dir, filepath.Base(files(t, dir)[0]))
		require.NoError(t, os.WriteFile(path, whole[:n], 0o600))
		l, found, all := open(t, cfg, 0)
		require.Equal(t, want(1, len(all)), all)
		require.GreaterOrEqual(t, len(all), last)
		last = len(all)
		require.Zero(t, found.Lost)
		require.Empty(t, found.Damaged)
		add(t, l, len(all)+1, len(all)+1)
		require.NoError(t, l.Close())

		_, again, all := open(t, cfg, 0)
		require.Equal(t, want(1, last+1), all)
		require.Equal(t, &wal.Recovery{Requests: last + 1}, again, "what was torn is gone")
	}
	assert.Equal(t, 8, last)
}

// A byte that changed costs one request at most, and is told of once.
func TestDamagedAnywhere(t *testing.T) {
	dir := t.TempDir()
	l, _, _ := open(t, wal.Config{Dir: dir}, 0)
	add(t, l, 1, 5)
	l.Rotate()
	add(t, l, 6, 7)
	require.NoError(t, l.Close())
	whole, err := os.ReadFile(files(t, dir)[0])
	require.NoError(t, err)
	second, err := os.ReadFile(files(t, dir)[1])
	require.NoError(t, err)
	for i := range whole {
		cfg := wal.Config{Dir: t.TempDir()}
		path := filepath.Join(cfg.Dir, filepath.Base(files(t, dir)[0]))
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x40
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(cfg.Dir, filepath.Base(files(t, dir)[1])), second, 0o600))
		l, found, all := open(t, cfg, 0)
		require.GreaterOrEqual(t, len(all), 6)
		require.Subset(t, want(1, 7), all)
		require.Equal(t, 7-len(all), found.Lost)
		require.Len(t, found.Damaged, found.Lost)
		for _, aside := range found.Damaged {
			require.FileExists(t, aside)
		}
		require.NoError(t, l.Close())
		_, found, _ = open(t, cfg, 0)
		require.Empty(t, found.Damaged, "it is known")
	}
}

func TestOtherVersion(t *testing.T) {
	cfg := wal.Config{Dir: t.TempDir()}
	l, _, _ := open(t, cfg, 0)
	add(t, l, 1, 1)
	require.NoError(t, l.Close())
	path := files(t, cfg.Dir)[0]
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	b[8] = 9
	require.NoError(t, os.WriteFile(path, wal.SumHeader(b), 0o600))
	_, _, err = wal.Open(cfg, 0, nil)
	assert.ErrorContains(t, err, "written by another version of this program: 9, this one knows 1")
}

func TestReplayEnds(t *testing.T) {
	cfg := wal.Config{Dir: t.TempDir()}
	l, _, _ := open(t, cfg, 0)
	add(t, l, 1, 3)
	require.NoError(t, l.Close())
	stop := errors.New("enough")
	_, _, err := wal.Open(cfg, 0, func(*wal.Record) error { return stop })
	assert.ErrorIs(t, err, stop)
}

func TestAppendsTogether(t *testing.T) {
	cfg := wal.Config{Dir: t.TempDir(), FileBytes: 2000}
	l, _, _ := open(t, cfg, 0)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 50 {
				_, err := l.Append(wal.Traces, body(i))
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	require.NoError(t, l.Close())
	_, found, all := open(t, cfg, 0)
	assert.Equal(t, &wal.Recovery{Requests: 200}, found)
	assert.Len(t, all, 200)
}

func TestSyncsInGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _, _ := open(t, wal.Config{Dir: t.TempDir(), SyncEvery: 200 * time.Millisecond}, 0)
		add(t, l, 1, 3)
		assert.Zero(t, l.Synced())
		time.Sleep(100 * time.Millisecond)
		add(t, l, 4, 5)
		time.Sleep(150 * time.Millisecond)
		synctest.Wait()
		assert.EqualValues(t, 5, l.Synced())
		require.NoError(t, l.Close())
	})
}

func TestSyncsBeforeTheAnswer(t *testing.T) {
	l, _, _ := open(t, wal.Config{Dir: t.TempDir()}, 0)
	for i := 1; i < 5; i++ {
		add(t, l, i, i)
		assert.EqualValues(t, i, l.Synced())
	}
}

func FuzzReplay(f *testing.F) {
	dir := f.TempDir()
	l, _, err := wal.Open(wal.Config{Dir: dir}, 0, nil)
	require.NoError(f, err)
	for i := range 6 {
		_, err := l.Append(kind(i), body(i))
		require.NoError(f, err)
	}
	require.NoError(f, l.Close())
	names, err := filepath.Glob(filepath.Join(dir, "*.log"))
	require.NoError(f, err)
	whole, err := os.ReadFile(names[0])
	require.NoError(f, err)
	f.Add(whole)
	f.Add(whole[:100])
	f.Fuzz(func(t *testing.T, b []byte) {
		cfg := wal.Config{Dir: t.TempDir()}
		require.NoError(t, os.WriteFile(filepath.Join(cfg.Dir, filepath.Base(names[0])), b, 0o600))
		var first, second []wal.Position
		l, found, err := wal.Open(cfg, 0, func(r *wal.Record) error {
			first = append(first, r.Position)
			_, _ = r.Body() // whose sum is right may still be no S2
			return nil
		})
		if err != nil {
			return
		}
		assert.Len(t, first, found.Requests)
		require.NoError(t, l.Close())
		_, _, err = wal.Open(cfg, 0, func(r *wal.Record) error {
			second = append(second, r.Position)
			return nil
		})
		require.NoError(t, err)
		assert.Equal(t, first, second)
	})
}
