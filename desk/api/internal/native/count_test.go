// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api/internal/native"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

type measured struct {
	Name, Service, Kind, Caller, Callee, Time string
	Count, Errors                             int
	Average                                   *float64
	P50, P99                                  *int64
}

func (m measured) String() string {
	s := fmt.Sprintf("%s%s%s %s%s %d/%d", m.Service, m.Caller, m.Name, m.Callee, m.Kind, m.Errors, m.Count)
	if m.Average != nil {
		s += fmt.Sprintf(" avg %gms p50 %.2g", *m.Average/1e6, float64(*m.P50)/1e6)
	}
	return s
}

func TestServices(t *testing.T) {
	got := decoded[struct{ Services []measured }](t, get(t, "/services"))
	assert.Equal(t, "[pay  2/4 avg 46.5ms p50 83 team/agent.v2  0/8 avg 950ms p50 1e+03 web  2/6 avg 76ms p50 90]", fmt.Sprint(got.Services))
	got = decoded[struct{ Services []measured }](t, get(t, fmt.Sprintf("/services?from=%d&to=%d", began+10*minute, began+11*minute)))
	assert.Equal(t, "[team/agent.v2  0/4 avg 950ms p50 1e+03]", fmt.Sprint(got.Services))
	assert.JSONEq(t, `{"services":[]}`, get(t, "/services?to=now-5h"))
}

func TestOperations(t *testing.T) {
	got := decoded[struct{ Operations []measured }](t, get(t, "/operations?service=web&service=pay&kind=client"))
	assert.Equal(t, "[paySELECT client 0/2 avg 10ms p50 10 webPOST /pay client 2/2 avg 90ms p50 90]", fmt.Sprint(got.Operations))
	assert.Len(t, decoded[struct{ Operations []measured }](t, get(t, "/operations")).Operations, 8)
	assert.JSONEq(t, `{"operations":[]}`, get(t, "/operations?service=nobody"))
}

// fewer is a source that cannot count.
type fewer struct{ source.Source }

func (fewer) Capabilities() source.Capabilities { return source.CanPage }

func (f fewer) Statistics(context.Context, *source.StatisticsSearch) (*source.Statistics, error) {
	return nil, f.Capabilities().Require(source.CanCount)
}

func (f fewer) Watch(context.Context, *query.Query, func([]digest.Summary) bool) error {
	return f.Capabilities().Require(source.CanWatch)
}

func TestFewerCapabilities(t *testing.T) {
	s := fewer{sample()}
	got := decoded[struct{ Services []measured }](t, ask(t, s, "/services").Body.String())
	assert.Equal(t, "[pay  2/4 team/agent.v2  0/8 web  2/6]", fmt.Sprint(got.Services))
	assert.Len(t, decoded[struct{ Operations []measured }](t, ask(t, s, "/operations").Body.String()).Operations, 8)
	for _, path := range []string{"/statistics", "/durations", "/live"} {
		w := ask(t, s, path)
		assert.Equal(t, http.StatusNotImplemented, w.Code, path)
		assert.Contains(t, w.Body.String(), `"code":"unsupported"`)
	}
	status := decoded[struct {
		Capabilities []string
		Kept         *struct{}
	}](t, ask(t, s, "/status").Body.String())
	assert.Equal(t, []string{"page"}, status.Capabilities)
	assert.Nil(t, status.Kept)
}

func TestStatus(t *testing.T) {
	assert.JSONEq(t, `{"version":"test","now":"1700003600000000000","capabilities":["structure","page","sort","total","scan","spans","keys","values","count","countAnything","map","logs","watch"],
		"kept":{"traces":4,"spans":18,"logs":8,"oldest":"1700000000000000000","newest":"1700001800101000000"}}`, get(t, "/status"))
	c := config(sample())
	c.Endpoint = "http://127.0.0.1:4318"
	assert.Contains(t, check(t, handlerOf(c), httptest.NewRequest(http.MethodGet, native.Base+"/status", nil)).Body.String(), `"endpoint":"http://127.0.0.1:4318"`)
	assert.Equal(t, "/api/desk/v1", decoded[struct{ Servers []struct{ URL string } }](t, get(t, "/openapi.json")).Servers[0].URL)
}

