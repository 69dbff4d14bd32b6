// SPDX-License-Identifier: Apache-2.0

package agentrun_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
)

// TestOwnership: which of the claims in a trace count.
func TestOwnership(t *testing.T) {
	embedding := func(input int) []any {
		return []any{"gen_ai.operation.name", "embeddings", "gen_ai.request.model", "e", "gen_ai.usage.input_tokens", input}
	}
	tool := func(name string) []any {
		return []any{"gen_ai.operation.name", "execute_tool", "gen_ai.tool.name", name}
	}
	node := func(id string) []any { return []any{"node.id", id, "node.type", "step"} }
	join := func(lists ...[]any) (all []any) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	tests := []struct {
		name  string
		spans []span
		want  agentrun.Usage
		calls int32
		why   []string
	}{
		{
			"one call", []span{at(-1, "chat", 0, 9, chat(100, 10)...)}, tokens(100, 10), 1,
			[]string{"model span 0 from 0: 100/10"},
		},
		{
			"three levels say the same", []span{
				at(-1, "agent", 0, 9, join(agent("a"), used(100, 10))...),
				at(0, "framework", 0, 9, chat(100, 10)...),
				at(1, "client", 0, 9, chat(100, 10)...),
			}, tokens(100, 10), 1,
			[]string{"model span 2 from 2: 100/10", "repeated span 1: 100/10", "repeated span 0: 100/10"},
		},
		{
			"both sides of a call", []span{
				at(-1, "agent.v1.Model/Generate", 0, 9, chat(100, 10)...),
				at(0, "agent.v1.Model/Generate", 1, 8, used(100, 10)...),
			}, tokens(100, 10), 1,
			[]string{"model span 1 from 1: 100/10", "repeated span 0: 100/10"},
		},
		{
			"an agent repeats the sum", []span{
				at(-1, "agent", 0, 9, join(agent("a"), used(300, 30))...),
				at(0, "chat", 0, 4, chat(100, 10)...),
				at(0, "chat", 5, 9, chat(200, 20)...),
			}, tokens(300, 30), 2,
			[]string{"model span 1 from 1: 100/10", "model span 2 from 2: 200/20", "repeated span 0: 300/30"},
		},
		{
			"an agent repeats its last call", []span{
				at(-1, "agent", 0, 9, join(agent("a"), used(200, 20))...),
				at(0, "chat", 0, 4, chat(100, 10)...),
				at(0, "chat", 5, 9, chat(200, 20)...),
			}, tokens(300, 30), 2,
			[]string{"model span 1 from 1: 100/10", "model span 2 from 2: 200/20", "repeated span 0: 200/20"},
		},
		{
			"calls that nobody recorded", []span{
				at(-1, "root", 0, 9, used(1000, 100)...),
				at(0, "agent", 0, 9, join(agent("a"), used(1000, 100))...),
				at(1, "chat", 0, 4, chat(100, 10)...),
				at(1, "chat", 5, 9, chat(200, 20)...),
			}, tokens(1000, 100), 2,
			[]string{"rest span 1 from 1: 700/70", "model span 2 from 2: 100/10", "model span 3 from 3: 200/20", "exceeded span 1: 1000/100", "repeated span 0: 1000/100"},
		},
		{
			"more input, less output", []span{
				at(-1, "agent", 0, 9, join(agent("a"), used(1000, 1))...),
				at(0, "chat", 0, 4, chat(100, 10)...),
				at(0, "chat", 5, 9, chat(200, 20)...),
			}, tokens(300, 30), 2,
			[]string{"model span 1 from 1: 100/10", "model span 2 from 2: 200/20", "contradicted span 0: 1000/1"},
		},
		{
			"an agent without calls below", []span{at(-1, "agent", 0, 9, join(agent("a"), used(100, 10))...)}, tokens(100, 10), 0,
			[]string{"rest span 0 from 0: 100/10"},
		},
		{
			"only a total above", []span{
				at(-1, "agent", 0, 9, join(agent("a"), []any{"gen_ai.usage.total_tokens", 150})...),
				at(0, "chat", 0, 9, chat(100, 10)...),
			}, agentrun.Usage{Input: 100, Output: 10, Total: 150}, 1,
			[]string{"rest span 0 from 0: 0/0", "model span 1 from 1: 100/10", "exceeded span 0: 0/0"},
		},
		{
			"only a total below", []span{
				at(-1, "framework", 0, 9, chat(100, 10)...),
				at(0, "client", 0, 9, "gen_ai.operation.name", "chat", "gen_ai.usage.total_tokens", 110),
			}, tokens(100, 10), 1,
			[]string{"model span 1 from 1: 100/10", "repeated span 0: 100/10"},
		},
		{
			"the inner span of the call does not know", []span{
				at(-1, "node", 0, 9, join(node("llm"), used(100, 10))...),
				at(0, "chat", 0, 9, "gen_ai.operation.name", "chat"),
				at(1, "POST", 0, 9),
			}, tokens(100, 10), 1,
			[]string{"model span 1 from 0: 100/10"},
		},
		{
			"the inner span knows zero", []span{
				at(-1, "chat", 0, 9, chat(100, 10)...),
				at(0, "chat", 0, 9, chat(0, 0)...),
			}, tokens(100, 10), 1,
			[]string{"model span 1 from 0: 100/10"},
		},
		{
			"the inner span knows the input", []span{
				at(-1, "chat", 0, 9, chat(100, 10)...),
				at(0, "chat", 0, 9, chat(100, 0)...),
			}, tokens(100, 10), 1,
			[]string{"model span 1 from 1: 100/10", "repeated span 0: 100/10"},
		},
		{
			"a tool of a call has an agent of its own", []span{
				at(-1, "outer", 0, 9, chat(1000, 100)...),
				at(0, "tool", 1, 8, tool("ask")...),
				at(1, "agent", 1, 8, join(agent("b"), used(300, 30))...),
				at(2, "chat", 1, 4, chat(100, 10)...),
				at(2, "chat", 5, 8, chat(200, 20)...),
			}, tokens(1300, 130), 3,
			[]string{"model span 0 from 0: 1000/100", "model span 3 from 3: 100/10", "model span 4 from 4: 200/20", "repeated span 2: 300/30"},
		},
		{
			"and an agent around says the sum", []span{
				at(-1, "agent", 0, 9, join(agent("a"), used(1300, 130))...),
				at(0, "outer", 0, 9, chat(1000, 100)...),
				at(1, "tool", 1, 8, tool("ask")...),
				at(2, "chat", 1, 4, chat(300, 30)...),
			}, tokens(1300, 130), 2,
			[]string{"model span 1 from 1: 1000/100", "model span 3 from 3: 300/30", "repeated span 0: 1300/130"},
		},
		{
			"a model's span around an agent's repeats it", []span{
				at(-1, "chat", 0, 9, chat(100, 10)...),
				at(0, "agent", 0, 9, join(agent("a"), used(100, 10))...),
				at(1, "chat", 0, 9, chat(100, 10)...),
			}, tokens(100, 10), 1,
			[]string{"model span 2 from 2: 100/10", "repeated span 1: 100/10", "repeated span 0: 100/10"},
		},
		{
			"embeddings are not chats", []span{
				at(-1, "chat", 0, 9, chat(1000, 100)...),
				at(0, "embed", 0, 9, embedding(50)...),
			}, agentrun.Usage{Input: 1050, Output: 100, Total: 1150}, 1,
			[]string{"model span 0 from 0: 1000/100", "embedding span 1 from 1: 50/0"},
		},
		{
			"nodes do not include nodes", []span{
				at(-1, "outer", 0, 9, join(node("a"), used(500, 50))...),
				at(0, "inner", 1, 8, join(node("b"), used(200, 20))...),
			}, tokens(700, 70), 2,
			[]string{"model span 0 from 0: 500/50", "model span 1 from 1: 200/20"},
		},
		{
			"unless they say the same", []span{
				at(-1, "outer", 0, 9, join(node("a"), used(200, 20))...),
				at(0, "inner", 1, 8, join(node("b"), used(200, 20))...),
			}, tokens(200, 20), 1,
			[]string{"model span 1 from 1: 200/20", "repeated span 0: 200/20"},
		},
		{
			"a retry below a call", []span{
				at(-1, "chat", 0, 9, chat(100, 10)...),
				at(0, "attempt", 0, 4, "gen_ai.operation.name", "chat").fails(),
				at(0, "attempt", 5, 9, chat(100, 10)...),
			}, tokens(100, 10), 2,
			[]string{"model span 1 from -1: 0/0", "model span 2 from 2: 100/10", "repeated span 0: 100/10"},
		},
		{
			"one response, seen twice", []span{
				at(-1, "agent", 0, 9, join(agent("a"), used(100, 10))...),
				at(0, "chat", 0, 9, chat(100, 10)...).with("gen_ai.response.id", "r-1"),
				at(0, "wrapper", 0, 9, used(100, 10)...),
				at(2, "chat", 0, 9, chat(100, 10)...).with("gen_ai.response.id", "r-1"),
			}, tokens(100, 10), 1,
			[]string{"model span 3 from 3: 100/10", "repeated span 2: 100/10", "sameResponse span 1: 100/10", "repeated span 0: 100/10"},
		},
		{
			"two responses", []span{
				at(-1, "agent", 0, 9, agent("a")...),
				at(0, "chat", 0, 4, chat(100, 10)...).with("gen_ai.response.id", "r-1"),
				at(0, "chat", 5, 9, chat(100, 10)...).with("gen_ai.response.id", "r-2"),
			}, tokens(200, 20), 2,
			[]string{"model span 1 from 1: 100/10", "model span 2 from 2: 100/10"},
		},
		{
			"a call without tokens", []span{at(-1, "chat", 0, 9, "gen_ai.operation.name", "chat").fails()}, agentrun.Usage{}, 1,
			[]string{"model span 0 from -1: 0/0"},
		},
		{
			"nothing of models", []span{at(-1, "GET /", 0, 9), at(0, "SELECT", 0, 9, "db.system", "mysql")}, agentrun.Usage{}, 0, nil,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := rollUp(test.spans...)
			requireConsistent(t, run)
			assert.Equal(t, test.why, why(run))
			assert.Equal(t, test.want, run.Usage)
			assert.Equal(t, test.calls, run.ModelCalls)
		})
	}
}

