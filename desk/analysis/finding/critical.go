// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Path is what the main root waited for, as [CriticalPath] has it: its
// spans, those with the most time on it first, and what took it up. A main
// root that waited for no other span has none. The cost is the whole path.
const Path Kind = "criticalPath"

// Bottleneck is the span with the largest self time on the critical path, at least
// [Options.BottleneckShare] of it. What takes long beside the path is none, nor is
// a span that waits for others, nor the only span of a trace. The cost is that
// self time.
const Bottleneck Kind = "bottleneck"

// onPathNodes are the nodes on the critical path, those with the most time first.
func (f *finder) onPathNodes() []int32 {
	var nodes []int32
	for _, p := range f.pieces {
		if f.onPath[p.node] > 0 {
			nodes = append(nodes, p.node)
		}
	}
	slices.SortFunc(nodes, func(a, b int32) int {
		return cmp.Or(cmp.Compare(f.onPath[b], f.onPath[a]), cmp.Compare(f.tree.Nodes[a].Position, f.tree.Nodes[b].Position))
	})
	return slices.Compact(nodes)
}

func (f *finder) path() {
	if nodes := f.onPathNodes(); len(nodes) > 1 {
		f.add(candidate{severity: Info, nodes: nodes, cost: f.duration(f.main)})
	}
}

func (f *finder) describePath(c *candidate) (title, advice string) {
	return fmt.Sprintf("%d of %d spans make up the %s of %s: %s", len(c.nodes), len(f.tree.Nodes), human(c.cost), f.name(f.main), strings.Join(f.operationsOnPath(c.nodes), ", ")),
		"Make these spans faster, or take them out of the way, as nothing else shortens the trace."
}

// operationsOnPath says how long the operations took that have most of the path.
func (f *finder) operationsOnPath(nodes []int32) []string {
	type operation struct {
		node, count int32
		time        int64
	}
	var all []operation
	index := map[int32]int32{}
	for _, at := range nodes {
		i := number(index, f.tree.Nodes[at].Similar)
		if int(i) == len(all) {
			all = append(all, operation{node: at})
		}
		all[i].count++
		all[i].time += f.onPath[at]
	}
	slices.SortStableFunc(all, func(a, b operation) int { return cmp.Compare(b.time, a.time) })
	var parts []string
	for _, o := range all[:min(3, len(all))] {
		part := f.named(o.node) + " "
		if o.count > 1 {
			part += fmt.Sprintf("×%d ", o.count)
		}
		parts = append(parts, part+human(o.time))
	}
	return parts
}

func (f *finder) bottleneck() {
	slowest := f.main
	for _, p := range f.pieces {
		if f.onPath[p.node] > f.onPath[slowest] {
			slowest = p.node
		}
	}
	self := f.onPath[slowest]
	if len(f.tree.Nodes) > 1 && self > 0 && self >= share(f.duration(f.main), f.options.BottleneckShare) {
		f.add(candidate{severity: Info, nodes: []int32{slowest}, cost: self})
	}
}

func (f *finder) describeBottleneck(c *candidate) (title, advice string) {
	node := c.nodes[0]
	title = fmt.Sprintf("%s took %s itself, %s of the critical path", f.named(node), human(c.cost), percent(c.cost, f.duration(f.main)))
	switch {
	case f.is(node, isModel):
		return title, "Ask a faster model, for a shorter answer or with a shorter prompt, before anything else."
	case f.tree.Nodes[node].Size > 1:
		return title, "Put spans around what it does between its calls, as most of its time is its own."
	}
	return title, "Begin with this span, as no other one weighs as much."
}
