// SPDX-License-Identifier: Apache-2.0

package noderecord_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
	"github.com/sidetrace/sidetrace/nodelog"
)

// written is a record as the nodelog package writes it.
func written(t *testing.T) []byte {
	t.Helper()
	log := nodelog.New(nodelog.Request{ServiceID: "agent", SID: "s-1", AppID: "app", UID: "u", ChatID: "c", Sub: "svc", Caller: "web", Question: "为什么?", Start: time.UnixMilli(1_700_000_000_123)})
	log.Srv("region", "hf")
	model := log.StartNode(nodelog.Node{ID: "spark-llm::1", Type: "spark-llm", Name: "Model", FuncID: "f"})
	model.Input("prompt", map[string]any{"text": "x"})
	model.Output("answer", []int{1, 2})
	model.Config("model", "spark-4")
	model.Usage(nodelog.Usage{QuestionTokens: 3, PromptTokens: 100, CompletionTokens: 10})
	model.ModelFirstFrame(1500 * time.Millisecond)
	model.LLMOutput("because")
	model.Log(slog.LevelInfo, `a "quoted" line`)
	end := log.StartNode(nodelog.Node{ID: "message::1", Type: "message"})
	model.Next(end)
	end.Fail("broken")
	log.Answer("because")
	log.Status(7, "no")
	log.End(t.Context())
	return log.AppendJSON(nil)
}

func TestWrittenByNodelog(t *testing.T) {
	r, err := noderecord.Parse(written(t))
	require.NoError(t, err)
	assert.Equal(t, nodelog.EventName, noderecord.EventName)
	assert.Empty(t, r.Problems)
	assert.Equal(t, []string{"agent", "s-1", "app", "u", "c", "svc", "web", "为什么?", "because", nodelog.Version},
		[]string{r.ServiceID, r.SID, r.AppID, r.UID, r.ChatID, r.Sub, r.Caller, r.Question, r.Answer, r.Version})
	assert.EqualValues(t, 1_700_000_000_123_000_000, r.Start)
	assert.Equal(t, r.End-r.Start, r.Duration)
	assert.GreaterOrEqual(t, r.FirstFrame, int64(0), "the message node is one that streams")
	assert.Equal(t, map[string]string{"region": "hf"}, r.Srv)
	assert.EqualValues(t, 7, r.Code)
	assert.Equal(t, "no", r.Message)
	assert.Equal(t, noderecord.Usage{Question: 3, Prompt: 100, Completion: 10, Total: 110}, r.Usage)

	require.Len(t, r.Nodes, 2)
	model, message := r.Nodes[0], r.Nodes[1]
	assert.Equal(t, []string{"s-1", "spark-llm::1", "spark-llm", "Model", "f", "spark-llm", "Model", "because"},
		[]string{model.SID, model.ID, model.Type, model.Name, model.FuncID, model.FuncType, model.FuncName, model.LLMOutput})
	assert.Equal(t, []string{message.LogID}, model.Next)
	assert.JSONEq(t, `{"prompt":{"text":"x"}}`, string(model.Input))
	assert.JSONEq(t, `{"answer":[1,2]}`, string(model.Output))
	assert.JSONEq(t, `{"model":"spark-4"}`, string(model.Config))
	assert.Equal(t, r.Usage, model.Usage)
	assert.Equal(t, noderecord.Unknown, model.FirstFrame)
	assert.EqualValues(t, 1500*time.Millisecond, model.ModelFirstFrame)
	assert.False(t, model.Failed)
	assert.True(t, message.Failed)
	require.Len(t, model.Logs, 1)
	assert.Equal(t, "INFO", model.Logs[0].Level)
	assert.Equal(t, `a "quoted" line`, model.Logs[0].Message)
	assert.NotEmpty(t, model.Logs[0].Time)
}

