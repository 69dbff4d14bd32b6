// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// minCompressed is how long an answer is that is worth compressing: a shorter one
// fits into a packet anyway.
const minCompressed = 1400

// Compress compresses answers with gzip for clients that take it. Those of events
// and short ones stay as they are.
func Compress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Encoding")
		if !acceptsGzip(r.Header.Get("Accept-Encoding")) {
			next.ServeHTTP(w, r)
			return
		}
		z := &gzipWriter{ResponseWriter: w, status: http.StatusOK}
		defer z.close()
		next.ServeHTTP(z, r)
	})
}

// acceptsGzip reports whether gzip, or everything, is listed without a weight of 0.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if coding = strings.TrimSpace(coding); !strings.EqualFold(coding, "gzip") && coding != "*" {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
		n, err := strconv.ParseFloat(q, 64)
		return !found || err == nil && n > 0
	}
	return false
}

var zippers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for levels that there are not
	return z
}}

// A gzipWriter holds back the beginning of an answer until it is known to be long.
type gzipWriter struct {
	http.ResponseWriter
	status int
	held   []byte
	begun  bool         // the header is sent
	zipper *gzip.Writer // nil: plain, or not begun
}

// Unwrap is for [http.ResponseController].
func (z *gzipWriter) Unwrap() http.ResponseWriter { return z.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (z *gzipWriter) WriteHeader(status int) { z.status = status }

// Write implements [http.ResponseWriter].
func (z *gzipWriter) Write(b []byte) (int, error) {
	if !z.begun {
		if len(z.held)+len(b) < minCompressed {
			z.held = append(z.held, b...)
			return len(b), nil
		}
		if err := z.begin(z.compressible()); err != nil {
			return 0, err
		}
	}
	if z.zipper != nil {
		return z.zipper.Write(b)
	}
	return z.ResponseWriter.Write(b)
}

func (z *gzipWriter) compressible() bool {
	h := z.Header()
	if h.Get("Content-Range") != "" {
		return false // it counts the bytes as they are
	}
	return h.Get("Content-Encoding") == "" && !strings.HasPrefix(h.Get("Content-Type"), "text/event-stream")
}

// begin sends the header and what was held back.
func (z *gzipWriter) begin(compressed bool) error {
	z.begun = true
	if compressed {
		z.Header().Set("Content-Encoding", "gzip")
		z.Header().Del("Content-Length")
		z.zipper = zippers.Get().(*gzip.Writer)
		z.zipper.Reset(z.ResponseWriter)
	}
	z.ResponseWriter.WriteHeader(z.status)
	held := z.held
	z.held = nil
	var err error
	switch {
	case len(held) == 0:
	case compressed:
		_, err = z.zipper.Write(held)
	default:
		_, err = z.ResponseWriter.Write(held)
	}
	return err
}

// Flush implements [http.Flusher].
func (z *gzipWriter) Flush() { _ = z.FlushError() }

// FlushError is for [http.ResponseController]. What is flushed before it is long is
// sent as it is.
func (z *gzipWriter) FlushError() error {
	if !z.begun {
		if err := z.begin(false); err != nil {
			return err
		}
	}
	if z.zipper != nil {
		if err := z.zipper.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(z.ResponseWriter).Flush()
}

func (z *gzipWriter) close() {
	if !z.begun {
		_ = z.begin(false) // the client has gone
	}
	if z.zipper != nil {
		_ = z.zipper.Close()
		zippers.Put(z.zipper)
	}
}
