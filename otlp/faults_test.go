// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/sidetrace/sidetrace/internal/otlptest"
	"github.com/sidetrace/sidetrace/otlp"
)

// soon is a pipeline that does not wait for more before it sends.
func soon(t *testing.T, endpoints ...otlp.Endpoint) *otlp.Pipeline {
	t.Helper()
	quiet(t)
	return start(t, otlp.Config{Traces: endpoints, Spool: otlp.SpoolConfig{Dir: t.TempDir()}, SpanBatch: otlp.Batch{Delay: time.Millisecond}})
}

func delivered(p *otlp.Pipeline, i int) func(want int64) func() bool {
	return func(want int64) func() bool {
		return func() bool { return p.Ledger()[i].Delivered == want }
	}
}

// An endpoint that never answers, one that resets its connections and one that is
// away do not hold up the one that is well.
func TestOneEndpointIsWell(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	resets, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer resets.Close()
	go func() {
		for {
			c, err := resets.Accept()
			if err != nil {
				return
			}
			_ = c.(*net.TCPConn).SetLinger(0)
			_ = c.Close()
		}
	}()
	well := otlptest.GRPC(t, nil)
	var endpoints []otlp.Endpoint
	for _, addr := range []string{silent.Addr().String(), resets.Addr().String(), otlptest.FreeAddr(t)} {
		endpoints = append(endpoints, otlp.Endpoint{URL: "http://" + addr, Protocol: otlp.ProtocolGRPC}, otlp.Endpoint{URL: "http://" + addr, Protocol: otlp.ProtocolHTTP})
	}
	quiet(t)
	p, err := otlp.New(t.Context(), otlp.Config{
		Traces: append(endpoints, otlp.Endpoint{URL: well.URL, Protocol: otlp.ProtocolGRPC}),
		Spool:  otlp.SpoolConfig{Dir: t.TempDir()}, SpanBatch: otlp.Batch{Delay: time.Millisecond},
	})
	require.NoError(t, err)
	var took []time.Duration
	for i := range 20 {
		begun := time.Now()
		record(p, "x")
		otlptest.Wait(t, "the delivery", delivered(p, len(endpoints))(int64(i+1)))
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	assert.Less(t, took[len(took)/2], 250*time.Millisecond, "the others' troubles are not its own")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err = p.Shutdown(ctx)
	for _, e := range endpoints {
		require.ErrorContains(t, err, "otlp: "+e.URL+": 0 of 20 spans delivered, 20 wait in ")
	}
	assert.Len(t, well.SpanNames(), 20)
}

// A request is repeated when the endpoint says that it may be, after the time that
// it asks for.
func TestRetries(t *testing.T) {
	throttled, err := status.New(codes.ResourceExhausted, "busy").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(700 * time.Millisecond)})
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		err  error
		wait time.Duration
	}{
		"unavailable":     {status.Error(codes.Unavailable, "not now"), 0},
		"throttled":       {throttled.Err(), 700 * time.Millisecond},
		"unauthenticated": {status.Error(codes.Unauthenticated, "who are you?"), 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tries atomic.Int64
			c := otlptest.Count(t, "127.0.0.1:0", func(context.Context, *coltrace.ExportTraceServiceRequest) error {
				if tries.Add(1) == 1 {
					return tt.err
				}
				return nil
			})
			p := soon(t, otlp.Endpoint{URL: c.URL, Protocol: otlp.ProtocolGRPC})
			begun := time.Now()
			record(p, "x")
			otlptest.Wait(t, "the delivery", delivered(p, 0)(1))
			assert.GreaterOrEqual(t, time.Since(begun), tt.wait)
			assert.EqualValues(t, 2, tries.Load())
			assert.Empty(t, p.Ledger()[0].Dropped)
		})
	}
}

