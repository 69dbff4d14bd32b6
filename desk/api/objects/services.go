// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Services is the place of the values that services on this machine keep in
// folders of their own: dir has a folder for each service, with one named objects
// in it, as that of a [sidetrace.Runtime] without object storage. It need not be
// there yet. Only values of an [oss.Offloader] are read, not what else is in dir.
//
// [sidetrace.Runtime]: https://pkg.go.dev/github.com/sidetrace/sidetrace#Runtime
// [oss.Offloader]: https://pkg.go.dev/github.com/sidetrace/sidetrace/oss#Offloader
func Services(dir string) (Place, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return Place{}, fmt.Errorf("objects: %w", err)
	}
	base := filepath.ToSlash(abs)
	if !strings.HasPrefix(base, "/") {
		base = "/" + base // a drive letter
	}
	link := url.URL{Scheme: "file", Path: base}
	return Place{Store: services{abs}, Bases: []string{link.String()}}, nil
}

// services reads the values of services.
type services struct{ dir string }

// value matches the path of a value: the folder of a service, and the key that an
// oss.Offloader gives.
var value = regexp.MustCompile(`^[^/]+/objects/[0-9a-f]{2}/[0-9a-f]{64}\.txt$`)

// Get implements [oss.Store].
func (s services) Get(_ context.Context, key string) (body []byte, err error) {
	if !value.MatchString(key) || strings.HasPrefix(key, "..") {
		return nil, fmt.Errorf("objects: get %q: %w: want a value of a service", key, fs.ErrNotExist)
	}
	root, err := os.OpenRoot(s.dir) // links out of it are not followed
	if err != nil {
		return nil, fmt.Errorf("objects: get %q: %w", key, err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	if err := checkFile(root, key); err != nil {
		return nil, err
	}
	f, err := root.Open(key)
	if err != nil {
		return nil, fmt.Errorf("objects: get %q: %w", key, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, MaxBytes))
}

// checkFile refuses what is no file, before it is opened: a pipe would wait for who
// writes into it.
func checkFile(root *os.Root, key string) error {
	info, err := root.Stat(key)
	switch {
	case err != nil:
		return fmt.Errorf("objects: get %q: %w", key, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("objects: get %q: want a file", key)
	case info.Size() > MaxBytes:
		return ErrTooLarge
	}
	return nil
}

// Put refuses: these values are others'.
func (s services) Put(_ context.Context, key string, _ []byte) (string, error) {
	return "", fmt.Errorf("objects: put %q: %w", key, errors.ErrUnsupported)
}
