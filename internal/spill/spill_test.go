// SPDX-License-Identifier: Apache-2.0

package spill

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const plenty = 1 << 30

// open opens a Dir in which nothing is wrong.
func open(t *testing.T, path string, limit int64) (*Dir, []*Value) {
	t.Helper()
	d, left, err := Open(path, limit, func(err error) { t.Error(err) })
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.Close()) })
	return d, left
}

func add(t *testing.T, d *Dir, text string) *Value {
	t.Helper()
	v, err := d.Add(sha256.Sum256([]byte(text)), []byte(text))
	require.NoError(t, err)
	return v
}

func wantValue(t *testing.T, v *Value, text string) {
	t.Helper()
	got, err := v.Read()
	require.NoError(t, err)
	assert.Equal(t, text, string(got))
	assert.Equal(t, sha256.Sum256([]byte(text)), v.Sum)
	assert.EqualValues(t, len(text), v.Size)
}

// files lists all files under path.
func files(t *testing.T, path string) []string {
	t.Helper()
	var names []string
	require.NoError(t, filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, name)
		}
		return err
	}))
	return names
}

func TestValuesComeAndGo(t *testing.T) {
	path := t.TempDir()
	d, left := open(t, path, plenty)
	assert.Empty(t, left)
	a, b, empty := add(t, d, "a value"), add(t, d, "another"), add(t, d, "")
	wantValue(t, a, "a value")
	wantValue(t, b, "another")
	wantValue(t, empty, "")
	for _, v := range []*Value{a, b, empty} {
		require.NoError(t, v.Drop())
	}
	info, err := os.Stat(filepath.Join(d.folders[0].Path, "00000000"+segmentExt))
	require.NoError(t, err)
	assert.Zero(t, info.Size(), "the place is free again, without a new file")
	wantValue(t, add(t, d, "later"), "later")
	assert.Len(t, files(t, path), 2)
	for _, name := range files(t, path) {
		info, err := os.Stat(name)
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	}
}

func TestSegmentsAreBounded(t *testing.T) {
	path := t.TempDir()
	d, _ := open(t, path, plenty)
	text := strings.Repeat("x", segmentSize/2)
	var values []*Value
	for i := range 8 {
		values = append(values, add(t, d, fmt.Sprint(i, text)))
	}
	assert.Len(t, files(t, path), 5, "four segments and a lock")
	for i, v := range values[:7] {
		wantValue(t, v, fmt.Sprint(i, text))
		require.NoError(t, v.Drop())
	}
	assert.Len(t, files(t, path), 2, "the last value holds its own segment only")
}

func TestLimit(t *testing.T) {
	d, _ := open(t, t.TempDir(), 2*(headerLen+10))
	first := add(t, d, "0123456789")
	second := add(t, d, "9876543210")
	_, err := d.Add([32]byte{}, nil)
	require.ErrorIs(t, err, ErrFull)
	require.NoError(t, first.Drop())
	require.NoError(t, second.Drop())
	add(t, d, "0123456789")
}

// abandon closes what d has open and gives up its locks, as its process's death does.
func abandon(t *testing.T, d *Dir) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, f := range d.folders {
		for _, s := range f.segments {
			require.NoError(t, s.file.Close())
		}
		require.NoError(t, f.Release())
	}
}

func TestDeathOfTheProcess(t *testing.T) {
	path := t.TempDir()
	dead, _ := open(t, path, plenty)
	alive, _ := open(t, path, plenty)
	add(t, dead, "first")
	second := add(t, dead, "second")
	mine := add(t, alive, "mine")
	abandon(t, dead)

	heir, left := open(t, path, headerLen*3+20)
	require.Len(t, left, 2, "what is of the living is left alone")
	wantValue(t, left[0], "first")
	wantValue(t, left[1], "second")
	_, err := heir.Add([32]byte{}, make([]byte, 30))
	require.ErrorIs(t, err, ErrFull, "what is inherited counts")
	_, again := open(t, path, plenty)
	assert.Empty(t, again, "there is one heir")
	require.NoError(t, left[0].Drop())
	require.NoError(t, left[1].Drop())
	assert.NoDirExists(t, filepath.Dir(second.segment.file.Name()))
	wantValue(t, mine, "mine")

	require.NoError(t, heir.Close())
	require.NoError(t, alive.Close())
	_, left = open(t, path, plenty)
	require.Len(t, left, 1, "what is there when a Dir is closed stays")
	wantValue(t, left[0], "mine")
}

// A process may die before it has written anything; one that is about to is not
// taken for dead.
func TestEmptyFolders(t *testing.T) {
	path := t.TempDir()
	foreign, young, old := filepath.Join(path, "foreign"), filepath.Join(path, "process-young"), filepath.Join(path, "process-old")
	for _, folder := range []string{foreign, young, old} {
		require.NoError(t, os.Mkdir(folder, 0o700))
	}
	long := time.Now().Add(-2 * time.Minute)
	require.NoError(t, os.Chtimes(old, long, long))
	require.NoError(t, os.Chtimes(foreign, long, long))
	open(t, path, plenty)
	assert.DirExists(t, foreign)
	assert.DirExists(t, young)
	assert.NoDirExists(t, old)
}

