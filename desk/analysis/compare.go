// SPDX-License-Identifier: Apache-2.0

package analysis

import "slices"

// A Change says what two traces have of a span, from the point of view of the
// baseline, which is the trace that is being looked at: what the other trace
// lacks is added.
type Change string

// The changes.
const (
	// Added is a span that only the baseline has.
	Added Change = "added"
	// Removed is a span that only the comparison has.
	Removed Change = "removed"
	// Changed is a span of both whose durations differ.
	Changed Change = "changed"
	// Unchanged is a span of both whose durations are equal.
	Unchanged Change = "unchanged"
)

// A Comparison is two traces side by side. Like a [Tree] it is not changed after
// [Compare] and may be used by any number of goroutines.
type Comparison struct {
	// Baseline and Comparison are the traces that were compared.
	Baseline   *Tree `json:"-"`
	Comparison *Tree `json:"-"`
	// Nodes are the spans of both traces, each once: a span and its partner in
	// one node, each node before its children, those of the baseline in their
	// order, those that only the comparison has before the next that both have.
	Nodes []ComparedNode `json:"nodes"`
	// Levels say how alike the traces are at each level, from the roots on, as
	// far as spans of both lead.
	Levels []ComparedLevel `json:"levels"`
	// Similar says that the traces are alike enough for a comparison to tell
	// something: at no level is the similarity below 1 less 0.3 per level, apart
	// from levels with more than three spans of which at most three are missing.
	// A trace of no spans is like no other.
	Similar bool `json:"similar"`
}

// A ComparedNode is a span of one trace or of both.
type ComparedNode struct {
	// Parent is the index of the parent in [Comparison.Nodes], None for a root.
	Parent int32 `json:"parent"`
	// Depth is the number of ancestors.
	Depth int32 `json:"depth"`
	// Baseline and Comparison are the nodes in the two trees, None where there is none.
	Baseline   int32 `json:"baseline"`
	Comparison int32 `json:"comparison"`
	// Change says what became of the span. All descendants of an added or a
	// removed span are so too.
	Change Change `json:"change"`
	// Delta is by how many percent the duration in the comparison exceeds that in
	// the baseline; nil for an added or a removed span, and for one that took no
	// time in the baseline and some in the comparison.
	Delta *float64 `json:"delta"`
	// BaselineDuration and ComparisonDuration are in ns, 0 where there is no span.
	BaselineDuration   int64 `json:"baselineDuration"`
	ComparisonDuration int64 `json:"comparisonDuration"`
}

// both reports whether both traces have the span.
func (n *ComparedNode) both() bool { return n.Baseline != None && n.Comparison != None }

// A ComparedLevel counts the spans of one level. What is below an added or a
// removed span is not counted again.
type ComparedLevel struct {
	Unchanged int `json:"unchanged"`
	Changed   int `json:"changed"`
	Added     int `json:"added"`
	Removed   int `json:"removed"`
	// Similarity is the part of the baseline's spans, from 0 to 1, that the
	// comparison has too; nil where the baseline has none.
	Similarity *float64 `json:"similarity"`
}

// Compare lays two traces side by side. Spans are partners if their parents are,
// or both are roots, and their names and services are equal; of the ways to pair
// siblings without changing their order it takes one that leaves the fewest
// without a partner (a longest common subsequence), and of neighbours of one
// name the one with the same descendants. Siblings that overlap in time have no
// order to keep.
//
// It takes time in proportion to the spans as long as some thousands of them
// differ. Where more do, the pairs of long lists of siblings may be fewer than
// there could be.
func Compare(baseline, comparison *Tree) *Comparison {
	return compare(baseline, comparison, newAligner(baseline, comparison).align)
}

func compare(baseline, comparison *Tree, align alignment) *Comparison {
	c := &comparer{
		out: &Comparison{Baseline: baseline, Comparison: comparison, Levels: []ComparedLevel{}}, align: align,
		deltas: make([]float64, 0, min(len(baseline.Nodes), len(comparison.Nodes))),
	}
	c.out.Nodes = make([]ComparedNode, 0, max(len(baseline.Nodes), len(comparison.Nodes)))
	c.enter(None, baseline.Roots, comparison.Roots)
	for len(c.stack) > 0 {
		top := c.stack[len(c.stack)-1]
		c.stack = c.stack[:len(c.stack)-1]
		at := c.add(top)
		c.enter(at, childrenOf(baseline, top.baseline), childrenOf(comparison, top.comparison))
	}
	c.out.rate()
	return c.out
}

