// SPDX-License-Identifier: Apache-2.0

package jaeger_test

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api/internal/jaeger"
	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// began is when the sample began: 2023-11-14T22:13:20Z.
const began = int64(1_700_000_000_000_000_000)

// sample has a checkout (trace 1), an agent's run a minute later (2), and a span of
// nobody a minute after that (3).
func sample() *memory.Source {
	checkout, agent := sourcetest.Checkout(1, began), sourcetest.Agent(2, began+int64(time.Minute), "s-1")
	nobody := trace.Batch{Spans: []trace.Span{{
		TraceID: sourcetest.TraceID(3), ID: sourcetest.SpanID(1), Name: "cron", Start: began + 2*int64(time.Minute), End: began + 2*int64(time.Minute) + 1500,
		Attributes: sourcetest.Attributes("big", 1<<53+1, "raw", trace.Bytes([]byte{0, 255}), "list", trace.List(trace.Int(1), trace.String("x")), "share", 0.5, "on", true),
	}}}
	return memory.New(&checkout, &agent, &nobody)
}

func handler(s *memory.Source) http.Handler {
	now := func() time.Time { return time.Unix(0, began).Add(time.Hour) }
	return jaeger.Handler(web.NewGate(web.GateConfig{Requests: 4, Timeout: time.Minute}), s, now)
}

