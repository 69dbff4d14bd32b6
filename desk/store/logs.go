// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/segment"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// maxSkip is how many log records of one time a position may skip.
const maxSkip = 1 << 22

// Logs implements [source.Source]. Log records of the same time are in the order of
// their traces, those of a trace in the order in which they came: that stays as it is
// when they are moved from memory into segments.
func (s *Store) Logs(ctx context.Context, r *source.LogSearch) (*source.LogPage, error) {
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	f := v.newLogFinder(r)
	f.find()
	page := &source.LogPage{}
	refs := f.page(page)
	for i := range refs {
		if l, ok := f.read(&refs[i]); ok {
			page.Logs = append(page.Logs, l)
		}
	}
	page.Effort = v.effort
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return page, nil
}

// logRef says where a log record that was found is.
type logRef struct {
	at   int64
	id   traceID
	part int // the place of the segment, behind all of them the head
	row  int
	head *segment.Log // nil: it is in a segment
}

// logFinder keeps the first log records of an order.
type logFinder struct {
	v        *view
	r        *source.LogSearch
	traces   map[traceID]bool
	contains string
	keep     int // so many
	refs     []logRef
	sorted   bool
	looked   int
}

func (v *view) newLogFinder(r *source.LogSearch) *logFinder {
	f := &logFinder{v: v, r: r, contains: strings.ToLower(r.Contains), keep: r.Limit + 1}
	if r.After != nil {
		f.keep += min(max(r.After.Skip, 0), maxSkip) + 1
	}
	if r.Traces != nil {
		f.traces = make(map[traceID]bool, len(r.Traces))
	}
	for _, id := range r.Traces {
		f.traces[id] = true
	}
	return f
}

// find goes through all log records that may be asked for.
func (f *logFinder) find() {
	if f.traces != nil && f.r.Session == "" {
		for id := range f.traces {
			f.trace(id)
		}
		return
	}
	for i := range f.v.head.traces {
		f.inHead(f.v.head.traces[i].logs)
	}
	f.inHead(f.v.head.loose)
	for _, i := range f.inTimeOrder() {
		m := f.v.segments[i].Manifest
		if f.v.ctx.Err() != nil || f.isFull(m.FirstLog, m.LastLog) {
			return
		}
		if f.looked >= f.v.store.budgets.logs {
			f.v.leaveOut(fmt.Sprintf("%d log records were looked at: there may be more", f.looked))
			return
		}
		f.inSegment(i, 0, m.Logs)
	}
}

// inTimeOrder are the places of the segments that may have something, those first
// whose log records come first.
func (f *logFinder) inTimeOrder() (places []int) {
	for i, g := range f.v.segments {
		if g.Manifest.Logs > 0 && overlaps(f.r.Range, g.Manifest.FirstLog, g.Manifest.LastLog) {
			places = append(places, i)
		}
	}
	slices.SortStableFunc(places, func(a, b int) int {
		m, n := f.v.segments[a].Manifest, f.v.segments[b].Manifest
		if f.r.Order == source.Oldest {
			return cmp.Compare(m.FirstLog, n.FirstLog)
		}
		return cmp.Compare(n.LastLog, m.LastLog)
	})
	return places
}

// isFull reports whether all that is kept comes before what is between two times.
func (f *logFinder) isFull(first, last int64) bool {
	f.cut()
	if len(f.refs) < f.keep {
		return false
	}
	worst := f.refs[len(f.refs)-1].at
	if f.r.Order == source.Oldest {
		return worst < first
	}
	return worst > last
}

// trace goes through the log records of a trace.
func (f *logFinder) trace(id traceID) {
	for i, g := range f.v.segments {
		e, ok, err := g.Find(id)
		if err != nil {
			f.v.warn(err)
		} else if ok {
			f.inSegment(i, e.FirstLog, e.Logs)
		}
	}
	if p := f.v.inHead(id); p != nil {
		f.inHead(p.logs)
	}
}