func TestFields(t *testing.T) {
	names := func(path string) string {
		got := decoded[struct {
			Fields []struct {
				Field, Scope, Key string
				Types             []string
				Values            int
			}
			More int
		}](t, get(t, path))
		var all []string
		for _, f := range got.Fields {
			all = append(all, fmt.Sprint(f.Field, " ", f.Types, f.Values))
		}
		return strings.Join(all, ", ") + fmt.Sprint(" +", got.More)
	}
	assert.Equal(t, "span.http.response.status_code [string int] 6 +0", names("/fields?contains=Status_Code"))
	assert.Equal(t, "resource.host.name [string] 10, resource.service.name [string] 18, resource.telemetry.sdk.name [string] 8 +0", names("/fields?scope=resource"))
	assert.Equal(t, "status [status] 0, statusMessage [string] 0 +0", names("/fields?scope=intrinsic&contains=status"))
	assert.Contains(t, names("/fields?limit=3"), "+")
	// Every intrinsic field that is offered can be asked for.
	got := decoded[struct{ Fields []struct{ Field string } }](t, get(t, "/fields?scope=intrinsic"))
	assert.Greater(t, len(got.Fields), 30)
	for _, f := range got.Fields {
		get(t, "/fields/values?field="+esc(f.Field))
	}
}

func TestFieldValues(t *testing.T) {
	assert.JSONEq(t, `{"field":"span.http.response.status_code","values":[{"value":500,"type":"int","count":2,"percent":33.333},
		{"value":"504","type":"string","count":2,"percent":33.333},{"value":504,"type":"int","count":2,"percent":33.333}],
		"distinct":{"count":3},"spans":18,"having":6,"percent":33.333,"scanned":{"traces":0,"spans":18}}`, get(t, "/fields/values?field=span.http.response.status_code"))
	values := func(path string) string {
		got := decoded[struct{ Values []struct{ Value any } }](t, get(t, path))
		return fmt.Sprint(got.Values)
	}
	assert.Equal(t, "[{team/agent.v2}]", values("/fields/values?field=resource.service.name&contains=AGENT"))
	assert.Equal(t, "[{POST}]", values("/fields/values?field=span.http.request.method&limit=1"))
	assert.Equal(t, "[{POST /pay}]", values("/fields/values?field=name&status=error"))
	assert.Equal(t, "[{gpt-5}]", values("/fields/values?field=model&from=now-55m&to=now-45m"))
	assert.Equal(t, "[{1} {2}]", values("/fields/values?field=span.retries"))
}

func TestFieldTop(t *testing.T) {
	got := decoded[struct {
		Fields []struct {
			Field    string
			Distinct struct{ Count int }
			Values   []struct{ Value any }
			Partial  bool
			Warnings []string
		}
	}](t, get(t, "/fields/top?k=1&field=kind&field=span.db.system.name&field=.nothing"))
	assert.Equal(t, "[{kind {4} [{client}] false []} {span.db.system.name {1} [{mysql}] false []} {.nothing {0} [] false []}]", fmt.Sprint(got.Fields))
	w := ask(t, sample(), "/fields/top?format=csv&field=span.http.request.method")
	assert.Equal(t, "value,count,percent\nPOST,4,66.667\nGET,2,33.333\n", w.Body.String())
	assert.Equal(t, `attachment; filename="top-span.http.request.method.csv"`, w.Header().Get("Content-Disposition"))
	formula := memory.New(&trace.Batch{Spans: []trace.Span{{TraceID: sourcetest.TraceID(1), ID: sourcetest.SpanID(1), Name: `=HYPERLINK("x")`}}})
	assert.Contains(t, ask(t, formula, "/fields/top?format=csv&field=name").Body.String(), `"'=HYPERLINK(""x"")",1,100`)
}

// brokenField is a source that cannot read one field.
type brokenField struct{ source.Source }

func (b brokenField) Values(ctx context.Context, s *source.ValueSearch) (*source.Values, error) {
	if s.Field.Name == "bad" {
		return nil, errBroken
	}
	return b.Source.Values(ctx, s)
}

// TestBrokenField checks that one field which cannot be read does not hide the
// others, and is not hidden.
func TestBrokenField(t *testing.T) {
	s := brokenField{sample()}
	w := ask(t, s, "/fields/top?field=kind&field=span.bad")
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Contains(t, w.Body.String(), `"value":"client"`)
	assert.Contains(t, w.Body.String(), `"partial":true,"warnings":["the traces could not be read"]`)
	assert.Equal(t, http.StatusInternalServerError, ask(t, s, "/fields/top?field=span.bad").Code)
}

