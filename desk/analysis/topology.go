// SPDX-License-Identifier: Apache-2.0

package analysis

import "slices"

// A Topology is the spans of a trace as boxes and arrows, where repeated
// siblings, with what is below them, are one box.
type Topology struct {
	// Nodes are the boxes, each after those below it.
	Nodes []TopologyNode `json:"nodes"`
	// Edges lead from a box to those below it.
	Edges []TopologyEdge `json:"edges"`
}

// A TopologyNode is one span, or spans that repeat each other.
type TopologyNode struct {
	// Nodes are the nodes of the tree that the box stands for, the first of them its example.
	Nodes []int32 `json:"nodes"`
	// Duration is that of the span, or the time from the first start to the last
	// end of the spans, in ns.
	Duration int64 `json:"duration"`
}

// A TopologyEdge leads from the box of a parent to the box of a child; both are
// indexes in [Topology.Nodes].
type TopologyEdge struct {
	Source int32 `json:"source"`
	Target int32 `json:"target"`
}

// Topology draws a trace as boxes and arrows. Groups are found anywhere among
// siblings unless the options say otherwise.
func (t *Tree) Topology(o *GroupOptions) *Topology {
	if o == nil {
		o = &GroupOptions{Mode: Anywhere}
	}
	return t.topology(t.Groups(*o))
}

// topology converts the roots and what is below them. A group is represented by
// its first member; below it, every box stands for the descendants of all
// members at the same place. A span may be in two groups only if the caller
// made them so; then the first box with the same first span is kept.
func (t *Tree) topology(groups *Groups) *Topology {
	c := &converter{
		tree: t, groups: groups, topology: new(Topology),
		bundles: make([]*bundle, len(groups.List)), boxes: unset(len(t.Nodes)), edges: map[TopologyEdge]bool{},
	}
	for _, root := range t.Roots {
		c.convert(root)
	}
	for i, e := range c.topology.Edges {
		c.topology.Edges[i] = TopologyEdge{Source: c.boxes[e.Source], Target: c.boxes[e.Target]}
	}
	return c.topology
}

// A converter knows boxes by their first node until all of them have an index.
type converter struct {
	tree     *Tree
	groups   *Groups
	topology *Topology
	bundles  []*bundle // by group
	boxes    []int32   // by the first node of a box, its index
	edges    map[TopologyEdge]bool
}

// A bundle is the spans of a collapsed box, kept together with the bundles below
// it: all members of a group lead to them, and they are collected once.
type bundle struct {
	nodes    []int32
	duration int64
	below    map[place]*bundle
}

// place is a position among siblings, and whether the sibling there is grouped.
type place struct {
	position int
	grouped  bool
}

// open is a box whose children are being converted.
type open struct {
	node   int32
	bundle *bundle // nil: neither the node nor an ancestor of it is grouped
	next   int
}

func (o *open) first() int32 {
	if o.bundle == nil {
		return o.node
	}
	return o.bundle.nodes[0]
}

func (c *converter) convert(root int32) {
	stack := []open{{node: root}}
	for {
		top := &stack[len(stack)-1]
		children := c.tree.Children(top.node)
		if top.next < len(children) {
			child := children[top.next]
			below := open{node: child, bundle: c.twins(child, top.next, top.bundle)}
			top.next++
			stack = append(stack, below)
			continue
		}
		c.add(top)
		done := top.first()
		stack = stack[:len(stack)-1]
		if len(stack) == 0 {
			return
		}
		c.connect(stack[len(stack)-1].first(), done)
	}
}

// twins are the nodes at the same place below each member of a collapsed
// ancestor: the children with the same position, or the groups of those.
// Without such an ancestor they are the node's own group, if it has one.
func (c *converter) twins(node int32, position int, parent *bundle) *bundle {
	group := c.groups.Of[node]
	if parent == nil {
		return c.bundleOf(group)
	}
	at := place{position, group != None}
	b, ok := parent.below[at]
	if !ok {
		b = c.bundle(c.collect(parent.nodes, at))
		parent.below[at] = b
	}
	return b
}

func (c *converter) bundleOf(group int32) *bundle {
	if group == None {
		return nil
	}
	if c.bundles[group] == nil {
		c.bundles[group] = c.bundle(c.groups.List[group].Members)
	}
	return c.bundles[group]
}

func (c *converter) bundle(nodes []int32) *bundle {
	g := c.tree.group(nodes, nil)
	return &bundle{nodes: slices.Clip(nodes), duration: g.Duration(), below: map[place]*bundle{}}
}

func (c *converter) collect(members []int32, at place) []int32 {
	var twins []int32
	for _, m := range members {
		children := c.tree.Children(m)
		if len(children) <= at.position {
			continue
		}
		twin := children[at.position]
		if !at.grouped {
			twins = append(twins, twin)
		} else if group := c.groups.Of[twin]; group != None {
			twins = append(twins, c.groups.List[group].Members...)
		}
	}
	return twins
}

// add adds a finished box unless one with the same first span is there.
func (c *converter) add(o *open) {
	if c.boxes[o.first()] != None {
		return
	}
	c.boxes[o.first()] = int32(len(c.topology.Nodes))
	n := TopologyNode{Nodes: []int32{o.node}, Duration: c.tree.Nodes[o.node].took}
	if o.bundle != nil {
		n = TopologyNode{Nodes: o.bundle.nodes, Duration: o.bundle.duration}
	}
	c.topology.Nodes = append(c.topology.Nodes, n)
}

func (c *converter) connect(source, target int32) {
	e := TopologyEdge{Source: source, Target: target}
	if !c.edges[e] {
		c.edges[e] = true
		c.topology.Edges = append(c.topology.Edges, e)
	}
}
