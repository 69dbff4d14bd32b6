// SPDX-License-Identifier: Apache-2.0

package agentrun_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
)

// spellings are names of input and output in several conventions.
var spellings = [][2]string{
	{"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"},
	{"gen_ai.usage.prompt_tokens", "gen_ai.usage.completion_tokens"},
	{"llm.token_count.prompt", "llm.token_count.completion"},
	{"ai.usage.inputTokens", "ai.usage.outputTokens"},
}

// parts are what spans around calls may be.
var parts = [][]any{
	{},
	{"http.request.method", "POST"},
	{"gen_ai.operation.name", "chat"},
	{"gen_ai.operation.name", "embeddings"},
	{"gen_ai.operation.name", "invoke_agent", "gen_ai.agent.name", "a"},
	{"gen_ai.operation.name", "execute_tool", "gen_ai.tool.name", "t"},
	{"gen_ai.operation.name", "invoke_workflow"},
	{"openinference.span.kind", "LLM"},
	{"openinference.span.kind", "CHAIN"},
	{"node.id", "n::1", "node.type", "step", "node.log_id", "l"},
	{"node.id", "n::2", "node.type", "spark-llm"},
}

// grower makes traces whose tokens are known.
type grower struct {
	*rand.Rand
	spans []span
	leafs []int // the calls, and what they use
	uses  []agentrun.Usage
	all   agentrun.Usage // what is counted in all
}

func (g *grower) part() []any { return parts[g.IntN(len(parts))] }

func (g *grower) claim(u agentrun.Usage) []any {
	names := spellings[g.IntN(len(spellings))]
	return []any{names[0], int(u.Input), names[1], int(u.Output)}
}

// grow adds a subtree below up, and returns what is used in it.
func (g *grower) grow(up, depth int) agentrun.Usage {
	at := len(g.spans)
	if depth == 0 || g.IntN(4) == 0 {
		u := tokens(1+g.Int64N(1e6), 1+g.Int64N(1e6))
		g.spans = append(g.spans, span{up: up, name: "call", attrs: attributes("gen_ai.operation.name", "chat")}.with(g.claim(u)...))
		g.leafs, g.uses, g.all = append(g.leafs, at), append(g.uses, u), g.all.Plus(u)
		return u
	}
	part := g.part()
	g.spans = append(g.spans, span{up: up, name: "around", attrs: attributes(part...)})
	first := len(g.uses)
	var used agentrun.Usage
	for range 1 + g.IntN(4) {
		used = used.Plus(g.grow(at, depth-1))
	}
	switch g.IntN(4) {
	case 0:
		g.spans[at] = g.spans[at].with(g.claim(used)...) // the sum
	case 1:
		g.spans[at] = g.spans[at].with(g.claim(g.uses[first+g.IntN(len(g.uses)-first)])...) // one of them
	case 2:
		if len(part) == 0 || part[1] == "invoke_agent" { // the sum, and of calls that nobody recorded
			hidden := tokens(1+g.Int64N(1e6), 1+g.Int64N(1e6))
			used, g.all = used.Plus(hidden), g.all.Plus(hidden)
			g.spans[at] = g.spans[at].with(g.claim(used)...)
		}
	}
	return used
}

// wrap puts k spans around a call that repeat its numbers.
func (g *grower) wrap(k int) {
	i := g.IntN(len(g.leafs))
	call := g.leafs[i]
	for range k {
		at := len(g.spans)
		g.spans = append(g.spans, span{up: g.spans[call].up, name: "wrapper", attrs: attributes(g.part()...)}.with(g.claim(g.uses[i])...))
		g.spans[call].up = at
	}
}

// TestWrapping: the totals are those that the trace was made of, and no number of
// spans around a call that repeat its numbers changes them.
func TestWrapping(t *testing.T) {
	for seed := range uint64(500) {
		g := &grower{Rand: rand.New(rand.NewPCG(seed, 1))}
		g.grow(-1, 1+g.IntN(5))
		before := rollUp(g.spans...)
		requireConsistent(t, before)
		require.Equal(t, g.all, before.Usage, "seed %d: %q", seed, why(before))
		for range 1 + g.IntN(3) {
			g.wrap(1 + g.IntN(6))
		}
		after := rollUp(g.spans...)
		requireConsistent(t, after)
		require.Equal(t, g.all, after.Usage, "seed %d, wrapped: %q", seed, why(after))
	}
}
