// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/trace"
)

func TestFilters(t *testing.T) {
	tests := []struct {
		filters string
		want    string
	}{
		{`[]`, `{ }`},
		{`[{"key":"resource.service.name","operator":"equal","value":["web","cart"]},{"key":"duration","operator":"between","value":["200000","5000000"]}]`,
			`{ resource.service.name in ("web", "cart") && duration >= 200ms && duration < 5s }`},
		{`[{"key":"events.attributes.exception.message","operator":"like","value":["redis","timeout"],"options":{"group_relation":"AND"}}]`,
			`{ event.exception.message like "*redis*" && event.exception.message like "*timeout*" }`},
		{`[{"key":"span_name","operator":"equal","value":"a"}]`, `{ name = "a" }`},
		{`[{"key":"span_name","operator":"not_equal","value":["a","b"]}]`, `{ !(name in ("a", "b")) }`},
		{`[{"key":"attributes.x","operator":"not_equal","value":["","b"]}]`, `{ span.x != nil && !(span.x in ("", "b")) }`}, // trap 12
		{`[{"key":"kind","operator":"not_equal","value":[""]}]`, `{ kind != nil && !(false) }`},
		{`[{"key":"attributes.x","operator":"exists"}]`, `{ span.x != nil }`},
		{`[{"key":"attributes.x","operator":"not exists","value":[""]}]`, `{ span.x = nil }`},
		{`[{"key":"span_name","operator":"like","value":["a*b","c"]}]`, `{ name like "*a\\*b*" || name like "*c*" }`},
		{`[{"key":"span_name","operator":"like","value":["a*b?"],"options":{"is_wildcard":true}}]`, `{ name like "a*b?" }`},
		{`[{"key":"span_name","operator":"like","value":["a*b"],"is_wildcard":true,"group_relation":"OR"}]`, `{ name like "a*b" }`},
		{`[{"key":"span_name","operator":"not_like","value":["a","b"]}]`, `{ !(name like "*a*" || name like "*b*") }`},
		{`[{"key":"span_name","operator":"not_like","value":["a","b"],"options":{"group_relation":"AND"}}]`, `{ !(name like "*a*" && name like "*b*") }`},
		{`[{"key":"elapsed_time","operator":"gt","value":["100","900"]}]`, `{ duration > 900µs }`}, // of several the largest
		{`[{"key":"elapsed_time","operator":"gte","value":[100]}]`, `{ duration >= 100µs }`},
		{`[{"key":"elapsed_time","operator":"lt","value":["1000","900"]}]`, `{ duration < 900µs }`}, // the smallest
		{`[{"key":"attributes.n","operator":"lte","value":["1e3","x",7]}]`, `{ span.n <= 7 }`},
		{`[{"key":"attributes.n","operator":"gt","value":["b","a"]}]`, `{ span.n > "b" }`},
		{`[{"key":"attributes.n","operator":"between","value":[1,2.5]}]`, `{ span.n >= 1 && span.n < 2.5 }`},
		{`[{"key":"duration","operator":"gte","value":["1.5"]}]`, `{ duration >= 1.5µs }`},
		{`[{"key":"duration","operator":"gte","value":["0.0001"]}]`, `{ duration >= 0.1 }`},
		{`[{"key":"duration","operator":"gte","value":["200ms"]}]`, `{ duration >= 200ms }`},
		{`[{"key":"start_time","operator":"gte","value":["1700000000010000"]}]`, `{ span:start >= 1700000000010000000 }`},
		{`[{"key":"events.timestamp","operator":"lt","value":["9223372036854775807"]}]`, `{ event:time < 9.223372036854776e+21 }`},
		{`[{"key":"kind","operator":"equal","value":["2","client"]}]`, `{ kind in (server, client) }`},
		{`[{"key":"kind","operator":"gte","value":["4"]}]`, `{ kind in (producer, consumer) }`},
		{`[{"key":"kind","operator":"lt","value":["0"]}]`, `{ false }`},
		{`[{"key":"status.code","operator":"equal","value":[2]}]`, `{ status = error }`},
		{`[{"key":"status.message","operator":"like","value":["refused"]}]`, `{ statusMessage like "*refused*" }`},
		{`[{"key":"parent_span_id","operator":"equal","value":[""]}]`, `{ span:parentID = "" }`},
		{`[{"key":"attributes.http.status_code","operator":"equal","value":["500"]}]`, `{ span.http.status_code = 500 }`},
		{`[{"key":"attributes.v","operator":"equal","value":["0500"]}]`, `{ span.v = "0500" }`},
		{`[{"key":"attributes.v","operator":"equal","value":["1.50",1.50,"1.5"]}]`, `{ span.v in ("1.50", 1.5, 1.5) }`},
		{`[{"key":"attributes.v","operator":"equal","value":["true"]}]`, `{ span.v in ("true", true) }`},
		{`[{"key":"attributes.v","operator":"equal","value":[false]}]`, `{ span.v in ("false", false) }`},
		{`[{"key":"links.trace_id","operator":"equal","value":["AB"]}]`, `{ link:traceID = "AB" }`},
		{`[{"key":"collections.attributes.x","operator":"equal","value":["y"]}]`, `{ span.x = "y" }`},
		{`[{"key":"trace_duration","operator":"gt","value":["1000000"]}]`, `{ traceDuration > 1s }`},
		{`[{"key":"root_service","operator":"equal","value":["web"]},{"key":"span_count","operator":"gte","value":["10"]}]`, `{ trace:entryService = "web" && trace:spanCount >= 10 }`},
		{`[{"key":"error","operator":"equal","value":["true"]}]`, `{ trace:errorCount > 0 }`},
		{`[{"key":"error","operator":"not_equal","value":[true]}]`, `{ !(trace:errorCount > 0) }`},
		{`[{"key":"error","operator":"equal","value":["false"]}]`, `{ trace:errorCount = 0 }`},
		{`[{"key":"error","operator":"logic","value":[]}]`, `{ status = error }`},
		{`[{"key":"status_code","operator":"logic","value":["500"]}]`,
			`{ span.http.response.status_code = 500 || span.http.status_code = 500 || span.rpc.status_code = 500 || span.rpc.response.status_code = 500 || span.rpc.grpc.status_code = 500 }`},
		{`[{"key":"session","operator":"equal","value":["s"]},{"key":"tokens","operator":"gt","value":["100"]},{"key":"ttft","operator":"gt","value":["2000000"]}]`, `{ session = "s" && tokens > 100 && ttft > 2s }`},
		{`[{"key":"http.method","operator":"equal","value":["GET"]}]`, `{ .http.method = "GET" }`},
	}
	for _, test := range tests {
		t.Run(test.want, func(t *testing.T) {
			filters, err := query.ParseFilters([]byte(test.filters))
			require.NoError(t, err)
			e, err := query.FromFilters(filters)
			require.NoError(t, err)
			q := query.Where(e)
			assert.Equal(t, test.want, q.String())
			requireStable(t, q)
			_, err = query.Compile(q)
			require.NoError(t, err)
		})
	}
}

