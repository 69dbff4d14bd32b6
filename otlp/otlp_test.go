// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/internal/otlptest"
	"github.com/sidetrace/sidetrace/otlp"
)

// quiet keeps the reports of background errors off the test's output.
func quiet(t *testing.T) func() []error {
	t.Helper()
	var mu sync.Mutex
	var got []error
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, err)
	}))
	return func() []error {
		mu.Lock()
		defer mu.Unlock()
		return got
	}
}

func start(t *testing.T, cfg otlp.Config) *otlp.Pipeline {
	t.Helper()
	p, err := otlp.New(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = p.Shutdown(ctx) // the tests that care have called it
	})
	return p
}

// record makes a span and a log record.
func record(p *otlp.Pipeline, name string) {
	ctx, s := p.TracerProvider().Tracer("test").Start(context.Background(), name)
	var r log.Record
	r.SetBody(attribute.StringValue("body of " + name))
	p.LoggerProvider().Logger("test").Emit(ctx, r)
	s.End()
}

// env makes a lookup of a map.
func env(m map[string]string) func(string) string { return func(k string) string { return m[k] } }

func fromEnv(t *testing.T, m map[string]string) otlp.Config {
	t.Helper()
	cfg, err := otlp.ConfigFromEnv(otlp.EnvConfig{Getenv: env(m)})
	require.NoError(t, err)
	return cfg
}

func TestSendsToEveryEndpoint(t *testing.T) {
	grpcOne, grpcTwo, http := otlptest.GRPC(t, nil), otlptest.GRPC(t, nil), otlptest.HTTP(t, nil)
	cfg := fromEnv(t, map[string]string{
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": grpcOne.URL + ", " + grpcTwo.URL,
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc",
		"OTEL_EXPORTER_OTLP_ENDPOINT":        http.URL,
		"OTEL_EXPORTER_OTLP_HEADERS":         "x-tenant=a%20b,x-other=c",
		"OTEL_EXPORTER_OTLP_COMPRESSION":     "gzip",
	})
	cfg.Resource = otlp.NewResource(otlp.ResourceConfig{ServiceName: "svc"})
	p := start(t, cfg)
	record(p, "one")
	require.NoError(t, p.ForceFlush(t.Context()))
	for _, c := range []*otlptest.Collector{grpcOne, grpcTwo} {
		assert.Equal(t, []string{"one"}, c.SpanNames())
		assert.Empty(t, c.Logs())
	}
	assert.Empty(t, http.SpanNames(), "spans have endpoints of their own")
	require.Len(t, http.Logs(), 1)
	assert.Equal(t, "body of one", http.Logs()[0].ScopeLogs[0].LogRecords[0].Body.GetStringValue())
	for _, c := range []*otlptest.Collector{grpcOne, grpcTwo, http} {
		require.Len(t, c.Headers(), 1)
		assert.Equal(t, "a b", c.Headers()[0].Get("x-tenant"))
		assert.Equal(t, "c", c.Headers()[0].Get("x-other"))
	}
	assert.Equal(t, "gzip", http.Headers()[0].Get("Content-Encoding"))
	require.NoError(t, p.Shutdown(t.Context()))
}

func TestOriginalNames(t *testing.T) {
	c := otlptest.GRPC(t, nil)
	hostPort := strings.TrimPrefix(c.URL, "http://")
	assert.Empty(t, fromEnv(t, map[string]string{"OTLP_ENDPOINT": hostPort}).Traces, "OTLP_ENABLE is not set")
	for _, on := range []string{"true", "1", "YES", "on"} {
		cfg := fromEnv(t, map[string]string{
			"OTLP_ENABLE": on, "OTLP_ENDPOINT": hostPort,
			"OTLP_TRACE_TIMEOUT": "2000", "OTLP_TRACE_MAX_QUEUE_SIZE": "100", "OTLP_TRACE_SCHEDULE_DELAY_MILLIS": "50",
			"OTLP_TRACE_MAX_EXPORT_BATCH_SIZE": "10", "OTLP_TRACE_EXPORT_TIMEOUT_MILLIS": "4000",
		})
		require.Len(t, cfg.Traces, 1)
		require.Len(t, cfg.Logs, 1)
		assert.Equal(t, 2*time.Second, cfg.Traces[0].Timeout)
		assert.Equal(t, otlp.Batch{Queue: 100, Size: 10, Delay: 50 * time.Millisecond, Timeout: 4 * time.Second}, cfg.SpanBatch)
		p := start(t, cfg)
		record(p, on)
		require.NoError(t, p.Shutdown(t.Context()))
	}
	assert.Equal(t, []string{"true", "1", "YES", "on"}, c.SpanNames())
}

