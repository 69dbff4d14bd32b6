// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// An endpoint is a path that answers what is right.
type endpoint struct {
	path  string // * stands for an id
	id    string // that is there; "" if the path has none
	query string
	times string // the parameters that are times
	whole string // those that are numbers
	// lenient says that unknown parameters are ignored, as newer clients of other
	// programs may send them.
	lenient bool
}

const desk, jaeger, grafana = "/api/desk/v1", "/api", "/tempo/api"

var (
	first, second = sourcetest.TraceID(1).String(), sourcetest.TraceID(2).String()
	endpoints     = []endpoint{
		{path: desk + "/traces", times: "from,to", whole: "limit,spans"},
		{path: desk + "/traces/*", id: first, times: "from,to"},
		{path: desk + "/spans", times: "from,to", whole: "limit"},
		{path: desk + "/runs", query: "trace=" + first},
		{path: desk + "/compare", query: "baseline=" + first + "&comparison=" + second},
		{path: desk + "/services", times: "from,to"},
		{path: desk + "/operations", times: "from,to"},
		{path: desk + "/fields", times: "from,to", whole: "limit"},
		{path: desk + "/fields/values", query: "field=name", times: "from,to", whole: "limit"},
		{path: desk + "/fields/top", query: "field=name", times: "from,to", whole: "k"},
		{path: desk + "/fields/statistics", query: "field=name", times: "from,to"},
		{path: desk + "/fields/graph", query: "field=name", times: "from,to", whole: "k,intervals"},
		{path: desk + "/durations", times: "from,to", whole: "intervals"},
		{path: desk + "/scatter", times: "from,to", whole: "limit"},
		{path: desk + "/statistics", times: "from,to", whole: "limit"},
		{path: desk + "/map", times: "from,to"},
		{path: desk + "/logs", times: "from,to", whole: "limit"},
		{path: desk + "/sessions", times: "from,to", whole: "limit"},
		{path: desk + "/sessions/*", id: "s-1", times: "from,to"},
		{path: desk + "/query"},
		{path: desk + "/find", query: "text=x"},
		{path: desk + "/saved"},
		{path: desk + "/status"},
		{path: desk + "/openapi.json"},
		{path: jaeger + "/services", lenient: true},
		{path: jaeger + "/services/*/operations", id: "team%2Fagent.v2", lenient: true},
		{path: jaeger + "/operations", lenient: true},
		{path: jaeger + "/traces", query: "service=web", times: "start,end", whole: "limit", lenient: true},
		{path: jaeger + "/traces/*", id: first, lenient: true},
		{path: jaeger + "/dependencies", query: "endTs=1700000060000", times: "endTs,lookback", lenient: true},
		{path: jaeger + "/v3/services", lenient: true},
		{path: jaeger + "/v3/operations", lenient: true},
		{path: jaeger + "/v3/traces", query: "query.startTimeMin=2023-11-14T22:13:20Z&query.startTimeMax=2023-11-14T22:14:20Z", times: "query.startTimeMin,query.startTimeMax", whole: "query.searchDepth", lenient: true},
		{path: jaeger + "/v3/trace-summaries", query: "query.startTimeMin=2023-11-14T22:13:20Z&query.startTimeMax=2023-11-14T22:14:20Z", times: "query.startTimeMin", whole: "query.searchDepth", lenient: true},
		{path: jaeger + "/v3/traces/*", id: first, times: "startTime,endTime", lenient: true},
		{path: jaeger + "/v3/dependencies", query: "startTime=2023-11-14T22:13:20Z&endTime=2023-11-14T22:14:20Z", times: "startTime,endTime", lenient: true},
		{path: grafana + "/echo", lenient: true},
		{path: grafana + "/status/buildinfo", lenient: true},
		{path: grafana + "/search", times: "start,end", whole: "limit,spss", lenient: true},
		{path: grafana + "/traces/*", id: first, times: "start,end", lenient: true},
		{path: grafana + "/v2/traces/*", id: first, times: "start,end", lenient: true},
		{path: grafana + "/search/tags", times: "start,end", whole: "limit", lenient: true},
		{path: grafana + "/v2/search/tags", times: "start,end", whole: "limit", lenient: true},
		{path: grafana + "/search/tag/*/values", id: "service.name", times: "start,end", whole: "limit", lenient: true},
		{path: grafana + "/v2/search/tag/*/values", id: ".service.name", times: "start,end", whole: "limit", lenient: true},
		{path: "/metrics", lenient: true},
		{path: "/healthz", lenient: true},
	}
)