// A span that the endpoint does not like costs none of the others.
func TestTheCulpritAlone(t *testing.T) {
	for name, answer := range map[string]error{"invalid": status.Error(codes.InvalidArgument, "bad name"), "internal": status.Error(codes.Internal, "oops")} {
		t.Run(name, func(t *testing.T) {
			c := otlptest.Count(t, "127.0.0.1:0", func(_ context.Context, r *coltrace.ExportTraceServiceRequest) error {
				if strings.Contains(r.String(), "culprit") {
					return answer
				}
				return nil
			})
			quiet(t)
			p := start(t, otlp.Config{Traces: []otlp.Endpoint{{URL: c.URL, Protocol: otlp.ProtocolGRPC}}})
			for i := range 100 {
				record(p, map[bool]string{true: "culprit", false: "fine"}[i == 42 || i == 43])
			}
			err := p.Shutdown(t.Context())
			require.ErrorContains(t, err, "98 of 100 spans delivered, 2 dropped (rejected)")
			require.ErrorContains(t, err, status.Convert(answer).Message())
			different, again := c.Spans()
			assert.Equal(t, 98, different)
			assert.Zero(t, again)
		})
	}
}

// web is an OTLP/HTTP endpoint that answers as a test says.
type web struct {
	mu       sync.Mutex
	spans    int
	requests []*http.Request
}

func (w *web) start(t *testing.T, answer func(n int, w http.ResponseWriter, spans int) bool) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.requests = append(w.requests, r)
		var body io.Reader = r.Body
		switch r.Header.Get("Content-Encoding") {
		case "gzip":
			z, err := gzip.NewReader(r.Body)
			if !assert.NoError(t, err) {
				return
			}
			body = z
		case "zstd":
			z, err := zstd.NewReader(r.Body)
			if !assert.NoError(t, err) {
				return
			}
			defer z.Close()
			body = z
		}
		b, err := io.ReadAll(body)
		assert.NoError(t, err)
		var q coltrace.ExportTraceServiceRequest
		assert.NoError(t, proto.Unmarshal(b, &q))
		n := 0
		for _, rs := range q.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				n += len(ss.Spans)
			}
		}
		if answer(len(w.requests), rw, n) {
			w.spans += n
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestHTTPAnswers(t *testing.T) {
	for name, tt := range map[string]struct {
		answer    func(n int, w http.ResponseWriter, spans int) bool
		delivered int
		want      string
	}{
		"too large": {func(_ int, w http.ResponseWriter, spans int) bool {
			if spans > 3 {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
			}
			return spans <= 3
		}, 20, ""},
		"retry after": {func(n int, w http.ResponseWriter, _ int) bool {
			if n == 1 {
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return n > 1
		}, 20, ""},
		"refused": {func(_ int, w http.ResponseWriter, spans int) bool {
			if spans == 20 || spans == 5 {
				http.Error(w, "no thanks", http.StatusBadRequest)
			}
			return spans != 20 && spans != 5
		}, 20, ""},
		"gone for a while": {func(n int, w http.ResponseWriter, _ int) bool {
			if n == 1 {
				panic(http.ErrAbortHandler)
			}
			return true
		}, 20, ""},
		"an odd reply": {func(_ int, w http.ResponseWriter, _ int) bool {
			fmt.Fprint(w, "<html>")
			return true
		}, 20, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w web
			s := w.start(t, tt.answer)
			quiet(t)
			p := start(t, otlp.Config{Traces: []otlp.Endpoint{{URL: s.URL, Protocol: otlp.ProtocolHTTP, Timeout: time.Second}}})
			for range 20 {
				record(p, "x")
			}
			err := p.Shutdown(t.Context())
			if tt.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tt.want)
			}
			assert.Equal(t, tt.delivered, w.spans)
		})
	}
}

func TestCompression(t *testing.T) {
	quiet(t)
	for _, c := range []string{"", "gzip", "zstd"} {
		var w web
		s := w.start(t, func(int, http.ResponseWriter, int) bool { return true })
		g := otlptest.Count(t, "127.0.0.1:0", nil)
		p := start(t, otlp.Config{Traces: []otlp.Endpoint{
			{URL: s.URL, Protocol: otlp.ProtocolHTTP, Compression: c}, {URL: g.URL, Protocol: otlp.ProtocolGRPC, Compression: c},
		}})
		for range 20 {
			record(p, "x")
		}
		require.NoError(t, p.Shutdown(t.Context()))
		assert.Equal(t, 20, w.spans, c)
		assert.Equal(t, c, w.requests[0].Header.Get("Content-Encoding"))
		different, _ := g.Spans()
		assert.Equal(t, 20, different, c)
	}
}

