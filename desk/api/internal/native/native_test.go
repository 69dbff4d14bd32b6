// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api/internal/native"
	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

const (
	// began is when the sample began: 2023-11-14T22:13:20Z, within a minute.
	began  = int64(1_700_000_000_000_000_000)
	minute = int64(time.Minute)
)

// sample has two checkouts (traces 1 and 4) and, between them, two runs of an agent
// in one session (2 and 3), ten minutes apart.
func sample() *memory.Source {
	all := &trace.Batch{}
	for _, b := range []trace.Batch{
		sourcetest.Checkout(1, began), sourcetest.Agent(2, began+10*minute, "s-1"), sourcetest.Agent(3, began+20*minute, "s-1"), sourcetest.Checkout(4, began+30*minute),
	} {
		all.Spans, all.Logs = append(all.Spans, b.Spans...), append(all.Logs, b.Logs...)
	}
	return memory.New(all)
}

func handler(s source.Source) http.Handler {
	return handlerOf(config(s))
}

func handlerOf(c native.Config) http.Handler {
	return native.Handler(web.NewGate(web.GateConfig{Requests: 4, Timeout: time.Minute}), c)
}

func config(s source.Source) native.Config {
	now := func() time.Time { return time.Unix(0, began).Add(time.Hour) }
	return native.Config{Source: s, Now: now, Version: "test"}
}

// document is the description that all answers are checked against.
var document = sync.OnceValues(func() (routers.Router, error) {
	for _, plain := range []string{"text/vnd.graphviz", "application/x-ndjson", "text/html"} {
		openapi3filter.RegisterBodyDecoder(plain, func(r io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
			b, err := io.ReadAll(r)
			return string(b), err
		})
	}
	b, err := os.ReadFile("openapi.json")
	if err != nil {
		return nil, err
	}
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(b)
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(loader.Context); err != nil {
		return nil, err
	}
	return legacy.NewRouter(doc)
})

// ask asks for a path below the base, and checks the answer, and if it is no error
// the question, against the document.
func ask(t *testing.T, s source.Source, path string) *httptest.ResponseRecorder {
	t.Helper()
	return send(t, s, http.MethodGet, path, nil)
}

// send is ask with any method and body.
func send(t *testing.T, s source.Source, method, path string, body io.Reader) *httptest.ResponseRecorder {
	t.Helper()
	return check(t, handler(s), httptest.NewRequest(method, native.Base+path, body))
}

// check has a request answered, and checks both against the document.
func check(t *testing.T, h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	path := r.URL.String()
	router, err := document()
	require.NoError(t, err)
	route, params, err := router.FindRoute(r)
	require.NoError(t, err, path)
	in := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route, Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	if w.Code < http.StatusBadRequest && r.Method == http.MethodGet {
		require.NoError(t, openapi3filter.ValidateRequest(t.Context(), in), path)
	}
	answer := w.Body.Bytes()
	require.NoError(t, openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(answer)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}), "%s: %s", path, answer)
	return w
}

// get asks the sample for something that is there.
func get(t *testing.T, path string) string {
	t.Helper()
	w := ask(t, sample(), path)
	require.Equal(t, http.StatusOK, w.Code, "%s: %s", path, w.Body)
	return w.Body.String()
}

// refused asks the sample for something that it refuses, and returns the message.
func refused(t *testing.T, path string, status int) string {
	t.Helper()
	return failure(t, ask(t, sample(), path), status)
}

// failure is the message of an answer with a status.
func failure(t *testing.T, w *httptest.ResponseRecorder, status int) string {
	t.Helper()
	require.Equal(t, status, w.Code, "%s", w.Body)
	var answer struct {
		Error struct {
			Code, Message string
			Column        int
		}
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	return fmt.Sprintf("%s: %s (%d)", answer.Error.Code, answer.Error.Message, answer.Error.Column)
}

// decoded is an answer as a value.
func decoded[T any](t *testing.T, body string) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(body), &v), body)
	return v
}

type (
	row struct {
		TraceID, SpanID, Start, Name, Service, Kind, Status string
		Duration                                            int64
		Values                                              []any
		Sets                                                []struct {
			Matched    int
			Spans      []row
			By         []any
			Aggregates []float64
		}
	}
	list struct {
		Traces, Spans []row
		Fields        []string
		Next          string
		Total         *struct {
			Count   int
			AtLeast bool
		}
		Partial  bool
		Warnings []string
	}
)

