// SPDX-License-Identifier: Apache-2.0

package oss

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/internal/statedir"
)

// Dir is a Store in a folder: an object is a file of mode 0600 whose path below
// the folder is its key. Links are file:// URLs. It keeps what is put until
// someone removes it; see [Dir.RemoveOlder].
type Dir struct {
	root *os.Root
	base string // absolute, with slashes
}

var _ Linker = (*Dir)(nil)

// NewDir returns a Dir in the folder at path, which is made for this user alone
// if it does not exist.
func NewDir(path string) (*Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("oss: %w", err)
	}
	if err := statedir.Prepare(abs); err != nil {
		return nil, fmt.Errorf("oss: %w", err)
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("oss: %w", err)
	}
	base := filepath.ToSlash(abs)
	if !strings.HasPrefix(base, "/") {
		base = "/" + base // a drive letter
	}
	return &Dir{root: root, base: base}, nil
}

// Close frees what NewDir took. The files stay.
func (d *Dir) Close() error { return d.root.Close() }

// Put writes a file and moves it into place, so that a reader sees all of it or
// nothing.
func (d *Dir) Put(ctx context.Context, key string, body []byte) (string, error) {
	if err := checkKey("put", key); err != nil {
		return "", err
	}
	if err := ctx.Err(); err != nil {
		return "", &Error{"put", key, err}
	}
	if err := d.write(key, body); err != nil {
		return "", &Error{"put", key, err}
	}
	return d.Link(key), nil
}

func (d *Dir) write(key string, body []byte) error {
	folder, name := path.Split(key)
	if folder != "" {
		if err := d.root.MkdirAll(path.Clean(folder), 0o700); err != nil {
			return err
		}
	}
	tmp := folder + tempPrefix + rand.Text()
	if err := d.root.WriteFile(tmp, body, 0o600); err != nil {
		return errors.Join(err, d.discard(tmp))
	}
	if err := d.root.Rename(tmp, folder+name); err != nil {
		return errors.Join(err, d.discard(tmp))
	}
	return nil
}

// tempPrefix begins the names of files that are still being written.
const tempPrefix = ".tmp-"

func (d *Dir) discard(tmp string) error {
	if err := d.root.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Get reads a file.
func (d *Dir) Get(ctx context.Context, key string) ([]byte, error) {
	if err := checkKey("get", key); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, &Error{"get", key, err}
	}
	body, err := d.root.ReadFile(key)
	if err != nil {
		return nil, &Error{"get", key, err}
	}
	return body, nil
}

// Link returns the file:// URL of key (RFC 8089).
func (d *Dir) Link(key string) string {
	u := url.URL{Scheme: "file", Path: path.Join(d.base, key)}
	return u.String()
}

// offloaded matches the keys of an Offloader, and files that were to get one.
var offloaded = regexp.MustCompile(`^[0-9a-f]{2}/([0-9a-f]{64}\.txt|\.tmp-[A-Z2-7]{26})$`)

// String returns the folder's URL.
func (d *Dir) String() string { return d.Link("") }

// RemoveOlder removes the values of an [Offloader] that were last put more than
// age ago and returns how many there were. Files of other names are not touched:
// the folder may be used for more than this.
func (d *Dir) RemoveOlder(ctx context.Context, age time.Duration) (int, error) {
	limit := time.Now().Add(-age)
	removed := 0
	var failed []error
	err := fs.WalkDir(d.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !offloaded.MatchString(name) {
			return errors.Join(err, ctx.Err())
		}
		info, err := e.Info()
		if err != nil || info.ModTime().After(limit) {
			return nil // gone meanwhile, or young
		}
		if err := d.root.Remove(name); err != nil {
			failed = append(failed, err)
			return nil
		}
		removed++
		return nil
	})
	if err := errors.Join(append(failed, err)...); err != nil {
		return removed, fmt.Errorf("oss: remove from %s: %w", d, err)
	}
	return removed, nil
}
