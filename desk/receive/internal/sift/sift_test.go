// SPDX-License-Identifier: Apache-2.0

package sift_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/desk/receive/internal/anyotlp"
	"github.com/sidetrace/sidetrace/desk/receive/internal/sift"
	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

const elements = 1000

func marshal(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	require.NoError(t, err)
	return b
}

// Whatever is valid is clean, as it is.
func TestValidRequestsAreClean(t *testing.T) {
	for seed := range uint64(300) {
		source := anyotlp.New(seed)
		body := marshal(t, source.Traces())
		spans, err := format.UnmarshalTraces(body)
		require.NoError(t, err)
		n, clean, err := sift.Traces(elements).Scan(body)
		require.NoError(t, err)
		assert.True(t, clean)
		assert.Len(t, spans, n)

		body = marshal(t, source.Logs())
		logs, err := format.UnmarshalLogs(body)
		require.NoError(t, err)
		n, clean, err = sift.Logs(elements).Scan(body)
		require.NoError(t, err)
		assert.True(t, clean)
		assert.Len(t, logs, n)
	}
}

func nested(depth int) *commonpb.AnyValue {
	v := &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: 1}}
	for i := range depth {
		if i%2 == 0 {
			v = &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: []*commonpb.AnyValue{v}}}}
			continue
		}
		v = &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: []*commonpb.KeyValue{{Key: "k", Value: v}}}}}
	}
	return v
}

func deep(depth int) []*commonpb.KeyValue {
	return []*commonpb.KeyValue{{Key: "deep", Value: nested(depth)}}
}

func id(n int) []byte { return bytes.Repeat([]byte{7}, n) }

func many(n int) (attrs []*commonpb.KeyValue) {
	for range n {
		attrs = append(attrs, number("n", 1))
	}
	return attrs
}

func spanWith(edit func(*tracepb.Span)) *tracepb.Span {
	s := &tracepb.Span{TraceId: id(16), SpanId: id(8), Name: "name"}
	edit(s)
	return s
}

func request(spans ...*tracepb.Span) *tracepb.TracesData {
	return &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{{Spans: spans}}}}}
}

func TestSpansAreLeftOut(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(*tracepb.Span)
		want sift.Reason // 0: it is kept
		said string
	}{
		{"nothing wrong", func(*tracepb.Span) {}, 0, ""},
		{"short ids", func(s *tracepb.Span) { s.TraceId, s.SpanId, s.ParentSpanId = id(3), id(1), id(2) }, 0, ""},
		{"no trace id", func(s *tracepb.Span) { s.TraceId = nil }, sift.MissingID, `span "name": the trace id or the span id is missing`},
		{"no span id", func(s *tracepb.Span) { s.SpanId = nil }, sift.MissingID, ""},
		{"a zero trace id", func(s *tracepb.Span) { s.TraceId = make([]byte, 16) }, sift.MissingID, ""},
		{"a zero span id", func(s *tracepb.Span) { s.SpanId = make([]byte, 8) }, sift.MissingID, ""},
		{"a long trace id", func(s *tracepb.Span) { s.TraceId = id(17) }, sift.LongID, `span "name": an id is longer than 16 bytes of a trace or 8 of a span`},
		{"a long span id", func(s *tracepb.Span) { s.SpanId = id(9) }, sift.LongID, ""},
		{"a long parent id", func(s *tracepb.Span) { s.ParentSpanId = id(9) }, sift.LongID, ""},
		{"a long id of a link", func(s *tracepb.Span) { s.Links = []*tracepb.Span_Link{{TraceId: id(17)}} }, sift.LongID, ""},
		{"a link without ids", func(s *tracepb.Span) { s.Links = []*tracepb.Span_Link{{}} }, 0, ""},
		{"deep values", func(s *tracepb.Span) { s.Attributes = deep(format.MaxValueDepth) }, 0, ""},
		{"too deep values", func(s *tracepb.Span) { s.Attributes = deep(format.MaxValueDepth + 1) }, sift.TooDeep, `span "name": values are nested in more than 64 levels`},
		{"much too deep values", func(s *tracepb.Span) { s.Attributes = deep(5000) }, sift.TooDeep, ""},
		{"too deep values of an event", func(s *tracepb.Span) { s.Events = []*tracepb.Span_Event{{Attributes: deep(100)}} }, sift.TooDeep, ""},
		{"as many attributes as may be", func(s *tracepb.Span) { s.Attributes = many(elements) }, 0, ""},
		{"too many attributes", func(s *tracepb.Span) { s.Attributes = many(elements + 1) }, sift.TooMany, `span "name": there are more than 1000 attributes, events, links and values`},
		{"too many events", func(s *tracepb.Span) { s.Events = make([]*tracepb.Span_Event, elements+1) }, sift.TooMany, ""},
		{"too many together", func(s *tracepb.Span) {
			s.Links, s.Attributes = []*tracepb.Span_Link{{Attributes: many(elements / 2)}}, many(elements/2)
		}, sift.TooMany, ""},
		{"a long name", func(s *tracepb.Span) { s.SpanId, s.Name = nil, strings.Repeat("long", 100) }, sift.MissingID, strings.Repeat("long", 16) + `": the`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			good := spanWith(func(s *tracepb.Span) { s.Name = "good" })
			edited := spanWith(tt.edit)
			for i, e := range edited.Events {
				if e == nil {
					edited.Events[i] = &tracepb.Span_Event{}
				}
			}
			body := marshal(t, request(good, edited, good))
			s := sift.Traces(elements)
			n, clean, err := s.Scan(body)
			require.NoError(t, err)
			assert.Equal(t, 3, n)
			require.Equal(t, tt.want == 0, clean)
			if clean {
				return
			}
			kept := s.Keep(body)
			assert.Equal(t, map[sift.Reason]int{tt.want: 1}, kept.Rejected)
			assert.Contains(t, kept.First, tt.said)
			assert.Equal(t, 2, kept.Records)
			assert.Equal(t, marshal(t, request(good, good)), kept.Body)
		})
	}
}

