// SPDX-License-Identifier: Apache-2.0

package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	grpccodes "google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	"github.com/sidetrace/sidetrace/internal/otlptest"
	"github.com/sidetrace/sidetrace/middleware"
	"github.com/sidetrace/sidetrace/nodelog"
	"github.com/sidetrace/sidetrace/otlp"
	"github.com/sidetrace/sidetrace/span"
	"github.com/sidetrace/sidetrace/span/spantest"
)

// health is a gRPC service with a unary and a streaming method; the name asked
// for says what to do.
type health struct {
	grpc_health_v1.UnimplementedHealthServer
	md metadata.MD // of the last call
}

func (h *health) Check(ctx context.Context, r *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	h.md, _ = metadata.FromIncomingContext(ctx)
	_, s := span.Start(ctx, "work")
	defer s.End()
	switch r.Service {
	case "fail":
		return nil, status.Error(grpccodes.NotFound, "no such model")
	case "code":
		span.FromContext(ctx).SetCode(10007)
	case "failed entry":
		span.FromContext(ctx).Fail(errors.New("half an answer"))
	case "panic":
		panic("out of tokens")
	}
	return &grpc_health_v1.HealthCheckResponse{}, nil
}

func (h *health) Watch(_ *grpc_health_v1.HealthCheckRequest, s grpc_health_v1.Health_WatchServer) error {
	time.Sleep(20 * time.Millisecond) // what the first frame is measured against
	for range 3 {
		if err := s.Send(&grpc_health_v1.HealthCheckResponse{}); err != nil {
			return err
		}
	}
	return nil
}

// grpcServer runs health behind the middleware on a real connection.
func (s *service) grpcServer(t *testing.T, opts ...grpc.ServerOption) (*health, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer(append(opts, s.GRPCServer())...)
	h := &health{}
	grpc_health_v1.RegisterHealthServer(server, h)
	go func() { _ = server.Serve(l) }() // ends with Stop
	t.Cleanup(server.Stop)
	return h, l.Addr().String()
}

