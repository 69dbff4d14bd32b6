// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api"
	"github.com/sidetrace/sidetrace/desk/internal/guard"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
)

const (
	readToken   = "a-token-for-readers"
	ingestToken = "a-token-for-services"
)

// now is a minute after the traces of the tests.
func now() time.Time { return time.Unix(1_700_000_060, 0) }

var start = now().Add(-time.Minute).UnixNano()

// serve serves an API over one trace, until the test ends.
func serve(t *testing.T, cfg api.Config) *httptest.Server {
	t.Helper()
	if cfg.Source == nil {
		batch := sourcetest.Checkout(1, start)
		cfg.Source = memory.New(&batch)
	}
	cfg.Now = now
	a, err := api.New(cfg)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(a)
	server.Config.RegisterOnShutdown(a.EndStreams)
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// An answer is what a server answered.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request with headers "Name: value"; a Host is one too.
func ask(t *testing.T, request, base string, headers ...string) answer {
	t.Helper()
	return send(t, request, base, nil, headers...)
}

func send(t *testing.T, request, base string, body io.Reader, headers ...string) answer {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, base+path, body)
	require.NoError(t, err)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if r.Header.Add(name, value); name == "Host" {
			r.Host = value
		}
	}
	w, err := http.DefaultTransport.RoundTrip(r) // no redirects are followed
	require.NoError(t, err)
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	require.NoError(t, err)
	return answer{w.StatusCode, w.Header, string(b)}
}

func newGuard(t *testing.T, token string) *guard.Guard {
	t.Helper()
	g, err := guard.New(guard.Config{Addrs: []string{"127.0.0.1:0"}, Token: token})
	require.NoError(t, err)
	return g
}

func TestNewRefuses(t *testing.T) {
	_, err := api.New(api.Config{})
	require.ErrorContains(t, err, "there is no source")
	_, err = api.New(api.Config{Source: memory.New(), Timeout: -1})
	require.ErrorContains(t, err, "a limit is negative")
	_, err = api.New(api.Config{Source: memory.New(), SavedDir: "api_test.go"})
	require.ErrorContains(t, err, "api: saved:")
}

func TestFaces(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<page> "+r.URL.Path)
	})
	with := serve(t, api.Config{Page: page, Version: "1.2.3"}).URL
	without := serve(t, api.Config{}).URL
	for _, tt := range []struct {
		base, request string
		status        int
		media, want   string
	}{
		{with, "GET /", 200, "text/html", "<page> /"},
		{with, "GET /traces/1", 200, "text/html", "<page> /traces/1"},
		{without, "GET /", 404, "text/plain", `there is nothing at "/"`},
		{with, "GET /api/desk/v1/status", 200, "application/json", `"version":"1.2.3"`},
		{with, "GET /api/desk/v1/nothing", 404, "application/json", `"code":"not_found"`},
		{with, "GET /api/desk/v1", 404, "application/json", `"code":"not_found"`},
		{with, "GET /api/desk/v1/../v1/status", 404, "application/json", `"code":"not_found"`},
		{with, "GET /api/services", 200, "application/json", `"data":["pay","web"]`},
		{with, "GET /api/v3/services", 200, "application/json", `"services":["pay","web"]`},
		{with, "GET /api/v3/nothing", 404, "application/json", `"httpCode":404`},
		{with, "GET /api/nothing", 404, "application/json", `"errors":[{"code":404`},
		{with, "GET /api", 404, "application/json", `"errors":[{"code":404`},
		{with, "GET /apis", 200, "text/html", "<page> /apis"},
		{with, "GET /tempo/api/echo", 200, "text/plain", "echo"},
		{with, "GET /tempo/nothing", 404, "text/plain", "there is nothing"},
		{with, "GET /metrics", 200, "text/plain", "desk_http_requests_under_way"},
		{with, "POST /metrics", 405, "text/plain", "want GET or HEAD"},
		{with, "GET /healthz", 200, "text/plain", "ok\n"},
	} {
		t.Run(tt.request, func(t *testing.T) {
			got := ask(t, tt.request, tt.base)
			assert.Equal(t, tt.status, got.status)
			assert.True(t, strings.HasPrefix(got.header.Get("Content-Type"), tt.media), got.header)
			assert.Contains(t, got.body, tt.want)
			assert.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
			assert.Equal(t, "DENY", got.header.Get("X-Frame-Options"))
			assert.Contains(t, got.header.Get("Content-Security-Policy"), "default-src 'self'")
			assert.Empty(t, got.header.Get("Access-Control-Allow-Origin"))
		})
	}
}

