// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// drawn are the rows: indented names with offset, duration and shift in µs, and
// an exclamation mark for a clock that is off.
func drawn(t *analysis.Tree, w *analysis.Waterfall) []string {
	list := []string{}
	for _, r := range w.Rows {
		s := fmt.Sprintf("%*s%s %d+%d", r.Depth, "", t.Nodes[r.Node].Span.Name, r.Offset/1000, r.Duration/1000)
		if r.Shift != 0 {
			s += fmt.Sprintf(" shift %d", r.Shift/1000)
		}
		if r.Skewed {
			s += " !"
		}
		list = append(list, s)
	}
	return list
}

func waterfall(o analysis.WaterfallOptions, specs ...spec) []string {
	tree := treeOf(specs...)
	return drawn(tree, tree.Waterfall(o))
}

func TestWaterfallRows(t *testing.T) {
	want := []string{"in 0+90", " b 5+5", "  c 6+2", " a 10+10", "later 95+5"}
	assert.Equal(t, want, waterfall(analysis.WaterfallOptions{},
		spec{id: "a", parent: "in", start: 1010, end: 1020}, spec{id: "later", start: 1095, end: 1100},
		spec{id: "c", parent: "b", start: 1006, end: 1008}, spec{id: "b", parent: "in", start: 1005, end: 1010},
		spec{id: "in", start: 1000, end: 1090},
	))
}

func TestWaterfallExtent(t *testing.T) {
	tree := treeOf(spec{id: "a", start: 10, end: 20}, spec{id: "b", parent: "a", start: 5, end: 90}, spec{id: "c", start: 30, end: 30})
	w := tree.Waterfall(analysis.WaterfallOptions{})
	assert.EqualValues(t, 5000, w.Start, "a child may begin before its parent")
	assert.EqualValues(t, 90_000, w.End, "and end after it")
	assert.Equal(t, []string{"a 5+10", " b 0+85", "c 25+0"}, drawn(tree, w))
}