// What records have in common takes them along.
func TestFlawedResourcesAndScopes(t *testing.T) {
	good := spanWith(func(*tracepb.Span) {})
	resource := func(attrs []*commonpb.KeyValue, scopes ...*tracepb.ScopeSpans) *tracepb.ResourceSpans {
		return &tracepb.ResourceSpans{Resource: &resourcepb.Resource{Attributes: attrs}, ScopeSpans: scopes}
	}
	scope := func(attrs []*commonpb.KeyValue, n int) *tracepb.ScopeSpans {
		s := &tracepb.ScopeSpans{Scope: &commonpb.InstrumentationScope{Attributes: attrs}}
		for range n {
			s.Spans = append(s.Spans, good)
		}
		return s
	}
	in := &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{
		resource(deep(65), scope(nil, 2), scope(many(1), 3)),
		resource(many(1), scope(deep(65), 4), scope(many(1), 5), scope(many(elements+1), 6), scope(deep(65), 0)),
	}}
	want := &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{resource(many(1), scope(many(1), 5))}}
	body := marshal(t, in)
	s := sift.Traces(elements)
	n, clean, err := s.Scan(body)
	require.NoError(t, err)
	assert.False(t, clean)
	assert.Equal(t, 20, n)
	kept := s.Keep(body)
	assert.Equal(t, map[sift.Reason]int{sift.TooDeep: 9, sift.TooMany: 6}, kept.Rejected)
	assert.Equal(t, 5, kept.Records)
	assert.Equal(t, "a resource or scope: values are nested in more than 64 levels", kept.First)
	assert.Equal(t, marshal(t, want), kept.Body)
}

func TestLogs(t *testing.T) {
	logs := func(records ...*logspb.LogRecord) *logspb.LogsData {
		return &logspb.LogsData{ResourceLogs: []*logspb.ResourceLogs{{ScopeLogs: []*logspb.ScopeLogs{{LogRecords: records}}}}}
	}
	good := &logspb.LogRecord{EventName: "of no trace"}
	body := marshal(t, logs(good, &logspb.LogRecord{EventName: "long", SpanId: id(9)}, &logspb.LogRecord{Body: nested(65)}, good))
	s := sift.Logs(elements)
	_, clean, err := s.Scan(body)
	require.NoError(t, err)
	assert.False(t, clean)
	kept := s.Keep(body)
	assert.Equal(t, map[sift.Reason]int{sift.LongID: 1, sift.TooDeep: 1}, kept.Rejected)
	assert.Contains(t, kept.First, `log record "long"`)
	assert.Equal(t, marshal(t, logs(good, good)), kept.Body)
}

// garble replaces a text by one of the same length that is no UTF-8.
func garble(b []byte) []byte { return bytes.ReplaceAll(b, []byte("GARBLE"), []byte("GA\xff\xfeLE")) }

func TestTextsAreRepaired(t *testing.T) {
	const text = "GARBLE"
	in := func(text string) *tracepb.TracesData {
		pairs := []*commonpb.KeyValue{str(text, text), {Key: "list", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{
			Values: []*commonpb.AnyValue{{Value: &commonpb.AnyValue_StringValue{StringValue: text}}}}}}}}
		return &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
			SchemaUrl: text, Resource: &resourcepb.Resource{Attributes: pairs, EntityRefs: []*commonpb.EntityRef{{IdKeys: []string{"a", text}}}},
			ScopeSpans: []*tracepb.ScopeSpans{{SchemaUrl: text, Scope: &commonpb.InstrumentationScope{Name: text}, Spans: []*tracepb.Span{
				spanWith(func(*tracepb.Span) {}),
				spanWith(func(s *tracepb.Span) {
					s.Name, s.TraceState, s.Attributes, s.Status = text, text, pairs, &tracepb.Status{Message: text}
					s.Events = []*tracepb.Span_Event{{Name: text, Attributes: pairs}}
					s.Links = []*tracepb.Span_Link{{TraceState: text}}
				}),
			}}},
		}}}
	}
	body := garble(marshal(t, in(text)))
	s := sift.Traces(elements)
	n, clean, err := s.Scan(body)
	require.NoError(t, err)
	assert.False(t, clean)
	assert.Equal(t, 2, n)
	kept := s.Keep(body)
	assert.Equal(t, 2, kept.Records)
	assert.Equal(t, 18, kept.Repaired)
	assert.Empty(t, kept.Rejected)
	var got tracepb.TracesData
	require.NoError(t, proto.Unmarshal(kept.Body, &got))
	assert.True(t, proto.Equal(in("GA\ufffdLE"), &got))
}

