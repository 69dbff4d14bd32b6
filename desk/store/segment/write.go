// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/store/table"
)

// Input is what goes into a segment.
type Input struct {
	Traces []Trace
	Logs   []Log // of no trace
	// Manifest has Seq, Order, Replaces, Covered and Held; the rest is filled in.
	Manifest Manifest
}

// Write writes a segment into a folder of its own below parent, whose path it
// returns. If it fails, nothing is left.
func Write(parent string, in *Input) (dir string, err error) {
	b := newBuilder(spansOf(in.Traces))
	defer b.free()
	if err := b.add(in.Traces, in.Logs); err != nil {
		return "", err
	}
	b.readFacts()
	m := in.Manifest
	b.describe(&m)
	dir = filepath.Join(parent, folderName(cmp.Or(m.Start, m.FirstLog), m.Seq))
	if err := b.write(dir, &m); err != nil {
		return "", errors.Join(fmt.Errorf("segment: write %s: %w", dir, err), os.RemoveAll(dir))
	}
	return dir, nil
}

// write writes all files, the manifest last.
func (b *builder) write(dir string, m *Manifest) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	sides := b.sides(m)
	for name, t := range b.tables() {
		if t.Rows() == 0 {
			continue
		}
		file, err := t.Encode()
		if err != nil {
			return err
		}
		tail, err := table.TailOf(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return err
		}
		m.Tables[name] = tail
		m.Bytes += int64(len(file))
		if err := writeFile(filepath.Join(dir, name), file); err != nil {
			return err
		}
	}
	if err := writeSides(dir, m, sides); err != nil {
		return err
	}
	if err := writeManifest(dir, m); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

func writeSides(dir string, m *Manifest, sides map[string][]byte) error {
	for name, file := range sides {
		m.Bytes += int64(len(file)) - m.Sides[name]
		m.Sides[name] = int64(len(file))
		if err := writeFile(filepath.Join(dir, name), file); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) tables() map[string]*table.Builder {
	return map[string]*table.Builder{
		spansFile: b.spans, eventsFile: b.events, linksFile: b.links, logsFile: b.logs, resourcesFile: b.resources, scopesFile: b.scopes,
	}
}

// sides makes the side files.
func (b *builder) sides(m *Manifest) map[string][]byte {
	stats := b.stats()
	m.FirstCall, m.LastCall = stats.calls.times()
	return map[string][]byte{
		tracesFile: encodeTraces(b.entries()), tokensFile: new(tokens).encode(b), statsFile: stats.encode(),
	}
}

// describe fills in what a manifest says of the rows.
func (b *builder) describe(m *Manifest) {
	m.Version, m.Spans, m.Logs = manifestVersion, len(b.rows), b.logRows
	m.Tables, m.Sides = map[string]table.Tail{}, map[string]int64{}
	m.FirstLog, m.LastLog, m.Raw = b.firstLog, b.lastLog, b.raw
	for i := range b.known {
		m.Raw += b.known[i].origin.weight()
	}
	if len(b.rows) > 0 {
		m.Start, m.End = math.MaxInt64, math.MinInt64
	}
	for i := range b.rows {
		m.Start, m.End = min(m.Start, b.rows[i].Start), max(m.End, b.rows[i].Start)
	}
	for _, t := range b.traces {
		if t.rows > 0 {
			m.Traces++
		}
	}
}

// readFacts finds in the attributes what summaries say of spans.
func (b *builder) readFacts() {
	for f := range sessionID {
		found := make([]bool, len(b.rows))
		for _, key := range factKeys[f] {
			b.spans.Each(key, func(row int, v table.Value) {
				if n, ok := count(valueOf(v)); ok && !found[row] {
					found[row] = true
					*tokensOf(&b.rows[row].Tokens, f) = n
				}
			})
		}
	}
	b.identities = make([]digest.Identity, len(b.traces))
	for f := sessionID; f < facts; f++ {
		b.identity(f)
	}
}

// identity finds the first value of a fact in each trace.
func (b *builder) identity(f fact) {
	first := make([]int, len(b.traces)) // row + 1
	for _, key := range factKeys[f] {
		at := 0
		b.spans.Each(key, func(row int, v table.Value) {
			if at >= len(b.traces) || row < b.traces[at].firstRow {
				at = 0 // values of another kind begin
			}
			for row >= b.traces[at].firstRow+b.traces[at].rows {
				at++
			}
			if first[at] != 0 && first[at] <= row+1 {
				return
			}
			if text := identityText(valueOf(v)); text != "" {
				first[at] = row + 1
				*identityOf(&b.identities[at], f) = text
			}
		})
	}
}

// entries are the traces with their summaries.
func (b *builder) entries() []Entry {
	out := make([]Entry, len(b.traces))
	var m Summer
	for i, t := range b.traces {
		e := &out[i]
		*e = Entry{FirstRow: t.firstRow, Rows: t.rows, FirstLog: t.firstLog, Logs: t.logs, Continued: b.earlier[i] != nil}
		part := Part{Spans: b.rows[t.firstRow : t.firstRow+t.rows], Identity: b.identities[i], Logs: t.logs}
		e.Summary = m.Sum(b.earlier[i], part)
		e.Summary.TraceID = t.id
	}
	return out
}

// A Summer sums up traces of which there are parts. It is for one goroutine at a
// time; its zero value is ready.
type Summer struct {
	digest.Summer
	spans []digest.Span
}

// Sum is the summary of a trace: of an earlier part, nil for none, and of another
// one, whose spans are in the order of their starts.
func (m *Summer) Sum(earlier *Part, own Part) digest.Summary {
	spans, identity, logs := own.Spans, own.Identity, own.Logs
	if earlier != nil {
		m.spans = append(append(m.spans[:0], earlier.Spans...), own.Spans...)
		slices.SortStableFunc(m.spans, func(s, t digest.Span) int {
			return cmp.Or(cmp.Compare(s.Start, t.Start), bytes.Compare(s.ID[:], t.ID[:]))
		})
		spans, identity, logs = m.spans, earlier.Identity, earlier.Logs+own.Logs
		identity.Fill(own.Identity)
	}
	s := m.Summer.Sum(spans)
	s.Identity, s.Logs = identity, logs
	return s
}