// TestBetween is trap 11: a filter's range is without its end, that of a query
// string with it.
func TestBetween(t *testing.T) {
	filters, err := query.ParseFilters([]byte(`[{"key":"elapsed_time","operator":"between","value":["1","5"]}]`))
	require.NoError(t, err)
	halfOpen, err := query.FromFilters(filters)
	require.NoError(t, err)
	whole, err := query.ParseQueryString(query.QueryString(filters))
	require.NoError(t, err)
	for micros, want := range map[int64][2]bool{0: {false, false}, 1: {true, true}, 4: {true, true}, 5: {false, true}, 6: {false, false}} {
		s := &trace.Span{End: micros * 1000}
		for i, e := range []query.Expr{halfOpen, whole} {
			p, err := query.Compile(query.Where(e))
			require.NoError(t, err)
			assert.Equal(t, want[i], p.MatchSpan(s), "%d µs", micros)
		}
	}
}

// TestNotEqual is trap 12: not equal to "" wants the field.
func TestNotEqual(t *testing.T) {
	tests := []struct {
		values string
		want   map[string]bool
	}{
		{`["x"]`, map[string]bool{"missing": true, "x": false, "y": true, "": true}},
		{`[""]`, map[string]bool{"missing": false, "x": true, "": false}},
		{`["","x"]`, map[string]bool{"missing": false, "x": false, "y": true, "": false}},
	}
	for _, test := range tests {
		filters, err := query.ParseFilters([]byte(`[{"key":"attributes.k","operator":"not_equal","value":` + test.values + `}]`))
		require.NoError(t, err)
		e, err := query.FromFilters(filters)
		require.NoError(t, err)
		p, err := query.Compile(query.Where(e))
		require.NoError(t, err)
		for value, want := range test.want {
			s := &trace.Span{}
			if value != "missing" {
				s.Attributes = pairs("k", value)
			}
			assert.Equal(t, want, p.MatchSpan(s), "%s: %q", test.values, value)
		}
	}
}

