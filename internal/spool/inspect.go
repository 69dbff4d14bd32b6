// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/internal/procdir"
)

// Contents is what [Inspect] has found in the folder of a process.
type Contents struct {
	Path string
	// Alive says that the process runs.
	Alive bool
	// Segments are those with records, in order, and Spares how many more are made
	// ahead.
	Segments []*SegmentFile
	Spares   int
	Cursors  []CursorFile
	// Bad says which files are not what their names promise.
	Bad []error
}

// SegmentFile is a segment on disk.
type SegmentFile struct {
	Path string
	Seq  uint64
	Made time.Time
	Size int64

	head  header
	alive bool
	last  bool // of a process that is alive
}

// CursorFile says how far the records of one kind have come to one place. What kind
// and what place it does not say.
type CursorFile struct {
	Name string

	storedCursor
}

// Folders returns those of processes with files of a spool: dir itself, or those that
// are found up to three levels below it, as in service/spool/process.
func Folders(dir string) ([]string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if siblings, _ := procdir.List(filepath.Dir(dir)); slices.Contains(siblings, dir) {
		return []string{dir}, nil
	}
	return foldersBelow(dir, 3)
}

func foldersBelow(dir string, levels int) ([]string, error) {
	all, err := procdir.List(dir)
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); levels > 1 && e.IsDir() && !slices.Contains(all, path) {
			more, err2 := foldersBelow(path, levels-1)
			all, err = append(all, more...), errors.Join(err, err2)
		}
	}
	// The package procdir has other users.
	return slices.DeleteFunc(all, func(path string) bool { return !hasFiles(path) }), err
}

func hasFiles(path string) bool {
	entries, _ := os.ReadDir(path)
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return slices.Contains([]string{segmentExt, cursorExt, damagedExt}, filepath.Ext(e.Name()))
	})
}

// Inspect lists what is in the folder of a process, alive or dead, without a change.
func Inspect(path string) (*Contents, error) {
	c := &Contents{Path: path}
	segments, err := filesIn(path, segmentExt)
	if err != nil {
		return nil, err
	}
	if len(segments) > 0 {
		if c.Alive, err = held(path); err != nil {
			return nil, err
		}
	}
	cursors, err := filesIn(path, cursorExt)
	aside, err2 := filesIn(path, damagedExt)
	for _, name := range cursors {
		c.addCursor(name)
	}
	for _, name := range segments {
		c.addSegment(name)
	}
	for _, name := range aside {
		c.Bad = append(c.Bad, fmt.Errorf("%s: put aside by an earlier start, as it is %w", name, ErrFormat))
	}
	slices.SortFunc(c.Segments, func(a, b *SegmentFile) int { return cmp.Compare(a.Seq, b.Seq) })
	if n := len(c.Segments); n > 0 {
		c.Segments[n-1].last = c.Alive
	}
	return c, errors.Join(err, err2)
}

// lockName is that of package procdir, whose lock would make the file.
const lockName = "lock"

// held reports whether a process has locked its folder. It takes the lock for a
// moment: whoever starts just then takes the folder over when it starts again. A
// process that is about to lock a new folder has no segments yet.
func held(path string) (bool, error) {
	if _, err := os.Stat(filepath.Join(path, lockName)); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	f, err := procdir.Lock(path)
	if err != nil || f == nil {
		return err == nil, err
	}
	return false, f.Release()
}

func (c *Contents) addCursor(path string) {
	at := readCursor(path)
	if at == (storedCursor{}) {
		at = readCursor(path) // it may have been written just then
	}
	if info, err := os.Stat(path); at == (storedCursor{}) && err == nil && info.Size() > 0 {
		c.Bad = append(c.Bad, fmt.Errorf("%s: the cursor is damaged: all records come again", path))
	}
	c.Cursors = append(c.Cursors, CursorFile{strings.TrimSuffix(filepath.Base(path), cursorExt), at})
}

func (c *Contents) addSegment(path string) {
	g, err := inspectSegment(path)
	if c.Alive && (err != nil || g != nil && !g.head.intact) {
		g, err = inspectSegment(path) // likewise
	}
	switch {
	case errors.Is(err, fs.ErrNotExist): // delivered just now
	case err != nil:
		c.Bad = append(c.Bad, fmt.Errorf("%s: %w", path, err))
	case g == nil:
		c.Spares++
	default:
		g.alive = c.Alive
		c.Segments = append(c.Segments, g)
	}
}

// inspectSegment returns nil for one that was never used.
func inspectSegment(path string) (*SegmentFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // nothing was written
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	b, err := readHeader(file)
	if err != nil || !slices.ContainsFunc(b, func(c byte) bool { return c != 0 }) {
		return nil, err
	}
	h, err := parseHeader(b)
	if err != nil || !h.intact && info.Size() > searched {
		return nil, cmp.Or(err, ErrFormat)
	}
	return &SegmentFile{Path: path, Seq: h.seq, Made: h.made, Size: info.Size(), head: h}, nil
}

func readHeader(file *os.File) ([]byte, error) {
	b := make([]byte, segmentHeader)
	_, err := file.ReadAt(b, 0)
	if errors.Is(err, io.EOF) {
		err = nil // the rest is zero, as in a file that is being made
	}
	return b, err
}

