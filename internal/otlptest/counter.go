// SPDX-License-Identifier: Apache-2.0

package otlptest

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
)

// Counter is a collector over gRPC that keeps how often each span has come, for
// more of them than a [Collector] could hold.
type Counter struct {
	// URL is where it listens.
	URL string

	server *grpc.Server
	served chan error

	mu    sync.Mutex // guards what follows
	spans map[string]int
	first time.Time // of the first request
	wide  []*tracepb.Span
}

// FreeAddr returns an address on loopback where nobody listens.
func FreeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Count starts a Counter at addr, which ends with the test at the latest. Before
// is called with each request, and may answer in its place; it may be nil.
func Count(t testing.TB, addr string, before func(context.Context, *coltrace.ExportTraceServiceRequest) error) *Counter {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	c := &Counter{URL: "http://" + l.Addr().String(), server: grpc.NewServer(), served: make(chan error, 1), spans: map[string]int{}}
	coltrace.RegisterTraceServiceServer(c.server, &countServer{c: c, before: before})
	go func() { c.served <- c.server.Serve(l) }()
	t.Cleanup(func() {
		c.server.Stop()
		if err := <-c.served; err != nil {
			t.Errorf("otlptest: %v", err)
		}
	})
	return c
}

type countServer struct {
	coltrace.UnimplementedTraceServiceServer
	c      *Counter
	before func(context.Context, *coltrace.ExportTraceServiceRequest) error
}

func (s *countServer) Export(ctx context.Context, r *coltrace.ExportTraceServiceRequest) (*coltrace.ExportTraceServiceResponse, error) {
	if s.before != nil {
		if err := s.before(ctx, r); err != nil {
			return nil, err
		}
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if s.c.first.IsZero() {
		s.c.first = time.Now()
	}
	for _, rs := range r.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			for _, sp := range ss.Spans {
				s.c.spans[string(sp.SpanId)]++
				if len(sp.Attributes) > 0 && sp.Name == Wide {
					s.c.wide = append(s.c.wide, sp)
				}
			}
		}
	}
	return &coltrace.ExportTraceServiceResponse{}, nil
}

// Wide is the name of spans that a Counter keeps whole.
const Wide = "wide"

// Spans returns how many different spans have come, and how many more than once.
func (c *Counter) Spans() (different, again int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.spans {
		again += n - 1
	}
	return len(c.spans), again
}

// Has reports whether the span with this id, in bytes, has come.
func (c *Counter) Has(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spans[id] > 0
}

// First returns when the first request came.
func (c *Counter) First() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.first
}

// Wide returns the spans of that name.
func (c *Counter) Wide() []*tracepb.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wide
}
