// SPDX-License-Identifier: Apache-2.0

package agentrun

import (
	"cmp"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// isWorkflowNode reports whether a span is that of a node.
func isWorkflowNode(n *analysis.Node) bool {
	return n.Attrs[semconv.NodeID] != 0 || n.Attrs[semconv.NodeLogID] != 0 || n.Attrs[semconv.NodeType] != 0
}

// addNodes makes the story: first the nodes of which only the record is known,
// then those of spans, each before those within.
func (r *rollup) addNodes() {
	r.run.Nodes = make([]Node, 0, r.nodeSpans+len(r.records.logged))
	for i := range r.records.logged {
		if l := &r.records.logged[i]; l.span == None {
			l.alone = int32(len(r.run.Nodes))
			r.run.Nodes = append(r.run.Nodes, nodeOfRecord(l.node))
		}
	}
	r.recorded = int32(len(r.run.Nodes))
	r.nodeOf = make([]int32, len(r.tree.Nodes))
	for _, at := range r.tree.Order {
		n := &r.tree.Nodes[at]
		around := None
		if n.Parent != None {
			around = r.nodeOf[n.Parent]
		}
		r.nodeOf[at] = around
		if kind := r.nodeKind(at, around); kind != "" {
			r.nodeOf[at] = int32(len(r.run.Nodes))
			r.run.Nodes = append(r.run.Nodes, r.nodeOfSpan(at, kind, around))
		}
	}
}

// nodeKind is what makes a span a node of the story, "" if nothing does.
func (r *rollup) nodeKind(at, around int32) NodeKind {
	if isWorkflowNode(&r.tree.Nodes[at]) {
		return WorkflowNode
	}
	kind := r.roles[at].node()
	if around == None || kind == "" {
		return kind
	}
	switch outer := r.run.Nodes[around].Kind; {
	case r.inWorkflow[r.tree.Nodes[at].Parent]:
		return ""
	case kind == ToolNode && r.sameTool[at], r.roles[at].isModel() && outer == kind:
		return ""
	}
	return kind
}

func nodeOfRecord(n *noderecord.Node) Node {
	return Node{
		Kind: WorkflowNode, LogID: n.LogID, ID: n.ID, Type: n.Type, Name: cmp.Or(n.Name, n.ID, n.Type), Span: None, Parent: None,
		Start: n.Start, Duration: durationOf(n), FirstFrame: n.FirstFrame, Failed: n.Failed, Message: failureOf(n), Record: n,
	}
}

// durationOf is that of a node, also of one that did not end and so has none.
func durationOf(n *noderecord.Node) int64 {
	if n.Duration == 0 && n.Start > 0 && n.End > n.Start {
		return n.End - n.Start
	}
	return n.Duration
}

// failureOf is the last error that a node logged.
func failureOf(n *noderecord.Node) (message string) {
	for _, line := range n.Logs {
		if n.Failed && line.Level == "ERROR" {
			message = line.Message
		}
	}
	return message
}

func (r *rollup) nodeOfSpan(at int32, kind NodeKind, around int32) Node {
	n := &r.tree.Nodes[at]
	node := Node{
		Kind: kind, LogID: n.Attrs.Text(n.Span, semconv.NodeLogID), ID: n.Attrs.Text(n.Span, semconv.NodeID), Type: n.Attrs.Text(n.Span, semconv.NodeType),
		Span: at, Parent: around, Start: n.Span.Start, Duration: max(n.Span.Duration(), 0), FirstFrame: r.firstFrame(at),
		Failed: n.Span.IsError(), Message: n.Span.Status.Message,
	}
	node.Name = cmp.Or(n.Attrs.Text(n.Span, semconv.NodeName), n.Span.Name)
	if i, ok := r.records.ofSpan[at]; ok {
		node.addRecord(r.records.logged[i].node)
	}
	return node
}

// addRecord adds what the record knows better than the span, or alone.
func (n *Node) addRecord(record *noderecord.Node) {
	n.Record = record
	n.LogID, n.ID, n.Type = cmp.Or(record.LogID, n.LogID), cmp.Or(n.ID, record.ID), cmp.Or(n.Type, record.Type)
	if n.FirstFrame == Unknown {
		n.FirstFrame = record.FirstFrame
	}
	if record.Failed {
		n.Failed, n.Message = true, cmp.Or(n.Message, failureOf(record))
	}
}

// addNext resolves the log ids that records name as next.
func (r *rollup) addNext() {
	if len(r.records.logged) == 0 {
		return
	}
	byLog := make(map[string]int32, len(r.records.logged))
	for i := range r.run.Nodes {
		if n := &r.run.Nodes[i]; n.Record != nil && n.LogID != "" {
			byLog[n.LogID] = int32(i)
		}
	}
	for i := range r.run.Nodes {
		n := &r.run.Nodes[i]
		if n.Record == nil {
			continue
		}
		for _, id := range n.Record.Next {
			if next, ok := byLog[id]; ok {
				n.Next = append(n.Next, next)
			}
		}
	}
}
