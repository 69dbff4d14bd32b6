// SPDX-License-Identifier: Apache-2.0

package agentdemo_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace"
	"github.com/sidetrace/sidetrace/examples/agent/agentdemo"
	"github.com/sidetrace/sidetrace/internal/otlptest"
)

// ask runs the demo with one question a city.
func ask(t *testing.T, env map[string]string, cities ...string) (dir string, answers []agentdemo.Answer, roots []*agentdemo.Span) {
	t.Helper()
	dir = t.TempDir()
	demo, err := agentdemo.Start(t.Context(), agentdemo.Config{
		Dir:     dir,
		Options: []sidetrace.Option{sidetrace.WithGetenv(func(name string) string { return env[name] })},
	})
	require.NoError(t, err)
	var ids []string
	for _, city := range cities {
		a, err := demo.Ask(t.Context(), agentdemo.Question{City: city, UID: "user-1", ChatID: "chat-" + city})
		require.NoError(t, err)
		answers = append(answers, a)
		ids = append(ids, a.TraceID)
	}
	require.NoError(t, demo.Shutdown(t.Context()))
	roots, err = agentdemo.ReadTraces(agentdemo.TraceFiles(dir), ids...)
	require.NoError(t, err)
	return dir, answers, roots
}

func TestDemo(t *testing.T) {
	cities := []string{"Hangzhou", "Lisbon", "Nairobi", "Kyoto", "Valparaíso"}
	dir, answers, roots := ask(t, nil, cities...)
	retried := 0
	sids := map[string]bool{}
	for i, root := range roots {
		assert.NotEmpty(t, answers[i].Text)
		sids[answers[i].SID] = true
		services, names := map[string]int{}, map[string]int{}
		var prompt string
		root.Walk(0, func(s *agentdemo.Span, _ int) {
			services[s.Service]++
			names[s.Name]++
			assert.Equal(t, answers[i].TraceID, s.TraceID)
			assert.Equal(t, answers[i].SID, s.Attrs["sid"], s.Name)
			if s.Name == "Model" {
				prompt = s.Attrs["gen_ai.input.messages"]
				assert.NotEmpty(t, s.Attrs["gen_ai.usage.input_tokens"])
				assert.NotEmpty(t, s.Attrs["gen_ai.response.time_to_first_chunk"])
			}
		})
		assert.Len(t, services, 3)
		for _, node := range []string{"Plan", "Weather", "Hotels", "Guide", "Model", "Answer", "End"} {
			assert.Equal(t, 1, names[node], node)
		}
		assert.Equal(t, 10, names["SELECT passages"])
		if names["Flights"] == 2 {
			retried++
		}
		text := readLink(t, prompt)
		assert.Greater(t, len(text), 5<<10)
		assert.Contains(t, text, cities[i])
	}
	assert.Len(t, sids, len(cities))
	assert.Equal(t, 2, retried, "some requests fail in a node and are tried again")

	records := readRecords(t, filepath.Join(dir, agentdemo.EngineService, "logs.jsonl"))
	require.Len(t, records, len(cities))
	for i, r := range records {
		assert.Equal(t, answers[i].SID, r.SID)
		assert.Equal(t, "user-1", r.UID)
		assert.Equal(t, answers[i].Text, r.Answer)
		assert.Zero(t, r.Status.Code)
		assert.Positive(t, r.FirstFrame)
		assert.Positive(t, r.Usage.Total)
		for _, n := range r.Trace {
			assert.Equal(t, n.NodeID == "node-end::1" || n.NodeID == "", len(n.Next) == 0, "%s leads to another", n.NodeID)
		}
	}
	assert.Len(t, readRecords(t, filepath.Join(dir, agentdemo.GatewayService, "logs.jsonl")), len(cities))
}

// readLink returns what a value that was offloaded leads to.
func readLink(t *testing.T, value string) string {
	t.Helper()
	link, ok := strings.CutPrefix(value, "trace_link: ")
	require.True(t, ok, value)
	u, err := url.Parse(link)
	require.NoError(t, err)
	b, err := os.ReadFile(filepath.FromSlash(u.Path))
	require.NoError(t, err)
	return string(b)
}

type record struct {
	SID, UID, Answer string
	Status           struct{ Code int }
	FirstFrame       float64 `json:"first_frame_duration"`
	Usage            struct {
		Total int `json:"total_tokens"`
	}
	Trace []struct {
		NodeID string   `json:"node_id"`
		Next   []string `json:"next_log_ids"`
	}
}

func readRecords(t *testing.T, path string) (all []record) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l struct {
			ResourceLogs []struct {
				ScopeLogs []struct {
					LogRecords []struct{ Body struct{ StringValue string } }
				}
			}
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &l))
		var r record
		require.NoError(t, json.Unmarshal([]byte(l.ResourceLogs[0].ScopeLogs[0].LogRecords[0].Body.StringValue), &r))
		all = append(all, r)
	}
	require.NoError(t, lines.Err())
	return all
}

// With a collector named by the environment the traces go there as well.
func TestDemoSends(t *testing.T) {
	collector := otlptest.GRPC(t, nil)
	_, _, roots := ask(t, map[string]string{"OTLP_ENABLE": "1", "OTLP_ENDPOINT": strings.TrimPrefix(collector.URL, "http://")}, "Lisbon")
	n := 0
	roots[0].Walk(0, func(*agentdemo.Span, int) { n++ })
	assert.Len(t, collector.SpanNames(), n)
	assert.NotEmpty(t, collector.Logs())
}

func TestReadTracesErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "traces.jsonl")
	_, err := agentdemo.ReadTraces([]string{file}, "x")
	require.ErrorIs(t, err, os.ErrNotExist)
	for content, want := range map[string]string{
		"":     "no spans",
		"{":    "line 1",
		"{}\n": "no spans",
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"x","spanId":"1","parentSpanId":"2","name":"orphan"}]}]}]}`: "no place",
	} {
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		_, err = agentdemo.ReadTraces([]string{file}, "x")
		require.ErrorContains(t, err, want)
	}
}

func TestView(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	queries := func(n int) (all []*agentdemo.Span) {
		for i := range n {
			all = append(all, &agentdemo.Span{Service: "engine", Name: "SELECT", Start: at(20 + 10*i), End: at(28 + 10*i)})
		}
		return all
	}
	root := &agentdemo.Span{
		TraceID: "t1", Service: "gateway-with-a-long-name", Name: "POST /chat", Start: at(0), End: at(100), Attrs: map[string]string{"sid": "s1"},
		Children: []*agentdemo.Span{
			{Service: "engine", Name: "Guide", Start: at(20), End: at(70), Children: queries(5)},
			{Service: "engine", Name: "Flights", Start: at(70), End: at(80), Failed: true, Message: "outer", Children: []*agentdemo.Span{
				{Service: "tools", Name: "look up", Start: at(71), End: at(79), Failed: true, Message: "busy"},
			}},
			{Service: "engine", Name: "Model", Start: at(80), End: at(100), Attrs: map[string]string{
				"node.id": "llm::1", "gen_ai.usage.input_tokens": "120", "gen_ai.usage.output_tokens": "30",
				"gen_ai.response.time_to_first_chunk": "0.0125", "prompt": "trace_link: s3://traces/ab/cd.txt",
			}},
		},
	}
	var plain, colored bytes.Buffer
	require.NoError(t, agentdemo.View{Width: 60}.Trace(&plain, "Why?", root))
	assert.Equal(t, `Why?
session s1 · trace t1
100 ms · first frame 92.5 ms · 10 spans · 2 failed · 120 tokens in, 30 out
gateway-… POST /chat    ██████████████████████████    100 ms
engine    ├ Guide            █████████████           50.0 ms
engine    │ └ SELECT ×5      ████ ██ ████            40.0 ms
engine    ├ Flights                       ██         10.0 ms
tools     │ └ look up                     ██         8.00 ms
              ✗ busy
engine    └ Model                           ██████   20.0 ms
         Model prompt: s3://traces/ab/cd.txt

`, plain.String())
	require.NoError(t, agentdemo.View{Width: 60, Color: true}.Trace(&colored, "Why?", root))
	assert.Contains(t, colored.String(), "\x1b[31m✗ busy\x1b[0m")
	assert.NotContains(t, plain.String(), "\x1b")
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ns", 999: "999 ns", 1500: "1.50 µs", 38100 * time.Microsecond: "38.1 ms",
		999400 * time.Microsecond: "999 ms", 1240 * time.Millisecond: "1.24 s", 99 * time.Second: "99.0 s", 412 * time.Second: "412 s",
	} {
		assert.Equal(t, want, agentdemo.Duration(d))
	}
}

func TestQuestions(t *testing.T) {
	for _, tt := range []struct {
		name string
		q    agentdemo.Question
		want string
	}{
		{"usual", agentdemo.Question{City: "Kyoto"}, "What should I pack for three days in Kyoto?"},
		{"short", agentdemo.Question{City: "Kyoto", Days: 1}, "What should I pack for a day in Kyoto?"},
		{"long", agentdemo.Question{City: "Kyoto", Days: 12}, "What should I pack for 12 days in Kyoto?"},
		{"absurd", agentdemo.Question{City: "Kyoto", Days: -7}, "What should I pack for a day in Kyoto?"},
	} {
		t.Run(tt.name, func(t *testing.T) { assert.Equal(t, tt.want, tt.q.Text()) })
	}
}

// A longer journey and the large model cost more, and nobody flies to Atlantis.
func TestVariety(t *testing.T) {
	dir := t.TempDir()
	demo, err := agentdemo.Start(t.Context(), agentdemo.Config{
		Dir: dir, Options: []sidetrace.Option{sidetrace.WithGetenv(func(string) string { return "" })},
	})
	require.NoError(t, err)
	var ids []string
	for _, q := range []agentdemo.Question{{City: "Kyoto"}, {City: "Kyoto", Days: 9, Model: agentdemo.LargeModel}, {City: agentdemo.Nowhere}} {
		a, err := demo.Ask(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, q.City == agentdemo.Nowhere, a.Text == "", q.City)
		ids = append(ids, a.TraceID)
	}
	require.NoError(t, demo.Shutdown(t.Context()))
	roots, err := agentdemo.ReadTraces(agentdemo.TraceFiles(dir), ids...)
	require.NoError(t, err)
	named := func(i int, name string) (found []*agentdemo.Span) {
		roots[i].Walk(0, func(s *agentdemo.Span, _ int) {
			if s.Name == name {
				found = append(found, s)
			}
		})
		return found
	}
	assert.Len(t, named(0, "SELECT passages"), 10)
	assert.Len(t, named(1, "SELECT passages"), 22)
	assert.Equal(t, agentdemo.Model, named(0, "Model")[0].Attrs["gen_ai.request.model"])
	assert.Equal(t, agentdemo.LargeModel, named(1, "Model")[0].Attrs["gen_ai.request.model"])
	assert.Empty(t, named(2, "Model"))
	flights := named(2, "Flights")
	assert.Len(t, flights, 3)
	assert.Contains(t, flights[2].Message, "no airline flies to Atlantis")
}
