// SPDX-License-Identifier: Apache-2.0

package receive_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/desk/receive"
	"github.com/sidetrace/sidetrace/desk/receive/internal/anyotlp"
)

func id(n int) []byte { return bytes.Repeat([]byte{7}, n) }

func text(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
}

// nested is a value in so many lists.
func nested(depth int) *commonpb.AnyValue {
	v := text("inside")
	for range depth {
		v = &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: []*commonpb.AnyValue{v}}}}
	}
	return v
}

// attributes are so many.
func attributes(n int) (attrs []*commonpb.KeyValue) {
	for i := range n {
		attrs = append(attrs, &commonpb.KeyValue{Key: strconv.Itoa(i), Value: text("v")})
	}
	return attrs
}

// aSpan is one with nothing wrong, edited.
func aSpan(name string, edit func(*tracepb.Span)) *tracepb.Span {
	s := &tracepb.Span{TraceId: id(16), SpanId: id(8), Name: name}
	if edit != nil {
		edit(s)
	}
	return s
}

func request(spans ...*tracepb.Span) *tracepb.TracesData {
	return &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{{Spans: spans}}}}}
}

func logRequest(logs ...*logspb.LogRecord) *logspb.LogsData {
	return &logspb.LogsData{ResourceLogs: []*logspb.ResourceLogs{{ScopeLogs: []*logspb.ScopeLogs{{LogRecords: logs}}}}}
}

// partial is what an answer tells, whatever its signal.
type partial struct {
	rejected int64
	message  string
}

// overGRPC, overHTTP and overJSON send a request that is taken, and return what the
// answer tells.
func (s *server) overGRPC(t testing.TB, signal receive.Signal, body []byte) partial {
	return readPartial(t, signal, exportRaw(t, s.dial(t), signal, body))
}

func (s *server) overHTTP(t testing.TB, signal receive.Signal, body []byte) partial {
	a := s.post(t, "/v1/"+signal.String(), body, "Content-Type", protobuf)
	require.Equal(t, http.StatusOK, a.StatusCode, "%s", a.body)
	return readPartial(t, signal, a.body)
}

func readPartial(t testing.TB, signal receive.Signal, answer []byte) partial {
	t.Helper()
	if signal == receive.Logs {
		var r collogs.ExportLogsServiceResponse
		require.NoError(t, proto.Unmarshal(answer, &r))
		return partial{r.GetPartialSuccess().GetRejectedLogRecords(), r.GetPartialSuccess().GetErrorMessage()}
	}
	var r coltrace.ExportTraceServiceResponse
	require.NoError(t, proto.Unmarshal(answer, &r))
	return partial{r.GetPartialSuccess().GetRejectedSpans(), r.GetPartialSuccess().GetErrorMessage()}
}

func (s *server) overJSON(t testing.TB, signal receive.Signal, body []byte) partial {
	a := s.post(t, "/v1/"+signal.String(), body, "Content-Type", jsonBody)
	require.Equal(t, http.StatusOK, a.StatusCode, "%s", a.body)
	assert.Equal(t, jsonBody, a.Header.Get("Content-Type"))
	var r struct {
		Partial struct {
			Spans   string `json:"rejectedSpans"`
			Logs    string `json:"rejectedLogRecords"`
			Message string `json:"errorMessage"`
		} `json:"partialSuccess"`
	}
	require.NoError(t, json.Unmarshal(a.body, &r))
	n, _ := strconv.ParseInt(r.Partial.Spans+r.Partial.Logs, 10, 64)
	return partial{n, r.Partial.Message}
}

