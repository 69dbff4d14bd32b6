// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/sidetrace/sidetrace/desk/store/internal/lru"
	"github.com/sidetrace/sidetrace/desk/store/table"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// Caches keep what was read lately of any number of segments.
type Caches struct {
	pages   *table.Cache
	tables  *lru.Cache[string, *table.File]
	blocks  *lru.Cache[blockKey, []Entry]
	stats   *lru.Cache[string, *Stats]
	tokens  *lru.Cache[string, *tokenIndex]
	origins *lru.Cache[string, *origins]
	ids     *lru.Cache[string, []byte]
}

// blockKey is a block of summaries.
type blockKey struct {
	path  string
	block int
}

// NewCaches returns caches that take about so many bytes of memory together.
func NewCaches(bytes int64) *Caches {
	return &Caches{
		pages: table.NewCache(bytes / 8 * 3),
		// What the library keeps of a file is several times what it is on disk.
		tables:  lru.New[string](bytes/8, func(f *table.File) int64 { return f.Weight() }),
		blocks:  lru.New[blockKey](bytes/4, func(b []Entry) int64 { return int64(64 + 600*len(b)) }),
		stats:   lru.New[string](bytes/4, (*Stats).weight),
		tokens:  lru.New[string](bytes/32, func(x *tokenIndex) int64 { return int64(200 + 16*x.pages) }),
		origins: lru.New[string](bytes/32, (*origins).weight),
		ids:     lru.New[string](bytes/16, func(b []byte) int64 { return int64(64 + len(b)) }),
	}
}

// A Segment is one opened for reading. Its methods may be called by any goroutine
// that holds it: see [Segment.Hold].
type Segment struct {
	Manifest *Manifest
	Dir      string

	caches *Caches
	traces *traceIndex
	holds  atomic.Int64
	gone   atomic.Bool
	remove sync.Once
}

// Open opens the segment in a folder. Nothing is kept open of it. An error that is
// [ErrDamaged] says that a file is not as it was written, and a [SideError] that
// it is one that [Rebuild] makes again.
func Open(dir string, caches *Caches) (*Segment, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return nil, fmt.Errorf("segment: open: %w", err)
	}
	s := &Segment{Manifest: m, Dir: dir, caches: caches}
	for name, tail := range m.Tables {
		if err := checkSize(filepath.Join(dir, name), tail.Size); err != nil {
			return nil, fmt.Errorf("segment: open %s: %w", dir, err)
		}
	}
	for name, size := range m.Sides {
		if err := checkSize(filepath.Join(dir, name), size); err != nil {
			return nil, &SideError{Path: filepath.Join(dir, name), Err: err}
		}
	}
	if s.traces, err = openTraces(s.path(tracesFile)); err != nil {
		return nil, &SideError{Path: s.path(tracesFile), Err: err}
	}
	return s, nil
}

// A SideError says that a side file cannot be read, which [Rebuild] can make again.
type SideError struct {
	Path string
	Err  error
}

// Error says which file it is, and what is wrong with it.
func (e *SideError) Error() string { return fmt.Sprintf("segment: %s: %v", e.Path, e.Err) }

// Unwrap is what is wrong with the file.
func (e *SideError) Unwrap() error { return e.Err }

func checkSize(path string, want int64) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case err != nil:
		return err
	case info.Size() != want:
		return fmt.Errorf("%w: %s has %d bytes instead of %d", ErrDamaged, filepath.Base(path), info.Size(), want)
	}
	return nil
}

func (s *Segment) path(name string) string { return filepath.Join(s.Dir, name) }

// Hold makes sure that the segment's files stay until as many calls of
// [Segment.Release]. It is called while nobody can call [Segment.Remove].
func (s *Segment) Hold() { s.holds.Add(1) }

// Release ends a [Segment.Hold].
func (s *Segment) Release() {
	if s.holds.Add(-1) == 0 && s.gone.Load() {
		s.removeFiles()
	}
}

// Remove removes the segment's files, once nobody holds it any more. Its manifest,
// which nobody reads, goes at once: should the process die before the rest does, the
// folder is no segment, and is removed when the store is opened.
func (s *Segment) Remove() {
	_ = os.Remove(s.path(ManifestFile)) // what is left is found again
	s.gone.Store(true)
	if s.holds.Load() == 0 {
		s.removeFiles()
	}
}

func (s *Segment) removeFiles() {
	s.remove.Do(func() { _ = os.RemoveAll(s.Dir) }) // what is left is found again
}

// table opens a table, nil if the segment has no rows of it.
func (s *Segment) table(name string) (*table.File, error) {
	tail, ok := s.Manifest.Tables[name]
	if !ok {
		return nil, nil
	}
	path := s.path(name)
	f, err := s.caches.tables.Get(path, func() (*table.File, error) {
		return schemas[name].Open(onDemand(path), tail, s.caches.pages)
	})
	if err != nil {
		return nil, fmt.Errorf("segment: %s: %w", path, err)
	}
	return f, nil
}

var schemas = map[string]*table.Schema{
	spansFile: spanTable, eventsFile: eventTable, linksFile: linkTable, logsFile: logTable, resourcesFile: resourceTable, scopesFile: scopeTable,
}

// onDemand is a file that is opened for each read: there may be more segments than
// a process can have files open, and decoding a page takes far longer.
type onDemand string

