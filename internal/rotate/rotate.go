// SPDX-License-Identifier: Apache-2.0

// Package rotate writes lines to a file that is set aside when it has grown.
package rotate

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/DeRuina/timberjack"
	"github.com/gofrs/flock"
)

// Defaults for the fields that a [Config] leaves zero.
const (
	DefaultMaxMegabytes = 100
	DefaultBackups      = 5
)

// Config names a file and its bounds.
type Config struct {
	// Path is the file that is written to; its folder is made if need be.
	// Files set aside stand beside it, with the time in their names. While
	// another process has the file, a number is added: traces.2.jsonl for
	// traces.jsonl.
	Path string
	// MaxMegabytes is the size that the file may reach. A single line that is
	// longer still is written. Zero means [DefaultMaxMegabytes].
	MaxMegabytes int
	// Backups is how many files set aside are kept. Zero means
	// [DefaultBackups].
	Backups int
}

// File is such a file. Its methods may be called from several goroutines at
// once.
type File struct {
	max  int // in megabytes
	lock *flock.Flock

	mu  sync.Mutex // guards what follows
	log *timberjack.Logger
	buf []byte
}

// maxKept bounds the buffer that is kept between lines, in bytes.
const maxKept = 1 << 20

// Open makes the folder and opens the file, so that what is wrong with either
// is known before the first line.
func Open(cfg Config) (*File, error) {
	path, err := filepath.Abs(cfg.Path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	path, lock := lockFree(path)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	limit := cmp.Or(max(cfg.MaxMegabytes, 0), DefaultMaxMegabytes)
	return &File{max: limit, lock: lock, log: &timberjack.Logger{
		Filename:   path,
		MaxSize:    limit,
		MaxBackups: cmp.Or(max(cfg.Backups, 0), DefaultBackups),
		FileMode:   0o600,
	}}, nil
}

// Path returns the absolute path of the file.
func (f *File) Path() string { return f.log.Filename }

// WriteLine appends line and a line break in one write.
func (f *File) WriteLine(line []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.buf = append(append(f.buf[:0], line...), '\n')
	// timberjack refuses what is longer than a whole file; we do not lose it.
	f.log.MaxSize = max(f.max, len(f.buf)>>20+1)
	_, err := f.log.Write(f.buf)
	if cap(f.buf) > maxKept {
		f.buf = nil
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", f.Path(), err)
	}
	return nil
}

// Close closes the file. It may be called more than once.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.log.Close(), f.lock.Close())
}

// maxWriters bounds how many names are tried.
const maxWriters = 1000

// lockFree returns the first of the names for path that no other process writes
// to, locked: when one sets its file aside, what others write would be lost. A
// file system without locks leaves path as it is.
func lockFree(path string) (string, *flock.Flock) {
	folder, name := filepath.Split(path)
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	for n := 2; ; n++ {
		lock := flock.New(filepath.Join(folder, "."+name+".lock"))
		locked, err := lock.TryLock()
		if locked || err != nil || n > maxWriters {
			return filepath.Join(folder, name), lock
		}
		_ = lock.Close() // it is not locked
		name = stem + "." + strconv.Itoa(n) + ext
	}
}