// What cannot be kept is cut out and counted; the rest is kept.
func TestPartialSuccess(t *testing.T) {
	good := aSpan("good", nil)
	for _, tt := range []struct {
		name   string
		spans  []*tracepb.Span
		reason string
		want   partial
	}{
		{"short ids", []*tracepb.Span{aSpan("short", func(s *tracepb.Span) { s.TraceId, s.SpanId = id(8), id(1) })}, "", partial{}},
		{"no ids", []*tracepb.Span{{Name: "none"}, good, {}, {Name: "none"}}, "missing_id",
			partial{3, `3 of 4 spans were left out, the first for this: span "none": the trace id or the span id is missing`}},
		{"nothing to keep", []*tracepb.Span{{Name: "none"}}, "missing_id", partial{1, `1 of 1 spans were left out, the first for this: span "none": the trace id or the span id is missing`}},
		{"long ids", []*tracepb.Span{good, aSpan("long", func(s *tracepb.Span) { s.TraceId = id(32) })}, "long_id",
			partial{1, `1 of 2 spans were left out, the first for this: span "long": an id is longer than 16 bytes of a trace or 8 of a span`}},
		{"deep values", []*tracepb.Span{good, aSpan("deep", func(s *tracepb.Span) { s.Attributes = []*commonpb.KeyValue{{Key: "k", Value: nested(65)}} })}, "too_deep",
			partial{1, `1 of 2 spans were left out, the first for this: span "deep": values are nested in more than 64 levels`}},
		{"10,000 attributes", []*tracepb.Span{aSpan("many", func(s *tracepb.Span) { s.Attributes = attributes(10_000) })}, "", partial{}},
		{"100,001 attributes", []*tracepb.Span{good, aSpan("many", func(s *tracepb.Span) { s.Attributes = attributes(100_001) })}, "too_many",
			partial{1, `1 of 2 spans were left out, the first for this: span "many": there are more than 100000 attributes, events, links and values`}},
		{"absurd times", []*tracepb.Span{
			aSpan("never", nil),
			aSpan("the last", func(s *tracepb.Span) { s.StartTimeUnixNano, s.EndTimeUnixNano = 1<<64-1, 1<<64-1 }),
			aSpan("backwards", func(s *tracepb.Span) { s.StartTimeUnixNano, s.EndTimeUnixNano = 1<<62, 1 }),
		}, "", partial{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, receive.Config{})
			body := marshal(t, request(tt.spans...))
			assert.Equal(t, tt.want, s.overGRPC(t, receive.Traces, body))
			assert.Equal(t, tt.want, s.overHTTP(t, receive.Traces, body))
			kept := len(tt.spans) - int(tt.want.rejected)
			assert.Len(t, s.spans(t), 2*kept)
			stats := s.Stats()
			assert.EqualValues(t, 2, stats.Traces.Requests)
			assert.EqualValues(t, 2*kept, stats.Traces.Records)
			assert.EqualValues(t, 2*len(body), stats.Traces.Bytes)
			assert.EqualValues(t, 2*tt.want.rejected, stats.Traces.Rejected[tt.reason])
			assert.Empty(t, stats.Refused)
		})
	}
}

func TestPartialSuccessOfLogs(t *testing.T) {
	s := start(t, receive.Config{})
	body := marshal(t, logRequest(&logspb.LogRecord{}, &logspb.LogRecord{EventName: "long", TraceId: id(17)}, &logspb.LogRecord{TraceId: id(16)}))
	want := partial{1, `1 of 3 log records were left out, the first for this: log record "long": an id is longer than 16 bytes of a trace or 8 of a span`}
	assert.Equal(t, want, s.overGRPC(t, receive.Logs, body))
	assert.Equal(t, want, s.overHTTP(t, receive.Logs, body))
	assert.Len(t, s.logs(t), 4)
	assert.EqualValues(t, 2, s.Stats().Logs.Rejected["long_id"])
}

