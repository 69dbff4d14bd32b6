// SPDX-License-Identifier: Apache-2.0

package agentrun_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
)

func prices(t *testing.T, table string) agentrun.Prices {
	t.Helper()
	p, err := agentrun.ReadPrices(strings.NewReader(table))
	require.NoError(t, err)
	return p
}

// costOf is what one call costs.
func costOf(t *testing.T, p agentrun.Prices, attrs ...any) agentrun.Call {
	t.Helper()
	run := agentrun.RollUp(tree(at(-1, "chat", 0, 9, "gen_ai.operation.name", "chat").with(attrs...)), nil, p)
	requireConsistent(t, run)
	require.Len(t, run.Calls, 1)
	return run.Calls[0]
}

const table = `{"currency": "usd", "prices": [
	{"model": "*", "input": 1000, "output": 1000},
	{"model": "gpt-5*", "input": 1.25, "output": 10, "cachedInput": 0.125, "cacheWrite": 2.5},
	{"model": "gpt-5-mini*", "input": 0.25, "output": 2},
	{"model": "gpt-5-mini", "input": 0.26, "output": 2},
	{"provider": "azure*", "model": "gpt-*", "input": 3, "output": 4},
	{"model": "*/llama-*-70b", "input": 0.5, "output": 0.6},
	{"model": "embed", "input": 0.02},
	{"provider": "iflytek", "model": "spark-4", "input": 30, "output": 30, "currency": "CNY"}
]}`

func TestPricesAreFound(t *testing.T) {
	p := prices(t, table)
	tests := []struct {
		name, provider, model, asked string
		want                         string
	}{
		{"a pattern", "openai", "gpt-5-2025-08-07", "", "gpt-5*"},
		{"the longest", "openai", "gpt-5-mini-2025", "", "gpt-5-mini*"},
		{"the exact", "openai", "GPT-5-mini", "", "gpt-5-mini"},
		{"a provider's", "azure.ai.openai", "gpt-5-mini", "", "gpt-*"},
		{"in the middle", "", "meta/llama-3.1-70b", "", "*/llama-*-70b"},
		{"not overlapping", "", "meta/llama-70b", "", "*"},
		{"the model that was asked for", "", "build-17", "gpt-5", "gpt-5*"},
		{"the answer's over that asked for", "", "gpt-5-mini-1", "gpt-5", "gpt-5-mini*"},
		{"any", "openai", "other", "", "*"},
		{"another provider's", "other", "spark-4", "", "*"},
		{"no model", "openai", "", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			attrs := []any{"gen_ai.usage.input_tokens", 100, "gen_ai.usage.output_tokens", 10}
			for key, value := range map[string]string{"gen_ai.provider.name": test.provider, "gen_ai.response.model": test.model, "gen_ai.request.model": test.asked} {
				if value != "" {
					attrs = append(attrs, key, value)
				}
			}
			assert.Equal(t, test.want, costOf(t, p, attrs...).Price)
		})
	}
}

func TestCosts(t *testing.T) {
	p := prices(t, table)
	used := func(model string, more ...any) []any { return append([]any{"gen_ai.request.model", model}, more...) }
	tests := []struct {
		name  string
		attrs []any
		want  agentrun.Amount
	}{
		{"input and output", used("gpt-5", "gen_ai.usage.input_tokens", 1000, "gen_ai.usage.output_tokens", 100), agentrun.Amount{Currency: "USD", Nano: 1250*1000 + 10000*100}},
		{
			"cached and written", used("gpt-5", "gen_ai.usage.input_tokens", 1000, "gen_ai.usage.output_tokens", 100, "gen_ai.usage.cache_read.input_tokens", 600, "gen_ai.usage.cache_creation.input_tokens", 300),
			agentrun.Amount{Currency: "USD", Nano: 125*600 + 2500*300 + 1250*100 + 10000*100},
		},
		{
			"cached at the price of input", used("gpt-5-mini", "gen_ai.usage.input_tokens", 1000, "gen_ai.usage.output_tokens", 0, "gen_ai.usage.cache_read.input_tokens", 600),
			agentrun.Amount{Currency: "USD", Nano: 260 * 1000},
		},
		{"embeddings", used("embed", "gen_ai.usage.input_tokens", 1), agentrun.Amount{Currency: "USD", Nano: 20}},
		{"output that has no price", used("embed", "gen_ai.usage.input_tokens", 1, "gen_ai.usage.output_tokens", 1), agentrun.Amount{}},
		{"another currency", used("spark-4", "gen_ai.provider.name", "iFlytek", "gen_ai.usage.input_tokens", 10), agentrun.Amount{Currency: "CNY", Nano: 300_000}},
		{"only a total", used("gpt-5", "gen_ai.usage.total_tokens", 1000), agentrun.Amount{}},
		{"only output", used("gpt-5", "gen_ai.usage.output_tokens", 1000), agentrun.Amount{}},
		{"a billion tokens", used("any", "gen_ai.usage.input_tokens", 1_000_000_000), agentrun.Amount{Currency: "USD", Nano: 1_000_000_000_000_000}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := costOf(t, p, test.attrs...)
			assert.Equal(t, test.want, c.Computed)
			assert.Equal(t, test.want == agentrun.Amount{}, c.Price == "")
		})
	}
}