// CursorName returns the name that the cursor for a place has in [CursorFile].
func CursorName(k Kind, place string) string {
	c := (&Spool{}).Cursor(k, place) // lest there are two ways to make it
	return strings.TrimSuffix(c.name, cursorExt)
}

// Awaits reports whether a record is still to be delivered to where the cursor
// belongs, if records of its kind are.
func (c *CursorFile) Awaits(it *Item) bool {
	return it.Segment.Seq > c.seq || it.Segment.Seq == c.seq && it.ordinal > c.ordinal
}

// Backlog is what a cursor has before it.
type Backlog struct {
	Cursor CursorFile
	// Kind is that of its records, 0 if nothing shows it.
	Kind Kind
	// Waiting is how many records are still to be delivered: those of its kind
	// count.
	Waiting PerKind

	passed PerKind // numbers of the last records before its offset
}

func (b *Backlog) add(it *Item) {
	if it.Segment.Seq == b.Cursor.seq && it.end <= b.Cursor.off {
		b.passed[it.Kind] = int64(it.ordinal)
	}
	if it.Finished && b.Cursor.Awaits(it) {
		b.Waiting[it.Kind]++
	}
}

// guess finds out the kind: at the offset of a cursor stands the number of a record
// of its kind.
func (b *Backlog) guess() {
	spans, logs := b.passed[Span] == int64(b.Cursor.ordinal), b.passed[Log] == int64(b.Cursor.ordinal)
	switch {
	case spans == logs:
	case spans:
		b.Kind = Span
	default:
		b.Kind = Log
	}
}

// Survey is what there is in a folder, all in all.
type Survey struct {
	Findings
	Backlogs []Backlog // of the cursors, in their order
}

// Survey reads all records.
func (c *Contents) Survey(ctx context.Context) (Survey, error) {
	var s Survey
	for _, cursor := range c.Cursors {
		s.Backlogs = append(s.Backlogs, Backlog{Cursor: cursor})
	}
	for _, g := range c.Segments {
		found, err := g.Scan(ctx, func(it *Item) error {
			for i := range s.Backlogs {
				s.Backlogs[i].add(it)
			}
			return nil
		})
		if err != nil {
			return s, err
		}
		s.Findings.add(&found)
	}
	for i := range s.Backlogs {
		s.Backlogs[i].guess()
	}
	return s, nil
}

// PerKind has a number for [Span] and one for [Log].
type PerKind [kinds]int64

func (n *PerKind) add(m *PerKind) {
	for k := range n {
		n[k] += m[k]
	}
}

// Item is a record of a segment. It is valid during the call that gets it.
type Item struct {
	Segment *SegmentFile
	Kind    Kind
	// Finished says that the record is whole. Else its process was writing it, or is.
	Finished bool
	Record   Record

	ordinal uint32
	end     int64
}

// Damage is a piece of a segment that cannot be read.
type Damage struct {
	Off, Len int64
	What     string
}

// Findings are what has come of reading.
type Findings struct {
	// Records are whole, Unfinished not written to their end, and Missing were
	// written and are not there.
	Records, Unfinished, Missing PerKind
	// Homeless are the records that have lost what they belong to.
	Homeless int64
	Damage   []Damage
	// Gone says that the process had no more use for the segment, meanwhile.
	Gone bool
}

// Bad reports whether anything is wrong.
func (f *Findings) Bad() bool {
	return f.Missing[Span]+f.Missing[Log]+f.Homeless > 0 || len(f.Damage) > 0
}

func (f *Findings) add(g *Findings) {
	f.Records.add(&g.Records)
	f.Unfinished.add(&g.Unfinished)
	f.Missing.add(&g.Missing)
	f.Homeless += g.Homeless
	f.Damage = append(f.Damage, g.Damage...)
}

// Scan reads all records, in order, and calls visit for each one.
func (f *SegmentFile) Scan(ctx context.Context, visit func(*Item) error) (Findings, error) {
	file, err := os.Open(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return Findings{Gone: true}, nil
	}
	if err != nil {
		return Findings{}, err
	}
	defer func() { _ = file.Close() }() // nothing was written
	g := &segment{file: file, seq: f.Seq, torn: !f.head.sealed}
	g.limit.Store(f.Size)
	s := &scan{file: f, segment: g, visit: visit, off: segmentHeader, origins: map[uint16]*Origin{}}
	if f.last {
		if err := g.limitToTaken(); err != nil {
			return Findings{}, err
		}
	}
	if !f.head.intact {
		s.found.Damage = append(s.found.Damage, Damage{0, segmentHeader, "the header"})
	}
	if err := s.run(ctx); err != nil {
		return s.found, fmt.Errorf("%s: %w", f.Path, err)
	}
	s.finish()
	return s.found, nil
}

