// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
)

func TestGroups(t *testing.T) {
	tests := []struct {
		name    string
		options analysis.GroupOptions
		want    []int32 // of the five queries
	}{
		{"adjacent ones", analysis.GroupOptions{}, []int32{-1, -1, 0, 0, 0}},
		{"at least four adjacent ones", analysis.GroupOptions{MinMembers: 4}, []int32{-1, -1, -1, -1, -1}},
		{"anywhere", analysis.GroupOptions{Mode: analysis.Anywhere}, []int32{0, -1, 0, 0, 0}},
		{"a trace of at least six spans", analysis.GroupOptions{MinSpans: 6}, []int32{-1, -1, 0, 0, 0}},
		{"a trace of at least seven spans", analysis.GroupOptions{MinSpans: 7}, []int32{-1, -1, -1, -1, -1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, treeOf(simple()...).Groups(test.options).Of[1:])
		})
	}
}

func TestGroupSums(t *testing.T) {
	groups := treeOf(simple()...).Groups(analysis.GroupOptions{})
	require.Len(t, groups.List, 1)
	g := groups.List[0]
	assert.Equal(t, []int32{3, 4, 5}, g.Members)
	assert.EqualValues(t, 3*2_000_000, g.Value)
	assert.EqualValues(t, 12_000_000, g.Duration(), "from the first start to the last end")
}

func TestFailuresAreNotGrouped(t *testing.T) {
	specs := []spec{{id: "root", end: 100}}
	for i := range 6 {
		specs = append(specs, spec{id: fmt.Sprint(i), parent: "root", name: "SELECT", start: int64(i), failed: i == 3})
	}
	tree := treeOf(specs...)
	assert.Equal(t, []int32{-1, 0, 0, 0, -1, 1, 1}, tree.Groups(analysis.GroupOptions{}).Of)
	assert.Equal(t, []int32{-1, 0, 0, 0, -1, 0, 0}, tree.Groups(analysis.GroupOptions{Mode: analysis.Anywhere}).Of, "the failed one takes nobody along")
}

func TestGroupsNeedEqualDescendants(t *testing.T) {
	specs := []spec{{id: "root", end: 100}}
	for i, below := range []string{"x", "x", "y", "y"} {
		specs = append(specs,
			spec{id: fmt.Sprint(i), parent: "root", name: "A", start: int64(2 * i)},
			spec{id: fmt.Sprint(i, "b"), parent: fmt.Sprint(i), name: "B", start: int64(2 * i)},
			spec{id: fmt.Sprint(i, "c"), parent: fmt.Sprint(i, "b"), name: below, start: int64(2 * i)})
	}
	of := treeOf(specs...).Groups(analysis.GroupOptions{Mode: analysis.Anywhere}).Of
	assert.Equal(t, []int32{0, 0, 1, 1}, []int32{of[1], of[4], of[7], of[10]})
}

func TestParallels(t *testing.T) {
	tests := []struct {
		name string
		gap  int
		want []int32 // of the four children
	}{
		{"starts within 10 µs", 10, []int32{0, 0, 1, 1}},
		{"starts within 1 µs", 1, []int32{0, 0, -1, -1}},
		{"starts within 500 µs", 500, []int32{0, 0, 0, 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, treeOf(overlapping()...).Parallels(gap(test.gap)).Of[1:])
		})
	}
}

func TestParallelBounds(t *testing.T) {
	tests := []struct {
		name  string
		start int64
		want  int32
	}{
		{"starts 499 µs later", 499, 0},
		{"starts 500 µs later", 500, analysis.None},
		{"overlaps", 699, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			end := int64(100)
			if test.name == "overlaps" {
				end = 700
			}
			tree := treeOf(spec{id: "0", end: 1000}, spec{id: "a", parent: "0", end: end}, spec{id: "b", parent: "0", start: test.start, end: test.start + 100})
			assert.Equal(t, test.want, tree.Parallels(analysis.ParallelOptions{}).Of[2])
		})
	}
	touching := treeOf(spec{id: "0", end: 9000}, spec{id: "a", parent: "0", end: 1000}, spec{id: "b", parent: "0", start: 1000, end: 2000})
	assert.Equal(t, analysis.None, touching.Parallels(analysis.ParallelOptions{}).Of[1], "an end that is the next one's start is no overlap")
}

// TestParallelsGoByTheSpansThemselves: a span that waits for its child is under
// way all the time, not just while the child is.
func TestParallelsGoByTheSpansThemselves(t *testing.T) {
	tree := treeOf(
		spec{id: "0", end: 20_000},
		spec{id: "a", parent: "0", start: 0, end: 10_000},
		spec{id: "a1", parent: "a", start: 100, end: 200},
		spec{id: "b", parent: "0", start: 9_000, end: 12_000},
	)
	p := tree.Parallels(analysis.ParallelOptions{})
	assert.Equal(t, p.Of[1], p.Of[3])
	assert.Equal(t, int32(1), p.Before[3])
}

