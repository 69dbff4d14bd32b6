// SPDX-License-Identifier: Apache-2.0

package sidetrace_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace/noop"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"

	"github.com/sidetrace/sidetrace"
	"github.com/sidetrace/sidetrace/internal/otlptest"
	"github.com/sidetrace/sidetrace/internal/s3test"
	"github.com/sidetrace/sidetrace/nodelog"
	"github.com/sidetrace/sidetrace/oss"
	"github.com/sidetrace/sidetrace/oss/osstest"
	"github.com/sidetrace/sidetrace/otlp"
	"github.com/sidetrace/sidetrace/span"
)

// vars are environment variables of a test. The state folder is the test's own.
type vars map[string]string

func (v vars) get(t *testing.T) func(string) string {
	if v == nil {
		v = vars{}
	}
	if _, ok := v["SIDETRACE_STATE_DIR"]; !ok {
		v["SIDETRACE_STATE_DIR"] = t.TempDir()
	}
	return func(name string) string { return v[name] }
}

// logs keeps what Start says.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func start(t *testing.T, v vars, opts ...sidetrace.Option) (*sidetrace.Runtime, *logs) {
	t.Helper()
	var said logs
	opts = append([]sidetrace.Option{
		sidetrace.WithGetenv(v.get(t)), sidetrace.WithLogger(slog.New(slog.NewTextHandler(&said, nil))), sidetrace.WithoutGlobals(),
	}, opts...)
	rt, err := sidetrace.Start(t.Context(), opts...)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = rt.Shutdown(ctx) // the tests that care have called it
	})
	return rt, &said
}

func quiet(t *testing.T) {
	t.Helper()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
}

// withGlobals undoes WithoutGlobals of start.
func withGlobals(t *testing.T, v vars, opts ...sidetrace.Option) (*sidetrace.Runtime, *logs) {
	t.Helper()
	var said logs
	opts = append([]sidetrace.Option{
		sidetrace.WithGetenv(v.get(t)), sidetrace.WithLogger(slog.New(slog.NewTextHandler(&said, nil))),
	}, opts...)
	rt, err := sidetrace.Start(t.Context(), opts...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = rt.Shutdown(context.Background()) })
	return rt, &said
}

func attr(s *tracepb.Span, key string) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.GetStringValue()
		}
	}
	return ""
}

// Two services, a real collector and a real S3 server: one trace, one session, a
// record of each, and large values where their links lead.
func TestTwoServices(t *testing.T) {
	collector, server := otlptest.GRPC(t, nil), s3test.New(t)
	v := func() vars {
		return vars{
			"OTLP_ENABLE": "true", "OTLP_ENDPOINT": strings.TrimPrefix(collector.URL, "http://"),
			"OSS_TYPE": "s3", "OSS_ENDPOINT": server.Endpoint, "OSS_BUCKET_NAME": s3test.Bucket,
			"OSS_ACCESS_KEY_ID": s3test.AccessKeyID, "OSS_ACCESS_KEY_SECRET": s3test.SecretAccessKey,
		}
	}
	engine, _ := start(t, v(), sidetrace.WithServiceName("engine"))
	gateway, _ := start(t, v(), sidetrace.WithServiceName("gateway"))
	prompt := strings.Repeat("a long prompt ", 1000)
	engineServer := httptest.NewServer(engine.HTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, s := span.StartNode(r.Context(), nodelog.Node{ID: "llm::1", Type: "llm", Name: "Model"})
		defer s.End()
		s.Node().Input("prompt", prompt)
		s.Info(prompt)
	})))
	defer engineServer.Close()
	client := &http.Client{Transport: gateway.Transport(nil)}
	gatewayServer := httptest.NewServer(gateway.HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, engineServer.URL, nil)
		if err != nil {
			t.Error(err)
			return
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Error(err)
			return
		}
		resp.Body.Close()
		fmt.Fprint(w, "done")
	})))
	defer gatewayServer.Close()
	resp, err := http.Get(gatewayServer.URL)
	require.NoError(t, err)
	resp.Body.Close()
	sid := resp.Header.Get("X-Sid")
	require.NotEmpty(t, sid)
	require.NoError(t, gateway.Shutdown(t.Context()))
	require.NoError(t, engine.Shutdown(t.Context()))

	services := map[string][]string{}
	var link string
	for _, rs := range collector.Spans() {
		service := attr(&tracepb.Span{Attributes: rs.Resource.Attributes}, "service.name")
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				services[service] = append(services[service], s.Name)
				assert.Equal(t, sid, attr(s, "sid"), s.Name)
				assert.Contains(t, resp.Header.Get("traceresponse"), fmt.Sprintf("%x", s.TraceId))
				if s.Name == "Model" {
					link = attr(&tracepb.Span{Attributes: s.Events[0].Attributes}, "INFO LOG")
				}
			}
		}
	}
	assert.ElementsMatch(t, []string{"GET", "HTTP GET"}, services["gateway"])
	assert.ElementsMatch(t, []string{"GET", "Model"}, services["engine"])

	key := oss.Key(prompt)
	assert.Equal(t, "trace_link: s3://traces/"+key, link)
	assert.Equal(t, []string{key}, server.Objects(), "the same value once")
	require.Len(t, collector.Logs(), 2)
	var records []string
	for _, rl := range collector.Logs() {
		for _, lr := range rl.ScopeLogs[0].LogRecords {
			assert.Equal(t, "sidetrace.node_trace_log", lr.EventName)
			records = append(records, lr.Body.GetStringValue())
		}
	}
	assert.Contains(t, strings.Join(records, ""), `"input":{"prompt":"s3://traces/`+key+`"}`)
	assert.Contains(t, strings.Join(records, ""), `"service_id":"gateway"`)
}

