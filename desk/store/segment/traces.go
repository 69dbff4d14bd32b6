// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"sort"

	"github.com/parquet-go/parquet-go/bloom"
	"github.com/parquet-go/parquet-go/bloom/xxhash"

	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// The file traces.idx has five sections:
//
//	filter    a split block Bloom filter (Parquet format, "Bloom Filter") of the
//	          xxHash64 of the trace ids
//	ids       of each trace the lower 4 bytes of that hash, and its number in 4
//	          bytes, sorted
//	blocks    of each block of 64 traces what [fence] says
//	summaries the blocks, compressed with zstd: a table of texts and then, trace by
//	          trace, what [appendEntry] writes
//	continued the ids of traces that older segments have parts of
//
// The number of a trace is its place in the order of the rows.
const (
	filterSection = iota
	idsSection
	fencesSection
	blocksSection
	continuedSection

	traceSections
	tracesKind = 't'

	blockTraces  = 64
	bitsPerTrace = 12
)

// An Entry is a trace in a segment.
type Entry struct {
	// Summary is of the trace as far as it was stored when the segment was made,
	// so including what older segments have of it.
	Summary digest.Summary
	// FirstRow, Rows, FirstLog and Logs are what the segment itself has.
	FirstRow, Rows int
	FirstLog, Logs int
	// Continued says that older segments have parts of the trace.
	Continued bool
}

// fence is what is known of a block without reading it.
type fence struct {
	first              int // trace
	firstRow, firstLog int
	minStart, maxStart int64 // of summaries of traces that have spans
	maxDuration        int64
	withSpans          int // traces
	continued          int // of these, parts of what older segments have
	at                 uint64
	size, sum          uint32
}

const fenceBytes = 12 + 24 + 8 + 16

func hashID(id trace.TraceID) uint64 { return xxhash.Sum64(id[:]) }

// Fingerprint is what [Segment.Fingerprints] has of a trace.
func Fingerprint(id trace.TraceID) uint32 { return uint32(hashID(id)) }

// encodeTraces makes the file.
func encodeTraces(entries []Entry) []byte {
	hashes := make([]uint64, len(entries))
	ids := make([]uint64, len(entries)) // hash above number
	for i := range entries {
		hashes[i] = hashID(entries[i].Summary.TraceID)
		ids[i] = hashes[i]<<32 | uint64(i)
	}
	slices.Sort(ids)
	var sorted, fences, blocks, continued []byte
	for i := range entries {
		if entries[i].Continued {
			continued = append(continued, entries[i].Summary.TraceID[:]...)
		}
	}
	for _, id := range ids {
		sorted = le.AppendUint32(le.AppendUint32(sorted, uint32(id>>32)), uint32(id))
	}
	for first := 0; first < len(entries); first += blockTraces {
		block := entries[first:min(first+blockTraces, len(entries))]
		b := zip(encodeBlock(block))
		fences = appendFence(fences, block, uint64(len(blocks)), b)
		blocks = append(blocks, b...)
	}
	return encodeSide(tracesKind, filterOf(hashes, bitsPerTrace), sorted, fences, blocks, continued)
}

// filterOf is a filter with so many bits for each hash.
func filterOf(hashes []uint64, bits uint) []byte {
	f := make(bloom.SplitBlockFilter, bloom.NumSplitBlocksOf(int64(max(len(hashes), 1)), bits))
	f.InsertBulk(hashes)
	return f.Bytes()
}

func appendFence(b []byte, block []Entry, at uint64, zipped []byte) []byte {
	f := fence{minStart: math.MaxInt64, maxStart: math.MinInt64, maxDuration: math.MinInt64}
	for i := range block {
		if s := &block[i].Summary; s.Spans > 0 {
			f.minStart, f.maxStart = min(f.minStart, s.Start), max(f.maxStart, s.Start)
			f.maxDuration = max(f.maxDuration, s.Duration())
			f.withSpans++
			if block[i].Continued {
				f.continued++
			}
		}
	}
	for _, n := range []int{len(block), block[0].FirstRow, block[0].FirstLog} {
		b = le.AppendUint32(b, uint32(n))
	}
	for _, n := range []int64{f.minStart, f.maxStart, f.maxDuration} {
		b = le.AppendUint64(b, uint64(n))
	}
	b = le.AppendUint32(le.AppendUint32(b, uint32(f.withSpans)), uint32(f.continued))
	b = le.AppendUint64(b, at)
	b = le.AppendUint32(b, uint32(len(zipped)))
	return le.AppendUint32(b, crc32.Checksum(zipped, castagnoli))
}

