// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// servicePlace finds a node by role and key.
func servicePlace(t *testing.T, s *analysis.ServiceTopology, role analysis.ServiceRole, key string) *analysis.ServiceNode {
	t.Helper()
	for i := range s.Nodes {
		if s.Nodes[i].Role == role && s.Nodes[i].Key == key {
			return &s.Nodes[i]
		}
	}
	require.Failf(t, "no such node", "%s %q", role, key)
	return nil
}

// serviceArrows are the edges with how often each was taken.
func serviceArrows(s *analysis.ServiceTopology) []string {
	list := make([]string, len(s.Edges))
	for i, e := range s.Edges {
		list[i] = fmt.Sprintf("%s > %s %d", s.Nodes[e.Source].Key, s.Nodes[e.Target].Key, e.Count)
	}
	return list
}

func serviceRoots(s *analysis.ServiceTopology) (keys []string) {
	for _, n := range s.Nodes {
		if n.Root {
			keys = append(keys, string(n.Role)+" "+n.Key)
		}
	}
	return keys
}

func TestServicePlaces(t *testing.T) {
	get, oldGet := text("http.request.method", "GET"), text("http.method", "GET")
	tests := []struct {
		name  string
		kind  trace.Kind
		attrs []trace.KeyValue
		role  analysis.ServiceRole
		key   string
	}{
		{"path of a client", trace.Client, []trace.KeyValue{oldGet, text("http.url", "http://api.local/p?x=1#f")}, "interface", "GET:/p"},
		{"present names", trace.Client, []trace.KeyValue{get, text("url.full", "https://api.local:8443/p/q")}, "interface", "GET:/p/q"},
		{"authority", trace.Client, []trace.KeyValue{get, text("url.full", "http://only.host")}, "interface", "GET:only.host"},
		{"authority with a query", trace.Client, []trace.KeyValue{get, text("url.full", "http://only.host:80?x=/y")}, "interface", "GET:only.host:80"},
		{"relative URL", trace.Client, []trace.KeyValue{get, text("url.full", "/rel/path?x")}, "interface", "GET:/rel/path"},
		{"parameters of a path", trace.Client, []trace.KeyValue{get, text("url.full", "http://h/a;v=1/b;c=d")}, "interface", "GET:/a;v=1/b"},
		{"no scheme", trace.Client, []trace.KeyValue{get, text("url.full", "10.0.0.1:80/x")}, "interface", "GET:10.0.0.1:80/x"},
		{"no URL", trace.Client, []trace.KeyValue{get}, "interface", "span"},
		{"empty URL", trace.Client, []trace.KeyValue{get, text("url.full", "")}, "interface", "span"},
		{"route of a server", trace.Server, []trace.KeyValue{get, text("http.route", "/o/{id}"), text("http.host", "h")}, "interface", "GET:/o/{id}"},
		{"host of a server", trace.Server, []trace.KeyValue{oldGet, text("http.host", "api.local")}, "interface", "GET:api.local"},
		{"address of a server", trace.Server, []trace.KeyValue{get, text("server.address", "api.local")}, "interface", "GET:api.local"},
		{"server without either", trace.Server, []trace.KeyValue{get, text("url.full", "http://h/p")}, "interface", "span"},
		{"message over HTTP", trace.Producer, []trace.KeyValue{get, text("url.full", "http://h/p")}, "interface", "http://h/p"},
		{"method", trace.Client, []trace.KeyValue{text("rpc.system", "grpc"), text("rpc.method", "Get")}, "interface", "grpc:Get"},
		{"method by present names", trace.Server, []trace.KeyValue{text("rpc.system.name", "grpc"), text("rpc.method", "a.B/Get")}, "interface", "grpc:a.B/Get"},
		{"no method", trace.Client, []trace.KeyValue{text("rpc.system", "trpc")}, "interface", "span"},
		{"database", trace.Client, []trace.KeyValue{text("db.system", "mysql")}, "component", "mysql"},
		{"database by its present name", trace.Client, []trace.KeyValue{text("db.system.name", "postgresql")}, "component", "postgresql"},
		{"database before all else", trace.Client, []trace.KeyValue{get, text("messaging.system", "kafka"), text("db.system", "mysql")}, "component", "mysql"},
		{"queue", trace.Producer, []trace.KeyValue{text("messaging.destination", "q"), text("messaging.system", "kafka")}, "component", "kafka"},
		{"destination", trace.Consumer, []trace.KeyValue{text("messaging.destination.name", "q")}, "component", "q"},
		{"HTTP before destination", trace.Client, []trace.KeyValue{text("messaging.destination", "q"), get}, "interface", "span"},
		{"model", trace.Client, []trace.KeyValue{text("gen_ai.provider.name", "openai"), get}, "component", "openai"},
		{"blank attribute", trace.Client, []trace.KeyValue{text("db.system", ""), text("db.name", "x")}, "interface", "span"},
		{"nothing", trace.Server, nil, "interface", "span"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tree := treeOf(spec{id: "s", name: "span", kind: test.kind, end: 10, attrs: test.attrs})
			s := tree.ServiceTopology()
			require.Len(t, s.Nodes, 2)
			assert.Equal(t, analysis.RoleService, s.Nodes[0].Role)
			assert.Equal(t, "web", s.Nodes[0].Key)
			assert.Equal(t, test.role, s.Nodes[1].Role)
			assert.Equal(t, test.key, s.Nodes[1].Key)
		})
	}
}

