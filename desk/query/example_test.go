// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// run is a trace of an agent: a request, two calls of a model, one of a tool.
func run() []trace.Span {
	resource := &trace.Resource{Attributes: pairs("service.name", "planner")}
	spans := []trace.Span{
		{ID: spanID(1), Name: "POST /chat", Kind: trace.Server},
		{ID: spanID(2), Parent: spanID(1), Name: "chat", Attributes: pairs("gen_ai.request.model", "gpt-4o", "gen_ai.usage.input_tokens", 900)},
		{ID: spanID(3), Parent: spanID(1), Name: "execute_tool", Attributes: pairs("gen_ai.tool.name", "search"), Status: trace.Status{Code: trace.Error}},
		{ID: spanID(4), Parent: spanID(1), Name: "chat", Attributes: pairs("gen_ai.request.model", "gpt-4o", "gen_ai.usage.input_tokens", 24_000)},
	}
	for i := range spans {
		spans[i].Resource, spans[i].End = resource, int64(i+1)*int64(time.Second)
	}
	return spans
}

func ExampleParse() {
	q, err := query.Parse(`{tool="search"&&status=error}~{tokens>20k} | select(model, tokens)`)
	if err != nil {
		panic(err)
	}
	p, err := query.Compile(q)
	if err != nil {
		panic(err)
	}
	fmt.Println(q)
	for _, m := range p.Match(run()) {
		fmt.Println(m.Spans, m.Values)
	}
	// Output:
	// { tool = "search" && status = error } ~ { tokens > 20000 } | select(model, tokens)
	// [3] [[gpt-4o 24000]]
}

func ExampleSyntaxError() {
	_, err := query.Parse(`{ name = "plan" && http.method = "GET" }`)
	if e, ok := errors.AsType[*query.SyntaxError](err); ok {
		fmt.Println(e.Column, e.Found)
	}
	fmt.Println(err)
	// Output:
	// 20 «http.method»
	// query: column 20: found «http.method», want a field such as span.x, resource.service.name, name or duration; attributes begin with a dot or a scope: .http.method
}

func ExampleProgram_MatchSpan() {
	q, err := query.Parse(`{ model =~ "gpt-.*" && duration > 3s }`)
	if err != nil {
		panic(err)
	}
	p, err := query.Compile(q)
	if err != nil {
		panic(err)
	}
	spans := run()
	for i := range spans {
		fmt.Println(spans[i].Name, p.MatchSpan(&spans[i]))
	}
	// Output:
	// POST /chat false
	// chat false
	// execute_tool false
	// chat true
}

func ExampleQuery_Hints() {
	q, err := query.Parse(`{ service = "planner" && .gen_ai.request.model in ("gpt-4o", "gpt-4.1") && duration > 3s } | count() > 1`)
	if err != nil {
		panic(err)
	}
	h := q.Hints()
	for _, alternatives := range h.Need {
		for _, s := range alternatives {
			fmt.Println(s.Services, s.Tokens, s.MinDuration)
		}
	}
	fmt.Println(h.WholeTrace)
	// Output:
	// [planner] [[gen_ai.request.model=gpt-4.1 gen_ai.request.model=gpt-4o]] 3s
	// true
}

func ExampleParseQueryString() {
	e, err := query.ParseQueryString(`span_name: check* AND elapsed_time: [200000 TO *] AND NOT redirect`)
	if err != nil {
		panic(err)
	}
	fmt.Println(query.Where(e))
	// Output: { name like "check*" && duration >= 200ms && !(any like "*redirect*") }
}

func ExampleFromFilters() {
	filters, err := query.ParseFilters([]byte(`[
		{"key": "resource.service.name", "operator": "equal", "value": ["web", "cart"]},
		{"key": "duration", "operator": "between", "value": ["200000", "5000000"]}]`))
	if err != nil {
		panic(err)
	}
	e, err := query.FromFilters(filters)
	if err != nil {
		panic(err)
	}
	fmt.Println(query.Where(e))
	fmt.Println(query.QueryString(filters))
	// Output:
	// { resource.service.name in ("web", "cart") && duration >= 200ms && duration < 5s }
	// resource.service.name: ("web" OR "cart") AND duration: [200000 TO 5000000]
}

func ExampleEachToken() {
	query.EachToken(pairs("http.route", "/pay", "http.response.status_code", 504, "tags", []any{"a", "b"}), func(token []byte) {
		fmt.Println(string(token))
	})
	// Output:
	// http.route=/pay
	// http.response.status_code=504
	// tags=a
	// tags=b
}
