// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/sidetrace/sidetrace/internal/procdir"
)

const damagedExt = ".damaged"

// adopt takes over what a dead process has left in its folder.
func (s *Spool) adopt(p *procdir.Folder) {
	f := &folder{Folder: p}
	segments, err := f.load()
	if err != nil {
		s.report(err)
	}
	s.mu.Lock()
	for _, g := range segments {
		s.index++
		g.index = s.index
		s.bytes += g.size
		f.segments++
	}
	s.segments = append(s.segments, segments...)
	if len(segments) > 0 {
		s.folders = append(s.folders, f)
	}
	s.mu.Unlock()
	if len(segments) == 0 {
		if err := f.clear(); err != nil {
			s.report(err)
		}
	}
}

// load opens the segments of the folder, in order. What is none is put aside.
func (f *folder) load() ([]*segment, error) {
	names, err := filesIn(f.Path, segmentExt)
	errs := []error{err}
	var all []*segment
	for _, name := range names {
		g, err := openSegment(f, name)
		if errors.Is(err, ErrFormat) {
			err = errors.Join(err, os.Rename(name, name+damagedExt))
		}
		if err != nil {
			errs = append(errs, err)
		}
		if g != nil {
			all = append(all, g)
		}
	}
	slices.SortFunc(all, func(a, b *segment) int { return cmp.Compare(a.seq, b.seq) })
	return all, errors.Join(errs...)
}

// filesIn returns the paths of the files with an extension.
func filesIn(dir, ext string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && filepath.Ext(e.Name()) == ext {
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	return names, err
}

// openSegment opens a segment for reading. It removes one that was never used, and
// returns nil.
func openSegment(f *folder, name string) (*segment, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	g, err := readSegment(f, file)
	switch {
	case err != nil:
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), file.Close())
	case g.seq == 0:
		return nil, errors.Join(file.Close(), os.Remove(name))
	}
	return g, nil
}

// searched is how long a file may be whose records are looked for though its header
// says nothing: it may be anything.
const searched = 1 << 30

func readSegment(f *folder, file *os.File) (*segment, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	b := make([]byte, segmentHeader)
	if _, err := io.ReadFull(file, b); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if !slices.ContainsFunc(b, func(c byte) bool { return c != 0 }) {
		return &segment{file: file}, nil // made ahead
	}
	h, err := parseHeader(b)
	if err != nil || !h.intact && info.Size() > searched {
		return nil, cmp.Or(err, ErrFormat)
	}
	g := &segment{
		folder: f, file: file, seq: h.seq, size: info.Size(), made: h.made, counts: h.counts,
		torn: !h.sealed, origins: map[uint16]*Origin{},
	}
	g.limit.Store(info.Size())
	g.sealed.Store(true)
	if g.torn {
		err = g.count()
	}
	if err == nil && !h.intact && g.counts == [kinds]uint32{} {
		err = ErrFormat
	}
	return g, err
}

// count finds out how many records there are in a segment that its process had no
// time to seal, and where they end.
func (g *segment) count() error {
	end := int64(segmentHeader)
	err := g.each(func(r record, s state, after int64) bool {
		if g.follows(g.counts[r.kind], r, s) {
			g.counts[r.kind] = r.ordinal
		}
		end = after
		return true
	})
	g.limit.Store(end)
	return err
}

// each calls f for each record of a segment that nobody writes to, until f returns
// false. The payload is valid during the call.
func (g *segment) each(f func(r record, s state, after int64) bool) error {
	buffer := make([]byte, 1<<20)
	for off := int64(segmentHeader); off < g.limit.Load(); {
		n, _, err := g.read(buffer, off)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil // the file is shorter than it was
		}
		if need := g.needs(buffer[:n], off); need > int64(len(buffer)) {
			buffer = make([]byte, need)
			continue
		}
		for p := buffer[:n]; len(p) > 0; {
			r, n, s := parse(p, g.seq)
			if s == cut || s == damaged || s == end {
				if n = g.skip(p, off); n == 0 {
					break
				}
			} else if !f(r, s, off+n) {
				return nil
			}
			p = p[n:]
			off += n
		}
	}
	return nil
}
