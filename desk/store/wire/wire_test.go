// SPDX-License-Identifier: Apache-2.0

package wire_test

import (
	"bytes"
	"errors"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/desk/internal/gen"
	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// spans decodes all that a request holds.
func spans(r *wire.Request) (out []trace.Span) {
	var d wire.Decoder
	for i := range r.Spans {
		s := d.Span(&r.Spans[i])
		g := &r.Groups[r.Spans[i].Group]
		s.Resource, s.Scope = d.Resource(g), d.Scope(g)
		out = append(out, s)
	}
	return out
}

func logs(r *wire.Request) (out []trace.Log) {
	var d wire.Decoder
	for i := range r.Logs {
		l := d.Log(&r.Logs[i])
		g := &r.Groups[r.Logs[i].Group]
		l.Resource, l.Scope = d.Resource(g), d.Scope(g)
		out = append(out, l)
	}
	return out
}

func skipped(err error) int {
	if partial, ok := errors.AsType[*format.PartialError](err); ok {
		return partial.Skipped
	}
	return 0
}

// How deep protobuf itself is to go.
var options = proto.UnmarshalOptions{RecursionLimit: 3*(format.MaxValueDepth+1) + 16, DiscardUnknown: true}

// sameTraces checks that a request is read as protobuf itself reads it.
func sameTraces(t *testing.T, b []byte) {
	t.Helper()
	var data tracepb.TracesData
	var want []trace.Span
	wantErr := options.Unmarshal(b, &data)
	if wantErr == nil {
		want, wantErr = format.FromTraces(data.GetResourceSpans())
	}
	var r wire.Request
	err := r.ParseTraces(b)
	if malformed, ok := errors.AsType[*wire.MalformedError](err); ok {
		assert.LessOrEqual(t, malformed.Offset, len(b))
		require.Zero(t, skipped(wantErr), "%v", wantErr)
		require.Error(t, wantErr, "%v", err)
		return
	}
	require.Equal(t, skipped(wantErr), skipped(err), "%v, %v", wantErr, err)
	require.Equal(t, wantErr == nil, err == nil, "%v, %v", wantErr, err)
	got := spans(&r)
	require.Len(t, got, len(want))
	if err == nil {
		found := wire.Request{}
		require.NoError(t, found.FindTraces(b))
		require.Equal(t, r.Spans, found.Spans)
	}
	for i := range want {
		require.True(t, gen.SameSpan(&want[i], &got[i]), "want %+v\ngot %+v", want[i], got[i])
	}
}

func sameLogs(t *testing.T, b []byte) {
	t.Helper()
	var data logspb.LogsData
	var want []trace.Log
	wantErr := options.Unmarshal(b, &data)
	if wantErr == nil {
		want, wantErr = format.FromLogs(data.GetResourceLogs())
	}
	var r wire.Request
	err := r.ParseLogs(b)
	if _, ok := errors.AsType[*wire.MalformedError](err); ok {
		require.Zero(t, skipped(wantErr), "%v", wantErr)
		require.Error(t, wantErr, "%v", err)
		return
	}
	require.Equal(t, skipped(wantErr), skipped(err), "%v, %v", wantErr, err)
	require.Equal(t, wantErr == nil, err == nil, "%v, %v", wantErr, err)
	got := logs(&r)
	require.Len(t, got, len(want))
	if err == nil {
		found := wire.Request{}
		require.NoError(t, found.FindLogs(b))
		require.Equal(t, r.Logs, found.Logs)
	}
	for i := range want {
		require.True(t, gen.SameLog(&want[i], &got[i]), "want %+v\ngot %+v", want[i], got[i])
	}
}

func TestRandomRequests(t *testing.T) {
	for seed := range uint64(200) {
		batch := gen.NewRandom(seed).Batch()
		b, err := format.MarshalTraces(batch.Spans)
		require.NoError(t, err)
		sameTraces(t, b)
		b, err = format.MarshalLogs(batch.Logs)
		require.NoError(t, err)
		sameLogs(t, b)
	}
}

func TestValuesGoBack(t *testing.T) {
	for seed := range uint64(50) {
		b, err := format.MarshalTraces(gen.NewRandom(seed).Batch().Spans)
		require.NoError(t, err)
		var r wire.Request
		require.NoError(t, r.ParseTraces(b))
		var d wire.SpanDetail
		for i := range r.Spans {
			d.Read(&r.Spans[i])
			for j := range d.Attributes {
				v := &d.Attributes[j].Value
				again := wire.ReadValue(wire.AppendValue(nil, v))
				assert.True(t, v.Decode().Equal(again.Decode()))
			}
		}
	}
}

func bytesOf(t *testing.T, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	require.NoError(t, err)
	return b
}

func request(t *testing.T, spans ...*tracepb.Span) []byte {
	return bytesOf(t, &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{{Spans: spans}}}}})
}