// numbered has spans with a number each.
func numbered(values ...trace.Value) *memory.Source {
	b := &trace.Batch{}
	for i, v := range values {
		b.Spans = append(b.Spans, trace.Span{
			TraceID: sourcetest.TraceID(uint64(i + 1)), ID: sourcetest.SpanID(1), Name: "n", Start: began + int64(i)*minute, End: began + int64(i)*minute + int64(i+1)*1000,
			Attributes: sourcetest.Attributes("n", v),
		})
	}
	return memory.New(b)
}

func ints(from, to, step int) (all []trace.Value) {
	for n := from; n <= to; n += step {
		all = append(all, trace.Int(int64(n)))
	}
	return all
}

func TestFieldStatistics(t *testing.T) {
	statistics := func(s *memory.Source, query string) string {
		w := ask(t, s, "/fields/statistics?field=span.n"+query)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		var v map[string]any
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v))
		return fmt.Sprint(v["spans"], v["having"], v["percent"], v["distinct"], v["numeric"], v["warnings"])
	}
	assert.Equal(t, "4 4 100 map[count:4] map[average:2.5 max:4 median:2 min:1] <nil>", statistics(numbered(ints(1, 4, 1)...), ""))
	assert.Equal(t, "3 3 100 map[count:2] map[average:6.667 max:10 median:10 min:0] <nil>", statistics(numbered(trace.Int(10), trace.Int(0), trace.Int(10)), ""))
	assert.Equal(t, "2 2 100 map[count:2] map[average:0.35 max:0.5 median:0.2 min:0.2] <nil>", statistics(numbered(trace.Float(0.5), trace.Float(0.2)), ""))
	assert.Equal(t, "2 2 100 map[count:2] <nil> <nil>", statistics(numbered(trace.String("a"), trace.String("b")), ""))
	assert.Equal(t, "1 1 100 map[count:1] map[average:4 max:4 median:4 min:4] <nil>", statistics(numbered(ints(1, 4, 1)...), "&q="+esc("{ span.n > 3 }")))
	assert.Contains(t, statistics(numbered(ints(1, 10_001, 1)...), ""), "<nil> [there are more than 10000 different values")
}

func TestFieldGraph(t *testing.T) {
	buckets := func(s *memory.Source, query string) string {
		w := ask(t, s, "/fields/graph?field=span.n"+query)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		got := decoded[struct {
			Kind    string
			Buckets []struct {
				Low, High float64
				Count     int
			}
			Values []struct {
				Value any
				Count int
			}
			Series []struct {
				By     []any
				Points []struct{ Time string }
			}
		}](t, w.Body.String())
		total := 0
		for _, b := range got.Buckets {
			total += b.Count
		}
		if n := len(got.Buckets); n > 0 {
			return fmt.Sprintf("%s %g-%g of %g, %d buckets, %d", got.Kind, got.Buckets[0].Low, got.Buckets[n-1].High, got.Buckets[0].High-got.Buckets[0].Low, n, total)
		}
		return fmt.Sprint(got.Kind, got.Values, got.Series)
	}
	// The examples of the specification: from 3 to 97 in ten, and from 0 to 100.
	assert.Equal(t, "histogram 0-100 of 10, 10 buckets, 95", buckets(numbered(ints(3, 97, 1)...), ""))
	assert.Equal(t, "histogram 0-110 of 10, 11 buckets, 101", buckets(numbered(ints(0, 100, 1)...), ""))
	assert.Equal(t, "histogram 0-2e+06 of 200000, 10 buckets, 60", buckets(numbered(append(ints(812, 812, 1), ints(10_000, 1_934_221, 33_000)...)...), "&intervals=15"))
	assert.Equal(t, "values[{1 1} {2 1} {3 1}] []", buckets(numbered(ints(1, 3, 1)...), ""))
	assert.Equal(t, "values[{0.25 1} {1000 1}] []", buckets(numbered(trace.Int(1000), trace.Float(0.25)), ""))
	var fractions []trace.Value
	for i := range 100 {
		fractions = append(fractions, trace.Float(float64(i)/1000))
	}
	assert.Equal(t, "histogram 0-0.1 of 0.01, 10 buckets, 100", buckets(numbered(fractions...), ""))
	assert.Equal(t, "values[] []", buckets(numbered(trace.String("x")), "&as=histogram"))
	assert.Contains(t, buckets(numbered(trace.String("x"), trace.String("x")), ""), "series[] [{[x] [{1699999920000000000} {1700000040000000000}]}]")
	assert.Contains(t, buckets(numbered(ints(1, 60, 1)...), "&as=series&k=1&from=now-1h&to=now"), "series[] [{[1]")
	// A range of half an hour has bars of a minute, and one of ten hours of half an hour.
	for from, want := range map[string]int64{"now-29m": minute, "now-10h": 30 * minute} {
		got := decoded[struct{ Step int64 }](t, ask(t, numbered(trace.String("x")), "/fields/graph?field=span.n&as=series&from="+from).Body.String())
		assert.Equal(t, want, got.Step, from)
	}
}

