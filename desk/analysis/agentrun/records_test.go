// SPDX-License-Identifier: Apache-2.0

package agentrun_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/internal/racing"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
)

// logged is the record of a run of a node, from and to in milliseconds.
func logged(logID, id, kind string, from, to int64, usage ...int64) noderecord.Node {
	n := noderecord.Node{
		LogID: logID, ID: id, Type: kind, Name: id, Start: start + ms(from), End: start + ms(to), Duration: ms(to - from),
		FirstFrame: noderecord.Unknown, ModelFirstFrame: noderecord.Unknown,
	}
	if len(usage) > 0 {
		n.Usage = noderecord.Usage{Prompt: usage[0], Completion: usage[1], Total: usage[0] + usage[1]}
	}
	return n
}

// recorded is the record of a request that was answered in a span, -1 for none.
func recorded(of int, nodes ...noderecord.Node) noderecord.Record {
	r := noderecord.Record{TraceID: trace.TraceID{1}, Start: start, End: start + ms(100), Duration: ms(100), FirstFrame: noderecord.Unknown, Nodes: nodes}
	if of >= 0 {
		r.SpanID = spanID(of)
	}
	for _, n := range nodes {
		r.Usage.Prompt += n.Usage.Prompt
		r.Usage.Completion += n.Usage.Completion
		r.Usage.Total += n.Usage.Total
	}
	return r
}

func nodeSpan(up int, name string, from, to int64, logID string, attrs ...any) span {
	s := at(up, name, from, to, "node.id", name, "node.type", "step")
	if logID != "" {
		s = s.with("node.log_id", logID)
	}
	return s.with(attrs...)
}