func TestFromLogs(t *testing.T) {
	body := string(written(t))
	scope := &trace.Scope{Name: noderecord.Scope}
	tests := []struct {
		name string
		log  trace.Log
		want string // of the error
	}{
		{"a string, by the scope", trace.Log{Scope: scope, Body: trace.String(body)}, ""},
		{"a string, by the event", trace.Log{EventName: noderecord.EventName, Body: trace.String(body)}, ""},
		{"bytes", trace.Log{Scope: scope, Body: trace.Bytes([]byte(body))}, ""},
		{"a map", trace.Log{Scope: scope, Body: trace.Map(
			trace.KeyValue{Key: "sid", Value: trace.String("s-1")},
			trace.KeyValue{Key: "trace", Value: trace.List(trace.Map(trace.KeyValue{Key: "node_id", Value: trace.String("spark-llm::1")}))})}, ""},
		{"a number", trace.Log{Scope: scope, Body: trace.Int(1)}, "noderecord: the body of the log record: want a string, bytes or a map"},
		{"no JSON", trace.Log{Scope: scope, Body: trace.String("{")}, "noderecord: the record: unexpected end of JSON input"},
		{"a list", trace.Log{Scope: scope, Body: trace.String("[]")}, "noderecord: the record: want a JSON object"},
		{"null", trace.Log{Scope: scope, Body: trace.String(" null ")}, "noderecord: the record: want a JSON object"},
		{"too deep", trace.Log{Scope: scope, Body: trace.String(strings.Repeat(`{"trace":[`, 20_000))}, "exceeded max depth"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.log.TraceID, test.log.SpanID = trace.TraceID{1}, trace.SpanID{2}
			records, err := noderecord.FromLogs([]trace.Log{{Body: trace.String("another log")}, test.log})
			if test.want != "" {
				require.ErrorContains(t, err, test.want)
				require.ErrorContains(t, err, "log record 1: ")
				assert.Empty(t, records)
				return
			}
			require.NoError(t, err)
			require.Len(t, records, 1)
			assert.Equal(t, test.log.TraceID, records[0].TraceID)
			assert.Equal(t, test.log.SpanID, records[0].SpanID)
			assert.Equal(t, "s-1", records[0].SID)
			assert.Equal(t, "spark-llm::1", records[0].Nodes[0].ID)
		})
	}
}

func TestSomeLogsAreRead(t *testing.T) {
	scope := &trace.Scope{Name: noderecord.Scope}
	records, err := noderecord.FromLogs([]trace.Log{{Scope: scope, Body: trace.String("x")}, {Scope: scope, Body: trace.String(`{"sid":"a"}`)}, {Scope: scope}})
	require.ErrorContains(t, err, "log record 0: noderecord: the record: ")
	require.ErrorContains(t, err, " (and 1 more)")
	var syntax *json.SyntaxError
	require.True(t, errors.As(err, &syntax))
	require.Len(t, records, 1)
	assert.Equal(t, "a", records[0].SID)
}

// TestMembersThatAreWrong: they count as missing, and the rest is read.
func TestMembersThatAreWrong(t *testing.T) {
	tests := []struct{ name, record, want string }{
		{"nothing", `{}`, ""},
		{"nothing in a node", `{"trace":[{}]}`, ""},
		{"null everywhere", `{"sid":null,"start_time":null,"srv":null,"status":null,"usage":null,"trace":[{"data":null,"logs":null,"running_status":null}]}`, ""},
		{"unknown members", `{"new":{"a":[1]},"trace":[{"new":1}]}`, ""},
		{"numbers as text", `{"start_time":"1700000000123","usage":{"total_tokens":" 5 "}}`, ""},
		{"a text that is a number", `{"sid":5}`, "sid: want a string, got number"},
		{"a number in words", `{"start_time":"now"}`, `start_time: want a number, got "now"`},
		{"a list for a number", `{"trace":[{},{"duration":[0]}]}`, `trace[1].duration: want a number, got [0]`},
		{"before 1970", `{"end_time":-5}`, "end_time: want a time of 0 or more, got -5"},
		{"in nanoseconds", `{"end_time":1700000000123000000}`, "end_time: want milliseconds, got 1.700000000123e+18"},
		{"tokens below zero", `{"usage":{"prompt_tokens":-1}}`, "usage.prompt_tokens: no possible count: -1"},
		{"tokens in part", `{"trace":[{"data":{"usage":{"completion_tokens":1.5}}}]}`, "trace[0].data.usage.completion_tokens: want a whole number, got 1.5"},
		{"tokens beyond reason", `{"trace":[{"data":{"usage":{"completion_tokens":1e15}}}]}`, "trace[0].data.usage.completion_tokens: no possible count: 1000000000000000"},
		{"not a number", `{"usage":{"total_tokens":"NaN"}}`, `usage.total_tokens: want a number, got "NaN"`},
		{"infinite", `{"first_frame_duration":"Inf"}`, `first_frame_duration: want a number, got "Inf"`},
		{"a first frame beyond reason", `{"first_frame_duration":1e300}`, "first_frame_duration: no time to a first frame: 1e+300"},
		{"text for nodes", `{"trace":"x"}`, "trace: want a list, got string"},
		{"text for a node", `{"trace":["x"]}`, "trace: want an object, got string"},
		{"text for data", `{"trace":[{"data":"x"}]}`, "trace.data: want an object, got string"},
		{"text for the status of a node", `{"trace":[{"running_status":"no"}]}`, "trace.running_status: want true or false, got string"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			record := strings.Replace(test.record, "{", `{"answer":"there"`, 1)
			if test.record != "{}" {
				record = strings.Replace(record, `"there"`, `"there",`, 1)
			}
			r, err := noderecord.Parse([]byte(record))
			require.NoError(t, err)
			assert.Equal(t, "there", r.Answer)
			if test.want == "" {
				assert.Empty(t, r.Problems)
				return
			}
			assert.Equal(t, []string{test.want}, r.Problems)
		})
	}
}