func TestDurations(t *testing.T) {
	type durations struct {
		measured
		Of      string
		Buckets []struct {
			Low, High float64
			Count     int
		}
	}
	for _, query := range []string{"", "of=traces", "scale=linear", "of=traces&scale=linear&intervals=5", "q=" + esc("{ duration > 50ms }")} {
		got := decoded[durations](t, get(t, "/durations?"+query))
		total := 0
		for i, b := range got.Buckets {
			total += b.Count
			assert.Less(t, b.Low, b.High)
			if i > 0 {
				assert.InEpsilon(t, got.Buckets[i-1].High, b.Low, 1e-9, "no gaps")
			}
		}
		assert.Equal(t, got.Count, total, query)
	}
	assert.Equal(t, "  4/18 avg 457.88888889ms p50 1.2e+02", fmt.Sprint(decoded[durations](t, get(t, "/durations")).measured))
	assert.Equal(t, "  2/4 avg 1060ms p50 2e+03", fmt.Sprint(decoded[durations](t, get(t, "/durations?of=traces")).measured))
	assert.JSONEq(t, `{"of":"spans","count":0,"errors":0,"buckets":[],"scanned":{"traces":0,"spans":0}}`, get(t, "/durations?service=nobody"))
	odd := memory.New(&trace.Batch{Spans: []trace.Span{
		{TraceID: sourcetest.TraceID(1), ID: sourcetest.SpanID(1), Start: 5, End: 5}, {TraceID: sourcetest.TraceID(1), ID: sourcetest.SpanID(2), Start: 9, End: 5},
		{TraceID: sourcetest.TraceID(1), ID: sourcetest.SpanID(3), Start: 0, End: 1<<63 - 1},
	}})
	for _, scale := range []string{"log", "linear"} {
		got := decoded[durations](t, ask(t, odd, "/durations?scale="+scale).Body.String())
		total := 0
		for _, b := range got.Buckets {
			total += b.Count
		}
		assert.Equal(t, 3, total)
		assert.LessOrEqual(t, len(got.Buckets), 40)
	}
}

func TestScatter(t *testing.T) {
	got := decoded[struct {
		Traces        []row
		Total, Failed int
	}](t, get(t, "/scatter"))
	assert.Equal(t, "4 3 2 1", numbers(got.Traces))
	assert.Equal(t, []int{4, 2}, []int{got.Total, got.Failed})
	assert.Equal(t, "GET /checkout", got.Traces[0].Name)
	// Of many, all that failed are there, and the others evenly.
	r := rand.New(rand.NewPCG(1, 1))
	many := &trace.Batch{}
	for n := range 5000 {
		s := trace.Span{TraceID: sourcetest.TraceID(uint64(n + 1)), ID: sourcetest.SpanID(1), Start: began + int64(n), End: began + int64(n) + 1}
		if n%50 == 0 {
			s.Status.Code = trace.Error
		}
		many.Spans = append(many.Spans, s)
	}
	shown := func(s *memory.Source) string {
		got := decoded[struct {
			Traces        []row
			Total, Failed int
		}](t, ask(t, s, "/scatter?limit=200").Body.String())
		assert.Equal(t, []int{5000, 100, 300}, []int{got.Total, got.Failed, len(got.Traces)})
		early := 0
		for _, d := range got.Traces {
			if at, err := strconv.ParseInt(d.Start, 10, 64); assert.NoError(t, err) && at < began+2500 {
				early++
			}
		}
		assert.InDelta(t, 150, early, 30)
		return numbers(got.Traces)
	}
	first := shown(memory.New(many))
	shuffled := &trace.Batch{Spans: slices.Clone(many.Spans)}
	r.Shuffle(len(shuffled.Spans), func(i, j int) { shuffled.Spans[i], shuffled.Spans[j] = shuffled.Spans[j], shuffled.Spans[i] })
	assert.Equal(t, first, shown(memory.New(shuffled)), "the same ones are shown again")
}