func TestTLS(t *testing.T) {
	quiet(t)
	certs := otlptest.NewCertificates(t)
	for name, c := range map[string]*otlptest.Collector{"grpc": otlptest.GRPC(t, certs.Server), "http/protobuf": otlptest.HTTP(t, certs.Server)} {
		t.Run(name, func(t *testing.T) {
			vars := map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT":           c.URL,
				"OTEL_EXPORTER_OTLP_PROTOCOL":           name,
				"OTEL_EXPORTER_OTLP_CERTIFICATE":        certs.CAFile,
				"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": certs.ClientFile,
				"OTEL_EXPORTER_OTLP_CLIENT_KEY":         certs.ClientKeyFile,
			}
			p := start(t, fromEnv(t, vars))
			record(p, "secret")
			require.NoError(t, p.Shutdown(t.Context()))
			assert.Equal(t, []string{"secret"}, c.SpanNames())

			delete(vars, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE")
			delete(vars, "OTEL_EXPORTER_OTLP_CLIENT_KEY")
			vars["OTEL_EXPORTER_OTLP_TIMEOUT"] = "500"
			p = start(t, fromEnv(t, vars))
			record(p, "stranger")
			require.Error(t, p.Shutdown(t.Context()), "without a certificate of ours the server refuses")
			assert.Equal(t, []string{"secret"}, c.SpanNames())
		})
	}
}

// What the stock exporters read from the environment by themselves does not
// override an endpoint's own configuration.
func TestEndpointIgnoresEnvironment(t *testing.T) {
	certs := otlptest.NewCertificates(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://127.0.0.1:1")
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-secret=of-another-endpoint")
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", certs.CAFile)
	for protocol, c := range map[otlp.Protocol]*otlptest.Collector{otlp.ProtocolGRPC: otlptest.GRPC(t, nil), otlp.ProtocolHTTP: otlptest.HTTP(t, nil)} {
		e := []otlp.Endpoint{{URL: c.URL, Protocol: protocol}}
		p := start(t, otlp.Config{Traces: e, Logs: e})
		record(p, "x")
		require.NoError(t, p.Shutdown(t.Context()))
		assert.Equal(t, []string{"x"}, c.SpanNames())
		assert.Len(t, c.Logs(), 1)
		for _, h := range c.Headers() {
			assert.Empty(t, h.Get("x-secret"))
		}
	}
}

func TestFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "svc")
	cfg, err := otlp.ConfigFromEnv(otlp.EnvConfig{Getenv: env(nil), FileDir: dir})
	require.NoError(t, err)
	p := start(t, cfg)
	assert.Equal(t, []string{filepath.Join(dir, "traces.jsonl"), filepath.Join(dir, "logs.jsonl")}, p.Files())
	for i := range 10 {
		record(p, fmt.Sprint("span ", i))
	}
	require.NoError(t, p.ForceFlush(t.Context()))
	traces, err := os.ReadFile(filepath.Join(dir, "traces.jsonl"))
	require.NoError(t, err)
	assert.Equal(t, 10, bytes.Count(traces, []byte("\n")))
	assert.Contains(t, string(traces), `"name":"span 9"`)
	logs, err := os.ReadFile(filepath.Join(dir, "logs.jsonl"))
	require.NoError(t, err)
	assert.Contains(t, string(logs), "body of span 9")
	require.NoError(t, p.Shutdown(t.Context()))
}

