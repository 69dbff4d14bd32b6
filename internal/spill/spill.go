// SPDX-License-Identifier: Apache-2.0

// Package spill keeps values in files until they have reached their destination,
// past the death of the process if need be.
//
// Values are appended to segments, since creating a file for each costs many
// times what writing it does. A segment is a sequence of
//
//	"stv1"  length (4 bytes, little endian)  SHA-256 of the value (32 bytes)  value
//
// Each process has a folder of its own, marked by a lock that the operating
// system releases when the process dies. [Open] takes over the folders of the
// dead. What is written survives the process, not a loss of power.
package spill

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/sidetrace/sidetrace/internal/procdir"
)

// ErrFull is what [Dir.Add] answers when the value would not fit.
var ErrFull = errors.New("spill: the folder is full")

// ErrDamaged is in what [Open] reports and [Value.Read] answers when bytes on
// disk are not those that were written.
var ErrDamaged = errors.New("its content is not what was written")

const (
	segmentExt = ".values"
	damagedExt = ".damaged"

	// segmentSize is how long a segment gets before the next one begins: its
	// space is free again only after its last value is dropped.
	segmentSize = 16 << 20
)

// Dir is a folder of values. Its methods may be called from several goroutines
// at once, and any number of Dirs of any processes may share the folder.
type Dir struct {
	path  string
	limit int64

	mu      sync.Mutex // guards what follows, and all of folders and segments
	folders []*folder  // that this process has locked, its own first
	current *segment   // that Add appends to, nil before the first value
	bytes   int64      // of all segments
	count   int        // segments begun
	closed  bool
}

// folder is that of one process, alive or dead, and locked by this one.
type folder struct {
	*procdir.Folder
	segments []*segment
}

type segment struct {
	dir     *Dir
	folder  *folder
	file    *os.File
	size    int64
	live    int // values that are not dropped
	damaged bool
}

// Value is a value in a [Dir].
type Value struct {
	// Sum is the SHA-256 of the value, Size its length in bytes.
	Sum  [sha256.Size]byte
	Size int64

	segment *segment
	offset  int64
}

// Open opens the folder at path, which is made if need be, for at most limit
// bytes. It returns the values that dead processes have left there, oldest
// first within each process, and reports what it cannot read of them.
func Open(path string, limit int64, report func(error)) (*Dir, []*Value, error) {
	own, err := procdir.New(path)
	if err != nil {
		return nil, nil, err
	}
	d := &Dir{path: filepath.Dir(own.Path), limit: limit, folders: []*folder{{Folder: own}}}
	left, err := d.adopt(report)
	if err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	return d, left, nil
}

// segmentNames lists the segments in a folder, oldest first.
func segmentNames(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && filepath.Ext(e.Name()) == segmentExt {
			names = append(names, filepath.Join(folder, e.Name()))
		}
	}
	return names, err
}

// adopt takes over the folders of dead processes.
func (d *Dir) adopt(report func(error)) ([]*Value, error) {
	dead, err := procdir.Adopt(d.path, func(err error) { report(fmt.Errorf("spill: %w", err)) })
	var left []*Value
	for _, f := range dead {
		values, err := d.adoptFolder(&folder{Folder: f}, report)
		if err != nil {
			report(fmt.Errorf("spill: %s: %w", f.Path, err))
		}
		left = append(left, values...)
	}
	return left, err
}

func (d *Dir) adoptFolder(f *folder, report func(error)) ([]*Value, error) {
	names, err := segmentNames(f.Path)
	var left []*Value
	for _, name := range names {
		values, err := d.openSegment(f, name)
		if err != nil {
			report(fmt.Errorf("spill: %s: %w", name, err))
		}
		left = append(left, values...)
	}
	if len(f.segments) == 0 {
		return left, errors.Join(err, f.Release())
	}
	d.folders = append(d.folders, f)
	return left, err
}

func (d *Dir) openSegment(f *folder, name string) ([]*Value, error) {
	file, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.addLocked(f, file)
	values, err := s.scan()
	s.damaged = err != nil
	s.live = len(values)
	d.bytes += s.size
	if s.live == 0 {
		err = errors.Join(err, s.removeLocked())
	}
	return values, err
}

func (d *Dir) addLocked(f *folder, file *os.File) *segment {
	s := &segment{dir: d, folder: f, file: file}
	f.segments = append(f.segments, s)
	return s
}

