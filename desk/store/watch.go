// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/store/segment"
)

const (
	// gathering is how long what comes of traces is collected before it is told: of
	// a trace most comes at once, in several requests.
	gathering = 100 * time.Millisecond
	// maxWatched is how many traces wait for somebody who watches.
	maxWatched = 1 << 17
)

// ErrBehind is the error of [Store.Watch] where so many traces wait for a yield to
// return that they are not kept.
var ErrBehind = errors.New("store: watch: more comes than is taken")

// watchers are told of traces of which something came. Its zero value is ready.
type watchers struct {
	mu  sync.Mutex // guards all below
	all map[*watcher]struct{}
}

// watcher keeps which traces are to be told.
type watcher struct {
	wake   chan struct{} // has one when there is something
	ids    []traceID     // guarded by watchers.mu, like all below
	known  map[traceID]bool
	behind bool
}

func (ws *watchers) add() *watcher {
	w := &watcher{wake: make(chan struct{}, 1), known: map[traceID]bool{}}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.all == nil {
		ws.all = map[*watcher]struct{}{}
	}
	ws.all[w] = struct{}{}
	return w
}

func (ws *watchers) remove(w *watcher) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	delete(ws.all, w)
}

// tell tells all that watch.
func (ws *watchers) tell(ids []traceID) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.all {
		for _, id := range ids {
			if w.known[id] {
				continue
			}
			if len(w.ids) >= maxWatched {
				w.behind = true
				break
			}
			w.known[id] = true
			w.ids = append(w.ids, id)
		}
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// take takes what is to be told.
func (ws *watchers) take(w *watcher) ([]traceID, error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if w.behind {
		return nil, ErrBehind
	}
	ids := w.ids
	w.ids = nil
	clear(w.known)
	return ids, nil
}

// Watch implements [source.Source]. It ends with [ErrClosed] when the store is
// closed, and with [ErrBehind] where far more comes than yield takes.
func (s *Store) Watch(ctx context.Context, q *query.Query, yield func([]digest.Summary) bool) error {
	p, err := newPlan(q)
	if err != nil {
		return err
	}
	w := s.watch.add()
	defer s.watch.remove(w)
	for {
		if err := s.wait(ctx, w); err != nil {
			return err
		}
		ids, err := s.watch.take(w)
		if err != nil {
			return err
		}
		news, err := s.news(ctx, p, ids)
		if err != nil {
			return err
		}
		if len(news) > 0 && !yield(news) {
			return nil
		}
	}
}

// wait returns when there is something to tell, and what comes gathering with it is
// there.
func (s *Store) wait(ctx context.Context, w *watcher) error {
	more := w.wake
	var enough <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.done:
			return ErrClosed
		case <-enough:
			return nil
		case <-more:
			more, enough = nil, time.After(gathering)
		}
	}
}

// news are those of some traces that match, as they are now.
func (s *Store) news(ctx context.Context, p plan, ids []traceID) (all []digest.Summary, err error) {
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	defer v.close()
	heads := make([]*segment.HeadFilter, len(p.filters))
	for i := range heads {
		heads[i] = segment.NewHeadFilter(p.filters[i])
	}
	for _, id := range ids {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if own := v.inHead(id); own != nil && !own.continued && !admitted(heads, own) {
			continue // without reading it
		}
		if p.program != nil {
			if _, ok := p.match(v.whole(id)); !ok {
				continue
			}
		}
		if sum := v.sum(id); sum.Spans > 0 {
			all = append(all, sum)
		}
	}
	return all, nil
}

// admitted reports whether each filter may find something in a trace of the head.
func admitted(filters []*segment.HeadFilter, p *part) bool {
	return !slices.ContainsFunc(filters, func(f *segment.HeadFilter) bool { return !admitsAny(f, p) })
}

// sum is the summary of a trace; the zero one, if it has no spans.
func (v *view) sum(id traceID) (sum digest.Summary) {
	p := v.inHead(id)
	if p != nil && len(p.spans) > 0 {
		return v.summaryOf(p)
	}
	e := v.stored(id)
	if e == nil || e.Summary.Spans == 0 {
		return sum
	}
	sum = e.Summary
	if p != nil {
		sum.Logs += len(p.logs)
	}
	return sum
}

// Capabilities implements [source.Source]: all that there are.
func (s *Store) Capabilities() source.Capabilities { return source.All }

// Describe implements [source.Describer].
func (s *Store) Describe(ctx context.Context) (d source.Description, err error) {
	v, err := s.view(ctx)
	if err != nil {
		return d, err
	}
	defer v.close()
	d.Bytes = uint64(s.log.Size())
	span := func(first, last int64) {
		if d.Spans == 0 {
			d.Oldest, d.Newest = first, last
		}
		d.Oldest, d.Newest = min(d.Oldest, first), max(d.Newest, last)
	}
	for _, g := range v.segments {
		m := g.Manifest
		d.Bytes += uint64(m.Bytes)
		d.Logs += uint64(m.Logs)
		if m.Spans > 0 {
			span(m.Start, m.End)
			d.Spans += uint64(m.Spans)
		}
	}
	for i := range v.head.traces {
		p := &v.head.traces[i]
		for j := range p.spans {
			span(p.spans[j].Start, p.spans[j].Start)
			d.Spans++
		}
		d.Logs += uint64(len(p.logs))
	}
	d.Logs += uint64(len(v.head.loose))
	d.Traces = uint64(v.count(source.Range{}).Count)
	return d, ctx.Err()
}
