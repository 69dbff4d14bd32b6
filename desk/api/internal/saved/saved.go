// SPDX-License-Identifier: Apache-2.0

// Package saved keeps traces that others are compared with, in a folder of their
// own, so that they outlive what the store keeps.
//
// A file is compressed with gzip and has two lines: what is said of the trace, and
// the trace as OTLP in JSON.
package saved

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// Limits of what is saved.
const (
	Max     = 20 // traces
	MaxName = 40 // characters of a name
)

// What cannot be done.
var (
	ErrFull = fmt.Errorf("saved: there are %d traces already", Max)
	ErrName = fmt.Errorf("saved: want a name of 1 to %d characters", MaxName)
	ErrUsed = errors.New("saved: another trace has this name")
)

// An Entry is what is said of a trace.
type Entry struct {
	TraceID trace.TraceID
	Name    string
	Saved   time.Time
	Spans   int
}

// A Folder keeps traces. Its methods may be called by any goroutine; one process at
// a time uses it.
type Folder struct {
	mu   sync.Mutex // is held while something changes
	root *os.Root
}

// Open opens a folder, which is made if need be.
func Open(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("saved: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("saved: %w", err)
	}
	return &Folder{root: root}, nil
}

const extension = ".json.gz"

func fileOf(id trace.TraceID) string { return id.String() + extension }

// named matches the files of traces.
var named = regexp.MustCompile(`^[0-9a-f]{32}\.json\.gz$`)

// List is what is saved, by name. An error is of files that cannot be read; the
// others are listed.
func (f *Folder) List() ([]Entry, error) {
	dir, err := f.root.Open(".")
	if err != nil {
		return nil, fmt.Errorf("saved: %w", err)
	}
	files, err := dir.Readdirnames(-1)
	errs := []error{err, dir.Close()}
	var all []Entry
	for _, file := range files {
		if !named.MatchString(file) {
			continue
		}
		e, err := f.read(file, nil)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, *e)
	}
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Or(cmp.Compare(a.Name, b.Name), a.Saved.Compare(b.Saved)) })
	return all, errors.Join(errs...)
}

// read reads what is said of a trace, and the trace unless body is nil.
func (f *Folder) read(file string, body func(io.Reader) error) (e *Entry, err error) {
	in, err := f.root.Open(file)
	if err != nil {
		return nil, fmt.Errorf("saved: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("saved: %s: %w", file, err)
	}
	lines := bufio.NewReader(z)
	first, err := lines.ReadSlice('\n')
	e = &Entry{}
	if err == nil {
		err = json.Unmarshal(first, e)
	}
	if err == nil && body != nil {
		err = body(lines)
	}
	if err != nil {
		return nil, fmt.Errorf("saved: %s: %w", file, err)
	}
	return e, nil
}

// Trace is a trace that is saved. The error is [os.ErrNotExist] if it is not.
func (f *Folder) Trace(id trace.TraceID) (*trace.Trace, error) {
	t := &trace.Trace{ID: id}
	_, err := f.read(fileOf(id), func(r io.Reader) error {
		batch, err := format.OTLPJSON(r)
		t.Spans, t.Logs = batch.Spans, batch.Logs
		return err
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Save saves a trace under a name that no other has. One that is saved already gets
// the name.
func (f *Folder) Save(name string, t *trace.Trace) (*Entry, error) {
	if n := utf8.RuneCountInString(name); n == 0 || n > MaxName {
		return nil, ErrName
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	all, _ := f.List() // what cannot be read is in nobody's way
	known := slices.ContainsFunc(all, func(e Entry) bool { return e.TraceID == t.ID })
	switch {
	case slices.ContainsFunc(all, func(e Entry) bool { return e.TraceID != t.ID && e.Name == name }):
		return nil, ErrUsed
	case !known && len(all) >= Max:
		return nil, ErrFull
	}
	e := &Entry{t.ID, name, time.Now(), len(t.Spans)}
	return e, f.write(e, t)
}

// write makes a file whole before it gets its name.
func (f *Folder) write(e *Entry, t *trace.Trace) error {
	first, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("saved: %w", err)
	}
	const unnamed = ".new"
	out, err := f.root.OpenFile(unnamed, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("saved: %w", err)
	}
	z := gzip.NewWriter(out)
	_, err = z.Write(append(first, '\n'))
	if err == nil {
		_, err = z.Write(format.AppendOTLPJSON(nil, &trace.Batch{Spans: t.Spans, Logs: t.Logs}))
	}
	if err = errors.Join(err, z.Close(), out.Sync(), out.Close()); err == nil {
		err = f.root.Rename(unnamed, fileOf(e.TraceID))
	}
	if err != nil {
		return fmt.Errorf("saved: %w", err)
	}
	return nil
}

// Remove removes a trace. The error is [os.ErrNotExist] if it is not there.
func (f *Folder) Remove(id trace.TraceID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.root.Remove(fileOf(id)); err != nil {
		return fmt.Errorf("saved: %w", err)
	}
	return nil
}
