// SPDX-License-Identifier: Apache-2.0

package nodelog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/nodelog"
)

// decoded is a record as a reader sees it.
type decoded struct {
	SID        string  `json:"sid"`
	ServiceID  string  `json:"service_id"`
	Sub        string  `json:"sub"`
	LogCaller  string  `json:"log_caller"`
	AppID      string  `json:"app_id"`
	UID        string  `json:"uid"`
	ChatID     string  `json:"chat_id"`
	Start      int64   `json:"start_time"`
	End        int64   `json:"end_time"`
	Duration   int64   `json:"duration"`
	FirstFrame float64 `json:"first_frame_duration"`
	Usage      usage   `json:"usage"`
	Trace      []struct {
		ID       string   `json:"id"`
		Next     []string `json:"next_log_ids"`
		Start    int64    `json:"start_time"`
		End      int64    `json:"end_time"`
		Duration int64    `json:"duration"`
		OK       bool     `json:"running_status"`
		Logs     []string `json:"logs"`
		Data     struct {
			Input map[string]any `json:"input"`
			Usage usage          `json:"usage"`
		} `json:"data"`
	} `json:"trace"`
}

type usage struct {
	Question   int `json:"question_tokens"`
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

func decode(t *testing.T, b []byte) decoded {
	t.Helper()
	var d decoded
	require.NoError(t, json.Unmarshal(b, &d))
	return d
}

// memory is a Sink that keeps what it gets.
type memory struct {
	mu      sync.Mutex
	records []nodelog.Record
	err     error
}

func (m *memory) Write(_ context.Context, r nodelog.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.JSON = append([]byte(nil), r.JSON...)
	m.records = append(m.records, r)
	return m.err
}

func TestEndIsIdempotent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &memory{}
		tl := nodelog.NewRecorder(nodelog.RecorderConfig{Sink: sink}).Begin(nodelog.Request{})
		n := tl.StartNode(nodelog.Node{})
		n.Usage(nodelog.Usage{PromptTokens: 10, CompletionTokens: 5})
		time.Sleep(time.Second)
		n.End()
		time.Sleep(time.Second)
		n.End()
		n.Fail("late")
		tl.End(t.Context())
		time.Sleep(time.Second)
		tl.End(t.Context())
		tl.Answer("too late")
		assert.Nil(t, tl.StartNode(nodelog.Node{}))

		require.Len(t, sink.records, 1)
		d := decode(t, sink.records[0].JSON)
		assert.EqualValues(t, 2000, d.Duration)
		assert.EqualValues(t, 1000, d.Trace[0].Duration)
		assert.Equal(t, usage{Prompt: 10, Completion: 5, Total: 15}, d.Usage)
		after := decode(t, tl.AppendJSON(nil))
		assert.Equal(t, d.Usage, after.Usage)
		assert.Len(t, after.Trace, 1)
	})
}

func TestUsage(t *testing.T) {
	tl := nodelog.New(nodelog.Request{})
	streamed := tl.StartNode(nodelog.Node{})
	for i := range 10 {
		streamed.Usage(nodelog.Usage{PromptTokens: 100, CompletionTokens: i + 1, TotalTokens: 101 + i})
	}
	twice := tl.StartNode(nodelog.Node{})
	twice.AddUsage(nodelog.Usage{QuestionTokens: 1, PromptTokens: 20, CompletionTokens: 3})
	twice.AddUsage(nodelog.Usage{PromptTokens: 30, CompletionTokens: 4})
	assert.Equal(t, nodelog.Usage{QuestionTokens: 1, PromptTokens: 50, CompletionTokens: 7, TotalTokens: 57}, twice.Tokens())
	assert.Zero(t, decode(t, tl.AppendJSON(nil)).Usage, "summed at the end")
	tl.End(t.Context())
	d := decode(t, tl.AppendJSON(nil))
	assert.Equal(t, usage{Question: 1, Prompt: 150, Completion: 17, Total: 167}, d.Usage)
	assert.Equal(t, usage{Prompt: 100, Completion: 10, Total: 110}, d.Trace[0].Data.Usage)
}

