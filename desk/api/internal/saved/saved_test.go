// SPDX-License-Identifier: Apache-2.0

package saved_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api/internal/saved"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

const began = int64(1_700_000_000_000_000_000)

func checkout(n uint64) *trace.Trace {
	b := sourcetest.Checkout(n, began)
	return &trace.Trace{ID: sourcetest.TraceID(n), Spans: b.Spans, Logs: b.Logs}
}

func open(t *testing.T, dir string) *saved.Folder {
	t.Helper()
	f, err := saved.Open(dir)
	require.NoError(t, err)
	return f
}

// list is what is saved, as names and numbers.
func list(t *testing.T, f *saved.Folder) (all []string) {
	t.Helper()
	entries, err := f.List()
	require.NoError(t, err)
	for _, e := range entries {
		assert.Equal(t, 5, e.Spans)
		assert.False(t, e.Saved.IsZero())
		all = append(all, e.Name+" "+strings.TrimLeft(e.TraceID.String(), "0"))
	}
	return all
}

func TestSaved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	f := open(t, dir)
	assert.Empty(t, list(t, f))
	for n, name := range map[uint64]string{1: "slow", 2: "good"} {
		_, err := f.Save(name, checkout(n))
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"good 2", "slow 1"}, list(t, f))
	_, err := f.Save("worse", checkout(1))
	require.NoError(t, err, "it gets another name")
	_, err = f.Save("good", checkout(1))
	require.ErrorIs(t, err, saved.ErrUsed)
	for _, name := range []string{"", strings.Repeat("x", 41)} {
		_, err = f.Save(name, checkout(3))
		require.ErrorIs(t, err, saved.ErrName)
	}
	_, err = f.Save(strings.Repeat("名", 40), checkout(3))
	require.NoError(t, err)
	require.NoError(t, f.Remove(sourcetest.TraceID(3)))
	require.ErrorIs(t, f.Remove(sourcetest.TraceID(3)), os.ErrNotExist)

	f = open(t, dir)
	assert.Equal(t, []string{"good 2", "worse 1"}, list(t, f), "after a restart")
	want, got := checkout(2), new(trace.Trace)
	got, err = f.Trace(want.ID)
	require.NoError(t, err)
	assert.JSONEq(t, string(format.AppendOTLPJSON(nil, &trace.Batch{Spans: want.Spans, Logs: want.Logs})), string(format.AppendOTLPJSON(nil, &trace.Batch{Spans: got.Spans, Logs: got.Logs})))
	_, err = f.Trace(sourcetest.TraceID(9))
	require.ErrorIs(t, err, os.ErrNotExist)
	info, err := os.Stat(filepath.Join(dir, want.ID.String()+".json.gz"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestFull(t *testing.T) {
	f := open(t, t.TempDir())
	for n := range uint64(saved.Max) {
		_, err := f.Save(fmt.Sprint(n), checkout(n+1))
		require.NoError(t, err)
	}
	_, err := f.Save("one more", checkout(99))
	require.ErrorIs(t, err, saved.ErrFull)
	_, err = f.Save("another name", checkout(1))
	require.NoError(t, err)
}

// TestDamaged checks that a file which cannot be read does not hide the others.
func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	_, err := f.Save("good", checkout(1))
	require.NoError(t, err)
	whole, err := os.ReadFile(filepath.Join(dir, sourcetest.TraceID(1).String()+".json.gz"))
	require.NoError(t, err)
	for n, b := range [][]byte{{}, []byte("no gzip"), whole[:20], whole[:len(whole)-20]} {
		id := sourcetest.TraceID(uint64(n) + 2)
		require.NoError(t, os.WriteFile(filepath.Join(dir, id.String()+".json.gz"), b, 0o600))
		_, err = f.Trace(id)
		require.Error(t, err)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("x"), 0o600))
	all, err := f.List()
	require.Error(t, err)
	require.NotEmpty(t, all)
	assert.Equal(t, "good", all[0].Name)
	_, err = f.Save("another", checkout(9))
	require.NoError(t, err)
	_, err = saved.Open(filepath.Join(dir, "notes.txt"))
	require.Error(t, err)
}
