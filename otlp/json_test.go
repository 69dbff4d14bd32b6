// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/internal/otlpjson"
	"github.com/sidetrace/sidetrace/internal/otlptest"
)

// collect is an exporter that keeps what it gets.
type collect struct{ spans []sdktrace.ReadOnlySpan }

func (c *collect) ExportSpans(_ context.Context, ss []sdktrace.ReadOnlySpan) error {
	c.spans = append(c.spans, ss...)
	return nil
}
func (*collect) Shutdown(context.Context) error { return nil }

// spanLine is what is written of a span to a file.
func spanLine(t *testing.T, s sdktrace.ReadOnlySpan) []byte {
	var l otlpjson.Lines
	line, err := l.AppendSpan(nil, resourceFields(s.Resource()), scopeFields(s.InstrumentationScope()), encodeSpan(nil, s))
	require.NoError(t, err)
	return line
}

func logLine(t *testing.T, r *sdklog.Record) []byte {
	var l otlpjson.Lines
	line, err := l.AppendLog(nil, resourceFields(r.Resource()), scopeFields(r.InstrumentationScope()), encodeLog(nil, r))
	require.NoError(t, err)
	return line
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func randomValue(r *rand.Rand, depth int) attribute.Value {
	text := pick(r, "", "x", "提示\U0001f50e", `q"\`, "a\nb\tc\x00\x1f\u2028", "<&>")
	kinds := 10
	if depth > 2 {
		kinds = 8
	}
	switch r.IntN(kinds) {
	case 0:
		return attribute.StringValue(text)
	case 1:
		return attribute.BoolValue(r.IntN(2) == 0)
	case 2:
		return attribute.Int64Value(pick(r, 0, 1, -1, math.MaxInt64, math.MinInt64, r.Int64()))
	case 3:
		return attribute.Float64Value(pick(r, 0, 1, -2.5, 1e300, 1e-300, math.MaxFloat64, math.Inf(1), math.Inf(-1), r.NormFloat64()))
	case 4:
		return attribute.StringSliceValue([]string{text, "b"}[:r.IntN(3)])
	case 5:
		return attribute.Int64SliceValue([]int64{1, -2, 3}[:r.IntN(4)])
	case 6:
		return pick(r, attribute.BoolSliceValue([]bool{true, false}), attribute.Float64SliceValue([]float64{1.5, math.Inf(1)}))
	case 7:
		return attribute.ByteSliceValue([]byte{0, 1, 0xff}[:r.IntN(4)])
	case 8:
		return attribute.SliceValue(randomValue(r, depth+1), attribute.Value{}, randomValue(r, depth+1))
	default:
		return attribute.MapValue(attribute.KeyValue{Key: "k", Value: randomValue(r, depth+1)}, attribute.KeyValue{Key: "l", Value: randomValue(r, depth+1)})
	}
}

func randomAttributes(r *rand.Rand) (attrs []attribute.KeyValue) {
	for i := range r.IntN(6) {
		attrs = append(attrs, attribute.KeyValue{Key: attribute.Key(fmt.Sprint("k", i)), Value: randomValue(r, 0)})
	}
	return attrs
}

func randomContext(r *rand.Rand) trace.SpanContext {
	cfg := trace.SpanContextConfig{Remote: r.IntN(2) == 0, TraceFlags: trace.TraceFlags(r.IntN(4))}
	for i := range cfg.TraceID {
		cfg.TraceID[i] = byte(r.Uint32())
	}
	for i := range cfg.SpanID {
		cfg.SpanID[i] = byte(r.Uint32())
	}
	if r.IntN(2) == 0 {
		cfg.TraceState, _ = trace.ParseTraceState("a=1,b=x y")
	}
	return trace.NewSpanContext(cfg)
}

// randomSpans makes spans of every shape by the SDK itself.
func randomSpans(n int) []sdktrace.ReadOnlySpan {
	r := rand.New(rand.NewPCG(1, 2))
	var out collect
	limits := DefaultLimits()
	limits.EventCountLimit, limits.LinkCountLimit, limits.AttributeCountLimit = 3, 2, 4
	limits.AttributePerEventCountLimit, limits.AttributePerLinkCountLimit = 2, 1
	p := sdktrace.NewTracerProvider(sdktrace.WithSyncer(&out), sdktrace.WithRawSpanLimits(limits),
		sdktrace.WithResource(resource.NewWithAttributes("https://example.com/resource", randomAttributes(r)...)))
	tracers := []trace.Tracer{
		p.Tracer("plain"),
		p.Tracer("full", trace.WithInstrumentationVersion("1.2"), trace.WithSchemaURL("https://example.com/scope"),
			trace.WithInstrumentationAttributes(attribute.Int("n", 1))),
	}
	for i := range n {
		ctx := context.Background()
		if r.IntN(2) == 0 {
			sc := randomContext(r)
			ctx = trace.ContextWithSpanContext(ctx, sc.WithTraceFlags(sc.TraceFlags()|trace.FlagsSampled))
		}
		start := time.Unix(1_700_000_000, int64(r.IntN(1e9)))
		opts := []trace.SpanStartOption{trace.WithTimestamp(start), trace.WithSpanKind(trace.SpanKind(r.IntN(7))), trace.WithAttributes(randomAttributes(r)...)}
		for range r.IntN(4) {
			opts = append(opts, trace.WithLinks(trace.Link{SpanContext: randomContext(r), Attributes: randomAttributes(r)}))
		}
		_, s := pick(r, tracers...).Start(ctx, pick(r, "plan", "", "提示 \"x\"", fmt.Sprint("span ", i)), opts...)
		for range r.IntN(6) {
			s.AddEvent(pick(r, "e", "", "INFO"), trace.WithTimestamp(start.Add(time.Second)), trace.WithAttributes(randomAttributes(r)...))
		}
		s.SetStatus(pick(r, codes.Unset, codes.Ok, codes.Error), pick(r, "", "why"))
		s.End(trace.WithTimestamp(start.Add(time.Duration(r.IntN(1e9)))))
	}
	return out.spans
}

// decodeJSON reads our JSON by the rules of OTLP: as proto3 JSON after ids have
// been turned from hex to base64. Unknown fields are ignored as OTLP demands.
func decodeJSON(t *testing.T, line []byte, into proto.Message) {
	t.Helper()
	require.NotContains(t, string(line), "\n")
	var v any
	d := json.NewDecoder(strings.NewReader(string(line)))
	d.UseNumber()
	require.NoError(t, d.Decode(&v), "%s", line)
	b, err := json.Marshal(hexIDs(t, v))
	require.NoError(t, err)
	require.NoError(t, protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(b, into), "%s", b)
}

func hexIDs(t *testing.T, v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = hexIDs(t, v[i])
		}
	case map[string]any:
		for k := range v {
			if k == "traceId" || k == "spanId" || k == "parentSpanId" {
				b, err := hex.DecodeString(v[k].(string))
				require.NoError(t, err)
				v[k] = base64.StdEncoding.EncodeToString(b)
				continue
			}
			v[k] = hexIDs(t, v[k])
		}
	}
	return v
}

// A few thousand spans are the same messages in our JSON as in the protobuf of
// the stock exporter.
func TestSpanJSONIsThatOfTheStockExporter(t *testing.T) {
	collector := otlptest.GRPC(t, nil)
	stock, err := otlptracegrpc.New(t.Context(), otlptracegrpc.WithEndpointURL(collector.URL))
	require.NoError(t, err)
	defer func() { require.NoError(t, stock.Shutdown(t.Context())) }()
	spans := randomSpans(3000)
	require.Len(t, spans, 3000)
	for i := range spans {
		require.NoError(t, stock.ExportSpans(t.Context(), spans[i:i+1]))
	}
	want := collector.Spans()
	require.Len(t, want, len(spans))
	for i, s := range spans {
		line := spanLine(t, s)
		var got tracepb.TracesData
		decodeJSON(t, line, &got)
		require.Len(t, got.ResourceSpans, 1)
		// The stock exporter forgets the trace state of links.
		for j, l := range want[i].ScopeSpans[0].Spans[0].Links {
			l.TraceState = s.Links()[j].SpanContext.TraceState().String()
		}
		requireProtoEqual(t, want[i], got.ResourceSpans[0])
		level := `{"level":"INFO",`
		if s.Status().Code == codes.Error {
			level = `{"level":"ERROR",`
		}
		require.True(t, strings.HasPrefix(string(line), level))
	}
}

func requireProtoEqual(t *testing.T, want, got proto.Message) {
	t.Helper()
	if !proto.Equal(want, got) {
		require.Equal(t, protojson.Format(want), protojson.Format(got))
		require.Fail(t, "the messages differ in what their text does not show")
	}
}

func TestLogJSONIsThatOfTheStockExporter(t *testing.T) {
	collector := otlptest.GRPC(t, nil)
	stock, err := otlploggrpc.New(t.Context(), otlploggrpc.WithEndpointURL(collector.URL))
	require.NoError(t, err)
	defer func() { require.NoError(t, stock.Shutdown(t.Context())) }()
	r := rand.New(rand.NewPCG(3, 4))
	var lines [][]byte
	p := sdklog.NewLoggerProvider(
		sdklog.WithResource(resource.NewWithAttributes("https://example.com/resource", randomAttributes(r)...)),
		sdklog.WithAttributeCountLimit(3),
		sdklog.WithProcessor(logProcessorFunc(func(rec *sdklog.Record) {
			lines = append(lines, logLine(t, rec))
			require.NoError(t, stock.Export(t.Context(), []sdklog.Record{*rec}))
		})))
	loggers := []log.Logger{p.Logger("plain"), p.Logger("full", log.WithInstrumentationVersion("1"), log.WithSchemaURL("https://example.com/scope"))}
	for range 1000 {
		var rec log.Record
		rec.SetTimestamp(pick(r, time.Time{}, time.Unix(1_700_000_000, int64(r.IntN(1e9)))))
		rec.SetBody(randomValue(r, 0))
		rec.SetEventName(pick(r, "", "sidetrace.node_trace_log"))
		rec.SetSeverity(log.Severity(r.IntN(25)))
		rec.SetSeverityText(pick(r, "", "ERROR"))
		rec.AddAttributes(randomAttributes(r)...)
		ctx := t.Context()
		if r.IntN(2) == 0 {
			ctx = trace.ContextWithSpanContext(ctx, randomContext(r))
		}
		pick(r, loggers...).Emit(ctx, rec)
	}
	want := collector.Logs()
	require.Len(t, want, 1000)
	for i, line := range lines {
		var got logspb.LogsData
		decodeJSON(t, line, &got)
		require.Len(t, got.ResourceLogs, 1)
		requireProtoEqual(t, want[i], got.ResourceLogs[0])
	}
}

type logProcessorFunc func(*sdklog.Record)

func (f logProcessorFunc) OnEmit(_ context.Context, r *sdklog.Record) error {
	f(r)
	return nil
}
func (logProcessorFunc) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (logProcessorFunc) Shutdown(context.Context) error                         { return nil }
func (logProcessorFunc) ForceFlush(context.Context) error                       { return nil }

// What proto.Equal cannot compare, and what protobuf refuses.