// Without any configuration spans and records go to files, and large values to a
// folder.
func TestNothingSet(t *testing.T) {
	dir := t.TempDir()
	rt, said := start(t, vars{"SIDETRACE_STATE_DIR": dir, "SERVICE_NAME": "svc"})
	assert.Equal(t, []string{filepath.Join(dir, "svc", "traces.jsonl"), filepath.Join(dir, "svc", "logs.jsonl")}, rt.Files())
	assert.Contains(t, said.String(), "traces.jsonl", "Start says where to look")
	ctx, record := rt.Begin(t.Context(), nodelog.Request{UID: "u1", Question: "why?"})
	ctx, s := span.Start(ctx, "job")
	_, node := span.StartNode(ctx, nodelog.Node{ID: "n::1"})
	node.Node().Output("text", strings.Repeat("x", 6000))
	node.End()
	s.SetCode(3)
	s.End()
	record.End(ctx)
	sid := span.IdentityFromContext(ctx).SID
	assert.Contains(t, sid, "svc00")
	require.NoError(t, rt.ForceFlush(t.Context()))
	traces, err := os.ReadFile(rt.Files()[0])
	require.NoError(t, err)
	assert.Equal(t, 2, bytes.Count(traces, []byte(sid)))
	logs, err := os.ReadFile(rt.Files()[1])
	require.NoError(t, err)
	assert.Contains(t, string(logs), `\"uid\":\"u1\"`)
	assert.Contains(t, string(logs), `\"status\":{\"code\":3`)
	assert.Contains(t, string(logs), "file://"+filepath.ToSlash(dir))
	assert.FileExists(t, filepath.Join(dir, "svc", "objects", filepath.FromSlash(oss.Key(strings.Repeat("x", 6000)))))
	assert.EqualValues(t, 1, rt.Offloads().Uploaded)
	require.NoError(t, rt.Shutdown(t.Context()))
	require.NoError(t, rt.Shutdown(t.Context()))
}

