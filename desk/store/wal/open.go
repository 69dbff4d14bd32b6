// SPDX-License-Identifier: Apache-2.0

package wal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Recovery says what [Open] found.
type Recovery struct {
	Requests int      // that were handed out
	Lost     int      // that are missing between those that were found
	Torn     int64    // bytes at the end that were cut off
	Damaged  []string // files that have what was no request, set aside
}

// Open opens the log of a folder, which need not exist, and hands the requests
// that it holds to replay, in order. A request's bytes are valid until replay
// returns; an error of replay ends it. Positions go on behind those that are
// found, and behind after.
func Open(cfg Config, after Position, replay func(*Record) error) (*Log, *Recovery, error) {
	if cfg.FileBytes <= 0 {
		cfg.FileBytes = defaultFileBytes
	}
	l := &Log{cfg: cfg, next: after + 1, dirty: make(chan struct{}, 1), done: make(chan struct{})}
	found, err := list(cfg.Dir)
	if err != nil {
		return nil, nil, fmt.Errorf("wal: open: %w", err)
	}
	p := player{log: l, found: &Recovery{}, replay: replay}
	if len(found) > 0 {
		p.last = found[0].first - 1
	}
	for i, f := range found {
		if err := p.file(f, i == len(found)-1); err != nil {
			return nil, nil, fmt.Errorf("wal: replay %s: %w", f.path, err)
		}
	}
	l.next = max(l.next, p.last+1)
	l.synced = l.next - 1
	if cfg.SyncEvery > 0 {
		l.stopped.Go(l.syncInGroups)
	}
	return l, p.found, nil
}

// list is the files of a folder, oldest first.
func list(dir string) (files []file, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), extension)
		first, bad := strconv.ParseUint(name, 16, 64)
		if ok && bad == nil && len(name) == 16 {
			files = append(files, file{path: filepath.Join(dir, e.Name()), first: Position(first)})
		}
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.path, b.path) })
	return files, err
}

// A player replays files.
type player struct {
	log    *Log
	found  *Recovery
	replay func(*Record) error
	last   Position // of the requests found so far
}

// file replays one file. Of the newest one the end may be missing.
func (p *player) file(f file, newest bool) error {
	b, err := os.ReadFile(f.path)
	if err != nil {
		return err
	}
	if err := checkFileHeader(b); err != nil {
		return err
	}
	f.last, f.size = f.first-1, int64(len(b))
	at := min(fileHeader, len(b))
	for at < len(b) {
		r, ok := parseRecord(b[at:], f.first)
		if !ok {
			n := p.skip(b, at, f.first)
			if at+n == len(b) && newest {
				p.cut(f.path, at, n)
				f.size = int64(at)
				break
			}
			p.setAside(f.path, b[at:at+n], at)
			at += n
			continue
		}
		if err := p.record(&r); err != nil {
			return err
		}
		f.last = r.Position
		at += r.size()
	}
	if f.last >= f.first {
		p.log.files = append(p.log.files, f)
		return nil
	}
	if err := os.Remove(f.path); err != nil {
		p.log.report(err)
	}
	return nil
}

// record hands a request out, unless it is one that was handed out before.
func (p *player) record(r *Record) error {
	if r.Position <= p.last {
		return nil
	}
	p.found.Lost += int(r.Position - p.last - 1)
	p.last = r.Position
	p.found.Requests++
	return p.replay(r)
}

// skip is how many bytes there are from what is no request to the next one, or to
// the end.
func (p *player) skip(b []byte, at int, first Position) int {
	mark := le.AppendUint32(nil, recordMark)
	for i := at + 1; ; i++ {
		n := bytes.Index(b[i:], mark)
		if n < 0 {
			return len(b) - at
		}
		i += n
		if _, ok := parseRecord(b[i:], first); ok {
			return i - at
		}
	}
}

// cut takes off what was being written when the process died.
func (p *player) cut(path string, at, n int) {
	p.found.Torn += int64(n)
	if err := os.Truncate(path, int64(at)); err != nil {
		p.log.report(err)
	}
}

// setAside copies what is no request to a folder of its own. What is there already
// was found before.
func (p *player) setAside(path string, b []byte, at int) {
	dir := filepath.Join(filepath.Dir(path), "damaged")
	aside := filepath.Join(dir, fmt.Sprintf("%s-%d-%d", filepath.Base(path), at, len(b)))
	if _, err := os.Stat(aside); err == nil {
		return
	}
	p.found.Damaged = append(p.found.Damaged, aside)
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = os.WriteFile(aside, b, 0o600)
	}
	if err != nil {
		p.log.report(fmt.Errorf("set aside %d bytes of %s: %w", len(b), path, err))
	}
}
