// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/internal/racing"
	"github.com/sidetrace/sidetrace/desk/trace"
)

func TestParents(t *testing.T) {
	tests := []struct {
		name  string
		specs []spec
		want  map[string]string
		order []string
	}{
		{"one span", []spec{{id: "0"}}, map[string]string{"0": ""}, []string{"0"}},
		{"a chain of two", []spec{{id: "0"}, {id: "1", parent: "0", start: 1}}, map[string]string{"0": "", "1": "0"}, []string{"0", "1"}},
		{
			"branches", []spec{{id: "0"}, {id: "1", parent: "0", start: 1}, {id: "2", parent: "1", start: 2}, {id: "3", parent: "0", start: 3}},
			map[string]string{"0": "", "1": "0", "2": "1", "3": "0"}, []string{"0", "1", "2", "3"},
		},
		{
			"deeper branches, children first",
			[]spec{
				{id: "3", parent: "2", start: 3}, {id: "2", parent: "1", start: 2}, {id: "4", parent: "1", start: 4},
				{id: "1", parent: "0", start: 1}, {id: "0"}, {id: "5", parent: "0", start: 5},
			},
			map[string]string{"0": "", "1": "0", "2": "1", "3": "2", "4": "1", "5": "0"}, []string{"0", "1", "2", "3", "4", "5"},
		},
		{
			"two roots, the earlier one late",
			[]spec{{id: "2", start: 2}, {id: "3", parent: "2", start: 3}, {id: "1", parent: "0", start: 1}, {id: "0"}},
			map[string]string{"0": "", "1": "0", "2": "", "3": "2"}, []string{"0", "1", "2", "3"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tree := treeOf(test.specs...)
			got := map[string]string{}
			for i := range tree.Nodes {
				got[tree.Nodes[i].Span.Name] = parentName(tree, int32(i))
			}
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.order, names(tree, tree.Order))
		})
	}
}

func TestNodeKnowsItsService(t *testing.T) {
	tree := treeOf(spec{id: "a", service: "shop"}, spec{id: "b", service: "pay"}, spec{id: "c", service: "shop"})
	assert.Equal(t, []string{"shop", "pay"}, tree.Services)
	assert.Equal(t, "pay", tree.ServiceOf(node(tree, "b")))
	assert.Equal(t, tree.Nodes[0].Service, tree.Nodes[2].Service)

	none := analysis.Build([]trace.Span{{ID: trace.SpanID{1}, Name: "bare"}})
	assert.Empty(t, none.ServiceOf(0), "a span without a resource is of no service")
}

func TestMarks(t *testing.T) {
	tests := []struct {
		name  string
		specs []spec
		want  map[string]analysis.Mark
		roots []string
	}{
		{"an orphan", []spec{{id: "0"}, {id: "1", parent: "gone", start: 1}}, map[string]analysis.Mark{"1": analysis.Orphan}, []string{"0", "1"}},
		{"its own parent", []spec{{id: "0", parent: "0"}, {id: "1", parent: "0"}}, map[string]analysis.Mark{"0": analysis.SelfParent}, []string{"0"}},
		{
			"two that name each other", []spec{{id: "1", parent: "0", start: 5}, {id: "0", parent: "1", start: 7}},
			map[string]analysis.Mark{"1": analysis.CycleCut}, []string{"1"},
		},
		{
			"a cycle of three with a tail, beside a root",
			[]spec{{id: "r"}, {id: "a", parent: "c", start: 3}, {id: "b", parent: "a", start: 2}, {id: "c", parent: "b", start: 4}, {id: "tail", parent: "c", start: 1}},
			map[string]analysis.Mark{"b": analysis.CycleCut}, []string{"r", "b"},
		},
		{
			"the same id twice", []spec{{id: "0"}, {id: "x", name: "first", parent: "0"}, {id: "1", parent: "0"}, {id: "x", name: "last", parent: "0"}},
			map[string]analysis.Mark{"last": analysis.Duplicate}, []string{"0"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tree := treeOf(test.specs...)
			got := map[string]analysis.Mark{}
			for i := range tree.Nodes {
				if m := tree.Nodes[i].Mark; m != 0 {
					got[tree.Nodes[i].Span.Name] = m
				}
			}
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.roots, names(tree, tree.Roots))
			assert.Len(t, tree.Order, len(tree.Nodes), "every node can be reached")
		})
	}
}

func TestTheLastDuplicateCountsAtThePlaceOfTheFirst(t *testing.T) {
	tree := treeOf(spec{id: "x", name: "first"}, spec{id: "y"}, spec{id: "x", name: "last"})
	require.Len(t, tree.Nodes, 2)
	assert.Equal(t, "last", tree.Nodes[0].Span.Name)
	assert.Equal(t, 1, tree.Replaced)
}

func TestSpansWithoutIDAreKept(t *testing.T) {
	tree := treeOf(spec{name: "a"}, spec{name: "b"}, spec{id: "c", parent: ""})
	assert.Len(t, tree.Nodes, 3)
	assert.Len(t, tree.Roots, 3)
	assert.Zero(t, tree.Replaced)
}