// The accounts can be read as metrics and over HTTP.
func TestAccountsAreShown(t *testing.T) {
	quiet(t)
	c := otlptest.Count(t, "127.0.0.1:0", func(_ context.Context, r *coltrace.ExportTraceServiceRequest) error {
		if strings.Contains(r.String(), "culprit") {
			return status.Error(codes.InvalidArgument, "bad name")
		}
		return nil
	})
	reader := metric.NewManualReader()
	p := start(t, otlp.Config{Traces: []otlp.Endpoint{{URL: c.URL, Protocol: otlp.ProtocolGRPC}}, MeterProvider: metric.NewMeterProvider(metric.WithReader(reader))})
	record(p, "culprit")
	record(p, "fine")
	require.NoError(t, p.ForceFlush(t.Context()))

	var got metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &got))
	sums := map[string]int64{}
	for _, m := range got.ScopeMetrics[0].Metrics {
		for _, d := range m.Data.(metricdata.Sum[int64]).DataPoints {
			name := m.Name
			if v, ok := d.Attributes.Value("error.type"); ok {
				name += " " + v.AsString()
			}
			sums[name] += d.Value
		}
	}
	assert.EqualValues(t, 2, sums["otel.sdk.processor.span.processed"])
	assert.EqualValues(t, 1, sums["otel.sdk.exporter.span.exported"])
	assert.EqualValues(t, 1, sums["otel.sdk.exporter.span.exported rejected"])
	require.Contains(t, sums, "otel.sdk.processor.span.queue.size")
	assert.Zero(t, sums["otel.sdk.processor.span.queue.size"])

	w := httptest.NewRecorder()
	p.LedgerHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	var shown struct{ Accounts []otlp.Account }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &shown))
	assert.Equal(t, p.Ledger(), shown.Accounts)
	require.Error(t, p.Shutdown(t.Context()))
}

// The first drop is reported at once, the others in a sum.
func TestDropsAreReported(t *testing.T) {
	var mu sync.Mutex
	var said []string
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, err.Error())
	}))
	t.Cleanup(func() { otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) })
	c := otlptest.Count(t, "127.0.0.1:0", func(_ context.Context, r *coltrace.ExportTraceServiceRequest) error {
		if strings.Contains(r.String(), "culprit") {
			return status.Error(codes.InvalidArgument, "bad name")
		}
		return nil
	})
	p := start(t, otlp.Config{Traces: []otlp.Endpoint{{URL: c.URL, Protocol: otlp.ProtocolGRPC}}, SpanBatch: otlp.Batch{Delay: time.Millisecond}})
	record(p, "fine")
	otlptest.Wait(t, "the delivery", delivered(p, 0)(1))
	record(p, "culprit")
	reports := func() string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(said, "\n")
	}
	otlptest.Wait(t, "the report", func() bool { return strings.Contains(reports(), "spans dropped: 1 rejected: ") })
	for range 50 {
		record(p, "culprit")
	}
	require.NoError(t, p.ForceFlush(t.Context()))
	require.Error(t, p.Shutdown(t.Context()))
	assert.Equal(t, 1, strings.Count(reports(), "dropped"), reports())
}

// An endpoint that refuses everything is not fed with all there is: most of it is
// still there when the endpoint is put right.
func TestAllIsRefused(t *testing.T) {
	for name, answer := range map[string]func(n int, w http.ResponseWriter, spans int) bool{
		"bad request": func(_ int, w http.ResponseWriter, _ int) bool {
			http.Error(w, "no thanks", http.StatusBadRequest)
			return false
		},
		"redirect": func(_ int, w http.ResponseWriter, _ int) bool {
			w.Header().Set("Location", "http://127.0.0.1:1/login")
			w.WriteHeader(http.StatusFound)
			return false
		},
		"compression": func(_ int, w http.ResponseWriter, _ int) bool {
			w.WriteHeader(http.StatusUnsupportedMediaType)
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w web
			s := w.start(t, answer)
			quiet(t)
			p := start(t, otlp.Config{Traces: []otlp.Endpoint{{URL: s.URL, Protocol: otlp.ProtocolHTTP}}})
			for range 500 {
				record(p, "x")
			}
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			require.Error(t, p.Shutdown(ctx))
			a := p.Ledger()[0]
			assert.Greater(t, a.Waiting, int64(480), a)
			assert.Less(t, len(w.requests), 50)
			assert.Zero(t, a.Delivered)
		})
	}
}

