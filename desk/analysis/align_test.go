// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// changedTrace is a trace with some spans gone, some renamed and some that take
// longer, and with other ids.
func changedTrace(r *rand.Rand, spans []trace.Span) []trace.Span {
	var changed []trace.Span
	for i := range spans {
		s := spans[i].Clone()
		switch r.IntN(8) {
		case 0:
			continue
		case 1:
			s.Name = string(rune('A' + r.IntN(4)))
		case 2:
			s.End += int64(r.IntN(3)) * 100_000
		}
		s.ID[0], s.Parent[0] = 1, 1
		if spans[i].Parent.IsZero() {
			s.Parent = trace.SpanID{}
		}
		changed = append(changed, s)
	}
	r.Shuffle(len(changed), func(i, j int) { changed[i], changed[j] = changed[j], changed[i] })
	return changed
}

func eachRandomPair(t *testing.T, test func(t *testing.T, baseline, comparison *Tree)) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 6))
		spans := randomTrace(r, seed%2 == 0)
		other := changedTrace(r, spans)
		ok := t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { test(t, Build(spans), Build(other)) })
		require.True(t, ok)
	}
}

// TestComparisonHasEverySpanOnce: changes divide the spans of both traces.
func TestComparisonHasEverySpanOnce(t *testing.T) {
	eachRandomPair(t, func(t *testing.T, baseline, comparison *Tree) {
		c := Compare(baseline, comparison)
		ofBaseline, ofComparison := []int32{}, []int32{}
		for i := range c.Nodes {
			n := &c.Nodes[i]
			if n.Baseline != None {
				ofBaseline = append(ofBaseline, n.Baseline)
			}
			if n.Comparison != None {
				ofComparison = append(ofComparison, n.Comparison)
			}
			requireConsistent(t, c, n)
		}
		assert.Equal(t, baseline.Order, ofBaseline, "in their order")
		assert.ElementsMatch(t, comparison.Order, ofComparison)
	})
}

// requireConsistent checks a node against its spans and its parent.
func requireConsistent(t *testing.T, c *Comparison, n *ComparedNode) {
	t.Helper()
	parent := ComparedNode{Depth: -1, Baseline: None, Comparison: None}
	if n.Parent != None {
		parent = c.Nodes[n.Parent]
	}
	require.Equal(t, parent.Depth+1, n.Depth)
	want := Added
	if n.Baseline != None {
		require.Equal(t, parent.Baseline, c.Baseline.Nodes[n.Baseline].Parent)
	} else {
		want = Removed
	}
	if n.Comparison != None {
		require.Equal(t, parent.Comparison, c.Comparison.Nodes[n.Comparison].Parent)
	}
	if !n.both() {
		require.Equal(t, want, n.Change)
		require.Nil(t, n.Delta)
		return
	}
	require.True(t, sameKey(c.Baseline, n.Baseline, c.Comparison, n.Comparison))
	require.Equal(t, n.BaselineDuration == n.ComparisonDuration, n.Change == Unchanged)
	require.Equal(t, n.Change == Changed && n.BaselineDuration == 0, n.Delta == nil)
}

func TestComparisonOfATraceWithItselfChangesNothing(t *testing.T) {
	for seed := range uint64(200) {
		spans := randomTrace(rand.New(rand.NewPCG(seed, 7)), seed%2 == 0)
		again := slices.Clone(spans)
		for i := range again {
			again[i].ID[0] = 1
			if !again[i].Parent.IsZero() {
				again[i].Parent[0] = 1
			}
		}
		c := Compare(Build(spans), Build(again))
		require.Len(t, c.Nodes, len(c.Baseline.Nodes))
		for i := range c.Nodes {
			require.Equal(t, Unchanged, c.Nodes[i].Change, "seed %d", seed)
		}
		require.True(t, c.Similar)
	}
}

