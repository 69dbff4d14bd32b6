// SPDX-License-Identifier: Apache-2.0

package show

import (
	"slices"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// usage is the tokens of a trace, as far as its spans say.
type usage struct {
	in, out float64
	known   bool
}

// usageOf sums the spans up that have tokens, but not those above others that
// have: an agent's span often repeats the sum of its calls.
func usageOf(t *analysis.Tree) (u usage) {
	counted := make([]bool, len(t.Nodes)) // at the node or below it
	for _, node := range slices.Backward(t.Order) {
		n := &t.Nodes[node]
		in, knowIn := n.Attrs.Number(n.Span, semconv.InputTokens)
		out, knowOut := n.Attrs.Number(n.Span, semconv.OutputTokens)
		if !counted[node] && (knowIn || knowOut) {
			counted[node] = true
			u = usage{u.in + in, u.out + out, true}
		}
		if counted[node] && n.Parent != analysis.None {
			counted[n.Parent] = true
		}
	}
	return u
}
