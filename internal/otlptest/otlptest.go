// SPDX-License-Identifier: Apache-2.0

// Package otlptest is a collector for tests: a real server of OTLP over gRPC or
// HTTP that keeps what it gets.
package otlptest

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
)

// Collector keeps requests.
type Collector struct {
	// URL is where it listens, such as http://127.0.0.1:4317. For HTTP it has no
	// path.
	URL string

	mu      sync.Mutex // guards what follows
	traces  []*coltrace.ExportTraceServiceRequest
	logs    []*collogs.ExportLogsServiceRequest
	headers []http.Header
	partial *coltrace.ExportTracePartialSuccess
}

// GRPC starts a collector on loopback that ends with the test. A nil tlsConfig
// means plain text.
func GRPC(t testing.TB, tlsConfig *tls.Config) *Collector {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &Collector{URL: "http://" + l.Addr().String()}
	var opts []grpc.ServerOption
	if tlsConfig != nil {
		c.URL = "https://" + l.Addr().String()
		opts = append(opts, grpc.Creds(credentials.NewTLS(tlsConfig)))
	}
	s := grpc.NewServer(opts...)
	coltrace.RegisterTraceServiceServer(s, traceServer{c: c})
	collogs.RegisterLogsServiceServer(s, logServer{c: c})
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Stop()
		if err := <-served; err != nil {
			t.Errorf("otlptest: %v", err)
		}
	})
	return c
}

type traceServer struct {
	coltrace.UnimplementedTraceServiceServer
	c *Collector
}

func (s traceServer) Export(ctx context.Context, r *coltrace.ExportTraceServiceRequest) (*coltrace.ExportTraceServiceResponse, error) {
	var partial *coltrace.ExportTracePartialSuccess
	s.c.keep(grpcHeaders(ctx), func() { s.c.traces, partial = append(s.c.traces, r), s.c.partial })
	return &coltrace.ExportTraceServiceResponse{PartialSuccess: partial}, nil
}

type logServer struct {
	collogs.UnimplementedLogsServiceServer
	c *Collector
}

func (s logServer) Export(ctx context.Context, r *collogs.ExportLogsServiceRequest) (*collogs.ExportLogsServiceResponse, error) {
	s.c.keep(grpcHeaders(ctx), func() { s.c.logs = append(s.c.logs, r) })
	return &collogs.ExportLogsServiceResponse{}, nil
}

func grpcHeaders(ctx context.Context) http.Header {
	h := http.Header{}
	md, _ := metadata.FromIncomingContext(ctx)
	for k, vs := range md {
		for _, v := range vs {
			h.Add(k, v)
		}
	}
	return h
}

func (c *Collector) keep(h http.Header, f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.headers = append(c.headers, h)
	f()
}

// HTTP starts a collector of OTLP/HTTP with protobuf bodies, like [GRPC].
func HTTP(t testing.TB, tlsConfig *tls.Config) *Collector {
	t.Helper()
	c := &Collector{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", func(w http.ResponseWriter, r *http.Request) {
		var req coltrace.ExportTraceServiceRequest
		if c.read(t, r, &req) {
			c.keep(r.Header.Clone(), func() { c.traces = append(c.traces, &req) })
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	})
	mux.HandleFunc("POST /v1/logs", func(w http.ResponseWriter, r *http.Request) {
		var req collogs.ExportLogsServiceRequest
		if c.read(t, r, &req) {
			c.keep(r.Header.Clone(), func() { c.logs = append(c.logs, &req) })
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	})
	s := httptest.NewUnstartedServer(mux)
	if tlsConfig != nil {
		s.TLS = tlsConfig
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	c.URL = s.URL
	return c
}

func (c *Collector) read(t testing.TB, r *http.Request, into proto.Message) bool {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(body)
		if err != nil {
			t.Errorf("otlptest: %v", err)
			return false
		}
		body = z
	}
	b, err := io.ReadAll(body)
	if err == nil {
		err = proto.Unmarshal(b, into)
	}
	if err != nil {
		t.Errorf("otlptest: %s: %v", r.URL, err)
	}
	return err == nil
}

// AnswerPartial makes a gRPC collector answer that it has rejected so many spans of
// each request, with a message.
func (c *Collector) AnswerPartial(rejected int64, message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.partial = &coltrace.ExportTracePartialSuccess{RejectedSpans: rejected, ErrorMessage: message}
}

// Spans returns the spans received so far, with what they belong to.
func (c *Collector) Spans() (all []*tracepb.ResourceSpans) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.traces {
		all = append(all, r.ResourceSpans...)
	}
	return all
}

// Logs returns the log records received so far, with what they belong to.
func (c *Collector) Logs() (all []*logspb.ResourceLogs) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.logs {
		all = append(all, r.ResourceLogs...)
	}
	return all
}

// Headers returns the headers of all requests.
func (c *Collector) Headers() []http.Header {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.headers
}

// SpanNames returns the names of the spans received so far.
func (c *Collector) SpanNames() (names []string) {
	for _, rs := range c.Spans() {
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				names = append(names, s.Name)
			}
		}
	}
	return names
}

// Wait waits until ok returns true, and fails the test when it does not within
// ten seconds.
func Wait(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not happen within ten seconds", what)
		}
	}
}