// TestAskedAround: what only an outer span knows of the one call below it.
func TestAskedAround(t *testing.T) {
	run := rollUp(
		at(-1, "framework", 0, 100, chat(1000, 100)...).with("gen_ai.provider.name", "openai", "gen_ai.usage.cache_read.input_tokens", 400, "gen_ai.usage.reasoning.output_tokens", 30,
			"gen_ai.response.time_to_first_chunk", 0.05, "gen_ai.usage.cost", 0.25),
		at(0, "client", 10, 90, used(1000, 100)...),
	)
	requireConsistent(t, run)
	require.Len(t, run.Calls, 1)
	c := run.Calls[0]
	assert.EqualValues(t, 1, c.Span)
	assert.Equal(t, "openai", c.Provider)
	assert.Equal(t, "m", c.Model)
	assert.Equal(t, ms(40), c.FirstFrame, "after the start of the client's span")
	assert.Equal(t, agentrun.Usage{Input: 1000, Output: 100, Cached: 400, Reasoning: 30, Total: 1100}, c.Usage)
	assert.Equal(t, agentrun.Amount{Currency: "USD", Nano: 250_000_000}, c.Reported)
	assert.Equal(t, c.Usage, run.Usage)
}

func TestFailures(t *testing.T) {
	run := rollUp(
		at(-1, "agent", 0, 100, agent("a")...).fails(),
		at(0, "chat", 0, 10, chat(10, 1)...).fails(),
		at(1, "client", 0, 10, chat(10, 1)...),
		at(0, "tool", 20, 30, "gen_ai.operation.name", "execute_tool", "gen_ai.tool.name", "x").fails(),
		at(3, "tools/call x", 21, 29, "gen_ai.operation.name", "execute_tool", "gen_ai.tool.name", "x").fails(),
		at(4, "other", 22, 28, "gen_ai.operation.name", "execute_tool", "gen_ai.tool.name", "y"),
	)
	requireConsistent(t, run)
	assert.EqualValues(t, 1, run.ModelCalls)
	assert.EqualValues(t, 1, run.FailedCalls, "the client did not see it fail, but its caller did")
	assert.EqualValues(t, 2, run.ToolCalls, "x, which two spans show, and y")
	assert.EqualValues(t, 1, run.FailedTools)
	assert.Equal(t, ms(10+6), run.ToolTime)
	assert.Equal(t, ms(10), run.ToolWall)
}

