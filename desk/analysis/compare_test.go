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
	"github.com/sidetrace/sidetrace/desk/internal/racing"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// shownName is the name of a compared span.
func shownName(c *analysis.Comparison, n *analysis.ComparedNode) string {
	if n.Baseline != analysis.None {
		return c.Baseline.Nodes[n.Baseline].Span.Name
	}
	return c.Comparison.Nodes[n.Comparison].Span.Name
}

// outline writes a comparison a line per node, indented by depth.
func outline(c *analysis.Comparison) []string {
	lines := make([]string, len(c.Nodes))
	for i := range c.Nodes {
		n := &c.Nodes[i]
		lines[i] = fmt.Sprint(strings.Repeat(" ", int(n.Depth)), shownName(c, n), " ", n.Change)
	}
	return lines
}

// under makes specs that are called a, a's children and so on, of what "a" or
// "a>b>c:5" says: names from the root down, and a duration.
func under(paths ...string) []spec {
	var specs []spec
	for i, path := range paths {
		duration := int64(10)
		if at := strings.IndexByte(path, ':'); at >= 0 {
			_, err := fmt.Sscan(path[at+1:], &duration)
			if err != nil {
				panic(err)
			}
			path = path[:at]
		}
		names := strings.Split(path, ">")
		s := spec{id: path, name: names[len(names)-1], start: int64(100 * i), end: int64(100*i) + duration}
		s.parent = strings.Join(names[:len(names)-1], ">")
		specs = append(specs, s)
	}
	return specs
}

func compared(baseline, comparison []spec) *analysis.Comparison {
	return analysis.Compare(treeOf(baseline...), treeOf(comparison...))
}

func TestCompare(t *testing.T) {
	tests := []struct {
		name                 string
		baseline, comparison []spec
		want                 []string
	}{
		{
			"a chain, of which the root took longer", under("a:99", "a>b", "a>b>c", "a>b>c>d"), under("a:50", "a>b", "a>b>c", "a>b>c>d"),
			[]string{"a changed", " b unchanged", "  c unchanged", "   d unchanged"},
		},
		{
			"children that one of them lacks",
			under("0", "0>1:7", "0>1>2:7", "0>1>3:7", "0>1>4", "0>1>6", "0>1>6>7"), under("0", "0>1", "0>1>2", "0>1>3", "0>1>5"),
			[]string{"0 unchanged", " 1 changed", "  2 changed", "  3 changed", "  4 added", "  6 added", "   7 added", "  5 removed"},
		},
		{
			"roots", under("a", "a>x", "b", "c", "c>x"), under("a", "c", "c>y", "d"),
			[]string{"a unchanged", " x added", "b added", "c unchanged", " x added", " y removed", "d removed"},
		},
		{
			"what was removed stands before the next that both have", under("r", "r>a", "r>d"), under("r", "r>b", "r>b>x", "r>a", "r>c", "r>d"),
			[]string{"r unchanged", " b removed", "  x removed", " a unchanged", " c removed", " d unchanged"},
		},
		{
			"one that moved to the end", under("r", "r>a", "r>b", "r>c", "r>d"), under("r", "r>b", "r>c", "r>d", "r>a"),
			[]string{"r unchanged", " a added", " b unchanged", " c unchanged", " d unchanged", " a removed"},
		},
		{"an empty baseline", nil, under("a", "a>b"), []string{"a removed", " b removed"}},
		{"an empty comparison", under("a", "a>b"), nil, []string{"a added", " b added"}},
		{"nothing", nil, nil, []string{}},
		{"nothing in common", under("a", "a>x"), under("b", "b>x"), []string{"a added", " x added", "b removed", " x removed"}},
		{
			"another service", []spec{{id: "a", service: "shop"}}, []spec{{id: "a", service: "pay"}},
			[]string{"a added", "a removed"},
		},
		{
			"orphans are roots", under("a", "gone>b"), under("a", "gone>b"), []string{"a unchanged", "b unchanged"},
		},
		{
			"cycles are broken", []spec{{id: "a", parent: "b"}, {id: "b", parent: "a", start: 1}}, []spec{{id: "a", parent: "b"}, {id: "b", parent: "a", start: 1}},
			[]string{"a unchanged", " b unchanged"},
		},
		{
			"a cycle and a root that is none", []spec{{id: "a", parent: "b"}, {id: "b", parent: "a", start: 1}}, []spec{{id: "a", parent: "a"}},
			[]string{"a unchanged", " b added"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, outline(compared(test.baseline, test.comparison)))
		})
	}
}

