// SPDX-License-Identifier: Apache-2.0

package agentrun_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/internal/racing"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
)

// TestNumbersThatAreWrong: they count as missing, and are listed.
func TestNumbersThatAreWrong(t *testing.T) {
	const counts = "a whole number from 0 to 2^40"
	tests := []struct {
		name  string
		key   string
		value any
		want  string // "" for values that are no problem
	}{
		{"negative", "gen_ai.usage.input_tokens", -1, counts},
		{"text", "gen_ai.usage.input_tokens", "many", counts},
		{"a list", "gen_ai.usage.input_tokens", trace.List(trace.Int(1)), counts},
		{"true", "gen_ai.usage.input_tokens", true, counts},
		{"NaN", "gen_ai.usage.input_tokens", math.NaN(), counts},
		{"infinite", "gen_ai.usage.input_tokens", math.Inf(1), counts},
		{"in part", "gen_ai.usage.input_tokens", 1.5, counts},
		{"huge", "gen_ai.usage.input_tokens", math.MaxInt64, counts},
		{"empty", "gen_ai.usage.input_tokens", "", ""},
		{"zero", "gen_ai.usage.input_tokens", 0, ""},
		{"no value", "gen_ai.usage.input_tokens", trace.Value{}, ""},
		{"details of text", "langfuse.observation.usage_details", `{"input":"x"}`, "an object of whole numbers from 0 to 2^40"},
		{"details that are negative", "langfuse.observation.usage_details", `{"input":-5}`, "an object of whole numbers from 0 to 2^40"},
		{"details that are huge together", "langfuse.observation.usage_details", `{"input":1000000000000,"input_audio":1000000000000}`, "an object of whole numbers from 0 to 2^40"},
		{"details that are no JSON", "langfuse.observation.usage_details", `{`, "an object of whole numbers from 0 to 2^40"},
		{"details in a map of text", "langfuse.observation.usage_details", trace.Map(trace.KeyValue{Key: "input", Value: trace.String("x")}), "an object of whole numbers from 0 to 2^40"},
		{"a cost below zero", "gen_ai.usage.cost", -0.5, "an amount from 0 to 10^9"},
		{"a cost of NaN", "gen_ai.usage.cost", math.NaN(), "an amount from 0 to 10^9"},
		{"costs of NaN", "langfuse.observation.cost_details", `{"total":NaN}`, "an object of amounts"},
		{"costs that are huge", "langfuse.observation.cost_details", `{"total":1e300}`, "an amount from 0 to 10^9"},
		{"a first frame below zero", "gen_ai.response.time_to_first_chunk", -0.5, "a time from 0 to a week"},
		{"a first frame in a year", "gen_ai.response.time_to_first_chunk", 3e7, "a time from 0 to a week"},
		{"a first frame in words", "first_frame_duration", "soon", "a time from 0 to a week"},
		{"a first frame before the start", "langfuse.observation.completion_start_time", "1999-11-14T22:13:20.015Z", "a point in time after the start (RFC 3339)"},
		{"a first frame of no time", "langfuse.observation.completion_start_time", "now", "a point in time after the start (RFC 3339)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := rollUp(at(-1, "agent", 0, 9, chat(100, 10)...), at(0, "chat", 0, 9, "gen_ai.operation.name", "chat", test.key, test.value))
			requireConsistent(t, run)
			assert.Equal(t, tokens(100, 10), run.Usage, "the span around it knows")
			assert.Nil(t, run.Cost.Reported)
			assert.Equal(t, agentrun.Unknown, run.FirstFrame)
			if test.want == "" {
				assert.Empty(t, run.Problems)
				return
			}
			require.Len(t, run.Problems, 1)
			p := run.Problems[0]
			assert.Equal(t, test.key, p.Key)
			assert.EqualValues(t, 1, p.Span)
			assert.Equal(t, test.want, p.Want)
			_, err := json.Marshal(run)
			require.NoError(t, err)
		})
	}
}

func TestManyProblems(t *testing.T) {
	var spans []span
	for range 3 * agentrun.MaxProblems {
		spans = append(spans, at(-1, "chat", 0, 9, "gen_ai.usage.input_tokens", -1))
	}
	run := rollUp(spans...)
	assert.Len(t, run.Problems, agentrun.MaxProblems)
	assert.Equal(t, 2*agentrun.MaxProblems, run.MoreProblems)
}

