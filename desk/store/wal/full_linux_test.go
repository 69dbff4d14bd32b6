// SPDX-License-Identifier: Apache-2.0

package wal_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/store/wal"
	"github.com/sidetrace/sidetrace/internal/disktest"
)

func TestMain(m *testing.M) {
	disktest.MayMount()
	m.Run()
}

func TestDiskFull(t *testing.T) {
	dir := disktest.New(t, "1m")
	cfg := wal.Config{Dir: filepath.Join(dir, "log")}
	l, _, _ := open(t, cfg, 0)
	others := filepath.Join(dir, "others")
	require.NoError(t, os.WriteFile(others, make([]byte, 900<<10), 0o600))
	noise := []byte("compresses not at all: ")
	for i := range 40_000 {
		noise = append(noise, byte(i*i>>3), byte(i>>2)^byte(i*7))
	}
	written := 0
	var err error
	for ; err == nil; written++ {
		_, err = l.Append(wal.Traces, noise)
	}
	require.ErrorIs(t, err, wal.ErrFull)
	written--
	_, err = l.Append(wal.Traces, noise)
	require.ErrorIs(t, err, wal.ErrFull)
	require.NoError(t, os.Remove(others))
	_, err = l.Append(wal.Traces, []byte("there is room"))
	require.NoError(t, err)
	require.NoError(t, l.Close())

	_, found, all := open(t, cfg, 0)
	assert.Equal(t, &wal.Recovery{Requests: written + 1}, found)
	assert.Equal(t, "there is room", all[written].body)
}

// A file for whose first request there was no room is not taken for the one that
// gets its name later.
func TestDiskFullAtAFilesBeginning(t *testing.T) {
	dir := disktest.New(t, "1m")
	cfg := wal.Config{Dir: filepath.Join(dir, "log")}
	l, _, _ := open(t, cfg, 0)
	add(t, l, 1, 3)
	covered := l.Rotate()
	others := filepath.Join(dir, "others")
	require.NoError(t, os.WriteFile(others, make([]byte, 900<<10), 0o600))
	noise := make([]byte, 200<<10)
	_, err := rand.NewChaCha8([32]byte{}).Read(noise)
	require.NoError(t, err)
	_, err = l.Append(wal.Traces, noise)
	require.ErrorIs(t, err, wal.ErrFull)
	l.Rotate()
	require.NoError(t, os.Remove(others))
	add(t, l, 4, 6)
	require.NoError(t, l.Release(covered))
	require.NoError(t, l.Close())
	_, _, all := open(t, cfg, covered)
	assert.Equal(t, want(4, 6), all)
}

func TestDiskIsFullFromTheStart(t *testing.T) {
	dir := disktest.New(t, "1m")
	cfg := wal.Config{Dir: filepath.Join(dir, "log")}
	l, _, _ := open(t, cfg, 0)
	others, err := os.Create(filepath.Join(dir, "others"))
	require.NoError(t, err)
	for err == nil {
		_, err = others.Write(bytes.Repeat([]byte{1}, 4096))
	}
	require.NoError(t, others.Close())
	_, err = l.Append(wal.Traces, []byte("no"))
	require.ErrorIs(t, err, wal.ErrFull)
	require.NoError(t, os.Remove(others.Name()))
	add(t, l, 1, 3)
	require.NoError(t, l.Close())
	_, _, all := open(t, cfg, 0)
	assert.Equal(t, want(1, 3), all)
}

func TestDiskBecomesReadOnly(t *testing.T) {
	dir := disktest.New(t, "1m")
	cfg := wal.Config{Dir: filepath.Join(dir, "log")}
	l, _, _ := open(t, cfg, 0)
	add(t, l, 1, 3)
	l.Rotate()
	writable := disktest.ReadOnly(t, dir)
	_, err := l.Append(wal.Traces, nil)
	require.ErrorIs(t, err, syscall.EROFS)
	assert.NotErrorIs(t, err, wal.ErrFull)
	_, _, all := open(t, cfg, 0)
	assert.Equal(t, want(1, 3), all)
	writable()
	add(t, l, 4, 4)
}
