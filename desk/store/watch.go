// SPDX-License-Identifier: Apache-2.0

package store

import (
	"sync"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// watchers are told of new traces. Its zero value is ready.
type watchers struct {
	mu     sync.Mutex // guards all below
	all    map[*Watch]struct{}
	closed bool
}

// A Watch tells of traces that begin.
type Watch struct {
	// C has the ids of traces that began, in order. It is closed when the watch or
	// the store is.
	C <-chan trace.TraceID

	c      chan trace.TraceID
	of     *watchers
	missed int // guarded by of.mu
}

// watched is how many traces wait for somebody who watches.
const watched = 1024

// Watch returns what tells of traces that begin from now on. Who does not read for
// long misses some. It is to be closed.
func (s *Store) Watch() *Watch {
	w := &Watch{c: make(chan trace.TraceID, watched), of: &s.watch}
	w.C = w.c
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	if s.watch.closed {
		close(w.c)
		return w
	}
	if s.watch.all == nil {
		s.watch.all = map[*Watch]struct{}{}
	}
	s.watch.all[w] = struct{}{}
	return w
}

// Missed is how many traces were not told of, as nobody read from C.
func (w *Watch) Missed() int {
	w.of.mu.Lock()
	defer w.of.mu.Unlock()
	return w.missed
}

// Close ends the watch. It may be called more than once.
func (w *Watch) Close() {
	w.of.mu.Lock()
	defer w.of.mu.Unlock()
	if _, ok := w.of.all[w]; ok {
		delete(w.of.all, w)
		close(w.c)
	}
}

// tell tells all that watch.
func (ws *watchers) tell(ids []traceID) {
	if len(ids) == 0 {
		return
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.all {
		for _, id := range ids {
			select {
			case w.c <- id:
			default:
				w.missed++
			}
		}
	}
}

// close ends all that watch.
func (ws *watchers) close() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.closed = true
	for w := range ws.all {
		close(w.c)
	}
	ws.all = nil
}