func readFences(b []byte) (out []fence, traces int) {
	for ; len(b) >= fenceBytes; b = b[fenceBytes:] {
		out = append(out, fence{
			first: traces, firstRow: int(le.Uint32(b[4:])), firstLog: int(le.Uint32(b[8:])),
			minStart: int64(le.Uint64(b[12:])), maxStart: int64(le.Uint64(b[20:])), maxDuration: int64(le.Uint64(b[28:])),
			withSpans: int(le.Uint32(b[36:])), continued: int(le.Uint32(b[40:])),
			at: le.Uint64(b[44:]), size: le.Uint32(b[52:]), sum: le.Uint32(b[56:]),
		})
		traces += int(le.Uint32(b))
	}
	return out, traces
}

func encodeBlock(block []Entry) []byte {
	var texts textTable
	var rows []byte
	last := int64(0)
	for i := range block {
		rows = appendEntry(rows, &block[i], &texts, last)
		last = block[i].Summary.Start
	}
	return append(texts.append(binary.AppendUvarint(nil, uint64(len(block)))), rows...)
}

// The flags of an entry.
const (
	flagWhole = 1 << iota
	flagContinued
	flagEntryIsRoot
	flagHasEntry
)

func appendEntry(b []byte, e *Entry, texts *textTable, last int64) []byte {
	s := &e.Summary
	flags := uint64(0)
	if s.Whole {
		flags |= flagWhole
	}
	if e.Continued {
		flags |= flagContinued
	}
	switch s.Entry {
	case digest.Place{}:
	case s.Root:
		flags |= flagEntryIsRoot
	default:
		flags |= flagHasEntry
	}
	b = append(b, s.TraceID[:]...)
	b = binary.AppendVarint(b, s.Start-last)
	b = binary.AppendVarint(b, s.End-s.Start)
	for _, n := range []uint64{flags, uint64(e.Rows), uint64(e.Logs), uint64(s.Spans), uint64(s.Errors), uint64(s.Orphans), uint64(s.Levels), uint64(s.Logs)} {
		b = binary.AppendUvarint(b, n)
	}
	b = appendPlace(b, &s.Root, texts)
	if flags&flagHasEntry != 0 {
		b = appendPlace(b, &s.Entry, texts)
	}
	for _, n := range []int64{s.Tokens.Input, s.Tokens.Output, s.Tokens.Total} {
		b = binary.AppendVarint(b, n)
	}
	for _, text := range []string{s.Identity.SID, s.Identity.ChatID, s.Identity.Conversation, s.Identity.UID} {
		b = binary.AppendUvarint(b, texts.number(text))
	}
	b = binary.AppendUvarint(b, uint64(len(s.Services)))
	for _, v := range s.Services {
		b = binary.AppendUvarint(b, texts.number(v.Name))
		b = binary.AppendUvarint(b, uint64(v.Spans))
		b = binary.AppendUvarint(b, uint64(v.Errors))
	}
	return b
}

func appendPlace(b []byte, p *digest.Place, texts *textTable) []byte {
	b = append(b, p.ID[:]...)
	b = binary.AppendUvarint(b, texts.number(p.Service))
	b = binary.AppendUvarint(b, texts.number(p.Name))
	return binary.AppendVarint(b, int64(p.Kind))
}

// decodeBlock reads a block whose first trace is where its fence says.
func decodeBlock(zipped []byte, f *fence) ([]Entry, error) {
	b, err := unzip(zipped)
	if err != nil {
		return nil, err
	}
	r := reader{b: b}
	n := r.number(blockTraces + 1)
	d := blockReader{reader: r}
	d.list = d.texts()
	entries := make([]Entry, n)
	row, log, last := f.firstRow, f.firstLog, int64(0)
	for i := range entries {
		d.entry(&entries[i], last)
		entries[i].FirstRow, entries[i].FirstLog = row, log
		row, log, last = row+entries[i].Rows, log+entries[i].Logs, entries[i].Summary.Start
	}
	if d.bad {
		return nil, fmt.Errorf("%w: a block of summaries is malformed", ErrDamaged)
	}
	return entries, nil
}

type blockReader struct {
	reader
	list []string
}

