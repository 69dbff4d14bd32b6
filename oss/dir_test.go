// SPDX-License-Identifier: Apache-2.0

package oss_test

import (
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/oss"
	"github.com/sidetrace/sidetrace/oss/osstest"
)

func newDir(t *testing.T, path string) *oss.Dir {
	t.Helper()
	d, err := oss.NewDir(path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.Close()) })
	return d
}

func TestDir(t *testing.T) {
	osstest.TestStore(t, func(t *testing.T) oss.Store { return newDir(t, filepath.Join(t.TempDir(), "objects")) })
}

func TestDirLink(t *testing.T) {
	d := newDir(t, filepath.Join(t.TempDir(), "with space"))
	link, err := d.Put(t.Context(), "ab/odd name#1.txt", []byte("body"))
	require.NoError(t, err)
	u, err := url.Parse(link)
	require.NoError(t, err)
	assert.Equal(t, "file", u.Scheme)
	body, err := os.ReadFile(filepath.FromSlash(u.Path))
	require.NoError(t, err, "the link %s leads to the file", link)
	assert.Equal(t, "body", string(body))
}

func TestDirIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("file modes do not show access on Windows")
	}
	base := filepath.Join(t.TempDir(), "objects")
	d := newDir(t, base)
	_, err := d.Put(t.Context(), "ab/c.txt", []byte("secret prompt"))
	require.NoError(t, err)
	for path, want := range map[string]os.FileMode{"": 0o700, "ab": 0o700, "ab/c.txt": 0o600} {
		info, err := os.Stat(filepath.Join(base, path))
		require.NoError(t, err)
		assert.Equal(t, want, info.Mode().Perm(), path)
	}

	shared := filepath.Join(t.TempDir(), "shared")
	require.NoError(t, os.Mkdir(shared, 0o700))
	require.NoError(t, os.Chmod(shared, 0o777))
	_, err = oss.NewDir(shared)
	require.ErrorContains(t, err, "lets others write")
	_, err = oss.NewDir(filepath.Join(base, "ab", "c.txt"))
	require.Error(t, err, "a file is no folder")
}

// A link inside the folder does not lead out of it.
func TestDirStaysInside(t *testing.T) {
	base, outside := filepath.Join(t.TempDir(), "objects"), t.TempDir()
	d := newDir(t, base)
	require.NoError(t, os.WriteFile(filepath.Join(outside, "passwd"), []byte("x"), 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(base, "out")))
	_, err := d.Get(t.Context(), "out/passwd")
	require.Error(t, err)
	_, err = d.Put(t.Context(), "out/planted", []byte("x"))
	require.Error(t, err)
	assert.NoFileExists(t, filepath.Join(outside, "planted"))
}

func TestDirRemoveOlder(t *testing.T) {
	base := filepath.Join(t.TempDir(), "objects")
	d := newDir(t, base)
	past := time.Now().Add(-48 * time.Hour)
	put := func(key string, old bool) string {
		_, err := d.Put(t.Context(), key, []byte(key))
		require.NoError(t, err)
		path := filepath.Join(base, key)
		if old {
			require.NoError(t, os.Chtimes(path, past, past))
		}
		return path
	}
	gone := []string{put(oss.Key("a"), true), put(oss.Key("b"), true), put("ab/.tmp-ABCDEFGHIJKLMNOPQRSTUVWXYZ", true)}
	again := put(oss.Key("again"), true)
	stay := []string{
		again, put(oss.Key("new"), false),
		// The folder may hold other things.
		put("photos/wedding.jpg", true), put("notes.txt", true), put("ab/notes.txt", true), put("other/"+oss.Key("a"), true),
	}
	put(oss.Key("again"), false)

	n, err := d.RemoveOlder(t.Context(), 24*time.Hour)
	require.NoError(t, err)
	assert.Equal(t, len(gone), n)
	for _, path := range gone {
		assert.NoFileExists(t, path)
	}
	for _, path := range stay {
		assert.FileExists(t, path)
	}
}
