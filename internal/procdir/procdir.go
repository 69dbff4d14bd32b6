// SPDX-License-Identifier: Apache-2.0

// Package procdir gives each process a folder of its own below a common one,
// marked by a lock that the operating system releases when the process dies, and
// takes over the folders of the dead.
package procdir

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

const (
	prefix   = "process-"
	lockName = "lock"

	// settling is how old an empty folder must be to count as left behind: it
	// might be that of a process that is just about to lock it.
	settling = time.Minute
)

// Folder is that of one process, alive or dead, and locked by this one.
type Folder struct {
	// Path is absolute.
	Path string

	lock *flock.Flock
}

// New makes a folder for this process below base, which is made if need be.
func New(base string) (*Folder, error) {
	base, err := filepath.Abs(base)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(base, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(base, prefix+rand.Text())
	if err := os.Mkdir(path, 0o700); err != nil {
		return nil, err
	}
	f, err := Lock(path)
	if err == nil && f == nil {
		err = fmt.Errorf("%s is locked by another process", path)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return f, nil
}

// Lock takes the folder at path. It returns nil when another process has it.
func Lock(path string) (*Folder, error) {
	lock := flock.New(filepath.Join(path, lockName))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if !locked {
		return nil, lock.Close()
	}
	return &Folder{Path: path, lock: lock}, nil
}

// Adopt returns the folders below base whose processes are dead, oldest first,
// locked. Those that it cannot take are reported.
func Adopt(base string, report func(error)) ([]*Folder, error) {
	paths, err := List(base)
	var all []*Folder
	for _, path := range paths {
		f, err := adopt(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			report(fmt.Errorf("take over what a process left in %s: %w", path, err))
		}
		if f != nil {
			all = append(all, f)
		}
	}
	return all, err
}

func adopt(path string) (*Folder, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	empty, err := isEmpty(path)
	if err != nil || empty && time.Since(info.ModTime()) < settling {
		return nil, err
	}
	return Lock(path)
}

func isEmpty(path string) (bool, error) {
	entries, err := os.ReadDir(path)
	for _, e := range entries {
		if e.Name() != lockName {
			return false, err
		}
	}
	return true, err
}

// List returns the folders of processes below base, by the time of their last
// change, oldest first.
func List(base string) ([]string, error) {
	base, err := filepath.Abs(base)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(base)
	type aged struct {
		path string
		at   time.Time
	}
	var found []aged
	for _, e := range entries {
		if info, err := e.Info(); err == nil && e.IsDir() && strings.HasPrefix(e.Name(), prefix) {
			found = append(found, aged{filepath.Join(base, e.Name()), info.ModTime()})
		}
	}
	slices.SortFunc(found, func(a, b aged) int { return a.at.Compare(b.at) })
	paths := make([]string, len(found))
	for i, f := range found {
		paths[i] = f.path
	}
	return paths, err
}

// Release lets go of the folder, and removes it if nothing is in it.
func (f *Folder) Release() error {
	// Before the lock is given up, lest somebody takes it meanwhile, and after
	// it for the systems that remove no open file.
	f.removeEmpty()
	err := f.lock.Close()
	f.removeEmpty()
	return err
}

func (f *Folder) removeEmpty() {
	if empty, err := isEmpty(f.Path); err != nil || !empty {
		return
	}
	_ = os.Remove(filepath.Join(f.Path, lockName))
	_ = os.Remove(f.Path) // else the next Adopt finds it empty, and tries again
}
