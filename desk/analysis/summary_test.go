// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/internal/racing"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// checkout is a trace in which the payment service's clock is 5 ms slow.
func checkout() []spec {
	return []spec{
		{id: "C", name: "POST /pay", parent: "B", kind: trace.Server, service: "pay", start: 5_000, end: 88_000, failed: true, attrs: []trace.KeyValue{text("http.method", "POST")}},
		{id: "A", name: "GET /checkout", kind: trace.Server, start: 0, end: 120_000, attrs: []trace.KeyValue{text("http.method", "GET"), count("http.status_code", 500)}},
		{id: "B", name: "POST /pay", parent: "A", kind: trace.Client, start: 10_000, end: 100_000, failed: true, attrs: []trace.KeyValue{text("http.method", "POST")}},
		{id: "D", name: "SELECT", parent: "C", kind: trace.Client, service: "pay", start: 20_000, end: 30_000, attrs: []trace.KeyValue{text("db.system", "mysql")}},
		{id: "E", name: "render", parent: "A", kind: trace.Internal, start: 101_000, end: 119_000},
	}
}

func TestSummary(t *testing.T) {
	tree := treeOf(checkout()...)
	want := &analysis.Summary{
		TraceID: trace.TraceID{1}, Root: 1, RootService: "web", RootName: "GET /checkout", Entry: 1, EntryService: "web", EntryName: "GET /checkout",
		Category: analysis.CategoryHTTP, Code: analysis.StatusBadge{Value: trace.Int(500), Failed: true},
		Start: 0, End: 120_000_000, Duration: 120_000_000, Longest: 120_000_000, Shortest: 10_000_000,
		Services:     []analysis.ServiceCount{{Name: "pay", Spans: 2, Errors: 1}, {Name: "web", Spans: 3, Errors: 1}},
		ServiceCount: 2, Spans: 5, Errors: 2, Levels: 4, Requests: 2, Skewed: true,
		Categories: map[analysis.Category]int{"http": 3, "db": 1, "rpc": 0, "messaging": 0, "async_backend": 0, "other": 1},
		Kinds:      analysis.KindCounts{Sync: 4, Internal: 1},
	}
	assert.Equal(t, want, tree.Summary())
	aligned := drawn(tree, tree.Waterfall(analysis.WaterfallOptions{Align: true}))
	assert.Contains(t, aligned, "  POST /pay 10000+83000 shift 5000 !")
	assert.Contains(t, aligned, "   SELECT 25000+10000 shift 5000", "with all below it")
}

func TestSummaryOfNothing(t *testing.T) {
	s := analysis.Build(nil).Summary()
	assert.Equal(t, analysis.None, s.Root)
	assert.Equal(t, analysis.None, s.Entry)
	b, err := json.Marshal(s)
	require.NoError(t, err)
	assert.Contains(t, string(b), `"services":[]`)
	assert.Contains(t, string(b), `"other":0`)
}

func TestRootAndEntry(t *testing.T) {
	tests := []struct {
		name        string
		spans       []spec
		root, entry string
	}{
		{"earliest root", []spec{{id: "b", start: 2}, {id: "a", start: 1, kind: trace.Client}}, "a", ""},
		{"root before orphan", []spec{{id: "lost", parent: "x", start: 1}, {id: "a", start: 5}}, "a", ""},
		{"orphans alone", []spec{{id: "b", parent: "x", start: 2}, {id: "a", parent: "y", start: 1}}, "a", ""},
		{"own parent before orphan", []spec{{id: "lost", parent: "x", start: 1}, {id: "a", parent: "a", start: 5}}, "a", ""},
		{"a child that starts first is no root", []spec{{id: "in", parent: "a", kind: trace.Server, start: 1}, {id: "a", start: 5}}, "a", "in"},
		{"shallowest entry", []spec{
			{id: "a"}, {id: "out", parent: "a", kind: trace.Client}, {id: "deep", parent: "out", kind: trace.Server, start: 1},
			{id: "in", parent: "a", kind: trace.Consumer, start: 9},
		}, "a", "in"},
		{"earliest entry of a level", []spec{
			{id: "a"}, {id: "2", parent: "a", kind: trace.Server, start: 2}, {id: "1", parent: "a", kind: trace.Server, start: 1},
		}, "a", "1"},
		{"entry below a root rather than an orphan", []spec{
			{id: "lost", parent: "x", kind: trace.Server}, {id: "a", start: 5}, {id: "in", parent: "a", kind: trace.Server, start: 6},
		}, "a", "in"},
		{"orphan as the only entry", []spec{{id: "lost", parent: "x", kind: trace.Server}, {id: "a", start: 5}}, "a", "lost"},
		{"cycle", []spec{{id: "b", parent: "a", start: 2, kind: trace.Server}, {id: "a", parent: "b", start: 1}}, "a", "b"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tree := treeOf(test.spans...)
			s := tree.Summary()
			assert.Equal(t, test.root, tree.Nodes[s.Root].Span.Name)
			assert.Equal(t, test.root, s.RootName)
			assert.Equal(t, test.entry, s.EntryName)
			if test.entry == "" {
				assert.Equal(t, analysis.None, s.Entry)
			}
		})
	}
}

