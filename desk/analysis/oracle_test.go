// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// The oracles follow the rules word by word, with recursion and lists, where the
// package has sorting, hashes and tables. Both must agree on any trace.

// randomTrace is a small trace in any order: with roots and orphans, spans that
// start together, end at once or before they start, failures, and, if wanted,
// duplicates and cycles.
func randomTrace(r *rand.Rand, odd bool) []trace.Span {
	n := 1 + r.IntN(40)
	names := 1 + r.IntN(4)
	resources := []*trace.Resource{{Attributes: []trace.KeyValue{{Key: "service.name", Value: trace.String("a")}}},
		{Attributes: []trace.KeyValue{{Key: "service.name", Value: trace.String("b")}}}}
	spans := make([]trace.Span, n)
	for i := range spans {
		s := &spans[i]
		s.ID[7] = byte(i + 1)
		s.Name = string(rune('A' + r.IntN(names)))
		s.Kind = trace.Kind(r.IntN(6))
		s.Resource = resources[r.IntN(5)/4]
		s.Start = int64(r.IntN(30)) * 200_000
		s.End = s.Start + int64(r.IntN(12)-1)*300_000
		if i > 0 && r.IntN(10) > 0 {
			s.Parent[7] = byte(1 + r.IntN(i))
		}
		if r.IntN(12) == 0 {
			s.Status.Code = trace.Error
		}
		if odd && r.IntN(10) == 0 {
			s.Parent[7] = byte(1 + r.IntN(n+5))
		}
		if odd && r.IntN(15) == 0 {
			s.ID[7] = byte(1 + r.IntN(n))
		}
	}
	r.Shuffle(n, func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
	return spans
}

func eachRandomTrace(t *testing.T, odd bool, test func(t *testing.T, tree *Tree)) {
	for seed := range uint64(400) {
		spans := randomTrace(rand.New(rand.NewPCG(seed, 4)), odd)
		tree := Build(spans)
		ok := t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { test(t, tree) })
		require.True(t, ok)
	}
}

// insert is rule 2.4: right after the last sibling that is not later.
func insert(t *Tree, siblings []step, s step) []step {
	at := len(siblings)
	for at > 0 && t.when(siblings[at-1]) > t.when(s) {
		at--
	}
	return slices.Insert(siblings, at, s)
}

func childrenOracle(t *Tree, parent int32, returns bool) (siblings []step) {
	for i := range t.Nodes {
		if t.Nodes[i].Parent != parent {
			continue
		}
		siblings = insert(t, siblings, step{node: int32(i)})
		if returns {
			siblings = insert(t, siblings, step{node: int32(i), back: true})
		}
	}
	return siblings
}

func TestOrderByTheRules(t *testing.T) {
	eachRandomTrace(t, true, func(t *testing.T, tree *Tree) {
		for _, returns := range []bool{false, true} {
			var want, got []step
			var descend func(siblings []step)
			descend = func(siblings []step) {
				for _, s := range siblings {
					want = append(want, s)
					if !s.back {
						descend(childrenOracle(tree, s.node, returns))
					}
				}
			}
			roots := childrenOracle(tree, None, returns)
			descend(roots)
			tree.families(returns).walk(roots, func(s step) { got = append(got, s) })
			require.Equal(t, want, got)
			if returns {
				require.Equal(t, roots, tree.rootSteps())
			}
		}
		require.Len(t, tree.Order, len(tree.Nodes), "every node is reached once")
	})
}

// descendants are the names below a node in pre-order; a return leads to the
// same children as its node.
func descendants(t *Tree, f *families, node int32) (names []int32) {
	for _, s := range f.of(node) {
		names = append(names, t.Nodes[s.node].Similar)
		names = append(names, descendants(t, f, s.node)...)
	}
	return names
}

func namesOf(t *Tree, steps []step) (names []int32) {
	for _, s := range steps {
		names = append(names, t.Nodes[s.node].Similar)
	}
	return names
}

func TestDigestsStandForDescendants(t *testing.T) {
	eachRandomTrace(t, false, func(t *testing.T, tree *Tree) {
		if depth(tree) > 8 {
			return // the rule itself takes 2^depth
		}
		for _, returns := range []bool{false, true} {
			f := tree.families(returns)
			below := f.digests()
			for a := range int32(len(tree.Nodes)) {
				for b := range a {
					equal := slices.Equal(namesOf(tree, f.of(a)), namesOf(tree, f.of(b))) &&
						slices.Equal(descendants(tree, f, a), descendants(tree, f, b))
					require.Equal(t, equal, below[a] == below[b], "nodes %d and %d", a, b)
				}
			}
		}
	})
}

func depth(t *Tree) (levels int32) {
	for i := range t.Nodes {
		levels = max(levels, t.Nodes[i].Level)
	}
	return levels
}

// A topologyOracle follows section 7 with recursion.
type topologyOracle struct {
	tree   *Tree
	groups *Groups
	nodes  []TopologyNode
	edges  [][2]int32
}