// TestShapes: chains, fans, roots and cycles of 100,000 spans.
func TestShapes(t *testing.T) {
	n := racing.Size(30_000)
	shapes := map[string]func(i int) int{
		"chain": func(i int) int { return i - 1 },
		"fan":   func(i int) int { return min(i-1, 0) },
		"roots": func(int) int { return -1 },
		"cycle": func(i int) int { return (i + n - 1) % n },
	}
	for name, up := range shapes {
		t.Run(name, func(t *testing.T) {
			spans := make([]span, n)
			var sum agentrun.Usage
			for i := range spans {
				spans[i] = at(up(i), "x", int64(i), int64(i+1), parts[i%len(parts)]...).with(used(i+1, 2*i+1)...)
				if name == "chain" || name == "cycle" { // all repeat the innermost
					spans[i] = at(up(i), "x", 0, int64(n), parts[i%len(parts)]...).with(used(7, 8)...)
					sum = tokens(7, 8)
				} else if name == "roots" || i > 0 {
					sum = sum.Plus(tokens(int64(i+1), int64(2*i+1)))
				}
			}
			run := rollUp(spans...)
			requireConsistent(t, run)
			assert.Equal(t, sum, run.Usage)
		})
	}
}

func TestAbsurdTimes(t *testing.T) {
	spans := []trace.Span{
		{ID: spanID(0), Start: math.MinInt64, End: math.MaxInt64, Attributes: attributes(chat(1, 1)...)},
		{ID: spanID(1), Start: math.MaxInt64, End: math.MinInt64, Attributes: attributes(append(chat(2, 2), "gen_ai.response.time_to_first_chunk", 600000)...)},
		{ID: spanID(2), Start: math.MaxInt64 - 5, End: math.MaxInt64, Attributes: attributes("gen_ai.operation.name", "execute_tool")},
	}
	record := recorded(-1, logged("1", "a", "llm", 0, 0, 5, 5))
	record.TraceID = trace.TraceID{}
	record.Nodes[0].Start, record.Nodes[0].Duration = math.MaxInt64, math.MaxInt64
	run := agentrun.RollUp(analysis.Build(spans), []noderecord.Record{record}, agentrun.Prices{})
	requireConsistent(t, run)
	assert.Equal(t, tokens(8, 8), run.Usage)
	assert.GreaterOrEqual(t, run.FirstFrame, agentrun.Unknown)
	assert.GreaterOrEqual(t, run.ModelWall, int64(0))
}

func TestNothing(t *testing.T) {
	run := agentrun.RollUp(tree(), nil, agentrun.Prices{})
	requireConsistent(t, run)
	assert.Equal(t, agentrun.Unknown, run.FirstFrame)
	b, err := json.Marshal(run)
	require.NoError(t, err)
	assert.Contains(t, string(b), `"nodes":[],"models":[],"agents":[],"calls":[],"repeats":[]`)
}

// FuzzRollUp: whatever the attributes hold, the numbers are consistent.
func FuzzRollUp(f *testing.F) {
	f.Add("gen_ai.usage.input_tokens", "12", "gen_ai.usage.cost", "0.5", int64(-1), 1.5)
	f.Add("langfuse.observation.usage_details", `{"input":5}`, "langfuse.observation.cost_details", `{"total":1}`, int64(9), math.NaN())
	f.Add("gen_ai.response.time_to_first_chunk", "0.1", "langfuse.observation.completion_start_time", "2023-11-14T22:13:20Z", int64(1<<41), -0.5)
	f.Fuzz(func(t *testing.T, key1, text1, key2, text2 string, number int64, fraction float64) {
		run := rollUp(
			at(-1, "agent", 0, 9, "gen_ai.operation.name", "invoke_agent", key1, fraction, key2, int(number)),
			at(0, "chat", 0, 9, "gen_ai.operation.name", "chat", key1, int(number), key2, fraction),
			at(1, "client", 0, 9, key1, text1, key2, text2),
		)
		requireConsistent(t, run)
		_, err := json.Marshal(run)
		require.NoError(t, err)
	})
}