func (d *blockReader) text() string {
	i := d.number(len(d.list))
	if d.bad {
		return ""
	}
	return d.list[i]
}

func (d *blockReader) entry(e *Entry, last int64) {
	s := &e.Summary
	copy(s.TraceID[:], d.take(len(s.TraceID)))
	s.Start = last + d.varint()
	s.End = s.Start + d.varint()
	flags := d.uvarint()
	s.Whole, e.Continued = flags&flagWhole != 0, flags&flagContinued != 0
	for _, n := range []*int{&e.Rows, &e.Logs, &s.Spans, &s.Errors, &s.Orphans, &s.Levels, &s.Logs} {
		*n = d.number(math.MaxInt32)
	}
	d.place(&s.Root)
	if flags&flagEntryIsRoot != 0 {
		s.Entry = s.Root
	}
	if flags&flagHasEntry != 0 {
		d.place(&s.Entry)
	}
	s.Tokens = digest.Tokens{Input: d.varint(), Output: d.varint(), Total: d.varint()}
	s.Identity = digest.Identity{SID: d.text(), ChatID: d.text(), Conversation: d.text(), UID: d.text()}
	s.Services = make([]digest.Service, d.number(len(d.b)+1))
	for i := range s.Services {
		s.Services[i] = digest.Service{Name: d.text(), Spans: d.number(math.MaxInt32), Errors: d.number(math.MaxInt32)}
	}
}

func (d *blockReader) place(p *digest.Place) {
	copy(p.ID[:], d.take(len(p.ID)))
	p.Service, p.Name, p.Kind = d.text(), d.text(), trace.Kind(d.varint())
}

// traceIndex is the file opened for reading.
type traceIndex struct {
	file   *sideFile
	filter bloom.SplitBlockFilter
	fences []fence
	traces int
	// continued are the traces that older segments have parts of.
	continued []trace.TraceID
}

func openTraces(path string) (*traceIndex, error) {
	file, err := openSide(path, tracesKind, traceSections)
	if err != nil {
		return nil, err
	}
	x := &traceIndex{file: file}
	return x, file.with(func(f io.ReaderAt) error {
		filter, err := file.readSection(f, filterSection)
		if err != nil {
			return err
		}
		if len(filter) == 0 || len(filter)%bloom.BlockSize != 0 {
			return fmt.Errorf("%w: a filter of %d bytes", ErrDamaged, len(filter))
		}
		x.filter = bloom.MakeSplitBlockFilter(filter)
		if _, err := file.readSection(f, idsSection); err != nil {
			return err
		}
		fences, err := file.readSection(f, fencesSection)
		if err != nil {
			return err
		}
		x.fences, x.traces = readFences(fences)
		continued, err := file.readSection(f, continuedSection)
		if err != nil {
			return err
		}
		for ; len(continued) >= len(trace.TraceID{}); continued = continued[len(trace.TraceID{}):] {
			x.continued = append(x.continued, trace.TraceID(continued))
		}
		if uint64(x.traces)*8 != file.sections[idsSection].size {
			return fmt.Errorf("%w: %d traces and %d bytes of ids", ErrDamaged, x.traces, file.sections[idsSection].size)
		}
		return nil
	})
}

// mayHave reports whether the segment may have a trace: never false if it has.
func (x *traceIndex) mayHave(hash uint64) bool { return x.filter.Check(hash) }

// candidates are the numbers of the traces whose id may have a hash, of the section
// with ids.
func (x *traceIndex) candidates(ids []byte, hash uint64) (numbers []int) {
	want := uint32(hash)
	at := func(i int) uint32 { return le.Uint32(ids[8*i:]) }
	for i := sort.Search(x.traces, func(i int) bool { return at(i) >= want }); i < x.traces && at(i) == want; i++ {
		numbers = append(numbers, int(le.Uint32(ids[8*i+4:])))
	}
	return numbers
}

// block reads a block.
func (x *traceIndex) block(i int) ([]Entry, error) {
	f := &x.fences[i]
	b := make([]byte, f.size)
	err := x.file.with(func(in io.ReaderAt) error { return x.file.part(in, blocksSection, b, f.at) })
	if err == nil && crc32.Checksum(b, castagnoli) != f.sum {
		err = fmt.Errorf("%w: the sum of a block of summaries is wrong", ErrDamaged)
	}
	if err != nil {
		return nil, err
	}
	return decodeBlock(b, f)
}