func TestRounding(t *testing.T) {
	p := prices(t, `{"currency": "USD", "prices": [{"model": "m", "input": 0.0005}, {"model": "n", "input": 0.000499999}, {"model": "max", "input": 1000000}]}`)
	assert.EqualValues(t, 1, costOf(t, p, "gen_ai.request.model", "m", "gen_ai.usage.input_tokens", 1).Computed.Nano, "half a billionth counts as one")
	assert.EqualValues(t, 0, costOf(t, p, "gen_ai.request.model", "n", "gen_ai.usage.input_tokens", 1).Computed.Nano)
	assert.EqualValues(t, int64(math.MaxInt64), costOf(t, p, "gen_ai.request.model", "max", "gen_ai.usage.input_tokens", 1<<40).Computed.Nano, "what does not fit is the most that does")
}

// TestUnknownModels: a cost that is not known is not 0, and is said of whom.
func TestUnknownModels(t *testing.T) {
	spans := []span{
		at(-1, "run", 0, 100),
		nodeSpan(0, "a", 0, 50, "1"),
		at(1, "chat", 1, 9, chat(1000, 100)...).with("gen_ai.response.model", "known"),
		at(1, "chat", 10, 19, chat(1000, 100)...).with("gen_ai.response.model", "unknown"),
		at(0, "chat", 60, 90, chat(10, 1)...).with("gen_ai.response.model", "yuan"),
	}
	p := prices(t, `{"prices": [{"model": "known", "input": 1, "output": 2, "currency": "USD"}, {"model": "yuan", "input": 1, "output": 2, "currency": "CNY"}]}`)
	run := agentrun.RollUp(tree(spans...), nil, p)
	requireConsistent(t, run)
	usd, cny := agentrun.Amount{Currency: "USD", Nano: 1_200_000}, agentrun.Amount{Currency: "CNY", Nano: 12_000}
	assert.Equal(t, agentrun.Cost{Computed: []agentrun.Amount{cny, usd}, Unpriced: 1}, run.Cost)
	assert.Equal(t, agentrun.Cost{Computed: []agentrun.Amount{usd}, Unpriced: 1}, run.Nodes[0].Cost)
	for _, m := range run.Models {
		assert.Equal(t, m.Name == "unknown", m.Cost.Unpriced == 1, m.Name)
	}
	none := agentrun.RollUp(tree(spans...), nil, agentrun.Prices{})
	assert.Equal(t, agentrun.Cost{Unpriced: 3}, none.Cost)
}

// TestReportedCost: what spans say is kept apart, and counts once as well.
func TestReportedCost(t *testing.T) {
	dollars := func(nano int64) []agentrun.Amount { return []agentrun.Amount{{Currency: "USD", Nano: nano}} }
	tests := []struct {
		name  string
		spans []span
		want  []agentrun.Amount
	}{
		{"a call's", []span{at(-1, "chat", 0, 9, chat(10, 1)...).with("gen_ai.usage.cost", 0.0125)}, dollars(12_500_000)},
		{"OpenInference", []span{at(-1, "chat", 0, 9, chat(10, 1)...).with("llm.cost.total", "0.5")}, dollars(500_000_000)},
		{"Langfuse", []span{at(-1, "chat", 0, 9, chat(10, 1)...).with("langfuse.observation.cost_details", `{"input":0.25,"output":0.5}`)}, dollars(750_000_000)},
		{"Langfuse with a total", []span{at(-1, "chat", 0, 9, chat(10, 1)...).with("langfuse.observation.cost_details", `{"input":0.25,"output":0.5,"total":0.7}`)}, dollars(700_000_000)},
		{"an agent's repeats it", []span{
			at(-1, "agent", 0, 9, agent("a")...).with("gen_ai.usage.cost", 0.75),
			at(0, "chat", 0, 4, chat(10, 1)...).with("gen_ai.usage.cost", 0.25),
			at(0, "chat", 5, 9, chat(20, 2)...).with("gen_ai.usage.cost", 0.5),
		}, dollars(750_000_000)},
		{"an agent's, rounded", []span{
			at(-1, "agent", 0, 9, agent("a")...).with("gen_ai.usage.cost", 0.7501),
			at(0, "chat", 0, 4, chat(10, 1)...).with("gen_ai.usage.cost", 0.25),
			at(0, "chat", 5, 9, chat(20, 2)...).with("gen_ai.usage.cost", 0.5),
		}, dollars(750_000_000)},
		{"only the agent's, of several calls", []span{
			at(-1, "agent", 0, 9, agent("a")...).with(used(30, 3)...).with("gen_ai.usage.cost", 0.75),
			at(0, "chat", 0, 4, chat(10, 1)...),
			at(0, "chat", 5, 9, chat(20, 2)...),
		}, dollars(750_000_000)},
		{"only the agent's, of one call", []span{at(-1, "agent", 0, 9, agent("a")...).with("gen_ai.usage.cost", 0.75), at(0, "chat", 0, 4, chat(10, 1)...)}, dollars(750_000_000)},
		{"an agent's that includes more", []span{
			at(-1, "agent", 0, 9, agent("a")...).with(used(100, 10)...).with("gen_ai.usage.cost", 2.0),
			at(0, "chat", 0, 4, chat(10, 1)...).with("gen_ai.usage.cost", 0.25),
			at(0, "chat", 5, 9, chat(20, 2)...).with("gen_ai.usage.cost", 0.5),
		}, dollars(2_000_000_000)},
		{"nothing but a cost", []span{at(-1, "agent", 0, 9, agent("a")...).with("operation.cost", 0.75)}, dollars(750_000_000)},
		{"none", []span{at(-1, "chat", 0, 9, chat(10, 1)...)}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := rollUp(test.spans...)
			requireConsistent(t, run)
			assert.Equal(t, test.want, run.Cost.Reported, "%q", why(run))
			assert.Empty(t, run.Cost.Computed)
		})
	}
}