func TestRecords(t *testing.T) {
	tests := []struct {
		name    string
		spans   []span
		records []noderecord.Record
		want    agentrun.Usage
		calls   int32
		nodes   map[string]agentrun.Usage // by name
	}{
		{
			"a record repeats its span",
			[]span{at(-1, "run", 0, 100), nodeSpan(0, "a", 0, 50, "1", used(100, 10)...)},
			[]noderecord.Record{recorded(0, logged("1", "a", "llm", 0, 50, 100, 10))},
			tokens(100, 10), 1, map[string]agentrun.Usage{"a": tokens(100, 10)},
		},
		{
			"a record knows what its span does not",
			[]span{at(-1, "run", 0, 100), nodeSpan(0, "a", 0, 50, "1"), at(1, "chat", 1, 49, "gen_ai.operation.name", "chat")},
			[]noderecord.Record{recorded(0, logged("1", "a", "llm", 0, 50, 100, 10))},
			tokens(100, 10), 1, map[string]agentrun.Usage{"a": tokens(100, 10)},
		},
		{
			"a record includes calls that are in no span",
			[]span{at(-1, "run", 0, 100), nodeSpan(0, "a", 0, 50, "1"), at(1, "chat", 1, 49, chat(30, 3)...)},
			[]noderecord.Record{recorded(0, logged("1", "a", "agent", 0, 50, 100, 10))},
			tokens(100, 10), 1, map[string]agentrun.Usage{"a": tokens(100, 10)},
		},
		{
			"spans by the id of the node, in their order",
			[]span{at(-1, "run", 0, 100), nodeSpan(0, "a", 60, 90, "", used(200, 20)...), nodeSpan(0, "a", 0, 50, "", used(100, 10)...)},
			[]noderecord.Record{recorded(0, logged("1", "a", "llm", 0, 50, 100, 10), logged("2", "a", "llm", 60, 90, 200, 20))},
			tokens(300, 30), 2, map[string]agentrun.Usage{"a#1": tokens(100, 10), "a#2": tokens(200, 20)},
		},
		{
			"a span of another log is not taken",
			[]span{at(-1, "run", 0, 100), nodeSpan(0, "a", 0, 50, "9", used(100, 10)...)},
			[]noderecord.Record{recorded(0, logged("1", "a", "llm", 60, 90, 200, 20))},
			tokens(300, 30), 2, map[string]agentrun.Usage{"a": tokens(200, 20), "a#9": tokens(100, 10)},
		},
		{
			"no spans of nodes, calls in their time",
			[]span{at(-1, "run", 0, 100), at(0, "chat", 1, 40, chat(100, 10)...), at(0, "chat", 61, 80, chat(150, 15)...), at(0, "chat", 95, 99, chat(7, 7)...)},
			[]noderecord.Record{recorded(0, logged("1", "a", "llm", 0, 50, 100, 10), logged("2", "b", "agent", 60, 90, 200, 20))},
			tokens(307, 37), 3, map[string]agentrun.Usage{"a": tokens(100, 10), "b": tokens(200, 20)},
		},
		{
			"two at once",
			[]span{at(-1, "run", 0, 100), at(0, "chat", 1, 40, chat(100, 10)...), at(0, "chat", 1, 40, chat(100, 10)...), at(0, "chat", 2, 30, chat(300, 30)...)},
			[]noderecord.Record{recorded(0, logged("1", "a", "llm", 0, 50, 100, 10), logged("2", "b", "llm", 0, 50, 100, 10), logged("3", "c", "llm", 0, 60, 300, 30))},
			tokens(500, 50), 3, map[string]agentrun.Usage{"a": tokens(100, 10), "b": tokens(100, 10), "c": tokens(300, 30)},
		},
		{
			"calls of another request stay outside",
			[]span{at(-1, "run", 0, 100), at(-1, "other", 0, 100), at(1, "chat", 1, 40, chat(100, 10)...)},
			[]noderecord.Record{recorded(0, logged("1", "a", "llm", 0, 50, 200, 20))},
			tokens(300, 30), 2, map[string]agentrun.Usage{"a": tokens(200, 20)},
		},
		{
			"no spans at all", nil,
			[]noderecord.Record{recorded(-1, logged("1", "a", "llm", 0, 50, 100, 10), logged("2", "b", "message", 60, 90), logged("3", "c", "plugin", 60, 90))},
			tokens(100, 10), 1, map[string]agentrun.Usage{"a": tokens(100, 10), "b": {}, "c": {}},
		},
		{
			"a record that came twice",
			[]span{at(-1, "run", 0, 100)},
			[]noderecord.Record{recorded(0, logged("1", "a", "llm", 0, 50, 100, 10)), recorded(0, logged("1", "a", "llm", 0, 50, 100, 10))},
			tokens(100, 10), 1, map[string]agentrun.Usage{"a": tokens(100, 10)},
		},
		{
			"a record of another trace",
			[]span{at(-1, "run", 0, 100)},
			[]noderecord.Record{{TraceID: trace.TraceID{2}, Nodes: []noderecord.Node{logged("1", "a", "llm", 0, 50, 100, 10)}}},
			agentrun.Usage{}, 0, map[string]agentrun.Usage{},
		},
		{
			"a request without nodes",
			[]span{at(-1, "run", 0, 100), at(0, "chat", 1, 40, chat(100, 10)...)},
			[]noderecord.Record{{SpanID: spanID(0), Usage: noderecord.Usage{Prompt: 500, Completion: 50}}},
			tokens(500, 50), 1, map[string]agentrun.Usage{},
		},
		{
			"requests without spans and nodes",
			[]span{at(-1, "run", 0, 100), at(0, "chat", 1, 40, chat(100, 10)...)},
			[]noderecord.Record{{Usage: noderecord.Usage{Prompt: 100, Completion: 10}}, {Usage: noderecord.Usage{Prompt: 500, Completion: 50}}},
			tokens(500, 50), 1, map[string]agentrun.Usage{},
		},
		{
			"nodes in nodes, each with its own",
			[]span{at(-1, "run", 0, 100), nodeSpan(0, "a", 0, 90, "1", used(500, 50)...), nodeSpan(1, "b", 10, 50, "2", used(200, 20)...)},
			[]noderecord.Record{recorded(0, logged("1", "a", "step", 0, 90, 500, 50), logged("2", "b", "step", 10, 50, 200, 20))},
			tokens(700, 70), 2, map[string]agentrun.Usage{"a": tokens(700, 70), "b": tokens(200, 20)},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := agentrun.RollUp(tree(test.spans...), test.records, agentrun.Prices{})
			requireConsistent(t, run)
			assert.Equal(t, test.want, run.Usage, "%q", why(run))
			assert.Equal(t, test.calls, run.ModelCalls)
			got := map[string]agentrun.Usage{}
			for _, n := range run.Nodes {
				if n.Kind != agentrun.WorkflowNode {
					continue
				}
				name := n.Name
				if _, wanted := test.nodes[name+"#"+n.LogID]; wanted {
					name += "#" + n.LogID
				}
				got[name] = n.Usage
			}
			assert.Equal(t, test.nodes, got)
		})
	}
}