func (f *logFinder) inHead(logs []segment.Log) {
	for i := range logs {
		l := f.v.logOf(&logs[i])
		if f.wants(source.LogTime(&l), l.Severity) && f.matches(&l) {
			f.add(logRef{at: source.LogTime(&l), id: l.TraceID, part: len(f.v.segments), row: i, head: &logs[i]})
		}
	}
}

func (f *logFinder) inSegment(place, from, n int) {
	rows := segment.LogRows{From: from, To: from + n, Wanted: f.wants}
	err := f.v.segments[place].EachLog(rows, func(row int, l *trace.Log) {
		f.looked++
		if f.matches(l) {
			f.add(logRef{at: source.LogTime(l), id: l.TraceID, part: place, row: row})
		}
	})
	if err != nil {
		f.v.warn(err)
	}
}

// wants reports whether a log record of a time and a severity may be asked for, and
// was on none of the pages before, unless it is of the time at which the last one
// ended.
func (f *logFinder) wants(at int64, severity int32) bool {
	if severity < f.r.MinSeverity || !f.r.Range.Contains(at) {
		return false
	}
	switch {
	case f.r.After == nil:
		return true
	case f.r.Order == source.Oldest:
		return at >= f.r.After.Key
	}
	return at <= f.r.After.Key
}

func (f *logFinder) matches(l *trace.Log) bool {
	switch {
	case !f.r.Span.IsZero() && l.SpanID != f.r.Span, f.contains != "" && !strings.Contains(strings.ToLower(l.Body.String()), f.contains):
		return false
	case f.traces == nil && f.r.Session == "":
		return true
	}
	return f.traces[l.TraceID] || f.r.Session != "" && isOfSession(l, f.r.Session)
}

func isOfSession(l *trace.Log, session string) bool {
	return slices.ContainsFunc(source.SessionKeys(), func(key string) bool {
		v, _ := trace.Lookup(l.Attributes, key)
		return v.Kind() != trace.EmptyValue && v.String() == session
	})
}

// add keeps a log record, if it is one of the first.
func (f *logFinder) add(ref logRef) {
	f.refs, f.sorted = append(f.refs, ref), false
	if len(f.refs) >= 2*f.keep+1000 {
		f.cut()
	}
}

// cut leaves what is to be kept, in order.
func (f *logFinder) cut() {
	if !f.sorted {
		slices.SortFunc(f.refs, f.compare)
		f.sorted = true
	}
	f.refs = f.refs[:min(len(f.refs), f.keep)]
}

func (f *logFinder) compare(a, b logRef) int {
	times := cmp.Compare(b.at, a.at)
	if f.r.Order == source.Oldest {
		times = -times
	}
	return cmp.Or(times, bytes.Compare(a.id[:], b.id[:]), cmp.Compare(a.part, b.part), cmp.Compare(a.row, b.row))
}

// page is what a page has, and says where the next one goes on.
func (f *logFinder) page(page *source.LogPage) []logRef {
	f.cut()
	from := 0
	if after := f.r.After; after != nil {
		for from < len(f.refs) && f.refs[from].at == after.Key && from <= after.Skip {
			from++
		}
	}
	end := min(from+f.r.Limit, len(f.refs))
	if end < len(f.refs) {
		last := f.refs[end-1].at
		first := slices.IndexFunc(f.refs, func(r logRef) bool { return r.at == last })
		page.Next = &source.Position{Key: last, Skip: end - 1 - first}
	}
	return f.refs[from:end]
}

// read reads a log record that was found.
func (f *logFinder) read(ref *logRef) (l trace.Log, ok bool) {
	if ref.head != nil {
		return f.v.logOf(ref.head), true
	}
	logs, err := f.v.segments[ref.part].Logs(ref.row, 1)
	if err != nil {
		f.v.warn(err)
		return l, false
	}
	return logs[0], true
}
