// SPDX-License-Identifier: Apache-2.0

package middleware_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/internal/otlptest"
	"github.com/sidetrace/sidetrace/middleware"
	"github.com/sidetrace/sidetrace/otlp"
	"github.com/sidetrace/sidetrace/span"
	"github.com/sidetrace/sidetrace/span/spantest"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestServer(t *testing.T) {
	s := newService(t, nil)
	var inside span.Identity
	server := s.serve(t, func(w http.ResponseWriter, r *http.Request) {
		inside = span.IdentityFromContext(r.Context())
		span.FromContext(r.Context()).Info("from the handler")
		_, child := span.Start(r.Context(), "child")
		child.End()
		fmt.Fprint(w, "hello")
	})
	resp := get(t, server.URL+"/plan", "traceparent", parent, "baggage", "sid=s1,uid=u1,k=v")
	got := s.spans.Span("GET")
	assert.Equal(t, span.Identity{SID: "s1", UID: "u1"}, inside)
	assert.Equal(t, "s1", resp.Header.Get("X-Sid"))
	sc := got.SpanContext()
	assert.Equal(t, "0af7651916cd43dd8448eb211c80319c", sc.TraceID().String())
	assert.Equal(t, fmt.Sprintf("00-%s-%s-01", sc.TraceID(), sc.SpanID()), resp.Header.Get("traceresponse"))
	assert.Equal(t, trace.SpanKindServer, got.SpanKind())
	assert.Equal(t, "s1", spantest.Attr(got, "sid").AsString())
	assert.Equal(t, "u1", spantest.Attr(got, "uid").AsString())
	assert.Equal(t, "/plan", spantest.Attr(got, "url.path").AsString())
	require.Len(t, got.Events(), 1)
	assert.Equal(t, "s1", spantest.Attr(s.spans.Span("child"), "sid").AsString())
	require.Len(t, s.records.list(), 1)
	rec := s.records.list()[0]
	assert.Equal(t, "s1", rec.SID)
	assert.Equal(t, "u1", rec.UID)
	assert.Equal(t, "svc", rec.ServiceID)
	assert.Zero(t, rec.Status.Code)
	assert.GreaterOrEqual(t, rec.FirstFrame, 0.0)
}

func TestEdgeMakesASession(t *testing.T) {
	s := newService(t, nil)
	server := s.serve(t, func(http.ResponseWriter, *http.Request) {})
	assert.Equal(t, "made-1", get(t, server.URL).Header.Get("X-Sid"))
	assert.Equal(t, "made-2", get(t, server.URL, "baggage", "uid=u1").Header.Get("X-Sid"))
	assert.Equal(t, "made-2", s.records.list()[1].SID)
	assert.Equal(t, "u1", s.records.list()[1].UID)
	assert.EqualValues(t, -1, s.records.list()[0].FirstFrame, "no body, no first frame")
}

func TestPublicServer(t *testing.T) {
	s := newService(t, func(c *middleware.Config) { c.Public = true })
	server := s.serve(t, func(_ http.ResponseWriter, r *http.Request) {
		assert.Zero(t, baggage.FromContext(r.Context()).Len())
	})
	resp := get(t, server.URL, "traceparent", parent, "tracestate", "a=1", "baggage", "sid=forged,uid=admin,k=v")
	assert.Equal(t, "made-1", resp.Header.Get("X-Sid"))
	got := s.spans.Span("GET")
	assert.NotEqual(t, "0af7651916cd43dd8448eb211c80319c", got.SpanContext().TraceID().String())
	require.Len(t, got.Links(), 1)
	assert.Equal(t, "0af7651916cd43dd8448eb211c80319c", got.Links()[0].SpanContext.TraceID().String())
	assert.Empty(t, s.records.list()[0].UID)
}