// TestOwnOfNodes: what a node holds is divided into its own and that of the nodes
// within it.
func TestOwnOfNodes(t *testing.T) {
	run := rollUp(
		at(-1, "run", 0, 100),
		nodeSpan(0, "a", 0, 90, "1"),
		at(1, "chat", 1, 5, chat(100, 10)...),
		nodeSpan(1, "b", 10, 50, "2"),
		at(3, "chat", 11, 20, chat(200, 20)...),
		at(3, "tool", 21, 30, "gen_ai.operation.name", "execute_tool"),
	)
	requireConsistent(t, run)
	require.Len(t, run.Nodes, 2, "what is within nodes are no nodes")
	a, b := run.Nodes[0], run.Nodes[1]
	assert.Equal(t, tokens(300, 30), a.Usage)
	assert.Equal(t, tokens(100, 10), a.Own)
	assert.EqualValues(t, 2, a.ModelCalls)
	assert.EqualValues(t, 1, a.ToolCalls)
	assert.Equal(t, ms(4+9), a.ModelTime)
	assert.EqualValues(t, 0, b.Parent)
	assert.Equal(t, tokens(200, 20), b.Own)
	assert.Equal(t, ms(9), b.ToolTime)
}

// TestStoryWithoutNodes: other instrumentations' agents, tools and calls make the
// story where there are no nodes.
func TestStoryWithoutNodes(t *testing.T) {
	run := rollUp(
		at(-1, "POST", 0, 100),
		at(0, "invoke_agent", 0, 90, agent("planner")...),
		at(1, "chat", 1, 20, chat(100, 10)...),
		at(2, "client", 2, 19, chat(100, 10)...),
		at(1, "tool", 30, 40, "gen_ai.operation.name", "execute_tool", "gen_ai.tool.name", "x"),
		at(4, "tools/call", 31, 39, "gen_ai.operation.name", "execute_tool", "gen_ai.tool.name", "x"),
		at(1, "fetch", 21, 29, "openinference.span.kind", "RETRIEVER"),
		at(6, "embed", 22, 28, "gen_ai.operation.name", "embeddings"),
		nodeSpan(1, "n", 50, 80, "1"),
		at(8, "chat", 51, 60, chat(7, 7)...),
	)
	requireConsistent(t, run)
	got := []string{}
	for _, n := range run.Nodes {
		around := ""
		if n.Parent != agentrun.None {
			around = run.Nodes[n.Parent].Name
		}
		got = append(got, fmt.Sprintf("%s %s in %s", n.Kind, n.Name, around))
	}
	assert.Equal(t, []string{
		"agent invoke_agent in ", "model chat in invoke_agent", "retrieval fetch in invoke_agent",
		"embedding embed in fetch", "tool tool in invoke_agent", "node n in invoke_agent",
	}, got)
}

// TestRecordsOfOthers: a service that records its nodes, but whose spans only show
// the calls.
func TestRecordsOfOthers(t *testing.T) {
	model := logged("1", "spark-llm::1", "spark-llm", 10, 60, 100, 10)
	model.Config = json.RawMessage(`{"model":"spark-4"}`)
	model.ModelFirstFrame = ms(25)
	model.Next = []string{"2", "gone"}
	tool := logged("2", "plugin::1", "plugin", 61, 70)
	tool.Failed, tool.Logs = true, []noderecord.Line{{Level: "ERROR", Message: "busy"}}
	seen := logged("3", "plugin::2", "plugin", 71, 80)
	record := recorded(0, model, tool, seen)
	run := agentrun.RollUp(tree(at(-1, "run", 0, 100), at(0, "chat", 12, 50, "gen_ai.operation.name", "chat"), at(0, "look up", 72, 79, "gen_ai.operation.name", "execute_tool")),
		[]noderecord.Record{record}, agentrun.Prices{})
	requireConsistent(t, run)
	require.Len(t, run.Calls, 1)
	c := run.Calls[0]
	assert.EqualValues(t, 1, c.Span)
	assert.True(t, c.FromRecord)
	assert.Equal(t, agentrun.None, c.From)
	assert.Equal(t, "spark-4", c.Model)
	assert.Equal(t, ms(25), c.FirstFrame)
	assert.EqualValues(t, 2, run.ToolCalls)
	assert.EqualValues(t, 1, run.FailedTools)
	require.Len(t, run.Nodes, 5, "three nodes, and in two of them what spans show")
	assert.Equal(t, []int32{2}, run.Nodes[0].Next)
	assert.Equal(t, "look up", run.Nodes[4].Name)
	assert.EqualValues(t, 3, run.Nodes[4].Parent)
	assert.Equal(t, "busy", run.Nodes[2].Message)
	assert.True(t, run.Nodes[2].Failed)
	assert.EqualValues(t, 1, run.Nodes[3].ToolCalls)
	assert.Equal(t, ms(27), run.Nodes[0].FirstFrame, "that of its call")
}