// A node that is running when the record ends gets the record's end.
func TestUnfinishedNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tl := nodelog.New(nodelog.Request{})
		tl.StartNode(nodelog.Node{})
		time.Sleep(3 * time.Second)
		tl.End(t.Context())
		d := decode(t, tl.AppendJSON(nil))
		assert.EqualValues(t, 3000, d.Trace[0].Duration)
		assert.Equal(t, d.End, d.Trace[0].End)
		assert.True(t, d.Trace[0].OK)
	})
}

func TestFirstFrameOfWorkflow(t *testing.T) {
	for _, tt := range []struct {
		name  string
		types []string
		ids   []string
		want  float64
	}{
		{"message", nil, []string{"plan::1", "message::2", "node-end::3"}, 2000},
		{"node-end", nil, []string{"plan::1", "plan::2", "node-end::3"}, 3000},
		{"single colon", nil, []string{"message:1"}, 1000},
		{"no colon", nil, []string{"messages", "message"}, 2000},
		{"none", nil, []string{"plan::message", "my-message::1"}, -1},
		{"configured", []string{"reply"}, []string{"message::1", "reply::2"}, 2000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tl := nodelog.NewRecorder(nodelog.RecorderConfig{StreamNodeTypes: tt.types}).Begin(nodelog.Request{})
				for _, id := range tt.ids {
					time.Sleep(time.Second)
					tl.StartNode(nodelog.Node{ID: id})
				}
				assert.EqualValues(t, tt.want, decode(t, tl.AppendJSON(nil)).FirstFrame)
			})
		})
	}
}

func TestFirstFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tl := nodelog.New(nodelog.Request{})
		n := tl.StartNode(nodelog.Node{ID: "llm::1"})
		_, ok := n.FirstFrameDuration()
		assert.False(t, ok)
		time.Sleep(time.Second)
		tl.FirstFrame()
		n.FirstFrame()
		time.Sleep(time.Second)
		tl.FirstFrame()
		n.FirstFrame()
		tl.StartNode(nodelog.Node{ID: "message::2"})
		assert.EqualValues(t, 1000, decode(t, tl.AppendJSON(nil)).FirstFrame)
		d, ok := n.FirstFrameDuration()
		assert.True(t, ok)
		assert.Equal(t, time.Second, d)
	})
}

func TestFailEndsNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tl := nodelog.New(nodelog.Request{})
		n := tl.StartNode(nodelog.Node{})
		time.Sleep(time.Second)
		n.Fail("timeout")
		time.Sleep(time.Second)
		n.End()
		d := decode(t, tl.AppendJSON(nil))
		assert.False(t, d.Trace[0].OK)
		assert.EqualValues(t, 1000, d.Trace[0].Duration)
		assert.Contains(t, d.Trace[0].Logs[0], `"level":"ERROR","message":"timeout"`)
	})
}

func TestIdentify(t *testing.T) {
	r := nodelog.NewRecorder(nodelog.RecorderConfig{ServiceID: "svc-id", Sub: "sub", LogCaller: "engine"})
	tl := r.Begin(nodelog.Request{SID: "s1", Sub: "own"})
	tl.Identify("s2", "app", "", "chat")
	tl.Identify("", "other", "u", "")
	d := decode(t, tl.AppendJSON(nil))
	assert.Equal(t, []string{"s1", "app", "u", "chat"}, []string{d.SID, d.AppID, d.UID, d.ChatID})
	assert.Equal(t, []string{"svc-id", "own", "engine"}, []string{d.ServiceID, d.Sub, d.LogCaller})
}