func TestTimesOverlap(t *testing.T) {
	run := rollUp(
		at(-1, "run", 0, 100),
		at(0, "chat", 0, 40, chat(1, 1)...),
		at(0, "chat", 20, 60, chat(2, 2)...),
		at(0, "chat", 25, 30, chat(3, 3)...),
		at(0, "chat", 80, 90, chat(4, 4)...),
	)
	requireConsistent(t, run)
	assert.Equal(t, ms(40+40+5+10), run.ModelTime)
	assert.Equal(t, ms(60+10), run.ModelWall)
}

func TestModelsAndAgents(t *testing.T) {
	run := rollUp(
		at(-1, "run", 0, 100),
		at(0, "agent", 0, 50, agent("planner")...),
		at(1, "chat", 0, 10, chat(100, 10)...).with("gen_ai.response.model", "m-1"),
		at(1, "tool", 10, 50, "gen_ai.operation.name", "execute_tool"),
		at(3, "agent", 11, 49, agent("writer")...),
		at(4, "chat", 12, 20, chat(200, 20)...).with("gen_ai.response.model", "m-2"),
		at(0, "chat", 60, 70, chat(400, 40)...).with("gen_ai.response.model", "m-1", "gen_ai.agent.name", "critic"),
		at(0, "chat", 80, 90, used(800, 80)...),
	)
	requireConsistent(t, run)
	models := map[string]agentrun.Usage{}
	for _, m := range run.Models {
		models[m.Name] = m.Usage
	}
	assert.Equal(t, map[string]agentrun.Usage{"m-1": tokens(500, 50), "m-2": tokens(200, 20), "": tokens(800, 80)}, models)
	agents := map[string]agentrun.Usage{}
	for _, a := range run.Agents {
		agents[a.Name] = a.Usage
	}
	assert.Equal(t, map[string]agentrun.Usage{"planner": tokens(100, 10), "writer": tokens(200, 20), "critic": tokens(400, 40), "": tokens(800, 80)}, agents)
	for _, a := range run.Agents {
		assert.Equal(t, a.Name == "planner", a.ToolCalls == 1, a.Name)
	}
}
