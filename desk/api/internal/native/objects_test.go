// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api/internal/native"
	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/api/objects"
	"github.com/sidetrace/sidetrace/oss"
)

var errNoAccess = errors.New("AccessDenied: key id AKIDSECRET")

// faulty is a store that refuses.
type faulty struct{ oss.Store }

func (faulty) Get(_ context.Context, key string) ([]byte, error) {
	switch key {
	case "large":
		return nil, objects.ErrTooLarge
	case "missing":
		return nil, fs.ErrNotExist
	}
	return nil, errNoAccess
}

func TestObjects(t *testing.T) {
	dir := t.TempDir()
	place, err := objects.Folder(dir)
	require.NoError(t, err)
	var reported []error
	gate := web.NewGate(web.GateConfig{Requests: 4, Timeout: time.Minute, Report: func(err error) { reported = append(reported, err) }})
	h := native.Handler(gate, native.Config{Source: sample(), Now: time.Now, Objects: []objects.Place{place, {Store: faulty{}, Bases: []string{"s3://locked"}}}})
	links := map[string]string{}
	for key, value := range map[string]string{
		"text": "héllo <script>", "json": `{"a": [1]}`, "page": "<!DOCTYPE html><script>alert(1)</script>", "bytes": "\xff\x00", "empty": "",
	} {
		links[key], err = place.Store.Put(t.Context(), key, []byte(value))
		require.NoError(t, err)
	}
	const plain = "text/plain; charset=utf-8"
	for _, tt := range []struct {
		name, query, header string
		status              int
		media, want         string
	}{
		{"text", "url=" + esc(links["text"]), "", 200, plain, "héllo <script>"},
		{"a link as spans have it", "url=" + esc("trace_link: "+links["text"]), "", 200, plain, "héllo <script>"},
		{"JSON", "url=" + esc(links["json"]), "", 200, "application/json", `{"a": [1]}`},
		{"a page is text", "url=" + esc(links["page"]), "", 200, plain, "<!DOCTYPE html><script>alert(1)</script>"},
		{"bytes are text", "url=" + esc(links["bytes"]), "", 200, plain, "\xff\x00"},
		{"nothing in it", "url=" + esc(links["empty"]), "", 200, plain, ""},
		{"its beginning", "limit=1&url=" + esc(links["text"]), "", 206, plain, "h"},
		{"no half of a character", "limit=2&url=" + esc(links["text"]), "", 206, plain, "h"},
		{"a whole one", "limit=3&url=" + esc(links["text"]), "", 206, plain, "hé"},
		{"the beginning of JSON is none", "limit=4&url=" + esc(links["json"]), "", 206, plain, `{"a"`},
		{"less than the limit", "limit=1000&url=" + esc(links["text"]), "", 200, plain, "héllo <script>"},
		{"a range", "url=" + esc(links["text"]), "bytes=-8", 206, plain, "<script>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, native.Base+"/objects?"+tt.query, nil)
			if tt.header != "" {
				r.Header.Set("Range", tt.header)
			}
			w := check(t, h, r)
			assert.Equal(t, tt.status, w.Code)
			assert.Equal(t, tt.media, w.Header().Get("Content-Type"))
			assert.Equal(t, tt.want, w.Body.String())
		})
	}
	for _, tt := range []struct {
		query, want string
		status      int
	}{
		{"", "malformed parameter url: want the link of a value", 400},
		{"url=file:///etc/passwd", "no place is configured", 400},
		{"url=" + esc("http://169.254.169.254/latest/meta-data"), "no place is configured", 400},
		{"url=" + esc(links["text"]) + "&limit=0", "want a whole number from 1 to", 400},
		{"url=" + esc(place.Bases[0]+"/missing"), "there is no value at", 404},
		{"url=" + esc("s3://locked/missing"), "there is no value at", 404},
		{"url=" + esc("s3://locked/large"), "the value is longer than 33554432 bytes", 413},
		{"url=" + esc("s3://locked/key"), "the value could not be read from where it is stored", 500},
	} {
		got := failure(t, check(t, h, httptest.NewRequest(http.MethodGet, native.Base+"/objects?"+tt.query, nil)), tt.status)
		assert.Contains(t, got, tt.want, tt.query)
		assert.NotContains(t, got, "AKIDSECRET")
	}
	require.Len(t, reported, 1)
	require.ErrorIs(t, reported[0], errNoAccess)
	w := httptest.NewRecorder()
	web.Compress(h).ServeHTTP(w, func() *http.Request {
		long, err := place.Store.Put(t.Context(), "long", []byte(strings.Repeat("x", 100_000)))
		require.NoError(t, err)
		r := httptest.NewRequest(http.MethodGet, native.Base+"/objects?limit=50000&url="+esc(long), nil)
		r.Header.Set("Accept-Encoding", "gzip")
		return r
	}())
	assert.Equal(t, "bytes 0-49999/100000", w.Header().Get("Content-Range"))
	assert.Empty(t, w.Header().Get("Content-Encoding"), "ranges are of bytes that are not compressed")
	assert.Len(t, w.Body.String(), 50_000)
}
