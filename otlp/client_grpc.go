// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"

	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/gzip" // for Endpoint.Compression
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/sidetrace/sidetrace/internal/spool"
)

// Methods of OTLP/gRPC (OTLP specification, "OTLP/gRPC").
const (
	grpcTraces = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
	grpcLogs   = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
)

// reconnect is how often a collector that is away is looked for. gRPC's own
// default waits up to two minutes.
const reconnect = time.Second

type grpcClient struct {
	dial    func() (*grpc.ClientConn, error)
	method  string
	headers metadata.MD
	timeout time.Duration
	options []grpc.CallOption

	mu       sync.Mutex // guards what follows
	conn     *grpc.ClientConn
	timeouts int // in a row
}

func newGRPCClient(e *Endpoint, u *url.URL, k spool.Kind) (*grpcClient, error) {
	params := grpc.ConnectParams{
		Backoff:           backoff.Config{BaseDelay: firstWait, Multiplier: 1.6, Jitter: 0.2, MaxDelay: reconnect},
		MinConnectTimeout: maxWait,
	}
	dial := func() (*grpc.ClientConn, error) {
		// The address is looked up with each connection.
		return grpc.NewClient("passthrough:///"+u.Host, e.credentials(u), grpc.WithConnectParams(params), grpc.WithUserAgent(userAgent), grpc.WithDisableServiceConfig())
	}
	conn, err := dial()
	if err != nil {
		return nil, fmt.Errorf("otlp: endpoint %s: %w", e.URL, err)
	}
	c := &grpcClient{
		dial: dial, conn: conn, method: grpcTraces, headers: metadata.New(e.Headers), timeout: e.timeout(),
		// A request waits for a connection, which is there as soon as the endpoint is.
		options: []grpc.CallOption{grpc.ForceCodecV2(rawCodec{}), grpc.WaitForReady(true)},
	}
	if k == spool.Log {
		c.method = grpcLogs
	}
	if e.Compression != "" {
		c.options = append(c.options, grpc.UseCompressor(e.Compression))
	}
	return c, nil
}

func (c *grpcClient) close() error { return c.current().Close() }

func (c *grpcClient) current() *grpc.ClientConn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn
}

// maxTimeouts is how many requests in a row may run into their time before the
// connection is taken for dead: a peer that vanished without a word would be
// believed in for a quarter of an hour.
const maxTimeouts = 2

// note counts timeouts of a connection, and replaces it after some.
func (c *grpcClient) note(conn *grpc.ClientConn, timedOut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != conn {
		return
	}
	if !timedOut {
		c.timeouts = 0
		return
	}
	if c.timeouts++; c.timeouts < maxTimeouts {
		return
	}
	if fresh, err := c.dial(); err == nil {
		c.conn, c.timeouts = fresh, 0
		_ = conn.Close() // requests on it are tried again
	}
}

// send implements [client].
func (c *grpcClient) send(ctx context.Context, records []spool.Record) answer {
	ctx, cancel := context.WithTimeout(metadata.NewOutgoingContext(ctx, c.headers), c.timeout)
	defer cancel()
	q := group(records)
	body := bodies.get(q.size())
	*body = q.append(*body)
	var reply []byte
	conn := c.current()
	err := conn.Invoke(ctx, c.method, body, &reply, c.options...)
	// Without a connection, it is for that the request has waited.
	expired := errors.Is(ctx.Err(), context.DeadlineExceeded) && conn.GetState() == connectivity.Ready
	c.note(conn, expired)
	if err == nil {
		return partial(reply, len(records))
	}
	a := grpcAnswer(err)
	a.slow = expired || status.Code(err) == codes.DeadlineExceeded // the server knows the time that it has
	return a
}

// grpcAnswer says what an error means (OTLP specification, "Failures" of
// OTLP/gRPC). A request that is too large has no code of its own: grpc-go and
// others answer RESOURCE_EXHAUSTED, which without RetryInfo is final.
func grpcAnswer(err error) answer {
	s := status.Convert(err)
	a := answer{err: err, verdict: refused}
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.RetryInfo); ok {
			a.verdict, a.after = retry, info.GetRetryDelay().AsDuration()
		}
	}
	switch s.Code() {
	case codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.DataLoss:
		a.verdict = retry
	case codes.ResourceExhausted:
		if a.verdict != retry {
			a.verdict, a.busy = tooLarge, true
		}
	case codes.Unauthenticated, codes.PermissionDenied:
		a.verdict = retry // see misconfigured
		a.after = max(a.after, misconfigured)
	case codes.Unimplemented:
		a.verdict = unknown
	default:
		a.verdict = refused
	}
	return a
}

// misconfigured is the wait for an endpoint that refuses whoever asks, whatever
// the request: for want of a header, say. The OTLP specification counts that as
// final; but no record is at fault, all would be lost one by one, and somebody is
// going to repair it.
const misconfigured = maxWait

// bodyPool keeps the bodies of requests. gRPC gives them back when it does not need
// them any more.
type bodyPool struct{ sync.Pool }

var (
	bodies bodyPool

	_ mem.BufferPool = (*bodyPool)(nil)
)

// get returns an empty body with room for n bytes.
func (p *bodyPool) get(n int) *[]byte {
	if b, ok := p.Pool.Get().(*[]byte); ok && cap(*b) >= n {
		*b = (*b)[:0]
		return b
	}
	return new(make([]byte, 0, max(n, minBody)))
}

// minBody is about what a full request of ordinary spans has.
const minBody = 512 << 10

// Get implements [mem.BufferPool].
func (p *bodyPool) Get(n int) *[]byte {
	b := p.get(n)
	*b = (*b)[:n]
	return b
}

// Put implements [mem.BufferPool].
func (p *bodyPool) Put(b *[]byte) {
	if cap(*b) <= DefaultRequestBytes {
		p.Pool.Put(b)
	}
}

// rawCodec sends bytes that are encoded already, and returns those of the reply.
type rawCodec struct{}

var _ encoding.CodecV2 = rawCodec{}

// Name implements [encoding.CodecV2].
func (rawCodec) Name() string { return "proto" }

// Marshal implements [encoding.CodecV2].
func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.NewBuffer(v.(*[]byte), &bodies)}, nil
}

// Unmarshal implements [encoding.CodecV2].
func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}