func TestClockSkew(t *testing.T) {
	tests := []struct {
		name    string
		spans   []spec
		plain   []string
		aligned []string
	}{
		{"in time", []spec{
			{id: "call", kind: trace.Client, start: 10, end: 20}, {id: "serve", parent: "call", kind: trace.Server, start: 10, end: 25},
		}, []string{"call 0+10", " serve 0+15"}, nil},
		{"served before the call", []spec{
			{id: "call", kind: trace.Client, start: 10, end: 20}, {id: "serve", parent: "call", kind: trace.Server, start: 4, end: 9},
			{id: "inner", parent: "serve", kind: trace.Internal, start: 5, end: 8},
		}, []string{"call 6+10", " serve 0+5 !", "  inner 1+3"}, []string{"call 0+10", " serve 0+5 shift 6 !", "  inner 1+3 shift 6"}},
		{"served after the call", []spec{
			{id: "call", kind: trace.Client, start: 10, end: 20}, {id: "serve", parent: "call", kind: trace.Server, start: 21, end: 29},
		}, []string{"call 0+10", " serve 11+8 !"}, []string{"call 0+10", " serve 0+8 shift -11 !"}},
		{"served as the call ends", []spec{
			{id: "call", kind: trace.Client, start: 10, end: 20}, {id: "serve", parent: "call", kind: trace.Server, start: 20, end: 29},
		}, []string{"call 0+10", " serve 10+9"}, nil},
		{"messages may come late", []spec{
			{id: "send", kind: trace.Producer, start: 10, end: 20}, {id: "take", parent: "send", kind: trace.Consumer, start: 500, end: 501},
		}, []string{"send 0+10", " take 490+1"}, nil},
		{"a consumer below a client may, too", []spec{
			{id: "send", kind: trace.Client, start: 10, end: 20}, {id: "take", parent: "send", kind: trace.Consumer, start: 500, end: 501},
		}, []string{"send 0+10", " take 490+1"}, nil},
		{"but not before they were sent", []spec{
			{id: "send", kind: trace.Producer, start: 10, end: 20}, {id: "take", parent: "send", kind: trace.Consumer, start: 9, end: 11},
		}, []string{"send 1+10", " take 0+2 !"}, []string{"send 0+10", " take 0+2 shift 1 !"}},
		{"internal spans are not compared", []spec{
			{id: "in", kind: trace.Server, start: 10, end: 20}, {id: "a", parent: "in", kind: trace.Internal, start: 5, end: 6},
			{id: "b", parent: "in", kind: trace.Client, start: 30, end: 31}, {id: "c", parent: "a", kind: trace.Server, start: 1, end: 2},
		}, []string{"in 9+10", " a 4+1", "  c 0+1", " b 29+1"}, nil},
		{"shifts add up", []spec{
			{id: "1", kind: trace.Client, start: 100, end: 200}, {id: "2", parent: "1", kind: trace.Server, start: 90, end: 180},
			{id: "3", parent: "2", kind: trace.Client, start: 95, end: 170}, {id: "4", parent: "3", kind: trace.Server, start: 75, end: 80},
			{id: "5", parent: "4", kind: trace.Internal, start: 76, end: 77},
		}, []string{"1 25+100", " 2 15+90 !", "  3 20+75", "   4 0+5 !", "    5 1+1"},
			[]string{"1 0+100", " 2 0+90 shift 10 !", "  3 5+75 shift 10", "   4 5+5 shift 30 !", "    5 6+1 shift 30"}},
		{"siblings in their new order", []spec{
			{id: "call", kind: trace.Client, start: 10, end: 90}, {id: "late", parent: "call", kind: trace.Server, start: 95, end: 99},
			{id: "mid", parent: "call", kind: trace.Internal, start: 40, end: 50},
		}, []string{"call 0+80", " mid 30+10", " late 85+4 !"}, []string{"call 0+80", " late 0+4 shift -85 !", " mid 30+10"}},
		{"a call that ends before it starts", []spec{
			{id: "call", kind: trace.Client, start: 20, end: 10}, {id: "serve", parent: "call", kind: trace.Server, start: 20, end: 22},
		}, []string{"call 0+-10", " serve 0+2 !"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.aligned == nil {
				test.aligned = test.plain
			}
			assert.Equal(t, test.plain, waterfall(analysis.WaterfallOptions{}, test.spans...))
			assert.Equal(t, test.aligned, waterfall(analysis.WaterfallOptions{Align: true}, test.spans...))
			tree := treeOf(test.spans...)
			skewed := slices.ContainsFunc(tree.Waterfall(analysis.WaterfallOptions{}).Rows, func(r analysis.WaterfallRow) bool { return r.Skewed })
			assert.Equal(t, skewed, tree.Waterfall(analysis.WaterfallOptions{Align: true}).Skewed)
			assert.Equal(t, skewed, tree.Summary().Skewed)
		})
	}
}

func TestAlignedTreesAreLeftAlone(t *testing.T) {
	tree := treeOf(
		spec{id: "call", kind: trace.Client, start: 10, end: 90}, spec{id: "late", parent: "call", kind: trace.Server, start: 95, end: 99},
		spec{id: "mid", parent: "call", kind: trace.Internal, start: 40, end: 50}, spec{id: "root", start: 1},
	)
	before, err := json.Marshal(tree.Waterfall(analysis.WaterfallOptions{}))
	require.NoError(t, err)
	tree.Waterfall(analysis.WaterfallOptions{Align: true})
	after, err := json.Marshal(tree.Waterfall(analysis.WaterfallOptions{}))
	require.NoError(t, err)
	assert.JSONEq(t, string(before), string(after))
	assert.EqualValues(t, 95_000, tree.Nodes[node(tree, "late")].Span.Start)
	assert.Equal(t, []string{"mid", "late"}, names(tree, tree.Children(node(tree, "call"))))
}

func TestStages(t *testing.T) {
	specs := []spec{
		{id: "call", kind: trace.Client, start: 10, end: 90}, {id: "first", parent: "call", kind: trace.Server, start: 20, end: 40},
		{id: "again", parent: "call", kind: trace.Server, start: 45, end: 80}, {id: "inner", parent: "call", kind: trace.Internal, start: 12, end: 13},
		{id: "send", kind: trace.Producer, start: 10, end: 11}, {id: "take", parent: "send", kind: trace.Consumer, start: 20, end: 21},
		{id: "lone", kind: trace.Client}, {id: "skewed", kind: trace.Client, start: 100, end: 110}, {id: "served", parent: "skewed", kind: trace.Server, start: 50, end: 57},
	}
	tree := treeOf(specs...)
	w := tree.Waterfall(analysis.WaterfallOptions{Align: true})
	require.Len(t, w.Stages, 3)
	stages := map[string]string{}
	for _, r := range w.Rows {
		if r.Stage != analysis.None {
			s := w.Stages[r.Stage]
			stages[tree.Nodes[r.Node].Span.Name] = fmt.Sprintf("%s-%s %d %d", tree.Nodes[s.Caller].Span.Name, tree.Nodes[s.Callee].Span.Name, s.Request/1000, s.Response/1000)
		}
	}
	assert.Equal(t, map[string]string{
		"call": "call-again 35 10", "first": "call-first 10 50", "again": "call-again 35 10",
		"skewed": "skewed-served 0 3", "served": "skewed-served 0 3",
	}, stages)
	plain := tree.Waterfall(analysis.WaterfallOptions{}).Stages[2]
	assert.Equal(t, []int64{-50_000, 53_000}, []int64{plain.Request, plain.Response})
}

