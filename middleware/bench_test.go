// SPDX-License-Identifier: Apache-2.0

package middleware_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/sidetrace/sidetrace/middleware"
	"github.com/sidetrace/sidetrace/nodelog"
	"github.com/sidetrace/sidetrace/otlp"
	"github.com/sidetrace/sidetrace/sid"
	"github.com/sidetrace/sidetrace/span"
)

// sinkWriter is a response writer with the abilities of net/http's that costs
// nothing itself.
type sinkWriter struct{ header http.Header }

func (w *sinkWriter) Header() http.Header                        { return w.header }
func (*sinkWriter) Write(b []byte) (int, error)                  { return len(b), nil }
func (*sinkWriter) WriteHeader(int)                              {}
func (*sinkWriter) Flush()                                       {}
func (*sinkWriter) ReadFrom(io.Reader) (int64, error)            { return 0, nil }
func (*sinkWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, errors.New("no") }

// drop is a span processor that does nothing.
type drop struct{}

func (drop) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (drop) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (drop) Shutdown(context.Context) error                  { return nil }
func (drop) ForceFlush(context.Context) error                { return nil }

type discard struct{}

func (discard) Write(context.Context, nodelog.Record) error { return nil }

// BenchmarkHTTP compares the cost of a request over that of the bare handler:
// with otelhttp alone, with ours, and with ours when each request also leaves a
// record, which otelhttp has nothing like. "edge" requests come from outside,
// "inner" ones from a service that has sent its trace and session.
func BenchmarkHTTP(b *testing.B) {
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte("hello"))
	})
	plain := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(drop{}))
	stock := otelhttp.NewHandler(bare, "", otelhttp.WithTracerProvider(plain),
		otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})))
	ours := func(records *nodelog.Recorder) http.Handler {
		p := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(span.NewProcessor()), sdktrace.WithSpanProcessor(drop{}))
		unbind, err := span.Bind(p, span.Config{})
		require.NoError(b, err)
		b.Cleanup(unbind)
		ids, err := sid.New(sid.Config{Sub: "svc", Port: 8080})
		require.NoError(b, err)
		m, err := middleware.New(middleware.Config{
			TracerProvider: p, NewSID: ids.Next, Records: records,
			Propagator: propagation.NewCompositeTextMapPropagator(otlp.TraceContext{}, span.Propagator{}),
		})
		require.NoError(b, err)
		return m.HTTP(bare)
	}
	edge := httptest.NewRequest(http.MethodGet, "/plan?q=1", nil)
	inner := httptest.NewRequest(http.MethodGet, "/plan?q=1", nil)
	inner.Header.Set("traceparent", parent)
	inner.Header.Set("baggage", "sid=svc002b0007@hf18bcfe568000203802,app_id=a1,uid=u1,chat_id=c1")
	for _, kind := range []struct {
		name string
		r    *http.Request
	}{{"edge", edge}, {"inner", inner}} {
		for _, impl := range []struct {
			name string
			h    http.Handler
		}{
			{"bare", bare}, {"otelhttp", stock}, {"sidetrace", ours(nil)},
			{"sidetrace-record", ours(nodelog.NewRecorder(nodelog.RecorderConfig{Sink: discard{}}))},
		} {
			b.Run(kind.name+"/impl="+impl.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					impl.h.ServeHTTP(&sinkWriter{http.Header{}}, kind.r)
				}
			})
		}
	}
}