func TestFirstFrameOfRecords(t *testing.T) {
	record := recorded(-1, logged("1", "a", "message", 10, 50))
	record.FirstFrame = ms(30)
	run := agentrun.RollUp(tree(), []noderecord.Record{record}, agentrun.Prices{})
	assert.Equal(t, ms(30), run.FirstFrame)
	assert.Equal(t, agentrun.None, run.FirstFrameSpan)
}

// TestFirstFrameOfToolsIsNone: what a tool answers is no frame of the run, by its
// span, by the record of its service, or by a record whose place is not known yet.
func TestFirstFrameOfToolsIsNone(t *testing.T) {
	tool := []any{"gen_ai.operation.name", "execute_tool", "gen_ai.tool.name", "weather"}
	of := func(span int, nodes ...noderecord.Node) noderecord.Record {
		r := recorded(span, nodes...)
		r.FirstFrame = ms(12)
		return r
	}
	silent := recorded(0, logged("1", "weather", "tool", 10, 50))
	silent.Question = "what weather?"
	answered := of(0)
	answered.Answer = "rain"
	slowTool := logged("1", "weather", "tool", 10, 50)
	slowTool.FirstFrame = ms(5)
	tests := []struct {
		name    string
		spans   []span
		records []noderecord.Record
		want    int64
	}{
		{"a streaming tool", []span{at(-1, "run", 0, 100), at(0, "weather", 10, 50, tool...).with("first_frame_duration", 5)}, nil, agentrun.Unknown},
		{"a model in a tool", []span{at(-1, "run", 0, 100), at(0, "weather", 10, 50, tool...), at(1, "chat", 12, 40, chat(1, 1)...).event("first token", 20)}, nil, agentrun.Unknown},
		{"the record of its service", []span{at(-1, "run", 0, 100), at(0, "weather", 10, 50, tool...), at(1, "look up", 12, 40)}, []noderecord.Record{silent, of(2)}, agentrun.Unknown},
		{"the same, with nodes", []span{at(-1, "run", 0, 100), at(0, "weather", 10, 50, tool...), at(1, "look up", 12, 40)}, []noderecord.Record{silent, of(2, logged("2", "step", "step", 13, 20))}, agentrun.Unknown},
		{"a service whose caller has not come", []span{at(5, "look up", 12, 40)}, []noderecord.Record{of(0)}, agentrun.Unknown},
		{"a record without a span", nil, []noderecord.Record{of(-1)}, agentrun.Unknown},
		{"a node that is a tool", []span{at(-1, "run", 0, 100)}, []noderecord.Record{recorded(0, slowTool)}, agentrun.Unknown},
		{"the answer beside a tool", []span{at(-1, "run", 0, 100), at(0, "weather", 1, 5, tool...)}, []noderecord.Record{of(1), answered}, ms(12)},
		{"the root of what is no agent", []span{at(-1, "GET /", 0, 100)}, []noderecord.Record{of(0)}, ms(12)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := agentrun.RollUp(tree(test.spans...), test.records, agentrun.Prices{})
			assert.Equal(t, test.want, run.FirstFrame)
		})
	}
}

// TestFirstFrameOfToolIsNotOfNodeAround: a tool's frame stays that of the tool.
func TestFirstFrameOfToolIsNotOfNodeAround(t *testing.T) {
	run := rollUp(
		at(-1, "run", 0, 100, agent("run")...),
		at(0, "weather", 10, 50, "gen_ai.operation.name", "execute_tool", "first_frame_duration", 5),
	)
	require.Len(t, run.Nodes, 2)
	assert.Equal(t, agentrun.Unknown, run.Nodes[0].FirstFrame)
	assert.Equal(t, ms(5), run.Nodes[1].FirstFrame)
}

