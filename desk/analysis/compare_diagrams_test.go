// SPDX-License-Identifier: Apache-2.0

package analysis_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// boxNames writes each box of a topology as the names and the change of its spans.
func boxNames(c *analysis.Comparison, topology *analysis.Topology) []string {
	lines := make([]string, len(topology.Nodes))
	for i, box := range topology.Nodes {
		names := make([]string, len(box.Nodes))
		for j, n := range box.Nodes {
			names[j] = shownName(c, &c.Nodes[n])
		}
		lines[i] = fmt.Sprint(strings.Join(names, "+"), " ", c.Nodes[box.Nodes[0]].Change)
	}
	return lines
}

// repeated is a root with children of one name and these durations, in µs.
func repeated(durations ...int64) []spec {
	specs := []spec{{id: "r", end: 1000}}
	for i, d := range durations {
		start := int64(10 * i)
		specs = append(specs, spec{id: fmt.Sprint(i), parent: "r", name: "q", start: start, end: start + d})
	}
	return specs
}

// apart has another child between the first and the second of three.
func apart() []spec {
	specs := repeated(5, 5, 5, 5)
	specs[2].name = "other"
	return specs
}

func TestComparedTopology(t *testing.T) {
	adjacent := &analysis.GroupOptions{Mode: analysis.Adjacent}
	tests := []struct {
		name                 string
		baseline, comparison []spec
		options              *analysis.GroupOptions
		want                 []string
	}{
		{
			"slower and faster ones", repeated(5, 5, 5, 5, 5, 5, 0, 0), repeated(5, 6, 7, 5, 4, 3, 2, 3), nil,
			[]string{"r unchanged", "q+q+q+q+q+q+q+q unchanged"},
		},
		{
			"adjacent ones only", apart(), apart(), adjacent,
			[]string{"r unchanged", "q unchanged", "other unchanged", "q+q unchanged"},
		},
		{
			"at least three", repeated(5, 5), repeated(5, 5, 5, 5, 5), &analysis.GroupOptions{Mode: analysis.Anywhere, MinMembers: 3, MinSpans: 100},
			[]string{"r unchanged", "q unchanged", "q unchanged", "q+q+q removed"},
		},
		{"added and removed", repeated(5, 5, 5), repeated(5), nil, []string{"r unchanged", "q unchanged", "q+q added"}},
		{"removed", repeated(5), repeated(5, 5, 5), nil, []string{"r unchanged", "q unchanged", "q+q removed"}},
		{
			"what is below a group is left out",
			under("r", "r>a", "r>a>x", "r>a ", "r>a >x", "r>b", "r>b>x"), under("r", "r>a", "r>a>x", "r>a ", "r>a >x", "r>b", "r>b>x"), nil,
			[]string{"r unchanged", "a+a unchanged", "b unchanged", "x unchanged"},
		},
		{
			"below an added span nothing is collapsed", under("r", "r>a", "r>a>x", "r>a>x "), under("r"), nil,
			[]string{"r unchanged", "a added", "x added", "x added"},
		},
		{"roots are not collapsed", under("a", "a "), under("a", "a "), nil, []string{"a unchanged", "a unchanged"}},
		{"nothing", nil, nil, nil, []string{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, specs := range [][]spec{test.baseline, test.comparison} {
				for i := range specs {
					specs[i].name = strings.TrimRight(specs[i].name, " ")
				}
			}
			c := compared(test.baseline, test.comparison)
			topology := c.Topology(test.options)
			assert.Equal(t, test.want, boxNames(c, topology))
			assert.Len(t, topology.Edges, max(len(topology.Nodes)-roots(c), 0), "every box but the roots has one from its parent")
		})
	}
}

func roots(c *analysis.Comparison) (n int) {
	for i := range c.Nodes {
		if c.Nodes[i].Parent == analysis.None {
			n++
		}
	}
	return n
}

