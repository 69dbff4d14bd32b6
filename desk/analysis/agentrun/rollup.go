// SPDX-License-Identifier: Apache-2.0

package agentrun

import (
	"cmp"
	"slices"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// RollUp sums a trace up. The records are those of its requests; what belongs to
// another trace is left out, and a node that came twice counts once. The Run
// refers to the tree's spans and to the records, which must not change while it
// is in use.
func RollUp(t *analysis.Tree, records []noderecord.Record, prices Prices) *Run {
	r := &rollup{tree: t, prices: &prices, run: newRun(), seen: map[numbers]sighting{}, responses: map[response]int32{}}
	r.findRecords(records)
	r.addRoles()
	r.addNodes()
	r.addNext()
	r.countSpans()
	r.countRecords()
	r.addPrices()
	r.sum()
	r.addFrames()
	r.order()
	return r.run
}

// newRun has empty lists, not nil ones, which JSON writes as null.
func newRun() *Run {
	return &Run{FirstFrame: Unknown, FirstFrameSpan: None, Nodes: []Node{}, Models: []Model{}, Agents: []Agent{}, Calls: []Call{}, Repeats: []Repeat{}}
}

// rollup is a run in the making.
type rollup struct {
	tree    *analysis.Tree
	prices  *Prices
	records recordings
	run     *Run

	// By span:
	roles      []role
	gates      []gate
	agents     []int32 // the agent it works for, in agentNames
	nodeOf     []int32 // the innermost node of the story around it
	sameTool   []bool  // it is the call of the tool around it
	inWorkflow []bool  // it is in a WorkflowNode, or is one
	inTool     []bool  // it is in the call of a tool, or is one
	frames     []int64 // to its first frame, once that was asked for
	tools      []int32 // the spans of calls of tools

	agentNames []string // "" for none, first
	nodeSpans  int      // about how many spans are nodes of the story
	recorded   int32    // how many nodes, the first ones, have only a record
	toolNodes  []int32  // those of them that are calls of tools

	seen      map[numbers]sighting
	responses map[response]int32 // the calls by their responses
}

// addRoles goes through the spans from the outside in.
func (r *rollup) addRoles() {
	n := len(r.tree.Nodes)
	r.roles, r.gates, r.agents = make([]role, n), make([]gate, n), make([]int32, n)
	r.sameTool, r.inWorkflow, r.inTool = make([]bool, n), make([]bool, n), make([]bool, n)
	r.frames = slices.Repeat([]int64{unread}, n)
	around := make([]int32, n) // the nearest span of a model, tool or agent, or the span itself
	names := map[string]int32{"": 0}
	r.agentNames = []string{""}
	for _, at := range r.tree.Order {
		node := &r.tree.Nodes[at]
		role := roleOf(node)
		r.roles[at], around[at] = role, None
		if p := node.Parent; p != None {
			r.agents[at], r.inWorkflow[at], around[at], r.inTool[at] = r.agents[p], r.inWorkflow[p], around[p], r.inTool[p]
		}
		r.inTool[at] = r.inTool[at] || role == toolRole
		if role == agentRole || node.Attrs[semconv.AgentName] != 0 {
			r.agents[at] = r.agentNamed(agentName(node), names)
		}
		if isWorkflowNode(node) || role.node() != "" && !r.inWorkflow[at] {
			r.nodeSpans++
		}
		if isWorkflowNode(node) {
			r.inWorkflow[at], r.gates[at] = true, toModels|toNodes
		}
		if role == toolRole {
			r.sameTool[at] = r.isToolIn(node, around[at])
			if !r.sameTool[at] {
				r.tools = append(r.tools, at)
			}
		}
		if role.opens() {
			r.gates[at] |= toModels
		}
		if role.opens() || role.isModel() {
			around[at] = at
		}
	}
}

func agentName(n *analysis.Node) string {
	return cmp.Or(n.Attrs.Text(n.Span, semconv.AgentName), n.Span.Name)
}

func (r *rollup) agentNamed(name string, names map[string]int32) int32 {
	at, known := names[name]
	if !known {
		at = int32(len(r.agentNames))
		names[name] = at
		r.agentNames = append(r.agentNames, name)
	}
	return at
}

// isToolIn reports whether the span of a tool is the same call as that of the
// tool around it, seen from a framework and from a client, or from both sides.
func (r *rollup) isToolIn(n *analysis.Node, around int32) bool {
	if around == None || r.roles[around] != toolRole {
		return false
	}
	outer := &r.tree.Nodes[around]
	inner, other := n.Attrs.Text(n.Span, semconv.ToolName), outer.Attrs.Text(outer.Span, semconv.ToolName)
	return inner == other || inner == "" || other == ""
}