// ReadAt reads from the file.
func (p onDemand) ReadAt(b []byte, off int64) (int, error) {
	f, err := os.Open(string(p))
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	return f.ReadAt(b, off)
}

// Stats are what is known of the segment without its spans.
func (s *Segment) Stats() (*Stats, error) {
	path := s.path(statsFile)
	st, err := s.caches.stats.Get(path, func() (*Stats, error) { return readStats(path) })
	if err != nil {
		return nil, &SideError{Path: path, Err: err}
	}
	return st, nil
}

// tokenIndex says which pages may have a token.
func (s *Segment) tokenIndex() (*tokenIndex, error) {
	path := s.path(tokensFile)
	x, err := s.caches.tokens.Get(path, func() (*tokenIndex, error) { return openTokens(path) })
	if err != nil {
		return nil, &SideError{Path: path, Err: err}
	}
	return x, nil
}

// Blocks is how many blocks of traces there are, see [Segment.Block].
func (s *Segment) Blocks() int { return len(s.traces.fences) }

// Block is a block of the segment's traces, in the order of their rows. It is not
// to be changed.
func (s *Segment) Block(i int) ([]Entry, error) {
	return s.caches.blocks.Get(blockKey{s.Dir, i}, func() ([]Entry, error) {
		entries, err := s.traces.block(i)
		if err != nil {
			return nil, &SideError{Path: s.path(tracesFile), Err: err}
		}
		return entries, nil
	})
}

// A BlockRange is what is known of a block without reading it, of its traces that
// have spans. There are none if MinStart is behind MaxStart.
type BlockRange struct {
	MinStart, MaxStart int64
	MaxDuration        int64
	Traces             int // that have spans
	Continued          int // of these, parts of what older segments have
}

// BlockRange is what is known of a block.
func (s *Segment) BlockRange(i int) BlockRange {
	f := &s.traces.fences[i]
	return BlockRange{f.minStart, f.maxStart, f.maxDuration, f.withSpans, f.continued}
}

// MayHave reports whether the segment may have a trace: never false if it has.
func (s *Segment) MayHave(id trace.TraceID) bool { return s.traces.mayHave(hashID(id)) }

// Fingerprints are 32 bits of each trace, which few others have too, in no order.
func (s *Segment) Fingerprints() ([]uint32, error) {
	ids, err := s.traces.file.section(idsSection)
	if err != nil {
		return nil, &SideError{Path: s.path(tracesFile), Err: err}
	}
	prints := make([]uint32, s.traces.traces)
	for i := range prints {
		prints[i] = le.Uint32(ids[8*i:])
	}
	return prints, nil
}

// Continued are the traces that older segments had parts of when this one was
// written. The slice is not to be changed.
func (s *Segment) Continued() []trace.TraceID { return s.traces.continued }

// Find finds a trace.
func (s *Segment) Find(id trace.TraceID) (e Entry, ok bool, err error) {
	hash := hashID(id)
	if !s.traces.mayHave(hash) {
		return e, false, nil
	}
	ids, err := s.caches.ids.Get(s.Dir, func() ([]byte, error) { return s.traces.file.section(idsSection) })
	if err != nil {
		return e, false, &SideError{Path: s.path(tracesFile), Err: err}
	}
	for _, n := range s.traces.candidates(ids, hash) {
		block, err := s.Block(n / blockTraces)
		if err != nil {
			return e, false, err
		}
		if i := n % blockTraces; i < len(block) && block[i].Summary.TraceID == id {
			return block[i], true, nil
		}
	}
	return e, false, nil
}

// EntryOf is the trace that has a row of spans.
func (s *Segment) EntryOf(row int) (*Entry, error) {
	fences := s.traces.fences
	b := sort.Search(len(fences), func(i int) bool { return fences[i].firstRow > row }) - 1
	if b < 0 {
		return nil, fmt.Errorf("segment: %s: %w: no trace has row %d", s.Dir, ErrDamaged, row)
	}
	block, err := s.Block(b)
	if err != nil {
		return nil, err
	}
	i := sort.Search(len(block), func(i int) bool { return block[i].FirstRow > row }) - 1
	if i < 0 || row >= block[i].FirstRow+block[i].Rows {
		return nil, fmt.Errorf("segment: %s: %w: no trace has row %d", s.Dir, ErrDamaged, row)
	}
	return &block[i], nil
}

// PageRows is how many rows a page of spans has, but for the last.
const PageRows = table.PageRows

// PageBlocks are the blocks from and up to, without it, to whose traces rows on a page
// of spans belong.
func (s *Segment) PageBlocks(page int) (from, to int) {
	first, end := page*table.PageRows, min((page+1)*table.PageRows, s.Manifest.Spans)
	fences := s.traces.fences
	from = max(sort.Search(len(fences), func(i int) bool { return fences[i].firstRow > first })-1, 0)
	to = sort.Search(len(fences), func(i int) bool { return fences[i].firstRow >= end })
	return from, to
}

// BlockRows are the rows of spans from and up to, without it, of the traces of a block.
func (s *Segment) BlockRows(i int) (from, to int) {
	to = s.Manifest.Spans
	if i+1 < len(s.traces.fences) {
		to = s.traces.fences[i+1].firstRow
	}
	return s.traces.fences[i].firstRow, to
}