// limitToTaken sets the limit of a segment that is written to: to the end of the
// places that are taken. What comes behind them may change at any time.
func (g *segment) limitToTaken() error {
	size, word := g.limit.Load(), make([]byte, 4)
	for off := int64(segmentHeader); off < size; {
		_, err := g.file.ReadAt(word, off)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		n := le.Uint32(word)
		if n == 0 || err != nil {
			g.limit.Store(off)
			return nil
		}
		if n&reserved == 0 {
			return nil // damaged, perhaps: then all is read
		}
		off += padded(int(n &^ reserved))
	}
	return nil
}

// scan is the reading of a segment.
type scan struct {
	file    *SegmentFile
	segment *segment
	visit   func(*Item) error
	item    Item // the one that is visited
	found   Findings

	off      int64
	again    int64 // where the segment was read again
	ordinals [kinds]uint32
	origins  map[uint16]*Origin
	hole     Damage // up to off, if there is one
	solid    int64  // where its last byte that is not zero ends
}

func (s *scan) run(ctx context.Context) error {
	buffer := make([]byte, 1<<20)
	for s.off < s.segment.limit.Load() && ctx.Err() == nil {
		n, _, err := s.segment.read(buffer, s.off)
		if err != nil {
			return err
		}
		if s.found.Gone = s.recycled(); s.found.Gone || n == 0 {
			return nil
		}
		if need := s.segment.needs(buffer[:n], s.off); need > int64(len(buffer)) {
			buffer = make([]byte, need)
			continue
		}
		if err := s.read(buffer[:n]); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// recycled reports whether the process uses the file for another segment now: the
// header goes first.
func (s *scan) recycled() bool {
	if !s.file.alive {
		return false
	}
	b, err := readHeader(s.segment.file)
	if err != nil {
		return true
	}
	h, err := parseHeader(b)
	return err != nil || h.seq != s.file.Seq
}

// read goes through p, which stands at off. What it leaves is to be read with what
// follows.
func (s *scan) read(p []byte) error {
	for len(p) > 0 {
		r, n, st := parse(p, s.segment.seq)
		isRecord := st == whole || st == open
		switch {
		case isRecord && s.segment.follows(s.ordinals[r.kind], r, st):
			if err := s.take(r, st, s.off+n); err != nil {
				return err
			}
		case s.file.alive && s.again != s.off:
			s.again = s.off // it may have been written while it was read
			return nil
		default:
			what := describe(n, st)
			if !isRecord {
				n = s.segment.skip(p, s.off)
			}
			if n == 0 {
				return nil
			}
			s.pass(p[:n], what)
		}
		p = p[n:]
		s.off += n
	}
	return nil
}

func describe(n int64, s state) string {
	switch {
	case s == whole:
		return "a record with a number that another one has"
	case s == open:
		return "a record without its mark"
	case s == cut:
		return "a record that is longer than the rest of the file"
	case s == end:
		return "zeros in place of records"
	case n > 0:
		return "a record whose checksum does not match"
	}
	return "no record begins here"
}

// take counts a record, and hands it out.
func (s *scan) take(r record, st state, end int64) error {
	s.endHole(s.off)
	s.found.Missing[r.kind] += int64(r.ordinal-s.ordinals[r.kind]) - 1
	s.ordinals[r.kind] = r.ordinal
	if r.kind == origin {
		s.define(r, st)
		return nil
	}
	o := s.origins[r.origin]
	s.item = Item{Segment: s.file, Kind: r.kind, Finished: st == whole && o != beingWritten, ordinal: r.ordinal, end: end}
	if !s.item.Finished {
		s.found.Unfinished[r.kind]++
		return s.visit(&s.item)
	}
	s.found.Records[r.kind]++
	if o == nil {
		o = unknown
		s.found.Homeless++
	}
	s.item.Record = Record{o, r.payload}
	return s.visit(&s.item)
}

// beingWritten stands for an origin that is there in a moment: records of it may be
// whole before it is.
var beingWritten = &Origin{}

func (s *scan) define(r record, st state) {
	if st == open && s.file.alive {
		s.origins[r.origin] = beingWritten
	}
	if o, ok := decodeOrigin(r.payload); ok && st == whole {
		s.origins[r.origin] = o
	}
}

// pass adds p, which stands at off, to the hole.
func (s *scan) pass(p []byte, what string) {
	if s.hole.What == "" {
		s.hole = Damage{Off: s.off, What: what}
	}
	for i := len(p) - 1; i >= 0; i-- {
		if p[i] != 0 {
			s.solid = s.off + int64(i) + 1
			return
		}
	}
}

func (s *scan) endHole(at int64) {
	if s.hole.What != "" {
		s.hole.Len = at - s.hole.Off
		s.found.Damage = append(s.found.Damage, s.hole)
	}
	s.hole = Damage{}
}

// finish counts what should have come. Zeros at the end are room that was not used.
func (s *scan) finish() {
	if s.found.Gone {
		s.found = Findings{Gone: true}
		return
	}
	if s.solid <= s.hole.Off {
		s.hole = Damage{}
	}
	s.endHole((s.solid + 7) &^ 7)
	if s.file.head.sealed {
		for _, k := range []Kind{Span, Log} {
			s.found.Missing[k] += max(int64(s.file.head.counts[k])-int64(s.ordinals[k]), 0)
		}
	}
}
