// SPDX-License-Identifier: Apache-2.0

package agentrun

import (
	"cmp"
	"math"
	"slices"

	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// addFrames finds the first frame of each node, which is that of a call in it if
// the node does not say, and that of the run. What tools answered is no frame of
// what called them.
func (r *rollup) addFrames() {
	first := make([]int64, len(r.run.Nodes)) // moments
	for i := range first {
		first[i] = math.MaxInt64
	}
	for i := range r.run.Calls {
		if c := &r.run.Calls[i]; c.Node != None && c.FirstFrame != Unknown {
			first[c.Node] = min(first[c.Node], plusNano(c.Start, c.FirstFrame))
		}
	}
	for i := range slices.Backward(r.run.Nodes) {
		n := &r.run.Nodes[i]
		if n.FirstFrame == Unknown && first[i] != math.MaxInt64 {
			n.FirstFrame = max(first[i]-n.Start, 0)
		}
		if n.Parent != None && n.FirstFrame != Unknown && !r.isTool(n) {
			first[n.Parent] = min(first[n.Parent], plusNano(n.Start, n.FirstFrame))
		}
	}
	r.addFirstFrame()
}

// isTool reports whether a node of the story is the call of a tool.
func (r *rollup) isTool(n *Node) bool {
	if n.Span == None {
		return roleOfNode(n.Type) == toolRole
	}
	return r.roles[n.Span] == toolRole
}

// addFirstFrame finds the first frame of the run: of any span, or else of a
// record, whose times are in milliseconds.
func (r *rollup) addFirstFrame() {
	start, first, span := int64(math.MaxInt64), int64(math.MaxInt64), None
	for at := range r.tree.Nodes {
		n := &r.tree.Nodes[at]
		start = min(start, n.Span.Start)
		if !r.mayHaveFrame(int32(at)) {
			continue
		}
		if frame := r.firstFrame(int32(at)); frame != Unknown && plusNano(n.Span.Start, frame) < first {
			first, span = n.Span.Start+frame, int32(at)
		}
	}
	if len(r.tree.Nodes) == 0 {
		for i := range r.records.requests {
			start = min(start, r.records.requests[i].record.Start)
		}
	}
	if first == math.MaxInt64 {
		first = r.firstRecorded()
	}
	if first != math.MaxInt64 {
		r.run.FirstFrame, r.run.FirstFrameSpan = max(first-start, 0), span
	}
}

// mayHaveFrame reports whether a span is in no tool, and has an attribute of its
// first frame or is of a kind whose events may tell.
func (r *rollup) mayHaveFrame(at int32) bool {
	n := &r.tree.Nodes[at]
	return !r.inTool[at] && (n.Attrs[semconv.FirstChunkSeconds] != 0 || n.Attrs[semconv.FirstFrameMillis] != 0 ||
		n.Attrs[semconv.CompletionStart] != 0 || r.roles[at] != noRole || isWorkflowNode(n))
}

// firstRecorded is the moment of the first frame by the records.
func (r *rollup) firstRecorded() int64 {
	first := int64(math.MaxInt64)
	for i := range r.records.requests {
		q := &r.records.requests[i]
		if q.record.FirstFrame != Unknown && r.answersRun(q) {
			first = min(first, plusNano(q.record.Start, q.record.FirstFrame))
		}
	}
	for i := range r.records.logged {
		l := &r.records.logged[i]
		if l.node.FirstFrame != Unknown && roleOfNode(l.node.Type) != toolRole && !r.isInTool(l.span) && !r.isInTool(r.records.requests[l.request].span) {
			first = min(first, plusNano(l.node.Start, l.node.FirstFrame))
		}
	}
	return first
}

// answersRun reports whether what a request answers is an answer of the run, and
// not that of a tool: while the spans around a tool have not come, its record has
// neither nodes nor a question.
func (r *rollup) answersRun(q *request) bool {
	if r.isInTool(q.span) {
		return false
	}
	if len(q.record.Nodes) > 0 || q.record.Question != "" || q.record.Answer != "" {
		return true
	}
	return q.span != None && r.tree.Nodes[q.span].Span.Parent.IsZero()
}

func (r *rollup) isInTool(span int32) bool { return span != None && r.inTool[span] }

// order sorts nodes and calls by their start.
func (r *rollup) order() {
	run := r.run
	nodes := sortStable(run.Nodes, func(a, b *Node) int { return cmp.Compare(a.Start, b.Start) })
	calls := sortStable(run.Calls, func(a, b *Call) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(r.position(a.Span), r.position(b.Span)))
	})
	for i := range run.Nodes {
		n := &run.Nodes[i]
		n.Parent = nodes.place(n.Parent)
		for j := range n.Next {
			n.Next[j] = nodes.place(n.Next[j])
		}
		slices.Sort(n.Next)
	}
	for i := range run.Calls {
		run.Calls[i].Node = nodes.place(run.Calls[i].Node)
	}
	for i := range run.Repeats {
		run.Repeats[i].Node = nodes.place(run.Repeats[i].Node)
		run.Repeats[i].Call = calls.place(run.Repeats[i].Call)
	}
}

// places are the new indexes of what was sorted, by the old ones; nil for what
// stood in order.
type places []int32

func (p places) place(old int32) int32 {
	if old == None || p == nil {
		return old
	}
	return p[old]
}

// position is the place of a span in the tree, behind all for None.
func (r *rollup) position(span int32) int32 {
	if span == None {
		return math.MaxInt32
	}
	return r.tree.Nodes[span].Position
}

// isSorted is slices.IsSortedFunc without copying what is large.
func isSorted[T any](items []T, compare func(a, b *T) int) bool {
	for i := 1; i < len(items); i++ {
		if compare(&items[i-1], &items[i]) > 0 {
			return false
		}
	}
	return true
}

// sortStable sorts, and says where everything went.
func sortStable[T any](items []T, compare func(a, b *T) int) places {
	if isSorted(items, compare) {
		return nil
	}
	order := make([]int32, len(items))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return compare(&items[a], &items[b]) })
	sorted, to := make([]T, len(items)), make(places, len(items))
	for i, from := range order {
		sorted[i], to[from] = items[from], int32(i)
	}
	copy(items, sorted)
	return to
}
