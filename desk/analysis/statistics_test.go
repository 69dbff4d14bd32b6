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
	"github.com/sidetrace/sidetrace/desk/trace"
)

func statistics(t *testing.T, tree *analysis.Tree, o analysis.StatisticsOptions) *analysis.Statistics {
	t.Helper()
	s, err := tree.Statistics(o)
	require.NoError(t, err)
	return s
}

// cells are the values of all rows as JSON.
func cells(t *testing.T, s *analysis.Statistics) []string {
	t.Helper()
	list := []string{}
	for _, r := range s.Rows {
		b, err := json.Marshal(r.Cells)
		require.NoError(t, err)
		list = append(list, string(b))
	}
	return list
}

func shop() []spec {
	return []spec{
		{id: "in", name: "GET /shop", kind: trace.Server, end: 900},
		{id: "q1", parent: "in", name: "SELECT", kind: trace.Client, start: 10, end: 30, attrs: []trace.KeyValue{text("db.system", "mysql"), count("rows", 3)}},
		{id: "q2", parent: "in", name: "SELECT", kind: trace.Client, start: 40, end: 80, failed: true, attrs: []trace.KeyValue{text("db.system.name", "mysql"), text("rows", "3")}},
		{id: "pay", parent: "in", name: "Pay", kind: trace.Server, service: "pay", start: 100, end: 400},
		{id: "work", parent: "pay", name: "SELECT", kind: trace.Internal, service: "pay", start: 110, end: 120, failed: true, attrs: []trace.KeyValue{text("rows", "")}},
	}
}

func TestStatisticsFields(t *testing.T) {
	tree := treeOf(shop()...)
	tests := []struct {
		name string
		by   []string
		want []string
	}{
		{"nothing", nil, []string{`[]`}},
		{"name", []string{"name"}, []string{`["GET /shop"]`, `["SELECT"]`, `["Pay"]`}},
		{"service", []string{"service"}, []string{`["web"]`, `["pay"]`}},
		{"sdk", []string{"sdk"}, []string{`["opentelemetry"]`}},
		{"kind", []string{"kind"}, []string{`["server"]`, `["client"]`, `["internal"]`}},
		{"status", []string{"status"}, []string{`["unset"]`, `["error"]`}},
		{"attribute by either name", []string{"attributes.db.system"}, []string{`[null]`, `["mysql"]`}},
		{"attribute by its present name", []string{"attributes.db.system.name"}, []string{`[null]`, `["mysql"]`}},
		{"values that read the same", []string{"attributes.rows"}, []string{`[null]`, `[3]`, `[""]`}},
		{"resource", []string{"resource.service.name"}, []string{`["web"]`, `["pay"]`}},
		{"missing everywhere", []string{"resource.host.name"}, []string{`[null]`}},
		{"two", []string{"service", "kind"}, []string{`["web","server"]`, `["web","client"]`, `["pay","server"]`, `["pay","internal"]`}},
		{"one twice", []string{"kind", "kind"}, []string{`["server","server"]`, `["client","client"]`, `["internal","internal"]`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := statistics(t, tree, analysis.StatisticsOptions{By: test.by})
			assert.Equal(t, test.want, cells(t, s))
			spans := 0
			for _, r := range s.Rows {
				spans += r.Count
			}
			assert.Equal(t, len(tree.Nodes), spans)
		})
	}
}

func TestUnknownFields(t *testing.T) {
	for _, field := range []string{"", "names", "attributes.", "resource.", "attributes", "span_name", "resource.sdk.name extra"} {
		s, err := treeOf(shop()...).Statistics(analysis.StatisticsOptions{By: []string{"name", field}})
		if field == "resource.sdk.name extra" {
			require.NoError(t, err, "any key of a resource may be asked for")
			continue
		}
		assert.Nil(t, s)
		require.ErrorContains(t, err, "analysis: statistics by ")
		assert.ErrorContains(t, err, "want name, service, sdk, kind, status, attributes.<key> or resource.<key>")
	}
}

func TestStatisticsFilters(t *testing.T) {
	tests := []struct {
		name string
		o    analysis.StatisticsOptions
		want []string
	}{
		{"service", analysis.StatisticsOptions{Service: "pay"}, []string{`["SELECT","pay"]`, `["Pay","pay"]`}},
		{"unknown service", analysis.StatisticsOptions{Service: "mail"}, []string{}},
		{"failed", analysis.StatisticsOptions{Failed: true}, []string{`["SELECT","pay"]`, `["SELECT","web"]`}},
		{"failed of a service", analysis.StatisticsOptions{Failed: true, Service: "web"}, []string{`["SELECT","web"]`}},
		{"keyword", analysis.StatisticsOptions{Keyword: "pAy"}, []string{`["SELECT","pay"]`, `["Pay","pay"]`}},
		{"keyword in two cells gives one row", analysis.StatisticsOptions{Keyword: "PAY", Slowest: true}, []string{`["Pay","pay"]`}},
		{"no such keyword", analysis.StatisticsOptions{Keyword: "?"}, []string{}},
		{"slowest", analysis.StatisticsOptions{Slowest: true}, []string{`["GET /shop","web"]`}},
		{"slowest of nothing", analysis.StatisticsOptions{Service: "mail", Slowest: true}, []string{}},
		{"slowest of what failed", analysis.StatisticsOptions{Failed: true, Slowest: true}, []string{`["SELECT","web"]`}},
	}
	specs := shop()
	slices.Reverse(specs) // rows are in the order of all spans, not of those that are left
	tree := treeOf(specs...)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.o.By = []string{"name", "service"}
			assert.Equal(t, test.want, cells(t, statistics(t, tree, test.o)))
		})
	}
}

