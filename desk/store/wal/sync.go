// SPDX-License-Identifier: Apache-2.0

package wal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// Sync makes sure that all requests appended so far survive a power cut.
func (l *Log) Sync() error { return l.syncTo(l.Last()) }

// syncTo makes sure of the requests up to a position. One of those that wait does
// the work for all that have written meanwhile.
func (l *Log) syncTo(at Position) error {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	l.mu.Lock()
	h, upTo, done := l.handle, l.next-1, l.synced >= at
	l.mu.Unlock()
	if done || h == nil {
		return nil
	}
	if err := h.Sync(); err != nil && !errors.Is(err, os.ErrClosed) { // closed: it was synced when it ended
		return fmt.Errorf("sync %s: %w", h.Name(), err)
	}
	l.mu.Lock()
	l.synced = max(l.synced, upTo)
	l.mu.Unlock()
	return nil
}

// wake has what was written synced soon.
func (l *Log) wake() {
	select {
	case l.dirty <- struct{}{}:
	default:
	}
}

// syncInGroups syncs whenever the oldest request that is not safe has waited for
// long enough.
func (l *Log) syncInGroups() {
	for {
		select {
		case <-l.dirty:
		case <-l.done:
			return
		}
		select {
		case <-time.After(l.cfg.SyncEvery):
		case <-l.done:
			return
		}
		if err := l.Sync(); err != nil {
			l.report(err)
		}
	}
}

// makeDir makes a folder that survives a power cut.
func makeDir(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes what was made or removed in a folder survive a power cut. Some
// file systems cannot sync folders, and Windows flushes only what was opened to be
// written to (FlushFileBuffers), which no folder is.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // nothing was written through it
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}
