// SPDX-License-Identifier: Apache-2.0

package middleware

import (
	"io"
	"net/http"
	"os"

	"github.com/felixge/httpsnoop"
)

// wrap returns w with the request watching. The two shapes that the standard
// library's servers have, as otelhttp hands them on, get a type of their own:
// that is one small allocation. Any other shape is left to httpsnoop.
func (q *request) wrap(w http.ResponseWriter) http.ResponseWriter {
	flusher, canFlush := w.(http.Flusher)
	hijacker, canHijack := w.(http.Hijacker)
	from, canReadFrom := w.(io.ReaderFrom)
	pusher, canPush := w.(http.Pusher)
	notifier, canNotify := w.(closeNotifier)
	own := writer{ResponseWriter: w, Flusher: flusher, closeNotifier: notifier, req: q}
	switch {
	case !canNotify:
	case canFlush && canHijack && canReadFrom && !canPush:
		return &writer1{writer: own, Hijacker: hijacker, from: from}
	case canFlush && canPush && !canHijack && !canReadFrom:
		return &writer2{writer: own, Pusher: pusher}
	}
	return httpsnoop.Wrap(w, httpsnoop.Hooks{
		WriteHeader: func(f httpsnoop.WriteHeaderFunc) httpsnoop.WriteHeaderFunc {
			return func(code int) { q.header(code); f(code) }
		},
		Write: func(f httpsnoop.WriteFunc) httpsnoop.WriteFunc {
			return func(b []byte) (int, error) { q.body(len(b)); return f(b) }
		},
		ReadFrom: func(f httpsnoop.ReadFromFunc) httpsnoop.ReadFromFunc {
			return func(src io.Reader) (int64, error) { return f(q.watch(src)) }
		},
	})
}

// header notes the status. Informational ones are not the last word, and what
// comes after that is not sent.
func (q *request) header(code int) {
	if !q.final && (code >= http.StatusOK || code == http.StatusSwitchingProtocols) {
		q.status, q.final = code, true
	}
}

// watch notes the first byte read from src. A file is left as it is, so that the
// system can send it by itself, and has its first byte at once.
func (q *request) watch(src io.Reader) io.Reader {
	inner := src
	if l, ok := src.(*io.LimitedReader); ok {
		inner = l.R
	}
	if _, ok := inner.(*os.File); ok {
		q.body(1)
		return src
	}
	return &watchedReader{src, q}
}

type watchedReader struct {
	io.Reader
	req *request
}

// Read implements [io.Reader].
func (r *watchedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.req.body(n)
	return n, err
}

// closeNotifier is [http.CloseNotifier], which frameworks still ask for.
type closeNotifier interface{ CloseNotify() <-chan bool }

// writer is what both shapes share.
type writer struct {
	http.ResponseWriter
	http.Flusher
	closeNotifier
	req *request
}

// Unwrap lets [http.ResponseController] through.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (w *writer) WriteHeader(code int) {
	w.req.header(code)
	w.ResponseWriter.WriteHeader(code)
}

// Write implements [http.ResponseWriter].
func (w *writer) Write(b []byte) (int, error) {
	w.req.body(len(b))
	return w.ResponseWriter.Write(b)
}

// WriteString implements [io.StringWriter].
func (w *writer) WriteString(s string) (int, error) {
	w.req.body(len(s))
	return io.WriteString(w.ResponseWriter, s)
}

// writer1 is the shape of HTTP/1.
type writer1 struct {
	writer
	http.Hijacker
	from io.ReaderFrom
}

// ReadFrom implements [io.ReaderFrom].
func (w *writer1) ReadFrom(src io.Reader) (int64, error) { return w.from.ReadFrom(w.req.watch(src)) }

// writer2 is the shape of HTTP/2.
type writer2 struct {
	writer
	http.Pusher
}
