// SPDX-License-Identifier: Apache-2.0

package statedir

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBase(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "/state")
	dir, err := Base()
	require.NoError(t, err)
	assert.Equal(t, filepath.FromSlash("/state/sidetrace"), dir)
	t.Setenv("XDG_STATE_HOME", "relative")
	t.Setenv("HOME", "/home/u")
	dir, err = Base()
	require.NoError(t, err)
	assert.Equal(t, filepath.FromSlash("/home/u/.local/state/sidetrace"), dir, "the standard ignores relative paths")
	t.Setenv("HOME", "")
	_, err = Base()
	require.Error(t, err)
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{
		"travel-agent.v1_x": "travel-agent.v1_x", "a/b\\c d": "a_b_c_d", "..": "_..", "": "_", "提": "_",
	} {
		assert.Equal(t, want, Name(in))
	}
}

func TestPrepare(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	require.NoError(t, Prepare(dir))
	info, err := os.Stat(dir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	require.NoError(t, Prepare(dir))
	require.NoError(t, os.Chmod(dir, 0o770))
	require.ErrorContains(t, Prepare(dir), "want 0700")
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.Error(t, Prepare(file))
	if os.Geteuid() == 0 {
		other := filepath.Join(t.TempDir(), "other")
		require.NoError(t, os.Mkdir(other, 0o700))
		require.NoError(t, os.Chown(other, 1, -1))
		require.ErrorContains(t, Prepare(other), "belongs to user 1")
	}
}
