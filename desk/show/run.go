// SPDX-License-Identifier: Apache-2.0

package show

import (
	"io"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/units"
)

// Run draws what an agent did: its nodes, each below the one around it, with
// what they took in time, tokens and money; then the models that it called.
func (v View) Run(w io.Writer, run *agentrun.Run) error {
	p := v.page(w)
	if len(run.Nodes) == 0 && len(run.Models) == 0 {
		p.say(faint, "No agent ran here: there are no nodes and no calls of models.")
		return p.done()
	}
	if len(run.Nodes) > 0 {
		p.runNodes(run)
		p.blank()
	}
	p.runModels(run)
	return p.done()
}

func (p *page) runNodes(run *agentrun.Run) {
	limbs, order := runLimbs(run)
	rows, omitted := outline(limbs, p.limit(len(limbs)))
	columns := []column{
		{name: "node", least: 16}, {name: "type", least: 6, fold: 2}, {name: "duration", right: true}, {name: "first frame", right: true, fold: 1},
		{name: "models", right: true, fold: 4}, {name: "tools", right: true, fold: 5}, {name: "tokens", right: true}, {name: "cost", right: true, fold: 3},
	}
	b := branches{deepest: max(p.columns()/8, 2)}
	values := make([][]value, 0, len(rows))
	for i := range rows {
		lead := b.lead(&rows[i])
		if rows[i].limb == analysis.None {
			values = append(values, append([]value{{lead + "… " + units.Plural(rows[i].omitted, "more node"), faint}}, make([]value, len(columns)-1)...))
			continue
		}
		n := &run.Nodes[order[rows[i].limb]]
		values = append(values, append([]value{{lead + nodeName(n), nameStyle(n.Failed)}, {clean(nodeType(n)), faint}, {text: units.Duration(n.Duration)}, frameValue(n.FirstFrame)}, totalValues(&n.Totals)...))
	}
	p.table(columns, values)
	if omitted > 0 {
		p.say(faint, units.Plural(omitted, "node")+" left out: the shortest of those without errors")
	}
}

// runLimbs are the nodes of a run in the order of an outline, and which they are.
func runLimbs(run *agentrun.Run) (limbs []limb, order []int32) {
	children := make([][]int32, len(run.Nodes)+1) // the last are those at the top
	for i := len(run.Nodes) - 1; i >= 0; i-- {
		at := len(run.Nodes)
		if up := run.Nodes[i].Parent; up >= 0 && int(up) < len(run.Nodes) {
			at = int(up)
		}
		children[at] = append(children[at], int32(i))
	}
	type waiting struct{ node, parent, depth int32 }
	var stack []waiting
	push := func(nodes []int32, parent, depth int32) {
		for _, n := range nodes { // they are backwards
			stack = append(stack, waiting{n, parent, depth})
		}
	}
	for push(children[len(run.Nodes)], analysis.None, 0); len(stack) > 0; {
		w := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		n := &run.Nodes[w.node]
		at := int32(len(limbs))
		limbs = append(limbs, limb{w.parent, w.depth, weight{n.Failed, n.Duration}})
		order = append(order, w.node)
		push(children[w.node], at, w.depth+1)
	}
	return limbs, order
}

func nodeName(n *agentrun.Node) string {
	for _, name := range []string{n.Name, n.ID} {
		if name = clean(name); strings.TrimSpace(name) != "" {
			return name
		}
	}
	return "(no name)"
}

func nodeType(n *agentrun.Node) string {
	if n.Type != "" {
		return n.Type
	}
	return string(n.Kind)
}

func frameValue(ns int64) value {
	if ns == agentrun.Unknown {
		return value{units.Unknown, faint}
	}
	return value{text: units.Duration(ns)}
}

// totalValues are calls of models, calls of tools, tokens and cost.
func totalValues(t *agentrun.Totals) []value {
	return []value{countValue(int(t.ModelCalls + t.EmbeddingCalls)), countValue(int(t.ToolCalls)), tokensValue(t.Usage), costValue(&t.Cost)}
}

func countValue(n int) value {
	if n == 0 {
		return value{"", faint}
	}
	return value{text: units.Count(n)}
}

func tokensValue(u agentrun.Usage) value {
	if u.IsZero() {
		return value{units.Unknown, faint}
	}
	return value{text: tokensOf(u.Input) + "→" + tokensOf(u.Output)}
}

func costValue(c *agentrun.Cost) value {
	if cost := costOf(c); cost != "" {
		return value{text: cost}
	}
	return value{units.Unknown, faint}
}

func (p *page) runModels(run *agentrun.Run) {
	columns := []column{
		{name: "model", least: 12}, {name: "provider", least: 8, fold: 3}, {name: "calls", right: true}, {name: "failed", right: true, fold: 1},
		{name: "time", right: true}, {name: "tokens", right: true}, {name: "cached", right: true, fold: 4}, {name: "reasoning", right: true, fold: 5},
		{name: "cost", right: true, fold: 2},
	}
	rows := make([][]value, 0, len(run.Models))
	for i := range run.Models[:p.limit(len(run.Models))] {
		m := &run.Models[i]
		rows = append(rows, []value{
			textValue(m.Name), textValue(m.Provider), {text: units.Count(int(m.ModelCalls + m.EmbeddingCalls))}, errorsValue(int(m.FailedCalls)),
			{text: units.Duration(m.ModelTime)}, tokensValue(m.Usage), someTokens(m.Usage.Cached), someTokens(m.Usage.Reasoning), costValue(&m.Cost),
		})
	}
	p.table(columns, rows)
}

func textValue(text string) value {
	if text = clean(text); strings.TrimSpace(text) == "" {
		return value{units.Unknown, faint}
	}
	return value{text: text}
}

func someTokens(n int64) value {
	if n == 0 {
		return value{units.Unknown, faint}
	}
	return value{text: units.Tokens(float64(n))}
}
