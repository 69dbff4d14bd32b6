// SPDX-License-Identifier: Apache-2.0

package objects_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api/objects"
	"github.com/sidetrace/sidetrace/oss"
)

func TestServices(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state of all")
	place, err := objects.Services(dir)
	require.NoError(t, err)
	_, err = place.Store.Get(t.Context(), "engine/objects/"+oss.Key("x"))
	require.ErrorIs(t, err, fs.ErrNotExist, "the folder is not there yet")

	own, err := oss.NewDir(filepath.Join(dir, "engine", "objects"))
	require.NoError(t, err)
	defer func() { require.NoError(t, own.Close()) }()
	key := oss.Key("a long prompt")
	link, err := own.Put(t.Context(), key, []byte("a long prompt"))
	require.NoError(t, err)
	rest, found := strings.CutPrefix(link, place.Bases[0]+"/")
	require.True(t, found, "%s begins with %s", link, place.Bases[0])
	body, err := place.Store.Get(t.Context(), rest)
	require.NoError(t, err)
	assert.Equal(t, "a long prompt", string(body))

	_, err = place.Store.Put(t.Context(), rest, nil)
	require.ErrorIs(t, err, errors.ErrUnsupported)
}

func TestServicesReadsNothingElse(t *testing.T) {
	dir := t.TempDir()
	place, err := objects.Services(filepath.Join(dir, "state"))
	require.NoError(t, err)
	folder := filepath.Join(dir, "state", "engine", "objects", "ab")
	require.NoError(t, os.MkdirAll(folder, 0o700))
	secret := filepath.Join(dir, "secret")
	require.NoError(t, os.WriteFile(secret, []byte("secret"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "state", "engine", "traces.jsonl"), []byte("spans"), 0o600))
	name := strings.Repeat("ab", 32) + ".txt"
	require.NoError(t, os.Symlink(secret, filepath.Join(folder, name)))
	large := strings.Repeat("cd", 32) + ".txt"
	f, err := os.Create(filepath.Join(folder, large))
	require.NoError(t, err)
	require.NoError(t, f.Truncate(objects.MaxBytes+1))
	require.NoError(t, f.Close())
	require.NoError(t, os.Mkdir(filepath.Join(folder, strings.Repeat("ef", 32)+".txt"), 0o700))
	for _, key := range []string{
		"", "engine", "engine/traces.jsonl", "../secret", "engine/objects/../../../secret", "engine/objects/ab/" + name, "../state/engine/objects/ab/" + name,
		"engine/objects/ab/" + large, "engine/objects/ab/" + strings.Repeat("ef", 32) + ".txt", "/engine/objects/ab/" + name, "../objects/ab/" + name,
	} {
		body, err := place.Store.Get(t.Context(), key)
		require.Error(t, err, key)
		assert.Empty(t, body, key)
	}
}