func TestTornAndDamaged(t *testing.T) {
	whole := func() []byte {
		var b []byte
		for _, text := range []string{"first", "second"} {
			b = appendHeader(b, &Value{Sum: sha256.Sum256([]byte(text)), Size: int64(len(text))})
			b = append(b, text...)
		}
		return b
	}
	second := headerLen + int64(len("first"))
	for name, test := range map[string]struct {
		content  []byte
		want     int
		reported string
		damaged  bool // found by Read
	}{
		"whole":          {content: whole(), want: 2},
		"empty":          {},
		"cut in a value": {content: whole()[:len(whole())-1], want: 1},
		"cut in a head":  {content: whole()[:second+3], want: 1},
		"other bytes":    {content: bytes.Repeat([]byte("?"), 100), reported: "from byte 0"},
		"other second":   {content: append(whole()[:second], bytes.Repeat([]byte("?"), 100)...), want: 1, reported: fmt.Sprintf("from byte %d", second)},
		"changed value":  {content: bytes.Replace(whole(), []byte("first"), []byte("fIrst"), 1), want: 2, damaged: true},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			folder := filepath.Join(path, "process-dead")
			require.NoError(t, os.Mkdir(folder, 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(folder, "0"+segmentExt), test.content, 0o600))
			var reported []error
			d, left, err := Open(path, plenty, func(err error) { reported = append(reported, err) })
			require.NoError(t, err)
			require.Len(t, left, test.want)
			for i, v := range left {
				_, err := v.Read()
				if test.damaged && i == 0 {
					require.ErrorIs(t, err, ErrDamaged)
					require.ErrorContains(t, err, "byte 0")
				} else {
					wantValue(t, v, []string{"first", "second"}[i])
				}
				require.NoError(t, v.Drop())
			}
			if test.reported != "" {
				require.Len(t, reported, 1)
				require.ErrorIs(t, reported[0], ErrDamaged)
				require.ErrorContains(t, reported[0], test.reported)
			} else {
				require.Empty(t, reported)
			}
			require.NoError(t, d.Close())
			if test.damaged || test.reported != "" {
				kept, err := os.ReadFile(filepath.Join(path, "process-dead-0"+segmentExt+damagedExt))
				require.NoError(t, err)
				assert.Equal(t, test.content, kept, "what is damaged is kept, aside")
			} else {
				assert.Empty(t, files(t, path))
			}
		})
	}
}

// Somebody may cut the file of a value that is known already.
func TestCutShort(t *testing.T) {
	d, _, err := Open(t.TempDir(), plenty, nil)
	require.NoError(t, err)
	v := add(t, d, "a value")
	require.NoError(t, v.segment.file.Truncate(headerLen+3))
	_, err = v.Read()
	require.ErrorIs(t, err, ErrDamaged)
	require.NoError(t, v.Drop())
	require.NoError(t, d.Close())
}

func TestErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, _, err := Open(file, plenty, nil)
	require.Error(t, err)

	d, _ := open(t, t.TempDir(), plenty)
	require.NoError(t, os.RemoveAll(d.path))
	_, err = d.Add([32]byte{}, nil)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, d.Close())
	_, err = d.Add([32]byte{}, nil)
	require.ErrorIs(t, err, fs.ErrClosed)
}

func TestConcurrentUse(t *testing.T) {
	path := t.TempDir()
	d, _ := open(t, path, plenty)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 500 {
				text := strings.Repeat(fmt.Sprint(g, i, " "), 100)
				v, err := d.Add(sha256.Sum256([]byte(text)), []byte(text))
				if !assert.NoError(t, err) {
					return
				}
				got, err := v.Read()
				assert.NoError(t, err)
				assert.Equal(t, text, string(got))
				assert.NoError(t, v.Drop())
			}
		})
	}
	wg.Wait()
	require.NoError(t, d.Close())
	assert.Empty(t, files(t, path))
}

// FuzzScan scans foreign bytes: each value found lies within them.
func FuzzScan(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte(magic))
	f.Add(append(appendHeader(nil, &Value{Size: 3}), "abc"...))
	f.Add(append(appendHeader(nil, &Value{Size: 1 << 31}), "abc"...))
	f.Fuzz(func(t *testing.T, content []byte) {
		values, err := scan(bytes.NewReader(content), int64(len(content)))
		end := int64(0)
		for _, v := range values {
			require.Equal(t, end, v.offset)
			end = v.offset + headerLen + v.Size
		}
		require.LessOrEqual(t, end, int64(len(content)))
		if err == nil && len(values) > 0 {
			var again []byte
			for _, v := range values {
				again = appendHeader(again, v)
				again = append(again, content[v.offset+headerLen:v.offset+headerLen+v.Size]...)
			}
			require.Equal(t, content[:end], again)
		}
	})
}
