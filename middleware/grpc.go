// SPDX-License-Identifier: Apache-2.0

package middleware

import (
	"context"
	"runtime"
	"sync/atomic"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	"github.com/sidetrace/sidetrace/nodelog"
	"github.com/sidetrace/sidetrace/span"
)

func (m *Middleware) grpcOptions() []otelgrpc.Option {
	return []otelgrpc.Option{
		otelgrpc.WithTracerProvider(m.cfg.TracerProvider),
		otelgrpc.WithMeterProvider(m.cfg.MeterProvider),
	}
}

// GRPCServer returns the option for [grpc.NewServer] that traces all calls. The
// context of a call has the server's span, the identity and the record, as for
// [Middleware.HTTP]: the record's status is the code that the span was given or
// that of gRPC, and its first frame is the first message sent.
//
// To tell the caller both ids, and to record the value of a panic rather than
// that there was one, add [Middleware.UnaryServerInterceptor] and
// [Middleware.StreamServerInterceptor]; an option cannot do that.
func (m *Middleware) GRPCServer() grpc.ServerOption {
	opts := append(m.grpcOptions(),
		otelgrpc.WithPropagators(serverPropagator{m.cfg.Propagator, m}),
		otelgrpc.WithPublicEndpointFn(func(context.Context, *stats.RPCTagInfo) bool { return m.cfg.Public }))
	return grpc.StatsHandler(&grpcServer{otelgrpc.NewServerHandler(opts...)})
}

// grpcServer adds the record to otelgrpc's span.
type grpcServer struct{ stats.Handler }

// call is what the middleware knows of a call that it serves.
type call struct {
	entry    *span.Span
	record   *nodelog.TraceLog
	finished atomic.Bool // whether a status was sent
}

type callKey struct{}

// TagRPC implements [stats.Handler].
func (s *grpcServer) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	ctx = s.Handler.TagRPC(ctx, info)
	return context.WithValue(ctx, callKey{}, &call{entry: span.FromContext(ctx), record: span.TraceLogFromContext(ctx)})
}

// HandleRPC implements [stats.Handler].
func (s *grpcServer) HandleRPC(ctx context.Context, rs stats.RPCStats) {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		switch rs := rs.(type) {
		case *stats.OutPayload:
			c.record.FirstFrame()
		case *stats.OutTrailer:
			c.finished.Store(true)
		case *stats.End:
			c.end(ctx, rs) // while otelgrpc has not ended the span
		}
	}
	s.Handler.HandleRPC(ctx, rs)
}

func (c *call) end(ctx context.Context, rs *stats.End) {
	if rs.Error == nil && !c.finished.Load() && panicking() {
		c.entry.Fail(errPanic{})
	}
	if c.record == nil {
		return
	}
	out := c.record.Outcome()
	switch st, _ := status.FromError(rs.Error); {
	case out.Code != 0: // the handler has said so
	case rs.Error != nil:
		c.record.Status(int(st.Code()), st.Message())
	case out.Failed:
		c.record.Status(int(codes.Unknown), out.Message)
	}
	c.record.End(ctx)
}

// errPanic stands for a panic whose value only the goroutine's own deferred
// functions can ask for. An interceptor has recorded it before, if there is one.
type errPanic struct{}

// Error implements error.
func (errPanic) Error() string { return "the handler panicked" }

// ErrorType names it on the span.
func (errPanic) ErrorType() string { return "panic" }

// panicking reports whether the calling goroutine is unwinding.
func panicking() bool {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])]) // skip [runtime.Callers, panicking]
	for {
		f, more := frames.Next()
		if f.Function == "runtime.gopanic" {
			return true
		}
		if !more {
			return false
		}
	}
}

// UnaryServerInterceptor returns an interceptor that tells the caller both ids,
// in the metadata x-sid and traceresponse, and records panics, which go on.
func (m *Middleware) UnaryServerInterceptor() grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		defer span.CapturePanic(ctx)
		_ = grpc.SetHeader(ctx, answerMetadata(ctx)) // fails when the call has ended already
		return next(ctx, req)
	}
}

// StreamServerInterceptor is [Middleware.UnaryServerInterceptor] for streams.
func (m *Middleware) StreamServerInterceptor() grpc.StreamServerInterceptor {
	return func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
		ctx := ss.Context()
		defer span.CapturePanic(ctx)
		_ = ss.SetHeader(answerMetadata(ctx)) // likewise
		return next(srv, ss)
	}
}

func answerMetadata(ctx context.Context) metadata.MD {
	md := metadata.MD{}
	if sid := span.IdentityFromContext(ctx).SID; sid != "" {
		md.Set(sidHeader, sid)
	}
	if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
		md.Set(traceresponseHeader, traceresponse(sc))
	}
	return md
}