func nested(depth int) *commonpb.AnyValue {
	v := &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: 1}}
	for range depth {
		v = &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: []*commonpb.KeyValue{{Key: "k", Value: v}}}}}
	}
	return v
}

func TestLeftOut(t *testing.T) {
	id, span := make([]byte, 16), []byte{1, 2, 3, 4, 5, 6, 7, 8}
	id[0] = 1
	good := &tracepb.Span{TraceId: id, SpanId: span, Name: "good"}
	deep := func(depth int) []*commonpb.KeyValue {
		return []*commonpb.KeyValue{{Key: "deep", Value: nested(depth)}}
	}
	for _, tt := range []struct {
		name string
		span *tracepb.Span
		want int
	}{
		{"no trace id", &tracepb.Span{SpanId: span}, 1},
		{"no span id", &tracepb.Span{TraceId: id}, 1},
		{"zero ids", &tracepb.Span{TraceId: make([]byte, 16), SpanId: make([]byte, 8)}, 1},
		{"a long id", &tracepb.Span{TraceId: append(id, 1), SpanId: span}, 1},
		{"a long id of a link", &tracepb.Span{TraceId: id, SpanId: span, Links: []*tracepb.Span_Link{{SpanId: id}}}, 1},
		{"short ids", &tracepb.Span{TraceId: id[:3], SpanId: span[:1]}, 0},
		{"deep values", &tracepb.Span{TraceId: id, SpanId: span, Attributes: deep(format.MaxValueDepth)}, 0},
		{"too deep values", &tracepb.Span{TraceId: id, SpanId: span, Attributes: deep(format.MaxValueDepth + 1)}, 1},
		{"too deep values of an event", &tracepb.Span{TraceId: id, SpanId: span, Events: []*tracepb.Span_Event{{Attributes: deep(format.MaxValueDepth + 1)}}}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := request(t, tt.span, good)
			var r wire.Request
			assert.Equal(t, tt.want, skipped(r.ParseTraces(b)))
			assert.Len(t, r.Spans, 2-tt.want)
			sameTraces(t, b)
		})
	}
}

func TestMalformed(t *testing.T) {
	whole := request(t, &tracepb.Span{TraceId: make([]byte, 16), Name: "name", Attributes: []*commonpb.KeyValue{{Key: "key", Value: nested(1)}}})
	for _, tt := range []struct {
		name string
		b    []byte
		want string
	}{
		{"cut", whole[:len(whole)-1], "byte 2: a field goes beyond the end of its message"},
		{"text that is not UTF-8", request(t, &tracepb.Span{Name: "a"})[:6], ""},
		{"no field number", []byte{0x02, 0x00}, "byte 1: a field has no valid number"},
		{"no type", []byte{0x0e}, "byte 1: a field has no valid type"},
		{"a number without end", []byte{0x10, 0xff, 0xff}, "byte 1: a number is cut or too long"},
		{"a cut number", []byte{0x09, 1, 2, 3}, "byte 1: a number is cut"},
		{"an open group", []byte{0x13, 0x08, 0x01}, "byte 1: a group is malformed"},
		{"messages without end", request(t, &tracepb.Span{Attributes: []*commonpb.KeyValue{{Value: nested(200)}}}), "messages are nested too deep"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var r wire.Request
			err := r.ParseTraces(tt.b)
			_, ok := errors.AsType[*wire.MalformedError](err)
			require.True(t, ok, "%v", err)
			assert.ErrorContains(t, err, tt.want)
			sameTraces(t, tt.b)
		})
	}
}

