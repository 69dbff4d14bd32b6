// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/finding"
	"github.com/sidetrace/sidetrace/desk/internal/racing"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A generator makes spans one after the other.
type generator struct {
	spans     []trace.Span
	resources []*trace.Resource
	now       int64
}

func newGenerator() *generator {
	return &generator{now: epoch, resources: []*trace.Resource{resource("gateway"), resource("engine"), resource("tools"), resource("retriever")}}
}

func (g *generator) span(parent, service int, name string, kind trace.Kind, attrs ...string) int {
	at := len(g.spans)
	s := trace.Span{Name: name, Kind: kind, Start: g.now, End: g.now + 1e6, Resource: g.resources[service]}
	binary.BigEndian.PutUint64(s.ID[:], uint64(at+1)*0x9e3779b97f4a7c15)
	if parent >= 0 {
		s.Parent = g.spans[parent].ID
	}
	for i := 0; i+1 < len(attrs); i += 2 {
		s.Attributes = append(s.Attributes, trace.KeyValue{Key: attrs[i], Value: trace.String(attrs[i+1])})
	}
	for _, key := range []string{"sid", "app_id", "uid", "chat_id"} {
		s.Attributes = append(s.Attributes, trace.KeyValue{Key: key, Value: trace.String("of the request")})
	}
	g.spans = append(g.spans, s)
	g.now += 50_000
	return at
}

func (g *generator) end(at int) { g.spans[at].End = g.now }

// agentTrace is a run of an agent of n spans, in rounds: a plan, a model behind
// two services, tools with arguments that fail at times, a retrieval with queries.
func agentTrace(n int) []trace.Span {
	g := newGenerator()
	root := g.span(-1, 0, "POST /run", trace.Server, "http.request.method", "POST", "url.path", "/run")
	for round := 0; len(g.spans) < n; round++ {
		g.end(g.span(root, 1, "Plan", trace.Internal, "node.type", "plan"))
		model := g.span(root, 1, "chat", trace.Client, "gen_ai.operation.name", "chat", "gen_ai.usage.input_tokens", "1500", "gen_ai.input.messages", "trace_link: s3://traces/a.txt")
		below := g.span(model, 2, "Generate", trace.Server, "rpc.system.name", "grpc")
		g.now += 20e6
		g.end(below)
		g.end(model)
		for tool := range 3 {
			g.tool(root, round, tool)
		}
		guide := g.span(root, 1, "Guide", trace.Internal, "node.type", "retrieval")
		for i := range 10 {
			g.now = g.spans[g.span(guide, 3, "SELECT passages", trace.Client, "db.system.name", "postgresql",
				"db.query.text", fmt.Sprintf("SELECT body FROM passages WHERE id = %d AND round = %d", i, round%3))].End
		}
		g.end(guide)
	}
	g.spans = g.spans[:n]
	g.end(root)
	return g.spans
}

func (g *generator) tool(root, round, tool int) {
	at := g.span(root, 1, "Tool", trace.Internal, "gen_ai.operation.name", "execute_tool", "gen_ai.tool.name", fmt.Sprint("tool-", tool),
		"gen_ai.tool.call.arguments", fmt.Sprintf(`{"city":"Rome","day":%d}`, round/4), "gen_ai.tool.call.result", `{"rooms":3}`)
	client := g.span(at, 1, "agent.v1.Tools/Call", trace.Client, "rpc.system.name", "grpc")
	server := g.span(client, 2, "agent.v1.Tools/Call", trace.Server, "rpc.system.name", "grpc")
	if round%5 == 0 {
		g.spans[server].Status = trace.Status{Code: trace.Error, Message: fmt.Sprint("busy ", round%7)}
		g.spans[client].Status.Code = trace.Error
	}
	g.now += 3e6
	g.end(server)
	g.end(client)
	g.end(at)
}

// shapes are traces that a careless algorithm is slow on.
var shapes = []struct {
	name  string
	trace func(n int) []trace.Span
}{
	{"agent", agentTrace},
	{"chain", func(n int) []trace.Span { return shaped(n, func(i int) int { return i - 1 }) }},
	{"fan", func(n int) []trace.Span { return shaped(n, func(i int) int { return min(i, 1) - 1 }) }},
	{"roots", func(n int) []trace.Span { return shaped(n, func(int) int { return -1 }) }},
	{"failures", func(n int) []trace.Span {
		spans := shaped(n, func(i int) int { return min(i-1, n/2) })
		for i := range spans {
			spans[i].Status = trace.Status{Code: trace.Error, Message: fmt.Sprint("error ", i)}
		}
		return spans
	}},
}

func shaped(n int, parent func(i int) int) []trace.Span {
	g := newGenerator()
	for i := range n {
		g.span(parent(i), i%4, fmt.Sprint("step ", i%7), trace.Kind(1+i%5))
	}
	return g.spans
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		for _, shape := range shapes {
			tree := analysis.Build(shape.trace(n))
			b.Run(fmt.Sprintf("%s/%d", shape.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					finding.Find(tree, finding.Options{})
				}
			})
		}
	}
}

// Large traces of any shape give sound findings; a rule that took quadratic time
// would not come to its end. BenchmarkFind tells the growth.
func TestFindInLargeTraces(t *testing.T) {
	for _, shape := range shapes {
		tree := analysis.Build(shape.trace(racing.Size(100_000)))
		for _, f := range finding.Find(tree, finding.Options{}) {
			checkSound(t, tree, f)
		}
	}
}

// A long chain does not overflow the stack.
func TestFindInALongChain(t *testing.T) {
	tree := analysis.Build(shaped(racing.Size(200_000), func(i int) int { return i - 1 }))
	require.NotEmpty(t, finding.Find(tree, finding.Options{}))
}