func TestBadEnvironment(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.pem")
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, tt := range []struct{ name, value, want string }{
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "collector", "http://host:port"},
		{"OTEL_RESOURCE_ATTRIBUTES", "bad", "key=value"},
		{"SIDETRACE_STATE_DIR", file, "may write"},
		{"SIDETRACE_FILE_DIR", filepath.Join(file, "x"), "may write"},
		{"SIDETRACE_OSS_DIR", file, "may write"},
		{"SIDETRACE_OFFLOAD_DIR", file, "may write"},
		{"SIDETRACE_NODE_LOG_FILE", filepath.Join(file, "x"), "may write"},
		{"SIDETRACE_NODE_LOG_FILE", t.TempDir(), "it is a folder"},
		{"OSS_TTL", "abc", "seconds"},
		{"OSS_TTL", "9999999", "604800"},
		{"OTEL_TRACES_SAMPLER", "sometimes", "parentbased_always_on"},
		{"OTEL_EXPORTER_OTLP_CERTIFICATE", missing, "no such file"},
		{"SERVICE_PORT", "http", "1 to 65535"},
		{"SERVICE_SUB", "a@b", "without '@'"},
		{"SERVICE_LOCATION", "a@b", "without '@'"},
		{"SIDETRACE_LEVEL", "loud", "debug, info, warn, error"},
		{"OTEL_LOG_LEVEL", "loud", "error, warn, info, debug"},
		{"SIDETRACE_TRUSTED_HOSTS", "http://x", "*.suffix"},
		{"SIDETRACE_OFFLOAD_THRESHOLD", "0", "at least 1"},
		{"OSS_TYPE", "gateway", "s3, dir, none"},
		{"OSS_ENDPOINT", "minio:9000", "http://host:port"},
		{"SIDETRACE_OSS_ADDRESSING", "x", "auto, path, host"},
		{"SIDETRACE_OSS_CHECKSUMS", "x", "when_required"},
		{"SIDETRACE_OSS_SSE", "x", "AES256"},
		{"SIDETRACE_OSS_LINKS", "x", "presigned"},
		{"SIDETRACE_OSS_DIR_MAX_AGE", "x", "seconds"},
	} {
		_, err := sidetrace.Start(t.Context(), sidetrace.WithGetenv(vars{tt.name: tt.value}.get(t)), sidetrace.WithoutGlobals())
		require.ErrorContains(t, err, fmt.Sprintf("%s=%q: want ", tt.name, tt.value))
		require.ErrorContains(t, err, tt.want)
		assert.Equal(t, 1, strings.Count(err.Error(), tt.name), err)
	}
	_, err := sidetrace.Start(t.Context(), sidetrace.WithGetenv(vars{"OSS_TYPE": "s3", "SERVICE_PORT": "x"}.get(t)), sidetrace.WithoutGlobals())
	require.ErrorContains(t, err, `SIDETRACE_OSS_BUCKET="": want the name of a bucket`)
	require.ErrorContains(t, err, "SERVICE_PORT", "all that is wrong is said at once")
	_, err = sidetrace.Start(t.Context(), sidetrace.WithGetenv(vars{"OSS_BUCKET_NAME": "b", "OSS_ACCESS_KEY_SECRET": "hush"}.get(t)), sidetrace.WithoutGlobals())
	require.ErrorContains(t, err, "both set or both empty")
	assert.NotContains(t, err.Error(), "hush")
}

func TestStartErrors(t *testing.T) {
	quiet(t)
	before := runtime.NumGoroutine()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, opts := range map[string][]sidetrace.Option{
		"endpoint":     {sidetrace.WithEndpoints(otlp.Endpoint{URL: "nowhere"})},
		"sub":          {sidetrace.WithSub("@")},
		"trusted host": {sidetrace.WithTrustedHosts("a b")},
		"file":         {sidetrace.WithFileDir(filepath.Join(file, "x"))},
	} {
		_, err := sidetrace.Start(t.Context(), append([]sidetrace.Option{sidetrace.WithGetenv(vars(nil).get(t)), sidetrace.WithoutGlobals(),
			sidetrace.WithLogger(slog.New(slog.DiscardHandler))}, opts...)...)
		require.Error(t, err, name)
	}
	otlptest.Wait(t, "the end of all goroutines", func() bool { return runtime.NumGoroutine() <= before })
}

