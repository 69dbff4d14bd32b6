// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// agentTrace is a trace of an agent whose spans have the attributes that such
// spans usually have.
func agentTrace(n int) []trace.Span {
	resource := &trace.Resource{Attributes: pairs(
		"service.name", "planner", "service.version", "1.4.2", "service.instance.id", "planner-7c9f", "telemetry.sdk.language", "go",
		"telemetry.sdk.name", "opentelemetry", "telemetry.sdk.version", "1.47.0", "host.name", "node-12", "deployment.environment", "production")}
	scope := &trace.Scope{Name: "sidetrace/span"}
	spans := make([]trace.Span, n)
	for i := range spans {
		s := &spans[i]
		s.TraceID, s.ID = trace.TraceID{1}, spanID(i+1)
		if i > 0 {
			s.Parent = spanID((i-1)/4 + 1)
		}
		s.Name, s.Kind, s.Start, s.End = fmt.Sprintf("node %d", i%17), trace.Internal, int64(i)*1e6, int64(i)*1e6+int64(i%3000)*1e6
		if i%50 == 0 {
			s.Status.Code = trace.Error
		}
		s.Resource, s.Scope = resource, scope
		s.Attributes = pairs(
			"sid", "svc@dc1-2026-000017", "chat_id", "c-1", "app_id", "app", "uid", "u-1", "node.id", fmt.Sprint("n", i%17), "node.type", "llm",
			"gen_ai.operation.name", "chat", "gen_ai.provider.name", "openai", "gen_ai.request.model", "gpt-4o", "gen_ai.response.model", "gpt-4o-2024-08-06",
			"gen_ai.usage.input_tokens", i%4000, "gen_ai.usage.output_tokens", i%700, "http.response.status_code", 200+i%5*100, "server.address", "api.example.com")
	}
	return spans
}

func BenchmarkMatch(b *testing.B) {
	spans := agentTrace(10_000)
	for _, text := range []string{
		`{ resource.service.name = "planner" && span.http.response.status_code >= 500 && duration > 1s }`,
		`{ .gen_ai.request.model = "gpt-4o" && status = error }`,
		`{ name =~ "node 1.*" }`,
		`{ name =~ "node [12]\\d" }`,
		`{ tokens > 4k }`,
		`{ session = "svc@dc1-2026-000017" && model =~ "gpt-4o.*" }`,
		`{ any like "*gpt-5*" }`,
		`{ status = error } >> { duration > 2s } | count() > 3`,
	} {
		b.Run(text, func(b *testing.B) {
			q, err := query.Parse(text)
			require.NoError(b, err)
			p, err := query.Compile(q)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				p.Match(spans)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(spans)), "ns/span")
		})
	}
}

func BenchmarkMatchSpan(b *testing.B) {
	spans := agentTrace(10_000)
	q, err := query.Parse(`{ resource.service.name = "planner" && span.http.response.status_code >= 500 && duration > 1s }`)
	require.NoError(b, err)
	p, err := query.Compile(q)
	require.NoError(b, err)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.MatchSpan(&spans[i%len(spans)])
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := query.Parse(`{ resource.service.name = "planner" && span.http.response.status_code >= 500 && duration > 1s } | count() > 2`); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEachToken(b *testing.B) {
	spans := agentTrace(1000)
	b.ReportAllocs()
	n := 0
	for i := 0; b.Loop(); i++ {
		query.EachToken(spans[i%len(spans)].Attributes, func(token []byte) { n += len(token) })
	}
}