// numbers are the ids of traces, or of traces and spans, without leading zeros.
func numbers(rows []row) string {
	var all []string
	for _, r := range rows {
		number := strings.TrimLeft(r.TraceID, "0")
		if r.SpanID != "" {
			number += ":" + strings.TrimLeft(r.SpanID, "0")
		}
		all = append(all, number)
	}
	return strings.Join(all, " ")
}

func esc(text string) string { return url.QueryEscape(text) }

func TestTraces(t *testing.T) {
	for _, tt := range []struct{ name, query, want string }{
		{"all, the newest first", "", "4 3 2 1"},
		{"TraceQL", "q=" + esc(`{ status = error }`), "4 1"},
		{"parameters of one span", "service=pay&name=SELECT&kind=client", "4 1"},
		{"parameters of different spans", "service=web&name=SELECT", ""},
		{"parameters join the query's spans", "service=web&q=" + esc(`{ status = error }`), "4 1"},
		{"and must hold for one", "service=web&q=" + esc(`{ name = "SELECT" }`), ""},
		{"beside a query of several spans", "service=pay&q=" + esc(`{ kind = server } >> { name = "render" }`), "4 1"},
		{"before a pipeline", "status=error&q=" + esc(`{ kind = client } | count() > 1`), ""},
		{"before a pipeline that is met", "status=error&q=" + esc(`{} | count() > 1`), "4 1"},
		{"status", "status=ok", "4 1"},
		{"durations", "minDuration=900ms&maxDuration=1s", "3 2"},
		{"durations in ns", "minDuration=2000000000", "3 2"},
		{"session", "session=s-1", "3 2"},
		{"chat", "session=chat-1", "3 2"},
		{"a service with a slash and a dot", "service=" + esc("team/agent.v2"), "3 2"},
		{"Lucene", "lucene=" + esc(`resource.service.name: pay AND status.code: 2`), "4 1"},
		{"Lucene of an id in upper case", "lucene=" + esc(strings.ToUpper(sourcetest.TraceID(0x1).String())), "1"},
		{"filters", "filters=" + esc(`[{"key":"kind","operator":"equal","value":["5"]}]`), "3 2"},
		{"filters with a wildcard", "filters=" + esc(`[{"key":"span_name","operator":"like","value":["heck"]}]`), "4 1"},
		{"range", "from=now-55m&to=now-35m", "3 2"},
		{"from is in the range", fmt.Sprintf("from=%d&to=now", began+30*minute), "4"},
		{"to is not", fmt.Sprintf("to=%d", began+30*minute), "3 2 1"},
		{"RFC 3339", "to=2023-11-14T22:13:20.000000001Z", "1"},
		{"oldest", "order=oldest&limit=3", "1 2 3"},
		{"longest", "order=longest", "2 3 1 4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, numbers(decoded[list](t, get(t, "/traces?"+tt.query)).Traces))
		})
	}
	assert.JSONEq(t, `{"traces":[{"traceId":"00000000000000000000000000000002","start":"1700000600000000000","duration":2000000000,
		"root":{"spanId":"0000000000000001","service":"team/agent.v2","name":"run agent","kind":"consumer"},
		"entry":{"spanId":"0000000000000001","service":"team/agent.v2","name":"run agent","kind":"consumer"},
		"whole":false,"spans":4,"errors":0,"orphans":1,"levels":2,"logs":1,"services":[{"name":"team/agent.v2","spans":4,"errors":0}],
		"tokens":{"input":300,"output":50,"total":350},"identity":{"sid":"s-1","chatId":"chat-1","uid":"user-1"}}],
		"total":{"count":1},"scanned":{"traces":4,"spans":18}}`, get(t, "/traces?total=true&q="+esc(`{ trace:id = "2" }`)))
}

