// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"

	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
)

// collect prints its address, and counts spans until ctx ends.
func collect(ctx context.Context) (*counted, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	fmt.Println("http://" + l.Addr().String())
	s := grpc.NewServer()
	c := &collector{}
	coltrace.RegisterTraceServiceServer(s, c)
	context.AfterFunc(ctx, s.GracefulStop)
	err = s.Serve(l)
	return &counted{Spans: c.spans.Load()}, err
}

type collector struct {
	coltrace.UnimplementedTraceServiceServer
	spans atomic.Int64
}

// Export counts.
func (c *collector) Export(_ context.Context, r *coltrace.ExportTraceServiceRequest) (*coltrace.ExportTraceServiceResponse, error) {
	for _, rs := range r.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			c.spans.Add(int64(len(ss.Spans)))
		}
	}
	return &coltrace.ExportTraceServiceResponse{}, nil
}
