// SPDX-License-Identifier: Apache-2.0

// Package wal is a log of requests, written before they are answered, from which
// a store finds again what it had in memory only.
//
// # On disk
//
// A log is a folder of files, each named for the position of its first request in
// 16 hexadecimal digits. All numbers are little endian. A file begins with
//
//	 0  "sdtdesk\n"
//	 8  version, 4 bytes, and 4 unused
//	16  position of the first request, 8 bytes
//	24  time of its making in nanoseconds of Unix time, 8 bytes
//	32  4 unused, and CRC-32C of bytes 0 to 36
//
// and then has requests, one behind the other:
//
//	 0  mark d1 5e c5 10
//	 4  CRC-32C of bytes 8 to 40, which begins with the lower half of the file's
//	    first position in place of zero
//	 8  CRC-32C of what is stored
//	12  its length, 4 bytes
//	16  length of the request, 4 bytes
//	20  kind: 1 traces, 2 logs; 0 stored as it is, 1 compressed with S2; 2 unused
//	24  position, 8 bytes
//	32  time in nanoseconds of Unix time, 8 bytes
//	40  what is stored
//
// Positions count the requests. What is not a whole request at the end of the
// last file was being written when the machine or the process died, and is cut
// off. What is none in the middle was damaged: it is copied to a folder of its
// own, the requests behind it are found by their marks, and positions tell how
// many are missing.
package wal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/klauspost/compress/s2"
)

// A Position is the number of a request in the order in which they were appended;
// the first one is 1.
type Position uint64

// A Kind says what a request carries.
type Kind uint8

// The kinds of requests.
const (
	Traces Kind = 1 + iota // an ExportTraceServiceRequest
	Logs                   // an ExportLogsServiceRequest
)

// ErrFull is what [Log.Append] returns when there is no room on the disk. Nothing
// was written then; it may be tried again later.
var ErrFull = errors.New("the disk is full")

// ErrClosed is what [Log.Append] returns after [Log.Close].
var ErrClosed = errors.New("wal: closed")

// Config says how a log is kept.
type Config struct {
	// Dir is the log's folder. It is made when it is needed.
	Dir string
	// SyncEvery is how long a request may be written but not yet safe from a power
	// cut. Zero: no longer than its Append takes.
	SyncEvery time.Duration
	// FileBytes is how large a file may grow; zero: 64 MiB. A longer request has
	// one of its own.
	FileBytes int64
	// Report is told what goes wrong in the background; nil: nobody is.
	Report func(error)
}

const defaultFileBytes = 64 << 20

// A Log is a log of requests. Its methods may be called by any goroutine.
type Log struct {
	cfg Config

	mu     sync.Mutex // guards all below
	files  []file     // oldest first; the last one is written to if current is set
	handle *os.File   // of the current one; nil: there is none
	offset int64      // its end
	next   Position
	synced Position // requests up to it survive a power cut
	closed bool

	syncing sync.Mutex // who has it syncs
	dirty   chan struct{}
	done    chan struct{}
	stopped sync.WaitGroup
}

// file is one of a log.
type file struct {
	path        string
	first, last Position // last < first: it has none
	size        int64
}