func TestFirstFrames(t *testing.T) {
	tests := []struct {
		name string
		span span
		want int64
	}{
		{"in seconds", at(-1, "x", 0, 100, "gen_ai.response.time_to_first_chunk", 0.0125), 12_500_000},
		{"in milliseconds", at(-1, "x", 0, 100, "ai.stream.msToFirstChunk", 12), ms(12)},
		{"of a server", at(-1, "x", 0, 100, "gen_ai.latency.time_to_first_token", 0.5), ms(500)},
		{"none", at(-1, "x", 0, 100, "first_frame_duration", -1), -1},
		{"text", at(-1, "x", 0, 100, "first_frame_duration", "12.5"), 12_500_000},
		{"a moment", at(-1, "x", 0, 100, "langfuse.observation.completion_start_time", "2023-11-14T22:13:20.015Z"), ms(15)},
		{"an event", at(-1, "x", 0, 100, chat(1, 1)...).event("response", 5).event("gen_ai.first_token", 9), ms(9)},
		{"the first of events", at(-1, "x", 0, 100, chat(1, 1)...).event("llm.content.completion.chunk", 9).event("llm.content.completion.chunk", 4), ms(4)},
		{"a stream", at(-1, "x", 0, 100, chat(1, 1)...).event("stream start", 3).event("ai.stream.finish", 2), ms(3)},
		{"an event before the start", at(-1, "x", 10, 100, chat(1, 1)...).event("first token", 3), -1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := rollUp(test.span)
			assert.Equal(t, test.want, run.FirstFrame)
			assert.Empty(t, run.Problems)
		})
	}
}

// TestNodesOfSpansInNodesOfRecords: what spans show goes, as a whole, into the
// node in whose time it ran.
func TestNodesOfSpansInNodesOfRecords(t *testing.T) {
	run := agentrun.RollUp(tree(
		at(-1, "run", 0, 100),
		at(0, "all", 0, 100, agent("all")...),
		at(1, "part", 5, 55, agent("part")...),
		at(2, "chat", 6, 20, chat(100, 10)...),
		at(2, "chat", 21, 40, chat(200, 20)...),
	), []noderecord.Record{recorded(0, logged("1", "a", "agent", 1, 60, 300, 30))}, agentrun.Prices{})
	requireConsistent(t, run)
	names := map[string]string{}
	for _, n := range run.Nodes {
		if n.Parent != agentrun.None {
			names[n.Name] = run.Nodes[n.Parent].Name
		}
	}
	assert.Equal(t, map[string]string{"part": "a", "chat": "part"}, names)
	assert.Equal(t, tokens(300, 30), run.Usage)
	for _, n := range run.Nodes {
		if n.Name == "a" {
			assert.Equal(t, tokens(300, 30), n.Usage)
			assert.True(t, n.Own.IsZero())
		}
	}
}

// TestManyNodesWithoutSpans: many at once, one after the other, and deep trees of
// spans in one take no more than time in proportion.
func TestManyNodesWithoutSpans(t *testing.T) {
	n := int64(racing.Size(30_000))
	spans := []span{at(-1, "run", 0, 10*n)}
	var nodes []noderecord.Node
	for i := range n {
		id := fmt.Sprint(i)
		nodes = append(nodes, logged(id, "next", "llm", 10*i, 10*i+9, i+1, 1), logged("o"+id, "together", "llm", 0, 10*n, 7, 7))
		spans = append(spans, at(0, "chat", 10*i+2, 10*i+8, chat(int(i+1), 1)...))
	}
	run := agentrun.RollUp(tree(spans...), []noderecord.Record{recorded(0, nodes...)}, agentrun.Prices{})
	requireConsistent(t, run)
	assert.Equal(t, tokens(n*(n+1)/2+7*n, 8*n), run.Usage)

	spans = []span{at(-1, "run", 0, 100)}
	for i := range int(n) {
		spans = append(spans, at(i, "agent", 1, 90, agent("a")...).with(used(7, 7)...))
	}
	spans = append(spans, at(int(n), "chat", 1, 90, chat(7, 7)...))
	run = agentrun.RollUp(tree(spans...), []noderecord.Record{recorded(0, logged("1", "a", "agent", 0, 95, 7, 7))}, agentrun.Prices{})
	requireConsistent(t, run)
	assert.Equal(t, tokens(7, 7), run.Usage)
	assert.Equal(t, "a", run.Nodes[0].Name)
	assert.Equal(t, tokens(7, 7), run.Nodes[0].Usage)
}