// TestSummariesDoNotDependOnTheOrderOfSpans also has roots and entries that
// start together.
func TestSummariesDoNotDependOnTheOrderOfSpans(t *testing.T) {
	specs := append(checkout(), spec{id: "F", kind: trace.Server}, spec{id: "G", kind: trace.Server}, spec{id: "H", parent: "lost", kind: trace.Server})
	spans := spansOf(specs...)
	first := analysis.Build(slices.Clone(spans))
	want := first.Summary()
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		r.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
		tree := analysis.Build(spans)
		got := tree.Summary()
		require.Equal(t, first.Nodes[want.Root].Span.ID, tree.Nodes[got.Root].Span.ID)
		require.Equal(t, first.Nodes[want.Entry].Span.ID, tree.Nodes[got.Entry].Span.ID)
		require.ElementsMatch(t, want.Services, got.Services)
		got.Root, got.Entry, got.Services = want.Root, want.Entry, want.Services
		require.Equal(t, want, got)
	}
}

func TestLevels(t *testing.T) {
	for n := range 5 {
		var specs []spec
		for i := range n {
			s := spec{id: string(rune('a' + i)), start: int64(i)}
			if i > 0 {
				s.parent = string(rune('a' + i - 1))
			}
			specs = append(specs, s)
		}
		assert.Equal(t, n, treeOf(specs...).Summary().Levels)
	}
	assert.Equal(t, 1, treeOf(spec{id: "a", parent: "lost"}).Summary().Levels, "a missing parent is no level")
}

func TestSummaryCounts(t *testing.T) {
	spans := append(spansOf(
		spec{id: "a", kind: trace.Producer}, spec{id: "b", parent: "lost", kind: trace.Consumer}, spec{id: "b", parent: "lost", kind: trace.Consumer},
		spec{id: "c", parent: "a"}, spec{id: "d", kind: 9},
	), trace.Span{ID: trace.SpanID{9}, Name: "nameless", Start: -5, End: math.MaxInt64})
	s := analysis.Build(spans).Summary()
	assert.Equal(t, 5, s.Spans)
	assert.Equal(t, 1, s.Orphans)
	assert.Equal(t, 1, s.Duplicates)
	assert.Equal(t, analysis.KindCounts{Async: 2, Unspecified: 3}, s.Kinds)
	assert.Equal(t, 1, s.ServiceCount)
	assert.Len(t, s.Services, 2, "the service without a name is listed, too")
	assert.EqualValues(t, math.MaxInt64, s.Duration)
}