func TestPages(t *testing.T) {
	for _, order := range []string{"newest", "oldest", "longest"} {
		for _, path := range []string{"/traces?order=", "/spans?order="} {
			path += order
			whole := decoded[list](t, get(t, path+"&limit=1000&total=true"))
			assert.Empty(t, whole.Next)
			for _, limit := range []int{1, 3} {
				var all list
				next := ""
				for {
					page := decoded[list](t, get(t, fmt.Sprintf("%s&limit=%d%s", path, limit, next)))
					all.Traces, all.Spans = append(all.Traces, page.Traces...), append(all.Spans, page.Spans...)
					assert.Nil(t, page.Total, "not asked for")
					if page.Next == "" {
						break
					}
					next = "&cursor=" + page.Next
				}
				assert.Equal(t, numbers(whole.Traces), numbers(all.Traces))
				assert.Equal(t, numbers(whole.Spans), numbers(all.Spans))
				assert.Equal(t, whole.Total.Count, len(all.Traces)+len(all.Spans))
			}
		}
	}
	next := decoded[list](t, get(t, "/traces?limit=1")).Next
	for _, path := range []string{"/traces?order=oldest", "/traces?service=web", "/spans?limit=1", "/sessions?limit=1", "/logs?limit=1"} {
		assert.Contains(t, refused(t, path+"&cursor="+next, 400), "want the member next of an answer to the same question")
	}
	assert.Contains(t, refused(t, "/traces?cursor=x", 400), "malformed parameter cursor")
}

// TestPagesWhileMoreComes checks that what comes between two pages does not move
// what is on them.
func TestPagesWhileMoreComes(t *testing.T) {
	s := sample()
	first := decoded[list](t, ask(t, s, "/traces?limit=2").Body.String())
	newer := sourcetest.Checkout(9, began+40*minute)
	s.Add(&newer)
	second := decoded[list](t, ask(t, s, "/traces?limit=2&cursor="+first.Next).Body.String())
	assert.Equal(t, "4 3", numbers(first.Traces))
	assert.Equal(t, "2 1", numbers(second.Traces))
}

func TestSets(t *testing.T) {
	got := decoded[list](t, get(t, "/traces?spans=1&field=span.http.response.status_code&field=.nothing&q="+esc(`{ status = error }`)))
	assert.Equal(t, []string{"span.http.response.status_code", ".nothing"}, got.Fields)
	require.Len(t, got.Traces[1].Sets, 1)
	set := got.Traces[1].Sets[0]
	assert.Equal(t, 2, set.Matched)
	assert.Equal(t, "1:3", numbers(set.Spans))
	assert.Equal(t, []any{504.0, nil}, set.Spans[0].Values)
	got = decoded[list](t, get(t, "/traces?spans=5&q="+esc(`{ resource.service.name = "web" } | by(kind) | avg(duration) > 100ms`)))
	require.Len(t, got.Traces[0].Sets, 1)
	assert.Equal(t, []any{"server"}, got.Traces[0].Sets[0].By)
	assert.Equal(t, []float64{120e6}, got.Traces[0].Sets[0].Aggregates)
}

func TestSpans(t *testing.T) {
	for _, tt := range []struct{ name, query, want string }{
		{"errors", "status=error", "4:2 4:3 1:2 1:3"},
		{"structure", "q=" + esc(`{ name = "GET /checkout" } > {}`), "4:5 4:2 1:5 1:2"},
		{"one event has both", "q=" + esc(`{ event:name = "retry" && event.exception.type = "Timeout" }`), ""},
		{"each of two events has one", "q=" + esc(`{ some(event:name = "retry") && some(event.exception.type = "Timeout") }`), "4:2 1:2"},
		{"links to a span", "q=" + esc(`{ link:traceID = "5" && link:spanID = "1" }`), "4:5"},
		{"a list's element", "q=" + esc(`{ span.retries = 2 }`), "4:1 1:1"},
		{"not equal to the empty text", "filters=" + esc(`[{"key":"attributes.db.query.text","operator":"not_equal","value":[""]}]`), "4:4 1:4"},
		{"between is half open", "filters=" + esc(`[{"key":"duration","operator":"between","value":["83000","90000"]}]`), "4:3 1:3"},
		{"a range of a query string has its end", "lucene=" + esc(`elapsed_time: [83000 TO 90000]`), "4:2 4:3 1:2 1:3"},
		{"one value or another", "filters=" + esc(`[{"key":"kind","operator":"equal","value":["2","5"]},{"key":"status.code","operator":"equal","value":["2"]}]`), "4:3 1:3"},
		{"two filters on a field", "filters=" + esc(`[{"key":"span_name","operator":"like","value":["GET"]},{"key":"span_name","operator":"like","value":["check"]}]`), "4:1 1:1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, numbers(decoded[list](t, get(t, "/spans?"+tt.query)).Spans))
		})
	}
	assert.JSONEq(t, `{"spans":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000003","parentId":"0000000000000002","start":"1700000000005000000",
		"duration":83000000,"service":"pay","name":"POST /pay","kind":"server","status":"error","message":"card declined","values":["n2"]}],
		"fields":["resource.host.name"],"scanned":{"traces":4,"spans":18}}`, get(t, "/spans?field=resource.host.name&q="+esc(`{ kind = server && trace:id = "1" && status = error }`)))
}

