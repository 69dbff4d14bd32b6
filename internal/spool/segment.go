// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/sidetrace/sidetrace/internal/procdir"
)

const segmentExt = ".seg"

// folder is that of one process, alive or dead.
type folder struct {
	*procdir.Folder
	segments int         // that are not removed, guarded by Spool.mu
	left     atomic.Bool // the folder is given up
}

// segment is a part of the log: a file, mapped while it is written to, or memory.
type segment struct {
	folder *folder  // nil in memory
	file   *os.File // nil in memory

	torn   bool // not sealed when its process died
	synced bool // since it is complete, for the keeper alone

	// Guarded by Spool.mu:
	seq     uint64 // 0 until it is used
	index   int64  // in the order of the list of the Spool
	size    int64  // bytes that it takes of the budget
	made    time.Time
	dropped bool          // from the list of the Spool
	broken  bool          // it cannot be accessed
	counts  [kinds]uint32 // records
	numbers map[*Origin]uint16

	limit   atomic.Int64 // bytes whose place is taken
	writers atomic.Int32 // records that are being written
	sealed  atomic.Bool  // no more records come
	through int64        // bytes that are on disk for certain, for the goroutine that syncs

	mu    sync.RWMutex // guards what follows
	data  []byte       // nil when it is not mapped any more
	given bool         // the file is that of another segment now

	originsMu sync.Mutex // guards origins
	origins   map[uint16]*Origin
}

// newSegment makes a segment in f, or in memory if f is nil.
func newSegment(f *folder, number int, size int64) (*segment, error) {
	g := &segment{folder: f, size: size, made: time.Now(), numbers: map[*Origin]uint16{}, origins: map[uint16]*Origin{}}
	g.limit.Store(segmentHeader)
	if f == nil {
		g.data = make([]byte, size)
		return g, nil
	}
	name := filepath.Join(f.Path, fmt.Sprintf("%08d%s", number, segmentExt))
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	g.file = file
	if g.data, err = openData(file, size); err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(name))
	}
	return g, nil
}

// beginLocked makes s the segment with the number seq.
func (g *segment) beginLocked(seq uint64) error {
	g.seq, g.made = seq, time.Now()
	if err := touch(func() { putSegmentHeader(g.data, seq, g.made) }); err != nil {
		return err
	}
	return g.persist(0, segmentHeader)
}

var errFault = errors.New("a segment cannot be accessed: its file was cut, or the disk fails")

// touch runs f, which reads or writes what is mapped. Where the file behind that is
// gone, because somebody has cut it or the disk has failed, it returns an error, and
// the process lives on.
func touch(f func()) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch fault := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			err = errFault
		default:
			panic(fault)
		}
	}()
	f()
	return nil
}

// persist writes bytes to the file where the system does not map it.
func (g *segment) persist(off, n int64) error {
	if mapped || g.file == nil {
		return nil
	}
	_, err := g.file.WriteAt(g.data[off:off+n], off)
	return err
}

func (g *segment) fits(n int64) bool { return g.limit.Load()+n <= int64(len(g.data)) }

// place is where a record is going to be written.
type place struct {
	segment *segment
	off     int64
}

// reserveLocked takes the place of a record.
func (g *segment) reserveLocked(k Kind, payload int, origin uint16) (place, error) {
	off := g.limit.Load()
	err := touch(func() {
		putPlace(g.data[off:], k, g.counts[k]+1, origin)
		atomic.StoreUint32(g.word(off), uint32(payload)|reserved)
	})
	if err != nil {
		return place{}, err
	}
	g.counts[k]++
	g.writers.Add(1)
	g.limit.Store(off + padded(payload))
	return place{g, off}, nil
}

// word is the aligned word at off, which writers and readers share.
func (g *segment) word(off int64) *uint32 { return (*uint32)(unsafe.Pointer(&g.data[off])) }

// fill writes the record. It reports whether the segment has become quiet: nothing
// is added to it any more.
func (p place) fill(payload []byte) (quiet bool, err error) {
	g, n := p.segment, padded(len(payload))
	err = touch(func() {
		putPayload(g.data[p.off:p.off+n], payload, g.seq)
		atomic.StoreUint32(g.word(p.off+16), committed)
	})
	if err == nil {
		err = g.persist(p.off, n)
	}
	return g.writers.Add(-1) == 0 && g.sealed.Load(), err
}

