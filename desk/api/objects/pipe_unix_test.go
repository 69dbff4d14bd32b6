// SPDX-License-Identifier: Apache-2.0

//go:build unix

package objects_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api/objects"
)

// TestPipe checks that a pipe in place of a value is not waited for.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	key := "engine/objects/ab/" + strings.Repeat("ab", 32) + ".txt"
	require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, key)), 0o700))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, key), 0o600))
	for name, open := range map[string]func(string) (objects.Place, error){"folder": objects.Folder, "services": objects.Services} {
		t.Run(name, func(t *testing.T) {
			place, err := open(dir)
			require.NoError(t, err)
			_, err = place.Store.Get(t.Context(), key)
			require.ErrorContains(t, err, "want a file")
		})
	}
}
