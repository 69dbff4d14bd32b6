// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A running is a server that was started by its command line.
type running struct {
	address, grpc, http string // the page's is a URL
	stop                func(testing.TB)
	stderr              *lines
}

// lines is what a command writes.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

// Write implements [io.Writer].
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String is all that was written.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// where finds in the line that a server prints where it is.
var where = map[string]*regexp.Regexp{
	"open": regexp.MustCompile(`^desk: open (https?://\S+)`), "grpc": regexp.MustCompile(` OTLP over gRPC on (\S+)`), "http": regexp.MustCompile(` OTLP over HTTP on (\S+)`),
}

// at is an address in the line that a server prints.
func at(t testing.TB, line, name string) string {
	t.Helper()
	found := where[name].FindStringSubmatch(line)
	if found == nil {
		require.NotEqual(t, "open", name, line)
		return ""
	}
	return found[1]
}

// anywhere has a server listen where there is room.
var anywhere = []string{"--listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"}

// started runs a command that serves until the test ends.
func started(t testing.TB, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	s := &running{stderr: &lines{}}
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, args, strings.NewReader(""), w, s.stderr)
		ended <- err
		_ = w.CloseWithError(io.EOF) // it has no other error
	}()
	out := bufio.NewReader(r)
	line, err := out.ReadString('\n')
	if err != nil {
		require.NoError(t, <-ended, s.stderr)
	}
	require.NoError(t, err)
	go func() { _, _ = io.Copy(io.Discard, out) }() // it ends with the pipe
	s.address, s.grpc, s.http = at(t, line, "open"), at(t, line, "grpc"), at(t, line, "http")
	once := sync.OnceFunc(func() {
		cancel()
		assert.NoError(t, <-ended)
	})
	s.stop = func(t testing.TB) { t.Helper(); once() }
	t.Cleanup(once)
	return s
}

// served runs a server on free ports with its data in a folder.
func served(t testing.TB, folder string, more ...string) *running {
	t.Helper()
	return started(t, append(append([]string{"serve", "--data", folder}, anywhere...), more...)...)
}

// get asks the page's address, and returns the answer.
func (s *running) get(t testing.TB, path string, headers ...string) (status int, body []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.address+path, nil)
	require.NoError(t, err)
	return answered(t, http.DefaultClient, r, headers...)
}

func answered(t testing.TB, client *http.Client, r *http.Request, headers ...string) (status int, body []byte) {
	t.Helper()
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	resp, err := client.Do(r)
	require.NoError(t, err)
	body, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode, body
}

// json asks the page's address for JSON, which must be there.
func (s *running) json(t *testing.T, path string, into any, headers ...string) {
	t.Helper()
	status, body := s.get(t, path, headers...)
	require.Equal(t, http.StatusOK, status, "%s: %s", path, body)
	require.NoError(t, json.Unmarshal(body, into), "%s: %s", path, body)
}

// post sends a body to the address for OTLP over HTTP.
func (s *running) post(t *testing.T, path, mediaType string, body []byte, headers ...string) (status int, answer []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.http+path, bytes.NewReader(body))
	require.NoError(t, err)
	return answered(t, http.DefaultClient, r, append([]string{"Content-Type", mediaType}, headers...)...)
}

const (
	oneSpan = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"planner"}}]},` +
		`"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"plan","startTimeUnixNano":"1767225600000000000","endTimeUnixNano":"1767225600250000000"}]}]}]}`
	oneTrace = "5b8efff798038103d269b633813fc60c"
)

// What is sent can be asked for, also after a restart.
func TestServe(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	s := served(t, folder)
	status, answer := s.post(t, "/v1/traces", "application/json", []byte(oneSpan))
	require.Equal(t, http.StatusOK, status, "%s", answer)
	for range 2 {
		var list struct{ Traces []struct{ TraceID string } }
		s.json(t, "/api/desk/v1/traces", &list)
		require.Len(t, list.Traces, 1)
		assert.Equal(t, oneTrace, list.Traces[0].TraceID)
		status, page := s.get(t, "/trace/"+oneTrace)
		assert.Equal(t, http.StatusOK, status)
		assert.Contains(t, string(page), "<title>Sidetrace</title>")
		status, health := s.get(t, "/healthz")
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, "ok\n", string(health))
		s.stop(t)
		assert.Empty(t, s.stderr.String())
		s = served(t, folder)
	}
	var has struct{ Endpoint string }
	s.json(t, "/api/desk/v1/status", &has)
	assert.Equal(t, "http://"+s.http, has.Endpoint, "where the page says that services should send to")
	_, metrics := s.get(t, "/metrics")
	assert.Contains(t, string(metrics), "desk_stored_spans")
	assert.Contains(t, string(metrics), `desk_removed_spans_total{reason="age"} 0`)
}