func TestCategories(t *testing.T) {
	tests := []struct {
		attrs []trace.KeyValue
		want  analysis.Category
	}{
		{nil, analysis.CategoryOther},
		{[]trace.KeyValue{text("x", "y")}, analysis.CategoryOther},
		{[]trace.KeyValue{text("http.method", "GET")}, analysis.CategoryHTTP},
		{[]trace.KeyValue{text("url.full", "http://h/")}, analysis.CategoryHTTP},
		{[]trace.KeyValue{text("rpc.service", "S"), text("http.method", "POST")}, analysis.CategoryRPC},
		{[]trace.KeyValue{text("db.statement", "SELECT 1"), text("rpc.system", "grpc")}, analysis.CategoryDB},
		{[]trace.KeyValue{text("db.query.text", "SELECT 1")}, analysis.CategoryDB},
		{[]trace.KeyValue{text("messaging.system", "kafka"), text("db.system", "redis")}, analysis.CategoryQueue},
		{[]trace.KeyValue{text("celery.task_name", "t")}, analysis.CategoryQueue},
		{[]trace.KeyValue{text("messaging.system", "kafka"), text("messaging.kafka.message.key", "k")}, analysis.CategoryMessaging},
		{[]trace.KeyValue{text("messaging.destination.name", "q"), text("messaging.rabbitmq.routing_key", "k")}, analysis.CategoryMessaging},
		{[]trace.KeyValue{text("messaging.rabbitmq.routing_key", "k")}, analysis.CategoryOther},
		{[]trace.KeyValue{text("celery.action", "run"), text("messaging.rabbitmq.routing_key", "k")}, analysis.CategoryQueue},
	}
	for _, test := range tests {
		tree := treeOf(spec{id: "s", attrs: test.attrs})
		assert.Equal(t, test.want, tree.Nodes[0].Category(), test.attrs)
		s := tree.Summary()
		assert.Equal(t, 1, s.Categories[test.want])
		assert.Len(t, s.Categories, 6)
	}
}

func TestStatusBadges(t *testing.T) {
	tests := []struct {
		name  string
		attrs []trace.KeyValue
		want  string
		fails bool
	}{
		{"none", nil, "null", false},
		{"success", []trace.KeyValue{count("http.status_code", 204)}, "204", false},
		{"a redirection is no error", []trace.KeyValue{count("http.status_code", 302)}, "302", false},
		{"an upgrade is none", []trace.KeyValue{count("http.response.status_code", 101)}, "101", false},
		{"client error", []trace.KeyValue{count("http.response.status_code", 404)}, "404", true},
		{"server error as text", []trace.KeyValue{text("http.status_code", "503")}, `"503"`, true},
		{"no response", []trace.KeyValue{count("http.status_code", 0)}, "null", false},
		{"RPC that went well", []trace.KeyValue{count("rpc.grpc.status_code", 0)}, "0", false},
		{"RPC that did not", []trace.KeyValue{count("rpc.grpc.status_code", 14)}, "14", true},
		{"RPC by present names", []trace.KeyValue{text("rpc.response.status_code", "UNAVAILABLE")}, `"UNAVAILABLE"`, true},
		{"OK by its name", []trace.KeyValue{text("rpc.response.status_code", "OK")}, `"OK"`, false},
		{"blank", []trace.KeyValue{text("rpc.response.status_code", "")}, "null", false},
		{"HTTP before RPC", []trace.KeyValue{count("rpc.grpc.status_code", 14), count("http.status_code", 200)}, "200", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tree := treeOf(spec{id: "s", kind: trace.Server, attrs: test.attrs})
			badge := tree.Nodes[0].StatusBadge()
			b, err := json.Marshal(badge.Value)
			require.NoError(t, err)
			assert.Equal(t, test.want, string(b))
			assert.Equal(t, test.fails, badge.Failed)
			assert.Equal(t, badge, tree.Summary().Code)
		})
	}
}

// TestSizesOfTables is TestSizes for what is not a diagram.
func TestSizesOfTables(t *testing.T) {
	n := racing.Size(100_000)
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			spans := analysis.Arrange(shape(n))
			tree := analysis.Build(spans)
			for _, align := range []bool{false, true} {
				assert.Len(t, tree.Waterfall(analysis.WaterfallOptions{Align: align}).Rows, n)
			}
			assert.Equal(t, n, tree.Summary().Spans)
			assert.NotEmpty(t, tree.ServiceTopology().Nodes)
			assert.LessOrEqual(t, len(analysis.InferCallees(tree)), n)
			s := statistics(t, tree, analysis.StatisticsOptions{By: []string{"name", "service", "kind", "attributes.attempt"}})
			total := 0
			for _, r := range s.Rows {
				total += r.Count
			}
			assert.Equal(t, n, total)
		})
	}
}