func TestWhereSignalsGo(t *testing.T) {
	const dir = "/state/svc"
	for _, tt := range []struct {
		name           string
		env            map[string]string
		traces, logs   string // endpoints
		traceTo, logTo string // files
		consoleTraces  bool
		optional       bool
	}{
		{name: "nothing set", traceTo: dir + "/traces.jsonl", logTo: dir + "/logs.jsonl", optional: true},
		{name: "endpoint", env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"},
			traces: "http://c:4318/v1/traces", logs: "http://c:4318/v1/logs"},
		{name: "endpoint with a path", env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c/otlp/"},
			traces: "https://c/otlp/v1/traces", logs: "https://c/otlp/v1/logs"},
		{name: "endpoint of one signal", env: map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://c/take"},
			traces: "https://c/take", logTo: dir + "/logs.jsonl", optional: true},
		{name: "gRPC by its port", env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317"}, traces: "http://c:4317", logs: "http://c:4317"},
		{name: "gRPC without scheme", env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "c:4317"}, traces: "https://c:4317", logs: "https://c:4317"},
		{name: "gRPC without scheme, plain", env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "c:4000", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_INSECURE": "true"},
			traces: "http://c:4000", logs: "http://c:4000"},
		{name: "default endpoint", env: map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_LOGS_EXPORTER": "none"}, traces: "http://localhost:4318/v1/traces"},
		{name: "default endpoint, gRPC", env: map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_LOGS_EXPORTER": "none", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, traces: "http://localhost:4317"},
		{name: "console", env: map[string]string{"OTEL_TRACES_EXPORTER": "console", "OTEL_LOGS_EXPORTER": "none"}, consoleTraces: true},
		{name: "console and endpoint", env: map[string]string{"OTEL_TRACES_EXPORTER": "console,otlp", "OTEL_LOGS_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"},
			traces: "http://c:4318/v1/traces", consoleTraces: true},
		{name: "none", env: map[string]string{"OTEL_TRACES_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}},
		{name: "no file", env: map[string]string{"SIDETRACE_FILE_DIR": "none"}},
		{name: "own folder beside an endpoint", env: map[string]string{"SIDETRACE_FILE_DIR": "/var/log/svc", "OTLP_ENABLE": "1", "OTLP_ENDPOINT": "c:4317"},
			traces: "http://c:4317", logs: "http://c:4317", traceTo: "/var/log/svc/traces.jsonl", logTo: "/var/log/svc/logs.jsonl"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := otlp.ConfigFromEnv(otlp.EnvConfig{Getenv: env(tt.env), FileDir: dir})
			require.NoError(t, err)
			urls := func(es []otlp.Endpoint) string {
				var all []string
				for _, e := range es {
					all = append(all, e.URL)
				}
				return strings.Join(all, " ")
			}
			assert.Equal(t, tt.traces, urls(cfg.Traces))
			assert.Equal(t, tt.logs, urls(cfg.Logs))
			assert.Equal(t, tt.traceTo, filepath.ToSlash(cfg.File.Traces))
			assert.Equal(t, tt.logTo, filepath.ToSlash(cfg.File.Logs))
			assert.Equal(t, tt.optional, cfg.File.Optional)
			assert.Equal(t, tt.consoleTraces, cfg.ConsoleTraces != nil)
		})
	}
}

func TestBadEnvironment(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.pem")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for _, tt := range []struct{ name, value, want string }{
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "collector", "http://host:port"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318", "http://host:port"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://c:4317", "http://host:port"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317,http://c:99999", "65535"},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://", "http://host:port"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "grpc, http/protobuf"},
		{"OTEL_EXPORTER_OTLP_COMPRESSION", "brotli", "gzip, zstd, none"},
		{"OTEL_EXPORTER_OTLP_TIMEOUT", "soon", "milliseconds"},
		{"OTEL_EXPORTER_OTLP_TIMEOUT", "-5", "milliseconds"},
		{"OTEL_EXPORTER_OTLP_CERTIFICATE", filepath.Join(dir, "missing.pem"), "no such file"},
		{"OTEL_EXPORTER_OTLP_CERTIFICATE", empty, "no certificate in it"},
		{"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", empty, "OTEL_EXPORTER_OTLP_CLIENT_KEY"},
		{"OTEL_EXPORTER_OTLP_INSECURE", "maybe", "want true or false"},
		{"OTEL_SDK_DISABLED", "ja", "true"},
		{"OTLP_ENABLE", "si", "true"},
		{"OTEL_TRACES_SAMPLER", "sometimes", "parentbased_traceidratio"},
		{"OTEL_TRACES_SAMPLER_ARG", "1.5", "0 to 1"},
		{"OTEL_TRACES_EXPORTER", "zipkin", "console"},
		{"OTEL_LOGS_EXPORTER", "none,otlp", "none"},
		{"OTEL_PROPAGATORS", "tracecontext,pigeon", "b3multi"},
		{"OTEL_RESOURCE_ATTRIBUTES", "no-value", "key=value"},
		{"OTEL_BSP_MAX_QUEUE_SIZE", "0", "from 1"},
		{"OTEL_BSP_MAX_QUEUE_SIZE", "9000000000000000000", "from 1 to 1048576"},
		{"SIDETRACE_SPOOL_DIR", filepath.Join(empty, "x"), "may write"},
		{"SIDETRACE_SPOOL_MAX_MEGABYTES", "0", "from 1"},
		{"SIDETRACE_SPOOL_MAX_AGE", "old", "seconds"},
		{"SIDETRACE_OTLP_MAX_REQUEST_BYTES", "10", "from 1024"},
		{"OTLP_TRACE_MAX_EXPORT_BATCH_SIZE", "many", "whole number"},
		{"OTEL_BLRP_SCHEDULE_DELAY", "1 s", "milliseconds"},
		{"OTEL_SPAN_EVENT_COUNT_LIMIT", "x", "whole number"},
		{"SIDETRACE_FILE_MAX_MEGABYTES", "0", "from 1"},
	} {
		t.Run(tt.name+"="+tt.value, func(t *testing.T) {
			_, err := otlp.ConfigFromEnv(otlp.EnvConfig{Getenv: env(map[string]string{tt.name: tt.value})})
			require.ErrorContains(t, err, fmt.Sprintf("%s=%q: want ", tt.name, tt.value))
			require.ErrorContains(t, err, tt.want)
			assert.Equal(t, 1, strings.Count(err.Error(), tt.name+"="), "said once")
		})
	}

	_, err := otlp.ConfigFromEnv(otlp.EnvConfig{Getenv: env(map[string]string{"OTLP_ENABLE": "true"})})
	require.ErrorContains(t, err, `OTLP_ENDPOINT="": want host:port`)
	_, err = otlp.ConfigFromEnv(otlp.EnvConfig{Getenv: env(map[string]string{"OTLP_ENABLE": "true", "OTLP_ENDPOINT": "collector"})})
	require.ErrorContains(t, err, `OTLP_ENDPOINT="collector": want host:port`)
	_, err = otlp.ConfigFromEnv(otlp.EnvConfig{Getenv: env(map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})})
	require.ErrorContains(t, err, `want a port for gRPC, as in http://c:4317`)
	_, err = otlp.ConfigFromEnv(otlp.EnvConfig{Getenv: env(map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "secret"})})
	require.ErrorContains(t, err, "OTEL_EXPORTER_OTLP_HEADERS")
	assert.NotContains(t, err.Error(), `"secret"`)
	_, err = otlp.ConfigFromEnv(otlp.EnvConfig{Getenv: env(map[string]string{"OTEL_TRACES_SAMPLER": "x", "OTEL_PROPAGATORS": "y"})})
	require.ErrorContains(t, err, "OTEL_TRACES_SAMPLER")
	require.ErrorContains(t, err, "OTEL_PROPAGATORS", "all that is wrong is said at once")
}