// TestFiltersOfOneEvent is trap 24 for filter lists.
func TestFiltersOfOneEvent(t *testing.T) {
	e, err := query.FromFilters([]query.Filter{
		{Key: "events.name", Operator: "equal", Values: []any{"exception"}},
		{Key: "span_name", Operator: "equal", Values: []any{"s"}},
		{Key: "events.attributes.exception.message", Operator: "like", Values: []any{"redis", "timeout"}, All: true},
	})
	require.NoError(t, err)
	p, err := query.Compile(query.Where(e))
	require.NoError(t, err)
	apart := &trace.Span{Name: "s", Events: []trace.Event{
		{Name: "exception", Attributes: pairs("exception.message", "redis: closed")}, {Name: "log", Attributes: pairs("exception.message", "redis: timeout")}}}
	together := &trace.Span{Name: "s", Events: []trace.Event{{Name: "log"}, {Name: "exception", Attributes: pairs("exception.message", "timeout of redis")}}}
	assert.False(t, p.MatchSpan(apart))
	assert.True(t, p.MatchSpan(together))
}

func TestFilterErrors(t *testing.T) {
	tests := map[string]string{
		`{}`: "cannot unmarshal object",
		`[{"key":"a","operator":"equal","value":{"x":1}}]`:                                 "want strings, numbers and booleans",
		`[{"key":"a","operator":"equal","value":[null]}]`:                                  "want strings, numbers and booleans",
		`[{"key":"a","operator":"like","value":["x"],"options":{"group_relation":"XOR"}}]`: "want AND or OR",
		`[{"key":"a","operator":"equal","value":[]}]`:                                      "filter 1, a equal: want at least one value",
		`[{"key":"a","operator":"is","value":["x"]}]`:                                      "want one of equal, not_equal",
		`[{"key":"","operator":"equal","value":["x"]}]`:                                    "a field that traces are searched by",
		`[{"key":"root_service_category","operator":"equal","value":["http"]}]`:            "a field that traces are searched by",
		`[{"key":"category_statistics.http","operator":"gt","value":["1"]}]`:               "a field that traces are searched by",
		`[{"key":"a","operator":"between","value":["1"]}]`:                                 "want two values",
		`[{"key":"kind","operator":"equal","value":["http"]}]`:                             "0 to 5 or the name of a kind",
		`[{"key":"kind","operator":"like","value":["http"]}]`:                              "one of = != in",
		`[{"key":"kind","operator":"gt","value":["server"]}]`:                              "a number",
		`[{"key":"status.code","operator":"equal","value":["3"]}]`:                         "0, 1, 2, unset, ok or error",
		`[{"key":"elapsed_time","operator":"gt","value":["long"]}]`:                        "a duration such as 200ms",
		`[{"key":"span_count","operator":"gt","value":["2s"]}]`:                            "a number",
		`[{"key":"error","operator":"gt","value":["1"]}]`:                                  "true or false",
		`[{"key":"error","operator":"equal","value":["maybe"]}]`:                           "true or false",
		`[{"key":"x","operator":"logic","value":["1"]}]`:                                   "the key error or status_code",
		`[{"key":"status_code","operator":"logic"}]`:                                       "at least one value",
		`[{"key":"a","operator":"like","value":["` + strings.Repeat("x", 2000) + `"]}]`:    "more than 1000 bytes",
	}
	for text, want := range tests {
		filters, err := query.ParseFilters([]byte(text))
		if err == nil {
			_, err = query.FromFilters(filters)
		}
		assert.ErrorContains(t, err, "query: filter", text)
		assert.ErrorContains(t, err, want, text)
	}
}