func TestPricesThatAreWrong(t *testing.T) {
	tests := []struct{ name, table, want string }{
		{"nothing", ``, `price table: want a JSON object, got nothing`},
		{"a list", `[]`, `price table: json: cannot unmarshal array`},
		{"more behind it", `{"prices":[]} {}`, `price table: want one JSON object, got more behind it`},
		{"another member", `{"preise":[]}`, `price table: json: unknown field "preise"`},
		{"no model", `{"currency":"USD","prices":[{"model":"a","input":1},{"input":1}]}`, `price table: entry 2: model: want the name of a model, or a pattern such as "gpt-5*"`},
		{"no currency", `{"prices":[{"model":"a","input":1}]}`, `price table: entry 1 (model "a"): currency: want three letters such as USD, here or for the whole table, got ""`},
		{"a sign", `{"currency":"€","prices":[{"model":"a","input":1}]}`, `currency: want three letters such as USD, here or for the whole table, got "€"`},
		{"no price", `{"currency":"USD","prices":[{"model":"a","output":1}]}`, `entry 1 (model "a"): input: want the price of a million tokens, got none`},
		{"less than nothing", `{"currency":"USD","prices":[{"model":"a","input":-1}]}`, `entry 1 (model "a"): input: want a number from 0 to 1000000 with at most nine decimals, got -1`},
		{"with an exponent", `{"currency":"USD","prices":[{"model":"a","input":1,"output":1e9}]}`, `entry 1 (model "a"): output: want a number from 0 to 1000000 with at most nine decimals, got 1e9`},
		{"too high", `{"currency":"USD","prices":[{"model":"a","input":1000000.000000001}]}`, `got 1000000.000000001`},
		{"too fine", `{"currency":"USD","prices":[{"model":"a","input":0.0000000001}]}`, `got 0.0000000001`},
		{"in words", `{"currency":"USD","prices":[{"model":"a","input":"cheap"}]}`, `entry 1 (model "a"): json: invalid number literal`},
		{"an unknown member", `{"currency":"USD","prices":[{"model":"a","input":1,"reasoning":2}]}`, `entry 1 (model "a"): json: unknown field "reasoning"`},
		{"twice", `{"currency":"USD","prices":[{"model":"a","input":1},{"model":"b","input":1},{"model":"A","input":2}]}`, `entry 3 (model "A"): entry 1 is for the same provider and model`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := agentrun.ReadPrices(strings.NewReader(test.table))
			require.ErrorContains(t, err, "agentrun: price table: ")
			assert.ErrorContains(t, err, test.want)
		})
	}
	_, err := agentrun.ReadPrices(strings.NewReader(strings.Repeat(" ", 5<<20)))
	require.ErrorContains(t, err, "more than 4194304 bytes")
	broken := errors.New("broken")
	_, err = agentrun.ReadPrices(iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
}

// FuzzReadPrices: whatever is accepted prices a call without a panic, and not
// below zero.
func FuzzReadPrices(f *testing.F) {
	f.Add(table, "gpt-5-mini-x")
	f.Add(`{"currency":"USD","prices":[{"model":"a*b*c**","input":1}]}`, "abc")
	f.Fuzz(func(t *testing.T, table, model string) {
		p, err := agentrun.ReadPrices(strings.NewReader(table))
		if err != nil {
			return
		}
		c := costOf(t, p, "gen_ai.request.model", model, "gen_ai.usage.input_tokens", 12345, "gen_ai.usage.output_tokens", 6789)
		require.GreaterOrEqual(t, c.Computed.Nano, int64(0))
	})
}