func TestQuery(t *testing.T) {
	for _, tt := range []struct{ query, want string }{
		{"", `{"valid":true,"simple":true}`},
		{"q=" + esc(`{name="x"&&span.a>1}|select(kind)`), `{"valid":true,"query":"{ name = \"x\" && span.a > 1 } | select(kind)","fields":["kind"],"simple":false}`},
		{"q=" + esc(`{}>>{}`), `{"valid":true,"query":"{ } >> { }","needsTrace":true,"simple":false}`},
		{"lucene=" + esc("kind: 2"), `{"valid":true,"query":"{ kind = server }","simple":true,"conditions":[{"field":"kind","op":"=","values":[{"type":"kind","text":"server"}]}]}`},
		{"filters=" + esc(`[{"key":"status.code","operator":"equal","value":["2"]}]`), `{"valid":true,"query":"{ status = error }","simple":true,"conditions":[{"field":"status","op":"=","values":[{"type":"status","text":"error"}]}],"lucene":"status.code: \"2\""}`},
	} {
		assert.JSONEq(t, tt.want, get(t, "/query?"+tt.query), tt.query)
	}
	for _, tt := range []struct {
		query, want string
		column      int
	}{
		{"q=" + esc(`{ name = }`), "want a string in quotes", 10},
		{"q=" + esc(`{ 名 = 1 }`), "field", 3},
		{"lucene=" + esc(`name: [1 TO`), "", 12},
		{"filters=" + esc(`[{"key":`), "", 0},
		{"q=" + esc("{ name =~ \"(\" }"), "", 11},
		{"q=" + esc(strings.Repeat("(", 70_000)), "", 0},
	} {
		got := decoded[struct {
			Valid bool
			Error struct {
				Code, Message string
				Column        int
			}
		}](t, get(t, "/query?"+tt.query))
		assert.False(t, got.Valid)
		assert.Equal(t, "bad_query", got.Error.Code)
		assert.Contains(t, got.Error.Message, tt.want)
		if tt.column > 0 {
			assert.Equal(t, tt.column, got.Error.Column, got.Error.Message)
		}
	}
	assert.Regexp(t, `^bad_query: .* \(10\)$`, refused(t, "/traces?q="+esc(`{ name = }`), 400))
}

