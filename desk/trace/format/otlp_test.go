// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

const seeds = 300

// Nothing is lost in a round trip.
func TestOTLPHoldsEverything(t *testing.T) {
	for seed := range uint64(seeds) {
		in := newSource(seed).batch()
		b, err := format.MarshalTraces(in.Spans)
		require.NoError(t, err)
		spans, err := format.UnmarshalTraces(b)
		require.NoError(t, err)
		b, err = format.MarshalLogs(in.Logs)
		require.NoError(t, err)
		logs, err := format.UnmarshalLogs(b)
		require.NoError(t, err)
		requireSame(t, in, &trace.Batch{Spans: spans, Logs: logs})
	}
}

func TestOTLPJSONHoldsEverything(t *testing.T) {
	for seed := range uint64(seeds) {
		in := newSource(seed).batch()
		got, err := format.Read(bytes.NewReader(format.AppendOTLPJSON(nil, in)))
		require.NoError(t, err, "seed %d", seed)
		requireSame(t, in, got)
	}
}

// What belongs to one message shares one resource and one scope.
func TestOTLPShares(t *testing.T) {
	web := &trace.Resource{Attributes: []trace.KeyValue{{Key: "service.name", Value: trace.String("web")}}}
	http := &trace.Scope{Name: "http"}
	r := newSource(1)
	in := []trace.Span{r.span(web, http), r.span(web, http), r.span(web, nil), r.span(nil, nil)}

	messages := format.ToTraces(in)
	require.Len(t, messages, 2)
	require.Len(t, messages[0].ScopeSpans, 2)
	require.Len(t, messages[0].ScopeSpans[0].Spans, 2)
	spans, err := format.FromTraces(messages)
	require.NoError(t, err)
	assert.Same(t, spans[0].Resource, spans[2].Resource)
	assert.Same(t, spans[0].Scope, spans[1].Scope)
	assert.Nil(t, spans[2].Scope)
	assert.Nil(t, spans[3].Resource)

	lines := [][]byte{}
	for i := range in {
		lines = append(lines, format.AppendOTLPJSON(nil, &trace.Batch{Spans: in[i : i+1]}))
	}
	got, err := format.Read(bytes.NewReader(bytes.Join(lines, []byte("\n"))))
	require.NoError(t, err)
	assert.Same(t, got.Spans[0].Resource, got.Spans[2].Resource, "equal resources of a file are one")
	assert.Same(t, got.Spans[0].Scope, got.Spans[1].Scope)
}