// A limit of so many requests is not one of size.
func TestRateLimit(t *testing.T) {
	var tries atomic.Int64
	c := otlptest.Count(t, "127.0.0.1:0", func(context.Context, *coltrace.ExportTraceServiceRequest) error {
		if tries.Add(1) < 3 {
			return status.Error(codes.ResourceExhausted, "ingestion rate limit exceeded")
		}
		return nil
	})
	quiet(t)
	p := start(t, otlp.Config{Traces: []otlp.Endpoint{{URL: c.URL, Protocol: otlp.ProtocolGRPC}}})
	for range 100 {
		record(p, "x")
	}
	require.NoError(t, p.Shutdown(t.Context()))
	different, again := c.Spans()
	assert.Equal(t, 100, different)
	assert.Zero(t, again)
	assert.EqualValues(t, 3, tries.Load())
}

func TestBadHeaders(t *testing.T) {
	for _, h := range []map[string]string{{"my header": "x"}, {"": "x"}, {"x": "caf\u00e9"}, {"x": "a\nb"}} {
		_, err := otlp.New(t.Context(), otlp.Config{Traces: []otlp.Endpoint{{URL: "http://127.0.0.1:4317", Headers: h}}})
		require.ErrorContains(t, err, "want header names of letters")
	}
	_, err := otlp.ConfigFromEnv(otlp.EnvConfig{Getenv: env(map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_HEADERS": "a=caf%C3%A9"})})
	require.ErrorContains(t, err, "OTEL_EXPORTER_OTLP_HEADERS=")
	assert.NotContains(t, err.Error(), "caf")
}

// stuck is a processor, and a writer, that does not come back before it is told.
type stuck struct{ free chan struct{} }

func (s stuck) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (s stuck) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (s stuck) Shutdown(context.Context) error                  { <-s.free; return nil }
func (s stuck) ForceFlush(context.Context) error                { <-s.free; return nil }
func (s stuck) Write(b []byte) (int, error)                     { <-s.free; return len(b), nil }

// told is an exporter that wants to know of the end.
type told struct {
	hangs
	over atomic.Bool
}

func (e *told) Shutdown(context.Context) error { e.over.Store(true); return nil }

// Shutdown keeps its deadline whatever others do, and tells them all.
func TestShutdownKeepsItsDeadline(t *testing.T) {
	quiet(t)
	s, e := stuck{make(chan struct{})}, &told{}
	defer close(s.free)
	p, err := otlp.New(t.Context(), otlp.Config{
		Traces:        []otlp.Endpoint{{URL: "http://" + otlptest.FreeAddr(t), Protocol: otlp.ProtocolGRPC}},
		ConsoleTraces: s, Processors: []sdktrace.SpanProcessor{}, Exporters: []sdktrace.SpanExporter{e},
	})
	require.NoError(t, err)
	record(p, "x")
	begun := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	other := make(chan error, 1)
	go func() {
		short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		other <- p.Shutdown(short)
	}()
	require.Error(t, p.Shutdown(ctx))
	assert.Less(t, time.Since(begun), 2*time.Second)
	require.Error(t, <-other)
	otlptest.Wait(t, "the exporter's end", e.over.Load)
}

// What does not get through in time is tried in smaller pieces, whether the client
// or the server is the first to see that the time is over.
func TestSlowLink(t *testing.T) {
	for name, late := range map[string]func(ctx context.Context) error{
		"no answer": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"an answer": func(context.Context) error { return status.Error(codes.DeadlineExceeded, "too slow") },
	} {
		t.Run(name, func(t *testing.T) {
			quiet(t)
			c := otlptest.Count(t, "127.0.0.1:0", func(ctx context.Context, r *coltrace.ExportTraceServiceRequest) error {
				if len(r.ResourceSpans[0].ScopeSpans[0].Spans) > 50 {
					return late(ctx)
				}
				return nil
			})
			p := start(t, otlp.Config{Traces: []otlp.Endpoint{{URL: c.URL, Protocol: otlp.ProtocolGRPC, Timeout: time.Second}}})
			for range 100 {
				record(p, "x")
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // three tries, and the waits between them
			defer cancel()
			require.NoError(t, p.Shutdown(ctx))
			different, _ := c.Spans()
			assert.Equal(t, 100, different)
		})
	}
}

// proxy passes connections on to a server, until it is told to swallow what the
// ones it has send, without closing them: as a network does that has forgotten them.
type proxy struct {
	net.Listener
	to  string
	mu  sync.Mutex
	all []*atomic.Bool // what to swallow, for each connection
}

func (p *proxy) run() {
	for {
		in, err := p.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", p.to)
		if err != nil {
			_ = in.Close()
			continue
		}
		lost := &atomic.Bool{}
		p.mu.Lock()
		p.all = append(p.all, lost)
		p.mu.Unlock()
		for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
			go func() {
				b := make([]byte, 64<<10)
				for {
					n, err := way[0].Read(b)
					if err != nil {
						_ = way[1].Close()
						return
					}
					if !lost.Load() {
						_, _ = way[1].Write(b[:n])
					}
				}
			}()
		}
	}
}

func (p *proxy) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, lost := range p.all {
		lost.Store(true)
	}
}

// A connection that is dead without a word is replaced.
func TestForgottenConnection(t *testing.T) {
	c := otlptest.Count(t, "127.0.0.1:0", nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	p := &proxy{Listener: l, to: strings.TrimPrefix(c.URL, "http://")}
	go p.run()
	pipeline := soon(t, otlp.Endpoint{URL: "http://" + l.Addr().String(), Protocol: otlp.ProtocolGRPC, Timeout: 200 * time.Millisecond})
	record(pipeline, "x")
	otlptest.Wait(t, "the first delivery", delivered(pipeline, 0)(1))
	p.forget()
	record(pipeline, "y")
	otlptest.Wait(t, "the delivery on another connection", delivered(pipeline, 0)(2))
}

// A processor of the user's is flushed too, and a delay of zero is none.
func TestFlushAndDelay(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	c := otlptest.Count(t, "127.0.0.1:0", nil)
	cfg, err := otlp.ConfigFromEnv(otlp.EnvConfig{Getenv: env(map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.URL, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
		"OTEL_LOGS_EXPORTER": "none", "OTEL_BSP_SCHEDULE_DELAY": "0"})})
	require.NoError(t, err)
	assert.Positive(t, cfg.SpanBatch.Delay, "zero would be the default")
	assert.Less(t, cfg.SpanBatch.Delay, time.Millisecond)
	cfg.Processors = []sdktrace.SpanProcessor{sdktrace.NewBatchSpanProcessor(exporter, sdktrace.WithBatchTimeout(time.Hour))}
	p := start(t, cfg)
	_, s := p.TracerProvider().Tracer("t").Start(t.Context(), "x")
	s.End()
	require.NoError(t, p.ForceFlush(t.Context()))
	assert.Len(t, exporter.GetSpans(), 1)
	require.NoError(t, p.Shutdown(t.Context()))
}

// limited is a writer that fails once it has taken so many lines.
type limited struct {
	left int
	got  []string
}

func (w *limited) Write(b []byte) (int, error) {
	if w.left--; w.left < 0 {
		return 0, io.ErrClosedPipe
	}
	w.got = append(w.got, string(b))
	return len(b), nil
}

// What a console has taken before it broke is not written again.
func TestConsoleBreaks(t *testing.T) {
	quiet(t)
	w := &limited{left: 30}
	p := start(t, otlp.Config{ConsoleTraces: w})
	for range 100 {
		record(p, "x")
	}
	require.ErrorContains(t, p.Shutdown(t.Context()), "30 of 100 spans delivered, 70 dropped (rejected)")
	slices.Sort(w.got)
	assert.Len(t, slices.Compact(w.got), 30)
}
