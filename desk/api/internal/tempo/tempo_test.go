// SPDX-License-Identifier: Apache-2.0

package tempo_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/desk/api/internal/tempo"
	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

const (
	// began is when the sample began: 2023-11-14T22:13:20Z.
	began = int64(1_700_000_000_000_000_000)
	ms    = int64(time.Millisecond)
)

// sample has a checkout (trace 1), an agent's run a minute later (2), and a log
// record of a trace without spans (9).
func sample() *memory.Source {
	checkout, agent := sourcetest.Checkout(1, began), sourcetest.Agent(2, began+int64(time.Minute), "s-1")
	alone := trace.Batch{Logs: []trace.Log{{TraceID: sourcetest.TraceID(9), Time: began, Body: trace.String("alone")}}}
	return memory.New(&checkout, &agent, &alone)
}

func ask(t *testing.T, path, accept string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, tempo.Base+path, nil)
	r.Header.Set("Accept", accept)
	tempo.Handler(web.NewGate(web.GateConfig{Requests: 4, Timeout: time.Minute}), sample()).ServeHTTP(w, r)
	return w
}

// get asks the sample for something that is there.
func get(t *testing.T, path string) string {
	t.Helper()
	w := ask(t, path, "application/json")
	require.Equal(t, http.StatusOK, w.Code, "%s: %s", path, w.Body)
	return w.Body.String()
}

func hexID(n uint64) string { return sourcetest.TraceID(n).String() }

func text(ns int64) string { return strconv.FormatInt(ns, 10) }

// TestDataSourceTest has what Grafana asks when a data source is saved.
func TestDataSourceTest(t *testing.T) {
	assert.Equal(t, "echo", get(t, "/api/echo"))
	assert.Equal(t, "ready", get(t, "/ready"))
	var info struct{ Version string }
	require.NoError(t, json.Unmarshal([]byte(get(t, "/api/status/buildinfo")), &info))
	assert.Regexp(t, `^2\.\d+\.\d+$`, info.Version)
}

// TestSearch checks an answer to a query, field by field.
func TestSearch(t *testing.T) {
	got := get(t, "/api/search?limit=20&spss=3&start=1699999999&end=1700000100&q="+url.QueryEscape(`{ resource.service.name = "pay" && status = error } | select(span.http.request.method)`))
	assert.JSONEq(t, `{
		"traces": [{
			"traceID": "`+hexID(1)+`", "rootServiceName": "web", "rootTraceName": "GET /checkout",
			"startTimeUnixNano": "`+text(began)+`", "durationMs": 120,
			"spanSet": {"matched": 1, "spans": [{
				"spanID": "0000000000000003", "name": "POST /pay", "startTimeUnixNano": "`+text(began+5*ms)+`", "durationNanos": "83000000",
				"attributes": [
					{"key": "service.name", "value": {"stringValue": "pay"}},
					{"key": "http.request.method", "value": {"stringValue": "POST"}},
					{"key": "status", "value": {"stringValue": "error"}}
				]
			}]},
			"spanSets": [{"matched": 1, "spans": [{
				"spanID": "0000000000000003", "name": "POST /pay", "startTimeUnixNano": "`+text(began+5*ms)+`", "durationNanos": "83000000",
				"attributes": [
					{"key": "service.name", "value": {"stringValue": "pay"}},
					{"key": "http.request.method", "value": {"stringValue": "POST"}},
					{"key": "status", "value": {"stringValue": "error"}}
				]
			}]}],
			"serviceStats": {"pay": {"spanCount": 2, "errorCount": 1}, "web": {"spanCount": 3, "errorCount": 1}}
		}],
		"metrics": {"inspectedTraces": 2, "inspectedSpans": "9"}
	}`, got)
}