// Other propagators have their own headers for baggage.
func TestPublicServerAndOtherPropagators(t *testing.T) {
	p, err := otlp.NewPropagator([]string{"tracecontext", "baggage", "ottrace"}, span.Propagator{})
	require.NoError(t, err)
	s := newService(t, func(c *middleware.Config) { c.Public, c.Propagator = true, p })
	server := s.serve(t, func(_ http.ResponseWriter, r *http.Request) {
		assert.Zero(t, baggage.FromContext(r.Context()).Len())
	})
	get(t, server.URL, "ot-tracer-traceid", "0af7651916cd43dd8448eb211c80319c", "ot-tracer-spanid", "b7ad6b7169203331",
		"ot-tracer-sampled", "true", "ot-baggage-uid", "mallory", "ot-baggage-k", "v")
	require.Len(t, s.records.list(), 1)
}

// The status is what the client has seen.
func TestStatusAfterTheFirstByte(t *testing.T) {
	s := newService(t, nil)
	server := s.serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		fmt.Fprint(w, "half an answer")
		w.WriteHeader(http.StatusInternalServerError)
	})
	assert.Equal(t, http.StatusOK, get(t, server.URL).StatusCode)
	assert.Zero(t, s.records.list()[0].Status.Code)
}

func TestStatus(t *testing.T) {
	s := newService(t, nil)
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/missing", http.NotFound)
	mux.HandleFunc("/code", func(w http.ResponseWriter, r *http.Request) {
		span.FromContext(r.Context()).SetCode(10007)
		w.WriteHeader(http.StatusBadGateway)
	})
	mux.HandleFunc("/fail", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "begun well")
		span.FromContext(r.Context()).Fail(errors.New("model went away"))
	})
	mux.HandleFunc("/own", func(_ http.ResponseWriter, r *http.Request) {
		span.TraceLogFromContext(r.Context()).Status(0, "fine")
	})
	mux.HandleFunc("/hint", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusTeapot)
	})
	server := s.serve(t, mux.ServeHTTP)
	for _, tt := range []struct {
		path    string
		code    int
		message string
	}{
		{"/ok", 0, ""},
		{"/missing", 404, "Not Found"},
		{"/code", 10007, ""},
		{"/fail", 500, "model went away"},
		{"/own", 0, "fine"},
		{"/hint", 418, "I'm a teapot"},
	} {
		get(t, server.URL+tt.path)
		all := s.records.list()
		got := all[len(all)-1].Status
		assert.Equal(t, tt.code, got.Code, tt.path)
		assert.Equal(t, tt.message, got.Message, tt.path)
	}
	assert.Equal(t, codes.Error, s.spans.Span("GET /fail").Status().Code)
}

// What the handler has said of a failure stays when otelhttp adds the status of
// the response, and the route is there although the mux chooses it later.
func TestFailureAndRoute(t *testing.T) {
	s := newService(t, nil)
	mux := http.NewServeMux()
	mux.HandleFunc("GET localhost/fail/{id}", func(w http.ResponseWriter, r *http.Request) {
		span.FromContext(r.Context()).Fail(errors.New("model went away"))
		w.WriteHeader(http.StatusBadGateway)
	})
	mux.HandleFunc("/down", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	mux.HandleFunc("/panic/", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	server := s.serve(t, mux.ServeHTTP)
	url := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	get(t, url+"/fail/1")
	get(t, url+"/down")
	_, err := http.Post(url+"/panic/2", "", nil) // not repeated, unlike GET
	require.Error(t, err)

	failed := s.spans.Span("GET /fail/{id}")
	assert.Equal(t, sdktrace.Status{Code: codes.Error, Description: "model went away"}, failed.Status())
	assert.Equal(t, "/fail/{id}", spantest.Attr(failed, "http.route").AsString())
	assert.Equal(t, sdktrace.Status{Code: codes.Error}, s.spans.Span("GET /down").Status())
	assert.Equal(t, "/panic/", spantest.Attr(s.spans.Span("POST /panic/"), "http.route").AsString())
}

// Each event reaches a real client while the handler waits for the client to
// have it: nothing is held back.
func TestSSE(t *testing.T) {
	s := newService(t, nil)
	seen := make(chan struct{})
	server := s.serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		flusher, ok := w.(http.Flusher)
		if !ok {
			t.Error("no Flusher")
			return
		}
		time.Sleep(20 * time.Millisecond) // what the first frame is measured against
		for i := range 3 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			if i%2 == 0 {
				flusher.Flush()
			} else if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			select {
			case <-seen:
			case <-r.Context().Done():
				return
			}
		}
	})
	resp := get(t, server.URL)
	events := bufio.NewScanner(resp.Body)
	for i := range 3 {
		require.True(t, events.Scan())
		assert.Equal(t, fmt.Sprintf("data: %d", i), events.Text())
		require.True(t, events.Scan())
		time.Sleep(5 * time.Millisecond)
		seen <- struct{}{}
	}
	assert.False(t, events.Scan())
	otlptest.Wait(t, "the record", func() bool { return len(s.records.list()) == 1 })
	rec := s.records.list()[0]
	assert.GreaterOrEqual(t, rec.FirstFrame, 20.0)
	assert.GreaterOrEqual(t, rec.Duration-rec.FirstFrame, 15.0, "the rest of the stream came after the first frame")
}