// Neither a collector nor object storage that is away fails the start or the
// requests, and Shutdown says what is left.
func TestEverythingIsAway(t *testing.T) {
	quiet(t)
	hang, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer hang.Close() // accepts, never answers
	state := t.TempDir()
	rt, _ := start(t, vars{
		"SIDETRACE_STATE_DIR": state, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://" + hang.Addr().String(),
		"OSS_BUCKET_NAME": "b", "OSS_ENDPOINT": "http://" + hang.Addr().String(), "OSS_ACCESS_KEY_ID": "i", "OSS_ACCESS_KEY_SECRET": "s",
	})
	ctx, record := rt.Begin(t.Context(), nodelog.Request{Question: strings.Repeat("why? ", 2000)})
	_, s := span.Start(ctx, "job")
	s.End()
	record.End(ctx)
	deadline, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err = rt.Shutdown(deadline)
	require.ErrorContains(t, err, "0 of 1 spans delivered, 1 wait in "+state)
	require.ErrorContains(t, err, "0 of 1 log records delivered, 1 wait in "+state)
	pending, ok := errors.AsType[*oss.PendingError](err)
	require.True(t, ok)
	assert.EqualValues(t, 1, pending.Values)
	assert.Contains(t, pending.Dir, state)
	assert.Equal(t, err, rt.Shutdown(t.Context()))
}

func TestDisabled(t *testing.T) {
	state := t.TempDir()
	rt, _ := start(t, vars{"OTEL_SDK_DISABLED": "true", "SIDETRACE_STATE_DIR": state})
	var inside span.Identity
	server := httptest.NewServer(rt.HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, s := span.StartNode(r.Context(), nodelog.Node{Name: "n"})
		s.Info("x")
		s.End()
		assert.Nil(t, s)
		inside = span.IdentityFromContext(r.Context())
		fmt.Fprint(w, "hi")
	})))
	defer server.Close()
	req, err := http.NewRequest(http.MethodGet, server.URL, nil)
	require.NoError(t, err)
	req.Header.Set("baggage", "sid=s1")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, "hi", string(body))
	assert.Equal(t, "s1", inside.SID, "what a caller sends is passed on")
	ctx, record := rt.Begin(t.Context(), nodelog.Request{})
	record.End(ctx)
	assert.Nil(t, record)
	require.NoError(t, rt.ForceFlush(t.Context()))
	require.NoError(t, rt.Shutdown(t.Context()))
	left, err := os.ReadDir(state)
	require.NoError(t, err)
	assert.Empty(t, left, "nothing is written")
}

func TestGlobals(t *testing.T) {
	rt, said := withGlobals(t, nil)
	assert.Same(t, rt.TracerProvider(), otel.GetTracerProvider())
	assert.NotContains(t, said.String(), "level=WARN")
	carrier := otlp.Inject(span.ContextWithIdentity(t.Context(), span.Identity{SID: "s1"}))
	assert.Equal(t, "sid=s1", carrier["baggage"], "messages carry the identity")

	second, said := withGlobals(t, nil)
	assert.Same(t, rt.TracerProvider(), otel.GetTracerProvider())
	assert.Contains(t, said.String(), "another OpenTelemetry TracerProvider")
	_, s := span.Start(second.Context(t.Context()), "mine")
	assert.Same(t, second.TracerProvider(), s.OTel().TracerProvider())
	s.End()
	_, s = span.Start(t.Context(), "global")
	assert.Same(t, rt.TracerProvider(), s.OTel().TracerProvider())
	s.End()

	require.NoError(t, second.Shutdown(t.Context()))
	require.NoError(t, rt.Shutdown(t.Context()))
	third, said := withGlobals(t, nil)
	assert.Same(t, third.TracerProvider(), otel.GetTracerProvider(), "what a Runtime has set it takes back")
	assert.Same(t, third.LoggerProvider(), otel.GetLoggerProvider())
	assert.NotContains(t, said.String(), "level=WARN")
	require.NoError(t, third.Shutdown(t.Context()))

	foreign := sdktrace.NewTracerProvider()
	otel.SetTracerProvider(foreign)
	fourth, said := withGlobals(t, nil)
	assert.Same(t, foreign, otel.GetTracerProvider())
	assert.Contains(t, said.String(), "TracerProvider")
	require.NoError(t, fourth.Shutdown(t.Context()))
	assert.Same(t, foreign, otel.GetTracerProvider())
	otel.SetTracerProvider(noop.NewTracerProvider())

	otel.SetTextMapPropagator(propagation.TraceContext{})
	fifth, said := withGlobals(t, nil)
	assert.Equal(t, propagation.TraceContext{}, otel.GetTextMapPropagator())
	assert.Contains(t, said.String(), "another OpenTelemetry propagator")
	require.NoError(t, fifth.Shutdown(t.Context()))
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator())
}