func dial(t *testing.T, target string, opts ...grpc.DialOption) grpc_health_v1.HealthClient {
	t.Helper()
	conn, err := grpc.NewClient(target, append(opts, grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return grpc_health_v1.NewHealthClient(conn)
}

// caller is a context within a span, with an identity.
func (s *service) caller(t *testing.T) context.Context {
	t.Helper()
	ctx := span.ContextWithIdentity(s.spans.Context(t.Context()), span.Identity{SID: "s1", UID: "u1"})
	ctx, sp := span.Start(ctx, "caller")
	t.Cleanup(sp.End)
	return ctx
}

func TestGRPC(t *testing.T) {
	s := newService(t, nil)
	h, addr := s.grpcServer(t, grpc.ChainUnaryInterceptor(s.UnaryServerInterceptor()), grpc.ChainStreamInterceptor(s.StreamServerInterceptor()))
	client := dial(t, addr, s.GRPCClient())
	ctx := s.caller(t)
	var header metadata.MD
	_, err := client.Check(ctx, &grpc_health_v1.HealthCheckRequest{}, grpc.Header(&header))
	require.NoError(t, err)
	assert.Equal(t, []string{"sid=s1,uid=u1"}, h.md.Get("baggage"), "already the first call")
	assert.Equal(t, []string{"s1"}, header.Get("x-sid"))
	work := s.spans.Span("work")
	assert.Equal(t, "s1", spantest.Attr(work, "sid").AsString())
	assert.Contains(t, header.Get("traceresponse")[0], work.SpanContext().TraceID().String()+"-"+work.Parent().SpanID().String())

	stream, err := client.Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	for range 3 {
		_, err = stream.Recv()
		require.NoError(t, err)
	}
	_, err = stream.Recv()
	require.ErrorIs(t, err, io.EOF)
	header, err = stream.Header()
	require.NoError(t, err)
	assert.Equal(t, []string{"s1"}, header.Get("x-sid"))

	otlptest.Wait(t, "two records", func() bool { return len(s.records.list()) == 2 })
	streamed := s.records.list()[1]
	assert.Equal(t, "u1", streamed.UID)
	assert.GreaterOrEqual(t, streamed.FirstFrame, 20.0)
	trace := work.SpanContext().TraceID()
	for _, sp := range s.spans.Ended() {
		assert.Equal(t, trace, sp.SpanContext().TraceID())
		assert.Equal(t, "s1", spantest.Attr(sp, "sid").AsString(), sp.Name())
	}
}

// slowTag is a stats handler that keeps calls at their very beginning until the
// connection is up.
type slowTag struct {
	stats.Handler
	conn *grpc.ClientConn
}

func (h *slowTag) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context {
	h.conn.Connect()
	for state := h.conn.GetState(); state != connectivity.Ready; state = h.conn.GetState() {
		if !h.conn.WaitForStateChange(ctx, state) {
			break
		}
	}
	return ctx
}
func (h *slowTag) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (h *slowTag) HandleRPC(context.Context, stats.RPCStats)                         {}
func (h *slowTag) HandleConn(context.Context, stats.ConnStats)                       {}

// The connection may come up just after a call has begun and just before it asks
// for one.
func TestGRPCConnectsMeanwhile(t *testing.T) {
	s := newService(t, nil)
	h, addr := s.grpcServer(t)
	slow := &slowTag{}
	conn, err := grpc.NewClient(addr, s.GRPCClient(), grpc.WithStatsHandler(slow), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	slow.conn = conn
	ctx, cancel := context.WithTimeout(s.caller(t), 10*time.Second)
	defer cancel()
	_, err = grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	assert.Equal(t, []string{"sid=s1,uid=u1"}, h.md.Get("baggage"))
}

func TestGRPCStatus(t *testing.T) {
	s := newService(t, nil)
	_, addr := s.grpcServer(t)
	client := dial(t, addr)
	for i, tt := range []struct {
		ask     string
		code    int
		message string
	}{
		{"", 0, ""},
		{"fail", int(grpccodes.NotFound), "no such model"},
		{"code", 10007, ""},
		{"failed entry", int(grpccodes.Unknown), "half an answer"},
	} {
		_, err := client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: tt.ask})
		assert.Equal(t, tt.ask == "fail", err != nil)
		otlptest.Wait(t, "the record", func() bool { return len(s.records.list()) == i+1 })
		got := s.records.list()[i]
		assert.Equal(t, tt.code, got.Status.Code, tt.ask)
		assert.Equal(t, tt.message, got.Status.Message, tt.ask)
		assert.Equal(t, fmt.Sprint("made-", i+1), got.SID)
	}
}

// A recovering interceptor of the service turns a panic into an answer; the
// middleware has recorded it by then.
func TestGRPCPanicRecovered(t *testing.T) {
	s := newService(t, nil)
	recovering := func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (_ any, err error) {
		defer func() {
			if recover() != nil {
				err = status.Error(grpccodes.Internal, "sorry")
			}
		}()
		return next(ctx, req)
	}
	_, addr := s.grpcServer(t, grpc.ChainUnaryInterceptor(recovering, s.UnaryServerInterceptor()))
	_, err := dial(t, addr).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "panic"})
	assert.Equal(t, grpccodes.Internal, status.Code(err))
	otlptest.Wait(t, "the record", func() bool { return len(s.records.list()) == 1 })
	got := s.spans.Span("grpc.health.v1.Health/Check")
	require.Len(t, got.Events(), 1)
	assert.Equal(t, "panic: out of tokens", spantest.EventAttr(got.Events()[0], "exception.message").AsString())
	assert.Equal(t, codes.Error, got.Status().Code)
	assert.Equal(t, int(grpccodes.Internal), s.records.list()[0].Status.Code)
}

// A panic that nobody recovers ends the process, and is on the span by then.
func TestGRPCPanicEndsProcess(t *testing.T) {
	if os.Getenv("GRPC_PANIC_CHILD") != "" {
		servePanic(t)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestGRPCPanicEndsProcess$")
	child.Env = append(os.Environ(), "GRPC_PANIC_CHILD=1")
	out, err := child.CombinedOutput()
	require.Error(t, err, "the process died")
	assert.Contains(t, string(out), "exception type=panic message=the handler panicked status=Error")
	assert.Contains(t, string(out), "panic: out of tokens")
	assert.Contains(t, string(out), "record code=2 ")
	assert.Contains(t, string(out), `"status":{"code":2,"message":"the handler panicked"}`)
}

// servePanic is the child: its spans and records are printed when they end.
func servePanic(t *testing.T) {
	s := newService(t, func(c *middleware.Config) {
		c.Records = nodelog.NewRecorder(nodelog.RecorderConfig{Sink: printer{}})
	}, sdktrace.WithSpanProcessor(printer{}))
	_, addr := s.grpcServer(t)
	_, err := dial(t, addr).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "panic"})
	t.Fatalf("the call came back: %v", err)
}