func TestServiceNames(t *testing.T) {
	s := treeOf(
		spec{id: "a", kind: trace.Server, attrs: []trace.KeyValue{text("http.method", "GET"), text("http.route", "/a:b")}},
		spec{id: "b", kind: trace.Client, attrs: []trace.KeyValue{text("db.system", "a:b")}},
	).ServiceTopology()
	assert.Equal(t, "GET /a:b", servicePlace(t, s, analysis.RoleInterface, "GET:/a:b").Name)
	assert.Equal(t, "a:b", servicePlace(t, s, analysis.RoleComponent, "a:b").Name)
}

func TestServiceCalls(t *testing.T) {
	get := []trace.KeyValue{text("http.method", "GET"), text("http.route", "/in"), text("http.url", "http://h/out")}
	tests := []struct {
		name  string
		spans []spec
		want  []string
	}{
		{"entry", []spec{{id: "in", kind: trace.Server, attrs: get}}, []string{"GET:/in > web 1"}},
		{"orphan", []spec{{id: "in", parent: "lost", kind: trace.Server, attrs: get}}, []string{"GET:/in > web 1"}},
		{"call without answer", []spec{{id: "out", kind: trace.Client, attrs: get}}, []string{"web > GET:/out 1"}},
		{"call", []spec{
			{id: "out", kind: trace.Client, attrs: get},
			{id: "in", parent: "out", kind: trace.Server, service: "pay", attrs: get},
		}, []string{"web > GET:/out 1", "GET:/out > pay 1"}},
		{"answer before the call", []spec{
			{id: "in", parent: "out", kind: trace.Server, service: "pay", attrs: get},
			{id: "out", kind: trace.Client, attrs: get},
		}, []string{"web > GET:/out 1", "GET:/out > pay 1"}},
		{"message to three", []spec{
			{id: "send", kind: trace.Producer},
			{id: "1", parent: "send", kind: trace.Consumer, service: "a"},
			{id: "2", parent: "send", kind: trace.Consumer, service: "b"},
			{id: "3", parent: "send", kind: trace.Consumer, service: "a"},
		}, []string{"web > send 1", "send > a 2", "send > b 1"}},
		{"server below an internal span of the call", []spec{
			{id: "out", kind: trace.Client, attrs: get},
			{id: "retry", parent: "out", kind: trace.Internal},
			{id: "try", parent: "retry"},
			{id: "in", parent: "try", kind: trace.Server, service: "pay", attrs: get},
		}, []string{"web > GET:/out 1", "GET:/out > pay 1"}},
		{"server below an internal root", []spec{
			{id: "job", kind: trace.Internal},
			{id: "in", parent: "job", kind: trace.Server, attrs: get},
		}, []string{"GET:/in > web 1"}},
		{"server below a server", []spec{
			{id: "in", kind: trace.Server, attrs: get},
			{id: "part", parent: "in", kind: trace.Internal},
			{id: "deep", parent: "part", kind: trace.Server, service: "pay"},
		}, []string{"GET:/in > web 1", "web > deep 1", "deep > pay 1"}},
		{"nothing but internal spans", []spec{{id: "a", kind: trace.Internal}, {id: "b", parent: "a"}}, []string{}},
		{"cycle", []spec{
			{id: "a", parent: "b", kind: trace.Server, start: 1},
			{id: "b", parent: "a", kind: trace.Client, service: "pay", start: 2},
		}, []string{"a > web 1", "pay > b 1"}},
		{"own parent", []spec{{id: "a", parent: "a", kind: trace.Server}}, []string{"a > web 1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, serviceArrows(treeOf(test.spans...).ServiceTopology()))
		})
	}
}

