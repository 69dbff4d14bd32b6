// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
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

// wrapped is a value in a map.
func wrapped(v *commonpb.AnyValue) *commonpb.AnyValue {
	pairs := &commonpb.KeyValueList{Values: []*commonpb.KeyValue{{Key: "k", Value: v}}}
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: pairs}}
}

func maps(levels int) *commonpb.AnyValue {
	v := &commonpb.AnyValue{}
	for range levels {
		v = wrapped(v)
	}
	return v
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
			v = wrapped(v)
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
		{"65 levels with a map within", &tracepb.Span{TraceId: id(16), SpanId: id(8), Attributes: []*commonpb.KeyValue{{Key: "k", Value: wrapped(deep(64))}}}, "more than 64 levels"},
		{"65 maps", &tracepb.Span{TraceId: id(16), SpanId: id(8), Events: []*tracepb.Span_Event{{Attributes: []*commonpb.KeyValue{{Key: "k", Value: maps(65)}}}}}, "more than 64 levels"},
		{"64 maps", &tracepb.Span{TraceId: id(16), SpanId: id(8), Links: []*tracepb.Span_Link{{Attributes: []*commonpb.KeyValue{{Key: "k", Value: maps(64)}}}}}, ""},
		{"nil members", &tracepb.Span{TraceId: id(16), SpanId: id(8), Attributes: []*commonpb.KeyValue{nil}, Events: []*tracepb.Span_Event{nil}, Links: []*tracepb.Span_Link{nil}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			good := &tracepb.Span{TraceId: id(16), SpanId: id(3)}
			scope := &tracepb.ScopeSpans{Spans: []*tracepb.Span{good, tt.span, good}}
			spans, err := format.FromTraces([]*tracepb.ResourceSpans{nil, {ScopeSpans: []*tracepb.ScopeSpans{nil, scope}}})
			if tt.span != nil { // which protobuf does not write
				b, marshalErr := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{scope}}}})
				require.NoError(t, marshalErr)
				same, sameErr := format.UnmarshalTraces(b)
				requireSame(t, &trace.Batch{Spans: spans}, &trace.Batch{Spans: same})
				require.Equal(t, fmt.Sprint(err), fmt.Sprint(sameErr))
			}
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

	r := newSource(1)
	b, err := format.MarshalTraces([]trace.Span{r.span(&trace.Resource{SchemaURL: "a"}, nil), r.span(nil, nil)})
	require.NoError(t, err)
	cut := b[:len(b)-1]
	spans, err := format.UnmarshalTraces(cut)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	_, partial := errors.AsType[*format.PartialError](err)
	assert.False(t, partial, "a request that was cut is no request")
	assert.Len(t, spans, 1)

	got, err := format.Read(bytes.NewReader(cut))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	_, partial = errors.AsType[*format.PartialError](err)
	assert.True(t, partial, "a file that was cut is one up to there")
	assert.Len(t, got.Spans, 1)
}

// Fields that occur twice are merged, and those that are unknown skipped, as
// protobuf demands of readers of newer messages.
func TestMessagesAreMerged(t *testing.T) {
	field := func(number protowire.Number, inner ...[]byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), bytes.Join(inner, nil))
	}
	value := func(s string) []byte { return field(2, field(1, []byte(s))) }
	list := func(s string) []byte { return field(2, field(5, field(1, field(1, []byte(s))))) }
	pairs := func(s string) []byte { return field(2, field(6, field(1, field(1, []byte(s))))) }
	unknown := protowire.AppendVarint(protowire.AppendTag(nil, 99, protowire.VarintType), 7)
	span := bytes.Join([][]byte{
		field(1, bytes.Repeat([]byte{1}, 16)), field(2, bytes.Repeat([]byte{1}, 8)), field(1, []byte{2}), unknown,
		field(5, []byte("first")), field(5, []byte("second")), field(15, field(2, []byte("why"))), field(15, unknown),
		field(9, field(1, []byte("l")), list("a"), list("b")), field(11, field(2, []byte("e"))),
		field(9, field(1, []byte("m")), pairs("a"), pairs("b")), field(9, field(1, []byte("s")), list("a"), value("b"), field(2)),
	}, nil)
	scope := field(2, field(1, field(1, []byte("lib"))), field(2, span), field(1, field(2, []byte("1"))), unknown)
	b := field(1, field(1, field(1, field(1, []byte("a")))), scope, field(1, field(1, field(1, []byte("b")))))

	got, err := format.UnmarshalTraces(b)
	require.NoError(t, err)
	requireSame(t, fromMessage(t, b), &trace.Batch{Spans: got})
	assert.Equal(t, "second", got[0].Name)
	assert.Equal(t, `{"l":["a","b"],"m":{"a":null,"b":null},"s":"b"}`, string(trace.AppendAttributesJSON(nil, got[0].Attributes)))
	assert.Equal(t, `{"a":null,"b":null}`, string(trace.AppendAttributesJSON(nil, got[0].Resource.Attributes)))
	assert.Equal(t, trace.Scope{Name: "lib", Version: "1"}, *got[0].Scope)
}

