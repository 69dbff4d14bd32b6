// SPDX-License-Identifier: Apache-2.0

package otlpjson_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/internal/otlpjson"
)

func text(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
}

func integer(n int64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: n}}
}

func double(f float64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: f}}
}

func array(values ...*commonpb.AnyValue) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: values}}}
}

func kvlist(values ...*commonpb.KeyValue) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: values}}}
}

func key(k string, v *commonpb.AnyValue) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: k, Value: v}
}

// attributes have values of every kind.
func attributes() []*commonpb.KeyValue {
	return []*commonpb.KeyValue{
		key("s", text("提示 \"q\"\n\x00\u2028<&>")), key("", text("")),
		key("b", &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: true}}),
		key("i", integer(math.MinInt64)), key("d", double(1e300)), key("inf", array(double(math.Inf(1)), double(math.Inf(-1)))),
		key("data", &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: []byte{0, 0xff}}}),
		key("list", array(text("x"), &commonpb.AnyValue{}, array())),
		key("map", kvlist(key("k", integer(1)), key("l", kvlist()))), key("empty", &commonpb.AnyValue{}),
	}
}

func id(n int) []byte { return []byte(strings.Repeat("\xab", n)) }

func spans() *tracepb.ResourceSpans {
	span := &tracepb.Span{
		TraceId: id(16), SpanId: id(8), TraceState: "a=1", ParentSpanId: id(8), Flags: 0x301, Name: "plan", Kind: tracepb.Span_SPAN_KIND_SERVER,
		StartTimeUnixNano: 1_700_000_000_000_000_000, EndTimeUnixNano: math.MaxUint64, Attributes: attributes(), DroppedAttributesCount: 1,
		Events:             []*tracepb.Span_Event{{TimeUnixNano: 1, Name: "e", Attributes: attributes(), DroppedAttributesCount: 2}, {}},
		DroppedEventsCount: 3, DroppedLinksCount: 4,
		Links:  []*tracepb.Span_Link{{TraceId: id(16), SpanId: id(8), TraceState: "b=2", Flags: 0x100, Attributes: attributes(), DroppedAttributesCount: 5}, {}},
		Status: &tracepb.Status{Message: "why", Code: tracepb.Status_STATUS_CODE_ERROR},
	}
	return &tracepb.ResourceSpans{
		Resource: &resourcepb.Resource{Attributes: attributes()}, SchemaUrl: "https://example.com/resource",
		ScopeSpans: []*tracepb.ScopeSpans{{
			Scope:     &commonpb.InstrumentationScope{Name: "scope", Version: "1", Attributes: attributes(), DroppedAttributesCount: 6},
			SchemaUrl: "https://example.com/scope", Spans: []*tracepb.Span{span},
		}},
	}
}

func logs() *logspb.ResourceLogs {
	record := &logspb.LogRecord{
		TimeUnixNano: 1, ObservedTimeUnixNano: 2, SeverityNumber: logspb.SeverityNumber_SEVERITY_NUMBER_WARN, SeverityText: "WARN", Body: text("body"),
		Attributes: attributes(), DroppedAttributesCount: 1, Flags: 1, TraceId: id(16), SpanId: id(8), EventName: "event",
	}
	s := spans()
	return &logspb.ResourceLogs{
		Resource: s.Resource, SchemaUrl: s.SchemaUrl,
		ScopeLogs: []*logspb.ScopeLogs{{Scope: s.ScopeSpans[0].Scope, SchemaUrl: s.ScopeSpans[0].SchemaUrl, LogRecords: []*logspb.LogRecord{record}}},
	}
}

// decode reads a line by the rules of OTLP: as proto3 JSON after ids have been
// turned from hex to base64. Unknown fields are ignored as OTLP demands.
func decode(t *testing.T, line []byte, into proto.Message) {
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

func requireEqual(t *testing.T, want, got proto.Message) {
	t.Helper()
	require.True(t, proto.Equal(want, got), "%s\n%s", protojson.Format(want), protojson.Format(got))
}

// A line has everything that was in the message.
func TestLinesAreTheMessages(t *testing.T) {
	in := spans()
	line := otlpjson.AppendSpan([]byte("before"), in, in.ScopeSpans[0], in.ScopeSpans[0].Spans[0])
	require.True(t, strings.HasPrefix(string(line), `before{"level":"ERROR","resourceSpans":[`))
	var got tracepb.TracesData
	decode(t, line[len("before"):], &got)
	requireEqual(t, &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{in}}, &got)

	from := logs()
	line = otlpjson.AppendLog([]byte("before"), from, from.ScopeLogs[0], from.ScopeLogs[0].LogRecords[0])
	require.True(t, strings.HasPrefix(string(line), `before{"level":"WARN","resourceLogs":[`))
	var gotLogs logspb.LogsData
	decode(t, line[len("before"):], &gotLogs)
	requireEqual(t, &logspb.LogsData{ResourceLogs: []*logspb.ResourceLogs{from}}, &gotLogs)
}