func TestNewErrors(t *testing.T) {
	_, err := otlp.New(t.Context(), otlp.Config{Traces: []otlp.Endpoint{{URL: "nowhere"}}, Logs: []otlp.Endpoint{{URL: "http://c:1", Compression: "rot13"}}})
	require.ErrorContains(t, err, "nowhere")
	require.ErrorContains(t, err, "rot13")
	_, err = otlp.New(t.Context(), otlp.Config{Traces: []otlp.Endpoint{{URL: "http://c:1", Protocol: "smoke"}}})
	require.ErrorContains(t, err, "smoke")
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = otlp.New(t.Context(), otlp.Config{File: otlp.FileConfig{}.In(filepath.Join(file, "dir"))})
	require.Error(t, err)
	reports := quiet(t)
	cfg := otlp.FileConfig{Optional: true}.In(filepath.Join(file, "dir"))
	p := start(t, otlp.Config{File: cfg})
	assert.Empty(t, p.Files())
	assert.Len(t, reports(), 2, "an optional file that cannot be written is reported")
}

// An endpoint that is away neither fails the start nor slows it down, and
// Shutdown says what was not delivered.
func TestUnreachable(t *testing.T) {
	quiet(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close() // accepts, never answers
	for _, protocol := range []otlp.Protocol{otlp.ProtocolGRPC, otlp.ProtocolHTTP} {
		good := otlptest.GRPC(t, nil)
		p, err := otlp.New(t.Context(), otlp.Config{Traces: []otlp.Endpoint{
			{URL: "http://" + l.Addr().String(), Protocol: protocol},
			{URL: good.URL, Protocol: otlp.ProtocolGRPC},
		}})
		require.NoError(t, err)
		for range 3 {
			record(p, "x")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		err = p.Shutdown(ctx)
		require.ErrorContains(t, err, "0 of 3 spans delivered, 3 wait in memory")
		require.ErrorContains(t, err, l.Addr().String())
		assert.NotContains(t, err.Error(), good.URL)
		assert.Len(t, good.SpanNames(), 3, "the other endpoint is not held up")
		require.Equal(t, err, p.Shutdown(t.Context()), "Shutdown may be called again")
	}
}

// hangs is an exporter that does not return before its context ends.
type hangs struct{}

func (hangs) ExportSpans(ctx context.Context, _ []sdktrace.ReadOnlySpan) error {
	<-ctx.Done()
	return ctx.Err()
}
func (hangs) Shutdown(context.Context) error { return nil }

// An exporter of others has a queue that can overflow, and an account too. It does
// not hold up the rest.
func TestOtherExporters(t *testing.T) {
	quiet(t)
	c := otlptest.GRPC(t, nil)
	stock, err := otlptracegrpc.New(t.Context(), otlptracegrpc.WithEndpointURL(c.URL))
	require.NoError(t, err)
	ours := otlptest.GRPC(t, nil)
	p, err := otlp.New(t.Context(), otlp.Config{
		Traces:    []otlp.Endpoint{{URL: ours.URL, Protocol: otlp.ProtocolGRPC}},
		Exporters: []sdktrace.SpanExporter{hangs{}, stock},
		SpanBatch: otlp.Batch{Queue: 10, Size: 10, Delay: time.Hour, Timeout: 100 * time.Millisecond},
	})
	require.NoError(t, err)
	for range 5000 {
		record(p, "burst")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err = p.Shutdown(ctx)
	require.ErrorContains(t, err, "otlp_test.hangs: 0 of 5000 spans delivered")
	assert.Len(t, ours.SpanNames(), 5000)
	ledger := p.Ledger()
	require.Len(t, ledger, 3)
	for _, a := range ledger {
		sum := a.Delivered + a.Waiting
		for _, n := range a.Dropped {
			sum += n
		}
		assert.Equal(t, a.Made, sum, a)
		assert.EqualValues(t, 5000, a.Made, a)
	}
	assert.EqualValues(t, len(c.SpanNames()), ledger[2].Delivered)
	assert.Positive(t, ledger[2].Dropped["queue_full"])
	assert.Positive(t, ledger[1].Dropped["failed"])
}

// A collector may take a request but for some, or with a warning.
func TestPartialSuccessIsCounted(t *testing.T) {
	quiet(t)
	for _, tt := range []struct {
		rejected int64
		message  string
		want     string
	}{
		{0, "slow down\n(3 spans rejected)", ""},
		{2, "too old", "3 of 5 spans delivered, 2 dropped (partial success): too old"},
		{2, "", "3 of 5 spans delivered, 2 dropped (partial success)"},
	} {
		c := otlptest.GRPC(t, nil)
		c.AnswerPartial(tt.rejected, tt.message)
		p := start(t, otlp.Config{Traces: []otlp.Endpoint{{URL: c.URL, Protocol: otlp.ProtocolGRPC}}})
		for range 5 {
			record(p, "x")
		}
		err := p.Shutdown(t.Context())
		if tt.want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, tt.want)
		}
	}
}

func TestNothingStaysBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	c := otlptest.GRPC(t, nil)
	running := runtime.NumGoroutine()
	p := start(t, otlp.Config{
		Traces: []otlp.Endpoint{{URL: c.URL, Protocol: otlp.ProtocolGRPC}}, Logs: []otlp.Endpoint{{URL: c.URL, Protocol: otlp.ProtocolGRPC}},
		File: otlp.FileConfig{}.In(t.TempDir()),
	})
	record(p, "x")
	require.NoError(t, p.Shutdown(t.Context()))
	otlptest.Wait(t, "the end of all goroutines", func() bool { return runtime.NumGoroutine() <= running })
	assert.GreaterOrEqual(t, running, before)
	record(p, "after the end")
}

