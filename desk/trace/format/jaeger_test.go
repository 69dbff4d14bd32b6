// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// asJaeger is what is left of spans when Jaeger's format has held them: times in
// microseconds, links as ids, names of scopes, attributes of resources, and lists
// and maps as text.
func asJaeger(spans []trace.Span) *trace.Batch {
	out := &trace.Batch{}
	for _, t := range (&trace.Batch{Spans: spans}).Traces() {
		for i := range t.Spans {
			s := t.Spans[i].Clone()
			s.Start, s.End = cut(s.Start), cut(s.End)
			s.Attributes = asTags(s.Attributes)
			for i := range s.Events {
				s.Events[i].Time = cut(s.Events[i].Time)
				s.Events[i].Attributes = asTags(s.Events[i].Attributes)
			}
			for i, l := range s.Links {
				s.Links[i] = trace.Link{TraceID: l.TraceID, SpanID: l.SpanID}
			}
			if s.Scope != nil {
				s.Scope = &trace.Scope{Name: s.Scope.Name, Version: s.Scope.Version}
			}
			s.Resource = asProcess(s.Resource)
			out.Spans = append(out.Spans, s)
		}
	}
	return out
}

func cut(t int64) int64 { return int64(uint64(t) / 1000 * 1000) }

func asTags(attrs []trace.KeyValue) []trace.KeyValue {
	out := make([]trace.KeyValue, len(attrs))
	for i, kv := range attrs {
		switch kv.Value.Kind() {
		case trace.EmptyValue, trace.ListValue, trace.MapValue:
			kv.Value = trace.String(kv.Value.String())
		}
		out[i] = kv
	}
	return out
}

func asProcess(r *trace.Resource) *trace.Resource {
	if r == nil {
		r = &trace.Resource{}
	}
	attrs := asTags(r.Attributes)
	if _, named := trace.Lookup(attrs, "service.name"); !named {
		attrs = append([]trace.KeyValue{{Key: "service.name", Value: trace.String("unknown_service")}}, attrs...)
	}
	return &trace.Resource{Attributes: attrs}
}

func TestJaegerHoldsTheRest(t *testing.T) {
	for seed := range uint64(seeds) {
		in := newSource(seed).batch()
		text := format.AppendJaeger(nil, in.Spans)
		require.True(t, json.Valid(text), "seed %d: %s", seed, text)
		got, err := format.Jaeger(bytes.NewReader(text))
		require.NoError(t, err, "seed %d", seed)
		requireSame(t, asJaeger(in.Spans), &trace.Batch{Spans: got})
		again, err := format.Read(bytes.NewReader(text))
		require.NoError(t, err)
		requireSame(t, asJaeger(in.Spans), again)
	}
}

func TestJaegerIsWritten(t *testing.T) {
	in, err := os.Open("testdata/documents.json")
	require.NoError(t, err)
	defer in.Close()
	spans, err := format.Documents(in)
	require.NoError(t, err)
	var pretty bytes.Buffer
	require.NoError(t, json.Indent(&pretty, format.AppendJaeger(nil, spans), "", " "))
	requireGolden(t, "testdata/jaeger_written.golden", pretty.String())
}

func TestJaegerOfNothing(t *testing.T) {
	text := format.AppendJaeger([]byte("x"), nil)
	assert.Equal(t, `x{"data":[],"total":0,"limit":0,"offset":0,"errors":null}`, string(text))
	spans, err := format.Jaeger(bytes.NewReader(text[1:]))
	require.NoError(t, err)
	assert.Empty(t, spans)
}

// An attribute may have the name of the field that holds the name of the event.
func TestJaegerEventNames(t *testing.T) {
	in := trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{1}, Events: []trace.Event{{Attributes: []trace.KeyValue{{Key: "event", Value: trace.String("x")}}}}}
	got, err := format.Jaeger(bytes.NewReader(format.AppendJaeger(nil, []trace.Span{in})))
	require.NoError(t, err)
	assert.Empty(t, got[0].Events[0].Name)
	assert.Equal(t, "x", got[0].Events[0].Attributes[0].Value.Str())
}

// What lay within another span still does when fractions of microseconds are cut.
func TestJaegerKeepsSpansWithin(t *testing.T) {
	outer := trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{1}, Start: 1_999, End: 5_001}
	inner := trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{2}, Start: 2_000, End: 5_001, Offset: 2_999}
	got, err := format.Jaeger(bytes.NewReader(format.AppendJaeger(nil, []trace.Span{outer, inner})))
	require.NoError(t, err)
	assert.Equal(t, []int64{1_000, 5_000}, []int64{got[0].Start, got[0].End})
	assert.Equal(t, []int64{2_000, 7_000}, []int64{got[1].Start, got[1].End}, "the duration has the offset")
}

func jaegerSpan(members string) string {
	return `{"traceID":"1","spanID":"2","startTime":1000,"duration":2000` + members + `}`
}

// Spans are the same however they stand in the file.
func TestJaegerStandsInMany(t *testing.T) {
	bare := `{"traceID":"1","spans":[` + jaegerSpan(`,"processID":"p1"`) + `],"processes":{"p1":{"serviceName":"a"}}}`
	want, err := format.Jaeger(strings.NewReader(bare))
	require.NoError(t, err)
	require.Len(t, want, 1)
	require.Equal(t, "a", want[0].Service())
	for _, in := range []string{
		`{"data":[` + bare + `]}`, `{"data":` + bare + `}`, `[` + bare + `]`, `{"total":1,"errors":[],"data":[` + bare + `]}`, "\n" + bare + "\n",
		`{"processes":{"p1":{"serviceName":"a","tags":null}},"spans":[` + jaegerSpan(`,"processID":"p1"`) + `]}`,
		`{"spans":[` + jaegerSpan(`,"process":{"serviceName":"a","tags":[]}`) + `]}`,
		`{"spans":[` + jaegerSpan(`,"processID":"p1"`) + `],"data":[],"processes":{"p1":{"serviceName":"a"}}}`,
	} {
		b := read(t, in)
		requireSame(t, &trace.Batch{Spans: want}, b)
		got, err := format.Jaeger(strings.NewReader(in))
		require.NoError(t, err)
		requireSame(t, &trace.Batch{Spans: want}, &trace.Batch{Spans: got})
	}
}