// abilities lists the optional interfaces of a writer.
func abilities(w http.ResponseWriter) (all []string) {
	for name, ok := range map[string]bool{
		"Flusher": is[http.Flusher](w), "Hijacker": is[http.Hijacker](w), "Pusher": is[http.Pusher](w),
		"ReaderFrom": is[io.ReaderFrom](w), "StringWriter": is[io.StringWriter](w),
		"CloseNotifier": is[interface{ CloseNotify() <-chan bool }](w),
	} {
		if ok {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

func is[T any](v any) bool {
	_, ok := v.(T)
	return ok
}

func TestWriterKeepsItsAbilities(t *testing.T) {
	for name, start := range map[string]func(*httptest.Server){
		"HTTP/1": (*httptest.Server).Start,
		"HTTP/2": func(s *httptest.Server) { s.EnableHTTP2 = true; s.StartTLS() },
	} {
		var found []string
		look := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			found = abilities(w)
			_, _ = io.WriteString(w, "x")
		})
		ask := func(h http.Handler) []string {
			server := httptest.NewUnstartedServer(h)
			start(server)
			defer server.Close()
			resp, err := server.Client().Get(server.URL)
			require.NoError(t, err)
			resp.Body.Close()
			return found
		}
		assert.Equal(t, ask(look), ask(newService(t, nil).HTTP(look)), name)
		assert.Contains(t, found, "Flusher", name)
	}

	s := newService(t, nil)
	var flushed bool
	h := s.HTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, "x")
		_, flushed = w.(http.Flusher)
		_, canHijack := w.(http.Hijacker)
		assert.False(t, canHijack)
	}))
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	assert.True(t, flushed, "any other writer keeps its own")
	assert.Equal(t, http.StatusAccepted, rec.Code)
	assert.GreaterOrEqual(t, s.records.list()[0].FirstFrame, 0.0)
}

func TestHijack(t *testing.T) {
	s := newService(t, nil)
	server := s.serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
	})
	body, err := io.ReadAll(get(t, server.URL).Body)
	require.NoError(t, err)
	assert.Equal(t, "hi", string(body))
}

// io.Copy into a writer uses ReadFrom; the first frame is when something comes.
func TestReadFrom(t *testing.T) {
	s := newService(t, nil)
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte("from a file"), 0o600))
	server := s.serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/file" {
			http.ServeFile(w, r, file)
			return
		}
		pr, pw := io.Pipe()
		go func() {
			time.Sleep(30 * time.Millisecond) // the model is thinking
			fmt.Fprint(pw, "from a stream")
			pw.Close()
		}()
		if _, err := io.Copy(w, pr); err != nil {
			t.Error(err)
		}
	})
	for path, want := range map[string]string{"/file": "from a file", "/stream": "from a stream"} {
		body, err := io.ReadAll(get(t, server.URL+path).Body)
		require.NoError(t, err)
		assert.Equal(t, want, string(body))
		all := s.records.list()
		if path == "/stream" {
			assert.GreaterOrEqual(t, all[len(all)-1].FirstFrame, 30.0)
		} else {
			assert.GreaterOrEqual(t, all[len(all)-1].FirstFrame, 0.0)
		}
	}
}

