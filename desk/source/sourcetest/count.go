// SPDX-License-Identifier: Apache-2.0

package sourcetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// catalog checks services, whatever is in their names, and operations.
func (c *checker) catalog() {
	start := c.add()
	services := func(r source.Range) string {
		c.Helper()
		return fmt.Sprint(must[[]source.Service](c)(c.Source.Services(c.ctx(), r)))
	}
	c.equal("services", "[{pay 4 2} {team/agent.v2 8 0} {web 6 2}]", services(source.Range{}))
	minute := int64(time.Minute)
	c.equal("services of a minute", "[{pay 2 1} {web 3 1}]", services(source.Range{From: start + 119*ms, To: start + 120*ms}))
	c.equal("services of minutes between", "[]", services(source.Range{From: start + minute, To: start + 9*minute}))
	for _, tt := range []struct {
		name   string
		search source.OperationSearch
		want   string
	}{
		{"of a service", source.OperationSearch{Services: []string{"team/agent.v2"}},
			"[{team/agent.v2 chat client 4 0} {team/agent.v2 execute_tool search internal 2 0} {team/agent.v2 run agent consumer 2 0}]"},
		{"of kinds", source.OperationSearch{Kinds: []trace.Kind{trace.Server, trace.Consumer}},
			"[{pay POST /pay server 2 2} {team/agent.v2 run agent consumer 2 0} {web GET /checkout server 2 0}]"},
		{"of no service", source.OperationSearch{Services: []string{}}, "[]"},
		{"of a service that is not there", source.OperationSearch{Services: []string{"team"}}, "[]"},
	} {
		got := must[[]source.Operation](c)(c.Source.Operations(c.ctx(), &tt.search))
		c.equal("operations "+tt.name, tt.want, fmt.Sprint(got))
	}
}

// keys checks the keys of attributes.
func (c *checker) keys() {
	c.add()
	for _, tt := range []struct {
		name   string
		search source.KeySearch
		want   string
	}{
		{"resource", source.KeySearch{Scopes: []query.Scope{query.Resource}}, "resource.host.name [1] 10, resource.service.name [1] 18, resource.telemetry.sdk.name [1] 8"},
		{"of two types", source.KeySearch{Contains: "STATUS_CODE"}, "span.http.response.status_code [1 3] 6"},
		{"events, links and instrumentation", source.KeySearch{Scopes: []query.Scope{query.Event, query.Link, query.Instrumentation}},
			"event.exception.message [1] 2, event.exception.type [1] 2, event.n [3] 2, link.why [1] 2, instrumentation.stable [2] 4"},
	} {
		got := must[[]source.Key](c)(c.Source.Keys(c.ctx(), &tt.search))
		keys := make([]string, len(got))
		for i, k := range got {
			keys[i] = fmt.Sprint(k.Field.String(), " ", k.Kinds, " ", k.Values)
		}
		c.equal("keys: "+tt.name, tt.want, strings.Join(keys, ", "))
	}
}

// values checks the values of fields.
func (c *checker) values() {
	start := c.add()
	for _, tt := range []struct {
		field  string
		search source.ValueSearch
		want   string
	}{
		{"span.http.request.method", source.ValueSearch{Limit: 10}, "1 POST: 4, 1 GET: 2, 2 distinct, 6 of 18 spans"},
		{"span.http.response.status_code", source.ValueSearch{Limit: 10}, "3 500: 2, 1 504: 2, 3 504: 2, 3 distinct, 6 of 18 spans"},
		{"resource.service.name", source.ValueSearch{Limit: 1}, "1 team/agent.v2: 8, 3 distinct, 18 of 18 spans"},
		{"resource.service.name", source.ValueSearch{Limit: 10, Contains: "A"}, "1 team/agent.v2: 8, 1 pay: 4, 2 distinct, 18 of 18 spans"},
		{"name", source.ValueSearch{Limit: 10, Query: c.parse(`{ status = error }`)}, "1 POST /pay: 4, 1 distinct, 4 of 4 spans"},
		{"span.retries", source.ValueSearch{Limit: 10}, "3 1: 2, 3 2: 2, 2 distinct, 2 of 18 spans"},
		{"event:name", source.ValueSearch{Limit: 10}, "1 exception: 2, 1 retry: 2, 2 distinct, 2 of 18 spans"},
		{"kind", source.ValueSearch{Limit: 2}, "1 client: 8, 1 internal: 4, 4 distinct, 18 of 18 spans"},
		{"tokens", source.ValueSearch{Limit: 1}, "3 120: 2, 3 distinct, 6 of 18 spans"},
		{"span.amount", source.ValueSearch{Limit: 5, Range: source.Range{From: start, To: start + ms}}, "4 12.5: 1, 1 distinct, 1 of 5 spans"},
		{"span.nothing", source.ValueSearch{Limit: 5}, "0 distinct, 0 of 18 spans"},
	} {
		field, err := query.ParseField(tt.field)
		if err != nil {
			c.Fatal(err)
		}
		tt.search.Field = field
		got := must[*source.Values](c)(c.Source.Values(c.ctx(), &tt.search))
		c.equal("values of "+tt.field, tt.want, valuesText(got))
	}
}