func TestFlameGraph(t *testing.T) {
	t.Run("siblings in turn lie on their parent", func(t *testing.T) {
		frames := treeOf(simple()...).FlameGraph(analysis.ParallelOptions{}).Frames
		require.Len(t, frames, 6)
		for _, f := range frames[1:] {
			assert.EqualValues(t, 0, f.Parent)
		}
		assert.EqualValues(t, 39_800_000, frames[0].Value, "its own interval, not that of its children")
		assert.EqualValues(t, 29_800_000, frames[0].Self)
	})
	bottoms := func(us int) (n int) {
		for _, f := range treeOf(overlapping()...).FlameGraph(gap(us)).Frames {
			if f.Parent == analysis.None {
				n++
			}
		}
		return n
	}
	t.Run("concurrent ones but the first have rows of their own", func(t *testing.T) {
		assert.Equal(t, 4, bottoms(0))
		assert.Equal(t, 3, bottoms(10))
	})
}

func TestTopology(t *testing.T) {
	topology := treeOf(simple()...).Topology(&analysis.GroupOptions{MinSpans: 100})
	assert.Len(t, topology.Nodes, 6)
	assert.Len(t, topology.Edges, 5)
}

// levels is three branches of three levels, two of which are alike.
func levels() []spec {
	var specs []spec
	start := int64(0)
	add := func(id, parent, name string) {
		start++
		specs = append(specs, spec{id: id, parent: parent, name: name, start: start, end: start + 1, kind: trace.Internal})
	}
	add("level0", "", "0")
	leaf := 0
	for branch := 1; branch <= 3; branch++ {
		one, two := fmt.Sprint("level1_", branch), fmt.Sprint("level2_", branch)
		add(one, "level0", "1")
		add(two, one, "2")
		for range 2 + branch/3 {
			leaf++
			add(fmt.Sprint("level3_", leaf), two, "3")
		}
	}
	return specs
}

func TestTopologyOfRepetitions(t *testing.T) {
	specs := levels()
	tree := treeOf(specs...)
	alone := tree.Topology(&analysis.GroupOptions{MinSpans: 100})
	assert.Len(t, alone.Nodes, 14)
	assert.Len(t, alone.Edges, 13)

	topology := tree.Topology(&analysis.GroupOptions{})
	assert.Len(t, topology.Edges, 6)
	var boxes [][]string
	for _, box := range topology.Nodes {
		var ids []string
		for _, n := range box.Nodes {
			ids = append(ids, specs[n].id)
		}
		boxes = append(boxes, ids)
	}
	assert.ElementsMatch(t, [][]string{
		{"level0"}, {"level1_1", "level1_2"}, {"level1_3"}, {"level2_1", "level2_2"}, {"level2_3"},
		{"level3_1", "level3_2", "level3_3", "level3_4"}, {"level3_5", "level3_6", "level3_7"},
	}, boxes)
}

// sequenceOf counts messages, different participants and their components.
func sequenceOf(specs ...spec) (messages, participants, components int) {
	q := treeOf(specs...).Sequence()
	of := map[string]bool{}
	for _, p := range q.Participants {
		of[p.Component] = true
	}
	return len(q.Messages), len(q.Participants), len(of)
}

func TestSequence(t *testing.T) {
	tests := []struct {
		name  string
		specs []spec
		want  [3]int
	}{
		{"a request with four queries", simple()[:5], [3]int{10, 3, 2}},
		{"begun by a client", func() []spec {
			specs := simple()[:5]
			specs[0].kind, specs[0].attrs = trace.Client, []trace.KeyValue{text("db.system", "proxy")}
			return specs
		}(), [3]int{10, 2, 1}},
		{"five services in a row", func() []spec {
			specs := []spec{{id: "s0", kind: trace.Server, service: "svc0", end: 1000}}
			for i := range 4 {
				c, s := fmt.Sprint("c", i+1), fmt.Sprint("s", i+1)
				specs = append(specs,
					spec{id: c, parent: fmt.Sprint("s", i), kind: trace.Client, service: fmt.Sprint("svc", i), start: int64(i), end: 900},
					spec{id: s, parent: c, kind: trace.Server, service: fmt.Sprint("svc", i+1), start: int64(i), end: 900})
			}
			return specs
		}(), [3]int{10, 6, 6}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, p, c := sequenceOf(test.specs...)
			assert.Equal(t, test.want, [3]int{m, p, c})
		})
	}
}