// A panic is on the span and in the record, and still reaches http.Server.
func TestPanic(t *testing.T) {
	s := newService(t, nil)
	var logged bytes.Buffer
	server := httptest.NewUnstartedServer(s.HTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, inner := span.Start(r.Context(), "inner")
		defer inner.End()
		if r.URL.Path == "/abort" {
			panic(http.ErrAbortHandler)
		}
		panic("no more tokens")
	})))
	server.Config.ErrorLog = log.New(&logged, "", 0)
	server.Start()
	for _, path := range []string{"/", "/abort"} {
		_, err := http.Get(server.URL + path)
		require.Error(t, err, "the server closes the connection")
	}
	server.Close()
	assert.Contains(t, logged.String(), "panic serving")
	assert.Contains(t, logged.String(), "no more tokens")
	assert.NotContains(t, logged.String(), "abort Handler", "an abort is not logged by the server")

	var failed, aborted sdktrace.ReadOnlySpan
	for _, sp := range s.spans.Ended() {
		if sp.Name() == "GET" && spantest.Attr(sp, "url.path").AsString() == "/abort" {
			aborted = sp
		} else if sp.Name() == "GET" {
			failed = sp
		}
	}
	require.Len(t, failed.Events(), 1, "once, although both middlewares saw it")
	assert.Equal(t, "panic: no more tokens", spantest.EventAttr(failed.Events()[0], "exception.message").AsString())
	assert.Contains(t, spantest.EventAttr(failed.Events()[0], "exception.stacktrace").AsString(), "TestPanic")
	assert.Equal(t, codes.Error, failed.Status().Code)
	assert.Empty(t, aborted.Events(), "an abort is no failure")
	require.Len(t, s.records.list(), 2)
	assert.Equal(t, 500, s.records.list()[0].Status.Code)
	assert.Equal(t, "panic: no more tokens", s.records.list()[0].Status.Message)
	assert.Equal(t, 500, s.records.list()[1].Status.Code, "the client got no answer")
}

func TestFilter(t *testing.T) {
	s := newService(t, func(c *middleware.Config) {
		c.Filter = func(r *http.Request) bool { return r.URL.Path != "/healthz" }
	})
	server := s.serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	assert.Empty(t, get(t, server.URL+"/healthz").Header.Get("X-Sid"))
	assert.Empty(t, s.spans.Ended())
	assert.Empty(t, s.records.list())
}

// A request that is not sampled is recorded all the same.
func TestUnsampled(t *testing.T) {
	s := newService(t, nil, sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.AlwaysSample())))
	server := s.serve(t, func(_ http.ResponseWriter, r *http.Request) {
		span.FromContext(r.Context()).SetCode(7)
	})
	resp := get(t, server.URL, "traceparent", parent[:53]+"00")
	assert.True(t, strings.HasSuffix(resp.Header.Get("traceresponse"), "-00"))
	assert.Empty(t, s.spans.Ended())
	require.Len(t, s.records.list(), 1)
	assert.Equal(t, 7, s.records.list()[0].Status.Code)
}

// Nothing is set up: requests pass.
func TestZeroConfig(t *testing.T) {
	m, err := middleware.New(middleware.Config{})
	require.NoError(t, err)
	server := httptest.NewServer(m.HTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hi") })))
	defer server.Close()
	resp := get(t, server.URL)
	assert.Empty(t, resp.Header.Get("X-Sid"))
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "hi", string(body))
}