func TestWhoMayRead(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") })
	open := serve(t, api.Config{Read: newGuard(t, ""), Page: page}).URL
	closed := serve(t, api.Config{Read: newGuard(t, readToken), Page: page}).URL
	const bearer, wrong = "Authorization: Bearer " + readToken, "Authorization: Bearer " + ingestToken
	for _, tt := range []struct {
		name, base, path string
		headers          []string
		status           int
		want             string
	}{
		{"loopback needs no token", open, "/api/desk/v1/services", nil, 200, `"services":`},
		{"a name that leads here", open, "/api/desk/v1/services", []string{"Host: evil.example"}, 403, `"code":"forbidden"`},
		{"a page of another site", open, "/api/services", []string{"Origin: https://evil.example"}, 403, `"code":403,"msg":"the origin`},
		{"the page by a name that leads here", open, "/", []string{"Host: evil.example"}, 403, "the host"},
		{"the page for another site", open, "/", []string{"Origin: null"}, 403, "the origin"},
		{"its own page", open, "/api/services", []string{"Origin: " + open}, 200, `"data"`},
		{"the page needs no token", closed, "/", nil, 200, "page"},
		{"without a token", closed, "/api/desk/v1/services", nil, 401, `"code":"unauthorized","message":"the token is missing`},
		{"with a wrong token", closed, "/api/v3/services", []string{wrong}, 401, `"httpCode":401,"message":"the token is not the right one`},
		{"with the token", closed, "/api/v3/services", []string{bearer}, 200, `"services"`},
		{"Tempo without a token", closed, "/tempo/api/search", nil, 401, "the token is missing"},
		{"metrics without a token", closed, "/metrics", nil, 401, "the token is missing"},
		{"metrics with the token", closed, "/metrics", []string{bearer}, 200, "go_goroutines"},
		{"a stream without a token", closed, "/api/desk/v1/live", nil, 401, `"unauthorized"`},
		{"what is saved without a token", closed, "/api/desk/v1/saved", nil, 401, `"unauthorized"`},
		{"health without a token", closed, "/healthz", nil, 200, "ok"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ask(t, "GET "+tt.path, tt.base, tt.headers...)
			assert.Equal(t, tt.status, got.status)
			assert.Contains(t, got.body, tt.want)
			assert.Equal(t, tt.status == 401, got.header.Get("WWW-Authenticate") != "")
		})
	}
}

func TestHealth(t *testing.T) {
	full := func(context.Context) error { return errors.New("the disk is full") }
	got := ask(t, "GET /healthz", serve(t, api.Config{Health: full}).URL)
	assert.Equal(t, answer{503, got.header, "the disk is full\n"}, got)
	secret := serve(t, api.Config{Health: full, Read: newGuard(t, readToken)}).URL
	assert.Equal(t, "something is wrong\n", ask(t, "GET /healthz", secret).body)
	assert.Equal(t, "the disk is full\n", ask(t, "GET /healthz", secret, "Authorization: Bearer "+readToken).body)
	stuck := func(context.Context) error { select {} }
	got = ask(t, "GET /healthz", serve(t, api.Config{Health: stuck}).URL)
	assert.Equal(t, 503, got.status)
	assert.Contains(t, got.body, "there was no answer within 1s")
}

// TestStreamsEnd checks that a shutdown does not wait for streams.
func TestStreamsEnd(t *testing.T) {
	a, err := api.New(api.Config{Source: memory.New(), Read: newGuard(t, "")})
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(a)
	server.Config.RegisterOnShutdown(a.EndStreams)
	server.Start()
	defer server.Close()
	w, err := http.Get(server.URL + "/api/desk/v1/live")
	require.NoError(t, err)
	defer w.Body.Close()
	first := make([]byte, 8)
	_, err = io.ReadFull(w.Body, first)
	require.NoError(t, err)
	assert.Equal(t, "retry: 2", string(first))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, server.Config.Shutdown(ctx))
	_, err = io.ReadAll(w.Body)
	require.NoError(t, err, "the stream ended as it should")
}

// TestCompressed checks that answers are compressed for who takes it.
func TestCompressed(t *testing.T) {
	base := serve(t, api.Config{}).URL
	id := sourcetest.TraceID(1).String()
	got := ask(t, "GET /api/desk/v1/traces/"+id, base, "Accept-Encoding: gzip")
	assert.Equal(t, "gzip", got.header.Get("Content-Encoding"))
	var whole map[string]any
	plain := ask(t, "GET /api/desk/v1/traces/"+id, base, "Accept-Encoding: identity")
	require.NoError(t, json.Unmarshal([]byte(plain.body), &whole))
	assert.Less(t, len(got.body), len(plain.body))
}