func TestOptions(t *testing.T) {
	collector := otlptest.HTTP(t, nil)
	dir, files := t.TempDir(), filepath.Join(t.TempDir(), "files")
	store, err := oss.NewDir(filepath.Join(dir, "own"))
	require.NoError(t, err)
	defer store.Close()
	var level slog.LevelVar
	level.Set(slog.LevelWarn)
	var sunk sink
	var ended ending
	rt, _ := start(t, vars{"OTEL_SERVICE_NAME": "env", "SIDETRACE_LEVEL": "error", "OTEL_TRACES_SAMPLER": "always_off", "SIDETRACE_PORT": "1"},
		sidetrace.WithServiceName("code"), sidetrace.WithSub("sub"), sidetrace.WithLocation("bj"), sidetrace.WithPort(9000),
		sidetrace.WithEndpoints(otlp.Endpoint{URL: collector.URL}), sidetrace.WithFileDir(files), sidetrace.WithSampler(sdktrace.AlwaysSample()),
		sidetrace.WithLevel(&level), sidetrace.WithStore(store), sidetrace.WithSink(&sunk), sidetrace.WithSpanProcessor(&ended),
		sidetrace.WithResource(attribute.String("team", "x"), attribute.String("service.name", "not this")), sidetrace.WithStateDir(dir),
		sidetrace.WithFilter(func(r *http.Request) bool { return r.URL.Path != "/healthz" }), sidetrace.WithPublic(), sidetrace.WithTrustedHosts("*"))
	server := httptest.NewServer(rt.HTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s := span.FromContext(r.Context())
		s.Info("not recorded")
		s.Warn(strings.Repeat("w", 6000))
	})))
	defer server.Close()
	for _, path := range []string{"/", "/healthz"} {
		req, err := http.NewRequest(http.MethodGet, server.URL+path, nil)
		require.NoError(t, err)
		req.Header.Set("baggage", "sid=forged")
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		resp.Body.Close()
		if path == "/" {
			assert.Regexp(t, `^sub00..[0-9a-f]{4}@bj[0-9a-f]{15}902$`, resp.Header.Get("X-Sid"))
		}
	}
	require.NoError(t, rt.Shutdown(t.Context()))
	require.Len(t, collector.Spans(), 1)
	rs := collector.Spans()[0]
	resource := &tracepb.Span{Attributes: rs.Resource.Attributes}
	assert.Equal(t, "code", attr(resource, "service.name"))
	assert.Equal(t, "x", attr(resource, "team"))
	s := rs.ScopeSpans[0].Spans[0]
	require.Len(t, s.Events, 1)
	assert.Equal(t, "trace_link: "+store.Link(oss.Key(strings.Repeat("w", 6000))), s.Events[0].Attributes[0].Value.GetStringValue())
	assert.FileExists(t, filepath.Join(files, "traces.jsonl"))
	assert.Len(t, sunk.records, 1)
	assert.Equal(t, []string{"GET"}, ended.names)
}

type sink struct{ records []string }

func (s *sink) Write(_ context.Context, r nodelog.Record) error {
	s.records = append(s.records, string(r.JSON))
	return nil
}

type ending struct{ names []string }

func (*ending) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (e *ending) OnEnd(s sdktrace.ReadOnlySpan)                 { e.names = append(e.names, s.Name()) }
func (*ending) Shutdown(context.Context) error                  { return nil }
func (*ending) ForceFlush(context.Context) error                { return nil }

func TestNodeLogFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nodes.jsonl")
	rt, _ := start(t, vars{"SIDETRACE_NODE_LOG_FILE": path, "OTEL_LOGS_EXPORTER": "none", "OTEL_TRACES_EXPORTER": "none",
		"SIDETRACE_OSS_TYPE": "none", "SIDETRACE_STREAM_NODE_TYPES": "reply", "SERVICE_SUB": "agent"})
	ctx, record := rt.Begin(t.Context(), nodelog.Request{})
	record.StartNode(nodelog.Node{ID: "reply::1"}).LLMOutput(strings.Repeat("x", 6000))
	record.End(ctx)
	require.NoError(t, rt.Shutdown(t.Context()))
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	lines := bufio.NewScanner(f)
	require.True(t, lines.Scan())
	var got struct {
		Sub        string
		FirstFrame float64 `json:"first_frame_duration"`
		Trace      []struct {
			Output string `json:"llm_output"`
		}
	}
	require.NoError(t, json.Unmarshal(lines.Bytes(), &got))
	assert.Equal(t, "agent", got.Sub)
	assert.GreaterOrEqual(t, got.FirstFrame, 0.0)
	assert.Len(t, got.Trace[0].Output, 6000, "without a store values stay")
	assert.False(t, lines.Scan())
}

// A host without a writable folder still works.
func TestReadOnlyHost(t *testing.T) {
	quiet(t)
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	t.Setenv("XDG_STATE_HOME", file)
	rt, said := start(t, vars{"SIDETRACE_STATE_DIR": ""})
	assert.Empty(t, rt.Files())
	assert.Contains(t, said.String(), "folder for local files cannot be used")
	ctx, record := rt.Begin(t.Context(), nodelog.Request{})
	_, s := span.Start(ctx, "job", attribute.String("k", strings.Repeat("x", 6000)))
	s.End()
	record.End(ctx)
	require.NoError(t, rt.Shutdown(t.Context()))

	server := s3test.New(t)
	rt, said = start(t, vars{"SIDETRACE_STATE_DIR": "", "OSS_ENDPOINT": server.Endpoint, "OSS_BUCKET_NAME": s3test.Bucket,
		"OSS_ACCESS_KEY_ID": s3test.AccessKeyID, "OSS_ACCESS_KEY_SECRET": s3test.SecretAccessKey, "OSS_TTL": "60"})
	assert.Contains(t, said.String(), "in memory")
	_, s = span.Start(rt.Context(t.Context()), "job", attribute.String("k", strings.Repeat("x", 6000)))
	s.End()
	require.NoError(t, rt.Shutdown(t.Context()))
	assert.Len(t, server.Objects(), 1)
}

