// SPDX-License-Identifier: Apache-2.0

package agentrun_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// dialects are one run each as the instrumentations write it: an agent, around a
// step of a framework, around two calls of a model and one of a tool. The outer
// spans repeat the sums of the inner ones wherever the instrumentation does so.
var dialects = []struct {
	name  string
	spans []span
	want  agentrun.Usage
	model string
	frame int64 // of the first call, in milliseconds
	agent string
}{
	{
		name: "gen_ai 1.41",
		spans: []span{
			at(-1, "invoke_agent planner", 0, 900, "gen_ai.operation.name", "invoke_agent", "gen_ai.agent.name", "planner", "gen_ai.provider.name", "openai", "gen_ai.request.model", "gpt-5",
				"gen_ai.usage.input_tokens", 2500, "gen_ai.usage.output_tokens", 150, "gen_ai.usage.cache_read.input_tokens", 1000, "gen_ai.usage.reasoning.output_tokens", 40),
			at(0, "step", 10, 890),
			at(1, "chat gpt-5", 20, 300, "gen_ai.operation.name", "chat", "gen_ai.provider.name", "openai", "gen_ai.request.model", "gpt-5", "gen_ai.response.model", "gpt-5-2025-08-07",
				"gen_ai.usage.input_tokens", 1000, "gen_ai.usage.output_tokens", 50, "gen_ai.usage.reasoning.output_tokens", 40, "gen_ai.response.time_to_first_chunk", 0.12),
			at(1, "execute_tool search", 310, 400, "gen_ai.operation.name", "execute_tool", "gen_ai.tool.name", "search"),
			at(1, "chat gpt-5", 410, 880, "gen_ai.operation.name", "chat", "gen_ai.provider.name", "openai", "gen_ai.request.model", "gpt-5", "gen_ai.response.model", "gpt-5-2025-08-07",
				"gen_ai.usage.input_tokens", 1500, "gen_ai.usage.output_tokens", 100, "gen_ai.usage.cache_read.input_tokens", 1000),
		},
		want:  agentrun.Usage{Input: 2500, Output: 150, Cached: 1000, Reasoning: 40, Total: 2650},
		model: "gpt-5-2025-08-07", frame: 120, agent: "planner",
	},
	{
		name: "gen_ai before 1.27",
		spans: []span{
			at(-1, "agent", 0, 900, "gen_ai.usage.prompt_tokens", 2500, "gen_ai.usage.completion_tokens", 150),
			at(0, "step", 10, 890, "gen_ai.usage.prompt_tokens", 2500, "gen_ai.usage.completion_tokens", 150),
			at(1, "chat gpt-4", 20, 300, "gen_ai.operation.name", "chat", "gen_ai.system", "openai", "gen_ai.request.model", "gpt-4", "gen_ai.usage.prompt_tokens", 1000, "gen_ai.usage.completion_tokens", 50).
				event("gen_ai.content.completion.chunk", 90).event("gen_ai.content.completion.chunk", 95),
			at(1, "tool", 310, 400, "gen_ai.tool.name", "search"),
			at(1, "chat gpt-4", 410, 880, "gen_ai.operation.name", "chat", "gen_ai.system", "openai", "gen_ai.request.model", "gpt-4", "gen_ai.usage.prompt_tokens", 1500, "gen_ai.usage.completion_tokens", 100),
		},
		want: tokens(2500, 150), model: "gpt-4", frame: 70,
	},
	{
		name: "OpenInference",
		spans: []span{
			at(-1, "invoke_agent", 0, 900, "openinference.span.kind", "AGENT", "agent.name", "planner", "llm.token_count.prompt", 2500, "llm.token_count.completion", 150, "llm.token_count.total", 2650),
			at(0, "chain", 10, 890, "openinference.span.kind", "CHAIN", "llm.token_count.prompt", 2500, "llm.token_count.completion", 150, "llm.token_count.total", 2650),
			at(1, "ChatOpenAI", 20, 300, "openinference.span.kind", "LLM", "llm.model_name", "gpt-4o", "llm.provider", "openai", "llm.token_count.prompt", 1000, "llm.token_count.completion", 50, "llm.token_count.total", 1050,
				"llm.token_count.prompt_details.cache_read", 600, "llm.token_count.completion_details.reasoning", 8).event("First Token Stream Event", 100),
			at(1, "search", 310, 400, "openinference.span.kind", "TOOL", "tool.name", "search"),
			at(1, "ChatOpenAI", 410, 880, "openinference.span.kind", "LLM", "llm.model_name", "gpt-4o", "llm.provider", "openai", "llm.token_count.prompt", 1500, "llm.token_count.completion", 100, "llm.token_count.total", 1600),
		},
		want:  agentrun.Usage{Input: 2500, Output: 150, Cached: 600, Reasoning: 8, Total: 2650},
		model: "gpt-4o", frame: 80, agent: "planner",
	},
	{
		name: "OpenLLMetry",
		spans: []span{
			at(-1, "planner.agent", 0, 900, "traceloop.span.kind", "agent"),
			at(0, "step.task", 10, 890, "traceloop.span.kind", "task", "llm.usage.total_tokens", 2650),
			at(1, "anthropic.chat", 20, 300, "llm.request.type", "chat", "gen_ai.system", "Anthropic", "gen_ai.request.model", "claude", "gen_ai.usage.prompt_tokens", 1000, "gen_ai.usage.completion_tokens", 50, "llm.usage.total_tokens", 1050,
				"gen_ai.usage.cache_read_input_tokens", 700, "gen_ai.usage.cache_creation_input_tokens", 200).event("llm.content.completion.chunk", 60),
			at(1, "search.tool", 310, 400, "traceloop.span.kind", "tool", "traceloop.entity.name", "search"),
			at(1, "anthropic.chat", 410, 880, "llm.request.type", "chat", "gen_ai.system", "Anthropic", "gen_ai.request.model", "claude", "gen_ai.usage.prompt_tokens", 1500, "gen_ai.usage.completion_tokens", 100, "llm.usage.total_tokens", 1600),
		},
		want:  agentrun.Usage{Input: 2500, Output: 150, Cached: 700, CacheWritten: 200, Total: 2650},
		model: "claude", frame: 40, agent: "planner.agent",
	},
	{
		name: "Vercel AI SDK",
		spans: []span{
			at(-1, "handler", 0, 900),
			at(0, "ai.streamText", 10, 890, "ai.operationId", "ai.streamText", "ai.model.id", "gpt-5", "ai.model.provider", "openai.responses", "ai.usage.promptTokens", 2500, "ai.usage.completionTokens", 150),
			at(1, "ai.streamText.doStream", 20, 300, "ai.operationId", "ai.streamText.doStream", "ai.model.id", "gpt-5", "ai.model.provider", "openai.responses", "gen_ai.system", "openai", "ai.response.model", "gpt-5-mini",
				"ai.usage.inputTokens", 1000, "gen_ai.usage.input_tokens", 1000, "ai.usage.outputTokens", 50, "gen_ai.usage.output_tokens", 50, "ai.usage.cachedInputTokens", 300, "ai.usage.reasoningTokens", 20, "ai.response.msToFirstChunk", 55.5),
			at(2, "ai.toolCall", 280, 290, "ai.operationId", "ai.toolCall", "ai.toolCall.name", "search"),
			at(1, "ai.streamText.doStream", 410, 880, "ai.operationId", "ai.streamText.doStream", "ai.model.id", "gpt-5", "ai.model.provider", "openai.responses", "gen_ai.system", "openai", "ai.response.model", "gpt-5-mini",
				"ai.usage.inputTokens", 1500, "ai.usage.outputTokens", 100),
		},
		want:  agentrun.Usage{Input: 2500, Output: 150, Cached: 300, Reasoning: 20, Total: 2650},
		model: "gpt-5-mini", frame: 55,
	},
	{
		name: "Langfuse",
		spans: []span{
			at(-1, "run", 0, 900, "langfuse.observation.type", "agent"),
			at(0, "step", 10, 890, "langfuse.observation.type", "chain"),
			at(1, "generation", 20, 300, "langfuse.observation.type", "generation", "langfuse.observation.model.name", "claude", "langfuse.observation.usage_details", `{"input":100,"output":30,"cache_read_input_tokens":700,"cache_creation_input_tokens":200,"output_reasoning_tokens":20}`,
				"langfuse.observation.completion_start_time", `"2023-11-14T22:13:20.145Z"`),
			at(1, "search", 310, 400, "langfuse.observation.type", "tool"),
			at(1, "generation", 410, 880, "langfuse.observation.type", "generation", "langfuse.observation.model.name", "claude", "langfuse.observation.usage_details", `{"input":1500,"output":100,"total":1600}`),
		},
		want:  agentrun.Usage{Input: 2500, Output: 150, Cached: 700, CacheWritten: 200, Reasoning: 20, Total: 2650},
		model: "claude", frame: 125, agent: "run",
	},
	{
		name: "Pydantic AI",
		spans: []span{
			at(-1, "invoke_agent planner", 0, 900, "gen_ai.operation.name", "invoke_agent", "gen_ai.agent.name", "planner", "gen_ai.aggregated_usage.input_tokens", 2500, "gen_ai.aggregated_usage.output_tokens", 150),
			at(0, "running tools", 10, 890),
			at(1, "chat claude", 20, 300, "gen_ai.operation.name", "chat", "gen_ai.provider.name", "anthropic", "gen_ai.request.model", "claude", "gen_ai.usage.input_tokens", 1000, "gen_ai.usage.output_tokens", 50, "gen_ai.usage.details.cache_read_tokens", 900),
			at(1, "execute_tool search", 310, 400, "gen_ai.operation.name", "execute_tool", "gen_ai.tool.name", "search"),
			at(1, "chat claude", 410, 880, "gen_ai.operation.name", "chat", "gen_ai.provider.name", "anthropic", "gen_ai.request.model", "claude", "gen_ai.usage.input_tokens", 1500, "gen_ai.usage.output_tokens", 100),
		},
		want:  agentrun.Usage{Input: 2500, Output: 150, Cached: 900, Total: 2650},
		model: "claude", frame: -1, agent: "planner",
	},
	{
		name: "Sidetrace",
		spans: []span{
			at(-1, "POST /run", 0, 900),
			at(0, "Loop", 10, 890, "node.id", "loop::1", "node.type", "loop", "node.name", "Loop", "node.log_id", "a", "gen_ai.usage.input_tokens", 2500, "gen_ai.usage.output_tokens", 150),
			at(1, "Model", 20, 300, "node.id", "llm::1", "node.type", "llm", "node.name", "Model", "node.log_id", "b", "gen_ai.request.model", "demo-1", "gen_ai.usage.input_tokens", 1000, "gen_ai.usage.output_tokens", 50, "gen_ai.response.time_to_first_chunk", 0.047),
			at(1, "Search", 310, 400, "node.id", "tool::1", "node.type", "tool", "node.name", "Search", "node.log_id", "c", "gen_ai.operation.name", "execute_tool"),
			at(1, "Model", 410, 880, "node.id", "llm::1", "node.type", "llm", "node.name", "Model", "node.log_id", "d", "gen_ai.request.model", "demo-1", "gen_ai.usage.input_tokens", 1500, "gen_ai.usage.output_tokens", 100),
		},
		want: tokens(2500, 150), model: "demo-1", frame: 47,
	},
	{
		name: "numbers as text, details as a map",
		spans: []span{
			at(-1, "run", 0, 900),
			at(0, "step", 10, 890),
			at(1, "chat", 20, 300, "gen_ai.operation.name", "chat", "gen_ai.request.model", "m", "gen_ai.usage.input_tokens", "1000", "gen_ai.usage.output_tokens", 50.0),
			at(1, "tool", 310, 400, "gen_ai.tool.name", "search"),
			at(1, "chat", 410, 880, "gen_ai.operation.name", "chat", "gen_ai.request.model", "m", "mlflow.chat.tokenUsage", trace.Map(
				trace.KeyValue{Key: "input_tokens", Value: trace.Int(1500)}, trace.KeyValue{Key: "output_tokens", Value: trace.Int(100)}, trace.KeyValue{Key: "total_tokens", Value: trace.Int(1600)})),
		},
		want: tokens(2500, 150), model: "m", frame: -1,
	},
}