func TestDisabled(t *testing.T) {
	cfg := fromEnv(t, map[string]string{"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})
	p := start(t, cfg)
	_, s := p.TracerProvider().Tracer("x").Start(t.Context(), "x")
	assert.False(t, s.IsRecording())
	record(p, "x")
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	carrier := propagation.MapCarrier{}
	p.Propagator().Inject(trace.ContextWithSpanContext(t.Context(), sc), carrier)
	assert.Contains(t, carrier, "traceparent", "the context still travels")
	require.NoError(t, p.ForceFlush(t.Context()))
	require.NoError(t, p.Shutdown(t.Context()))
}

func TestSamplers(t *testing.T) {
	sampled := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: 1, Remote: true})
	for _, tt := range []struct {
		name, arg     string
		root, isChild bool // whether a root and a child of a sampled remote parent are sampled
	}{
		{"", "", true, true},
		{"always_on", "", true, true},
		{"always_off", "", false, false},
		{"traceidratio", "0", false, false},
		{"traceidratio", "1", true, true},
		{"parentbased_always_on", "", true, true},
		{"parentbased_always_off", "", false, true},
		{"parentbased_traceidratio", "0", false, true},
	} {
		p := start(t, fromEnv(t, map[string]string{"OTEL_TRACES_SAMPLER": tt.name, "OTEL_TRACES_SAMPLER_ARG": tt.arg}))
		tracer := p.TracerProvider().Tracer("x")
		_, root := tracer.Start(t.Context(), "root")
		_, child := tracer.Start(trace.ContextWithSpanContext(t.Context(), sampled), "child")
		assert.Equal(t, tt.root, root.SpanContext().IsSampled(), "%s %s", tt.name, tt.arg)
		assert.Equal(t, tt.isChild, child.SpanContext().IsSampled(), "%s %s", tt.name, tt.arg)
	}
}