// Bytes may be anything: only texts are to be UTF-8.
func TestBytesAreNoTexts(t *testing.T) {
	body := marshal(t, request(spanWith(func(s *tracepb.Span) {
		s.Attributes = []*commonpb.KeyValue{{Key: "b", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: []byte("\xff")}}}}
	})))
	_, clean, err := sift.Traces(elements).Scan(body)
	require.NoError(t, err)
	assert.True(t, clean)
}

// Fields of later versions stay, also where something else is cut out.
func TestUnknownFieldsStay(t *testing.T) {
	const number = 999
	unknown := protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), "later")
	good := spanWith(func(s *tracepb.Span) { s.ProtoReflect().SetUnknown(unknown) })
	bad := spanWith(func(s *tracepb.Span) { s.SpanId = nil })
	in, want := request(good, bad), request(good)
	for _, m := range []*tracepb.TracesData{in, want} {
		m.ProtoReflect().SetUnknown(unknown)
		m.ResourceSpans[0].ProtoReflect().SetUnknown(unknown)
	}
	body := marshal(t, in)
	s := sift.Traces(elements)
	_, clean, err := s.Scan(body)
	require.NoError(t, err)
	assert.False(t, clean)
	assert.Equal(t, marshal(t, want), s.Keep(body).Body)
}

func TestMalformed(t *testing.T) {
	whole := marshal(t, request(spanWith(func(s *tracepb.Span) { s.Attributes = many(2) })))
	for _, tt := range []struct {
		name string
		body []byte
		want string
	}{
		{"cut", whole[:len(whole)-1], "byte 0: a field goes beyond the end of its message"},
		{"text", []byte("hello"), "byte 2: a field has no valid type or value"},
		{"a field without number", []byte{0x0a, 2, 0x02, 0}, "byte 2: a field has no valid number"},
		{"an endless tag", bytes.Repeat([]byte{0xff}, 20), "byte 0: a field has no valid number"},
		{"an endless length", append([]byte{0x0a}, bytes.Repeat([]byte{0xff}, 20)...), "byte 0: a field goes beyond the end of its message"},
		{"a length beyond all", []byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, "byte 0: a field goes beyond the end of its message"},
		{"an open group", []byte{0x0a, 3, 0x23, 0x08, 0x01}, "byte 2: a field has no valid type or value"},
		{"within a span", append(whole[:len(whole)-1:len(whole)-1], 0xff), "a field has no valid type or value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := sift.Traces(elements).Scan(bytes.Clone(tt.body))
			require.ErrorContains(t, err, tt.want)
			_, ok := err.(*sift.MalformedError)
			assert.True(t, ok)
		})
	}
}

func TestReasonsHaveNames(t *testing.T) {
	var names []string
	for _, r := range sift.Reasons() {
		names = append(names, r.String())
	}
	assert.Equal(t, []string{"missing_id", "long_id", "too_deep", "too_many"}, names)
}

// checkSifted checks that what is kept of any bytes is clean, that every record is
// counted once, and that a store takes all of it.
func checkSifted(t *testing.T, s *sift.Sieve, body []byte, parse func([]byte) (int, error)) {
	t.Helper()
	n, clean, err := s.Scan(body)
	if err != nil {
		return
	}
	kept := sift.Kept{Body: body, Records: n}
	if !clean {
		kept = s.Keep(body)
	}
	rejected := 0
	for _, k := range kept.Rejected {
		rejected += k
	}
	require.Equal(t, n, kept.Records+rejected)
	again, clean, err := s.Scan(kept.Body)
	require.NoError(t, err)
	require.True(t, clean)
	require.Equal(t, kept.Records, again)
	stored, err := parse(kept.Body)
	require.NoError(t, err)
	require.Equal(t, kept.Records, stored)
}

func FuzzTraces(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(marshal(f, anyotlp.New(seed).Traces()))
	}
	f.Add(marshal(f, request(spanWith(func(s *tracepb.Span) { s.TraceId = nil }), spanWith(func(s *tracepb.Span) { s.Attributes = deep(70) }))))
	f.Add(garble(marshal(f, request(spanWith(func(s *tracepb.Span) { s.Name = "GARBLE" })))))
	f.Fuzz(func(t *testing.T, body []byte) {
		var r wire.Request
		checkSifted(t, sift.Traces(20), body, func(b []byte) (int, error) {
			err := r.ParseTraces(b)
			return len(r.Spans), err
		})
	})
}

func FuzzLogs(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(marshal(f, anyotlp.New(seed).Logs()))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var r wire.Request
		checkSifted(t, sift.Logs(20), body, func(b []byte) (int, error) {
			err := r.ParseLogs(b)
			return len(r.Logs), err
		})
	})
}