// Append writes a request. When it returns, the request survives the death of the
// process, and the death of the machine after [Config.SyncEvery].
func (l *Log) Append(kind Kind, body []byte) (Position, error) {
	buffer := buffers.Get().(*[]byte)
	defer putBuffer(buffer)
	r := Record{Kind: kind, length: len(body)}
	compressInto(buffer, &r, body)
	at, err := l.write(&r, *buffer)
	if err != nil {
		return 0, fmt.Errorf("wal: append %d bytes: %w", len(body), err)
	}
	if l.cfg.SyncEvery > 0 {
		l.wake()
		return at, nil
	}
	if err := l.syncTo(at); err != nil {
		return 0, fmt.Errorf("wal: append %d bytes: %w", len(body), err)
	}
	return at, nil
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// keep is the size of buffers that are used again.
const keep = 8 << 20

func putBuffer(b *[]byte) {
	if cap(*b) <= keep {
		buffers.Put(b)
	}
}

// compressInto makes buffer room for a header, and what is to be stored behind it.
func compressInto(buffer *[]byte, r *Record, body []byte) {
	if need := recordHeader + s2.MaxEncodedLen(len(body)); cap(*buffer) < need {
		*buffer = make([]byte, need)
	}
	b := (*buffer)[:cap(*buffer)]
	r.codec, r.stored = compressed, s2.Encode(b[recordHeader:], body)
	if len(r.stored) > len(body)-len(body)/8 {
		r.codec, r.stored = plain, b[recordHeader:recordHeader+copy(b[recordHeader:], body)]
	}
	*buffer = b[:r.size()]
}

// write gives the record its position and writes it.
func (l *Log) write(r *Record, b []byte) (Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, ErrClosed
	}
	if err := l.openLocked(int64(len(b))); err != nil {
		return 0, full(err)
	}
	f := &l.files[len(l.files)-1]
	r.Position, r.Time = l.next, time.Now()
	putRecordHeader(b, r, f.first)
	if _, err := l.handle.WriteAt(b, l.offset); err != nil {
		l.undoLocked()
		return 0, full(err)
	}
	l.offset += int64(len(b))
	l.next++
	f.last, f.size = r.Position, l.offset
	return r.Position, nil
}

// undoLocked takes back what a write has left. If that fails, the file has ended.
func (l *Log) undoLocked() {
	if err := l.handle.Truncate(l.offset); err != nil {
		l.report(err)
		l.endLocked()
	}
}

// full wraps errors of a file system that has no room.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// openLocked makes sure there is a file with room for so many bytes.
func (l *Log) openLocked(n int64) error {
	if l.handle != nil && l.offset > fileHeader && l.offset+n > l.cfg.FileBytes {
		l.endLocked()
	}
	if l.handle != nil {
		return nil
	}
	if err := makeDir(l.cfg.Dir); err != nil {
		return err
	}
	path := l.path(l.next)
	h, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = h.Write(appendFileHeader(nil, l.next, time.Now()))
	if err == nil {
		err = syncDir(l.cfg.Dir)
	}
	if err != nil {
		return errors.Join(err, h.Close(), os.Remove(path))
	}
	l.handle, l.offset = h, fileHeader
	l.files = append(l.files, file{path: path, first: l.next, last: l.next - 1, size: fileHeader})
	return nil
}

func (l *Log) path(first Position) string {
	return filepath.Join(l.cfg.Dir, fmt.Sprintf("%016x%s", uint64(first), extension))
}

const extension = ".log"

// endLocked closes the current file: nothing is added to it any more. One that has
// no request is removed, since the next file has the same name.
func (l *Log) endLocked() {
	if l.handle == nil {
		return
	}
	err := errors.Join(l.handle.Sync(), l.handle.Close())
	if last := len(l.files) - 1; l.files[last].last < l.files[last].first {
		err = errors.Join(err, os.Remove(l.files[last].path))
		l.files = l.files[:last]
	}
	if err != nil {
		l.report(fmt.Errorf("end %s: %w", l.handle.Name(), err))
	}
	l.handle, l.synced = nil, l.next-1
}

func (l *Log) report(err error) {
	if l.cfg.Report != nil {
		l.cfg.Report(fmt.Errorf("wal: %w", err))
	}
}

// Rotate ends the current file, so that it can be released as soon as the
// requests before the position it returns, and that one, are safe elsewhere.
func (l *Log) Rotate() Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endLocked()
	return l.next - 1
}

// Release removes the files that have no request behind a position.
func (l *Log) Release(upTo Position) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for len(l.files) > 0 && l.files[0].last <= upTo && !(len(l.files) == 1 && l.handle != nil) {
		if err := os.Remove(l.files[0].path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("wal: release: %w", err))
			break
		}
		l.files = l.files[1:]
	}
	return errors.Join(errs...)
}

// Last is the position of the last request, 0 before the first.
func (l *Log) Last() Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next - 1
}

// Size is how many bytes the log has on disk.
func (l *Log) Size() (n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.files {
		n += f.size
	}
	return n
}

// Close ends the log. It may be called more than once.
func (l *Log) Close() error {
	l.mu.Lock()
	closed := l.closed
	l.closed = true
	l.endLocked()
	l.mu.Unlock()
	if !closed {
		close(l.done)
	}
	l.stopped.Wait()
	return nil
}