func TestComparedTopologyLeavesFailuresAlone(t *testing.T) {
	baseline, comparison := repeated(5, 5, 5, 5), repeated(5, 5, 5, 5)
	baseline[2].failed = true
	c := compared(baseline, comparison)
	assert.Equal(t, []string{"r unchanged", "q+q+q unchanged", "q unchanged"}, boxNames(c, c.Topology(nil)))
}

func TestComparedTopologyConnects(t *testing.T) {
	c := compared(under("r:9", "r>a", "r>a>x:3", "r>b:7"), under("r:9", "r>a", "r>a>x:5", "r>c"))
	topology := c.Topology(nil)
	require.Equal(t, []string{"r unchanged", "a unchanged", "x changed", "b added", "c removed"}, boxNames(c, topology))
	assert.Equal(t, []analysis.TopologyEdge{{Source: 1, Target: 2}, {Source: 0, Target: 1}, {Source: 0, Target: 3}, {Source: 0, Target: 4}}, topology.Edges)
	durations := []int64{}
	for _, box := range topology.Nodes {
		durations = append(durations, box.Duration)
	}
	assert.Equal(t, []int64{9000, 10_000, 3000, 7000, 10_000}, durations, "of the baseline, or of the comparison where there is none")
}

func TestComparedGroupsLastFromStartToEnd(t *testing.T) {
	c := compared(repeated(5, 5, 5), repeated(5, 5, 5))
	topology := c.Topology(nil)
	require.Len(t, topology.Nodes, 2)
	assert.EqualValues(t, 25_000, topology.Nodes[1].Duration)
}

func TestComparedFlameGraph(t *testing.T) {
	c := compared(overlapping(), overlapping()[:3])
	require.Equal(t, []string{"root unchanged", " SELECT unchanged", " SET unchanged", " SELECT added", " SELECT added"}, outline(c))
	frames := c.FlameGraph(gap(10)).Frames
	got := []string{}
	for _, f := range frames {
		got = append(got, fmt.Sprint(f.Node, " below ", f.Parent, " after ", f.Sibling))
	}
	assert.Equal(t, []string{"0 below -1 after -1", "1 below 0 after -1", "3 below 0 after -1", "2 below -1 after 1", "4 below -1 after 3"}, got)
}

func TestComparedFlameGraphLeavesOutWhatWasRemoved(t *testing.T) {
	c := compared(under("r", "r>b"), under("q", "r", "r>a", "r>b"))
	require.Equal(t, []string{"q removed", "r unchanged", " a removed", " b unchanged"}, outline(c))
	frames := c.FlameGraph(analysis.ParallelOptions{}).Frames
	require.Len(t, frames, 2)
	assert.EqualValues(t, 1, frames[0].Node)
	assert.EqualValues(t, 3, frames[1].Node)
}

// rowsOf writes each row as its change, its cells and the two counts.
func rowsOf(s *analysis.ComparedStatistics) []string {
	lines := make([]string, len(s.Rows))
	for i, r := range s.Rows {
		shown, counts := r.Comparison, []int{0, 0}
		if r.Comparison != nil {
			counts[1] = r.Comparison.Count
		}
		if r.Baseline != nil {
			shown, counts[0] = r.Baseline, r.Baseline.Count
		}
		lines[i] = fmt.Sprint(r.Change, " ", shown.Cells, " ", counts)
	}
	return lines
}

