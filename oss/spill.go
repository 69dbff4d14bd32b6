// SPDX-License-Identifier: Apache-2.0

package oss

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

var (
	errGone    = errors.New("uploaded by another process")
	errDamaged = errors.New("does not have the content that its name promises")
)

// spillDir keeps values on disk until they are uploaded. It is a [Dir] whose
// keys have no folder part. A file appears in it whole and is removed by
// whoever uploaded it; several processes may do so at once.
type spillDir struct{ dir *Dir }

// tempAge is after how long a file that never got its name was left by a
// process that died.
const tempAge = time.Hour

// openSpill returns the folder at name and the values found in it.
func openSpill(name string) (*spillDir, []*value, error) {
	dir, err := NewDir(name)
	if err != nil {
		return nil, nil, err
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, nil, errors.Join(err, dir.Close())
	}
	var left []*value
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if strings.HasPrefix(e.Name(), tempPrefix) && time.Since(info.ModTime()) > tempAge {
			_ = dir.discard(e.Name()) // a leftover that cannot be removed does no harm
		}
		if key, ok := keyOfFile(e.Name()); ok {
			kept := make(chan struct{})
			close(kept)
			left = append(left, &value{key: key, size: info.Size(), kept: kept})
		}
	}
	return &spillDir{dir}, left, nil
}

// keyOfFile tells our files from foreign ones.
func keyOfFile(name string) (string, bool) {
	hash, ok := strings.CutSuffix(name, keySuffix)
	if !ok || len(hash) != 64 || strings.Trim(hash, "0123456789abcdef") != "" {
		return "", false
	}
	return hash[:2] + "/" + name, true
}

func (s *spillDir) write(key string, body []byte) error {
	return s.dir.write(path.Base(key), body)
}

func (s *spillDir) read(key string) ([]byte, error) {
	body, err := s.dir.Get(context.Background(), path.Base(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errGone
	}
	if err != nil {
		return nil, err
	}
	if Key(string(body)) != key {
		aside := path.Base(key) + ".damaged"
		if err := s.dir.root.Rename(path.Base(key), aside); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("oss: %s %w; it is now %s", s.dir.Link(path.Base(key)), errDamaged, aside)
	}
	return body, nil
}

func (s *spillDir) remove(key string) error {
	err := s.dir.root.Remove(path.Base(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