// found are the traces of an answer, and how many spans each shows.
func found(t *testing.T, body string) string {
	t.Helper()
	var answer struct {
		Traces []struct {
			TraceID  string
			SpanSets []struct {
				Spans   []struct{ SpanID string }
				Matched int
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
	require.NotNil(t, answer.Traces)
	var all []string
	for _, tr := range answer.Traces {
		var one strings.Builder
		one.WriteString(strings.TrimLeft(tr.TraceID, "0"))
		for _, s := range tr.SpanSets {
			one.WriteString(":" + strconv.Itoa(len(s.Spans)) + "/" + strconv.Itoa(s.Matched))
		}
		all = append(all, one.String())
	}
	return strings.Join(all, " ")
}

func TestSearches(t *testing.T) {
	for _, tt := range []struct{ name, query, want string }{
		{"nothing asked", "", "2 1"},
		{"everything", "q={}", "2:3/4 1:3/5"},
		{"a limit", "limit=1", "2"},
		{"more spans", "q={}&spss=4", "2:4/4 1:4/5"},
		{"in seconds, ends included", "start=1700000000&end=1700000000", "1"},
		{"before", "end=1699999999", ""},
		{"a number", `q={ span.http.response.status_code >= 504 }`, "1:2/2"},
		{"structure", `q={ name = "GET /checkout" } >> { status = error }`, "1:2/2"},
		{"counts", `q={ resource.service.name = "web" } | count() > 2`, "1:3/3"},
		{"tags, by part of the value in either case", "tags=service.name=PA", "1:2/2"},
		{"tags with a space", `tags=db.query.text="select 1"`, "1:1/1"},
		{"tags with a number", "tags=http.response.status_code=500", "1:1/1"},
		{"several tags of one span", "tags=service.name=pay http.request.method=post", "1:1/1"},
		{"a tag for the status", "tags=status=error service.name=web", "1:1/1"},
		{"a tag for the name", "tags=name=check", "1:1/1"},
		{"duration of the trace", "minDuration=100ms&maxDuration=130ms", "1:3/5"},
		{"tags that are not there", "tags=service.name=nobody", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name, value, _ := strings.Cut(tt.query, "=")
			query := tt.query
			if name == "q" || name == "tags" {
				value, rest, more := strings.Cut(value, "&")
				if query = name + "=" + url.QueryEscape(value); more {
					query += "&" + rest
				}
			}
			assert.Equal(t, tt.want, found(t, get(t, "/api/search?"+query)))
		})
	}
}

// TestTraceByID checks that all forms of an answer hold the same spans.
func TestTraceByID(t *testing.T) {
	sent := sourcetest.Checkout(1, began)
	web.Grouped(sent.Spans)
	want := &tracepb.TracesData{ResourceSpans: format.ToTraces(sent.Spans)}
	same := func(got *tracepb.TracesData) { assert.Empty(t, diff(want, got)) }
	fromJSON := func(member string, body string) *tracepb.TracesData {
		body = strings.Replace(body, `"`+member+`"`, `"resourceSpans"`, 1)
		got := &tracepb.TracesData{}
		require.NoError(t, protojson.Unmarshal([]byte(body), got))
		return got
	}
	v1 := get(t, "/api/traces/"+hexID(1))
	same(fromJSON("batches", v1))
	id := sourcetest.TraceID(1)
	assert.Contains(t, strings.ReplaceAll(v1, " ", ""), `"traceId":"`+base64.StdEncoding.EncodeToString(id[:])+`"`, "as Tempo writes ids")
	assert.Contains(t, v1, `"SPAN_KIND_SERVER"`)

	var v2 struct{ Trace, Metrics json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(get(t, "/api/v2/traces/1?start=1&end=2")), &v2), "the range is a hint")
	same(fromJSON("resourceSpans", string(v2.Trace)))
	assert.JSONEq(t, "{}", string(v2.Metrics))

	w := ask(t, "/api/traces/"+hexID(1), "application/protobuf")
	assert.Equal(t, "application/protobuf", w.Header().Get("Content-Type"))
	got := &tracepb.TracesData{}
	require.NoError(t, proto.Unmarshal(w.Body.Bytes(), got))
	same(got)

	w = ask(t, "/api/v2/traces/"+hexID(1), "text/html, Application/Protobuf; q=0.9")
	number, kind, n := protowire.ConsumeTag(w.Body.Bytes())
	require.Equal(t, protowire.BytesType, kind)
	require.EqualValues(t, 1, number)
	inner, m := protowire.ConsumeBytes(w.Body.Bytes()[n:])
	require.Equal(t, w.Body.Len(), n+m, "there is no more in it")
	got = &tracepb.TracesData{}
	require.NoError(t, proto.Unmarshal(inner, got))
	same(got)
}

// diff is what differs, as JSON; "" if nothing does.
func diff(want, got *tracepb.TracesData) string {
	if proto.Equal(want, got) {
		return ""
	}
	return protojson.Format(want) + " is not " + protojson.Format(got)
}

// TestFilteredTrace checks traces of which only some spans are wanted.
func TestFilteredTrace(t *testing.T) {
	names := func(query string) (names []string) {
		w := ask(t, "/api/v2/traces/1?"+query, "application/protobuf")
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		_, _, n := protowire.ConsumeTag(w.Body.Bytes())
		inner, _ := protowire.ConsumeBytes(w.Body.Bytes()[n:])
		spans, err := format.UnmarshalTraces(inner)
		require.NoError(t, err)
		for _, s := range spans {
			names = append(names, s.Name)
		}
		return names
	}
	assert.ElementsMatch(t, []string{"GET /checkout", "POST /pay", "POST /pay", "SELECT"}, names("q="+url.QueryEscape(`{ name = "SELECT" }`)))
	assert.Equal(t, []string{"SELECT"}, names("keep_hierarchy=false&q="+url.QueryEscape(`{ name = "SELECT" }`)))
	assert.Empty(t, names("q="+url.QueryEscape(`{ name = "nothing" }`)))
	assert.Len(t, names("q={}"), 5)
}

func TestTags(t *testing.T) {
	var v1 struct{ TagNames []string }
	require.NoError(t, json.Unmarshal([]byte(get(t, "/api/search/tags?scope=resource")), &v1))
	assert.Equal(t, []string{"host.name", "service.name", "telemetry.sdk.name"}, v1.TagNames)
	require.NoError(t, json.Unmarshal([]byte(get(t, "/api/search/tags")), &v1))
	assert.Contains(t, v1.TagNames, "service.name")
	assert.Contains(t, v1.TagNames, "http.request.method")
	assert.NotContains(t, v1.TagNames, "exception.type", "those of events are asked for")

	type scope struct {
		Name string
		Tags []string
	}
	var v2 struct{ Scopes []scope }
	require.NoError(t, json.Unmarshal([]byte(get(t, "/api/v2/search/tags?limit=5000&start=1700000000&end=1700000060")), &v2))
	var names []string
	for _, s := range v2.Scopes {
		names = append(names, s.Name)
	}
	assert.Equal(t, []string{"event", "instrumentation", "link", "resource", "span", "intrinsic"}, names)
	assert.Equal(t, []string{"host.name", "service.name", "telemetry.sdk.name"}, v2.Scopes[3].Tags)
	assert.Contains(t, v2.Scopes[5].Tags, "rootServiceName")
	require.NoError(t, json.Unmarshal([]byte(get(t, "/api/v2/search/tags?scope=link")), &v2))
	assert.Equal(t, []scope{{"link", []string{"why"}}}, v2.Scopes)
	require.NoError(t, json.Unmarshal([]byte(get(t, "/api/v2/search/tags?scope=resource&limit=1")), &v2))
	assert.Equal(t, []scope{{"resource", []string{"host.name"}}}, v2.Scopes)
}

func TestTagValues(t *testing.T) {
	for _, tt := range []struct{ path, want string }{
		{"/api/search/tag/service.name/values", `["pay","team/agent.v2","web"]`},
		{"/api/search/tag/http.response.status_code/values", `["500","504"]`},
		{"/api/search/tag/status/values", `["error","ok","unset"]`},
		{"/api/search/tag/why/values", `[]`},
		{"/api/search/tag/service.name/values?limit=1", `["team/agent.v2"]`},
		{"/api/v2/search/tag/resource.service.name/values", `[{"type":"string","value":"team/agent.v2"},{"type":"string","value":"web"},{"type":"string","value":"pay"}]`},
		{"/api/v2/search/tag/.service.name/values?limit=1", `[{"type":"string","value":"team/agent.v2"}]`},
		{"/api/v2/search/tag/link.why/values", `[{"type":"string","value":"cause"}]`},
		{"/api/v2/search/tag/status/values?q=" + url.QueryEscape(`{ resource.service.name = "pay" }`), `[{"type":"keyword","value":"error"},{"type":"keyword","value":"unset"}]`},
		{"/api/v2/search/tag/kind/values?q=" + url.QueryEscape(`{ resource.service.name = "pay" }`), `[{"type":"keyword","value":"client"},{"type":"keyword","value":"server"}]`},
		{"/api/v2/search/tag/span.cached/values", `[{"type":"bool","value":"false"}]`},
		{"/api/v2/search/tag/span.amount/values", `[{"type":"float","value":"12.5"}]`},
		{"/api/v2/search/tag/span.retries/values", `[{"type":"int","value":"1"},{"type":"int","value":"2"}]`},
		{"/api/v2/search/tag/traceDuration/values?q=" + url.QueryEscape(`{ resource.service.name = "pay" }`), `[{"type":"duration","value":"120000000ns"}]`},
		{"/api/v2/search/tag/event%3Aname/values?limit=1&q=" + url.QueryEscape(`{ status = error }`), `[{"type":"string","value":"exception"}]`},
		{"/api/v2/search/tag/event%253Aname/values?limit=1&q=" + url.QueryEscape(`{ status = error }`), `[{"type":"string","value":"exception"}]`},
		{"/api/v2/search/tag/span.cached/values?q=" + url.QueryEscape(`{ resource.service.name = }`), `[{"type":"bool","value":"false"}]`},
		{"/api/v2/search/tag/span.cached/values?end=1", `[]`},
	} {
		t.Run(tt.path, func(t *testing.T) {
			var answer struct{ TagValues json.RawMessage }
			require.NoError(t, json.Unmarshal([]byte(get(t, tt.path)), &answer))
			assert.JSONEq(t, tt.want, string(answer.TagValues))
		})
	}
}

func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		path   string
		status int
		want   string
	}{
		{"/api/traces/" + hexID(7), 404, "trace not found"},
		{"/api/v2/traces/" + hexID(9), 404, "trace not found"},
		{"/api/traces/xyz", 400, "malformed parameter id"},
		{"/api/traces/1?start=then", 400, "malformed parameter start"},
		{"/api/v2/traces/1?q={}|count()>1", 400, "want one set of spans"},
		{"/api/v2/traces/1?q={", 400, "query:"},
		{"/api/v2/traces/1?keep_hierarchy=perhaps", 400, "want one of true, false"},
		{"/api/search?q={", 400, "query:"},
		{"/api/search?limit=0", 400, "want a whole number from 1 to"},
		{"/api/search?limit=ten", 400, "want a whole number from 1 to"},
		{"/api/search?minDuration=long", 400, "want a duration"},
		{"/api/search?minDuration=2s&maxDuration=1s", 400, "no less than minDuration"},
		{"/api/search?tags=service.name", 400, "want key=value"},
		{`/api/search?tags=a="b`, 400, "want key=value"},
		{"/api/search?start=2&end=1", 400, "want a time after that of start"},
		{"/api/search?end=99999999999999999999", 400, "want a number of seconds"},
		{"/api/search/tags?scope=nowhere", 400, "want one of"},
		{"/api/v2/search/tags?limit=-1", 400, "want a whole number"},
		{"/api/v2/search/tag/nonsense/values", 400, "want a field such as"},
		{"/api/v2/search/tag/any/values", 400, "want a field such as"},
		{"/api/search/tag/a/values?start=x", 400, "malformed parameter start"},
		{"/api/metrics/query_range", 404, "there is nothing at"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			path, query, found := strings.Cut(tt.path, "?")
			if name, value, _ := strings.Cut(query, "="); found && !strings.Contains(value, "&") {
				path += "?" + name + "=" + url.QueryEscape(value)
			} else if found {
				path += "?" + query
			}
			w := ask(t, path, "")
			assert.Equal(t, tt.status, w.Code)
			assert.Contains(t, w.Body.String(), tt.want)
			assert.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
		})
	}
}