func TestConcurrentNodes(t *testing.T) {
	sink := &memory{}
	tl := nodelog.NewRecorder(nodelog.RecorderConfig{Sink: sink}).Begin(nodelog.Request{SID: "s"})
	root := tl.StartNode(nodelog.Node{ID: "root::0"})
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			n := tl.StartNode(nodelog.Node{ID: fmt.Sprintf("node::%d", i)})
			root.Next(n)
			for j := range 20 {
				n.Input(fmt.Sprint(j%5), map[string]any{"i": i, "j": j})
				n.Log(slog.LevelInfo, fmt.Sprint(j))
				root.Log(slog.LevelInfo, "shared")
				n.AddUsage(nodelog.Usage{PromptTokens: 1, CompletionTokens: 2})
				n.FirstFrame()
				tl.FirstFrame()
				assert.True(t, json.Valid(tl.AppendJSON(nil)), "a record may be read while it grows")
			}
			n.End()
		})
	}
	wg.Wait()
	for range 4 {
		wg.Go(func() { tl.End(t.Context()) })
	}
	wg.Wait()
	require.Len(t, sink.records, 1)
	d := decode(t, sink.records[0].JSON)
	assert.Len(t, d.Trace, 65)
	assert.Len(t, d.Trace[0].Next, 64)
	assert.IsIncreasing(t, d.Trace[0].Next)
	assert.Len(t, d.Trace[0].Logs, 64*20)
	assert.Equal(t, usage{Prompt: 64 * 20, Completion: 2 * 64 * 20, Total: 3 * 64 * 20}, d.Usage)
	for _, n := range d.Trace[1:] {
		assert.Len(t, n.Data.Input, 5)
		assert.Len(t, n.Logs, 20)
	}
}

func TestLinesAreBounded(t *testing.T) {
	tl := nodelog.New(nodelog.Request{})
	n := tl.StartNode(nodelog.Node{})
	for range 10_500 {
		n.Log(slog.LevelInfo, "again")
	}
	n.Fail("and then it broke")
	n.Fail("once more")
	for range 2 {
		logs := decode(t, tl.AppendJSON(nil)).Trace[0].Logs
		require.Equal(t, 10_002, len(logs))
		assert.Contains(t, logs[10_000], "and then it broke", "the reason is kept in any case")
		assert.Contains(t, logs[10_001], "501 more lines were dropped")
	}
}

func TestNil(t *testing.T) {
	var r *nodelog.Recorder
	tl := r.Begin(nodelog.Request{})
	require.Nil(t, tl)
	n := tl.StartNode(nodelog.Node{})
	require.Nil(t, n)
	n.Input("k", 1)
	n.Output("k", 1)
	n.Config("k", 1)
	n.Usage(nodelog.Usage{})
	n.AddUsage(nodelog.Usage{})
	n.FirstFrame()
	n.ModelFirstFrame(1)
	n.LLMOutput("")
	n.Log(slog.LevelInfo, "")
	n.Next(n)
	n.Fail("")
	n.End()
	tl.Identify("", "", "", "")
	tl.ServiceID("")
	tl.Caller("")
	tl.Question("")
	tl.Answer("")
	tl.Srv("", "")
	tl.Status(1, "")
	tl.FirstFrame()
	tl.End(t.Context())
	assert.Empty(t, n.ID())
	assert.Zero(t, n.Node())
	assert.Zero(t, n.Tokens())
	assert.Equal(t, "null", string(tl.AppendJSON(nil)))
	b, err := json.Marshal(map[string]any{"tl": tl})
	require.NoError(t, err)
	assert.JSONEq(t, `{"tl":null}`, string(b))
}

func TestMarshalJSON(t *testing.T) {
	tl := nodelog.New(nodelog.Request{SID: "<s>"})
	b, err := json.Marshal(tl)
	require.NoError(t, err)
	assert.Equal(t, "<s>", decode(t, b).SID)
}

func TestSinks(t *testing.T) {
	var reported []error
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { reported = append(reported, err) }))
	path := filepath.Join(t.TempDir(), "logs", "nodes.jsonl")
	file, err := nodelog.NewFileSink(nodelog.FileConfig{Path: path})
	require.NoError(t, err)
	good, bad := &memory{}, &memory{err: errors.New("no space")}
	r := nodelog.NewRecorder(nodelog.RecorderConfig{Sink: nodelog.Sinks{bad, good, file}})
	for i := range 3 {
		tl := r.Begin(nodelog.Request{SID: fmt.Sprint("s", i), UID: "u"})
		tl.Question("line\nbreak")
		tl.Status(i, "")
		tl.End(t.Context())
	}
	require.NoError(t, file.Close())
	require.Len(t, reported, 3, "one sink's failure is reported")
	require.ErrorContains(t, reported[0], `session "s0"`)
	require.ErrorContains(t, reported[0], "no space")
	require.Len(t, good.records, 3, "and does not keep the others from their record")
	assert.Equal(t, 2, good.records[2].Code)
	assert.Equal(t, "u", good.records[2].UID)

	b, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	require.Len(t, lines, 3)
	for i, line := range lines {
		assert.Equal(t, string(good.records[i].JSON), line)
	}
}

