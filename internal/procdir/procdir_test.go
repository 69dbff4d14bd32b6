// SPDX-License-Identifier: Apache-2.0

package procdir_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/internal/procdir"
)

func noReport(t *testing.T) func(error) {
	return func(err error) { t.Error(err) }
}

func TestFoldersOfTheDead(t *testing.T) {
	base := t.TempDir()
	alive, err := procdir.New(base)
	require.NoError(t, err)
	dead, err := procdir.New(base)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dead.Path, "left"), nil, 0o600))
	require.NoError(t, dead.Release())

	got, err := procdir.Adopt(base, noReport(t))
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Equal(t, dead.Path, got[0].Path)
	again, err := procdir.Adopt(base, noReport(t))
	require.NoError(t, err)
	assert.Empty(t, again, "it belongs to somebody now")

	require.NoError(t, os.Remove(filepath.Join(dead.Path, "left")))
	require.NoError(t, got[0].Release())
	assert.NoDirExists(t, dead.Path)
	require.NoError(t, alive.Release())
	assert.NoDirExists(t, alive.Path)
}

// A process that has just made its folder is about to lock it.
func TestYoungEmptyFolder(t *testing.T) {
	base := t.TempDir()
	young, old := filepath.Join(base, "process-young"), filepath.Join(base, "process-old")
	require.NoError(t, os.Mkdir(young, 0o700))
	require.NoError(t, os.Mkdir(old, 0o700))
	past := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(old, past, past))
	got, err := procdir.Adopt(base, noReport(t))
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Equal(t, old, got[0].Path)
	require.NoError(t, got[0].Release())
	paths, err := procdir.List(base)
	require.NoError(t, err)
	assert.Equal(t, []string{young}, paths)
}

func TestNoFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := procdir.New(filepath.Join(file, "x"))
	require.Error(t, err)
	_, err = procdir.Adopt(file, noReport(t))
	require.Error(t, err)
}