// get asks the sample for a path; without a status it has to be found.
func get(t *testing.T, path string, status ...int) string {
	t.Helper()
	w := httptest.NewRecorder()
	handler(sample()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	want := http.StatusOK
	if len(status) > 0 {
		want = status[0]
	}
	require.Equal(t, want, w.Code, "%s: %s", path, w.Body)
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	return w.Body.String()
}

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

// indented is JSON with a member a line.
func indented(t *testing.T, text string) string {
	t.Helper()
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	require.NoError(t, d.Decode(&v), text)
	b, err := json.MarshalIndent(v, "", " ")
	require.NoError(t, err)
	return string(b) + "\n"
}

func micros(ns int64) string { return strconv.FormatInt(ns/1000, 10) }

func rfc(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

// ids are the traces of an answer of the first version.
func ids(t *testing.T, body string) string {
	t.Helper()
	var answer struct {
		Data []struct {
			TraceID string `json:"traceID"`
		} `json:"data"`
		Total int
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
	assert.Equal(t, len(answer.Data), answer.Total)
	var all []string
	for _, d := range answer.Data {
		all = append(all, strings.TrimLeft(d.TraceID, "0"))
	}
	return strings.Join(all, " ")
}

func TestServices(t *testing.T) {
	assert.JSONEq(t, `{"data":["pay","team/agent.v2","unknown_service","web"],"total":4,"limit":0,"offset":0,"errors":null}`, get(t, "/api/services"))
	assert.JSONEq(t, `{"services":["pay","team/agent.v2","unknown_service","web"]}`, get(t, "/api/v3/services"))
	for path, want := range map[string]string{"/api/services": `{"data":[],"total":0,"limit":0,"offset":0,"errors":null}`, "/api/v3/services": `{"services":[]}`} {
		w := httptest.NewRecorder()
		handler(memory.New()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		assert.JSONEq(t, want, w.Body.String())
	}
}

func TestOperations(t *testing.T) {
	// The user interface escapes the name of a service, whatever is in it.
	assert.JSONEq(t, `{"data":["chat","execute_tool search","run agent"],"total":3,"limit":0,"offset":0,"errors":null}`,
		get(t, "/api/services/"+url.PathEscape("team/agent.v2")+"/operations"))
	assert.JSONEq(t, `{"data":["cron"],"total":1,"limit":0,"offset":0,"errors":null}`, get(t, "/api/services/unknown_service/operations"))
	assert.JSONEq(t, `{"data":[],"total":0,"limit":0,"offset":0,"errors":null}`, get(t, "/api/services/nobody/operations"))
	assert.JSONEq(t, `{"data":[{"name":"GET /checkout","spanKind":"server"}],"total":1,"limit":0,"offset":0,"errors":null}`,
		get(t, "/api/operations?service=web&spanKind=server"))
	assert.JSONEq(t, `{"data":[{"name":"cron","spanKind":""}],"total":1,"limit":0,"offset":0,"errors":null}`, get(t, "/api/operations?service=unknown_service"))
	assert.JSONEq(t, `{"operations":[{"name":"GET /checkout","spanKind":"server"},{"name":"POST /pay","spanKind":"client"},{"name":"render","spanKind":"internal"}]}`,
		get(t, "/api/v3/operations?service=web"))
	assert.JSONEq(t, `{"operations":[{"name":"cron","spanKind":"unspecified"}]}`, get(t, "/api/v3/operations?spanKind=unspecified"))
	assert.JSONEq(t, `{"operations":[{"name":"POST /pay","spanKind":"client"}]}`, get(t, "/api/v3/operations?service=web&span_kind=client"))
	assert.Contains(t, get(t, "/api/v3/operations?spanKind=SERVER", 400), "want server, client")
	assert.Contains(t, get(t, "/api/operations?spanKind=x", 400), "want server, client")
}

// TestUISearch asks as Jaeger's user interface up to 2.18 does.
func TestUISearch(t *testing.T) {
	path := "/api/traces?end=" + micros(began+int64(time.Hour)) + "&limit=20&lookback=1h&maxDuration&minDuration&operation=GET%20%2Fcheckout&service=web&start=" + micros(began)
	golden(t, "checkout.json", indented(t, get(t, path)))
}

// TestGrafanaSearch asks as Grafana's data source does.
func TestGrafanaSearch(t *testing.T) {
	tags := url.QueryEscape(`{"error":"true","http.response.status_code":"504"}`)
	assert.Equal(t, "1", ids(t, get(t, "/api/traces?limit=20&maxDuration=1s&minDuration=1ms&operation=POST+%2Fpay&service=web&tags="+tags)))
	assert.Empty(t, ids(t, get(t, "/api/traces?service=web&operation=GET+%2Fcheckout&tags="+tags)))
}

func TestSearch(t *testing.T) {
	for _, tt := range []struct{ name, query, want string }{
		{"everything, the newest first", "", "3 2 1"},
		{"a service", "service=web", "1"},
		{"a service with a slash and a dot", "service=team%2Fagent.v2", "2"},
		{"spans of no service", "service=unknown_service", "3"},
		{"an operation", "operation=chat", "2"},
		{"service and operation of one span", "service=pay&operation=GET+%2Fcheckout", ""},
		{"limit", "limit=2", "3 2"},
		{"from", "start=" + micros(began+1000), "3 2"},
		{"from that is inclusive", "start=" + micros(began), "3 2 1"},
		{"to that is inclusive", "start=1&end=" + micros(began), "1"},
		{"before", "start=1&end=" + micros(began-1000), ""},
		{"two days before now, by default", "", "3 2 1"},
		{"at least", "minDuration=1.2s", "2"},
		{"at most", "maxDuration=100ms", "3 1"},
		{"at least and at most, of one span", "minDuration=1.9s&maxDuration=2.1s", "2"},
		{"microseconds", "minDuration=1200000", "2"},
		{"microseconds at most", "maxDuration=2", "3"},
		{"tag", "tag=sid:s-1", "2"},
		{"a tag with a colon in its value", "tag=a:b:c", ""},
		{"tags that are all there", "tag=sid:s-1&tag=uid:user-1", "2"},
		{"tags of different spans", "tag=" + url.QueryEscape("db.system.name:mysql") + "&tag=" + url.QueryEscape("http.request.method:GET"), ""},
		{"tags as JSON", "tags=" + url.QueryEscape(`{"http.response.status_code":"500"}`), "1"},
		{"an empty object", "tags=%7B%7D", "3 2 1"},
		{"tags empty", "tags=", "3 2 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, ids(t, get(t, "/api/traces?"+tt.query)))
		})
	}
}

func TestTags(t *testing.T) {
	for _, tt := range []struct{ key, value, want string }{
		{"http.response.status_code", "504", "1"}, // a number in one span, a string in another
		{"amount", "12.5", "1"},
		{"cached", "false", "1"},
		{"retries", "2", "1"}, // in a list
		{"host.name", "n2", "1"},
		{"stable", "true", "1"}, // of the instrumentation
		{"exception.type", "Timeout", "1"},
		{"event", "exception", "1"},
		{"error", "true", "1"},
		{"error", "false", "3 2 1"},
		{"span.kind", "consumer", "2"},
		{"span.kind", "unspecified", "3"},
		{"otel.status_code", "ERROR", "1"},
		{"otel.status_code", "OK", "1"},
		{"otel.status_description", "card declined", "1"},
		{"otel.scope.name", "example.com/instrumentation", "1"},
		{"otel.library.version", "1.2.0", "1"},
		{"on", "true", "3"},
		{"on", "TRUE", ""},
		{"share", "0.5", "3"},
		{"big", "9007199254740993", "3"},
		{"nothing", "NaN", ""},
	} {
		t.Run(tt.key+"="+tt.value, func(t *testing.T) {
			tags, err := json.Marshal(map[string]string{tt.key: tt.value})
			require.NoError(t, err)
			assert.Equal(t, tt.want, ids(t, get(t, "/api/traces?tags="+url.QueryEscape(string(tags)))))
			body := httptest.NewRecorder()
			handler(sample()).ServeHTTP(body, httptest.NewRequest(http.MethodGet, v3Search("&query.attributes="+url.QueryEscape(string(tags))), nil))
			assert.Equal(t, tt.want, summaries(t, body.Body.String()))
		})
	}
}

func TestTrace(t *testing.T) {
	id := sourcetest.TraceID(0xabcdef)
	batch := sourcetest.Checkout(0xabcdef, began)
	h := handler(memory.New(&batch))
	want := ""
	for _, text := range []string{
		id.String(), strings.ToUpper(id.String()), "abcdef", "0000000000ABCDEF", url.PathEscape(base64.StdEncoding.EncodeToString(id[:])),
		id.String() + "?start=1&end=2", id.String() + "?raw=true&prettyPrint=true",
		// Grafana sends milliseconds where microseconds are wanted.
		fmt.Sprintf("%s?start=%d&end=%d", id, began/1e6, (began+int64(time.Hour))/1e6),
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/traces/"+text, nil))
		require.Equal(t, http.StatusOK, w.Code, text)
		if want == "" {
			want = w.Body.String()
			assert.Equal(t, "abcdef", ids(t, want))
		}
		assert.Equal(t, want, w.Body.String(), text)
	}
}

// TestTypes checks that tags have the types of their values, that numbers which
// JavaScript would round are strings, and that what is missing is left out.
func TestTypes(t *testing.T) {
	golden(t, "types.json", indented(t, get(t, "/api/traces/3")))
}

func TestMissingTrace(t *testing.T) {
	assert.JSONEq(t, `{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":404,"msg":"trace not found"}]}`, get(t, "/api/traces/77", 404))
	assert.JSONEq(t, `{"error":{"httpCode":404,"message":"trace not found"}}`, get(t, "/api/v3/traces/77", 404))
	alone := &trace.Batch{Logs: []trace.Log{{TraceID: sourcetest.TraceID(9), Body: trace.String("alone")}}}
	for _, path := range []string{"/api/traces/9", "/api/v3/traces/9"} {
		w := httptest.NewRecorder()
		handler(memory.New(alone)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		assert.Equal(t, http.StatusNotFound, w.Code)
	}
}

func TestTracesByID(t *testing.T) {
	body := get(t, "/api/traces?traceID=3&traceID=77&traceID=0000000000000001")
	assert.Equal(t, "3 1", ids(t, body))
	assert.Contains(t, body, `"errors":[{"code":404,"msg":"trace not found","traceID":"00000000000000000000000000000077"}]`)
	assert.Contains(t, get(t, "/api/traces?traceID=3&traceID=xyz", 400), "want the id of a trace")
	assert.Contains(t, get(t, "/api/traces?"+strings.Repeat("traceID=1&", 1501), 400), "want 1500 at most")
}

func TestBadRequests(t *testing.T) {
	for _, tt := range []struct{ path, want string }{
		{"/api/traces/xyz", "malformed parameter traceID"},
		{"/api/traces/0", "malformed parameter traceID"},
		{"/api/traces/" + strings.Repeat("a", 40), "malformed parameter traceID"},
		{"/api/traces/1?start=yesterday", "want a number of microseconds since 1970"},
		{"/api/traces/1?raw=perhaps", "want true or false"},
		{"/api/traces?limit=0", "want a whole number from 1 to 1500"},
		{"/api/traces?limit=99999999999999999999", "want a whole number from 1 to 1500"},
		{"/api/traces?start=-5", "want a number of microseconds"},
		{"/api/traces?start=9999999999999999999", "want a number of microseconds"},
		{"/api/traces?start=2&end=1", "want a time after that of start"},
		{"/api/traces?minDuration=long", "want a duration such as 1.5s or 200ms, or a number of microseconds"},
		{"/api/traces?minDuration=-1s", "want a duration"},
		{"/api/traces?minDuration=2s&maxDuration=1s", "want no less than minDuration"},
		{"/api/traces?tag=x", "want key:value"},
		{"/api/traces?tags=x", "want a JSON object of strings"},
		{"/api/traces?tags=%7B%22a%22:1%7D", "want a JSON object of strings"},
		{"/api/traces?limit=%zz", "cannot be read"},
		{"/api/dependencies?endTs=x", "want a number of milliseconds since 1970"},
		{"/api/dependencies?lookback=x", "want a duration"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			var answer struct {
				Data   any
				Errors []struct {
					Code int
					Msg  string
				}
			}
			require.NoError(t, json.Unmarshal([]byte(get(t, tt.path, 400)), &answer))
			require.Len(t, answer.Errors, 1)
			assert.Equal(t, 400, answer.Errors[0].Code)
			assert.Contains(t, answer.Errors[0].Msg, tt.want)
			assert.Nil(t, answer.Data)
		})
	}
}

func TestDependencies(t *testing.T) {
	end := strconv.FormatInt((began+int64(time.Hour))/1e6, 10)
	want := `{"data":[{"parent":"web","child":"pay","callCount":1}],"total":1,"limit":0,"offset":0,"errors":null}`
	none := `{"data":[],"total":0,"limit":0,"offset":0,"errors":null}`
	assert.JSONEq(t, want, get(t, "/api/dependencies?endTs="+end+"&lookback=604800000"))
	assert.JSONEq(t, want, get(t, "/api/dependencies"))
	assert.JSONEq(t, want, get(t, "/api/dependencies?service=pay"))
	assert.JSONEq(t, none, get(t, "/api/dependencies?service=agent"))
	assert.JSONEq(t, none, get(t, "/api/dependencies?endTs="+end+"&lookback=60000"))
	times := "startTime=" + rfc(began) + "&endTime=" + rfc(began+int64(time.Hour))
	assert.JSONEq(t, `{"dependencies":[{"parent":"web","child":"pay","callCount":"1"}]}`, get(t, "/api/v3/dependencies?"+times))
	assert.Contains(t, get(t, "/api/v3/dependencies", 400), "startTime and endTime are required")
	assert.Contains(t, get(t, "/api/v3/dependencies?start_time="+rfc(began)+"&end_time="+rfc(began), 400), "endTime")
}

func TestWrongPlaces(t *testing.T) {
	assert.JSONEq(t, `{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":404,"msg":"there is nothing at \"/api/nothing\""}]}`, get(t, "/api/nothing", 404))
	assert.JSONEq(t, `{"error":{"httpCode":404,"message":"there is nothing at \"/api/v3/nothing\""}}`, get(t, "/api/v3/nothing", 404))
	w := httptest.NewRecorder()
	handler(sample()).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/traces", strings.NewReader("{}")))
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
	assert.Contains(t, w.Body.String(), "want GET")
}
