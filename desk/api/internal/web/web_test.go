// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

func params(query string) *web.Params {
	return web.ReadParams(&http.Request{URL: &url.URL{RawQuery: query}})
}

func TestParams(t *testing.T) {
	p := params("text=a&two=1&two=2&n=7&b=true&d=1.5s&us=1500&at=1700000000&time=2026-01-02T03:04:05.006Z&word=blue&empty=&other=x")
	assert.Equal(t, "a", p.Text("missing", "text"))
	assert.Equal(t, []string{"1", "2"}, p.Texts("two"))
	assert.Equal(t, 7, p.Int(web.Whole{Default: 1, Min: 0, Max: 9}, "n"))
	assert.Equal(t, 1, p.Int(web.Whole{Default: 1, Min: 5, Max: 9}, "empty"))
	assert.True(t, p.Bool("b"))
	assert.Equal(t, 1500*time.Millisecond, p.Duration(time.Microsecond, "d"))
	assert.Equal(t, 1500*time.Microsecond, p.Duration(time.Microsecond, "us"))
	at, given := p.Epoch(time.Second, "at")
	assert.True(t, given)
	assert.EqualValues(t, 1_700_000_000_000_000_000, at)
	_, given = p.Epoch(time.Second, "empty")
	assert.False(t, given)
	at, given = p.RFC3339("time")
	assert.True(t, given)
	assert.EqualValues(t, 1767323045006000000, at)
	assert.Equal(t, "blue", p.OneOf("word", "red", "blue"))
	assert.Equal(t, "red", p.OneOf("missing", "red", "blue"))
	require.NoError(t, p.Err())
	require.ErrorContains(t, p.Strict(), `there is no parameter "other" here: want some of at, b, d, empty, missing, n, text, time, two, us, word`)
	require.ErrorContains(t, params("a=%zz").Err(), "cannot be read")
	require.ErrorContains(t, params("a=1;b=2").Err(), "cannot be read")
}