func TestLimits(t *testing.T) {
	count := func(vars map[string]string) (events, attrs int) {
		var ended sdktrace.ReadOnlySpan
		cfg := fromEnv(t, vars)
		cfg.Processors = []sdktrace.SpanProcessor{onEnd(func(s sdktrace.ReadOnlySpan) { ended = s })}
		p := start(t, cfg)
		_, s := p.TracerProvider().Tracer("x").Start(t.Context(), "x")
		for i := range 1500 {
			s.AddEvent("e")
			s.SetAttributes(attribute.Int(fmt.Sprint("k", i), i))
		}
		s.End()
		return len(ended.Events()), len(ended.Attributes())
	}
	events, attrs := count(nil)
	assert.Equal(t, 1000, events)
	assert.Equal(t, 128, attrs)
	events, attrs = count(map[string]string{"OTEL_SPAN_EVENT_COUNT_LIMIT": "128", "OTEL_ATTRIBUTE_COUNT_LIMIT": "-1"})
	assert.Equal(t, 128, events)
	assert.Equal(t, 1500, attrs)
}

type onEnd func(sdktrace.ReadOnlySpan)

func (onEnd) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (f onEnd) OnEnd(s sdktrace.ReadOnlySpan)                 { f(s) }
func (onEnd) Shutdown(context.Context) error                  { return nil }
func (onEnd) ForceFlush(context.Context) error                { return nil }

