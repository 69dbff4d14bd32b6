// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// A Gate bounds what requests may take. It is shared by all faces.
type Gate struct {
	timeout time.Duration
	places  chan struct{} // has an element for each request under way
	report  func(error)
}

// NewGate returns a gate that lets so many requests be under way at a time, each
// for so long. Others wait for as long. The report is told what went wrong inside.
func NewGate(requests int, timeout time.Duration, report func(error)) *Gate {
	return &Gate{timeout: timeout, places: make(chan struct{}, requests), report: report}
}

// UnderWay is how many requests are under way.
func (g *Gate) UnderWay() int { return len(g.places) }

// A Handler answers a request, or returns an error that says why not.
type Handler func(w http.ResponseWriter, r *http.Request) error

// A Face is a part of the API that has its own form of errors. Its routes are made
// before it serves.
type Face struct {
	gate *Gate
	fail func(http.ResponseWriter, *Error)
	mux  *http.ServeMux
}

// NewFace returns a face whose errors are written by fail, which sets the status.
func NewFace(gate *Gate, fail func(http.ResponseWriter, *Error)) *Face {
	f := &Face{gate: gate, fail: fail, mux: http.NewServeMux()}
	f.mux.HandleFunc("/", f.missing)
	return f
}

// Get has requests that read a path, a pattern of [http.ServeMux], answered by a
// handler within the bounds of the gate.
func (f *Face) Get(path string, h Handler) { f.handle(path, f.bounded(h)) }

// Stream has requests that read a path answered for as long as it takes.
func (f *Face) Stream(path string, h Handler) { f.handle(path, h) }

func (f *Face) handle(path string, h Handler) {
	f.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		t := &tracked{ResponseWriter: w, timeout: max(f.gate.timeout, minPatience)}
		defer t.release()
		if err := h(t, r); err != nil {
			f.answer(t, r, err)
		}
	})
}

// bounded waits for a place, and gives up when the time is over.
func (f *Face) bounded(h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), f.gate.timeout)
		defer cancel()
		select {
		case f.gate.places <- struct{}{}:
			defer func() { <-f.gate.places }()
		case <-ctx.Done():
			return &Error{Code: Busy, Message: "too many requests are under way: try again"}
		}
		return h(w, r.WithContext(ctx))
	}
}

// answer answers with an error. Where an answer has begun, all that is left is to
// break it off, so that nobody takes it for whole.
func (f *Face) answer(t *tracked, r *http.Request, err error) {
	e := ErrorOf(err)
	if e.Code == Internal && f.gate.report != nil {
		f.gate.report(fmt.Errorf("api: GET %s: %w", r.URL.Path, err))
	}
	if t.begun {
		panic(http.ErrAbortHandler)
	}
	f.fail(t, e)
}

// missing answers requests for which there is no route.
func (f *Face) missing(w http.ResponseWriter, r *http.Request) {
	reading := r.Clone(r.Context())
	reading.Method = http.MethodGet
	if _, pattern := f.mux.Handler(reading); pattern != "/" {
		w.Header().Set("Allow", "GET, HEAD")
		f.fail(w, &Error{Code: BadMethod, Message: fmt.Sprintf("the method %.20q is not allowed here: want GET", r.Method)})
		return
	}
	f.fail(w, &Error{Code: NotFound, Message: fmt.Sprintf("there is nothing at %.200q", r.URL.Path)})
}

// ServeHTTP implements [http.Handler].
func (f *Face) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.mux.ServeHTTP(w, r) }

// minPatience is how long a client may take for what is written at least: longer
// than streams of events are silent.
const minPatience = 30 * time.Second

// A tracked answer knows whether it has begun, and breaks off when the client does
// not take it.
type tracked struct {
	http.ResponseWriter
	timeout time.Duration
	begun   bool
	written int
}

// Unwrap is for [http.ResponseController].
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (t *tracked) WriteHeader(status int) {
	t.begun = true
	t.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (t *tracked) Write(b []byte) (int, error) {
	t.begun = true
	t.written += len(b)
	t.patience(time.Now().Add(t.timeout))
	return t.ResponseWriter.Write(b)
}

// FlushError is for [http.ResponseController].
func (t *tracked) FlushError() error {
	t.begun = true
	t.patience(time.Now().Add(t.timeout))
	return http.NewResponseController(t.ResponseWriter).Flush()
}

// patience is until when the client has to take what is written. Not all writers
// know of that.
func (t *tracked) patience(until time.Time) {
	_ = http.NewResponseController(t.ResponseWriter).SetWriteDeadline(until)
}

// release leaves the connection as it was. What may not have been sent yet is sent
// before, while there is an end to the patience, unless it is short.
func (t *tracked) release() {
	const buffered = 2 << 10 // by net/http
	if t.written > buffered {
		_ = t.FlushError() // the client has gone
	}
	if t.begun {
		t.patience(time.Time{})
	}
}