func TestNothingIsALine(t *testing.T) {
	assert.Equal(t, `{"level":"INFO","resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{"name":""},"spans":[{"traceId":"","spanId":"","flags":0,"name":"","kind":0,`+
		`"startTimeUnixNano":"0","endTimeUnixNano":"0","status":{}}]}]}]}`, string(otlpjson.AppendSpan(nil, nil, nil, nil)))
	assert.Equal(t, `{"level":"INFO","resourceLogs":[{"resource":{},"scopeLogs":[{"scope":{"name":""},"logRecords":[{"timeUnixNano":"0","observedTimeUnixNano":"0"}]}]}]}`,
		string(otlpjson.AppendLog(nil, nil, nil, nil)))
	odd := &tracepb.Span{
		Attributes: []*commonpb.KeyValue{nil, {}, key("k", array(nil)), key("k", kvlist(nil))},
		Events:     []*tracepb.Span_Event{nil}, Links: []*tracepb.Span_Link{nil},
		Kind: -7, Status: &tracepb.Status{Code: -1},
	}
	line := otlpjson.AppendSpan(nil, &tracepb.ResourceSpans{}, &tracepb.ScopeSpans{}, odd)
	assert.True(t, json.Valid(line), "%s", line)
	assert.Contains(t, string(line), `"kind":-7,`)
	assert.Contains(t, string(line), `"attributes":[{"key":"","value":{}},{"key":"","value":{}},`)
}

func TestValues(t *testing.T) {
	tests := []struct {
		name string
		in   *commonpb.AnyValue
		want string
	}{
		{"NaN", double(math.NaN()), `{"doubleValue":"NaN"}`},
		{"infinite", double(math.Inf(-1)), `{"doubleValue":"-Infinity"}`},
		{"negative zero", double(math.Copysign(0, -1)), `{"doubleValue":-0}`},
		{"integer", integer(math.MaxInt64), `{"intValue":"9223372036854775807"}`},
		{"no UTF-8", text("a\xffb"), "{\"stringValue\":\"a\ufffdb\"}"},
		{"bytes", &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: []byte{0xff, 0xfe}}}, `{"bytesValue":"//4="}`},
		{"no list", &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{}}, `{"arrayValue":{"values":[]}}`},
		{"no map", &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{}}, `{"kvlistValue":{"values":[]}}`},
		{"an index of profiles", &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValueStrindex{StringValueStrindex: 1}}, `{}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			line := otlpjson.AppendLog(nil, nil, nil, &logspb.LogRecord{Body: tt.in})
			assert.Contains(t, string(line), `,"body":`+tt.want+`}]`)
			assert.True(t, json.Valid(line), "%s", line)
		})
	}
	for _, body := range []*commonpb.AnyValue{nil, {}} {
		assert.NotContains(t, string(otlpjson.AppendLog(nil, nil, nil, &logspb.LogRecord{Body: body})), "body")
	}
}

func TestLevel(t *testing.T) {
	for code, want := range map[tracepb.Status_StatusCode]string{0: "INFO", 1: "INFO", 2: "ERROR", 3: "INFO"} {
		line := otlpjson.AppendSpan(nil, nil, nil, &tracepb.Span{Status: &tracepb.Status{Code: code}})
		assert.True(t, strings.HasPrefix(string(line), `{"level":"`+want+`",`), "%s", line)
	}
	line := otlpjson.AppendLog(nil, nil, nil, &logspb.LogRecord{SeverityText: `"x"`, SeverityNumber: 99})
	assert.True(t, strings.HasPrefix(string(line), `{"level":"\"x\"",`), "%s", line)
	assert.Contains(t, string(line), `,"severityNumber":99,`)
}

func FuzzAppendSpan(f *testing.F) {
	for _, in := range []*tracepb.ResourceSpans{spans(), {}, {ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{{}}}}}} {
		b, err := proto.Marshal(in)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var in tracepb.ResourceSpans
		if proto.Unmarshal(b, &in) != nil {
			t.Skip("no message")
		}
		for _, scope := range in.ScopeSpans {
			for _, s := range scope.Spans {
				line := otlpjson.AppendSpan(nil, &in, scope, s)
				assert.True(t, json.Valid(line), "%s", line)
			}
		}
	})
}

func FuzzAppendLog(f *testing.F) {
	for _, in := range []*logspb.ResourceLogs{logs(), {}, {ScopeLogs: []*logspb.ScopeLogs{{LogRecords: []*logspb.LogRecord{{}}}}}} {
		b, err := proto.Marshal(in)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var in logspb.ResourceLogs
		if proto.Unmarshal(b, &in) != nil {
			t.Skip("no message")
		}
		for _, scope := range in.ScopeLogs {
			for _, r := range scope.LogRecords {
				line := otlpjson.AppendLog(nil, &in, scope, r)
				assert.True(t, json.Valid(line), "%s", line)
			}
		}
	})
}