func TestWaterfallGroups(t *testing.T) {
	specs := simple()
	tree := treeOf(specs...)
	w := tree.Waterfall(analysis.WaterfallOptions{})
	require.Len(t, w.Groups, 1)
	assert.Equal(t, []string{"SELECT", "SELECT", "SELECT"}, names(tree, w.Groups[0].Members))
	assert.EqualValues(t, 12_000_000, w.Groups[0].Duration)
	var grouped []int32
	for _, r := range w.Rows {
		if r.Group != analysis.None {
			grouped = append(grouped, r.Node)
		}
	}
	assert.Equal(t, w.Groups[0].Members, grouped)
	assert.Empty(t, tree.Waterfall(analysis.WaterfallOptions{Groups: analysis.GroupOptions{MinSpans: 7}}).Groups)
	assert.Len(t, tree.Waterfall(analysis.WaterfallOptions{Groups: analysis.GroupOptions{Mode: analysis.Anywhere}}).Groups[0].Members, 4)
}

func TestSpansWithChildrenAreNotGrouped(t *testing.T) {
	tree := treeOf(
		spec{id: "root"}, spec{id: "a", name: "A", parent: "root"}, spec{id: "a1", name: "B", parent: "a"}, spec{id: "a2", name: "B", parent: "a"},
		spec{id: "c", name: "A", parent: "root"}, spec{id: "c1", name: "B", parent: "c"}, spec{id: "c2", name: "B", parent: "c"},
	)
	w := tree.Waterfall(analysis.WaterfallOptions{})
	require.Len(t, w.Groups, 2)
	for _, g := range w.Groups {
		assert.Equal(t, []string{"B", "B"}, names(tree, g.Members))
	}
}

func TestGroupsHaveAlignedTimes(t *testing.T) {
	specs := []spec{{id: "call", kind: trace.Client, start: 10, end: 90}, {id: "x", parent: "call", start: 11}, {id: "y", parent: "call", start: 12}}
	for i := range 2 {
		specs = append(specs, spec{id: fmt.Sprint(i), name: "serve", parent: "call", kind: trace.Server, start: int64(100 * (i + 1)), end: int64(100*(i+1)) + 5})
	}
	assert.EqualValues(t, 105_000, treeOf(specs...).Waterfall(analysis.WaterfallOptions{}).Groups[0].Duration)
	assert.EqualValues(t, 5000, treeOf(specs...).Waterfall(analysis.WaterfallOptions{Align: true}).Groups[0].Duration)
}

func TestCards(t *testing.T) {
	cards := treeOf(shop()...).Waterfall(analysis.WaterfallOptions{}).Cards
	assert.Equal(t, []analysis.Card{
		{Type: analysis.CardService, Service: "web", Class: analysis.ClassOther, Count: 3, Duration: 900_000},
		{Type: analysis.CardService, Service: "pay", Class: analysis.ClassOther, Count: 2, Duration: 300_000},
		{Type: analysis.CardError, Count: 2, Duration: 40_000},
		{Type: analysis.CardLongest, Count: 1, Duration: 900_000},
	}, cards)
	cards = treeOf(spec{id: "a", end: 5}, spec{id: "b", end: 5}).Waterfall(analysis.WaterfallOptions{}).Cards
	require.Len(t, cards, 2, "no card for errors")
	assert.Equal(t, 2, cards[1].Count)
}

// watched is a resource of spans from eBPF.
func watched(signal string) *trace.Resource {
	return &trace.Resource{Attributes: []trace.KeyValue{text("telemetry.sdk.name", "deepflow"), text("df.capture_info.signal_source", signal)}}
}

