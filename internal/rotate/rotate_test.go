// SPDX-License-Identifier: Apache-2.0

package rotate_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/internal/rotate"
)

func TestFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	path := filepath.Join(dir, "x.jsonl")
	f, err := rotate.Open(rotate.Config{Path: path, MaxMegabytes: 1, Backups: 2})
	require.NoError(t, err)
	assert.Equal(t, path, f.Path())
	line := bytes.Repeat([]byte("x"), 200_000)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 8 {
				assert.NoError(t, f.WriteLine(line))
			}
		})
	}
	wg.Wait()
	require.NoError(t, f.WriteLine(bytes.Repeat([]byte("y"), 3<<20)), "longer than a file may be")
	require.NoError(t, f.WriteLine([]byte("last")))
	require.NoError(t, f.Close())
	require.NoError(t, f.Close())

	files, err := filepath.Glob(filepath.Join(dir, "x*"))
	require.NoError(t, err)
	assert.Len(t, files, 3, "the file and two set aside")
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(string(b), "\nlast\n") || string(b) == "last\n")
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	_, err := rotate.Open(rotate.Config{Path: dir})
	require.Error(t, err, "a folder")
	_, err = rotate.Open(rotate.Config{Path: filepath.Join(dir, "file")})
	require.NoError(t, err)
	_, err = rotate.Open(rotate.Config{Path: filepath.Join(dir, "file", "below")})
	require.Error(t, err)
}

// Setting a file aside must not take what another process writes.
func TestEachWriterHasAFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.jsonl")
	open := func() *rotate.File {
		f, err := rotate.Open(rotate.Config{Path: path, MaxMegabytes: 1, Backups: 100})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, f.Close()) })
		return f
	}
	first, second := open(), open()
	assert.Equal(t, path, first.Path())
	assert.Equal(t, filepath.Join(dir, "x.2.jsonl"), second.Path())
	assert.Equal(t, filepath.Join(dir, "x.3.jsonl"), open().Path())
	pad := bytes.Repeat([]byte("."), 100_000)
	for i := range 50 {
		require.NoError(t, first.WriteLine(fmt.Appendf(nil, "first %d %s", i, pad)))
		require.NoError(t, second.WriteLine(fmt.Appendf(nil, "second %d %s", i, pad)))
	}
	require.NoError(t, first.Close())
	assert.Equal(t, path, open().Path(), "a name is free again when its writer is gone")
	require.NoError(t, second.Close())

	files, err := filepath.Glob(filepath.Join(dir, "x*"))
	require.NoError(t, err)
	lines := 0
	for _, name := range files {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		lines += bytes.Count(b, []byte("\n"))
	}
	assert.Equal(t, 100, lines)
}
