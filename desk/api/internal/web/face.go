// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/sidetrace/sidetrace/desk/internal/guard"
)

// A GateConfig says what requests may do and take.
type GateConfig struct {
	// Requests is how many are under way at a time; others wait.
	Requests int
	// Timeout is how long each may wait, and then take.
	Timeout time.Duration
	// Read is who may read, and Ingest who may send traces; nil: everybody.
	Read, Ingest *guard.Guard
	// Report is told what went wrong inside; nil: nobody is.
	Report func(error)
	// Observe is told of each request that was answered, but for streams; nil:
	// nobody is.
	Observe func(face string, status int, took time.Duration)
}

// A Gate bounds what requests may take. It is shared by all faces.
type Gate struct {
	cfg    GateConfig
	places chan struct{} // has an element for each request under way
	open   context.Context
	close  context.CancelFunc
	// streams is how many there are.
	streams atomic.Int64
}

// NewGate returns a gate.
func NewGate(cfg GateConfig) *Gate {
	g := &Gate{cfg: cfg, places: make(chan struct{}, cfg.Requests)}
	g.open, g.close = context.WithCancel(context.Background())
	return g
}

// UnderWay is how many requests are under way.
func (g *Gate) UnderWay() int { return len(g.places) }

// Streams is how many streams are open.
func (g *Gate) Streams() int { return int(g.streams.Load()) }

// EndStreams ends the streams, and those that come later. It may be called more
// than once.
func (g *Gate) EndStreams() { g.close() }

// A Handler answers a request, or returns an error that says why not.
type Handler func(w http.ResponseWriter, r *http.Request) error

// A Face is a part of the API that has its own form of errors. Its routes are made
// before it serves.
type Face struct {
	name string
	gate *Gate
	fail func(http.ResponseWriter, *Error)
	mux  *http.ServeMux
	// patterns are those of the routes.
	patterns []string
}

// Patterns are the methods and paths that have a route.
func (f *Face) Patterns() []string { return slices.Clone(f.patterns) }

// NewFace returns a face of a gate whose errors are written by fail, which sets
// the status.
func (g *Gate) NewFace(name string, fail func(http.ResponseWriter, *Error)) *Face {
	f := &Face{name: name, gate: g, fail: fail, mux: http.NewServeMux()}
	f.mux.HandleFunc("/", f.missing)
	return f
}

// Get has requests that read a path, a pattern of [http.ServeMux], answered by a
// handler within the bounds of the gate.
func (f *Face) Get(path string, h Handler) { f.handle("GET "+path, f.gate.cfg.Read, f.bounded(h)) }

// Open has requests that anybody may send answered like those of [Face.Get].
func (f *Face) Open(path string, h Handler) { f.handle("GET "+path, nil, f.bounded(h)) }

// Post has requests that send something to a path answered like those of [Face.Get].
func (f *Face) Post(path string, h Handler) {
	f.handle("POST "+path, f.gate.cfg.Ingest, f.bounded(h))
}

// Change has requests of who may read that change something, such as what is saved,
// answered like those of [Face.Get].
func (f *Face) Change(method, path string, h Handler) {
	f.handle(method+" "+path, f.gate.cfg.Read, f.bounded(h))
}

// Stream has requests that read a path answered until the client goes or the gate
// ends streams.
func (f *Face) Stream(path string, h Handler) {
	f.handle("GET "+path, f.gate.cfg.Read, func(w http.ResponseWriter, r *http.Request) error {
		w.(*tracked).stream = true
		f.gate.streams.Add(1)
		defer f.gate.streams.Add(-1)
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(f.gate.open, cancel)()
		return h(w, r.WithContext(ctx))
	})
}

func (f *Face) handle(pattern string, who *guard.Guard, h Handler) {
	f.patterns = append(f.patterns, pattern)
	f.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		t := w.(*tracked) // see ServeHTTP
		err := admit(who, t, r)
		if err == nil {
			err = h(t, r)
		}
		if err != nil {
			f.answer(t, r, err)
		}
	})
}

// admit refuses requests that may not come in.
func admit(who *guard.Guard, w http.ResponseWriter, r *http.Request) error {
	if who == nil {
		return nil
	}
	denied, ok := errors.AsType[*guard.Denied](who.Check(r))
	if !ok {
		return nil
	}
	if denied.Status != http.StatusUnauthorized {
		return &Error{Code: Forbidden, Message: denied.Message}
	}
	w.Header().Set("WWW-Authenticate", guard.Challenge)
	return &Error{Code: Unauthorized, Message: denied.Message}
}

// bounded waits for a place, and gives up when the time is over.
func (f *Face) bounded(h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), f.gate.cfg.Timeout)
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
	if e.Code == Internal && f.gate.cfg.Report != nil {
		f.gate.cfg.Report(fmt.Errorf("api: %s %s: %w", r.Method, r.URL.Path, err))
	}
	if t.begun {
		panic(http.ErrAbortHandler)
	}
	if e.RetryAfter > 0 {
		t.Header().Set("Retry-After", e.retryAfter())
	}
	f.fail(t, e)
}

// missing answers requests for which there is no route.
func (f *Face) missing(w http.ResponseWriter, r *http.Request) {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := f.mux.Handler(other); pattern != "/" {
			methods = append(methods, method)
		}
	}
	if len(methods) > 0 {
		w.Header().Set("Allow", strings.Join(methods, ", "))
		f.fail(w, &Error{Code: BadMethod, Message: fmt.Sprintf("the method %.20q is not allowed here: want %s", r.Method, strings.Join(methods, " or "))})
		return
	}
	f.fail(w, &Error{Code: NotFound, Message: fmt.Sprintf("there is nothing at %.200q", r.URL.Path)})
}

// ServeHTTP implements [http.Handler].
func (f *Face) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	t := &tracked{ResponseWriter: w, timeout: max(f.gate.cfg.Timeout, minPatience), status: http.StatusOK}
	defer func() {
		t.release()
		if observe := f.gate.cfg.Observe; observe != nil && !t.stream {
			observe(f.name, t.status, time.Since(began))
		}
	}()
	if e := checkPath(r.URL); e != nil {
		f.fail(t, e)
		return
	}
	f.mux.ServeHTTP(t, r)
}

// checkPath refuses paths that are no text, and those that the mux would redirect
// to one without dots and empty parts.
func checkPath(u *url.URL) *Error {
	p := u.EscapedPath()
	if !utf8.ValidString(u.Path) {
		return &Error{Code: BadParameter, Message: fmt.Sprintf("the path %.200q: want UTF-8", p)}
	}
	if clean := path.Clean(p); !strings.HasPrefix(p, "/") || clean != p && clean+"/" != p {
		return &Error{Code: NotFound, Message: fmt.Sprintf("there is nothing at %.200q: a path may not have empty parts, . or ..", p)}
	}
	return nil
}

// minPatience is how long a client may take for what is written at least: longer
// than streams of events are silent.
const minPatience = 30 * time.Second

// A tracked answer knows whether it has begun, and breaks off when the client does
// not take it.
type tracked struct {
	http.ResponseWriter
	timeout time.Duration
	stream  bool
	begun   bool
	status  int
	written int
}

// Unwrap is for [http.ResponseController].
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (t *tracked) WriteHeader(status int) {
	if !t.begun {
		t.status = status
	}
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