func TestBadParams(t *testing.T) {
	for _, tt := range []struct {
		name, text, want string
		read             func(p *web.Params)
	}{
		{"word", "x=green", `malformed parameter x: "green": want one of red, blue`, func(p *web.Params) { p.OneOf("x", "red", "blue") }},
		{"number", "x=1.5", "want a whole number from 1 to 9", func(p *web.Params) { p.Int(web.Whole{Min: 1, Max: 9}, "x") }},
		{"too large", "x=10", "want a whole number from 1 to 9", func(p *web.Params) { p.Int(web.Whole{Min: 1, Max: 9}, "x") }},
		{"truth", "x=maybe", "want true or false", func(p *web.Params) { p.Bool("x") }},
		{"duration", "x=1 hour", "or a number of seconds", func(p *web.Params) { p.Duration(time.Second, "x") }},
		{"overflow", "x=9223372036854775807", "or a number of seconds", func(p *web.Params) { p.Duration(time.Second, "x") }},
		{"negative", "x=-1", "or a number of nanoseconds", func(p *web.Params) { p.Duration(time.Nanosecond, "x") }},
		{"epoch", "x=9223372036854775807", "want a number of milliseconds since 1970", func(p *web.Params) { p.Epoch(time.Millisecond, "x") }},
		{"time", "x=1969-12-31T23:59:59Z", "from 1970 to 2262", func(p *web.Params) { p.RFC3339("x") }},
		{"time too late", "x=2262-04-12T00:00:00Z", "from 1970 to 2262", func(p *web.Params) { p.RFC3339("x") }},
		{"the first counts", "x=a&y=b", `parameter x: "a"`, func(p *web.Params) { p.Bool("x"); p.Bool("y") }},
		{"a long value is cut", "x=" + strings.Repeat("v", 1000), strings.Repeat("v", 100) + `": want`, func(p *web.Params) { p.Bool("x") }},
		{"range", "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "malformed parameter to: want a time after that of from", func(p *web.Params) { p.Range(time.Time{}) }},
		{"bound", "from=now-1year", "want a time such as 2026-01-02T15:04:05Z, now, now-15m", func(p *web.Params) { p.Range(time.Now()) }},
		{"days", "from=now-99999d", "want a time such as 2026-01-02T15:04:05Z, now, now-15m, now-7d", func(p *web.Params) { p.Range(time.Now()) }},
		{"bound before 1970", "to=-5", "malformed parameter to", func(p *web.Params) { p.Range(time.Now()) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := params(tt.text)
			tt.read(p)
			require.ErrorContains(t, p.Err(), tt.want)
			e := web.ErrorOf(p.Err())
			assert.Equal(t, 400, e.Status())
			assert.Equal(t, web.BadParameter, e.Code)
		})
	}
}

func TestRange(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for text, want := range map[string]source.Range{
		"":                                   {},
		"from=now-15m&to=now":                {From: now.Add(-15 * time.Minute).UnixNano(), To: now.UnixNano()},
		"from=now-2w&to=now-1d":              {From: now.Add(-14 * 24 * time.Hour).UnixNano(), To: now.Add(-24 * time.Hour).UnixNano()},
		"from=1699999999000000001&to=now+1s": {From: 1699999999000000001, To: now.Add(time.Second).UnixNano()},
		"to=2023-11-14T22:13:20%2B01:00":     {To: 1_699_996_400_000_000_000},
	} {
		p := params(strings.ReplaceAll(text, "now+1s", "now%2B1s"))
		assert.Equal(t, want, p.Range(now), text)
		require.NoError(t, p.Strict())
	}
}

func TestIDs(t *testing.T) {
	id, err := web.TraceID("id", "AB")
	require.NoError(t, err)
	assert.Equal(t, sourcetest.TraceID(0xab), id)
	span, err := web.SpanID("id", "AB")
	require.NoError(t, err)
	assert.Equal(t, sourcetest.SpanID(0xab), span)
	for _, text := range []string{"", "0", "xyz", strings.Repeat("1", 33)} {
		_, err := web.TraceID("id", text)
		require.ErrorContains(t, err, "malformed parameter id", text)
		_, err = web.SpanID("id", text)
		require.ErrorContains(t, err, "malformed parameter id", text)
	}
}

func TestErrorOf(t *testing.T) {
	_, syntax := query.Parse("{ name = }")
	for _, tt := range []struct {
		err  error
		want web.Error
	}{
		{syntax, web.Error{Code: web.BadQuery, Column: 10}},
		{&source.UnsupportedError{Wanted: source.CanMap}, web.Error{Code: web.Unsupported, Message: "it lacks [map]"}},
		{source.ErrNotFound, web.Error{Code: web.NotFound, Message: "trace not found"}},
		{context.DeadlineExceeded, web.Error{Code: web.TimedOut, Message: "shorter time range"}},
		{errors.New("disk on fire"), web.Error{Code: web.Internal, Message: "could not be read"}},
	} {
		got := web.ErrorOf(tt.err)
		assert.Equal(t, tt.want.Code, got.Code)
		assert.Equal(t, tt.want.Column, got.Column)
		assert.Contains(t, got.Message, tt.want.Message)
		assert.NotContains(t, got.Message, "fire", "causes are not told")
	}
}

// fail writes errors as plain text.
func fail(w http.ResponseWriter, e *web.Error) {
	w.WriteHeader(e.Status())
	_, _ = io.WriteString(w, e.Message)
}

func TestFace(t *testing.T) {
	var reported []error
	face := web.NewGate(web.GateConfig{Requests: 1, Timeout: time.Minute, Report: func(err error) { reported = append(reported, err) }}).NewFace("test", fail)
	face.Get("/ok/{id}", func(w http.ResponseWriter, r *http.Request) error {
		return web.WriteJSON(w, map[string]string{"id": r.PathValue("id"), "html": "<&>"})
	})
	face.Get("/bad", func(http.ResponseWriter, *http.Request) error { return errors.New("secret") })
	for _, tt := range []struct {
		method, path string
		status       int
		want         string
	}{
		{"GET", "/ok/a%2Fb", 200, `{"html":"<&>","id":"a/b"}` + "\n"},
		{"HEAD", "/ok/1", 200, ""},
		{"GET", "/bad", 500, "the traces could not be read"},
		{"GET", "/other", 404, `there is nothing at "/other"`},
		{"POST", "/ok/1", 405, `the method "POST" is not allowed here: want GET or HEAD`},
		{"POST", "/other", 404, `there is nothing at "/other"`},
	} {
		server := httptest.NewServer(face)
		r, err := http.NewRequest(tt.method, server.URL+tt.path, nil)
		require.NoError(t, err)
		w, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		b, err := io.ReadAll(w.Body)
		require.NoError(t, err)
		assert.Equal(t, tt.status, w.StatusCode, tt.path)
		assert.Equal(t, tt.want, string(b), tt.path)
		require.NoError(t, w.Body.Close())
		server.Close()
	}
	require.Len(t, reported, 1)
	require.ErrorContains(t, reported[0], "api: GET /bad: secret")
}

// TestBrokenOff checks that an answer which fails after it has begun does not look
// whole.
func TestBrokenOff(t *testing.T) {
	face := web.NewGate(web.GateConfig{Requests: 1, Timeout: time.Minute}).NewFace("test", fail)
	face.Get("/", func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, strings.Repeat("x", 10_000))
		return errors.Join(err, errors.New("it breaks"))
	})
	for _, encoding := range []string{"identity", "gzip"} {
		server := httptest.NewServer(web.Compress(face))
		r, err := http.NewRequest(http.MethodGet, server.URL+"/", nil)
		require.NoError(t, err)
		r.Header.Set("Accept-Encoding", encoding)
		w, err := http.DefaultClient.Do(r)
		if err == nil {
			_, err = io.ReadAll(w.Body)
			require.NoError(t, w.Body.Close())
		}
		require.Error(t, err, encoding)
		server.Close()
	}
}