func TestKeywordsAreSoughtInEveryCell(t *testing.T) {
	tree := treeOf(shop()...)
	o := analysis.StatisticsOptions{By: []string{"kind", "attributes.rows"}, Keyword: "IeN"}
	assert.Equal(t, []string{`["client",3]`}, cells(t, statistics(t, tree, o)))
	o.Keyword = "3"
	assert.Equal(t, []string{`["client",3]`}, cells(t, statistics(t, tree, o)))
}

func TestSlowestOfEqualRowsIsTheFirst(t *testing.T) {
	tree := treeOf(spec{id: "b", end: 5}, spec{id: "a", end: 5}, spec{id: "c", end: 4})
	s := statistics(t, tree, analysis.StatisticsOptions{By: []string{"name"}, Slowest: true})
	assert.Equal(t, []string{`["b"]`}, cells(t, s))
}

func TestDurations(t *testing.T) {
	var specs []spec
	for i := range 21 {
		specs = append(specs, spec{id: string(rune('a' + i)), name: "x", end: int64(21 - i), failed: i < 2})
	}
	s := statistics(t, treeOf(specs...), analysis.StatisticsOptions{By: []string{"name"}})
	want := analysis.Durations{
		Count: 21, Errors: 2, Sum: 231_000, Average: 11_000, Min: 1000, Max: 21_000, P50: 11_000, P95: 20_000, P99: 21_000,
	}
	assert.Equal(t, want, s.Rows[0].Durations)
}

func TestAveragesGoToTheEvenHundredth(t *testing.T) {
	tests := []struct {
		count, sum int
		want       float64
	}{
		{8, 1, 0.12}, {8, 3, 0.38}, {8, 5, 0.62}, {3, 2, 0.67}, {3, 1, 0.33}, {21, 150, 7.14}, {7, -1, -0.14}, {1, 0, 0},
	}
	for _, test := range tests {
		spans := make([]trace.Span, test.count)
		spans[0].End = int64(test.sum)
		s := statistics(t, analysis.Build(spans), analysis.StatisticsOptions{})
		assert.InDelta(t, test.want, s.Rows[0].Average, 0, "%d / %d", test.sum, test.count)
	}
}

func TestIntervals(t *testing.T) {
	tree := treeOf(
		spec{id: "a", name: "inner", kind: trace.Internal}, spec{id: "b", name: "inner", kind: trace.Unspecified},
		spec{id: "c", name: "mixed", kind: trace.Internal}, spec{id: "d", name: "mixed", kind: trace.Producer},
		spec{id: "e", name: "odd", kind: 9},
	)
	s := statistics(t, tree, analysis.StatisticsOptions{By: []string{"name"}})
	assert.True(t, s.Rows[0].Interval)
	assert.False(t, s.Rows[1].Interval)
	assert.False(t, s.Rows[2].Interval)
}

func TestKindsAndCodesThatThereAreNot(t *testing.T) {
	spans := []trace.Span{
		{ID: trace.SpanID{1}, Kind: 9}, {ID: trace.SpanID{2}, Kind: -1}, {ID: trace.SpanID{3}, Kind: trace.Unspecified},
		{ID: trace.SpanID{4}, Status: trace.Status{Code: 7}},
	}
	tree := analysis.Build(spans)
	assert.Equal(t, []string{`[9]`, `[-1]`, `["unspecified"]`}, cells(t, statistics(t, tree, analysis.StatisticsOptions{By: []string{"kind"}})))
	assert.Equal(t, []string{`["unset"]`}, cells(t, statistics(t, tree, analysis.StatisticsOptions{By: []string{"status"}})))
	assert.Equal(t, []string{`[null]`}, cells(t, statistics(t, tree, analysis.StatisticsOptions{By: []string{"service"}})))
}

func TestStatisticsOfAbsurdDurations(t *testing.T) {
	tree := analysis.Build([]trace.Span{
		{ID: trace.SpanID{1}, Start: math.MinInt64, End: math.MaxInt64}, {ID: trace.SpanID{2}, End: math.MaxInt64},
		{ID: trace.SpanID{3}, Start: 5, End: -5},
	})
	d := statistics(t, tree, analysis.StatisticsOptions{}).Rows[0].Durations
	assert.EqualValues(t, math.MaxInt64, d.Sum)
	assert.EqualValues(t, -10, d.Min)
	assert.False(t, math.IsInf(d.Average, 0) || math.IsNaN(d.Average))
}

