// SPDX-License-Identifier: Apache-2.0

package jaeger_test

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

func v3Search(more string) string {
	return "/api/v3/trace-summaries?query.startTimeMin=" + rfc(began) + "&query.startTimeMax=" + rfc(began+int64(time.Hour)) + more
}

// summaries are the traces of a list of summaries.
func summaries(t *testing.T, body string) string {
	t.Helper()
	var answer struct {
		Summaries []struct{ TraceID string }
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
	var all []string
	for _, s := range answer.Summaries {
		all = append(all, strings.TrimLeft(s.TraceID, "0"))
	}
	return strings.Join(all, " ")
}

// TestUISummaries asks as Jaeger's user interface from 2.19 on does, by the names
// that its parameters had and have.
func TestUISummaries(t *testing.T) {
	checkout := `{"traceId":"00000000000000000000000000000001","rootServiceName":"web","rootOperationName":"GET /checkout",
		"minStartTimeUnixNano":"1700000000000000000","maxEndTimeUnixNano":"1700000000120000000","spanCount":5,"errorSpanCount":2,"orphanSpanCount":0,
		"services":[{"name":"web","spanCount":3,"errorSpanCount":1},{"name":"pay","spanCount":2,"errorSpanCount":1}]}`
	run := `{"traceId":"00000000000000000000000000000002","rootServiceName":"team/agent.v2","rootOperationName":"run agent",
		"minStartTimeUnixNano":"1700000060000000000","maxEndTimeUnixNano":"1700000062000000000","spanCount":4,"errorSpanCount":0,"orphanSpanCount":1,
		"services":[{"name":"team/agent.v2","spanCount":4,"errorSpanCount":0}]}`
	assert.JSONEq(t, `{"summaries":[`+checkout+`]}`, get(t, v3Search("&query.serviceName=web&query.searchDepth=20")))
	former := "/api/v3/trace-summaries?" + url.Values{
		"query.service_name": {"web"}, "query.operation_name": {"POST /pay"}, "query.start_time_min": {"2023-11-14T22:13:20.000Z"}, "query.start_time_max": {"2023-11-14T23:13:20.000Z"},
		"query.num_traces": {"20"}, "query.duration_min": {"1ms"}, "query.duration_max": {"100ms"}, "query.attributes": {`{"error":"true"}`},
	}.Encode()
	assert.JSONEq(t, `{"summaries":[`+checkout+`]}`, get(t, former))
	assert.JSONEq(t, `{"summaries":[`+run+`,`+checkout+`]}`, get(t, v3Search("&query.durationMin=20ms")))
	assert.JSONEq(t, `{"summaries":[]}`, get(t, v3Search("&query.serviceName=nobody")))
}

func TestV3Search(t *testing.T) {
	path := strings.Replace(v3Search(""), "trace-summaries", "traces", 1)
	body := get(t, path)
	batch, err := format.OTLPJSON(strings.NewReader(result(t, body)))
	require.NoError(t, err)
	assert.Len(t, batch.Traces(), 3)
	assert.Len(t, batch.Spans, 10)
	assert.JSONEq(t, `{"error":{"httpCode":404,"message":"No traces found"}}`, get(t, path+"&query.serviceName=nobody", 404))
}

// result is what stands in an answer of the third version.
func result(t *testing.T, body string) string {
	t.Helper()
	var answer struct{ Result json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
	return string(answer.Result)
}

func TestV3BadRequests(t *testing.T) {
	traces := "/api/v3/traces?query.startTimeMin=" + rfc(began) + "&query.startTimeMax=" + rfc(began+1)
	for _, tt := range []struct{ path, want string }{
		{"/api/v3/traces", "query.startTimeMin and query.startTimeMax are required"},
		{"/api/v3/trace-summaries?query.startTimeMin=" + rfc(began), "query.startTimeMin and query.startTimeMax are required"},
		{"/api/v3/traces?query.startTimeMin=yesterday&query.startTimeMax=" + rfc(began), "malformed parameter query.startTimeMin"},
		{"/api/v3/traces?query.start_time_min=yesterday&query.startTimeMax=" + rfc(began), "malformed parameter query.start_time_min"},
		{"/api/v3/traces?query.startTimeMin=9999-01-01T00:00:00Z&query.startTimeMax=" + rfc(began), "from 1970 to 2262"},
		{"/api/v3/traces?query.startTimeMin=" + rfc(began) + "&query.startTimeMax=" + rfc(began), "want a time after that of query.startTimeMin"},
		{traces + "&query.durationMin=x", "malformed parameter query.durationMin"},
		{traces + "&query.durationMin=2s&query.durationMax=1s", "want no less than query.durationMin"},
		{traces + "&query.searchDepth=-1", "malformed parameter query.searchDepth"},
		{traces + "&query.rawTraces=foobar", "malformed parameter query.rawTraces"},
		{traces + "&query.attributes=x", "malformed parameter query.attributes"},
		{traces + "&query.filter=%7B%7D", "malformed parameter query.filter"},
		{traces + "&query.pagination.pageToken=x", "malformed parameter query.pagination.pageToken"},
		{"/api/v3/traces/xyz", "malformed parameter trace_id"},
		{"/api/v3/traces/1?startTime=abc", "malformed parameter startTime"},
		{"/api/v3/traces/1?end_time=xyz", "malformed parameter end_time"},
		{"/api/v3/traces/1?raw_traces=foobar", "malformed parameter raw_traces"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			var answer struct {
				Error struct {
					HTTPCode int
					Message  string
				}
			}
			require.NoError(t, json.Unmarshal([]byte(get(t, tt.path, 400)), &answer))
			assert.Equal(t, 400, answer.Error.HTTPCode)
			assert.Contains(t, answer.Error.Message, tt.want)
		})
	}
}

// TestV3RoundTrip checks that a trace with everything that OTLP has comes back
// equal.
func TestV3RoundTrip(t *testing.T) {
	deep := trace.Map(sourcetest.Attributes("k", trace.List(trace.Map(), trace.Value{}, trace.Float(math.Inf(-1)), trace.Bytes([]byte("\x00\xff"))))...)
	id := trace.TraceID{0xff, 15: 1}
	resource := &trace.Resource{Attributes: sourcetest.Attributes("service.name", "s", "n", math.MinInt64), DroppedAttributes: 3, SchemaURL: "https://example.com/1"}
	scope := &trace.Scope{Name: "i", Version: "v", Attributes: sourcetest.Attributes("a", true), DroppedAttributes: 1, SchemaURL: "https://example.com/2"}
	spans := []trace.Span{
		{TraceID: id, ID: trace.SpanID{7: 1}, State: "a=b", Flags: 0x301, Name: "提示 \"q\"\\\n\x00", Kind: trace.Producer, Start: -1, End: math.MinInt64,
			Attributes: sourcetest.Attributes("deep", deep, "f", math.SmallestNonzeroFloat64, "nan", math.NaN(), "i", math.MaxInt64, "e", "", "x", 1, "x", 2), DroppedAttributes: 1, DroppedEvents: 2, DroppedLinks: 3,
			Status: trace.Status{Code: trace.OK, Message: "m"}, Resource: resource, Scope: scope,
			Events: []trace.Event{{Time: 5, Name: "e", Attributes: sourcetest.Attributes("k", deep), DroppedAttributes: 9}},
			Links:  []trace.Link{{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, State: "s", Flags: 1, Attributes: sourcetest.Attributes("l", 1), DroppedAttributes: 2}}},
		{TraceID: id, ID: trace.SpanID{0: 0xff}, Parent: trace.SpanID{7: 1}, Start: 0, End: 0},
		{TraceID: id, ID: trace.SpanID{0: 0xfe}, Parent: trace.SpanID{7: 9}, Start: began, End: began + 1, Resource: resource},
	}
	for n := range 2000 { // more than are written at a time
		spans = append(spans, trace.Span{TraceID: id, ID: sourcetest.SpanID(uint64(n + 100)), Name: "more", Start: began + int64(n), End: began + 1, Resource: resource, Scope: scope})
	}
	h := handler(memory.New(&trace.Batch{Spans: append([]trace.Span{}, spans...)}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v3/traces/"+strings.ToUpper(id.String()), nil))
	require.Equal(t, http.StatusOK, w.Code)
	got, err := format.OTLPJSON(strings.NewReader(result(t, w.Body.String())))
	require.NoError(t, err)
	require.Len(t, got.Spans, len(spans))
	texts := map[string]int{}
	for i := range spans {
		texts[string(format.AppendOTLPJSON(nil, &trace.Batch{Spans: spans[i : i+1]}))]++
		texts[string(format.AppendOTLPJSON(nil, &trace.Batch{Spans: got.Spans[i : i+1]}))]--
	}
	for text, n := range texts {
		assert.Zero(t, n, text)
	}
}