// Add appends a value with its SHA-256.
func (d *Dir) Add(sum [sha256.Size]byte, value []byte) (*Value, error) {
	need := headerLen + int64(len(value))
	if int64(len(value)) > math.MaxUint32 {
		return nil, fmt.Errorf("spill: a value has %d bytes, and may have %d", len(value), uint32(math.MaxUint32))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, fs.ErrClosed
	}
	if d.bytes+need > d.limit {
		return nil, ErrFull
	}
	s, err := d.segmentLocked()
	if err != nil {
		return nil, err
	}
	v := &Value{Sum: sum, Size: int64(len(value)), segment: s, offset: s.size}
	if err := s.write(v, value); err != nil {
		err = errors.Join(err, s.file.Truncate(s.size))
		if s.live == 0 {
			err = errors.Join(err, s.removeLocked())
		}
		d.current = nil // the disk may be full, or the file be gone
		return nil, err
	}
	s.size += need
	s.live++
	d.bytes += need
	return v, nil
}

// segmentLocked returns the segment to append to.
func (d *Dir) segmentLocked() (*segment, error) {
	if s := d.current; s != nil && s.size < segmentSize {
		return s, nil
	}
	own := d.folders[0]
	name := filepath.Join(own.Path, fmt.Sprintf("%08d%s", d.count, segmentExt))
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	d.count++
	d.current = d.addLocked(own, file)
	return d.current, nil
}

// write writes the value behind its header, so that one that is cut off by the
// process's death is too short for what its header says.
func (s *segment) write(v *Value, value []byte) error {
	header := appendHeader(make([]byte, 0, headerLen), v)
	if _, err := s.file.WriteAt(header, v.offset); err != nil {
		return err
	}
	_, err := s.file.WriteAt(value, v.offset+headerLen)
	return err
}

// Read returns the value. The error wraps [ErrDamaged] when what is on disk is
// something else; the file is then kept, aside.
func (v *Value) Read() ([]byte, error) {
	s := v.segment
	value := make([]byte, v.Size)
	_, err := s.file.ReadAt(value, v.offset+headerLen)
	if errors.Is(err, io.EOF) || err == nil && sha256.Sum256(value) != v.Sum {
		err = ErrDamaged
		s.dir.mu.Lock()
		s.damaged = true
		s.dir.mu.Unlock()
	}
	if err != nil {
		return nil, fmt.Errorf("spill: %s, value at byte %d: %w", s.file.Name(), v.offset, err)
	}
	return value, nil
}

// Drop says that the value is not needed any more. It is called once.
func (v *Value) Drop() error {
	s, d := v.segment, v.segment.dir
	d.mu.Lock()
	defer d.mu.Unlock()
	s.live--
	switch {
	case s.live > 0 || d.closed:
		return nil
	case s != d.current || s.damaged:
		return s.removeLocked()
	}
	d.bytes -= s.size
	s.size = 0
	return s.file.Truncate(0)
}

// removeLocked removes a segment without values, and with the last one of a dead
// process its folder. A damaged one is put aside.
func (s *segment) removeLocked() error {
	d, f := s.dir, s.folder
	d.bytes -= s.size
	if d.current == s {
		d.current = nil
	}
	f.segments = slices.DeleteFunc(f.segments, func(o *segment) bool { return o == s })
	name := s.file.Name()
	err := s.file.Close()
	if s.damaged {
		aside := filepath.Base(f.Path) + "-" + filepath.Base(name) + damagedExt
		err = errors.Join(err, os.Rename(name, filepath.Join(d.path, aside)))
	} else if gone := os.Remove(name); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	if i := slices.Index(d.folders, f); i > 0 && len(f.segments) == 0 {
		d.folders = slices.Delete(d.folders, i, i+1)
		err = errors.Join(err, f.Release())
	}
	return err
}

// Close ends the use of the folder. Values that are not dropped stay, for the
// next [Open] to find.
func (d *Dir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	var errs []error
	if s := d.current; s != nil && s.live == 0 {
		errs = append(errs, s.removeLocked())
	}
	for _, f := range d.folders {
		for _, s := range f.segments {
			errs = append(errs, s.file.Close())
		}
		errs = append(errs, f.Release())
	}
	return errors.Join(errs...)
}