type explosive struct{}

func (explosive) Write(context.Context, nodelog.Record) error { panic("boom") }

// A sink's panic is not the request's.
func TestSinkPanics(t *testing.T) {
	var reported []error
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { reported = append(reported, err) }))
	good := &memory{}
	nodelog.NewRecorder(nodelog.RecorderConfig{Sink: nodelog.Sinks{explosive{}, good}}).Begin(nodelog.Request{}).End(t.Context())
	nodelog.NewRecorder(nodelog.RecorderConfig{Sink: explosive{}}).Begin(nodelog.Request{}).End(t.Context())
	assert.Len(t, good.records, 1)
	require.Len(t, reported, 2)
	require.ErrorContains(t, reported[0], "explosive panicked: boom")
}

func TestFileSinkRotates(t *testing.T) {
	dir := t.TempDir()
	file, err := nodelog.NewFileSink(nodelog.FileConfig{Path: filepath.Join(dir, "nodes.jsonl"), MaxMegabytes: 1, Backups: 100})
	require.NoError(t, err)
	r := nodelog.NewRecorder(nodelog.RecorderConfig{Sink: file})
	sizes := []int{400 << 10, 400 << 10, 400 << 10, 3 << 20, 10}
	for _, size := range sizes {
		tl := r.Begin(nodelog.Request{})
		tl.Answer(strings.Repeat("x", size))
		tl.End(t.Context())
	}
	require.NoError(t, file.Close())
	files, err := filepath.Glob(filepath.Join(dir, "nodes*.jsonl"))
	require.NoError(t, err)
	assert.Greater(t, len(files), 1)
	found := 0
	for _, f := range files {
		info, err := os.Stat(f)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		for line := range strings.Lines(string(b)) {
			assert.True(t, json.Valid([]byte(line)))
			found++
		}
	}
	assert.Equal(t, len(sizes), found, "nothing is lost, not even what is longer than a file")

	_, err = nodelog.NewFileSink(nodelog.FileConfig{Path: dir})
	require.Error(t, err, "a folder is no file")
}

// exported keeps log records.
type exported struct{ records []sdklog.Record }

func (e *exported) Export(_ context.Context, rs []sdklog.Record) error {
	for _, r := range rs {
		e.records = append(e.records, r.Clone())
	}
	return nil
}
func (*exported) Shutdown(context.Context) error   { return nil }
func (*exported) ForceFlush(context.Context) error { return nil }

func TestLogSink(t *testing.T) {
	var out exported
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewSimpleProcessor(&out)))
	r := nodelog.NewRecorder(nodelog.RecorderConfig{Sink: nodelog.NewLogSink(provider)})
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	ctx := trace.ContextWithSpanContext(t.Context(), sc)
	ctx, cancel := context.WithCancel(ctx)
	cancel() // a request whose client has gone is recorded all the same
	tl := r.Begin(nodelog.Request{SID: "s", AppID: "a", UID: "u", ChatID: "c"})
	tl.Status(500, "boom")
	tl.End(ctx)

	require.Len(t, out.records, 1)
	got := out.records[0]
	assert.Equal(t, "sidetrace.node_trace_log", got.EventName())
	assert.Equal(t, string(tl.AppendJSON(nil)), got.Body().AsString())
	assert.Equal(t, sc.TraceID(), got.TraceID())
	assert.Equal(t, sc.SpanID(), got.SpanID())
	assert.Equal(t, "ERROR", got.SeverityText())
	attrs := map[string]string{}
	got.WalkAttributes(func(kv attribute.KeyValue) bool {
		attrs[string(kv.Key)] = kv.Value.AsString()
		return true
	})
	assert.Equal(t, map[string]string{"sid": "s", "app_id": "a", "uid": "u", "chat_id": "c"}, attrs)
}