func TestComparedStatistics(t *testing.T) {
	baseline := append(repeated(5, 5, 7), spec{id: "o", service: "other", start: 500, end: 510, failed: true}, spec{id: "z", name: "zero"})
	comparison := append(repeated(5, 5), spec{id: "o", service: "other", start: 500, end: 510}, spec{id: "z", name: "zero"}, spec{id: "z2", name: "zero"}, spec{id: "n"})
	c := compared(baseline, comparison)
	tests := []struct {
		name    string
		options analysis.StatisticsOptions
		want    []string
	}{
		{
			"by name", analysis.StatisticsOptions{By: []string{"name"}},
			[]string{"unchanged [r] [1 1]", "changed [q] [3 2]", "unchanged [o] [1 1]", "unchanged [zero] [1 2]", "removed [n] [0 1]"},
		},
		{
			"by service and name", analysis.StatisticsOptions{By: []string{"service", "name"}, Keyword: "q"},
			[]string{"changed [web q] [3 2]"},
		},
		{"all in one", analysis.StatisticsOptions{}, []string{"changed [] [6 7]"}},
		{"filtered by service", analysis.StatisticsOptions{By: []string{"name"}, Service: "other"}, []string{"unchanged [o] [1 1]"}},
		{"only failures", analysis.StatisticsOptions{By: []string{"name"}, Failed: true}, []string{"added [o] [1 0]"}},
		{"by what none has", analysis.StatisticsOptions{By: []string{"attributes.x"}}, []string{"changed [] [6 7]"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := c.Statistics(test.options)
			require.NoError(t, err)
			assert.Equal(t, test.want, rowsOf(s))
		})
	}
}

// TestComparedSimpleStatistics: two requests with the same queries, one of them slower.
func TestComparedSimpleStatistics(t *testing.T) {
	slower := simple()
	slower[0].end += 1000
	s, err := compared(simple(), slower).Statistics(analysis.StatisticsOptions{By: []string{"sdk", "service"}})
	require.NoError(t, err)
	require.Len(t, s.Rows, 1)
	assert.Equal(t, analysis.Changed, s.Rows[0].Change)
}

func TestComparedStatisticsByNoField(t *testing.T) {
	_, err := compared(simple(), simple()).Statistics(analysis.StatisticsOptions{By: []string{"colour"}})
	assert.ErrorContains(t, err, "colour")
}

func TestComparedStatisticsTellTextsAndBoundariesApart(t *testing.T) {
	one := func(a, b string) []spec {
		return []spec{{id: "r", attrs: []trace.KeyValue{text("a", a), text("b", b)}}}
	}
	by := analysis.StatisticsOptions{By: []string{"attributes.a", "attributes.b"}}
	s, err := compared(one(`x","y`, "z"), one("x", `y","z`)).Statistics(by)
	require.NoError(t, err)
	assert.Len(t, s.Rows, 2)
	s, err = compared(one("", "z"), []spec{{id: "r", attrs: []trace.KeyValue{text("b", "z")}}}).Statistics(by)
	require.NoError(t, err)
	assert.Len(t, s.Rows, 2, "an empty text is not a missing one")
}

func TestComparedStatisticsAsJSON(t *testing.T) {
	s, err := compared(under("a"), under("b")).Statistics(analysis.StatisticsOptions{By: []string{"name"}})
	require.NoError(t, err)
	b, err := json.Marshal(s)
	require.NoError(t, err)
	var got struct {
		By   []string
		Rows []map[string]any
	}
	require.NoError(t, json.Unmarshal(b, &got))
	require.Len(t, got.Rows, 2)
	assert.Equal(t, "added", got.Rows[0]["change"])
	assert.Nil(t, got.Rows[0]["comparison"])
	assert.Equal(t, "removed", got.Rows[1]["change"])
	assert.Nil(t, got.Rows[1]["baseline"])
}

func BenchmarkCompare(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		for _, shape := range []string{"agent", "chain", "fan", "roots"} {
			baseline, comparison := analysis.Build(shapes[shape](n)), analysis.Build(thinned(renumbered(shapes[shape](n))))
			run := func(name string, f func()) {
				b.Run(fmt.Sprintf("%s/%d/%s", shape, n, name), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						f()
					}
				})
			}
			run("tree", func() { analysis.Compare(baseline, comparison) })
			c := analysis.Compare(baseline, comparison)
			run("topology", func() { c.Topology(nil) })
			run("flame", func() { c.FlameGraph(analysis.ParallelOptions{}) })
		}
	}
}

// thinned lacks some spans without children.
func thinned(spans []trace.Span) []trace.Span {
	tree := analysis.Build(spans)
	var left []trace.Span
	for i := range spans {
		if i%50 != 7 || len(tree.Children(int32(i))) > 0 {
			left = append(left, spans[i])
		}
	}
	return left
}
