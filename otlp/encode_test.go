// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/internal/otlptest"
)

// odd makes values of every kind and many shapes.
type odd struct {
	*rand.Rand
	broken bool // whether some texts are no UTF-8
}

func (o odd) text() string {
	if o.broken && o.IntN(4) == 0 {
		return pick(o.Rand, "\xff", "a\xff\xfeb", "\xc3", "提\xe6示", strings.Repeat("é\xa9", 60))
	}
	if o.IntN(3000) == 0 {
		return strings.Repeat("prompt 提示 ", 100_000/14)
	}
	return pick(o.Rand, "", "x", "提示\U0001f50e", `q"\`, "a\nb\x00\u2028", strings.Repeat("e", 110+o.IntN(20)), strings.Repeat("l", o.IntN(20_000)>>o.IntN(12)))
}

func (o odd) number() float64 {
	return pick(o.Rand, 0, math.Copysign(0, -1), 1, -2.5, 1e300, 5e-324, math.NaN(), math.Inf(1), math.Inf(-1), o.NormFloat64())
}

func (o odd) integer() int64 {
	return pick(o.Rand, 0, 1, -1, 127, 128, math.MaxInt64, math.MinInt64, o.Int64()>>o.IntN(64))
}

// several makes zero to seven: the SDK keeps short slices and long ones differently.
func several[T any](o odd, one func() T) []T {
	all := make([]T, o.IntN(8))
	for i := range all {
		all[i] = one()
	}
	return all
}

func (o odd) value(depth int) attribute.Value {
	kinds := 12
	if depth > 2 {
		kinds = 10
	}
	switch o.IntN(kinds) {
	case 0:
		return attribute.Value{}
	case 1:
		return attribute.BoolValue(o.IntN(2) == 0)
	case 2:
		return attribute.Int64Value(o.integer())
	case 3:
		return attribute.Float64Value(o.number())
	case 4:
		return attribute.StringValue(o.text())
	case 5:
		return attribute.BoolSliceValue(several(o, func() bool { return o.IntN(2) == 0 }))
	case 6:
		return attribute.Int64SliceValue(several(o, o.integer))
	case 7:
		return attribute.Float64SliceValue(several(o, o.number))
	case 8:
		return attribute.StringSliceValue(several(o, o.text))
	case 9:
		return attribute.ByteSliceValue([]byte(o.text() + pick(o.Rand, "", "\x00\xff")))
	case 10:
		return attribute.SliceValue(several(o, func() attribute.Value { return o.value(depth + 1) })...)
	default:
		return attribute.MapValue(o.attributes(depth + 1)...)
	}
}

func (o odd) attributes(depth int) []attribute.KeyValue {
	i := 0
	return several(o, func() attribute.KeyValue {
		i++
		return attribute.KeyValue{Key: attribute.Key(fmt.Sprint("k", i, pick(o.Rand, "", o.text()))), Value: o.value(depth)}
	})
}

func (o odd) resource(i int) *resource.Resource {
	if i == 0 {
		return resource.Empty()
	}
	return resource.NewWithAttributes(pick(o.Rand, "", "https://example.com/resource"), append(o.attributes(0), attribute.Int("i", i))...)
}

// encoded is what a span processor got, and what encodeSpan and the others made of
// it then.
type encoded struct {
	source                sdktrace.ReadOnlySpan
	span, resource, scope []byte
}

type encodeProcessor struct{ spans []encoded }

func (p *encodeProcessor) OnEnd(s sdktrace.ReadOnlySpan) {
	p.spans = append(p.spans, encoded{source: s, span: encodeSpan(nil, s),
		resource: encodeResource(nil, s.Resource()), scope: encodeScope(nil, s.InstrumentationScope())})
}
func (*encodeProcessor) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (*encodeProcessor) Shutdown(context.Context) error                  { return nil }
func (*encodeProcessor) ForceFlush(context.Context) error                { return nil }

// spans ends n spans of the SDK, from four providers with three tracers each.
func (o odd) spans(n int) []encoded {
	var out encodeProcessor
	limits := DefaultLimits()
	limits.EventCountLimit, limits.LinkCountLimit, limits.AttributeCountLimit = 3, 2, 4
	limits.AttributePerEventCountLimit, limits.AttributePerLinkCountLimit = 2, 1
	var tracers []trace.Tracer
	for i := range 4 {
		p := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(&out), sdktrace.WithRawSpanLimits(limits), sdktrace.WithResource(o.resource(i)))
		tracers = append(tracers, p.Tracer(""), p.Tracer("plain"), p.Tracer("full"+o.text(), trace.WithInstrumentationVersion("1"+o.text()),
			trace.WithSchemaURL("https://example.com/scope"), trace.WithInstrumentationAttributes(o.attributes(0)...)))
		limits.AttributeCountLimit, limits.EventCountLimit = -1, -1
	}
	for range n {
		o.endSpan(pick(o.Rand, tracers...))
	}
	return out.spans
}

func (o odd) endSpan(tracer trace.Tracer) {
	ctx := context.Background()
	if o.IntN(2) == 0 {
		sc := randomContext(o.Rand)
		ctx = trace.ContextWithSpanContext(ctx, sc.WithTraceFlags(sc.TraceFlags()|trace.FlagsSampled))
	}
	start := time.Unix(1_700_000_000, int64(o.IntN(1e9)))
	opts := []trace.SpanStartOption{trace.WithTimestamp(start), trace.WithSpanKind(trace.SpanKind(o.IntN(7))), trace.WithAttributes(o.attributes(0)...)}
	for range o.IntN(4) {
		opts = append(opts, trace.WithLinks(trace.Link{SpanContext: randomContext(o.Rand), Attributes: o.attributes(0)}))
	}
	_, s := tracer.Start(ctx, o.text(), opts...)
	for range o.IntN(6) {
		s.AddEvent(o.text(), trace.WithTimestamp(start.Add(time.Second)), trace.WithAttributes(o.attributes(0)...))
	}
	s.SetStatus(pick(o.Rand, codes.Unset, codes.Ok, codes.Error), o.text())
	s.End(trace.WithTimestamp(start.Add(time.Duration(o.IntN(1e9)))))
}

func (e encoded) decode(t testing.TB) (s *tracepb.Span, r *resourcepb.Resource, scope *commonpb.InstrumentationScope) {
	s, r, scope = &tracepb.Span{}, &resourcepb.Resource{}, &commonpb.InstrumentationScope{}
	require.NoError(t, proto.Unmarshal(e.span, s))
	require.NoError(t, proto.Unmarshal(e.resource, r))
	require.NoError(t, proto.Unmarshal(e.scope, scope))
	return s, r, scope
}

// exportStock sends spans by the stock exporter and returns, by span id, each with
// its resource and scope.
func exportStock(t *testing.T, spans []encoded) map[trace.SpanID]*tracepb.ResourceSpans {
	collector := otlptest.GRPC(t, nil)
	stock, err := otlptracegrpc.New(t.Context(), otlptracegrpc.WithEndpointURL(collector.URL))
	require.NoError(t, err)
	defer func() { require.NoError(t, stock.Shutdown(t.Context())) }()
	for batch := range slices.Chunk(spans, 20) { // gRPC takes 4 MiB
		var all []sdktrace.ReadOnlySpan
		for _, e := range batch {
			all = append(all, e.source)
		}
		require.NoError(t, stock.ExportSpans(t.Context(), all))
	}
	got := map[trace.SpanID]*tracepb.ResourceSpans{}
	for _, rs := range collector.Spans() {
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				got[trace.SpanID(s.SpanId)] = &tracepb.ResourceSpans{Resource: rs.Resource, ScopeSpans: []*tracepb.ScopeSpans{{Scope: ss.Scope, Spans: []*tracepb.Span{s}}}}
			}
		}
	}
	return got
}

// requireEncoding demands that b is a message, in as few bytes as it takes.
func requireEncoding(t *testing.T, want proto.Message, b []byte) {
	t.Helper()
	got := want.ProtoReflect().New().Interface()
	require.NoError(t, proto.Unmarshal(b, got))
	requireProtoEqual(t, want, got)
	require.Len(t, b, proto.Size(want))
}

// orEmpty returns empty for nil: whether a message has the field is its caller's.
func orEmpty[M comparable](m, empty M) M {
	var none M
	if m == none {
		return empty
	}
	return m
}

func TestEncodeSpanIsWhatTheStockExporterSends(t *testing.T) {
	spans := odd{Rand: rand.New(rand.NewPCG(5, 6))}.spans(4000)
	stock := exportStock(t, spans)
	require.Len(t, stock, 4000)
	for _, e := range spans {
		want := stock[e.source.SpanContext().SpanID()]
		span := want.ScopeSpans[0].Spans[0]
		for i, l := range span.Links { // the stock exporter forgets their trace state
			l.TraceState = e.source.Links()[i].SpanContext.TraceState().String()
		}
		requireEncoding(t, span, e.span)
		requireEncoding(t, want.Resource, e.resource)
		requireEncoding(t, orEmpty(want.ScopeSpans[0].Scope, &commonpb.InstrumentationScope{}), e.scope)
	}
}

// The stock exporter sends nothing of a request with text that is no UTF-8.
func TestEncodeReplacesWhatIsNoUTF8(t *testing.T) {
	collector := otlptest.GRPC(t, nil)
	stock, err := otlptracegrpc.New(t.Context(), otlptracegrpc.WithEndpointURL(collector.URL))
	require.NoError(t, err)
	defer func() { require.NoError(t, stock.Shutdown(t.Context())) }()
	bad := "a\xff\xfeb"
	s := tracetest.SpanStub{
		Name: bad, Status: sdktrace.Status{Description: bad}, Events: []sdktrace.Event{{Name: bad}},
		Attributes:           []attribute.KeyValue{attribute.String(bad, bad), attribute.StringSlice("s", []string{bad}), attribute.ByteSlice("b", []byte(bad))},
		Resource:             resource.NewSchemaless(attribute.String("r", bad)),
		InstrumentationScope: instrumentation.Scope{Name: bad, Version: bad},
	}.Snapshot()
	require.ErrorContains(t, stock.ExportSpans(t.Context(), []sdktrace.ReadOnlySpan{s}), "invalid UTF-8")
	var p encodeProcessor
	p.OnEnd(s)
	span, res, scope := p.spans[0].decode(t)
	const good = "a\ufffd\ufffdb"
	assert.Equal(t, []string{good, good, good, good, good, good, good}, []string{span.Name, span.Status.Message, span.Events[0].Name,
		span.Attributes[0].Key, span.Attributes[0].Value.GetStringValue(), scope.Name, scope.Version})
	assert.Equal(t, good, span.Attributes[1].Value.GetArrayValue().Values[0].GetStringValue())
	assert.Equal(t, []byte(bad), span.Attributes[2].Value.GetBytesValue())
	assert.Equal(t, good, res.Attributes[0].Value.GetStringValue())
	for _, e := range (odd{Rand: rand.New(rand.NewPCG(7, 8)), broken: true}).spans(500) {
		e.decode(t)
	}
}