// Messages that are given in parts are merged, whatever stands between the parts.
func TestPartsAreMerged(t *testing.T) {
	resource := func(k string) []byte {
		return bytesOf(t, &tracepb.ResourceSpans{Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{{Key: k, Value: nested(0)}}}})
	}
	scopes := bytesOf(t, &tracepb.ResourceSpans{ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{{TraceId: []byte{1}, SpanId: []byte{1}}}}}})
	message := append(append(resource("a"), scopes...), resource("b")...)
	b := append([]byte{0x0a, byte(len(message))}, message...)
	sameTraces(t, b)
	var r wire.Request
	require.NoError(t, r.ParseTraces(b))
	assert.Len(t, spans(&r)[0].Resource.Attributes, 2)
}

// However many parts there are, what is read takes memory in proportion to the
// request.
func TestManyParts(t *testing.T) {
	const n = 20_000
	field := func(number protowire.Number, b []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), b)
	}
	many := func(number protowire.Number, part []byte) []byte { return bytes.Repeat(field(number, part), n) }
	ids := bytesOf(t, &tracepb.Span{TraceId: []byte{1}, SpanId: []byte{1}})
	dropped, text := bytesOf(t, &resourcepb.Resource{DroppedAttributesCount: 1}), bytesOf(t, nested(0))
	for _, tt := range []struct {
		name           string
		resource, span []byte // parts of a ResourceSpans and of a span
		scopes         []byte
	}{
		{"of a resource", many(1, dropped), nil, nil},
		{"of a scope", nil, nil, many(1, bytesOf(t, &commonpb.InstrumentationScope{Version: "1"}))},
		{"of a value", nil, field(9, many(2, text)), nil},
		{"scopes without spans", many(2, nil), nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			span := field(2, slices.Concat(ids, tt.span))
			b := field(1, slices.Concat(tt.resource, field(2, slices.Concat(tt.scopes, span))))
			var r wire.Request
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			require.NoError(t, r.ParseTraces(b))
			got := spans(&r)
			runtime.ReadMemStats(&after)
			assert.Len(t, r.Groups, 1)
			assert.Len(t, got, 1)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(20*len(b)+1<<16))
			sameTraces(t, b)
		})
	}
}

func TestListInParts(t *testing.T) {
	element := func(n int64) []byte {
		return bytesOf(t, &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{
			Values: []*commonpb.AnyValue{{Value: &commonpb.AnyValue_IntValue{IntValue: n}}}}}})
	}
	text := bytesOf(t, &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: "x"}})
	for _, tt := range []struct {
		name  string
		parts [][]byte
		want  trace.Value
	}{
		{"two parts", [][]byte{element(1), element(2)}, trace.List(trace.Int(1), trace.Int(2))},
		{"a text between", [][]byte{element(1), text, element(2)}, trace.List(trace.Int(2))},
		{"a text behind", [][]byte{element(1), text}, trace.String("x")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b []byte
			for _, p := range tt.parts {
				b = append(b, p...)
			}
			v := wire.ReadValue(b)
			assert.True(t, tt.want.Equal(v.Decode()))
		})
	}
}

func FuzzParseTraces(f *testing.F) {
	for seed := range uint64(20) {
		spans := gen.NewRandom(seed).Batch().Spans
		b, err := format.MarshalTraces(spans[:min(len(spans), 2)])
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(sameTraces)
}

func FuzzParseLogs(f *testing.F) {
	for seed := range uint64(20) {
		logs := gen.NewRandom(seed).Batch().Logs
		b, err := format.MarshalLogs(logs[:min(len(logs), 2)])
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(sameLogs)
}

func BenchmarkParse(b *testing.B) {
	body, err := format.MarshalTraces(gen.NewAgent(1, 1, 1000).Request(500))
	require.NoError(b, err)
	var r wire.Request
	require.NoError(b, r.ParseTraces(body))
	n := len(r.Spans)
	b.ReportAllocs()
	for b.Loop() {
		if err := r.ParseTraces(body); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/span")
	b.ReportMetric(float64(len(body))/float64(n), "B/span")
}