// What one span has wrong costs no other span.
func TestOTLPLeavesOutWhatIsWrong(t *testing.T) {
	deep := func(levels int) *commonpb.AnyValue {
		v := &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: "x"}}
		for i := range levels {
			if i%2 == 0 {
				v = &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: []*commonpb.AnyValue{v}}}}
				continue
			}
			pairs := &commonpb.KeyValueList{Values: []*commonpb.KeyValue{{Key: "k", Value: v}}}
			v = &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: pairs}}
		}
		return v
	}
	id := func(n int) []byte { return bytes.Repeat([]byte{7}, n) }
	tests := []struct {
		name string
		span *tracepb.Span
		want string // "": it is read
	}{
		{"good", &tracepb.Span{TraceId: id(16), SpanId: id(8)}, ""},
		{"short ids", &tracepb.Span{TraceId: id(8), SpanId: id(1), ParentSpanId: id(2)}, ""},
		{"nil", nil, "is missing"},
		{"no trace id", &tracepb.Span{SpanId: id(8)}, "is missing"},
		{"zero span id", &tracepb.Span{TraceId: id(16), SpanId: make([]byte, 8)}, "is missing"},
		{"long trace id", &tracepb.Span{TraceId: id(17), SpanId: id(8)}, "longer than"},
		{"long parent", &tracepb.Span{TraceId: id(16), SpanId: id(8), ParentSpanId: id(9)}, "longer than"},
		{"long link", &tracepb.Span{TraceId: id(16), SpanId: id(8), Links: []*tracepb.Span_Link{{TraceId: id(99)}}}, "longer than"},
		{"64 levels", &tracepb.Span{TraceId: id(16), SpanId: id(8), Attributes: []*commonpb.KeyValue{{Key: "k", Value: deep(64)}}}, ""},
		{"65 levels", &tracepb.Span{TraceId: id(16), SpanId: id(8), Attributes: []*commonpb.KeyValue{{Key: "k", Value: deep(65)}}}, "more than 64 levels"},
		{"nil members", &tracepb.Span{TraceId: id(16), SpanId: id(8), Attributes: []*commonpb.KeyValue{nil}, Events: []*tracepb.Span_Event{nil}, Links: []*tracepb.Span_Link{nil}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			good := &tracepb.Span{TraceId: id(16), SpanId: id(3)}
			scope := &tracepb.ScopeSpans{Spans: []*tracepb.Span{good, tt.span, good}}
			spans, err := format.FromTraces([]*tracepb.ResourceSpans{nil, {ScopeSpans: []*tracepb.ScopeSpans{nil, scope}}})
			if tt.want == "" {
				require.NoError(t, err)
				require.Len(t, spans, 3)
				return
			}
			require.Len(t, spans, 2)
			partial, ok := errors.AsType[*format.PartialError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, 1, partial.Skipped)
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

func TestBytesThatAreNoMessage(t *testing.T) {
	_, err := format.UnmarshalTraces([]byte("\x0a\xff\xff"))
	require.ErrorContains(t, err, "format: OTLP in protobuf: ")
	_, err = format.UnmarshalLogs([]byte{0})
	require.ErrorContains(t, err, "format: OTLP in protobuf: ")
}

// Texts that are no UTF-8 do not keep spans from being written.
func TestProtobufTakesAnyText(t *testing.T) {
	in := trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{1}, Name: "a\xffb", Attributes: []trace.KeyValue{{Key: "\xfe", Value: trace.String("\xc3(")}}}
	b, err := format.MarshalTraces([]trace.Span{in})
	require.NoError(t, err)
	spans, err := format.UnmarshalTraces(b)
	require.NoError(t, err)
	assert.Equal(t, "a\ufffdb", spans[0].Name)
	assert.Equal(t, "\ufffd(", spans[0].Attributes[0].Value.Str())
}

func FuzzOTLP(f *testing.F) {
	for seed := range uint64(4) {
		in := newSource(seed).batch()
		b, err := format.MarshalTraces(in.Spans)
		require.NoError(f, err)
		f.Add(b)
		b, err = format.MarshalLogs(in.Logs)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if spans, _ := format.UnmarshalTraces(b); len(spans) > 0 {
			again, err := format.MarshalTraces(spans)
			require.NoError(t, err)
			got, err := format.UnmarshalTraces(again)
			require.NoError(t, err)
			requireSame(t, &trace.Batch{Spans: spans}, &trace.Batch{Spans: got})
		}
		if logs, _ := format.UnmarshalLogs(b); len(logs) > 0 {
			again, err := format.MarshalLogs(logs)
			require.NoError(t, err)
			got, err := format.UnmarshalLogs(again)
			require.NoError(t, err)
			requireSame(t, &trace.Batch{Logs: logs}, &trace.Batch{Logs: got})
		}
	})
}

// Bytes of logs are told from bytes of spans wherever their first record is.
func TestLogsAreToldFromSpans(t *testing.T) {
	logs := &logspb.LogsData{ResourceLogs: []*logspb.ResourceLogs{{}, {ScopeLogs: []*logspb.ScopeLogs{{}, {LogRecords: []*logspb.LogRecord{
		{SeverityText: "x"}, {ObservedTimeUnixNano: 5, TraceId: bytes.Repeat([]byte{1}, 16)},
	}}}}}}
	b, err := proto.Marshal(logs)
	require.NoError(t, err)
	got, err := format.Read(bytes.NewReader(b))
	require.NoError(t, err)
	require.Len(t, got.Logs, 2)
	assert.EqualValues(t, 5, got.Logs[1].Observed)
}