// client sends a request from within a span and returns the headers that a
// server on loopback got, whatever host the URL names.
func sendTo(t *testing.T, s *service, target string, handler http.HandlerFunc) http.Header {
	t.Helper()
	var got http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		if handler != nil {
			handler(w, r)
		}
	}))
	defer server.Close()
	addr := strings.TrimPrefix(server.URL, "http://")
	base := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}
	defer base.CloseIdleConnections()
	bag, err := baggage.Parse("k=v")
	require.NoError(t, err)
	ctx := baggage.ContextWithBaggage(t.Context(), bag)
	ctx = span.ContextWithIdentity(s.spans.Context(ctx), span.Identity{SID: "s1", UID: "u1"})
	ctx, sp := span.Start(ctx, "caller")
	defer sp.End()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	require.NoError(t, err)
	resp, err := (&http.Client{Transport: s.Transport(base)}).Do(req)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Contains(t, got.Get("traceparent"), sp.OTel().SpanContext().TraceID().String(), "the trace goes to everybody")
	return got
}

func TestClient(t *testing.T) {
	trusting := func(c *middleware.Config) {
		c.TrustedHosts = []string{"friend.example", "*.mesh.local", "203.0.113.0/24"}
	}
	for _, tt := range []struct {
		host    string
		trusted bool
	}{
		{"127.0.0.1:8080", true},
		{"10.1.2.3", true},
		{"[::1]:80", true},
		{"localhost", true},
		{"friend.example", true},
		{"tools.mesh.local:9000", true},
		{"203.0.113.7", true},
		{"api.example.com", false},
		{"8.8.8.8", false},
	} {
		got := sendTo(t, newService(t, trusting), "http://"+tt.host+"/", nil)
		if tt.trusted {
			assert.Equal(t, "sid=s1,uid=u1,k=v", got.Get("baggage"), tt.host)
		} else {
			assert.Equal(t, "k=v", got.Get("baggage"), tt.host)
		}
	}
}

// The identity does not follow a redirect out of the trusted places.
func TestClientRedirect(t *testing.T) {
	s := newService(t, nil)
	var hops []string
	sendTo(t, s, "http://10.0.0.1/", func(w http.ResponseWriter, r *http.Request) {
		hops = append(hops, r.Host+" "+r.Header.Get("baggage"))
		if r.Host == "10.0.0.1" {
			http.Redirect(w, r, "http://evil.example/", http.StatusFound)
		}
	})
	assert.Equal(t, []string{"10.0.0.1 sid=s1,uid=u1,k=v", "evil.example k=v"}, hops)
}

// A reverse proxy passes the headers of a request on, but not its identity to
// somebody else.
func TestReverseProxy(t *testing.T) {
	var got http.Header
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Clone() }))
	defer upstream.Close()
	s := newService(t, nil)
	target, err := url.Parse("http://partner.example/")
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = s.Transport(&http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, strings.TrimPrefix(upstream.URL, "http://"))
	}})
	front := s.serve(t, proxy.ServeHTTP)
	get(t, front.URL, "baggage", "sid=s1,uid=u1")
	assert.Empty(t, got.Get("baggage"))
	assert.NotEmpty(t, got.Get("traceparent"))
}

func TestTrustedHostErrors(t *testing.T) {
	for _, bad := range []string{"http://example.com", "a b", "*", "10.0.0.0/33", "*.", "exa*mple", ""} {
		_, err := middleware.New(middleware.Config{TrustedHosts: []string{bad}})
		if bad == "*" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, fmt.Sprintf("%q", bad))
	}
	s := newService(t, func(c *middleware.Config) { c.TrustedHosts = []string{"*"} })
	assert.Equal(t, "sid=s1,uid=u1,k=v", sendTo(t, s, "http://anybody.example/", nil).Get("baggage"))
}

// A handler may find out later for whom it works.
func TestIdentityFoundLater(t *testing.T) {
	s := newService(t, nil)
	server := s.serve(t, func(_ http.ResponseWriter, r *http.Request) {
		ctx := span.ContextWithIdentity(r.Context(), span.Identity{UID: "from-the-body"})
		_, sp := span.Start(ctx, "work", attribute.Bool("b", true))
		sp.End()
	})
	get(t, server.URL)
	assert.Equal(t, "from-the-body", s.records.list()[0].UID)
	assert.Equal(t, "from-the-body", spantest.Attr(s.spans.Span("work"), "uid").AsString())
	assert.Equal(t, "made-1", spantest.Attr(s.spans.Span("work"), "sid").AsString())
}