func TestDialects(t *testing.T) {
	for _, test := range dialects {
		t.Run(test.name, func(t *testing.T) {
			run := rollUp(test.spans...)
			requireConsistent(t, run)
			assert.Equal(t, test.want, run.Usage, "%q", why(run))
			assert.EqualValues(t, 2, run.ModelCalls)
			assert.EqualValues(t, 1, run.ToolCalls)
			assert.Empty(t, run.Problems)
			if assert.Len(t, run.Calls, 2) && assert.Len(t, run.Models, 1) {
				assert.Equal(t, test.model, run.Models[0].Name)
				assert.Equal(t, test.want, run.Models[0].Usage)
				assert.Equal(t, test.frame, wholeMillis(run.Calls[0].FirstFrame))
				assert.Equal(t, agentrun.Unknown, run.Calls[1].FirstFrame)
				assert.Equal(t, test.agent, run.Calls[0].Agent)
			}
			if test.frame >= 0 {
				assert.Equal(t, ms(20+test.frame), ms(wholeMillis(run.FirstFrame)))
				assert.EqualValues(t, 2, run.FirstFrameSpan)
			}
			assert.Equal(t, ms(280+470), run.ModelWall)
		})
	}
}

// wholeMillis is a time to a first frame in milliseconds, -1 for none.
func wholeMillis(frame int64) int64 {
	if frame == agentrun.Unknown {
		return -1
	}
	return frame / ms(1)
}