// A link to a file of this machine is of no use to readers on another one.
func TestLargeValuesTowardsAnotherMachine(t *testing.T) {
	quiet(t)
	for _, tt := range []struct {
		name   string
		vars   vars
		stored bool
	}{
		{"another machine", vars{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.invalid:4318"}, false},
		{"one of two", vars{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1,http://192.0.2.1:4318"}, false},
		{"this machine", vars{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:1,http://[::1]:1"}, true},
		{"a folder", vars{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.invalid:4318", "SIDETRACE_OSS_TYPE": "dir"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rt, said := start(t, tt.vars)
			_, s := span.Start(rt.Context(t.Context()), "job", attribute.String("k", strings.Repeat("x", 6000)))
			s.End()
			assert.Equal(t, tt.stored, rt.Offloads().Uploaded+rt.Offloads().Pending == 1)
			assert.Equal(t, !tt.stored, strings.Contains(said.String(), "SIDETRACE_OSS_BUCKET"))
		})
	}
}

func TestNoHome(t *testing.T) {
	t.Setenv("HOME", "")
	t.Setenv("XDG_STATE_HOME", "")
	rt, said := start(t, vars{"SIDETRACE_STATE_DIR": ""})
	assert.Contains(t, said.String(), "SIDETRACE_STATE_DIR")
	assert.Empty(t, rt.Files())
	require.NoError(t, rt.Shutdown(t.Context()))
}

func TestOldObjectsGo(t *testing.T) {
	state := t.TempDir()
	objects := filepath.Join(state, "svc", "objects")
	require.NoError(t, os.MkdirAll(objects, 0o700))
	old, foreign := filepath.Join(objects, oss.Key("old")), filepath.Join(objects, "photos", "wedding.jpg")
	past := time.Now().Add(-40 * 24 * time.Hour)
	for _, name := range []string{foreign, old} {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte("x"), 0o600))
		require.NoError(t, os.Chtimes(name, past, past))
	}
	rt, _ := start(t, vars{"SIDETRACE_STATE_DIR": state, "SERVICE_NAME": "svc"})
	otlptest.Wait(t, "the removal", func() bool { _, err := os.Stat(old); return errors.Is(err, os.ErrNotExist) })
	require.NoError(t, rt.Shutdown(t.Context()))
	assert.FileExists(t, foreign)
}

// A value whose file may be removed soon is stored again.
func TestShortLivedObjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt, _ := start(t, vars{"SIDETRACE_OSS_DIR_MAX_AGE": "2h"})
		prompt := attribute.String("k", strings.Repeat("x", 6000))
		job := func() {
			_, s := span.Start(rt.Context(t.Context()), "job", prompt)
			s.End()
		}
		job()
		time.Sleep(59 * time.Minute)
		job()
		assert.EqualValues(t, 1, rt.Offloads().Uploaded)
		time.Sleep(2 * time.Minute)
		job()
		assert.EqualValues(t, 2, rt.Offloads().Uploaded)
		require.NoError(t, rt.Shutdown(t.Context()))
	})
}

// Shutdown returns, whatever is away, also when its caller sets no bound.
func TestShutdownIsBounded(t *testing.T) {
	quiet(t)
	synctest.Test(t, func(t *testing.T) {
		dir, err := oss.NewDir(t.TempDir())
		require.NoError(t, err)
		defer dir.Close()
		away := osstest.Hook(dir, func(context.Context, string, string) error { return errors.New("access denied") })
		rt, _ := start(t, nil, sidetrace.WithStore(away))
		_, s := span.Start(rt.Context(t.Context()), "job", attribute.String("k", strings.Repeat("x", 6000)))
		s.End()
		begun := time.Now()
		err = rt.Shutdown(context.Background())
		require.ErrorContains(t, err, "1 values")
		require.ErrorContains(t, err, "for the next process")
		assert.Equal(t, 10*time.Second, time.Since(begun))
	})
}

// A folder that somebody else can write to is not trusted with spans.
func TestUnsafeServiceFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	state := t.TempDir()
	folder := filepath.Join(state, "svc")
	require.NoError(t, os.Mkdir(folder, 0o700))
	require.NoError(t, os.Chmod(folder, 0o777))
	rt, said := start(t, vars{"SERVICE_NAME": "svc", "SIDETRACE_STATE_DIR": ""}, sidetrace.WithStateDir(state))
	assert.Contains(t, said.String(), "lets others write")
	assert.Empty(t, rt.Files())
	require.NoError(t, rt.Shutdown(t.Context()))
	_, err := sidetrace.Start(t.Context(), sidetrace.WithGetenv(vars{"SIDETRACE_STATE_DIR": state, "SERVICE_NAME": "svc"}.get(t)), sidetrace.WithoutGlobals())
	require.ErrorContains(t, err, "lets others write")
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestIgnoredVariables(t *testing.T) {
	_, said := start(t, vars{"OTLP_METRIC_TIMEOUT": "5000", "OTLP_ENDPOINT": "localhost:1"})
	assert.Contains(t, said.String(), "OTLP_METRIC_TIMEOUT is not supported")
	assert.Contains(t, said.String(), "OTLP_ENDPOINT is ignored without OTLP_ENABLE")
	_, said = start(t, vars{"OTLP_ENABLE": "1", "OTLP_ENDPOINT": "localhost:1", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:1"})
	assert.Contains(t, said.String(), "OTEL_EXPORTER_OTLP_ENDPOINT comes before OTLP_ENDPOINT")
}

func TestNoGoroutineStays(t *testing.T) {
	before := runtime.NumGoroutine()
	rt, _ := start(t, nil)
	_, s := span.Start(rt.Context(t.Context()), "x")
	s.End()
	require.NoError(t, rt.Shutdown(t.Context()))
	otlptest.Wait(t, "the end of all goroutines", func() bool { return runtime.NumGoroutine() <= before })
}

// The Runtime can stand wherever a middleware is wanted.
var _ interface {
	HTTP(http.Handler) http.Handler
	Transport(http.RoundTripper) http.RoundTripper
	GRPCServer() grpc.ServerOption
	GRPCClient() grpc.DialOption
	Shutdown(context.Context) error
} = (*sidetrace.Runtime)(nil)
