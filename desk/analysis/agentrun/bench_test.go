// SPDX-License-Identifier: Apache-2.0

package agentrun_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
)

// agentTrace is a run of n spans: rounds of a plan, a call of a model seen from
// three sides, three tools and a retrieval with its queries.
func agentTrace(n int) (spans []span, record noderecord.Record) {
	spans = append(spans, at(-1, "POST /run", 0, int64(n)))
	record = recorded(0)
	add := func(s span) int {
		spans = append(spans, s)
		return len(spans) - 1
	}
	for round := 0; len(spans) < n; round++ {
		now := int64(len(spans))
		id := func(what string) string { return fmt.Sprint(what, "-", round) }
		add(nodeSpan(0, "Plan", now, now+1, id("plan")))
		model := add(nodeSpan(0, "Model", now+1, now+6, id("model"), used(1500, 80)...))
		call := add(at(model, "chat gpt", now+2, now+5, chat(1500, 80)...).with("gen_ai.response.id", id("r"), "gen_ai.response.time_to_first_chunk", 0.0005))
		add(at(call, "agent.v1.Model/Generate", now+3, now+4, "rpc.system.name", "grpc", "rpc.method", "agent.v1.Model/Generate"))
		record.Nodes = append(record.Nodes, logged(id("plan"), "Plan", "plan", now, now+1), logged(id("model"), "Model", "llm", now+1, now+6, 1500, 80))
		for range 3 {
			tool := add(at(0, "Tool", now+6, now+9, "gen_ai.operation.name", "execute_tool", "gen_ai.tool.name", "t"))
			client := add(at(tool, "agent.v1.Tools/Call", now+6, now+9, "rpc.system.name", "grpc"))
			add(at(client, "agent.v1.Tools/Call", now+7, now+8, "rpc.system.name", "grpc"))
		}
		guide := add(nodeSpan(0, "Guide", now+9, now+20, id("guide")))
		for range 10 {
			add(at(guide, "SELECT passages", now+10, now+11, "db.system.name", "postgresql", "db.query.text", "SELECT body FROM passages"))
		}
	}
	return spans[:n], record
}

func BenchmarkRollUp(b *testing.B) {
	p, err := agentrun.ReadPrices(strings.NewReader(table))
	require.NoError(b, err)
	for _, n := range []int{1_000, 10_000, 100_000} {
		spans, record := agentTrace(n)
		t := tree(spans...)
		for name, records := range map[string][]noderecord.Record{"spans": nil, "records": {record}} {
			b.Run(fmt.Sprint(name, "/", n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					agentrun.RollUp(t, records, p)
				}
			})
		}
	}
}

// TestAgentTrace: the trace of the benchmark means what it should.
func TestAgentTrace(t *testing.T) {
	spans, record := agentTrace(1 + 24*10)
	run := agentrun.RollUp(tree(spans...), []noderecord.Record{record}, agentrun.Prices{})
	requireConsistent(t, run)
	require.Equal(t, tokens(15_000, 800), run.Usage)
	require.EqualValues(t, 10, run.ModelCalls)
	require.EqualValues(t, 30, run.ToolCalls)
	require.Len(t, run.Nodes, 60)
}