type printer struct{ sdktrace.SpanProcessor }

func (printer) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (printer) OnEnd(s sdktrace.ReadOnlySpan) {
	for _, e := range s.Events() {
		if strings.Contains(s.Name(), "Check") {
			fmt.Printf("exception type=%s message=%s status=%s\n", spantest.EventAttr(e, "exception.type").AsString(),
				spantest.EventAttr(e, "exception.message").AsString(), s.Status().Code)
		}
	}
}

func (printer) Write(_ context.Context, r nodelog.Record) error {
	fmt.Printf("record code=%d %s\n", r.Code, r.JSON)
	return nil
}

func TestGRPCTrust(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*middleware.Config)
		option func(*service) grpc.DialOption
		want   []string
	}{
		{"loopback by address", nil, func(s *service) grpc.DialOption { return s.GRPCClient() }, []string{"sid=s1,uid=u1"}},
		{"by name", nil, func(s *service) grpc.DialOption { return s.GRPCClientFor("passthrough:///api.example.com:443") }, nil},
		{"by trusted name", func(c *middleware.Config) { c.TrustedHosts = []string{"*.example.com"} },
			func(s *service) grpc.DialOption { return s.GRPCClientFor("passthrough:///api.example.com:443") }, []string{"sid=s1,uid=u1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newService(t, tt.change)
			h, addr := s.grpcServer(t)
			client := dial(t, "passthrough:///api.example.com:443", tt.option(s), grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
			}))
			for range 2 {
				_, err := client.Check(s.caller(t), &grpc_health_v1.HealthCheckRequest{})
				require.NoError(t, err)
				assert.Equal(t, tt.want, h.md.Get("baggage"))
				assert.Len(t, h.md.Get("traceparent"), 1)
			}
		})
	}
}

// foreign is a connection that claims to lead to a public address.
type foreign struct{ net.Conn }

func (foreign) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(8, 8, 8, 8), Port: 443} }

func TestGRPCForeignAddress(t *testing.T) {
	s := newService(t, nil)
	h, addr := s.grpcServer(t)
	client := dial(t, "passthrough:///x", s.GRPCClient(), grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		return foreign{c}, err
	}))
	for range 2 {
		_, err := client.Check(s.caller(t), &grpc_health_v1.HealthCheckRequest{})
		require.NoError(t, err)
		assert.Empty(t, h.md.Get("baggage"))
		assert.Len(t, h.md.Get("traceparent"), 1)
	}
}

// Behind a proxy can be anybody, also when the proxy is next door.
func TestGRPCProxy(t *testing.T) {
	s := newService(t, nil)
	h, addr := s.grpcServer(t)
	t.Setenv("HTTPS_PROXY", "http://"+addr)
	client := dial(t, "passthrough:///"+addr, s.GRPCClient(), grpc.WithNoProxy())
	_, err := client.Check(s.caller(t), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	assert.Empty(t, h.md.Get("baggage"))
}

func TestGRPCPublic(t *testing.T) {
	s := newService(t, func(c *middleware.Config) { c.Public = true })
	_, addr := s.grpcServer(t)
	plain, err := middleware.New(middleware.Config{TracerProvider: s.spans.Provider(), TrustedHosts: []string{"*"},
		Propagator: propagation.NewCompositeTextMapPropagator(otlp.TraceContext{}, span.Propagator{})})
	require.NoError(t, err)
	_, err = dial(t, addr, plain.GRPCClient()).Check(s.caller(t), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	otlptest.Wait(t, "the record", func() bool { return len(s.records.list()) == 1 })
	assert.Equal(t, "made-1", s.records.list()[0].SID)
}