// settle gives back what a sealed segment does not need. It does nothing while
// records are being written.
func (g *segment) settle(counts [kinds]uint32) error {
	if g.file == nil || !g.sealed.Load() || g.writers.Load() > 0 {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.data == nil {
		return nil
	}
	err := touch(func() { putSeal(g.data, &counts) })
	err = errors.Join(err, g.persist(0, segmentHeader), closeData(g.data))
	g.data = nil
	return errors.Join(err, g.file.Truncate(g.limit.Load()))
}

// reborn returns an empty segment with the file and the mapping of g, nil if g is
// not mapped or not of this size. The header goes first: whoever finds the file
// half way takes it for one that was never used.
func (g *segment) reborn(size int64) *segment {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !mapped || g.file == nil || int64(len(g.data)) != size {
		return nil
	}
	fresh := &segment{folder: g.folder, file: g.file, size: size, made: time.Now(), numbers: map[*Origin]uint16{}, origins: map[uint16]*Origin{}, data: g.data}
	err := touch(func() {
		clear(fresh.data[:segmentHeader])
		clear(fresh.data[segmentHeader:g.limit.Load()])
	})
	if err != nil {
		return nil
	}
	fresh.limit.Store(segmentHeader)
	g.data, g.given = nil, true
	return fresh
}

// ahead is how much of a segment is kept ready to be written to.
const ahead = 1 << 20

var pageSize = int64(os.Getpagesize())

// syncMapped writes through what has been added since the last time, and no page
// ahead: the system would stop the first write to each page that is on disk.
func (g *segment) syncMapped() error {
	from, to := g.through, g.limit.Load()
	quiet := g.writers.Load() == 0 // in this order: then all up to there is written
	if from == to {
		return nil
	}
	page := func(n int64) int64 { return n &^ (pageSize - 1) }
	err := syncData(g.file, g.data[page(from):min(page(to+pageSize-1), int64(len(g.data)))])
	if err == nil && quiet {
		g.through = to
	}
	populate(g.data[page(to):min(page(to)+ahead, int64(len(g.data)))])
	return err
}

// sync writes what the file has to the disk.
func (g *segment) sync() error {
	g.mu.RLock()
	if g.data != nil {
		defer g.mu.RUnlock()
		return g.syncMapped()
	}
	given := g.given
	g.mu.RUnlock()
	if given {
		return nil
	}
	if err := g.file.Sync(); !errors.Is(err, fs.ErrClosed) { // it may be removed meanwhile
		return err
	}
	return nil
}

// close frees what the segment has taken, and leaves it for the next process.
func (g *segment) close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.file == nil || g.given {
		g.data = nil
		return nil
	}
	var err error
	if g.data != nil {
		err = closeData(g.data)
		g.data = nil
	}
	return errors.Join(err, g.file.Close())
}

// remove deletes the segment.
func (g *segment) remove() error {
	err := g.close()
	if g.file == nil {
		return err
	}
	if gone := os.Remove(g.file.Name()); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

// read copies what is at off into p: of a segment that is written to, only records
// that are whole. When the first one is longer than p, need is its length.
func (g *segment) read(p []byte, off int64) (n int, need int64, err error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	limit := g.limit.Load()
	switch {
	case off >= limit:
		return 0, 0, nil
	case g.data != nil:
		err = touch(func() {
			var stop int64
			stop, need = g.whole(off, off+int64(len(p)), limit)
			n = copy(p, g.data[off:stop])
		})
		return n, need, err
	case g.file == nil, g.given:
		return 0, 0, fs.ErrClosed
	}
	n, err = g.file.ReadAt(p[:min(int64(len(p)), limit-off)], off)
	if errors.Is(err, io.EOF) { // somebody has cut the file
		g.limit.Store(off + int64(n))
		err = nil
	}
	return n, 0, err
}

// whole returns the end of the last record before stop of those that are whole.
// When the first one goes beyond stop, need is its length.
func (g *segment) whole(off, stop, limit int64) (end, need int64) {
	for end = off; end+recordHeader <= limit; {
		n := padded(int(atomic.LoadUint32(g.word(end)) &^ reserved))
		switch {
		case atomic.LoadUint32(g.word(end+16)) != committed:
			return end, 0
		case end+n > stop && end == off:
			return end, n
		case end+n > stop:
			return end, 0
		}
		end += n
	}
	return end, 0
}
