// SPDX-License-Identifier: Apache-2.0

package analysis

import "slices"

// Topology draws both traces as boxes and arrows. The nodes of its boxes are
// indexes in [Comparison.Nodes]; a box and those below it are in their order.
//
// Siblings that repeat each other are one box if both traces have all of them, or
// all were added, or all removed; whether each took longer or not divides them
// not, as of many equal calls some always do. What is below such a box is left out.
// Nothing below an added or a removed span is collapsed. Groups are found anywhere
// among siblings unless the options say otherwise; MinSpans means nothing here.
func (c *Comparison) Topology(o *GroupOptions) *Topology {
	if o == nil {
		o = &GroupOptions{Mode: Anywhere}
	}
	return c.topology(c.groups(*o))
}

// comparedGroups are siblings that repeat each other.
type comparedGroups struct {
	list [][]int32 // the members, as indexes in [Comparison.Nodes]
	of   []int32   // by index in [Comparison.Nodes]
}

func (g *comparedGroups) add(members []int32) {
	for _, m := range members {
		g.of[m] = int32(len(g.list))
	}
	g.list = append(g.list, members)
}

func (c *Comparison) groups(o GroupOptions) *comparedGroups {
	groups := &comparedGroups{of: unset(len(c.Nodes))}
	kinds := c.repetitions()
	least := orDefault(o.MinMembers, 2)
	for _, siblings := range c.families(least) {
		for _, members := range c.candidates(siblings, kinds, o.Mode) {
			if len(members) >= least {
				groups.add(members)
			}
		}
	}
	return groups
}

// families are the siblings whose parents both traces have, at least so many.
func (c *Comparison) families(least int) [][]int32 {
	counts, at := make([]int32, len(c.Nodes)), unset(len(c.Nodes))
	for i := range c.Nodes {
		if p := c.Nodes[i].Parent; p != None && c.Nodes[p].both() {
			counts[p]++
		}
	}
	var list [][]int32
	rest := make([]int32, len(c.Nodes))
	for i := range c.Nodes {
		p := c.Nodes[i].Parent
		if p == None || counts[p] == 0 || int(counts[p]) < least {
			continue
		}
		if at[p] == None {
			at[p] = int32(len(list))
			list = append(list, rest[:0:counts[p]])
			rest = rest[counts[p]:]
		}
		list[at[p]] = append(list[at[p]], int32(i))
	}
	return list
}

// A repetition is what siblings of one group have in common.
type repetition struct {
	similar int32
	alone   Change // Added or Removed, "" for what both traces have
	below   digest
}

// repetitions says for each node what it repeats, by its baseline if it has one.
// Nodes that may be in no group repeat nothing: their similar is None.
func (c *Comparison) repetitions() []repetition {
	baseline, comparison := c.Baseline.families(false).digests(), c.Comparison.families(false).digests()
	list := make([]repetition, len(c.Nodes))
	for i := range c.Nodes {
		n := &c.Nodes[i]
		below := comparison
		if n.Baseline != None {
			below = baseline
		}
		t, node := c.shown(n)
		r := repetition{similar: t.Nodes[node].Similar, below: below[node]}
		if !n.both() {
			r.alone = n.Change
		}
		if t.Nodes[node].failed || t.Nodes[node].ChildFailed {
			r.similar = None
		}
		list[i] = r
	}
	return list
}

// shown is the node that stands for a compared one: the baseline's if there is one.
func (c *Comparison) shown(n *ComparedNode) (*Tree, int32) {
	if n.Baseline != None {
		return c.Baseline, n.Baseline
	}
	return c.Comparison, n.Comparison
}

// candidates are the siblings that repeat each other, adjacent or anywhere.
func (c *Comparison) candidates(siblings []int32, kinds []repetition, mode GroupMode) [][]int32 {
	var list [][]int32
	known := map[repetition]int{}
	for i, s := range siblings {
		kind := kinds[s]
		if kind.similar == None {
			continue
		}
		at, ok := known[kind]
		if mode == Adjacent {
			at, ok = len(list)-1, i > 0 && kinds[siblings[i-1]] == kind
		} else if !ok {
			known[kind] = len(list)
		}
		if ok {
			list[at] = append(list[at], s)
		} else {
			list = append(list, []int32{s})
		}
	}
	return list
}

// topology makes boxes of the nodes and edges between them; an edge comes after
// those below it.
func (c *Comparison) topology(groups *comparedGroups) *Topology {
	b := &boxes{Comparison: c, groups: groups, out: &Topology{Nodes: []TopologyNode{}, Edges: []TopologyEdge{}}, of: unset(len(c.Nodes))}
	made, alone := make([]bool, len(groups.list)), make([]int32, len(c.Nodes))
	for i := range c.Nodes {
		group := groups.of[i]
		if b.hidden(int32(i)) || group != None && made[group] {
			continue
		}
		b.leave(c.Nodes[i].Parent)
		alone[i] = int32(i)
		nodes := alone[i : i+1 : i+1]
		if group != None {
			made[group], nodes = true, groups.list[group]
		}
		b.of[i] = int32(len(b.out.Nodes))
		b.out.Nodes = append(b.out.Nodes, c.box(nodes))
		b.open = append(b.open, int32(i))
	}
	b.leave(None)
	return b.out
}

// boxes is a topology that is being made.
type boxes struct {
	*Comparison
	groups *comparedGroups
	out    *Topology
	of     []int32 // the box of each node, None for none
	open   []int32 // the nodes from a root to the latest box
}

// hidden reports whether a node is below a group.
func (b *boxes) hidden(node int32) bool {
	p := b.Nodes[node].Parent
	return p != None && (b.of[p] == None || b.groups.of[p] != None)
}

// leave connects the boxes that are done to their parents.
func (b *boxes) leave(parent int32) {
	for len(b.open) > 0 && b.open[len(b.open)-1] != parent {
		done := b.open[len(b.open)-1]
		b.open = b.open[:len(b.open)-1]
		if p := b.Nodes[done].Parent; p != None {
			b.out.Edges = append(b.out.Edges, TopologyEdge{Source: b.of[p], Target: b.of[done]})
		}
	}
}

// box is one span, or several from the first start to the last end.
func (c *Comparison) box(nodes []int32) TopologyNode {
	t, node := c.shown(&c.Nodes[nodes[0]])
	s := t.Nodes[node].Span
	if len(nodes) == 1 {
		return TopologyNode{Nodes: nodes, Duration: s.Duration()}
	}
	start, end := s.Start, s.End
	for _, n := range nodes[1:] {
		t, node := c.shown(&c.Nodes[n])
		start, end = min(start, t.Nodes[node].start), max(end, t.Nodes[node].end)
	}
	return TopologyNode{Nodes: slices.Clip(nodes), Duration: subTimes(end, start)}
}