func (e *endpoint) url(id, query string) string {
	if e.query != "" && query != "" {
		query = "&" + query
	}
	return strings.Replace(e.path, "*", id, 1) + "?" + e.query + query
}

// everything has a checkout and a run of an agent.
func everything() *memory.Source {
	checkout, agent := sourcetest.Checkout(1, start), sourcetest.Agent(2, start+1, "s-1")
	return memory.New(&checkout, &agent, &trace.Batch{})
}

// message is what an error says in the form of the face that a path belongs to.
func message(t *testing.T, path, body string) string {
	t.Helper()
	if !strings.HasPrefix(path, "/api") {
		assert.NotContains(t, body, "{")
		return body
	}
	var answer struct {
		Error struct {
			Code, Message string
			HTTPCode      int
		}
		Errors []struct {
			Code int
			Msg  string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
	switch {
	case strings.HasPrefix(path, "/api/desk"):
		assert.NotEmpty(t, answer.Error.Code)
	case strings.HasPrefix(path, "/api/v3"):
		assert.NotZero(t, answer.Error.HTTPCode)
	default:
		require.Len(t, answer.Errors, 1)
		assert.NotZero(t, answer.Errors[0].Code)
		return answer.Errors[0].Msg
	}
	return answer.Error.Message
}

// TestBadRequests sends what is wrong to every endpoint.
func TestBadRequests(t *testing.T) {
	base := serve(t, api.Config{Source: everything(), SavedDir: t.TempDir()}).URL
	for i := range endpoints {
		e := &endpoints[i]
		t.Run(e.path, func(t *testing.T) {
			require.Equal(t, 200, ask(t, "GET "+e.url(e.id, ""), base).status, "what is right")
			assert.Equal(t, 200, ask(t, "HEAD "+e.url(e.id, ""), base).status)
			refused := func(request string, statuses ...int) {
				t.Helper()
				got := ask(t, request, base)
				assert.Contains(t, statuses, got.status, request)
				assert.NotEmpty(t, message(t, e.path, got.body), request)
			}
			for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "NONSENSE"} {
				if method == "POST" && strings.HasSuffix(e.path, "/saved") {
					continue // see the test below
				}
				refused(method+" "+e.url(e.id, ""), 405)
			}
			refused("GET "+strings.Replace(e.path, "*", e.id, 1)+"/../x", 404)
			refused("GET "+strings.Replace(e.path, "*", e.id, 1)+"//", 404)
			if e.id != "" {
				refused("GET "+e.url("%ff", ""), 400)
				assert.Less(t, ask(t, "GET "+e.url("%2e%2e", ""), base).status, 500)
			}
			if strings.Contains(e.path, "traces/*") {
				refused("GET "+e.url(strings.Repeat("1", 10_000), ""), 400)
				refused("GET "+e.url("nonsense", ""), 400)
				refused("GET "+e.url(strings.Repeat("e", 32), ""), 404)
			}
			if !e.lenient {
				refused("GET "+e.url(e.id, "nonsense=1"), 400)
			}
			for name := range strings.SplitSeq(e.times, ",") {
				for _, absurd := range []string{"99999999999999999999", "-1", "yesterday", "1e400", "0000-00-00T00:00:00Z", "%ff", strings.Repeat("9", 10_000)} {
					if name != "" {
						refused("GET "+replaced(e.url(e.id, ""), name, absurd), 400)
					}
				}
			}
			for name := range strings.SplitSeq(e.whole, ",") {
				for _, wrong := range []string{"-1", "1.5", "many", "99999999999999999999", "0x10"} {
					if name != "" {
						refused("GET "+replaced(e.url(e.id, ""), name, wrong), 400)
					}
				}
			}
		})
	}
}

// replaced is an address with another value of a parameter, which is encoded.
func replaced(address, name, value string) string {
	path, query, _ := strings.Cut(address, "?")
	parts := slices.DeleteFunc(strings.Split(query, "&"), func(part string) bool { return part == "" || strings.HasPrefix(part, name+"=") })
	return path + "?" + strings.Join(append(parts, name+"="+value), "&")
}

// TestBadRequestsOfOthers sends what is wrong to streams and where files are sent.
func TestBadRequestsOfOthers(t *testing.T) {
	base := serve(t, api.Config{Source: everything(), SavedDir: t.TempDir()}).URL
	got := ask(t, "HEAD "+desk+"/live", base)
	assert.Equal(t, 200, got.status)
	assert.Equal(t, "text/event-stream", got.header.Get("Content-Type"))
	for request, status := range map[string]int{
		"POST " + desk + "/live": 405, "GET " + desk + "/live?nonsense=1": 400, "GET " + desk + "/live?q=%ff": 400, "GET " + desk + "/live?minDuration=-1": 400,
		"POST " + desk + "/saved?trace=1": 400, "POST " + desk + "/saved?trace=1&name=%ff": 400, "POST " + desk + "/saved?nonsense=1": 400, "GET " + desk + "/saved/1": 405,
		"DELETE " + desk + "/saved/..": 404, "DELETE " + desk + "/saved/" + strings.Repeat("1", 10_000): 400, "DELETE " + desk + "/saved/1?nonsense=1": 400,
		"GET " + desk + "/import": 405, "PUT " + desk + "/import": 405, "POST " + desk + "/import/../import": 404, "POST " + desk + "/import": 501,
		"POST " + desk + "/objects": 405, "GET " + desk + "/objects?url=x&limit=many": 400, "GET " + desk + "/objects?url=%ff": 400, "GET " + desk + "/objects?nonsense=1": 400,
	} {
		got := ask(t, request, base)
		assert.Equal(t, status, got.status, request)
		assert.NotEmpty(t, message(t, desk, got.body), request)
	}
	assert.Equal(t, "POST", ask(t, "GET "+desk+"/import", base).header.Get("Allow"))
}

// TestEveryEndpointIsTried checks that no endpoint is missing above.
func TestEveryEndpointIsTried(t *testing.T) {
	got := ask(t, "GET "+desk+"/openapi.json", serve(t, api.Config{}).URL)
	var document struct{ Paths map[string]map[string]any }
	require.NoError(t, json.Unmarshal([]byte(got.body), &document))
	for path, methods := range document.Paths {
		if methods["get"] == nil || path == "/objects" || path == "/live" {
			continue // see the test before
		}
		assert.True(t, slices.ContainsFunc(endpoints, func(e endpoint) bool {
			return e.path == desk+strings.Replace(path, "{id}", "*", 1)
		}), path)
	}
}

// FuzzQueries checks that no query of a URL is answered with an error of the
// server, by any face.
func FuzzQueries(f *testing.F) {
	a, err := api.New(api.Config{Source: everything(), Now: now, SavedDir: f.TempDir()})
	require.NoError(f, err)
	values := url.Values{}
	for _, name := range []string{"q", "lucene", "filters", "conditions", "tags", "tag", "query.attributes", "query.filter", "field", "by", "step", "limit", "cursor", "text", "around"} {
		values.Set(name, "x")
		f.Add(name+"=1&"+values.Encode(), uint8(len(name)))
	}
	f.Add("q={name=\"x\"}>>{}|count()>1&service=a", uint8(0))
	f.Add("q={}&from=now-1h&to=now&step=1m&by=kind", uint8(13))
	f.Add("service=web&tags={\"http.request.method\":\"GET\"}&minDuration=1ms", uint8(25))
	f.Add("tags=a=\"b c\" d=e&minDuration=1ms", uint8(37))
	f.Fuzz(func(t *testing.T, query string, n uint8) {
		e := &endpoints[int(n)%len(endpoints)]
		r, err := http.NewRequest(http.MethodGet, "http://localhost"+strings.Replace(e.path, "*", e.id, 1), nil)
		require.NoError(t, err)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		assert.Less(t, w.Code, 500, "%s: %s", r.URL, w.Body)
	})
}

// A client that says there is a body, and sends none, does not keep its connection.
func TestBodiesThatDoNotCome(t *testing.T) {
	server := serve(t, api.Config{Timeout: 100 * time.Millisecond, Page: http.NotFoundHandler()})
	for _, request := range []string{"GET /healthz", "GET /", "POST /api/desk/v1/saved?name=a", "GET /api/desk/v1/nowhere"} {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		_, err = fmt.Fprintf(c, "%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n", request)
		require.NoError(t, err)
		require.NoError(t, c.SetReadDeadline(time.Now().Add(20*time.Second)))
		_, err = io.Copy(io.Discard, c)
		assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, "%s", request)
		require.NoError(t, c.Close())
	}
}
