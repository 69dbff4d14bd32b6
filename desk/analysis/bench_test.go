// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// spanID is a span's id made of its number, never zero.
func spanID(n int) (id trace.SpanID) {
	binary.BigEndian.PutUint64(id[:], uint64(n+1)*0x9e3779b97f4a7c15)
	return id
}

var services = []*trace.Resource{service("gateway"), service("engine"), service("tools"), service("retriever")}

func service(name string) *trace.Resource {
	return &trace.Resource{Attributes: []trace.KeyValue{text("telemetry.sdk.name", "opentelemetry"), text("service.name", name)}}
}

func text(key, value string) trace.KeyValue {
	return trace.KeyValue{Key: key, Value: trace.String(value)}
}

func count(key string, n int) trace.KeyValue {
	return trace.KeyValue{Key: key, Value: trace.Int(int64(n))}
}

// agentTrace is a run of an agent of n spans: rounds of a plan, a call of a
// model through two services, tools at once and a retrieval with its queries.
func agentTrace(n int) []trace.Span {
	g := &generator{spans: make([]trace.Span, 0, n+16), now: 1_700_000_000_000_000_000}
	root := g.span(-1, 0, "POST /run", trace.Server, text("http.request.method", "POST"), text("http.route", "/run"), text("url.path", "/run"))
	for round := 0; len(g.spans) < n; round++ {
		g.round(root, round)
	}
	g.spans = g.spans[:n]
	g.spans[root].End = g.now
	return g.spans
}

type generator struct {
	spans []trace.Span
	now   int64
}

func (g *generator) span(parent, service int, name string, kind trace.Kind, attrs ...trace.KeyValue) int {
	at := len(g.spans)
	s := trace.Span{ID: spanID(at), Name: name, Kind: kind, Start: g.now, End: g.now + 1_000_000, Resource: services[service]}
	s.TraceID[0] = 1
	if parent >= 0 {
		s.Parent = g.spans[parent].ID
	}
	s.Attributes = append(s.Attributes, text("sid", "svc003d0000@src1a1fdfeedab0202412"), text("app_id", "demo"), text("uid", "user-1"), text("chat_id", "chat-1"))
	s.Attributes = append(s.Attributes, attrs...)
	g.spans = append(g.spans, s)
	g.now += 50_000
	return at
}

func (g *generator) end(at int) { g.spans[at].End = g.now }

func (g *generator) round(root, round int) {
	node := g.span(root, 1, "Plan", trace.Internal, text("node.id", fmt.Sprint("plan::", round)), text("node.type", "plan"), text("node.name", "Plan"))
	g.end(node)
	g.model(root)
	for tool := range 3 {
		at := g.span(root, 1, "Tool", trace.Internal, text("gen_ai.operation.name", "execute_tool"), text("gen_ai.tool.name", fmt.Sprint("tool-", tool)), count("attempt", round))
		g.call(at, 2, fmt.Sprint("agent.v1.Tools/Call", tool))
		g.end(at)
	}
	guide := g.span(root, 1, "Guide", trace.Internal, text("node.type", "retrieval"))
	for range 10 {
		g.span(guide, 3, "SELECT passages", trace.Client, text("db.system.name", "postgresql"), text("db.query.text", fmt.Sprint("SELECT body FROM passages WHERE id = ", round)))
		g.now += 1_000_000
	}
	g.end(guide)
}

func (g *generator) model(root int) {
	node := g.span(root, 1, "Model", trace.Internal, text("node.type", "spark-llm"))
	at := g.span(node, 1, "chat gpt", trace.Client, text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", "gpt"), text("rpc.system.name", "grpc"),
		count("gen_ai.usage.input_tokens", 1500), count("gen_ai.usage.output_tokens", 80))
	below := g.span(at, 2, "agent.v1.Model/Generate", trace.Server, text("rpc.system.name", "grpc"), text("rpc.method", "agent.v1.Model/Generate"))
	g.now += 20_000_000
	g.end(below)
	g.end(at)
	g.end(node)
}

func (g *generator) call(parent, service int, method string) {
	client := g.span(parent, 1, method, trace.Client, text("rpc.system.name", "grpc"), text("rpc.method", method))
	server := g.span(client, service, method, trace.Server, text("rpc.system.name", "grpc"), text("rpc.method", method))
	g.now += 3_000_000
	g.end(server)
	g.end(client)
}

// shapes are traces that a careless algorithm is slow on.
var shapes = map[string]func(n int) []trace.Span{
	"agent": agentTrace,
	"chain": func(n int) []trace.Span { return shaped(n, func(i int) int { return i - 1 }) },
	"fan":   func(n int) []trace.Span { return shaped(n, func(i int) int { return min(i, 1) - 1 }) },
	"roots": func(n int) []trace.Span { return shaped(n, func(int) int { return -1 }) },
}

func shaped(n int, parent func(i int) int) []trace.Span {
	g := &generator{now: 1_700_000_000_000_000_000}
	for i := range n {
		g.span(parent(i), i%len(services), fmt.Sprint("step ", i%7), trace.Kind(1+i%5))
	}
	return g.spans
}

func BenchmarkTree(b *testing.B) {
	each(b, func(spans []trace.Span) { analysis.Build(spans) })
}

func BenchmarkParts(b *testing.B) {
	for _, part := range parts {
		tree := analysis.Build(agentTrace(10_000))
		b.Run(part.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				part.draw(tree)
			}
		})
	}
}

var parts = []struct {
	name string
	draw func(t *analysis.Tree)
}{
	{"groups", func(t *analysis.Tree) { t.Groups(analysis.GroupOptions{}) }},
	{"anywhere", func(t *analysis.Tree) { t.Groups(analysis.GroupOptions{Mode: analysis.Anywhere}) }},
	{"parallels", func(t *analysis.Tree) { t.Parallels(analysis.ParallelOptions{}) }},
	{"flame", func(t *analysis.Tree) { t.FlameGraph(analysis.ParallelOptions{}) }},
	{"topology", func(t *analysis.Tree) { t.Topology(nil) }},
	{"sequence", func(t *analysis.Tree) { t.Sequence() }},
	{"waterfall", func(t *analysis.Tree) { t.Waterfall(analysis.WaterfallOptions{}) }},
	{"summary", func(t *analysis.Tree) { t.Summary() }},
	{"services", func(t *analysis.Tree) { t.ServiceTopology() }},
	{"callees", func(t *analysis.Tree) { analysis.InferCallees(t) }},
	{"statistics", func(t *analysis.Tree) {
		if _, err := t.Statistics(analysis.StatisticsOptions{By: []string{"name", "service", "kind", "status"}}); err != nil {
			panic(err)
		}
	}},
}

func each(b *testing.B, run func(spans []trace.Span)) {
	for _, shape := range []string{"agent", "chain", "fan", "roots"} {
		for _, n := range []int{1_000, 10_000, 100_000} {
			spans := shapes[shape](n)
			b.Run(fmt.Sprintf("%s/%d", shape, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					run(spans)
				}
			})
		}
	}
}