// statistics checks counts by fields and by time.
func (c *checker) statistics() {
	start := c.add()
	lines := func(s *source.StatisticsSearch) string {
		c.Helper()
		got := must[*source.Statistics](c)(c.Source.Statistics(c.ctx(), s))
		var all []string
		for _, series := range got.Series {
			var line strings.Builder
			fmt.Fprint(&line, series.By)
			for _, p := range series.Points {
				at := "0"
				if p.Time != 0 {
					at = time.Duration(p.Time - start).String()
				}
				fmt.Fprintf(&line, " %s:%d,%d,%gms", at, p.Count, p.Errors, p.Sum/1e6)
			}
			all = append(all, line.String())
		}
		return strings.Join(all, "\n") + fmt.Sprintf(" +%d", got.More)
	}
	by := func(texts ...string) (fields []query.Field) {
		for _, text := range texts {
			fields = append(fields, must[query.Field](c)(query.ParseField(text)))
		}
		return fields
	}
	c.equal("all", "[] 0:18,4,8242ms +0", lines(&source.StatisticsSearch{}))
	c.equal("by service", "[team/agent.v2] 0:8,0,7600ms\n[web] 0:6,2,456ms\n[pay] 0:4,2,186ms +0",
		lines(&source.StatisticsSearch{By: by("resource.service.name")}))
	c.equal("by service, name, kind and status", "[team/agent.v2 chat client unset] 0:4,0,3200ms +7",
		lines(&source.StatisticsSearch{By: by("resource.service.name", "name", "kind", "status"), Limit: 1}))
	c.equal("steps", "[] 0s:5,2,321ms 10m0s:4,0,3800ms 20m0s:4,0,3800ms 30m0s:5,2,321ms +0", lines(&source.StatisticsSearch{Step: time.Minute}))
	c.equal("long steps of a range", "[] 0s:4,0,3800ms 15m0s:4,0,3800ms +0",
		lines(&source.StatisticsSearch{Step: 15 * time.Minute, Range: source.Range{From: start + 10*int64(time.Minute), To: start + 30*int64(time.Minute)}}))
	if !c.Source.Capabilities().Has(source.CanCountAnything) {
		return
	}
	c.equal("of a query", "[gpt-5] 0:2,0,1600ms +0",
		lines(&source.StatisticsSearch{Query: c.parse(`{ name = "chat" && tokens > 100 && trace:id = "2" }`), By: by("model")}))
	c.equal("by what is missing", "[] 0:14,4,5042ms\n[gpt-5] 0:4,0,3200ms +0", lines(&source.StatisticsSearch{By: by("span.gen_ai.request.model")}))
}

// edges checks the calls between services.
func (c *checker) edges() {
	start := c.add()
	edges := func(r source.Range) string {
		c.Helper()
		var all []string
		for _, e := range must[[]source.Edge](c)(c.Source.Edges(c.ctx(), r)) {
			all = append(all, fmt.Sprintf("%s>%s %v %d,%d,%gms p50 %d", e.Caller, e.Callee, e.Kind, e.Count, e.Errors, e.Sum/1e6, e.Durations.Quantile(0.5)/ms))
		}
		return strings.Join(all, "\n")
	}
	c.equal("all", "web>pay server 2,2,166ms p50 83", edges(source.Range{}))
	c.equal("of a minute", "web>pay server 1,1,83ms p50 83", edges(source.Range{From: start, To: start + 1}))
	c.equal("of another minute", "", edges(source.Range{From: start + int64(time.Minute), To: start + 2*int64(time.Minute)}))
}

// logs checks the search for log records.
func (c *checker) logs() {
	start := c.add()
	bodies := func(s source.LogSearch) string {
		c.Helper()
		var all []string
		for {
			page := must[*source.LogPage](c)(c.Source.Logs(c.ctx(), &s))
			for _, l := range page.Logs {
				all = append(all, l.Body.String())
			}
			if s.After = page.Next; s.After == nil {
				return strings.Join(all, "; ")
			}
		}
	}
	checkout := []trace.TraceID{TraceID(1)}
	for _, tt := range []struct {
		name   string
		search source.LogSearch
		want   string
	}{
		{"a trace, the oldest first", source.LogSearch{Traces: checkout, Order: source.Oldest, Limit: 1}, "checkout began; Card declined by issuer"},
		{"the newest first", source.LogSearch{Traces: checkout, Limit: 1}, "Card declined by issuer; checkout began"},
		{"a span", source.LogSearch{Traces: checkout, Span: SpanID(3), Limit: 5}, "Card declined by issuer"},
		{"a severity", source.LogSearch{MinSeverity: 17, Limit: 5, Range: source.Range{To: start + int64(time.Minute)}}, "Card declined by issuer"},
		{"a text", source.LogSearch{Contains: "CARD", Traces: checkout, Limit: 5}, "Card declined by issuer"},
		{"no traces", source.LogSearch{Traces: []trace.TraceID{}, Limit: 5}, ""},
		{"a session", source.LogSearch{Session: "s-1", Order: source.Oldest, Limit: 2, Range: source.Range{To: start + 15*int64(time.Minute)}}, "prompt sent; no trace, but a session"},
		{"a session and a trace", source.LogSearch{Session: "s-1", Traces: checkout, Order: source.Oldest, Limit: 3, Range: source.Range{To: start + 15*int64(time.Minute)}},
			"checkout began; Card declined by issuer; prompt sent; no trace, but a session"},
		{"another session", source.LogSearch{Session: "s-9", Limit: 5}, ""},
	} {
		c.equal("logs of "+tt.name, tt.want, bodies(tt.search))
	}
	same := trace.Batch{}
	for i := range 5 {
		same.Logs = append(same.Logs, trace.Log{TraceID: TraceID(50), Observed: start, Body: trace.Int(int64(i))})
	}
	c.Add(&same)
	c.equal("logs of one time", "0; 1; 2; 3; 4", bodies(source.LogSearch{Traces: []trace.TraceID{TraceID(50)}, Limit: 2}))
}