func TestJaegerStatus(t *testing.T) {
	tag := func(key, kind, value string) string {
		return `{"key":"` + key + `","type":"` + kind + `","value":` + value + `}`
	}
	tests := []struct {
		name, tags string
		want       trace.Status
		left       int
	}{
		{"nothing", ``, trace.Status{}, 0},
		{"error", tag("error", "bool", "true"), trace.Status{Code: trace.Error}, 0},
		{"error as text", tag("error", "string", `"true"`), trace.Status{Code: trace.Error}, 0},
		{"no error", tag("error", "bool", "false"), trace.Status{}, 1},
		{"an error's text", tag("error", "string", `"timeout"`), trace.Status{}, 1},
		{"ok", tag("otel.status_code", "string", `"OK"`), trace.Status{Code: trace.OK}, 0},
		{"of the collector", tag("otel.status_code", "string", `"STATUS_CODE_ERROR"`) + "," + tag("otel.status_description", "string", `"why"`), trace.Status{Code: trace.Error, Message: "why"}, 0},
		{"error is the last word", tag("error", "bool", "true") + "," + tag("otel.status_code", "string", `"OK"`), trace.Status{Code: trace.Error}, 0},
		{"a code that is none", tag("otel.status_code", "int64", `7`), trace.Status{}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spans, err := format.Jaeger(strings.NewReader(`{"spans":[` + jaegerSpan(`,"tags":[`+tt.tags+`]`) + `]}`))
			require.NoError(t, err)
			assert.Equal(t, tt.want, spans[0].Status)
			assert.Len(t, spans[0].Attributes, tt.left)
		})
	}
}

func TestWrongJaeger(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"no trace", `{"spanID":"1"}`, `traceID is missing`},
		{"no span", `{"traceID":"1"}`, `spanID is missing`},
		{"an id", `{"traceID":"one","spanID":"1"}`, `traceID: trace: id "one"`},
		{"an id that is a number", `{"traceID":"1","spanID":-1}`, `spanID: trace: span id "-1"`},
		{"a time before 1970", jaegerSpan(`,"startTime":-1`), `a start at -1 µs`},
		{"a time after 2554", jaegerSpan(`,"startTime":99999999999999999`), `startTime: want at most 18446744073709551 microseconds`},
		{"an absurd duration", jaegerSpan(`,"duration":18446744073709551`), `a start at 1000 µs and a duration of`},
		{"an end before 1970", jaegerSpan(`,"duration":-1001`), `before 1970`},
		{"a text for a time", jaegerSpan(`,"startTime":"now"`), `startTime: want an integer`},
		{"tags", jaegerSpan(`,"tags":{}`), `tags: want an array, got an object`},
		{"a tag of another type", jaegerSpan(`,"tags":[{"key":"k","type":"int64","value":"x"}]`), `the tag "k" has the type "int64" and the value "x"`},
		{"a boolean", jaegerSpan(`,"tags":[{"key":"k","type":"bool","value":1}]`), `the tag "k" has the type "bool"`},
		{"a float", jaegerSpan(`,"tags":[{"key":"k","type":"float64","value":"?"}]`), `the tag "k"`},
		{"bytes", jaegerSpan(`,"tags":[{"key":"k","type":"binary","value":"?"}]`), `the tag "k"`},
		{"logs", jaegerSpan(`,"logs":[{"timestamp":"?"}]`), `logs[0].timestamp: want an integer`},
		{"references", jaegerSpan(`,"references":[{"spanID":"?"}]`), `references[0].spanID: `},
		{"no object", `5`, `want an object, got a number`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := `{"data":[{"spans":[` + jaegerSpan(`,"processID":"p1"`) + `,` + tt.in + `,` + jaegerSpan(`,"processID":"p1"`) + `],"processes":{"p1":{"serviceName":"a"}}}]}`
			spans, err := format.Jaeger(strings.NewReader(in))
			require.ErrorContains(t, err, "format: line 1: data[0].spans[1]")
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "more)")
			require.Len(t, spans, 2)
			assert.Equal(t, "a", spans[1].Service())
		})
	}
	spans, err := format.Jaeger(strings.NewReader(`{"spans":[` + jaegerSpan(`,"duration":-1000`) + `]}`))
	require.NoError(t, err)
	assert.EqualValues(t, -1e6, spans[0].Duration(), "a negative duration is no mistake of the file")
}

func FuzzJaeger(f *testing.F) {
	golden, err := os.ReadFile("testdata/jaeger.json")
	require.NoError(f, err)
	f.Add(golden)
	f.Add(format.AppendJaeger(nil, newSource(3).batch().Spans))
	f.Fuzz(func(t *testing.T, b []byte) {
		spans, err := format.Jaeger(bytes.NewReader(b))
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "format: "), "%v", err)
		}
		requireWhole(t, &trace.Batch{Spans: spans})
		text := format.AppendJaeger(nil, spans)
		require.True(t, json.Valid(text))
		got, err := format.Jaeger(bytes.NewReader(text))
		require.NoError(t, err)
		require.Len(t, got, len(spans))
	})
}