// TestGate checks that requests wait for others, and not for ever.
func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := web.NewGate(web.GateConfig{Requests: 2, Timeout: 10 * time.Second})
		face := gate.NewFace("test", fail)
		face.Get("/slow", func(_ http.ResponseWriter, r *http.Request) error {
			<-r.Context().Done()
			return r.Context().Err()
		})
		face.Stream("/stream", func(w http.ResponseWriter, _ *http.Request) error { return web.WriteJSON(w, true) })
		answers := make(chan int, 4)
		ask := func(path string) {
			w := httptest.NewRecorder()
			face.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			answers <- w.Code
		}
		for range 2 {
			go ask("/slow")
		}
		synctest.Wait()
		assert.Equal(t, 2, gate.UnderWay())
		go ask("/slow")
		go ask("/stream")
		assert.Equal(t, http.StatusOK, <-answers)
		got := map[int]int{}
		for range 3 {
			got[<-answers]++
		}
		// The third waited for as long as the others took, and had either no place or
		// no time left.
		assert.Equal(t, 3, got[http.StatusGatewayTimeout]+got[http.StatusServiceUnavailable])
		assert.GreaterOrEqual(t, got[http.StatusGatewayTimeout], 2)
		synctest.Wait()
		assert.Zero(t, gate.UnderWay())
	})
}

func TestCompress(t *testing.T) {
	long := strings.Repeat("long ", 1000)
	h := web.Compress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/events":
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, long)
		case "/short":
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, "short")
		case "/flushed":
			_, _ = io.WriteString(w, "short")
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, long)
		case "/empty":
			w.WriteHeader(http.StatusNoContent)
		default:
			for part := range strings.SplitAfterSeq(long, " ") {
				_, _ = io.WriteString(w, part)
			}
			_ = http.NewResponseController(w).Flush()
		}
	}))
	for _, tt := range []struct {
		path, accept, encoding string
		status                 int
		want                   string
	}{
		{"/", "gzip", "gzip", 200, long},
		{"/", "deflate, GZIP;q=0.5", "gzip", 200, long},
		{"/", "*", "gzip", 200, long},
		{"/", "gzip;q=0", "", 200, long},
		{"/", "br", "", 200, long},
		{"/", "", "", 200, long},
		{"/short", "gzip", "", 418, "short"},
		{"/empty", "gzip", "", 204, ""},
		{"/events", "gzip", "", 200, long},
		{"/flushed", "gzip", "", 200, "short" + long},
	} {
		t.Run(tt.path+" "+tt.accept, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, tt.path, nil)
			r.Header.Set("Accept-Encoding", tt.accept)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			assert.Equal(t, tt.status, w.Code)
			assert.Equal(t, tt.encoding, w.Header().Get("Content-Encoding"))
			assert.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
			body := io.Reader(w.Body)
			if tt.encoding != "" {
				z, err := gzip.NewReader(body)
				require.NoError(t, err)
				body = z
			}
			b, err := io.ReadAll(body)
			require.NoError(t, err)
			assert.Equal(t, tt.want, string(b))
		})
	}
}

func TestEachTrace(t *testing.T) {
	batch := &trace.Batch{}
	for n := range uint64(20) {
		b := sourcetest.Checkout(n+1, int64(n)*1000)
		batch.Spans = append(batch.Spans, b.Spans...)
	}
	s := memory.New(batch)
	page, err := s.Search(t.Context(), &source.Search{Limit: 100, Order: source.Oldest})
	require.NoError(t, err)
	hits := append(page.Hits, source.Hit{}) // one that is not there
	n := uint64(0)
	require.NoError(t, web.EachTrace(t.Context(), s, hits, func(got *trace.Trace) error {
		n++
		assert.Equal(t, sourcetest.TraceID(n), got.ID)
		return nil
	}))
	assert.EqualValues(t, 20, n)
	stop := errors.New("stop")
	require.ErrorIs(t, web.EachTrace(t.Context(), s, hits, func(*trace.Trace) error { return stop }), stop)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, web.EachTrace(ctx, s, hits, func(*trace.Trace) error { return nil }), context.Canceled)
	many := make([]source.Hit, 3)
	for i := range many {
		many[i].Summary.Spans = web.MaxSpans/2 + 1
	}
	assert.Len(t, web.Within(many), 1)
	many[0].Summary.Spans = math.MaxInt32
	assert.Len(t, web.Within(many), 1, "the first is there in any case")
	assert.Len(t, web.Within(hits), len(hits))
}
