// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Lengths around those where a length takes another byte, at every depth.
func TestEncodeLengths(t *testing.T) {
	var lengths []int
	for _, limit := range []int{21, 1 << 7, 1 << 14, 1 << 21} {
		for n := 0; n < 25; n += 1 + limit>>19 { // fewer of megabytes
			lengths = append(lengths, limit+3-n)
		}
	}
	for _, n := range lengths {
		text := strings.Repeat("x", n)
		s := tracetest.SpanStub{
			Attributes: []attribute.KeyValue{attribute.String("s", text), attribute.ByteSlice("b", []byte(text)), attribute.Map("m", attribute.Slice("l", attribute.StringValue(text)))},
			Events:     []sdktrace.Event{{Name: text}},
			Status:     sdktrace.Status{Description: text},
		}.Snapshot()
		b := encodeSpan([]byte("before"), s)
		require.Equal(t, "before", string(b[:6]))
		var got tracepb.Span
		require.NoError(t, proto.Unmarshal(b[6:], &got), n)
		require.Equal(t, proto.Size(&got), len(b)-6, n)
		require.Equal(t, text, got.Attributes[0].Value.GetStringValue())
		require.Equal(t, text, string(got.Attributes[1].Value.GetBytesValue()))
		require.Equal(t, text, got.Attributes[2].Value.GetKvlistValue().Values[0].Value.GetArrayValue().Values[0].GetStringValue())
		require.Equal(t, []string{text, text}, []string{got.Events[0].Name, got.Status.Message})
	}
}

// What proto.Equal does not tell apart, and what the SDK does not make.
func TestEncodeOddValues(t *testing.T) {
	s := tracetest.SpanStub{
		StartTime: time.Unix(-5, 0), EndTime: time.Time{}, SpanKind: 99,
		DroppedAttributes: -1, DroppedEvents: math.MaxInt,
		Attributes: []attribute.KeyValue{attribute.Float64("f", math.Copysign(0, -1)), {}},
	}.Snapshot()
	var got tracepb.Span
	require.NoError(t, proto.Unmarshal(encodeSpan(nil, s), &got))
	assert.True(t, math.Signbit(got.Attributes[0].Value.GetDoubleValue()))
	assert.NotNil(t, got.Attributes[1].Value)
	assert.Nil(t, got.Attributes[1].Value.Value)
	assert.Zero(t, got.StartTimeUnixNano)
	assert.Zero(t, got.EndTimeUnixNano)
	assert.Zero(t, got.DroppedAttributesCount)
	assert.Equal(t, uint32(math.MaxUint32), got.DroppedEventsCount)
	assert.Equal(t, tracepb.Span_SPAN_KIND_INTERNAL, got.Kind)
	assert.Len(t, got.TraceId, 16)
	assert.Len(t, got.SpanId, 8)
	assert.Empty(t, got.ParentSpanId)
	assert.Empty(t, encodeResource(nil, nil))
	assert.Empty(t, encodeScope(nil, instrumentation.Scope{}))
}

// typicalSpan has eight attributes, an event, and everything else once.
func typicalSpan(t testing.TB) sdktrace.ReadOnlySpan {
	ts, err := trace.ParseTraceState("vendor=value,other=1")
	require.NoError(t, err)
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled, TraceState: ts})
	attrs := []attribute.KeyValue{
		attribute.String("node.id", "spark-llm::4b1d3c"), attribute.String("flow.id", "7281920031"), attribute.String("model", "提示"),
		attribute.Int("tokens", 1024), attribute.Int("attempt", 1), attribute.Bool("stream", true), attribute.Float64("temperature", 0.7),
		attribute.ByteSlice("digest", []byte{1, 2, 3}),
	}
	start := time.Unix(1_700_000_000, 0)
	return tracetest.SpanStub{
		Name: "plan", SpanContext: sc, Parent: sc.WithSpanID(trace.SpanID{3}).WithRemote(true), SpanKind: trace.SpanKindServer,
		StartTime: start, EndTime: start.Add(time.Second), Attributes: attrs,
		Events:               []sdktrace.Event{{Name: "INFO", Time: start, Attributes: []attribute.KeyValue{attribute.String("message", strings.Repeat("m", 200))}}},
		Links:                []sdktrace.Link{{SpanContext: sc, Attributes: attrs[:1]}},
		Status:               sdktrace.Status{Code: codes.Error, Description: "why"},
		Resource:             resource.NewSchemaless(attrs...),
		InstrumentationScope: instrumentation.Scope{Name: "scope", Attributes: attribute.NewSet(attrs...)},
	}.Snapshot()
}