func TestSequenceBlocks(t *testing.T) {
	db := []trace.KeyValue{text("db.system", "mysql")}
	q := treeOf(
		spec{id: "root", kind: trace.Server, end: 90_000},
		spec{id: "a", parent: "root", kind: trace.Client, start: 1000, end: 3000, attrs: db},
		spec{id: "b", parent: "root", kind: trace.Client, start: 1100, end: 2000, attrs: db},
		spec{id: "c", parent: "root", kind: trace.Client, start: 20_000, end: 20_100, attrs: db},
		spec{id: "d", parent: "root", kind: trace.Client, start: 20_200, end: 20_300, attrs: db},
	).Sequence()
	require.Len(t, q.Messages, 10)
	parallel := func(i int) int32 { return q.Messages[i].Parallel }
	assert.Equal(t, analysis.None, parallel(0))
	assert.NotEqual(t, analysis.None, parallel(1))
	assert.Equal(t, parallel(1), parallel(2))
	assert.Equal(t, analysis.Return, q.Messages[3].Arrow)
	assert.Equal(t, analysis.None, parallel(3))
	assert.Equal(t, parallel(1), q.Messages[3].Block, "a return is in the block of its call")
	assert.NotEqual(t, analysis.None, parallel(5))
	assert.Equal(t, parallel(5), parallel(7))
	assert.NotEqual(t, parallel(1), parallel(5))
}

func TestArrows(t *testing.T) {
	q := treeOf(
		spec{id: "root", kind: trace.Producer, end: 90_000},
		spec{id: "consumer", parent: "root", kind: trace.Consumer, start: 1, end: 50_000},
		spec{id: "server", parent: "consumer", kind: trace.Server, start: 1000, end: 2000},
		spec{id: "client", parent: "consumer", kind: trace.Client, start: 3000, end: 4000},
		spec{id: "internal", parent: "consumer", kind: trace.Internal, start: 6000, end: 7000},
	).Sequence()
	var arrows []analysis.Arrow
	for _, m := range q.Messages {
		arrows = append(arrows, m.Arrow)
	}
	assert.Equal(t, []analysis.Arrow{"-)", "->>+", "-->>-", "->>+", "-->>-", "->>"}, arrows)
}

// TestMergedCalls: a call that both sides recorded is drawn once, from the
// participant that comes first to the other.
func TestMergedCalls(t *testing.T) {
	q := treeOf(
		spec{id: "in", kind: trace.Server, service: "shop", end: 100},
		spec{id: "out", parent: "in", kind: trace.Client, service: "shop", start: 1, end: 90},
		spec{id: "pay", parent: "out", kind: trace.Server, service: "bank", start: 2, end: 80},
		spec{id: "back", parent: "pay", kind: trace.Client, service: "bank", start: 3, end: 70},
		spec{id: "again", parent: "back", kind: trace.Server, service: "shop", start: 4, end: 60},
	).Sequence()
	var texts []string
	for _, m := range q.Messages {
		if m.Arrow != analysis.Return {
			texts = append(texts, fmt.Sprintf("%s→%s %s", q.Participants[m.From].Name, q.Participants[m.To].Name, m.Text))
		}
	}
	assert.Equal(t, []string{"Start→shop in", "shop→bank out ---> pay", "bank→shop again <--- back"}, texts)
}

func TestOutsideIsListedOnlyWhenUsed(t *testing.T) {
	q := treeOf(
		spec{id: "root", kind: trace.Internal, end: 100},
		spec{id: "server", parent: "root", kind: trace.Server, service: "other", start: 1, end: 50},
	).Sequence()
	for _, p := range q.Participants {
		assert.NotEqual(t, analysis.Outside, p.Type)
	}
}

// TestReturnsOfManyChildren: of children that follow each other each returns
// before the next is called, as spans are arranged by time first.
func TestReturnsOfManyChildren(t *testing.T) {
	specs := wide(100, true)
	specs[0].kind = trace.Server
	for i := range specs[1:] {
		specs[i+1].kind = trace.Client
		specs[i+1].attrs = []trace.KeyValue{text("db.system", "mysql")}
	}
	tree := analysis.Build(analysis.Arrange(spansOf(specs...)))
	messages := tree.Sequence().Messages
	require.Len(t, messages, 202)
	for i := 1; i < 201; i += 2 {
		assert.Equal(t, analysis.Call, messages[i].Arrow)
		assert.Equal(t, analysis.Return, messages[i+1].Arrow)
		assert.Equal(t, messages[i].Node, messages[i+1].Node)
		assert.Equal(t, fmt.Sprint("span", (i+1)/2), tree.Nodes[messages[i].Node].Span.Name)
	}
}