func TestSources(t *testing.T) {
	tests := []struct {
		resource *trace.Resource
		want     analysis.Source
	}{
		{nil, analysis.SourceOpenTelemetry},
		{service("web"), analysis.SourceOpenTelemetry},
		{watched("Packet"), analysis.SourceEBPFNetwork},
		{watched("XFlow"), analysis.SourceEBPFNetwork},
		{watched("eBPF"), analysis.SourceEBPFSystem},
		{watched("OTel"), analysis.SourceEBPF},
		{&trace.Resource{Attributes: []trace.KeyValue{text("df.capture_info.signal_source", "eBPF")}}, analysis.SourceOpenTelemetry},
	}
	spans := make([]trace.Span, len(tests))
	for i, test := range tests {
		spans[i] = trace.Span{ID: trace.SpanID{byte(i + 1)}, Resource: test.resource, Start: int64(i)}
		assert.Equal(t, test.want, analysis.SourceOf(&spans[i]), i)
	}
	for i, r := range analysis.Build(spans).Waterfall(analysis.WaterfallOptions{}).Rows {
		assert.Equal(t, tests[i].want, r.Source)
	}
}

func TestArrange(t *testing.T) {
	system, network, odd := watched("eBPF"), watched("Packet"), watched("OTel")
	span := func(name string, start, duration int64, r *trace.Resource) trace.Span {
		return trace.Span{Name: name, Start: start, End: start + duration, Resource: r}
	}
	spans := []trace.Span{
		span("f", 9, 1, system), span("a", 1, 9, nil), span("g", 9, 3, network), span("b", 2, 1, system), span("c", 3, 5, network),
		span("d", 4, 5, system), span("e", 5, 1, odd), span("a2", 1, 99, nil), span("h", 9, 2, system),
	}
	before := slices.Clone(spans)
	var order []string
	for _, s := range analysis.Arrange(spans) {
		order = append(order, s.Name)
	}
	assert.Equal(t, []string{"a", "a2", "c", "d", "b", "e", "g", "h", "f"}, order)
	assert.Equal(t, before, spans)
	assert.Empty(t, analysis.Arrange(nil))
}

func TestWaterfallOfNothing(t *testing.T) {
	for _, align := range []bool{false, true} {
		w := analysis.Build(nil).Waterfall(analysis.WaterfallOptions{Align: align})
		b, err := json.Marshal(w)
		require.NoError(t, err)
		assert.JSONEq(t, `{"start":"0","end":"0","rows":[],"stages":[],"groups":[],"cards":[],"skewed":false}`, string(b))
	}
}

func TestWaterfallOfCycles(t *testing.T) {
	want := []string{"a 1+1", " b 1+1", "  c 2+1", "self 0+1"}
	got := waterfall(analysis.WaterfallOptions{Align: true},
		spec{id: "a", parent: "c", kind: trace.Client, start: 2, end: 3}, spec{id: "b", parent: "a", kind: trace.Server, start: 2, end: 3},
		spec{id: "c", parent: "b", kind: trace.Client, start: 3, end: 4}, spec{id: "self", parent: "self", kind: trace.Client, start: 1, end: 2},
	)
	slices.Sort(got)
	slices.Sort(want)
	assert.Equal(t, want, got)
}

func TestAbsurdTimesInWaterfalls(t *testing.T) {
	tree := analysis.Build([]trace.Span{
		{ID: trace.SpanID{1}, Kind: trace.Client, Start: math.MaxInt64 - 1, End: math.MaxInt64},
		{ID: trace.SpanID{2}, Parent: trace.SpanID{1}, Kind: trace.Server, Start: math.MinInt64, End: math.MaxInt64},
		{ID: trace.SpanID{3}, Parent: trace.SpanID{2}, Kind: trace.Client, Start: 5, End: math.MinInt64},
		{ID: trace.SpanID{4}, Parent: trace.SpanID{3}, Kind: trace.Server, Start: math.MinInt64, End: math.MinInt64},
	})
	for _, align := range []bool{false, true} {
		w := tree.Waterfall(analysis.WaterfallOptions{Align: align})
		require.Len(t, w.Rows, 4)
		for _, r := range w.Rows {
			assert.GreaterOrEqual(t, r.Offset, int64(0))
		}
	}
}