func TestManyProblems(t *testing.T) {
	r, err := noderecord.Parse([]byte(`{"trace":[` + strings.Repeat(`{"duration":"x"},`, 2*noderecord.MaxProblems) + `{}]}`))
	require.NoError(t, err)
	assert.Len(t, r.Nodes, 2*noderecord.MaxProblems+1)
	assert.Len(t, r.Problems, noderecord.MaxProblems)
}

func TestLines(t *testing.T) {
	r, err := noderecord.Parse([]byte(`{"trace":[{"logs":["{\"level\":\"WARN\",\"message\":\"a\",\"time\":\"2023-11-14 22:13:20\"}",{"level":"INFO","message":"b"},"plain","{cut",5,null]}]}`))
	require.NoError(t, err)
	assert.Equal(t, []noderecord.Line{
		{Level: "WARN", Message: "a", Time: "2023-11-14 22:13:20"}, {Level: "INFO", Message: "b"}, {Message: "plain"}, {Message: "{cut"}, {Message: "5"}, {},
	}, r.Nodes[0].Logs)
	assert.Empty(t, r.Problems)
}

// TestTimes: milliseconds and seconds, also in part.
func TestTimes(t *testing.T) {
	r, err := noderecord.Parse([]byte(`{"start_time":1700000000123.5,"first_frame_duration":-1.0,"trace":[{"first_frame_duration":0,"node_first_cost_time":0.25},{"first_frame_duration":12.5}]}`))
	require.NoError(t, err)
	assert.EqualValues(t, 1_700_000_000_123_500_000, r.Start)
	assert.Equal(t, noderecord.Unknown, r.FirstFrame)
	assert.EqualValues(t, 0, r.Nodes[0].FirstFrame)
	assert.EqualValues(t, 250*time.Millisecond, r.Nodes[0].ModelFirstFrame)
	assert.EqualValues(t, 12_500_000, r.Nodes[1].FirstFrame)
	assert.Equal(t, noderecord.Unknown, r.Nodes[1].ModelFirstFrame)
}

// FuzzParse: what is read is in bounds and can be written as JSON.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"trace":[{"id":"1","next_log_ids":["2"],"data":{"input":{"a":1},"usage":{"prompt_tokens":5}},"logs":["{\"level\":\"INFO\"}"]}],"srv":{"a":1}}`))
	f.Add([]byte(`{"start_time":"1e20","usage":{"total_tokens":-0.5},"trace":[{"duration":[0],"running_status":0}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := noderecord.Parse(b)
		if err != nil {
			require.Nil(t, r)
			return
		}
		require.LessOrEqual(t, len(r.Problems), noderecord.MaxProblems)
		for _, u := range append([]noderecord.Usage{r.Usage}, usages(r)...) {
			require.GreaterOrEqual(t, min(u.Question, u.Prompt, u.Completion, u.Total), int64(0))
		}
		require.GreaterOrEqual(t, min(r.Start, r.End, r.Duration), int64(0))
		require.GreaterOrEqual(t, r.FirstFrame, noderecord.Unknown)
		_, err = json.Marshal(r)
		require.NoError(t, err)
	})
}

func usages(r *noderecord.Record) (all []noderecord.Usage) {
	for _, n := range r.Nodes {
		all = append(all, n.Usage)
	}
	return all
}