func TestResource(t *testing.T) {
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,host.name=named")
	t.Setenv("OTEL_SERVICE_NAME", "from-env")
	attrs := func(r *resource.Resource) map[string]string {
		m := map[string]string{}
		for _, a := range r.Attributes() {
			m[string(a.Key)] = a.Value.String()
		}
		return m
	}
	got := attrs(otlp.NewResource(otlp.ResourceConfig{ServiceName: "svc", Attributes: []attribute.KeyValue{attribute.String("team", "x")}}))
	assert.Equal(t, "svc", got["service.name"])
	assert.Equal(t, "svc", got["serviceName"])
	assert.Equal(t, "x", got["team"])
	assert.Equal(t, "test", got["deployment.environment.name"])
	assert.Equal(t, "named", got["host.name"], "the environment knows better")
	assert.Equal(t, fmt.Sprint(os.Getpid()), got["process.pid"])
	assert.Equal(t, "go", got["telemetry.sdk.language"])
	assert.NotNil(t, net.ParseIP(got["ip"]))
	assert.NotEmpty(t, got["service.instance.id"])
	for _, secret := range []string{"process.command_args", "process.command_line", "process.owner"} {
		assert.NotContains(t, got, secret)
	}
	assert.Equal(t, "from-env", attrs(otlp.NewResource(otlp.ResourceConfig{}))["serviceName"])
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=pod-7,ip=192.0.2.7")
	got = attrs(otlp.NewResource(otlp.ResourceConfig{Attributes: []attribute.KeyValue{attribute.String("service.name", "given")}}))
	assert.Equal(t, "pod-7", got["service.instance.id"])
	assert.Equal(t, "192.0.2.7", got["ip"])
	assert.Equal(t, "given", got["serviceName"])
	t.Setenv("OTEL_SERVICE_NAME", "")
	assert.Equal(t, "unknown_service:"+filepath.Base(os.Args[0]), attrs(otlp.NewResource(otlp.ResourceConfig{}))["service.name"])
}

func TestConsole(t *testing.T) {
	var traces, logs bytes.Buffer
	p := start(t, otlp.Config{ConsoleTraces: &traces, ConsoleLogs: &logs})
	record(p, "shown")
	require.NoError(t, p.Shutdown(t.Context()))
	assert.Contains(t, traces.String(), `"name":"shown"`)
	assert.Contains(t, logs.String(), "body of shown")

	quiet(t)
	p = start(t, otlp.Config{ConsoleTraces: brokenPipe{}})
	record(p, "lost")
	require.ErrorContains(t, p.Shutdown(t.Context()), "console: 0 of 1 spans delivered, 1 dropped (rejected): broken pipe")
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }
