// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"cmp"
	"slices"
	"time"

	"github.com/sidetrace/sidetrace/desk/units"
)

// Path is what the main root waited for, as [CriticalPath] has it: its
// spans, those with the most time on it first, and what took it up. A main
// root that waited for no other span has none. The cost is the whole path.
const Path Kind = "criticalPath"

// Bottleneck is the span with the largest self time on the critical path, at least
// [Options.BottleneckShare] of it; half of it and notably long is a warning. What
// takes long beside the path is none, nor is a span that waits for others, nor the
// only span of a trace. The cost is that self time.
const Bottleneck Kind = "bottleneck"

// A bottleneck is a warning from this share of the path and this time on, below
// which nobody waits for anything.
const (
	severeShare = 0.5
	severeTime  = 100 * time.Millisecond
)

func (f *finder) path() {
	nodes, times := make([]int32, 0, len(f.pieces)), make([]int64, 0, len(f.pieces))
	for i, t := range f.onPath {
		if t > 0 {
			nodes, times = append(nodes, int32(i)), append(times, t)
		}
	}
	if len(nodes) > 1 {
		f.add(candidate{severity: Info, count: len(nodes), nodes: f.longest(nodes, times), cost: f.duration(f.main)})
	}
}

// longest are the nodes with the most time on the path, as many as a finding has.
func (f *finder) longest(nodes []int32, times []int64) []int32 {
	if len(nodes) > maxNodes {
		slices.Sort(times)
		least := times[len(times)-maxNodes]
		nodes = slices.DeleteFunc(nodes, func(node int32) bool { return f.onPath[node] < least })
	}
	slices.SortFunc(nodes, func(a, b int32) int {
		return cmp.Or(cmp.Compare(f.onPath[b], f.onPath[a]), cmp.Compare(f.tree.Nodes[a].Position, f.tree.Nodes[b].Position))
	})
	return nodes
}

func (f *finder) describePath(c *candidate) (title, advice phrase) {
	return say("%d of %d spans make up the %s of %s: %s", c.count, len(f.tree.Nodes), units.Duration(c.cost), f.name(f.main), list(f.operationsOnPath(), ", ")),
		say("Make these spans faster, or take them out of the way, as nothing else shortens the trace.")
}

// operationsOnPath says how long the operations took that have most of the path.
func (f *finder) operationsOnPath() []phrase {
	type operation struct {
		node, count int32
		time        int64
	}
	all := make([]operation, f.calls.similar)
	for i, t := range f.onPath {
		o := &all[f.tree.Nodes[i].Similar]
		if t > 0 && o.count == 0 {
			o.node = int32(i)
		}
		if t > 0 {
			o.count++
			o.time += t
		}
	}
	slices.SortStableFunc(all, func(a, b operation) int { return cmp.Compare(b.time, a.time) })
	var parts []phrase
	for _, o := range all[:min(3, len(all))] {
		switch {
		case o.count == 1:
			parts = append(parts, say("%s %s", f.named(o.node), units.Duration(o.time)))
		case o.count > 1:
			parts = append(parts, say("%s ×%d %s", f.named(o.node), o.count, units.Duration(o.time)))
		}
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
		f.add(candidate{severity: f.bottleneckSeverity(self), nodes: []int32{slowest}, cost: self})
	}
}

func (f *finder) bottleneckSeverity(self int64) Severity {
	if self >= share(f.duration(f.main), severeShare) && self >= int64(severeTime) {
		return Warning
	}
	return Info
}

func (f *finder) describeBottleneck(c *candidate) (title, advice phrase) {
	node := c.nodes[0]
	step := f.step(node)
	title = say("%s took %s itself, %s of the critical path", f.placed(node), units.Duration(c.cost), percent(c.cost, f.duration(f.main)))
	switch {
	case step != none && f.is(step, isModel):
		return title, say("Ask a faster model, for a shorter answer or with a shorter prompt, before anything else.")
	case f.tree.Nodes[node].Size > 1:
		return title, say("Put spans around what it does between its calls, as most of its time is its own.")
	}
	return title, say("Begin with this span, as no other one weighs as much.")
}