func TestStatisticsOfNothing(t *testing.T) {
	for _, by := range [][]string{nil, {"name", "kind"}} {
		s := statistics(t, analysis.Build(nil), analysis.StatisticsOptions{By: by, Slowest: true, Keyword: "x"})
		assert.NotNil(t, s.Rows)
		assert.Empty(t, s.Rows)
	}
}

func TestStatisticsCountIDsOnce(t *testing.T) {
	tree := treeOf(spec{id: "a", end: 1}, spec{id: "a", end: 2})
	d := statistics(t, tree, analysis.StatisticsOptions{}).Rows[0].Durations
	assert.Equal(t, 1, d.Count)
	assert.EqualValues(t, 2000, d.Sum)
}

func TestPercentile(t *testing.T) {
	assert.EqualValues(t, 0, analysis.Percentile(nil, 95))
	hundred := make([]int64, 100)
	for i := range hundred {
		hundred[i] = int64(i + 1)
	}
	for percent, want := range map[int]int64{-1: 1, 0: 1, 1: 1, 50: 50, 95: 95, 99: 99, 100: 100, 200: 100} {
		assert.Equal(t, want, analysis.Percentile(hundred, percent), percent)
	}
	assert.EqualValues(t, 1, analysis.Percentile([]int64{1, 2}, 50))
	assert.EqualValues(t, 2, analysis.Percentile([]int64{1, 2}, 51))
}

func TestServiceClasses(t *testing.T) {
	tree := treeOf(
		spec{id: "late", kind: trace.Server, start: 9, attrs: []trace.KeyValue{text("rpc.system", "grpc")}},
		spec{id: "first", kind: trace.Client, start: 1, attrs: []trace.KeyValue{text("db.system", "mysql")}},
		spec{id: "early", kind: trace.Consumer, start: 8, attrs: []trace.KeyValue{text("messaging.system", "kafka")}},
		spec{id: "a", service: "batch", start: 5}, spec{id: "b", service: "batch", start: 4, attrs: []trace.KeyValue{text("http.method", "GET")}},
	)
	assert.Equal(t, []analysis.Class{analysis.ClassMessaging, analysis.ClassHTTP}, tree.ServiceClasses())
	assert.Empty(t, analysis.Build(nil).ServiceClasses())
}

func TestHistogramBounds(t *testing.T) {
	tests := []struct {
		name      string
		low, high int64
		n         int
		want      analysis.Buckets
	}{
		{"one value", 7, 7, 8, analysis.Buckets{Low: 7, High: 8, Size: 1, Count: 1}},
		{"turned round", 97, 3, 10, analysis.Buckets{Low: 0, High: 100, Size: 10, Count: 10}},
		{"the highest begins a bucket", 0, 100, 10, analysis.Buckets{Low: 0, High: 110, Size: 10, Count: 11}},
		{"large", 812, 1_934_221, 15, analysis.Buckets{Low: 0, High: 2_000_000, Size: 200_000, Count: 10}},
		{"two and a half is no whole number", 0, 22, 10, analysis.Buckets{Low: 0, High: 24, Size: 4, Count: 6}},
		{"twenty-five is", 0, 220, 10, analysis.Buckets{Low: 0, High: 225, Size: 25, Count: 9}},
		{"below zero", -15, 14, 3, analysis.Buckets{Low: -20, High: 20, Size: 10, Count: 4}},
		{"no buckets wanted", 0, 9, 0, analysis.Buckets{Low: 0, High: 10, Size: 10, Count: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, analysis.HistogramBounds(test.low, test.high, test.n))
		})
	}
}

func TestHistogramBoundsHoldAllValues(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	ranges := [][2]int64{{math.MinInt64, math.MaxInt64}, {math.MaxInt64 - 1, math.MaxInt64}, {math.MinInt64, math.MinInt64 + 1}, {0, math.MaxInt64}}
	for range 1000 {
		ranges = append(ranges, [2]int64{int64(r.Uint64()) >> r.IntN(64), int64(r.Uint64()) >> r.IntN(64)})
	}
	for _, lh := range ranges {
		low, high, n := min(lh[0], lh[1]), max(lh[0], lh[1]), 1+r.IntN(30)
		b := analysis.HistogramBounds(low, high, n)
		require.LessOrEqual(t, b.Low, low)
		require.True(t, b.High > high || b.High == math.MaxInt64, "%v of %d to %d", b, low, high)
		require.LessOrEqual(t, b.Count, max(n+1, 4), "%v of %d to %d in %d", b, low, high, n)
		require.Positive(t, b.Size)
		if b.Low > math.MinInt64 && b.High < math.MaxInt64 {
			require.Equal(t, uint64(b.High)-uint64(b.Low), uint64(b.Size)*uint64(b.Count))
		}
	}
}
