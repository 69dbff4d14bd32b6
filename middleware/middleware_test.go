// SPDX-License-Identifier: Apache-2.0

package middleware_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/sidetrace/sidetrace/middleware"
	"github.com/sidetrace/sidetrace/nodelog"
	"github.com/sidetrace/sidetrace/otlp"
	"github.com/sidetrace/sidetrace/span"
	"github.com/sidetrace/sidetrace/span/spantest"
)

// service is a middleware whose spans and records are kept.
type service struct {
	*middleware.Middleware
	spans   *spantest.Recorder
	records *records
}

// newService returns a service that makes session ids made-1, made-2, …
func newService(t testing.TB, change func(*middleware.Config), opts ...sdktrace.TracerProviderOption) *service {
	t.Helper()
	s := &service{spans: spantest.NewWithConfig(t, span.Config{}, opts...), records: &records{}}
	made := 0
	cfg := middleware.Config{
		TracerProvider: s.spans.Provider(),
		Propagator:     propagation.NewCompositeTextMapPropagator(otlp.TraceContext{}, span.Propagator{}),
		NewSID:         func() string { made++; return fmt.Sprint("made-", made) },
		Records:        nodelog.NewRecorder(nodelog.RecorderConfig{Sink: s.records, ServiceID: "svc"}),
	}
	if change != nil {
		change(&cfg)
	}
	m, err := middleware.New(cfg)
	require.NoError(t, err)
	s.Middleware = m
	return s
}

// serve runs a handler behind the middleware on a real server.
func (s *service) serve(t testing.TB, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(s.HTTP(h))
	t.Cleanup(server.Close)
	return server
}

// record is what a reader takes from a record.
type record struct {
	SID, UID   string
	ServiceID  string  `json:"service_id"`
	FirstFrame float64 `json:"first_frame_duration"`
	Duration   float64
	Status     struct {
		Code    int
		Message string
	}
}

// records is a Sink that keeps what it gets.
type records struct {
	mu  sync.Mutex
	all []record
}

func (r *records) Write(_ context.Context, in nodelog.Record) error {
	var out record
	if err := json.Unmarshal(in.JSON, &out); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, out)
	return nil
}

func (r *records) list() []record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all
}

// get sends a request with headers given as alternating names and values.
func get(t testing.TB, url string, headers ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// rawRequest sends a request head and a body as they are.
func rawRequest(t *testing.T, serverURL, head string, body []byte) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(serverURL, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	return resp
}