func TestComparedSpansOfOneName(t *testing.T) {
	tests := []struct {
		name                 string
		baseline, comparison []spec
		want                 []string
	}{
		{
			"the first of three is missing", under("r", "r>a", "r>a>x", "r>a ", "r>a >y", "r>a  ", "r>a  >z"), under("r", "r>a", "r>a>y", "r>a ", "r>a >z"),
			[]string{"r unchanged", " a added", "  x added", " a unchanged", "  y unchanged", " a unchanged", "  z unchanged"},
		},
		{
			"the second of three is new", under("r", "r>a", "r>a>x", "r>a ", "r>a >z"), under("r", "r>a", "r>a>x", "r>a ", "r>a >y", "r>a  ", "r>a  >z"),
			[]string{"r unchanged", " a unchanged", "  x unchanged", " a removed", "  y removed", " a unchanged", "  z unchanged"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, specs := range [][]spec{test.baseline, test.comparison} {
				for i := range specs {
					specs[i].name = strings.TrimRight(specs[i].name, " ")
				}
			}
			assert.Equal(t, test.want, outline(compared(test.baseline, test.comparison)))
		})
	}
}

func TestDelta(t *testing.T) {
	tests := []struct {
		name                 string
		baseline, comparison int64
		want                 any
	}{
		{"half as long again", 100, 150, 50.0},
		{"shorter", 200, 50, -75.0},
		{"no time any more", 200, 0, -100.0},
		{"equal", 7, 7, 0.0},
		{"no time in both", 0, 0, 0.0},
		{"no time before", 0, 3, nil},
		{"an end before the start", -4, 4, -200.0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := compared([]spec{{id: "a", end: test.baseline}}, []spec{{id: "a", end: test.comparison}})
			n := c.Nodes[0]
			assert.Equal(t, []int64{1000 * test.baseline, 1000 * test.comparison}, []int64{n.BaselineDuration, n.ComparisonDuration})
			if test.want == nil {
				assert.Nil(t, n.Delta)
				return
			}
			require.NotNil(t, n.Delta)
			assert.InDelta(t, test.want, *n.Delta, 1e-9)
		})
	}
}

func TestDeltaOfAddedAndRemoved(t *testing.T) {
	c := compared(under("a:5"), under("b:6"))
	require.Len(t, c.Nodes, 2)
	assert.Equal(t, analysis.ComparedNode{Parent: -1, Baseline: 0, Comparison: -1, Change: analysis.Added, BaselineDuration: 5000}, c.Nodes[0])
	assert.Equal(t, analysis.ComparedNode{Parent: -1, Baseline: -1, Comparison: 0, Change: analysis.Removed, ComparisonDuration: 6000}, c.Nodes[1])
}

// siblingsOf is a root with children, of which the comparison may lack some.
func siblingsOf(n int) []spec {
	paths := []string{"r"}
	for i := range n {
		paths = append(paths, fmt.Sprint("r>", i))
	}
	return under(paths...)
}

func TestSimilar(t *testing.T) {
	similarity := func(f float64) *float64 { return &f }
	tests := []struct {
		name                 string
		baseline, comparison []spec
		levels               []analysis.ComparedLevel
		similar              bool
	}{
		{
			"three of three children missing", siblingsOf(3), siblingsOf(0),
			[]analysis.ComparedLevel{{Unchanged: 1, Similarity: similarity(1)}, {Added: 3, Similarity: similarity(0)}}, false,
		},
		{
			"three of four missing, which are few", siblingsOf(4), siblingsOf(1),
			[]analysis.ComparedLevel{{Unchanged: 1, Similarity: similarity(1)}, {Unchanged: 1, Added: 3, Similarity: similarity(0.25)}}, true,
		},
		{
			"four of thirteen missing: less than 70 %", siblingsOf(13), siblingsOf(9),
			[]analysis.ComparedLevel{{Unchanged: 1, Similarity: similarity(1)}, {Unchanged: 9, Added: 4, Similarity: similarity(9.0 / 13)}}, false,
		},
		{
			"six of twenty missing: just 70 %", siblingsOf(20), siblingsOf(14),
			[]analysis.ComparedLevel{{Unchanged: 1, Similarity: similarity(1)}, {Unchanged: 14, Added: 6, Similarity: similarity(0.7)}}, true,
		},
		{
			"what is new in the comparison does not count", siblingsOf(0), siblingsOf(20),
			[]analysis.ComparedLevel{{Unchanged: 1, Similarity: similarity(1)}, {Removed: 20}}, true,
		},
		{
			"what is below an added span is not counted again", under("r", "r>a", "r>a>b", "r>a>b>c"), under("r:3"),
			[]analysis.ComparedLevel{{Changed: 1, Similarity: similarity(1)}, {Added: 1, Similarity: similarity(0)}}, false,
		},
		{"an empty comparison", siblingsOf(0), nil, []analysis.ComparedLevel{{Added: 1, Similarity: similarity(0)}}, false},
		{"an empty baseline", nil, siblingsOf(0), []analysis.ComparedLevel{{Removed: 1}}, false},
		{"nothing", nil, nil, []analysis.ComparedLevel{}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := compared(test.baseline, test.comparison)
			assert.Equal(t, test.levels, c.Levels)
			assert.Equal(t, test.similar, c.Similar)
		})
	}
}