func TestEncodeSpanDoesNotAllocate(t *testing.T) {
	s, b := typicalSpan(t), make([]byte, 0, 4096)
	require.Len(t, s.Attributes(), 8)
	require.Len(t, s.Events(), 1)
	assert.Zero(t, testing.AllocsPerRun(100, func() { b = encodeSpan(b[:0], s) }))
	assert.Zero(t, testing.AllocsPerRun(100, func() { b = encodeResource(b[:0], s.Resource()) }))
	assert.Zero(t, testing.AllocsPerRun(100, func() { b = encodeScope(b[:0], s.InstrumentationScope()) }))
}

func BenchmarkEncodeSpan(b *testing.B) {
	s, buf := typicalSpan(b), make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = encodeSpan(buf[:0], s)
	}
	b.SetBytes(int64(len(buf)))
}

// asUTF8 is what encoding/json makes of bytes that are no UTF-8.
func asUTF8(t testing.TB, s string) (out string) {
	b, err := json.Marshal(s)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &out))
	return out
}

func FuzzEncodeSpan(f *testing.F) {
	f.Add("plan", "key", "value", []byte{1, 2, 3}, int64(1), 1.5, uint8(1), true)
	f.Add("", "", "\xff", []byte{}, int64(math.MinInt64), math.NaN(), uint8(255), false)
	f.Add("提示", "k", strings.Repeat("\xe6", 127), make([]byte, 128), int64(1)<<40, math.Inf(-1), uint8(2), true)
	f.Fuzz(func(t *testing.T, name, key, text string, data []byte, n int64, x float64, small uint8, flag bool) {
		attrs := []attribute.KeyValue{attribute.String(key, text), attribute.Int64(key, n), attribute.Float64(key, x), attribute.Bool(key, flag), attribute.ByteSlice(key, data)}
		array := attribute.Slice(key, attrs[0].Value, attrs[4].Value, attribute.StringSliceValue([]string{name, text}))
		cfg := trace.SpanContextConfig{TraceFlags: trace.TraceFlags(small), Remote: flag}
		copy(cfg.TraceID[:], data)
		copy(cfg.SpanID[:], text)
		sc := trace.NewSpanContext(cfg)
		var got tracepb.Span
		require.NoError(t, proto.Unmarshal(encodeSpan(nil, tracetest.SpanStub{
			Name: name, SpanContext: sc, Parent: sc, SpanKind: trace.SpanKind(small), StartTime: time.Unix(0, n), EndTime: time.Unix(0, n),
			Attributes: append(attrs, array), DroppedAttributes: int(small),
			Events:       []sdktrace.Event{{Name: text, Time: time.Unix(0, n), Attributes: attrs, DroppedAttributeCount: int(n)}},
			DroppedLinks: int(small), Links: []sdktrace.Link{{SpanContext: sc, Attributes: attrs}},
			Status: sdktrace.Status{Code: codes.Code(small), Description: text},
		}.Snapshot()), &got))
		name, key, text = asUTF8(t, name), asUTF8(t, key), asUTF8(t, text)
		ns := uint64(max(n, 0))
		assert.Equal(t, []string{name, text, text}, []string{got.Name, got.Events[0].Name, got.Status.Message})
		assert.Equal(t, []uint64{ns, ns, ns}, []uint64{got.StartTimeUnixNano, got.EndTimeUnixNano, got.Events[0].TimeUnixNano})
		assert.Equal(t, []uint32{uint32(small), uint32(small)}, []uint32{got.DroppedAttributesCount, got.DroppedLinksCount})
		assert.Equal(t, cfg.TraceID[:], got.TraceId)
		assert.Equal(t, cfg.SpanID[:], got.Links[0].SpanId)
		assert.Equal(t, small, uint8(got.Flags))
		assert.Equal(t, flag, got.Links[0].Flags&flagIsRemote != 0)
		for _, values := range [][]*commonpb.KeyValue{got.Attributes[:5], got.Events[0].Attributes, got.Links[0].Attributes} {
			require.Len(t, values, 5)
			assert.Equal(t, key, values[0].Key)
			assert.Equal(t, text, values[0].Value.GetStringValue())
			assert.Equal(t, n, values[1].Value.GetIntValue())
			assert.Equal(t, math.Float64bits(x), math.Float64bits(values[2].Value.GetDoubleValue()))
			assert.Equal(t, flag, values[3].Value.GetBoolValue())
			assert.Equal(t, string(data), string(values[4].Value.GetBytesValue()))
		}
		elements := got.Attributes[5].Value.GetArrayValue().GetValues()
		require.Len(t, elements, 3)
		assert.Equal(t, text, elements[0].GetStringValue())
		assert.Equal(t, name, elements[2].GetArrayValue().Values[0].GetStringValue())
	})
}
