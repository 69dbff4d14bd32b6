// SPDX-License-Identifier: Apache-2.0

package agentrun_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// A span of a test: below the one with the number up, -1 for none, from and to in
// milliseconds. Its own number is its place in the list.
type span struct {
	up       int
	name     string
	from, to int64
	attrs    []trace.KeyValue
	failed   bool
	events   []trace.Event
}

const start = int64(1_700_000_000_000_000_000)

func ms(n int64) int64 { return n * 1_000_000 }

func spanID(n int) (id trace.SpanID) {
	binary.BigEndian.PutUint64(id[:], uint64(n+1))
	return id
}

// at is a span with attributes given as keys and values in turn.
func at(up int, name string, from, to int64, attrs ...any) span {
	return span{up: up, name: name, from: from, to: to, attrs: attributes(attrs...)}
}

func attributes(pairs ...any) (attrs []trace.KeyValue) {
	for i := 0; i < len(pairs); i += 2 {
		attrs = append(attrs, trace.KeyValue{Key: pairs[i].(string), Value: valueOf(pairs[i+1])})
	}
	return attrs
}

func valueOf(v any) trace.Value {
	switch v := v.(type) {
	case int:
		return trace.Int(int64(v))
	case float64:
		return trace.Float(v)
	case bool:
		return trace.Bool(v)
	case trace.Value:
		return v
	}
	return trace.String(v.(string))
}

func (s span) fails() span {
	s.failed = true
	return s
}

func (s span) with(attrs ...any) span {
	s.attrs = append(append([]trace.KeyValue{}, s.attrs...), attributes(attrs...)...)
	return s
}

func (s span) event(name string, when int64) span {
	s.events = append(s.events, trace.Event{Name: name, Time: start + ms(when)})
	return s
}

func tree(spans ...span) *analysis.Tree {
	all := make([]trace.Span, len(spans))
	for i, s := range spans {
		all[i] = trace.Span{
			TraceID: trace.TraceID{1}, ID: spanID(i), Name: s.name, Start: start + ms(s.from), End: start + ms(s.to), Attributes: s.attrs, Events: s.events,
		}
		if s.up >= 0 {
			all[i].Parent = spanID(s.up)
		}
		if s.failed {
			all[i].Status.Code = trace.Error
		}
	}
	return analysis.Build(all)
}

func rollUp(spans ...span) *agentrun.Run {
	return agentrun.RollUp(tree(spans...), nil, agentrun.Prices{})
}

// tokens is a usage of input and output.
func tokens(input, output int64) agentrun.Usage {
	return agentrun.Usage{Input: input, Output: output, Total: input + output}
}

// chat are the attributes of a call of a model.
func chat(input, output int) []any {
	return []any{"gen_ai.operation.name", "chat", "gen_ai.request.model", "m", "gen_ai.usage.input_tokens", input, "gen_ai.usage.output_tokens", output}
}

// used are the tokens alone.
func used(input, output int) []any { return chat(input, output)[4:] }

func agent(name string) []any {
	return []any{"gen_ai.operation.name", "invoke_agent", "gen_ai.agent.name", name}
}

// requireConsistent checks what holds of every run: calls, nodes, models and
// agents divide the totals, and indexes lead somewhere.
func requireConsistent(t *testing.T, run *agentrun.Run) {
	t.Helper()
	var calls, models, agents, own agentrun.Usage
	var modelCalls, tools, toolsOfAgents int32
	for _, c := range run.Calls {
		calls = calls.Plus(c.Usage)
		require.GreaterOrEqual(t, c.Usage.Input, c.Usage.Cached+c.Usage.CacheWritten)
		require.GreaterOrEqual(t, c.Usage.Output, c.Usage.Reasoning)
		require.GreaterOrEqual(t, c.Usage.Total, c.Usage.Input+c.Usage.Output)
		require.Less(t, c.Node, int32(len(run.Nodes)))
	}
	for _, m := range run.Models {
		models, modelCalls = models.Plus(m.Usage), modelCalls+m.ModelCalls
	}
	for _, a := range run.Agents {
		agents, toolsOfAgents = agents.Plus(a.Usage), toolsOfAgents+a.ToolCalls
	}
	var ofRoots agentrun.Usage
	for i, n := range run.Nodes {
		own = own.Plus(n.Own)
		require.Less(t, n.Parent, int32(len(run.Nodes)))
		require.NotEqual(t, int32(i), n.Parent)
		for _, next := range n.Next {
			require.Less(t, next, int32(len(run.Nodes)))
		}
		if n.Parent == agentrun.None {
			ofRoots, tools = ofRoots.Plus(n.Usage), tools+n.ToolCalls
		}
	}
	require.Equal(t, run.Usage, calls, "calls")
	require.Equal(t, run.Usage, models, "models")
	require.Equal(t, run.Usage, agents, "agents")
	require.Equal(t, own, ofRoots, "nodes")
	require.Equal(t, run.ModelCalls, modelCalls)
	require.Equal(t, run.ToolCalls, toolsOfAgents)
	require.LessOrEqual(t, tools, run.ToolCalls)
	for _, r := range run.Repeats {
		require.Less(t, r.Call, int32(len(run.Calls)))
		require.Less(t, r.Node, int32(len(run.Nodes)))
	}
	require.LessOrEqual(t, run.ModelWall, run.ModelTime)
	require.LessOrEqual(t, run.ToolWall, run.ToolTime)
}

// why lists, for failures, what was counted and what was not.
func why(run *agentrun.Run) (lines []string) {
	for _, c := range run.Calls {
		lines = append(lines, fmt.Sprintf("%s span %d from %d: %d/%d", c.Kind, c.Span, c.From, c.Usage.Input, c.Usage.Output))
	}
	for _, r := range run.Repeats {
		lines = append(lines, fmt.Sprintf("%s span %d: %d/%d", r.Reason, r.Span, r.Usage.Input, r.Usage.Output))
	}
	return lines
}
