// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"math/bits"
	"slices"
)

// A GroupMode says which siblings are grouped.
type GroupMode uint8

// The modes.
const (
	// Adjacent siblings only: another one or a failed one in between ends a group.
	Adjacent GroupMode = iota
	// Anywhere among the siblings.
	Anywhere
)

// GroupOptions choose how [Tree.Groups] groups.
type GroupOptions struct {
	Mode GroupMode
	// MinSpans is how many spans a trace must have for anything to be grouped; 0 means 5.
	MinSpans int
	// MinMembers is how many members a group must have; 0 means 2.
	MinMembers int
}

// A Group is siblings that repeat each other: equal in name and service, with
// equal descendants, and neither they nor their children failed.
type Group struct {
	// Members are the nodes, by start time.
	Members []int32 `json:"members"`
	// Value is the sum of the members' durations.
	Value int64 `json:"value"`
	// Start and End are the first start and the last end of the members.
	Start int64 `json:"start"`
	End   int64 `json:"end"`

	steps []step
}

// Duration is the time from the first start to the last end.
func (g *Group) Duration() int64 { return g.End - g.Start }

// Groups are the groups of a tree.
type Groups struct {
	List []Group
	// Of is the index in List for each node of the tree, None for those in no group.
	Of []int32

	returnOf []int32 // the same for the returns of the nodes
}

// Groups finds repeated siblings. Roots are never grouped.
func (t *Tree) Groups(o GroupOptions) *Groups { return t.families(false).groups(o) }

// groups finds repetitions among steps: where the returns are there too, they
// are offered like their nodes and so must be adjacent.
func (f *families) groups(o GroupOptions) *Groups {
	o.MinSpans, o.MinMembers = orDefault(o.MinSpans, 5), orDefault(o.MinMembers, 2)
	g := newGrouper(f, o)
	if len(f.tree.Nodes) < o.MinSpans {
		return g.groups
	}
	f.tree.postOrder(func(node int32) {
		if o.Mode == Anywhere {
			g.anywhere(f.of(node))
		} else {
			g.adjacent(f.of(node))
		}
	})
	return g.groups
}

func newGrouper(f *families, o GroupOptions) *grouper {
	n := len(f.tree.Nodes)
	of := unset(2 * n)
	return &grouper{
		tree: f.tree, options: o, below: f.digests(), seen: make([]int32, n),
		groups: &Groups{Of: of[:n], returnOf: of[n:]},
	}
}

func orDefault(n, standard int) int {
	if n == 0 {
		return standard
	}
	return n
}

// unset is n times None.
func unset(n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = None
	}
	return s
}

type grouper struct {
	tree    *Tree
	options GroupOptions
	below   []digest
	groups  *Groups
	seen    []int32 // the round in which a node was last seen by distinct
	round   int32
}

// fits reports whether a node may be in a group at all.
func (g *grouper) fits(s step) bool {
	n := &g.tree.Nodes[s.node]
	return !n.failed && !n.ChildFailed
}

func (g *grouper) equal(a, b step) bool {
	return g.tree.Nodes[a.node].Similar == g.tree.Nodes[b.node].Similar && g.below[a.node] == g.below[b.node]
}

func (g *grouper) adjacent(siblings []step) {
	for len(siblings) > 0 {
		run := 0
		for run < len(siblings) && g.fits(siblings[run]) && (run == 0 || g.equal(siblings[run-1], siblings[run])) {
			run++
		}
		g.add(siblings[:run])
		siblings = siblings[max(run, 1):]
	}
}

func (g *grouper) anywhere(siblings []step) {
	if len(siblings) < g.options.MinMembers {
		return
	}
	type class struct {
		similar int32
		below   digest
	}
	classes := make(map[class]int, 8)
	var candidates [][]step
	for _, s := range siblings {
		if !g.fits(s) {
			continue
		}
		c := class{g.tree.Nodes[s.node].Similar, g.below[s.node]}
		at, ok := classes[c]
		if !ok {
			at = len(candidates)
			classes[c] = at
			candidates = append(candidates, nil)
		}
		candidates[at] = append(candidates[at], s)
	}
	for _, c := range candidates {
		g.add(c)
	}
}

// add makes a group of the candidates if they are enough.
func (g *grouper) add(steps []step) {
	if len(steps) < g.options.MinMembers {
		return
	}
	members := g.distinct(steps)
	if len(members) < g.options.MinMembers {
		return
	}
	at := int32(len(g.groups.List))
	for _, s := range steps {
		g.groups.returnOf[s.node] = at
		if !s.back {
			g.groups.Of[s.node] = at
		}
	}
	g.groups.List = append(g.groups.List, g.tree.group(members, slices.Clone(steps)))
}

// distinct are the nodes of the steps, each once.
func (g *grouper) distinct(steps []step) []int32 {
	g.round++
	nodes := make([]int32, 0, len(steps))
	for _, s := range steps {
		if g.seen[s.node] != g.round {
			g.seen[s.node] = g.round
			nodes = append(nodes, s.node)
		}
	}
	return nodes
}

// group sums members up, of which there is at least one.
func (t *Tree) group(members []int32, steps []step) Group {
	first := &t.Nodes[members[0]]
	g := Group{Members: members, Start: first.start, End: first.end, steps: steps}
	for _, m := range members {
		n := &t.Nodes[m]
		g.Value += n.took
		g.Start, g.End = min(g.Start, n.start), max(g.End, n.end)
	}
	return g
}

// A digest stands for the descendants of a node: two nodes have equal digests if
// they have as many children and descendants, of the same names and services in
// the same order. It is a polynomial over the names in pre-order, modulo a
// Mersenne prime, so that the digest of a node follows from its children's
// without looking at their descendants again (Rabin and Karp's rolling hash).
type digest struct {
	children     int32
	names        uint64 // of the children
	descendants  uint64 // how many, modulo 2^64: with returns they double per level
	descendNames uint64
}

const (
	prime = 1<<61 - 1
	base  = 0x1d3a5b7c9e2f4861 % prime
)

// digests is the digest of every node.
func (f *families) digests() []digest {
	t := f.tree
	all := make([]digest, len(t.Nodes))
	powers := make([]uint64, len(t.Nodes)) // base to the number of descendants
	for _, at := range slices.Backward(t.Order) {
		siblings := f.of(at)
		d, power := digest{children: int32(len(siblings))}, uint64(1)
		for _, s := range siblings {
			name := spread(t.Nodes[s.node].Similar)
			d.names = addmod(mulmod(d.names, base), name)
			d.descendNames = addmod(mulmod(d.descendNames, base), name)
			d.descendNames = addmod(mulmod(d.descendNames, powers[s.node]), all[s.node].descendNames)
			power = mulmod(power, mulmod(base, powers[s.node]))
			d.descendants += 1 + all[s.node].descendants
		}
		all[at], powers[at] = d, power
	}
	return all
}

// spread makes a large number of a small one (the finaliser of SplitMix64).
func spread(n int32) uint64 {
	x := uint64(n) + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return (x ^ x>>31) % prime
}

func mulmod(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	sum := lo&prime + (lo>>61 | hi<<3)
	if sum >= prime {
		sum -= prime
	}
	return sum
}

func addmod(a, b uint64) uint64 {
	sum := a + b
	if sum >= prime {
		sum -= prime
	}
	return sum
}