// TestComparisonTheOtherWayRound: what is added one way is removed the other way.
func TestComparisonTheOtherWayRound(t *testing.T) {
	eachRandomPair(t, func(t *testing.T, baseline, comparison *Tree) {
		there, back := Compare(baseline, comparison), Compare(comparison, baseline)
		require.NotEmpty(t, append(there.Levels, back.Levels...))
		a, b := there.Levels[0], back.Levels[0]
		assert.Equal(t, []int{a.hits(), a.Added, a.Removed}, []int{b.hits(), b.Removed, b.Added})
	})
}

// TestAlignmentIsNeverShorterThanGreedy on any siblings of random traces, and is
// longer on some.
func TestAlignmentIsNeverShorterThanGreedy(t *testing.T) {
	longer := 0
	eachRandomPair(t, func(t *testing.T, baseline, comparison *Tree) {
		align, original := newAligner(baseline, comparison), greedy(baseline, comparison)
		c := Compare(baseline, comparison)
		check := func(a, b []int32) {
			ours, theirs := paired(align.align(a, b)), paired(original(a, b))
			assert.GreaterOrEqual(t, ours, theirs)
			if ours > theirs {
				longer++
			}
		}
		check(baseline.Roots, comparison.Roots)
		for i := range c.Nodes {
			if n := &c.Nodes[i]; n.both() {
				check(baseline.Children(n.Baseline), comparison.Children(n.Comparison))
			}
		}
	})
	assert.Positive(t, longer)
}

// TestGreedyLosesWhatMoved: the original finds the one that moved to the end and
// then nothing that was before it.
func TestGreedyLosesWhatMoved(t *testing.T) {
	x, y := rootsNamed([]int{1, 2, 3, 4}), rootsNamed([]int{2, 3, 4, 1})
	assert.Equal(t, []int32{3, None, None, None}, greedy(x, y)(x.Roots, y.Roots))
	assert.Equal(t, []int32{None, 0, 1, 2}, newAligner(x, y).align(x.Roots, y.Roots))

	x, y = rootsNamed([]int{1, 2, 3, 5}), rootsNamed([]int{2, 1, 4, 5})
	assert.Equal(t, 2, paired(newAligner(x, y).align(x.Roots, y.Roots)), "of a swapped pair one is kept")
}

// TestSiblingsAtOnceHaveNoOrder: tools that were called at once are the same
// whichever began first; those called one after the other are not.
func TestSiblingsAtOnceHaveNoOrder(t *testing.T) {
	tools := func(length int64, names ...string) *Tree {
		spans := []trace.Span{{ID: trace.SpanID{1}, Name: "run", End: 1000}}
		for i, name := range names {
			start := int64(10 * i)
			spans = append(spans, trace.Span{ID: trace.SpanID{byte(i + 2)}, Parent: trace.SpanID{1}, Name: name, Start: start, End: start + length})
		}
		return Build(spans)
	}
	marks := func(a, b *Tree) (list []string) {
		c := Compare(a, b)
		for i := range c.Nodes[1:] {
			n := &c.Nodes[i+1]
			of, tree := n.Baseline, a
			if of == None {
				of, tree = n.Comparison, b
			}
			list = append(list, string(n.Change)+" "+tree.Nodes[of].Span.Name)
		}
		return list
	}
	assert.Equal(t, []string{"unchanged hotels", "unchanged weather", "unchanged flights"},
		marks(tools(500, "hotels", "weather", "flights"), tools(500, "weather", "flights", "hotels")))
	assert.Equal(t, []string{"removed guide", "unchanged hotels", "added weather", "unchanged flights"},
		marks(tools(500, "hotels", "weather", "flights"), tools(500, "guide", "flights", "hotels")))
	assert.Equal(t, []string{"added hotels", "unchanged weather", "unchanged flights", "removed hotels"},
		marks(tools(5, "hotels", "weather", "flights"), tools(5, "weather", "flights", "hotels")))
}
