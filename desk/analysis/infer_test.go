// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
)

func TestInferredCallees(t *testing.T) {
	type attrs = []trace.KeyValue
	tests := []struct {
		name string
		kind trace.Kind
		has  attrs
		want string // the callee's name
		kept []string
	}{
		{"HTTP", trace.Client, attrs{text("peer.service", "pay"), text("http.url", "http://pay/x"), text("http.method", "GET"), count("x", 1)}, "pay", []string{"http.url", "http.method"}},
		{"HTTP by its host", trace.Client, attrs{text("peer.service", "pay"), text("http.host", "h")}, "pay", []string{"http.host"}},
		{"HTTP by its peer", trace.Client, attrs{text("peer.service", "pay"), text("net.peer.name", "h")}, "pay", nil},
		{"HTTP by present names", trace.Client, attrs{text("service.peer.name", "pay"), text("url.full", "http://pay/x"), text("http.request.method", "GET"), text("server.address", "pay")}, "pay", []string{"url.full", "http.request.method"}},
		{"HTTP before RPC", trace.Client, attrs{text("peer.service", "pay"), text("http.url", "u"), text("rpc.system", "grpc")}, "pay", []string{"http.url"}},
		{"HTTP without a peer", trace.Client, attrs{text("http.url", "http://pay/")}, "", nil},
		{"RPC", trace.Client, attrs{text("rpc.system", "grpc"), text("rpc.service", "S"), text("peer.service", "p")}, "S", []string{"rpc.system", "rpc.service"}},
		{"RPC by its peer", trace.Client, attrs{text("rpc.system.name", "grpc"), text("net.peer.name", "host1")}, "host1", []string{"rpc.system.name"}},
		{"RPC by its system", trace.Client, attrs{text("rpc.system", "grpc")}, "grpc", []string{"rpc.system"}},
		{"any service", trace.Client, attrs{text("peer.service", "gen"), text("x", "y")}, "gen", nil},
		{"queue", trace.Producer, attrs{text("messaging.destination", "q1"), text("messaging.system", "kafka")}, "q1", []string{"messaging.destination", "messaging.system"}},
		{"queue by its present name", trace.Producer, attrs{text("messaging.destination.name", "q1")}, "q1", []string{"messaging.destination.name"}},
		{"queue without a name", trace.Producer, attrs{text("messaging.system", "kafka")}, "", nil},
		{"database", trace.Client, attrs{text("db.name", "shop"), text("db.system", "mysql")}, "mysql", []string{"db.name", "db.system"}},
		{"database by its type", trace.Client, attrs{text("db.type", "redis")}, "redis", []string{"db.type"}},
		{"database by present names", trace.Client, attrs{text("db.system.name", "postgresql"), text("db.namespace", "shop")}, "postgresql", []string{"db.system.name", "db.namespace"}},
		{"query in a process", trace.Internal, attrs{text("db.system", "mysql")}, "", nil},
		{"producer of queries", trace.Producer, attrs{text("db.system", "mysql")}, "", nil},
		{"server", trace.Server, attrs{text("peer.service", "x")}, "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			spans := spansOf(spec{id: "call", kind: test.kind, start: 5, end: 9, attrs: test.has})
			spans[0].Offset = -3
			callees := analysis.InferCallees(analysis.Build(spans))
			if test.want == "" {
				assert.Empty(t, callees)
				return
			}
			require.Len(t, callees, 1)
			c := callees[0]
			assert.Equal(t, test.want, c.Name)
			var kept []string
			for _, kv := range c.Attributes {
				kept = append(kept, kv.Key)
			}
			assert.Equal(t, test.kept, kept)
			assert.True(t, c.Inferred)
			assert.True(t, c.Kind.IsCalled())
			assert.Equal(t, test.kind.IsAsync(), c.Kind.IsAsync())
			assert.Equal(t, spans[0].ID, c.Parent)
			assert.Equal(t, spans[0].TraceID, c.TraceID)
			assert.Equal(t, []int64{5000, 9000, 3997}, []int64{c.Start, c.End, c.Duration()})
			assert.Equal(t, trace.OK, c.Status.Code)
			assert.Same(t, spans[0].Resource, c.Resource)
		})
	}
}

func TestNoCalleeIsInferredWhereOneIsKnown(t *testing.T) {
	peer := []trace.KeyValue{text("peer.service", "pay")}
	tree := treeOf(
		spec{id: "served", kind: trace.Client, attrs: peer},
		spec{id: "a", parent: "served", kind: trace.Server, service: "pay"},
		spec{id: "served further down", kind: trace.Client, attrs: peer},
		spec{id: "try", parent: "served further down", kind: trace.Internal},
		spec{id: "b", parent: "try", kind: trace.Server, service: "pay"},
		spec{id: "called on", kind: trace.Client, attrs: peer},
		spec{id: "query", parent: "called on", kind: trace.Client, attrs: peer},
		spec{id: "c", parent: "query", kind: trace.Server, service: "pay"},
	)
	callees := analysis.InferCallees(tree)
	require.Len(t, callees, 1)
	assert.Equal(t, idOf("called on"), callees[0].Parent, "what it called further was served, it was not")
}

func TestInferringTwiceAddsNothing(t *testing.T) {
	spans := agentTrace(500)
	callees := analysis.InferCallees(analysis.Build(spans))
	require.NotEmpty(t, callees)
	assert.Equal(t, callees, analysis.InferCallees(analysis.Build(spans)), "the same ids each time")
	known := map[trace.SpanID]bool{}
	for _, s := range append(spans, callees...) {
		require.False(t, known[s.ID])
		require.Len(t, s.ID.String(), 16)
		known[s.ID] = true
	}
	assert.Empty(t, analysis.InferCallees(analysis.Build(append(spans, callees...))))
}

func TestNothingIsInferredBelowSpansWithoutID(t *testing.T) {
	tree := analysis.Build([]trace.Span{{Kind: trace.Client, Attributes: []trace.KeyValue{text("peer.service", "pay")}}})
	assert.Empty(t, analysis.InferCallees(tree))
	assert.Empty(t, analysis.InferCallees(analysis.Build(nil)))
}
