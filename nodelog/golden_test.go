// SPDX-License-Identifier: Apache-2.0

package nodelog

import (
	"bytes"
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got, which must be compact JSON, with a file in testdata that
// has it indented.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	var compact, indented bytes.Buffer
	require.NoError(t, json.Compact(&compact, got))
	require.Equal(t, compact.String(), string(got), "no white space between tokens")
	require.NoError(t, json.Indent(&indented, got, "", "  "))
	got = append(indented.Bytes(), '\n')
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

// mustLocal makes log lines the same everywhere.
func mustLocal(t *testing.T) {
	t.Helper()
	local := time.Local
	time.Local = time.UTC
	t.Cleanup(func() { time.Local = local })
}

// The record with every key, in order, by the clock of synctest: 2000-01-01.
func TestGolden(t *testing.T) {
	mustLocal(t)
	synctest.Test(t, func(t *testing.T) {
		tl := New(Request{
			ServiceID: "travel-agent", SID: "svc002b0007@hf18bcfe568000203802",
			AppID: "app-1", UID: "user-1", ChatID: "chat-1",
			Sub: "svc", Caller: "gateway", LogCaller: "engine", Question: "Wie ist das Wetter in 杭州?",
		})
		time.Sleep(5 * time.Millisecond)
		plan := tl.StartNode(Node{ID: "plan::1", Type: "plan", Name: "Plan"})
		plan.Input("question", "Wie ist das Wetter in 杭州?")
		plan.Input("history", []any{})
		plan.Config("temperature", 0.2)
		plan.Log(slog.LevelDebug, "thinking")
		plan.Log(slog.LevelInfo, `quote " and line`+"\n"+"break")
		time.Sleep(10 * time.Millisecond)
		plan.Output("steps", []string{"weather", "answer"})
		plan.End()

		tool := tl.StartNode(Node{ID: "tool::2", Type: "tool", Name: "Weather", FuncID: "f-9", FuncType: "http", FuncName: "get_weather"})
		tool.Input("city", map[string]any{"name": "杭州", "at": []float64{30.25, 120.17}, "ok": true, "n": nil})
		tool.Log(slog.LevelWarn, "slow")
		time.Sleep(20 * time.Millisecond)
		tool.Fail("503 Service Unavailable")

		llm := tl.StartNode(Node{ID: "spark-llm::3", Type: "spark-llm", Name: "Model"})
		llm.Config("model", "spark-4")
		time.Sleep(40 * time.Millisecond)
		llm.FirstFrame()
		llm.ModelFirstFrame(35500 * time.Microsecond)
		time.Sleep(60 * time.Millisecond)
		llm.LLMOutput("<b>sunny</b> & warm")
		llm.Output("text", "sunny")
		llm.Usage(Usage{QuestionTokens: 9, PromptTokens: 120, CompletionTokens: 30, TotalTokens: 150})
		llm.End()

		end := tl.StartNode(Node{ID: "node-end::4", Type: "node-end", Name: "End"})
		end.Output("answer", "sunny")
		end.End()
		plan.Next(tool, llm)
		tool.Next(llm)
		llm.Next(end, end, nil)

		time.Sleep(5 * time.Millisecond)
		tl.Srv("version", "1.2.3")
		tl.Answer("sunny")
		tl.Status(10007, "one tool failed")
		tl.End(t.Context())
		got := tl.AppendJSON(nil)
		golden(t, "record.json", namedIDs(t, got))
	})
}

// namedIDs swaps the random ids for the order of their first appearance, after
// checking their form.
func namedIDs(t *testing.T, b []byte) []byte {
	t.Helper()
	s := string(b)
	var order []string
	for _, m := range regexp.MustCompile(`"id":"([^"]*)"`).FindAllStringSubmatch(s, -1) {
		require.Regexp(t, `^[0-9a-f]{32}$`, m[1])
		order = append(order, m[1])
	}
	for i, id := range order {
		s = strings.ReplaceAll(s, id, strings.Repeat(string(rune('a'+i)), 32))
	}
	return regexp.MustCompile(`"next_log_ids":\[[^\]]+\]`).ReplaceAllFunc([]byte(s), func(list []byte) []byte {
		key, ids, _ := strings.Cut(strings.TrimSuffix(string(list), "]"), "[")
		sorted := slices.Sorted(strings.SplitSeq(ids, ",")) // they were, by the random ids
		return []byte(key + "[" + strings.Join(sorted, ",") + "]")
	})
}

// A record that nobody filled has every key at its default.
func TestGoldenEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tl := New(Request{})
		tl.StartNode(Node{}).End()
		tl.End(t.Context())
		golden(t, "empty.json", namedIDs(t, tl.AppendJSON(nil)))
	})
}