func TestPartialSuccessOfJSON(t *testing.T) {
	const good = `{"traceId":"0102","spanId":"03"}`
	spans := func(all string) string { return `{"resourceSpans":[{"scopeSpans":[{"spans":[` + all + `]}]}]}` }
	logs := func(all string) string { return `{"resourceLogs":[{"scopeLogs":[{"logRecords":[` + all + `]}]}]}` }
	for _, tt := range []struct {
		name   string
		signal receive.Signal
		body   string
		kept   int
		want   int64
		said   string
	}{
		{"good", receive.Traces, spans(good), 1, 0, ""},
		{"an unknown member", receive.Traces, `{"metrics":[1,{}]}`, 0, 0, ""},
		{"no ids", receive.Traces, spans(good + `,{"name":"none"},` + good), 2, 1, "1 of 3 spans were left out, the first for this: line 1: resourceSpans[0].scopeSpans[0].spans[1]: traceId is missing"},
		{"no span", receive.Traces, spans(`null,[],"span",` + good), 1, 3, "3 of 4 spans were left out"},
		{"several mistakes in one span", receive.Traces, spans(`{"traceId":"x","spanId":"y","kind":"z"},` + good), 1, 1, "1 of 2 spans were left out"},
		{"ids too long", receive.Traces, spans(`{"traceId":"0102030405060708091011121314151617","spanId":"03"}`), 0, 1, "want at most 32 hexadecimal digits"},
		{"old spellings", receive.Traces, `{"resource_spans":[{"instrumentationLibrarySpans":[{"spans":[{},{}]},{"spans":[` + good + `]}]},{"scope_spans":[{"spans":[{}]}]}]}`, 1, 3, "3 of 4 spans were left out"},
		{"a resource of a wrong type", receive.Traces, `{"resourceSpans":[{"resource":7,"scopeSpans":[{"spans":[` + good + `]}]}]}`, 1, 0, "something else was left out: "},
		{"deep values", receive.Traces, spans(`{"traceId":"01","spanId":"02","attributes":[{"key":"k","value":` +
			string(bytes.Repeat([]byte(`{"arrayValue":{"values":[`), 65)) + `{}` + string(bytes.Repeat([]byte(`]}}`), 65)) + `}]}`), 0, 1, "values are nested in more than 64 levels"},
		{"much too deep values", receive.Traces, spans(`{"traceId":"01","spanId":"02","attributes":[{"key":"k","value":` +
			string(bytes.Repeat([]byte(`{"arrayValue":{"values":[`), 600)) + `{}` + string(bytes.Repeat([]byte(`]}}`), 600)) + `}]},` + good), 0, 2, "2 of 2 spans"},
		{"too many attributes", receive.Traces, spans(good + `,{"traceId":"01","spanId":"02","attributes":[{}` + string(bytes.Repeat([]byte(`,{}`), 100_000)) + `]}`), 1, 1, "there are more than 100000 attributes"},
		{"text that is not UTF-8", receive.Traces, spans(`{"traceId":"01","spanId":"02","name":"a` + "\xff" + `b"}`), 1, 0, "there were texts that are no UTF-8: U+FFFD stands for what was wrong in them"},
		{"spans among logs", receive.Logs, spans(good + "," + good), 0, 0, "something else was left out: 2 records that are no log records: spans are for /v1/traces, log records for /v1/logs"},
		{"logs among spans", receive.Traces, logs("{}"), 0, 0, "1 records that are no spans"},
		{"logs", receive.Logs, logs(`{},{"severityNumber":"much"}`), 1, 1, "1 of 2 log records were left out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, receive.Config{})
			got := s.overJSON(t, tt.signal, []byte(tt.body))
			assert.Equal(t, tt.want, got.rejected)
			assert.Contains(t, got.message, tt.said)
			assert.Equal(t, tt.said == "", got.message == "", got.message)
			assert.Equal(t, tt.kept, len(s.spans(t))+len(s.logs(t)))
			stats := s.Stats()
			assert.EqualValues(t, tt.kept, stats.Traces.Records+stats.Logs.Records)
		})
	}
}

func TestTextsAreRepaired(t *testing.T) {
	s := start(t, receive.Config{})
	body := marshal(t, request(aSpan("good", nil), aSpan("GARBLE", func(s *tracepb.Span) { s.Attributes = []*commonpb.KeyValue{{Key: "k", Value: text("GARBLE")}} })))
	body = bytes.ReplaceAll(body, []byte("GARBLE"), []byte("GA\xff\xffLE"))
	want := partial{0, "there were texts that are no UTF-8: U+FFFD stands for what was wrong in them"}
	assert.Equal(t, want, s.overGRPC(t, receive.Traces, body))
	assert.Equal(t, want, s.overHTTP(t, receive.Traces, body))
	spans := s.spans(t)
	require.Len(t, spans, 4)
	assert.Equal(t, "GA\ufffdLE", spans[1].Name)
	assert.Equal(t, "GA\ufffdLE", spans[1].Attributes[0].Value.Str())
	assert.EqualValues(t, 4, s.Stats().Traces.Repaired)
}

// Random requests some spans of which were spoilt: exactly these are missing.
func TestSpoiltSpansAreCounted(t *testing.T) {
	s := start(t, receive.Config{})
	for seed := range uint64(30) {
		source := anyotlp.New(seed)
		in := source.Traces()
		want := proto.CloneOf(in)
		spoilt, names := 0, 0
		for i, rs := range in.ResourceSpans {
			for j, ss := range rs.ScopeSpans {
				to := want.ResourceSpans[i].ScopeSpans[j]
				to.Spans = to.Spans[:0]
				for _, sp := range ss.Spans {
					if source.IntN(3) > 0 {
						to.Spans = append(to.Spans, proto.CloneOf(sp))
						names++
						continue
					}
					spoilt++
					switch source.IntN(4) {
					case 0:
						sp.TraceId = nil
					case 1:
						sp.SpanId = make([]byte, 8)
					case 2:
						sp.ParentSpanId = id(9)
					default:
						sp.Attributes = append(sp.Attributes, &commonpb.KeyValue{Value: nested(70)})
					}
				}
			}
		}
		before := len(s.all(receive.Traces))
		got := s.overHTTP(t, receive.Traces, marshal(t, in))
		require.EqualValues(t, spoilt, got.rejected, "seed %d", seed)
		stored := s.all(receive.Traces)[before:]
		if names == 0 {
			require.Empty(t, stored)
			continue
		}
		var kept tracepb.TracesData
		require.NoError(t, proto.Unmarshal(stored[0], &kept))
		require.True(t, proto.Equal(want, &kept), "seed %d", seed)
	}
}