// TestCachedTokens: what is among the input and what stands beside it.
func TestCachedTokens(t *testing.T) {
	tests := []struct {
		name  string
		attrs []any
		want  agentrun.Usage
		added bool
	}{
		{
			"among the input, as the conventions have it",
			[]any{"gen_ai.usage.input_tokens", 1000, "gen_ai.usage.output_tokens", 50, "gen_ai.usage.cache_read.input_tokens", 900},
			agentrun.Usage{Input: 1000, Output: 50, Cached: 900, Total: 1050}, false,
		},
		{
			"more than the input",
			[]any{"gen_ai.usage.input_tokens", 5, "gen_ai.usage.output_tokens", 50, "gen_ai.usage.cache_read_input_tokens", 900, "gen_ai.usage.cache_creation_input_tokens", 10},
			agentrun.Usage{Input: 915, Output: 50, Cached: 900, CacheWritten: 10, Total: 965}, true,
		},
		{
			"beside the input by the total",
			[]any{"gen_ai.usage.input_tokens", 1000, "gen_ai.usage.output_tokens", 50, "gen_ai.usage.total_tokens", 1950, "gen_ai.usage.cache_read_input_tokens", 900},
			agentrun.Usage{Input: 1900, Output: 50, Cached: 900, Total: 1950}, true,
		},
		{
			"beside the input by Langfuse's convention",
			[]any{"langfuse.observation.usage_details", `{"input":1000,"output":50,"input_cached_tokens":900}`},
			agentrun.Usage{Input: 1900, Output: 50, Cached: 900, Total: 1950}, true,
		},
		{
			"Langfuse, but among the input by the total",
			[]any{"langfuse.observation.usage_details", `{"input":1000,"output":50,"input_cached_tokens":900,"total":1050}`},
			agentrun.Usage{Input: 1000, Output: 50, Cached: 900, Total: 1050}, false,
		},
		{
			"Vercel with Anthropic before version 6",
			[]any{"ai.model.provider", "anthropic.messages", "ai.usage.inputTokens", 1000, "ai.usage.outputTokens", 50, "ai.usage.cachedInputTokens", 900},
			agentrun.Usage{Input: 1900, Output: 50, Cached: 900, Total: 1950}, true,
		},
		{
			"Vercel with Anthropic since version 6",
			[]any{"ai.model.provider", "anthropic.messages", "ai.usage.inputTokens", 1000, "ai.usage.outputTokens", 50, "ai.usage.cachedInputTokens", 900, "ai.usage.inputTokenDetails.cacheReadTokens", 900},
			agentrun.Usage{Input: 1000, Output: 50, Cached: 900, Total: 1050}, false,
		},
		{
			"reasoning beside the output by the total",
			[]any{"gen_ai.usage.input_tokens", 1000, "gen_ai.usage.output_tokens", 50, "gen_ai.usage.total_tokens", 1080, "gen_ai.usage.reasoning_tokens", 30},
			agentrun.Usage{Input: 1000, Output: 80, Reasoning: 30, Total: 1080}, true,
		},
		{
			"reasoning and cache beside both",
			[]any{"gen_ai.usage.input_tokens", 1000, "gen_ai.usage.output_tokens", 50, "gen_ai.usage.total_tokens", 1180, "gen_ai.usage.reasoning_tokens", 30, "gen_ai.usage.cached_tokens", 100},
			agentrun.Usage{Input: 1100, Output: 80, Cached: 100, Reasoning: 30, Total: 1180}, true,
		},
		{
			"a total of its own",
			[]any{"gen_ai.usage.input_tokens", 1000, "gen_ai.usage.output_tokens", 50, "gen_ai.usage.total_tokens", 1100},
			agentrun.Usage{Input: 1000, Output: 50, Total: 1100}, false,
		},
		{
			"a total that is too small",
			[]any{"gen_ai.usage.input_tokens", 1000, "gen_ai.usage.output_tokens", 50, "gen_ai.usage.total_tokens", 11},
			tokens(1000, 50), false,
		},
		{"nothing but a total", []any{"gen_ai.usage.total_tokens", 11}, agentrun.Usage{Total: 11}, false},
		{"embeddings have nothing but input", []any{"gen_ai.operation.name", "embeddings", "ai.usage.tokens", 11}, tokens(11, 0), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := rollUp(at(-1, "call", 0, 10, test.attrs...))
			requireConsistent(t, run)
			assert.Equal(t, test.want, run.Usage)
			if assert.Len(t, run.Calls, 1) {
				assert.Equal(t, test.added, run.Calls[0].Added)
			}
		})
	}
}

// TestCacheOfAnotherDialect: the client's span has Anthropic's own numbers, the
// framework's those of the conventions.
func TestCacheOfAnotherDialect(t *testing.T) {
	run := rollUp(
		at(-1, "framework", 0, 10, chat(1900, 50)...),
		at(0, "client", 1, 9, chat(1000, 50)...).with("gen_ai.usage.cache_read_input_tokens", 900),
	)
	requireConsistent(t, run)
	assert.Equal(t, agentrun.Usage{Input: 1900, Output: 50, Cached: 900, Total: 1950}, run.Usage, "%q", why(run))
	assert.True(t, run.Calls[0].Added)
}