func TestFailuresOfChildren(t *testing.T) {
	tree := treeOf(spec{id: "0"}, spec{id: "1", parent: "0"}, spec{id: "2", parent: "1", failed: true})
	assert.False(t, tree.Nodes[0].ChildFailed, "only direct children count")
	assert.True(t, tree.Nodes[1].ChildFailed)
}

func TestEmptyTrace(t *testing.T) {
	tree := analysis.Build(nil)
	assert.Empty(t, tree.Nodes)
	assert.Empty(t, tree.FlameGraph(analysis.ParallelOptions{}).Frames)
	assert.Empty(t, tree.Topology(nil).Nodes)
	assert.Empty(t, tree.Sequence().Messages)
	assert.Empty(t, tree.Groups(analysis.GroupOptions{}).List)
}

func TestSubtree(t *testing.T) {
	tree := treeOf(spec{id: "0"}, spec{id: "1", parent: "0", start: 1}, spec{id: "2", parent: "1", start: 2}, spec{id: "3", parent: "0", start: 3})
	assert.Equal(t, []string{"1", "2"}, names(tree, tree.Subtree(node(tree, "1"))))
	assert.Equal(t, []string{"0", "1", "2", "3"}, names(tree, tree.Subtree(0)))
	assert.Equal(t, []string{"3"}, names(tree, tree.Subtree(node(tree, "3"))))
	assert.EqualValues(t, 2, tree.Nodes[node(tree, "2")].Level)
}

// wide is a root with n children in turn, or turned round.
func wide(n int, turned bool) []spec {
	specs := []spec{{id: "root", end: int64(n)}}
	for i := range n {
		specs = append(specs, spec{id: fmt.Sprint("span", i+1), parent: "root", start: int64(i), end: int64(i) + 1})
	}
	if turned {
		slices.Reverse(specs[1:])
	}
	return specs
}

func TestWideTree(t *testing.T) {
	for _, turned := range []bool{false, true} {
		tree := treeOf(wide(10_000, turned)...)
		children := tree.Children(node(tree, "root"))
		require.Len(t, tree.Nodes, 10_001)
		require.Len(t, children, 10_000)
		assert.Equal(t, "span1", tree.Nodes[children[0]].Span.Name)
		assert.True(t, slices.IsSortedFunc(children, func(a, b int32) int {
			return int(tree.Nodes[a].Span.Start - tree.Nodes[b].Span.Start)
		}))
	}
}

func TestManyRoots(t *testing.T) {
	specs := make([]spec, 10_000)
	for i := range specs {
		specs[i] = spec{id: fmt.Sprint("span", i), start: int64(i)}
	}
	tree := treeOf(specs...)
	assert.Len(t, tree.Roots, 10_000)
}

// TestSizes goes through every diagram of traces that are deep or wide.
func TestSizes(t *testing.T) {
	n := racing.Size(100_000)
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			spans := shape(n)
			slices.Reverse(spans)
			tree := analysis.Build(spans)
			require.Len(t, tree.Order, n)
			assert.Len(t, tree.FlameGraph(analysis.ParallelOptions{}).Frames, n)
			covered := 0
			for _, box := range tree.Topology(nil).Nodes {
				covered += len(box.Nodes)
			}
			assert.Equal(t, n, covered, "each span is in one box")
			assert.NotEmpty(t, tree.Sequence().Messages)
		})
	}
}

func TestDeepTreeBuildsWithChildrenFirst(t *testing.T) {
	const n = 5_000
	specs := make([]spec, n)
	for i := range specs {
		specs[i] = spec{id: fmt.Sprint("span", i), start: int64(i)}
		if i > 0 {
			specs[i].parent = fmt.Sprint("span", i-1)
		}
	}
	slices.Reverse(specs)
	tree := treeOf(specs...)
	for i := range tree.Nodes {
		var number int
		_, err := fmt.Sscanf(tree.Nodes[i].Span.Name, "span%d", &number)
		require.NoError(t, err)
		want := ""
		if number > 0 {
			want = fmt.Sprint("span", number-1)
		}
		require.Equal(t, want, parentName(tree, int32(i)))
	}
}

func TestAbsurdTimes(t *testing.T) {
	tree := analysis.Build([]trace.Span{
		{ID: trace.SpanID{1}, Name: "all of time", Start: math.MinInt64, End: math.MaxInt64},
		{ID: trace.SpanID{2}, Parent: trace.SpanID{1}, Name: "backwards", Start: math.MaxInt64, End: math.MinInt64},
		{ID: trace.SpanID{3}, Parent: trace.SpanID{1}, Name: "now", Start: -5, End: 5},
	})
	frames := tree.FlameGraph(analysis.ParallelOptions{}).Frames
	require.Len(t, frames, 3)
	for _, f := range frames {
		assert.GreaterOrEqual(t, f.Self, int64(0), tree.Nodes[f.Node].Span.Name)
	}
	assert.EqualValues(t, math.MaxInt64, tree.Nodes[0].Span.Duration())
	assert.EqualValues(t, math.MinInt64, tree.Nodes[1].Span.Duration())
}