// fromMessage reads a TracesData message with the library of protobuf.
func fromMessage(t *testing.T, b []byte) *trace.Batch {
	t.Helper()
	var data tracepb.TracesData
	require.NoError(t, proto.Unmarshal(b, &data))
	spans, err := format.FromTraces(data.GetResourceSpans())
	require.NoError(t, err)
	return &trace.Batch{Spans: spans}
}

// What is wrong in one record costs no other, in bytes as in messages.
func TestBytesLeaveOutWhatIsWrong(t *testing.T) {
	id := bytes.Repeat([]byte{1}, 16)
	deep := &commonpb.AnyValue{}
	for range 10_000 {
		deep = &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: []*commonpb.AnyValue{deep}}}}
	}
	attrs := []*commonpb.KeyValue{{Key: "k", Value: deep}}
	traces, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{
		{TraceId: id, SpanId: id[:8]}, {TraceId: id, SpanId: id[:8], Attributes: attrs}, {TraceId: id, SpanId: id}, {}, {TraceId: id, SpanId: id[:1]},
	}}}}}})
	require.NoError(t, err)
	spans, err := format.UnmarshalTraces(traces)
	assert.Len(t, spans, 2)
	requirePartial(t, err, 3, "values are nested in more than 64 levels")

	logs, err := proto.Marshal(&logspb.LogsData{ResourceLogs: []*logspb.ResourceLogs{{ScopeLogs: []*logspb.ScopeLogs{{LogRecords: []*logspb.LogRecord{
		{}, {Body: deep}, {SpanId: id}, {EventName: "good"},
	}}}}}})
	require.NoError(t, err)
	records, err := format.UnmarshalLogs(logs)
	assert.Len(t, records, 2)
	requirePartial(t, err, 2, "values are nested in more than 64 levels")
}

func requirePartial(t *testing.T, err error, skipped int, first string) {
	t.Helper()
	partial, ok := errors.AsType[*format.PartialError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, skipped, partial.Skipped)
	assert.ErrorContains(t, err, first)
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
		spans, err := format.UnmarshalTraces(b)
		var data tracepb.TracesData
		if proto.Unmarshal(b, &data) == nil {
			want, wantErr := format.FromTraces(data.GetResourceSpans())
			requireSame(t, &trace.Batch{Spans: want}, &trace.Batch{Spans: spans})
			require.Equal(t, fmt.Sprint(wantErr), fmt.Sprint(err), "the bytes and the message are the same")
		}
		logs, err := format.UnmarshalLogs(b)
		var logsData logspb.LogsData
		if proto.Unmarshal(b, &logsData) == nil {
			want, wantErr := format.FromLogs(logsData.GetResourceLogs())
			requireSame(t, &trace.Batch{Logs: want}, &trace.Batch{Logs: logs})
			require.Equal(t, fmt.Sprint(wantErr), fmt.Sprint(err))
		}
		once := again(t, &trace.Batch{Spans: spans, Logs: logs})
		require.Len(t, once.Spans, len(spans))
		require.Len(t, once.Logs, len(logs))
		requireSame(t, once, again(t, once)) // what was no UTF-8 is replaced the first time
	})
}

// again writes a batch as protobuf and reads it.
func again(t *testing.T, b *trace.Batch) *trace.Batch {
	t.Helper()
	traces, err := format.MarshalTraces(b.Spans)
	require.NoError(t, err)
	logs, err := format.MarshalLogs(b.Logs)
	require.NoError(t, err)
	out := &trace.Batch{}
	out.Spans, err = format.UnmarshalTraces(traces)
	require.NoError(t, err)
	out.Logs, err = format.UnmarshalLogs(logs)
	require.NoError(t, err)
	return out
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