type bkVectors struct {
	QueryStrings []struct {
		Filters     json.RawMessage `json:"filters"`
		QueryString string          `json:"query_string"`
	} `json:"generate_query_string"`
	Keywords []struct {
		In          string `json:"in"`
		QueryString string `json:"query_string"`
		Predicted   string `json:"predicted"`
	} `json:"query_string_builder"`
	Keys map[string][2]string `json:"to_pre_cal_field"`
}

// TestBlueKingVectors are answers of BlueKing APM itself.
func TestBlueKingVectors(t *testing.T) {
	data, err := os.ReadFile("testdata/bk.json")
	require.NoError(t, err)
	var v bkVectors
	require.NoError(t, json.Unmarshal(data, &v))
	require.Len(t, v.QueryStrings, 11)
	for _, one := range v.QueryStrings {
		filters, err := query.ParseFilters(one.Filters)
		require.NoError(t, err)
		assert.Equal(t, one.QueryString, query.QueryString(filters))
	}
	require.Len(t, v.Keywords, 16)
	for _, one := range v.Keywords {
		text, named := query.Keyword(one.In)
		if one.In == "0123456789ABCDEF" { // trap 29: there it is no id
			one.QueryString, one.Predicted = `"0123456789abcdef"`, `span_id: "0123456789abcdef"`
		}
		assert.Equal(t, one.QueryString, text, one.In)
		assert.Equal(t, one.Predicted, named, one.In)
	}
	require.Len(t, v.Keys, 7)
	for key, want := range v.Keys {
		assert.Equal(t, want[0], query.SummaryKey(key))
		assert.Equal(t, want[1], query.SpanKey(query.SummaryKey(key)))
	}
}

func TestQueryString(t *testing.T) {
	assert.Equal(t, `status.code: 2 AND span_name: *GET\ \/api*`, query.QueryString([]query.Filter{
		{Key: "status.code", Operator: "equal", Values: []any{json.Number("2")}}, {Key: "span_name", Operator: "like", Values: []any{"GET /api"}},
	}))
	assert.Equal(t, `a: /v.*/ AND b: (>1 OR >2) AND c: "x"`, query.QueryString([]query.Filter{
		{Key: "a", Operator: "reg", Values: []any{"v.*"}}, {Key: "b", Operator: "gt", Values: []any{1, 2}}, {Key: "c", Operator: "between", Values: []any{"x"}},
	}))
	assert.Empty(t, query.QueryString(nil))
}

// TestFiltersAndTheirQueryStringsAgree wants both ways of writing a filter to
// find the same spans, where they are meant to.
func TestFiltersAndTheirQueryStringsAgree(t *testing.T) {
	spans := agentTrace(300)
	for _, filters := range []string{
		`[{"key":"span_name","operator":"equal","value":["node 1","node 2"]}]`,
		`[{"key":"span_name","operator":"not_equal","value":["node 1"]},{"key":"status.code","operator":"equal","value":["2"]}]`,
		`[{"key":"span_name","operator":"like","value":["e 1"]},{"key":"span_name","operator":"not_like","value":["6","7"]}]`,
		`[{"key":"span_name","operator":"like","value":["1","4"],"options":{"group_relation":"AND"}}]`,
		`[{"key":"attributes.http.response.status_code","operator":"gte","value":["500"]},{"key":"elapsed_time","operator":"lt","value":["100000"]}]`,
		`[{"key":"attributes.missing","operator":"not exists"},{"key":"attributes.sid","operator":"exists"},{"key":"kind","operator":"equal","value":[1,2]}]`,
		`[{"key":"attributes.gen_ai.usage.input_tokens","operator":"equal","value":["17"]}]`,
	} {
		list, err := query.ParseFilters([]byte(filters))
		require.NoError(t, err)
		one, err := query.FromFilters(list)
		require.NoError(t, err)
		other, err := query.ParseQueryString(query.QueryString(list))
		require.NoError(t, err)
		a, err := query.Compile(query.Where(one))
		require.NoError(t, err)
		b, err := query.Compile(query.Where(other))
		require.NoError(t, err)
		matches := a.Match(spans)
		require.NotEmpty(t, matches, filters)
		assert.Equal(t, matches, b.Match(spans), filters)
	}
}
