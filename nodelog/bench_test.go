// SPDX-License-Identifier: Apache-2.0

package nodelog_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/nodelog"
	"github.com/sidetrace/sidetrace/oss"
)

// The record of the benchmarks: 20 nodes with about 2 KB each, as the SDK makes
// it and as the structs that one would otherwise give to encoding/json.
const (
	benchNodes  = 20
	benchPrompt = "Tell me, in one sentence, what the weather in 杭州 is like today. "
)

type stdRecord struct {
	ServiceID  string            `json:"service_id"`
	SID        string            `json:"sid"`
	AppID      string            `json:"app_id"`
	UID        string            `json:"uid"`
	ChatID     string            `json:"chat_id"`
	Sub        string            `json:"sub"`
	Caller     string            `json:"caller"`
	LogCaller  string            `json:"log_caller"`
	Question   string            `json:"question"`
	Answer     string            `json:"answer"`
	StartTime  int64             `json:"start_time"`
	EndTime    int64             `json:"end_time"`
	Duration   int64             `json:"duration"`
	FirstFrame float64           `json:"first_frame_duration"`
	Srv        map[string]string `json:"srv"`
	SrvTag     map[string]string `json:"srv_tag"`
	Status     stdStatus         `json:"status"`
	Usage      stdUsage          `json:"usage"`
	Version    string            `json:"version"`
	Trace      []stdNode         `json:"trace"`
}

type stdStatus struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

type stdUsage struct {
	Question   int `json:"question_tokens"`
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

type stdNode struct {
	ID            string   `json:"id"`
	SID           string   `json:"sid"`
	NodeID        string   `json:"node_id"`
	NodeType      string   `json:"node_type"`
	NodeName      string   `json:"node_name"`
	FuncID        string   `json:"func_id"`
	FuncType      string   `json:"func_type"`
	FuncName      string   `json:"func_name"`
	Next          []string `json:"next_log_ids"`
	StartTime     int64    `json:"start_time"`
	EndTime       int64    `json:"end_time"`
	Duration      int64    `json:"duration"`
	FirstFrame    int64    `json:"first_frame_duration"`
	ModelFirst    float64  `json:"node_first_cost_time"`
	LLMOutput     string   `json:"llm_output"`
	RunningStatus bool     `json:"running_status"`
	Data          stdData  `json:"data"`
	Logs          []string `json:"logs"`
}

type stdData struct {
	Input  map[string]any `json:"input"`
	Output map[string]any `json:"output"`
	Config map[string]any `json:"config"`
	Usage  stdUsage       `json:"usage"`
}

func benchInput() (prompt string, history []any) {
	prompt = strings.Repeat(benchPrompt, 8)
	return prompt, []any{
		map[string]any{"role": "user", "content": strings.Repeat(benchPrompt, 6)},
		map[string]any{"role": "assistant", "content": strings.Repeat("Sunny. ", 40), "tokens": 17},
	}
}

// fill makes the record by the SDK's calls.
func fill(tl *nodelog.TraceLog, prompt string, history []any) {
	for i := range benchNodes {
		n := tl.StartNode(nodelog.Node{ID: "spark-llm::1", Type: "spark-llm", Name: "Model"})
		n.Input("prompt", prompt)
		n.Input("history", history)
		n.Output("text", "sunny and warm, with a light breeze")
		n.Config("temperature", 0.2)
		n.Config("max_tokens", 512)
		n.Usage(nodelog.Usage{PromptTokens: 100 + i, CompletionTokens: 20})
		n.Log(slog.LevelInfo, "called the model")
		n.End()
	}
}

// structs makes the same record as structs, by way of the JSON.
func structs(tb testing.TB, tl *nodelog.TraceLog) (r stdRecord) {
	tb.Helper()
	b := tl.AppendJSON(nil)
	require.NoError(tb, json.Unmarshal(b, &r))
	again, err := json.Marshal(r)
	require.NoError(tb, err)
	require.JSONEq(tb, string(b), string(again), "both hold the same data")
	return r
}

func BenchmarkEncode(b *testing.B) {
	tl := nodelog.New(nodelog.Request{SID: "svc002b0007@hf18bcfe568000203802"})
	prompt, history := benchInput()
	fill(tl, prompt, history)
	tl.End(b.Context())
	std := structs(b, tl)
	b.Logf("%d bytes", len(tl.AppendJSON(nil)))

	b.Run("impl=sidetrace", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			tl.AppendJSON(nil)
		}
	})
	b.Run("impl=encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(std); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRecord takes in what the SDK does before the end of a record: it
// turns values into JSON as they come.
func BenchmarkRecord(b *testing.B) {
	prompt, history := benchInput()
	tl := nodelog.New(nodelog.Request{})
	fill(tl, prompt, history)
	tl.End(b.Context())
	std := structs(b, tl)

	b.Run("impl=sidetrace", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			tl := nodelog.New(nodelog.Request{SID: "svc002b0007@hf18bcfe568000203802"})
			fill(tl, prompt, history)
			tl.End(b.Context())
			tl.AppendJSON(nil)
		}
	})
	b.Run("impl=encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r := stdRecord{SID: "svc002b0007@hf18bcfe568000203802", Trace: make([]stdNode, 0, benchNodes)}
			for i := range benchNodes {
				n := std.Trace[i]
				line, err := json.Marshal(map[string]string{"level": "INFO", "message": "called the model", "time": time.Now().Format(time.DateTime)})
				if err != nil {
					b.Fatal(err)
				}
				n.Logs = []string{string(line)}
				n.Data = stdData{
					Input:  map[string]any{"prompt": prompt, "history": history},
					Output: map[string]any{"text": "sunny and warm, with a light breeze"},
					Config: map[string]any{"temperature": 0.2, "max_tokens": 512},
				}
				r.Trace = append(r.Trace, n)
			}
			if _, err := json.Marshal(r); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// discard is a Sink that drops records.
type discard struct{}

func (discard) Write(context.Context, nodelog.Record) error { return nil }

// BenchmarkEndWithHangingStore ends records, each with a 20 KB prompt of its
// own, while the object store accepts connections and never answers. It reports
// the 99th percentile of the time in TraceLog.End.
func BenchmarkEndWithHangingStore(b *testing.B) {
	hang, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	defer hang.Close()
	store, err := oss.NewS3(b.Context(), oss.S3Config{
		Bucket: "traces", Endpoint: "http://" + hang.Addr().String(), AccessKeyID: "id", SecretAccessKey: "secret",
	})
	require.NoError(b, err)
	offloader, err := oss.NewOffloader(store, oss.OffloaderConfig{Dir: b.TempDir(), MaxDiskBytes: 1 << 40})
	require.NoError(b, err)
	defer func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = offloader.Close(ctx) // what hangs stays
	}()
	r := nodelog.NewRecorder(nodelog.RecorderConfig{Sink: discard{}, Offloader: offloader})
	prompt := strings.Repeat(benchPrompt, 20<<10/len(benchPrompt))
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		tl := r.Begin(nodelog.Request{})
		n := tl.StartNode(nodelog.Node{})
		n.Input("prompt", fmt.Sprint(i, prompt))
		start := time.Now()
		tl.End(b.Context())
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
}