func TestStatistics(t *testing.T) {
	type statistics struct {
		From, To string
		Step     int64
		By       []string
		Series   []struct {
			measured
			By     []any
			Points []measured
		}
		More int
	}
	got := decoded[statistics](t, get(t, "/statistics?from=now-1h&by=service&by=status&step=10m"))
	assert.Equal(t, []string{"resource.service.name", "status"}, got.By)
	assert.Equal(t, []any{strconv.FormatInt(began, 10), strconv.FormatInt(began+60*minute, 10), 10 * minute}, []any{got.From, got.To, got.Step})
	require.Len(t, got.Series, 6)
	assert.Equal(t, []any{"team/agent.v2", "unset"}, got.Series[0].By)
	require.Len(t, got.Series[0].Points, 2)
	assert.Equal(t, []any{4, "1700000400000000000"}, []any{got.Series[0].Points[0].Count, got.Series[0].Points[0].Time}, "steps are counted from 1970")
	got = decoded[statistics](t, get(t, "/statistics?by=operation&limit=2&q="+esc("{ kind = client }")))
	assert.Equal(t, []any{2, 1}, []any{len(got.Series), got.More})
	assert.Equal(t, minute, got.Step)
	assert.Equal(t, "  0/4 avg 800ms p50 1e+03", fmt.Sprint(got.Series[0].measured))
	for from, want := range map[string]time.Duration{"now-10m": time.Minute, "now-1h": time.Minute, "now-3h": 5 * time.Minute, "now-24h": 30 * time.Minute, "now-8760h": 24 * time.Hour} {
		assert.EqualValues(t, want, decoded[statistics](t, get(t, "/statistics?from="+from)).Step, from)
	}
	assert.EqualValues(t, 2*time.Minute, decoded[statistics](t, get(t, "/statistics?step=120")).Step, "seconds")
}

func TestMap(t *testing.T) {
	got := decoded[struct {
		Services []struct {
			Name          string
			Spans, Errors int
		}
		Calls []measured
	}](t, get(t, "/map"))
	assert.Equal(t, "[{pay 4 2} {team/agent.v2 8 0} {web 6 2}]", fmt.Sprint(got.Services))
	assert.Equal(t, "[web payserver 2/2 avg 83ms p50 83]", fmt.Sprint(got.Calls))
	assert.NotContains(t, get(t, "/map?service=pay"), "agent")
	assert.JSONEq(t, `{"services":[{"name":"team/agent.v2","spans":8,"errors":0}],"calls":[]}`, get(t, "/map?service="+esc("team/agent.v2")))
	assert.JSONEq(t, `{"services":[],"calls":[]}`, get(t, "/map?to=now-2h"))
}

func TestLogs(t *testing.T) {
	bodies := func(query string) string {
		var all []string
		for {
			got := decoded[struct {
				Logs []struct{ Body any }
				Next string
			}](t, get(t, "/logs?limit=2&"+query))
			for _, l := range got.Logs {
				all = append(all, fmt.Sprint(l.Body))
			}
			if got.Next == "" {
				return strings.Join(all, "; ")
			}
			query = strings.Split(query, "&cursor=")[0] + "&cursor=" + got.Next
		}
	}
	for _, tt := range []struct{ query, want string }{
		{"trace=1&order=oldest", "checkout began; Card declined by issuer"},
		{"trace=1", "Card declined by issuer; checkout began"},
		{"trace=1&span=3", "Card declined by issuer"},
		{"severity=error", "Card declined by issuer; Card declined by issuer"},
		{"contains=CARD&to=now-50m", "Card declined by issuer"},
		{"session=s-1&order=oldest", "prompt sent; no trace, but a session; prompt sent; no trace, but a session"},
		{"session=chat-1&order=oldest", "prompt sent; prompt sent"},
		{"session=nobody", ""},
		{"trace=77", ""},
	} {
		assert.Equal(t, tt.want, bodies(tt.query), tt.query)
	}
	assert.JSONEq(t, `{"logs":[{"time":"1700000600150000000","traceId":"00000000000000000000000000000002","spanId":"0000000000000002","severity":9,"service":"team/agent.v2",
		"body":"prompt sent","attributes":[{"key":"sid","value":"s-1"}]}],"scanned":{"traces":0,"spans":0}}`, get(t, "/logs?trace=2"))
}