func TestServeEndsStreams(t *testing.T) {
	s := served(t, t.TempDir())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.address+"/api/desk/v1/live", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	s.stop(t)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err, "the stream ends as one should")
	require.NoError(t, resp.Body.Close())
}

func TestWrongServers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	taken := l.Addr().String()
	folder := t.TempDir()
	short := filepath.Join(folder, "short")
	require.NoError(t, os.WriteFile(short, []byte("abc\n"), 0o600))
	used := filepath.Join(folder, "used")
	served(t, used)
	for _, tt := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"a file", []string{"serve", "spans.jsonl"}, 2, []string{"spans.jsonl", "desk open"}},
		{"an unknown flag", []string{"--retention", "7d"}, 2, []string{"retention", "--max-age"}},
		{"a wrong age", []string{"serve", "--max-age", "a week"}, 2, []string{"max-age", "7d, 36h or 0"}},
		{"a wrong size", []string{"serve", "--max-bytes", "much"}, 2, []string{"max-bytes", "20GiB"}},
		{"an address in use", []string{"serve", "--listen", taken, "--grpc", "off", "--http", "off"}, 1, []string{taken, "in use"}},
		{"an OTLP address in use", []string{"serve", "--grpc", taken, "--http", "off"}, 1, []string{taken, "in use"}},
		{"an address without a port", []string{"serve", "--listen", "localhost", "--grpc", "off", "--http", "off"}, 1, []string{"localhost", "host:port"}},
		{"a reachable address", []string{"serve", "--listen", "0.0.0.0:0", "--grpc", "off", "--http", "off"}, 1, []string{"0.0.0.0:0", "token"}},
		{"a reachable OTLP address", []string{"serve", "--grpc", ":0", "--http", "off"}, 1, []string{"token"}},
		{"a short token", []string{"serve", "--token-file", short, "--grpc", "off", "--http", "off"}, 1, []string{short, "16"}},
		{"no token file", []string{"serve", "--ingest-token-file", folder + "/none", "--http", "127.0.0.1:0", "--grpc", "off"}, 1, []string{"none", "no such file"}},
		{"half a certificate", []string{"serve", "--tls-cert", short, "--http", "127.0.0.1:0", "--grpc", "off"}, 1, []string{"key"}},
		{"no folder", []string{"serve", "--data", short}, 1, []string{short}},
		{"a folder in use", []string{"serve", "--data", used, "--grpc", "off", "--http", "off"}, 1, []string{used, "use"}},
		{"no prices", []string{"serve", "--prices", folder + "/none", "--grpc", "off", "--http", "off"}, 1, []string{"none", "no such file"}},
		{"open without a file", []string{"open"}, 2, []string{"no file"}},
		{"open of nothing", []string{"open", short}, 1, []string{short}},
		{"a demo of a file", []string{"demo", "x"}, 2, []string{`"x"`}},
		{"a demo without questions", []string{"demo", "--questions", "0"}, 2, []string{"--questions 0", "1 to 10000"}},
		{"a demo without OTLP", []string{"demo", "--grpc", "off"}, 2, []string{"--grpc off"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := tt.args
			if args[0] == "serve" && len(args) > 2 && !strings.Contains(strings.Join(args, " "), "--data") {
				args = append(args, "--data", filepath.Join(t.TempDir(), "data"))
			}
			if !strings.Contains(strings.Join(args, " "), "--listen") && args[0] == "serve" {
				args = append(args, "--listen", "127.0.0.1:0")
			}
			out, errs, code := desk(t, "", args...)
			assert.Equal(t, tt.code, code, errs)
			assert.Empty(t, out)
			for _, want := range tt.want {
				assert.Contains(t, errs, want)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	for name, value := range map[string]string{"LISTEN": "127.0.0.1:0", "GRPC": "off", "HTTP": "127.0.0.1:0", "DATA": folder, "MAX_AGE": "36h"} {
		t.Setenv("SIDETRACE_DESK_"+name, value)
	}
	s := started(t)
	assert.Empty(t, s.grpc)
	assert.DirExists(t, folder)
	s.stop(t)
	other := filepath.Join(t.TempDir(), "other")
	started(t, "--data", other).stop(t)
	assert.DirExists(t, other, "the command line comes first")
	t.Setenv("SIDETRACE_DESK_MAX_BYTES", "-3")
	_, errs, code := desk(t, "")
	assert.Equal(t, 2, code)
	assert.Contains(t, errs, `SIDETRACE_DESK_MAX_BYTES="-3"`)
	assert.Contains(t, errs, "20GiB")
}

func TestTokens(t *testing.T) {
	folder := t.TempDir()
	reader, ingest := filepath.Join(folder, "reader"), filepath.Join(folder, "ingest")
	require.NoError(t, os.WriteFile(reader, []byte("the token of readers\n"), 0o600))
	require.ErrorContains(t, run(t.Context(), []string{"serve", "--token-file", reader}, nil, io.Discard, io.Discard), "space")
	require.NoError(t, os.WriteFile(reader, []byte("the-token-of-readers\n"), 0o600))
	require.NoError(t, os.WriteFile(ingest, []byte("the-token-of-senders\n"), 0o600))
	s := served(t, filepath.Join(folder, "data"), "--token-file", reader, "--ingest-token-file", ingest)
	for _, tt := range []struct {
		token       string
		read, write int
	}{
		{"", http.StatusUnauthorized, http.StatusUnauthorized},
		{"the-token-of-readers", http.StatusOK, http.StatusUnauthorized},
		{"the-token-of-senders", http.StatusUnauthorized, http.StatusOK},
		{"the-token-of-nobody!", http.StatusUnauthorized, http.StatusUnauthorized},
	} {
		header := []string{"Authorization", "Bearer " + tt.token}
		if tt.token == "" {
			header = nil
		}
		for _, path := range []string{"/api/desk/v1/traces", "/api/services", "/api/v3/services", "/tempo/api/search", "/metrics"} {
			status, body := s.get(t, path, header...)
			assert.Equal(t, tt.read, status, "%s with %q: %s", path, tt.token, body)
		}
		status, body := s.post(t, "/v1/traces", "application/json", []byte(oneSpan), header...)
		assert.Equal(t, tt.write, status, "%q: %s", tt.token, body)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.address+"/api/desk/v1/import", strings.NewReader(oneSpan))
		require.NoError(t, err)
		status, body = answered(t, http.DefaultClient, r, header...)
		assert.Equal(t, tt.write, status, "a file with %q: %s", tt.token, body)
		status, _ = s.get(t, "/healthz", header...)
		assert.Equal(t, http.StatusOK, status)
		status, _ = s.get(t, "/", header...)
		assert.Equal(t, http.StatusOK, status, "the page asks for the token")
	}
}

func TestStrangersAreKeptOut(t *testing.T) {
	s := served(t, t.TempDir(), "--host", "desk.example.com")
	for _, tt := range []struct {
		name    string
		headers []string
		want    int
	}{
		{"another host", []string{"Host", "evil.example.com"}, http.StatusForbidden},
		{"a page of another site", []string{"Origin", "https://evil.example.com"}, http.StatusForbidden},
		{"a name that is known", []string{"Host", "desk.example.com"}, http.StatusOK},
		{"localhost", []string{"Host", "localhost"}, http.StatusOK},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range []string{"/", "/api/desk/v1/services", "/api/services", "/tempo/api/search/tags", "/metrics"} {
				status, body := s.get(t, path, tt.headers...)
				assert.Equal(t, tt.want, status, "%s: %s", path, body)
			}
			status, body := s.post(t, "/v1/traces", "application/json", []byte(oneSpan), tt.headers...)
			assert.Equal(t, tt.want, status, "%s", body)
		})
	}
	resp, err := http.Get(s.address + "/api/desk/v1/services")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Empty(t, resp.Header.Get("Access-Control-Allow-Origin"))
	assert.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'self'")
}