func TestServiceSpans(t *testing.T) {
	tree := treeOf(
		spec{id: "send", kind: trace.Producer, end: 10},
		spec{id: "again", name: "send", kind: trace.Producer, end: 20, failed: true},
		spec{id: "serve", kind: trace.Server, parent: "query", end: 5, failed: true},
		spec{id: "query", kind: trace.Client, end: 30, attrs: []trace.KeyValue{text("db.system", "mysql")}},
	)
	s := tree.ServiceTopology()
	web := servicePlace(t, s, analysis.RoleService, "web")
	assert.Equal(t, []string{"send", "serve"}, names(tree, web.Spans), "the call by which it was met, and what it served")
	assert.Equal(t, analysis.Load{Count: 1, Errors: 1, Duration: 5000}, web.Load, "what it served")
	send := servicePlace(t, s, analysis.RoleInterface, "send")
	assert.Equal(t, []string{"send"}, names(tree, send.Spans))
	assert.Equal(t, analysis.Load{Count: 2, Errors: 1, Duration: 30_000}, send.Load)
	mysql := servicePlace(t, s, analysis.RoleComponent, "mysql")
	assert.Equal(t, []string{"query"}, names(tree, mysql.Spans))
	assert.Equal(t, analysis.ClassDB, mysql.Class)
	assert.Equal(t, analysis.Load{Count: 1, Duration: 30_000}, mysql.Load)
}

func TestServiceRoots(t *testing.T) {
	get := []trace.KeyValue{text("http.method", "GET"), text("http.route", "/in")}
	tests := []struct {
		name  string
		spans []spec
		want  []string
	}{
		{"route", []spec{{id: "in", kind: trace.Server, attrs: get}}, []string{"interface GET:/in"}},
		{"server that says nothing", []spec{{id: "in", kind: trace.Server}}, []string{"service web"}},
		{"client", []spec{{id: "out", kind: trace.Client}}, []string{"service web"}},
		{"several", []spec{{id: "in", kind: trace.Server, attrs: get}, {id: "out", kind: trace.Producer}}, []string{"service web", "interface GET:/in"}},
		{"earliest if all have parents", []spec{
			{id: "b", parent: "x", kind: trace.Server, service: "pay", start: 2},
			{id: "a", parent: "x", kind: trace.Server, attrs: get, start: 1},
		}, []string{"interface GET:/in"}},
		{"internal spans are none", []spec{
			{id: "job", kind: trace.Internal},
			{id: "out", parent: "job", kind: trace.Client, start: 1},
		}, []string{"service web"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, serviceRoots(treeOf(test.spans...).ServiceTopology()))
		})
	}
}

func TestServicesOfEqualKeysAndDifferentRoles(t *testing.T) {
	s := treeOf(
		spec{id: "a", kind: trace.Client, attrs: []trace.KeyValue{text("db.system", "mysql")}},
		spec{id: "b", name: "mysql", kind: trace.Client},
		spec{id: "c", parent: "a", kind: trace.Server, service: "mysql"},
	).ServiceTopology()
	assert.Equal(t, []string{"web > mysql 1", "mysql > mysql 1", "web > mysql 1"}, serviceArrows(s))
	assert.NotEqual(t, s.Edges[0].Target, s.Edges[2].Target)
}

func TestServiceWithoutName(t *testing.T) {
	spans := []trace.Span{{ID: trace.SpanID{1}, Name: "in", Kind: trace.Server}, {ID: trace.SpanID{2}, Name: "out", Kind: trace.Client}}
	s := analysis.Build(spans).ServiceTopology()
	assert.Equal(t, []string{"in >  1", " > out 1"}, serviceArrows(s))
	assert.Equal(t, []string{"service ", "interface in"}, serviceRoots(s))
}

func TestServiceTopologyOfNothing(t *testing.T) {
	s := analysis.Build(nil).ServiceTopology()
	assert.Empty(t, s.Nodes)
	assert.Empty(t, s.Edges)
}

func TestLoadsDoNotOverflow(t *testing.T) {
	attrs := []trace.KeyValue{text("db.system", "mysql")}
	s := analysis.Build([]trace.Span{
		{ID: trace.SpanID{1}, Kind: trace.Client, Attributes: attrs, End: math.MaxInt64},
		{ID: trace.SpanID{2}, Kind: trace.Client, Attributes: attrs, End: math.MaxInt64},
	}).ServiceTopology()
	assert.Equal(t, analysis.Load{Count: 2, Duration: math.MaxInt64}, servicePlace(t, s, analysis.RoleComponent, "mysql").Load)
}