func TestLevelsFarDownNeedNoSimilarity(t *testing.T) {
	baseline, comparison := under("0", "0>1", "0>1>2", "0>1>2>3"), under("0", "0>1", "0>1>2", "0>1>2>3")
	for i := range 8 {
		baseline = append(baseline, under(fmt.Sprint("0>1>2>3>", i))...)
	}
	c := compared(baseline, comparison)
	require.Len(t, c.Levels, 5)
	assert.Zero(t, *c.Levels[4].Similarity)
	assert.True(t, c.Similar, "from the fourth level on anything is similar enough")
}

func TestComparisonAsJSON(t *testing.T) {
	c := compared(under("a:100", "a>b:5"), under("a:150"))
	b, err := json.Marshal(c)
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"nodes": [
			{"parent": -1, "depth": 0, "baseline": 0, "comparison": 0, "change": "changed", "delta": 50, "baselineDuration": 100000, "comparisonDuration": 150000},
			{"parent": 0, "depth": 1, "baseline": 1, "comparison": -1, "change": "added", "delta": null, "baselineDuration": 5000, "comparisonDuration": 0}
		],
		"levels": [
			{"unchanged": 0, "changed": 1, "added": 0, "removed": 0, "similarity": 1},
			{"unchanged": 0, "changed": 0, "added": 1, "removed": 0, "similarity": 0}
		],
		"similar": false
	}`, string(b))
}

// renumbered are the same spans with other ids, another trace id and later.
func renumbered(spans []trace.Span) []trace.Span {
	copied := make([]trace.Span, len(spans))
	for i := range spans {
		s := spans[i].Clone()
		s.TraceID[15]++
		s.ID = s.ID.Derived("again")
		if !s.Parent.IsZero() {
			s.Parent = s.Parent.Derived("again")
		}
		s.Start, s.End = s.Start+5_000_000_000, s.End+5_000_000_000
		copied[i] = s
	}
	return copied
}

func TestCompareWithItself(t *testing.T) {
	n := racing.Size(100_000)
	for name, spans := range map[string][]trace.Span{
		"a run of an agent": agentTrace(5000), "a chain": shapes["chain"](n), "a fan": shapes["fan"](n), "roots": shapes["roots"](n),
	} {
		t.Run(name, func(t *testing.T) {
			c := analysis.Compare(analysis.Build(spans), analysis.Build(renumbered(spans)))
			require.Len(t, c.Nodes, len(spans))
			for i := range c.Nodes {
				if n := &c.Nodes[i]; n.Change != analysis.Unchanged || n.Baseline != n.Comparison {
					require.Fail(t, "a span differs from itself", "%+v", n)
				}
			}
			assert.True(t, c.Similar)
			assert.Len(t, c.FlameGraph(analysis.ParallelOptions{}).Frames, len(spans))
			assert.NotEmpty(t, c.Topology(nil).Nodes)
		})
	}
}

func TestCompareADeepTraceWithPartOfIt(t *testing.T) {
	deep, cut := racing.Size(100_000), racing.Size(60_000)
	c := analysis.Compare(analysis.Build(shapes["chain"](deep)), analysis.Build(renumbered(shapes["chain"](cut))))
	require.Len(t, c.Nodes, deep)
	assert.Len(t, c.Levels, cut+1)
	assert.Equal(t, 1, c.Levels[cut].Added, "below it nothing is counted")
	assert.EqualValues(t, deep-1, c.Nodes[deep-1].Depth)
	assert.Equal(t, analysis.Added, c.Nodes[deep-1].Change)
}

func TestCompareADeepTraceWithAnother(t *testing.T) {
	deep := racing.Size(100_000)
	other := renumbered(shapes["chain"](deep))
	other[0].Name = "another root"
	c := analysis.Compare(analysis.Build(shapes["chain"](deep)), analysis.Build(other))
	assert.Len(t, c.Nodes, 2*deep)
	assert.Len(t, c.Topology(nil).Nodes, 2*deep)
	assert.Equal(t, []analysis.ComparedLevel{{Added: 1, Removed: 1, Similarity: new(float64)}}, c.Levels)
}