func TestSessions(t *testing.T) {
	assert.JSONEq(t, `{"sessions":[{"id":"s-1","by":"sid","traces":2,"spans":8,"errors":0,"logs":2,"first":"1700000600000000000","last":"1700001200000000000",
		"duration":4000000000,"tokens":{"input":600,"output":100,"total":700},"services":["team/agent.v2"],"users":["user-1"],"name":"run agent","firstTrace":"00000000000000000000000000000002"}],
		"total":1,"scanned":{"traces":4,"spans":18}}`, get(t, "/sessions"))
	assert.Contains(t, get(t, "/sessions?by=chat"), `"id":"chat-1","by":"chat"`)
	assert.JSONEq(t, `{"sessions":[],"total":0,"scanned":{"traces":4,"spans":18}}`, get(t, "/sessions?by=conversation"))
	type session struct {
		Session struct {
			ID, By string
			Traces int
		}
		Traces []row
	}
	for path, by := range map[string]string{"/sessions/s-1": "sid", "/sessions/chat-1": "chat"} {
		got := decoded[session](t, get(t, path))
		assert.Equal(t, by, got.Session.By)
		assert.Equal(t, 2, got.Session.Traces)
		assert.Equal(t, "2 3", numbers(got.Traces))
	}
	many := &trace.Batch{}
	for n := range 100 {
		b := sourcetest.Agent(uint64(n+1), began+int64(n)*minute, fmt.Sprint("s/", n%7))
		many.Spans = append(many.Spans, b.Spans...)
	}
	s := memory.New(many)
	var ids []string
	for next := ""; ; {
		got := decoded[struct {
			Sessions []struct {
				ID     string
				Traces int
			}
			Total int
			Next  string
		}](t, ask(t, s, "/sessions?limit=3"+next).Body.String())
		assert.Equal(t, 7, got.Total)
		for _, one := range got.Sessions {
			ids = append(ids, one.ID)
			assert.InDelta(t, 14, one.Traces, 1, "all of its traces, also those after the traces of others")
		}
		if got.Next == "" {
			break
		}
		next = "&cursor=" + got.Next
	}
	assert.Equal(t, []string{"s/1", "s/0", "s/6", "s/5", "s/4", "s/3", "s/2"}, ids)
	w := httptest.NewRecorder()
	handler(s).ServeHTTP(w, httptest.NewRequest(http.MethodGet, native.Base+"/sessions/s%2F3", nil))
	assert.Equal(t, 14, decoded[session](t, w.Body.String()).Session.Traces)
}

// TestLive reads a stream of events over a real connection while traces come.
func TestLive(t *testing.T) {
	s := sample()
	server := httptest.NewServer(handler(s))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+native.Base+"/live?service=web", nil)
	require.NoError(t, err)
	w, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer w.Body.Close()
	assert.Equal(t, "text/event-stream", w.Header.Get("Content-Type"))
	lines := bufio.NewScanner(w.Body)
	require.True(t, lines.Scan())
	assert.Equal(t, "retry: 2000", lines.Text())
	events := make(chan string)
	go func() {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				events <- data
			}
		}
		close(events)
	}()
	var data string
	for n := uint64(10); data == ""; n += 2 { // what comes before the watch has begun is no news
		other, b := sourcetest.Agent(n, began, "s"), sourcetest.Checkout(n+1, began)
		s.Add(&other)
		s.Add(&b)
		select {
		case data = <-events:
		case <-time.After(10 * time.Millisecond):
		}
	}
	rows := decoded[[]row](t, data)
	require.NotEmpty(t, rows)
	for _, r := range rows {
		assert.NotContains(t, r.TraceID, "s-1")
	}
	assert.Contains(t, data, `"name":"GET /checkout"`)
	assert.NotContains(t, data, "run agent")
	cancel()
	for range events {
	}
}