func TestBadRequests(t *testing.T) {
	for _, tt := range []struct{ path, want string }{
		{"/traces?limits=3", "there is no parameter \"limits\" here: want some of cursor, field, filters, from, kind, limit, lucene"},
		{"/traces?limit=0", "want a whole number from 1 to 1000"},
		{"/traces?limit=1001", "want a whole number from 1 to 1000"},
		{"/traces?order=up", "want one of newest, oldest, longest"},
		{"/traces?kind=service", "want one of"},
		{"/traces?from=tomorrow", "want a time such as"},
		{"/traces?from=now&to=now-1h", "want a time after that of from"},
		{"/traces?minDuration=2s&maxDuration=1s", "want no less than minDuration"},
		{"/traces?field=%7B", "want a field such as"},
		{"/traces?field=any", "want a field such as"},
		{"/traces?filters=x", "bad_query"},
		{"/traces?filters=" + esc(`[{"key":"a","operator":"between","value":["1"]}]`), "bad_query"},
		{"/traces/xyz", "want the id of a trace"},
		{"/traces/1?view=tree,x", "want some of summary,tree,waterfall"},
		{"/traces/1?format=json", "want one of otlp, jaeger, chrome, columns, speedscope, html"},
		{"/traces/1?view=flame&format=dot", "want one of json"},
		{"/traces/1?view=topology,services&format=dot", "want one of json"},
		{"/traces/1?view=statistics&by=color", "malformed parameter by"},
		{"/compare?baseline=1", "malformed parameter comparison"},
		{"/compare?baseline=1&comparison=01", "want another trace than the baseline"},
		{"/compare?baseline=1&comparison=2&view=tree", "want one of diff, flame, topology, statistics"},
		{"/fields?scope=logs", "want one of"},
		{"/fields/values", "malformed parameter field: want one"},
		{"/fields/values?field=name&field=kind", "malformed parameter field: want one"},
		{"/fields/top", "want one to 50 of them"},
		{"/fields/top?field=name&field=kind&format=csv", "csv has room for one field"},
		{"/fields/graph?field=name&step=90s", "want whole minutes"},
		{"/fields/graph?field=name&step=1m&from=1", "there would be more than 11000"},
		{"/durations?of=links", "want one of spans, traces"},
		{"/statistics?by=%7B", "want service, operation, kind, status, or a field"},
		{"/statistics?step=-1m", "want a duration"},
		{"/statistics?from=now%2B1h", "want a time before now"},
		{"/logs?trace=x", "want the id of a trace"},
		{"/logs?span=x", "want the id of a span"},
		{"/logs?severity=bad", "want one of"},
		{"/sessions?by=user", "want one of sid, chat, conversation"},
		{"/live?q=%7B", "bad_query"},
		{"/status?x=1", "there is no parameter"},
		{"/openapi.json?x=1", "there is no parameter"},
		{"/query?x=1", "there is no parameter"},
		{"/query?limit=1", "there is no parameter"},
	} {
		t.Run(tt.path, func(t *testing.T) { assert.Contains(t, refused(t, tt.path, 400), tt.want) })
	}
	assert.Contains(t, refused(t, "/traces/77", 404), "trace not found")
	assert.Contains(t, refused(t, "/compare?baseline=1&comparison=77", 404), "trace not found: 00000000000000000000000000000077")
	assert.Contains(t, refused(t, "/sessions/nobody", 404), "session not found")
	w := httptest.NewRecorder()
	handler(sample()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, native.Base+"/../../etc/passwd", nil))
	assert.NotEqual(t, http.StatusOK, w.Code)
	w = httptest.NewRecorder()
	handler(sample()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, native.Base+"/nothing", nil))
	assert.JSONEq(t, `{"error":{"code":"not_found","message":"there is nothing at \"/api/desk/v1/nothing\""}}`, w.Body.String())
}

// examples are parameters that requests must have.
var examples = map[string]string{"baseline": "1", "comparison": "2", "field": "name", "text": "x", "url": "s3://values/key", "trace": "1", "name": "x"}

// TestParameters checks that the document and the handlers know the same paths,
// methods and parameters.
func TestParameters(t *testing.T) {
	b, err := os.ReadFile("openapi.json")
	require.NoError(t, err)
	doc, err := openapi3.NewLoader().LoadFromData(b)
	require.NoError(t, err)
	var paths []string
	wanted := regexp.MustCompile(`want (?:some of (.*)|none) \(0\)$`)
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			paths = append(paths, method+" "+native.Base+path)
			var described []string
			query := url.Values{"nonsense": {"1"}}
			for _, p := range operation.Parameters {
				if p.Value.In == "query" {
					described = append(described, p.Value.Name)
				}
				if p.Value.Required && p.Value.In == "query" {
					require.Contains(t, examples, p.Value.Name)
					query.Set(p.Value.Name, examples[p.Value.Name])
				}
			}
			slices.Sort(described)
			message := failure(t, send(t, sample(), method, strings.Replace(path, "{id}", "1", 1)+"?"+query.Encode(), nil), 400)
			known := wanted.FindStringSubmatch(message)
			require.NotNil(t, known, "%s: %s", path, message)
			assert.Equal(t, strings.Join(slices.Compact(described), ", "), known[1], path)
		}
	}
	face, ok := handler(sample()).(*web.Face)
	require.True(t, ok)
	assert.ElementsMatch(t, face.Patterns(), paths, "what is described is what there is")
}

// failing is a source that cannot be read.
type failing struct{ source.Source }

var errBroken = errors.New("the disk is on fire")

func (failing) Search(context.Context, *source.Search) (*source.Page, error) { return nil, errBroken }

func TestBrokenSource(t *testing.T) {
	w := ask(t, failing{sample()}, "/traces")
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.JSONEq(t, `{"error":{"code":"internal","message":"the traces could not be read"}}`, w.Body.String())
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}