func TestOpen(t *testing.T) {
	s := started(t, "open", agentFile, "--listen", "127.0.0.1:0")
	var list struct{ Traces []struct{ TraceID string } }
	s.json(t, "/api/desk/v1/traces", &list)
	require.Len(t, list.Traces, 2)
	assert.Equal(t, lisbon, list.Traces[0].TraceID)
}

// A demo has traces of three services with sessions, records of nodes, and large
// values that can be read, before ten seconds are over.
func TestDemo(t *testing.T) {
	s := started(t, append([]string{"demo", "--questions", "3", "--every", "0"}, anywhere...)...)
	var list struct {
		Traces []struct {
			TraceID  string
			Logs     int
			Services []struct{ Name string }
			Identity struct{ SID, ChatID string }
		}
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		s.json(t, "/api/desk/v1/traces", &list)
		require.Len(c, list.Traces, 3)
		for _, one := range list.Traces {
			assert.Len(c, one.Services, 3)
			assert.NotEmpty(c, one.Identity.SID)
			assert.NotEmpty(c, one.Identity.ChatID)
			assert.Positive(c, one.Logs)
		}
	}, 10*time.Second, 50*time.Millisecond)
	var link []byte
	for i := 0; i < len(list.Traces) && link == nil; i++ {
		_, whole := s.get(t, "/api/desk/v1/traces/"+list.Traces[i].TraceID)
		link = regexp.MustCompile(`file://[^"\\]+\.txt`).Find(whole)
	}
	require.NotNil(t, link)
	status, value := s.get(t, "/api/desk/v1/objects?url="+url.QueryEscape(string(link)))
	assert.Equal(t, http.StatusOK, status, "%s", value)
	assert.Greater(t, len(value), 5000)
}