func childrenOf(t *Tree, node int32) []int32 {
	if node == None {
		return nil
	}
	return t.Children(node)
}

// A comparer goes through two trees at once.
type comparer struct {
	out    *Comparison
	align  alignment
	stack  []couple
	alone  []bool
	deltas []float64
}

// A couple is two partners, or one span and None.
type couple struct{ parent, baseline, comparison int32 }

// enter puts the siblings below a node on the stack, the first on top: those of
// the baseline in their order, and those that were removed where they were.
func (c *comparer) enter(parent int32, baseline, comparison []int32) {
	first, next := len(c.stack), int32(0)
	pairs := c.align(baseline, comparison)
	alone := c.withoutPartner(pairs, len(comparison))
	removed := func(until int32) {
		for ; next < until; next++ {
			if alone[next] {
				c.stack = append(c.stack, couple{parent, None, comparison[next]})
			}
		}
	}
	for i, at := range pairs {
		if at == None {
			c.stack = append(c.stack, couple{parent, baseline[i], None})
			continue
		}
		removed(at)
		c.stack = append(c.stack, couple{parent, baseline[i], comparison[at]})
	}
	removed(int32(len(comparison)))
	slices.Reverse(c.stack[first:])
}

// withoutPartner tells which of n siblings no pair leads to.
func (c *comparer) withoutPartner(pairs []int32, n int) []bool {
	c.alone = slices.Grow(c.alone[:0], n)[:n]
	for i := range c.alone {
		c.alone[i] = true
	}
	for _, at := range pairs {
		if at != None {
			c.alone[at] = false
		}
	}
	return c.alone
}

func (c *comparer) add(of couple) int32 {
	n := ComparedNode{Parent: of.parent, Baseline: of.baseline, Comparison: of.comparison}
	if n.Baseline != None {
		n.BaselineDuration = c.out.Baseline.Nodes[n.Baseline].took
	}
	if n.Comparison != None {
		n.ComparisonDuration = c.out.Comparison.Nodes[n.Comparison].took
	}
	n.Change = n.change()
	if n.Change == Unchanged || n.Change == Changed && n.BaselineDuration != 0 {
		c.deltas = append(c.deltas, percentMore(n.BaselineDuration, n.ComparisonDuration))
		n.Delta = &c.deltas[len(c.deltas)-1]
	}
	if n.Parent != None {
		n.Depth = c.out.Nodes[n.Parent].Depth + 1
	}
	c.out.Nodes = append(c.out.Nodes, n)
	c.out.count(&n)
	return int32(len(c.out.Nodes) - 1)
}

func (n *ComparedNode) change() Change {
	switch {
	case n.Comparison == None:
		return Added
	case n.Baseline == None:
		return Removed
	case n.BaselineDuration != n.ComparisonDuration:
		return Changed
	}
	return Unchanged
}

// percentMore is 0 for equal numbers, even if both are 0.
func percentMore(baseline, comparison int64) float64 {
	if baseline == comparison {
		return 0
	}
	return (float64(comparison) - float64(baseline)) / float64(baseline) * 100
}

// count adds a node to its level, unless its parent was added or removed.
func (c *Comparison) count(n *ComparedNode) {
	if n.Parent != None && !c.Nodes[n.Parent].both() {
		return
	}
	if int(n.Depth) == len(c.Levels) {
		c.Levels = append(c.Levels, ComparedLevel{})
	}
	level := &c.Levels[n.Depth]
	switch n.Change {
	case Added:
		level.Added++
	case Removed:
		level.Removed++
	case Changed:
		level.Changed++
	case Unchanged:
		level.Unchanged++
	}
}

// rate calculates what follows from the counts.
func (c *Comparison) rate() {
	c.Similar = (len(c.Baseline.Nodes) == 0) == (len(c.Comparison.Nodes) == 0)
	similarities := make([]float64, len(c.Levels))
	for i := range c.Levels {
		level := &c.Levels[i]
		if total := level.hits() + level.Added; total > 0 {
			similarities[i] = float64(level.hits()) / float64(total)
			level.Similarity = &similarities[i]
		}
		c.Similar = c.Similar && level.similar(i)
	}
}

func (l *ComparedLevel) hits() int { return l.Unchanged + l.Changed }

// similar reports whether enough of a level is in both traces. Levels that the
// baseline does not have do not count, nor does a small part of many.
func (l *ComparedLevel) similar(level int) bool {
	const few, percentPerLevel = 3, 30
	total := l.hits() + l.Added
	return total > few && l.Added <= few || 100*l.hits() >= total*(100-percentPerLevel*level)
}
