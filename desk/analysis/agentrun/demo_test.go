// SPDX-License-Identifier: Apache-2.0

package agentrun_test

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
)

// demo reads testdata/demo.jsonl: two runs of examples/agent, in the second of
// which a tool failed at first.
func demo(t testing.TB) []trace.Trace {
	t.Helper()
	f, err := os.Open("testdata/demo.jsonl")
	require.NoError(t, err)
	defer f.Close()
	batch, err := format.Read(f)
	require.NoError(t, err)
	return batch.Traces()
}

func TestDemo(t *testing.T) {
	traces := demo(t)
	require.Len(t, traces, 2)
	for i, tr := range traces {
		records, err := noderecord.FromLogs(tr.Logs)
		require.NoError(t, err)
		at := slices.IndexFunc(records, func(r noderecord.Record) bool { return r.ServiceID == "engine" })
		require.GreaterOrEqual(t, at, 0, "of the engine; the other services have no nodes")
		engine := records[at]
		run := agentrun.RollUp(analysis.Build(tr.Spans), records, agentrun.Prices{})
		requireConsistent(t, run)
		assert.Empty(t, run.Problems)
		assert.Equal(t, tokens(engine.Usage.Prompt, engine.Usage.Completion), run.Usage)
		assert.Equal(t, engine.Usage.Total, run.Usage.Total)
		assert.EqualValues(t, 1, run.ModelCalls)
		assert.EqualValues(t, 3+i, run.ToolCalls)
		assert.EqualValues(t, i, run.FailedTools)
		assert.Len(t, run.Nodes, len(engine.Nodes))

		for _, n := range run.Nodes {
			require.NotNil(t, n.Record, n.Name)
			assert.Equal(t, n.Record.Usage.Prompt, n.Usage.Input, n.Name)
			assert.Equal(t, n.Record.Usage.Completion, n.Usage.Output, n.Name)
			assert.Equal(t, n.Record.Usage.Total, n.Usage.Total, n.Name)
			assert.Equal(t, n.Record.LogID, n.LogID)
			assert.Equal(t, n.Record.Name, n.Name)
			assert.Equal(t, n.Record.Failed, n.Failed)
			assert.Len(t, n.Next, len(n.Record.Next))
			assert.InDelta(t, float64(n.Record.Start), float64(n.Start), 5e6)
			assert.Equal(t, n.Record.FirstFrame == noderecord.Unknown, n.FirstFrame == agentrun.Unknown)
		}
		requireDemoStory(t, run, i)
	}
}

func requireDemoStory(t *testing.T, run *agentrun.Run, retried int) {
	t.Helper()
	names, after := []string{}, map[string][]string{}
	for _, n := range run.Nodes {
		names = append(names, n.Name)
		for _, next := range n.Next {
			after[n.Name] = append(after[n.Name], run.Nodes[next].Name)
		}
	}
	assert.Equal(t, "Plan", names[0])
	assert.Equal(t, []string{"Guide", "Model", "Answer", "End"}, names[len(names)-4:])
	assert.ElementsMatch(t, []string{"Weather", "Hotels", "Flights"}, after["Plan"])
	assert.Equal(t, []string{"Guide"}, after["Weather"])
	assert.Equal(t, []string{"Model"}, after["Guide"])
	assert.Equal(t, []string{"Answer"}, after["Model"])
	assert.Equal(t, []string{"End"}, after["Answer"])
	if retried > 0 {
		assert.Contains(t, after["Flights"], "Flights")
	}

	model := run.Nodes[len(names)-3]
	require.Len(t, run.Calls, 1)
	call := run.Calls[0]
	assert.Equal(t, "demo-1", call.Model)
	assert.Equal(t, "demo", call.Provider)
	assert.Equal(t, model.Span, call.Span)
	assert.Equal(t, model.FirstFrame, call.FirstFrame)
	assert.Equal(t, model.Span, run.FirstFrameSpan)
	assert.JSONEq(t, `{"model":"demo-1"}`, string(model.Record.Config))
	assert.Equal(t, model.Duration, run.ModelTime)
	assert.NotEmpty(t, model.Record.LLMOutput)
}