func (o *topologyOracle) node(s int32, group []int32) TopologyNode {
	if group == nil {
		return TopologyNode{Nodes: []int32{s}, Duration: o.tree.Nodes[s].Span.Duration()}
	}
	g := o.tree.group(group, nil)
	return TopologyNode{Nodes: group, Duration: g.Duration()}
}

func (o *topologyOracle) convert(s int32, position int, above []int32) TopologyNode {
	var group []int32
	own := o.groups.Of[s]
	switch {
	case above == nil && own != None:
		group = o.groups.List[own].Members
	case above != nil:
		for _, m := range above {
			children := o.tree.Children(m)
			if len(children) <= position {
				continue
			}
			twin := children[position]
			if own == None {
				group = append(group, twin)
			} else if o.groups.Of[twin] != None {
				group = append(group, o.groups.List[o.groups.Of[twin]].Members...)
			}
		}
	}
	n := o.node(s, group)
	for i, child := range o.tree.Children(s) {
		below := o.convert(child, i, group)
		o.add(below)
		o.connect(n.Nodes[0], below.Nodes[0])
	}
	return n
}

func (o *topologyOracle) add(n TopologyNode) {
	if !slices.ContainsFunc(o.nodes, func(m TopologyNode) bool { return m.Nodes[0] == n.Nodes[0] }) {
		o.nodes = append(o.nodes, n)
	}
}

func (o *topologyOracle) connect(from, to int32) {
	if e := [2]int32{from, to}; !slices.Contains(o.edges, e) {
		o.edges = append(o.edges, e)
	}
}

func TestTopologyByTheRules(t *testing.T) {
	eachRandomTrace(t, true, func(t *testing.T, tree *Tree) {
		original := &original{Tree: tree, config: treeConfig{Group: true, IgnoreSequence: true}, below: tree.families(false)}
		for _, groups := range []*Groups{tree.Groups(GroupOptions{}), tree.Groups(GroupOptions{Mode: Anywhere}), original.originalGroups()} {
			o := &topologyOracle{tree: tree, groups: groups}
			for _, root := range tree.Roots {
				o.add(o.convert(root, 0, nil))
			}
			got := tree.topology(groups)
			require.Equal(t, o.nodes, got.Nodes)
			var edges [][2]int32
			for _, e := range got.Edges {
				edges = append(edges, [2]int32{got.Nodes[e.Source].Nodes[0], got.Nodes[e.Target].Nodes[0]})
			}
			require.Equal(t, o.edges, edges)
		}
	})
}

// drainOracle is section 9.2 with recursion.
type drainOracle struct {
	tree      *Tree
	parallels *Parallels
	rows      []*nested
}

type nested struct {
	node     int32
	children []*nested
}

func (o *drainOracle) drain(node int32) *nested {
	element := &nested{node: node}
	current := None
	for _, child := range o.tree.Children(node) {
		below := o.drain(child)
		switch in := o.parallels.Of[child]; {
		case in == None:
			element.children = append(element.children, below)
		case in != current:
			current = in
			element.children = append(element.children, below)
		default:
			o.rows = append(o.rows, below)
		}
	}
	return element
}

func TestFlameGraphByTheRules(t *testing.T) {
	eachRandomTrace(t, true, func(t *testing.T, tree *Tree) {
		o := &drainOracle{tree: tree, parallels: tree.Parallels(ParallelOptions{})}
		var top []*nested
		for _, root := range tree.Roots {
			top = append(top, o.drain(root))
		}
		slices.SortStableFunc(o.rows, func(a, b *nested) int { return int(tree.Nodes[a.node].Level - tree.Nodes[b.node].Level) })
		var want [][2]int32
		var lay func(e *nested, parent int32)
		lay = func(e *nested, parent int32) {
			at := int32(len(want))
			want = append(want, [2]int32{e.node, parent})
			for _, c := range e.children {
				lay(c, at)
			}
		}
		for _, e := range append(top, o.rows...) {
			lay(e, None)
		}
		var got [][2]int32
		for _, f := range tree.flameGraph(o.parallels).Frames {
			got = append(got, [2]int32{f.Node, f.Parent})
		}
		require.Equal(t, want, got)
	})
}

// TestSelfTime compares with counting the nanoseconds (of a trace with times in
// steps of 100 µs) in which no child was under way.
func TestSelfTimeByCounting(t *testing.T) {
	eachRandomTrace(t, true, func(t *testing.T, tree *Tree) {
		for i := range int32(len(tree.Nodes)) {
			s := tree.Nodes[i].Span
			var want int64
			for at := s.Start; at < s.End; at += 100_000 {
				busy := slices.ContainsFunc(tree.Children(i), func(c int32) bool {
					child := tree.Nodes[c].Span
					return child.Start <= at && at < child.End
				})
				if !busy {
					want += 100_000
				}
			}
			require.Equal(t, want, tree.SelfTime(i), "node %d", i)
		}
	})
}
