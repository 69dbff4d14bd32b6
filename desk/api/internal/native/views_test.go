// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/api/internal/native"
	"github.com/sidetrace/sidetrace/desk/api/objects"
	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func indented(t *testing.T, text string) string {
	t.Helper()
	b, err := json.MarshalIndent(decoded[any](t, text), "", " ")
	require.NoError(t, err)
	return string(b) + "\n"
}

// TestWhole checks that a trace comes back as it was sent, with its log records.
func TestWhole(t *testing.T) {
	sent := sourcetest.Checkout(1, began)
	for _, path := range []string{"/traces/1", "/traces/00000000000000000000000000000001", "/traces/AAAAAAAAAAAAAAAAAAAAAQ==", "/traces/1?from=now-1m&to=now"} {
		got, err := format.OTLPJSON(strings.NewReader(get(t, path)))
		require.NoError(t, err)
		assert.ElementsMatch(t, sent.Logs, got.Logs)
		require.Len(t, got.Spans, len(sent.Spans))
		for _, s := range sent.Spans {
			assert.Contains(t, got.Spans, s)
		}
	}
	spans, err := format.Jaeger(strings.NewReader(get(t, "/traces/1?format=jaeger")))
	require.NoError(t, err)
	assert.Len(t, spans, 5)
	alone := memory.New(&trace.Batch{Logs: []trace.Log{{TraceID: sourcetest.TraceID(9), Body: trace.String("alone")}}})
	batch, err := format.OTLPJSON(strings.NewReader(ask(t, alone, "/traces/9").Body.String()))
	require.NoError(t, err)
	assert.Len(t, batch.Logs, 1)
	for _, path := range []string{"/traces/9?view=summary,waterfall,run,findings,path,tree,flame,sequence,topology,services,statistics", "/traces/9?format=jaeger", "/traces/9?format=chrome"} {
		assert.Equal(t, http.StatusOK, ask(t, alone, path).Code)
	}
}

// TestViews checks each view in each of its formats; what is in them is the affair
// of package analysis.
func TestViews(t *testing.T) {
	for _, view := range []string{"summary", "tree", "waterfall", "flame", "sequence", "topology", "services", "statistics", "findings", "path", "run"} {
		for _, trace := range []string{"1", "2"} {
			body := get(t, "/traces/"+trace+"?view="+view)
			got := decoded[map[string]any](t, body)
			assert.Equal(t, view, got["view"])
			assert.NotEmpty(t, got[view])
			assert.Len(t, got["spans"], map[string]int{"1": 5, "2": 4}[trace])
			if trace == "1" {
				golden(t, view+".json", indented(t, get(t, "/traces/1?spans=none&view="+view)))
			}
		}
	}
	for _, tt := range []struct{ path, mediaType, want string }{
		{"/traces/1?view=sequence&format=mermaid", "text/plain; charset=utf-8", "sequenceDiagram"},
		{"/traces/1?view=topology&format=mermaid", "text/plain; charset=utf-8", "flowchart"},
		{"/traces/1?view=topology&format=dot", "text/vnd.graphviz; charset=utf-8", "digraph"},
		{"/traces/1?view=services&format=mermaid", "text/plain; charset=utf-8", "flowchart"},
		{"/traces/1?view=services&format=dot", "text/vnd.graphviz; charset=utf-8", "digraph"},
		{"/traces/1?view=statistics&format=csv&by=kind", "text/csv; charset=utf-8", "kind,count"},
		{"/traces/1?format=chrome", "application/json", "traceEvents"},
		{"/traces/1?format=speedscope", "application/json", "speedscope"},
	} {
		w := ask(t, sample(), tt.path)
		assert.Equal(t, tt.mediaType, w.Header().Get("Content-Type"), tt.path)
		assert.Contains(t, w.Body.String(), tt.want)
	}
}

func TestSeveralViews(t *testing.T) {
	got := decoded[struct {
		View  string
		Spans []any
		Views map[string]any
	}](t, get(t, "/traces/1?view=summary,findings,waterfall"))
	assert.Equal(t, "views", got.View)
	assert.Len(t, got.Spans, 5)
	assert.Len(t, got.Views, 3)
	assert.NotContains(t, get(t, "/traces/1?view=summary,flame&spans=none"), `"spans":[`)
}

func TestViewOptions(t *testing.T) {
	type waterfall struct {
		Waterfall struct {
			Rows []struct {
				Shift int64
			}
			Skewed bool
		}
	}
	shifts := func(path string) (all []int64) {
		got := decoded[waterfall](t, get(t, path))
		assert.True(t, got.Waterfall.Skewed)
		for _, r := range got.Waterfall.Rows {
			all = append(all, r.Shift)
		}
		return all
	}
	// The server of the payment, whose clock is 5 ms behind, moves with what is below it.
	assert.ElementsMatch(t, []int64{0, 0, 5e6, 5e6, 0}, shifts("/traces/1?view=waterfall"))
	assert.Equal(t, []int64{0, 0, 0, 0, 0}, shifts("/traces/1?view=waterfall&align=false"))
	statistics := func(query string) int {
		got := decoded[struct{ Statistics struct{ Rows []any } }](t, get(t, "/traces/1?view=statistics&"+query))
		return len(got.Statistics.Rows)
	}
	assert.Equal(t, 5, statistics(""))
	assert.Equal(t, 2, statistics("by=service"))
	assert.Equal(t, 2, statistics("service=pay"))
	assert.Equal(t, 2, statistics("failed=true"))
	assert.Equal(t, 1, statistics("keyword=RENDER"))
	assert.Equal(t, 1, statistics("slowest=true"))
	plain, inferred := decoded[struct{ Spans []any }](t, get(t, "/traces/1?view=tree")), decoded[struct{ Spans []any }](t, get(t, "/traces/1?view=tree&inferred=true"))
	assert.Greater(t, len(inferred.Spans), len(plain.Spans), "the database recorded nothing")
}

func TestDownload(t *testing.T) {
	for path, want := range map[string]string{
		"/traces/1?download=true":                          `attachment; filename="trace-00000000000000000000000000000001.otlp.json"`,
		"/traces/1?download=true&format=chrome":            `attachment; filename="trace-00000000000000000000000000000001.chrome.json"`,
		"/traces/1?download=true&view=services&format=dot": `attachment; filename="trace-00000000000000000000000000000001.dot"`,
		"/traces/1?download=true&view=summary,flame":       `attachment; filename="trace-00000000000000000000000000000001.summary-flame.json"`,
		"/traces/1": "",
	} {
		assert.Equal(t, want, ask(t, sample(), path).Header().Get("Content-Disposition"), path)
	}
}

func TestRunOfRecords(t *testing.T) {
	b := sourcetest.Agent(2, began, "s-1")
	b.Logs = append(b.Logs, trace.Log{TraceID: sourcetest.TraceID(2), EventName: "sidetrace.node_trace_log", Body: trace.String("no record")})
	got := decoded[struct {
		Run struct {
			Usage    struct{ Input, Output int }
			Warnings []string
		}
	}](t, ask(t, memory.New(&b), "/traces/2?view=run").Body.String())
	assert.Equal(t, 300, got.Run.Usage.Input)
	assert.Equal(t, 50, got.Run.Usage.Output)
	require.Len(t, got.Run.Warnings, 1)
	assert.Contains(t, got.Run.Warnings[0], "records of nodes")
}

func TestCompare(t *testing.T) {
	for _, view := range []string{"diff", "flame", "topology", "statistics"} {
		got := decoded[map[string]any](t, get(t, "/compare?baseline=1&comparison=2&view="+view))
		assert.Equal(t, view, got["view"])
		assert.NotEmpty(t, got[view])
		assert.NotEmpty(t, got["diff"])
	}
	got := decoded[struct {
		Diff struct {
			Nodes   []struct{ Change string }
			Similar bool
		}
	}](t, get(t, "/compare?baseline=1&comparison=4"))
	assert.True(t, got.Diff.Similar)
	for _, n := range got.Diff.Nodes {
		assert.Equal(t, "unchanged", n.Change)
	}
}

// TestHostile checks that no trace, however odd, breaks a view.
func TestHostile(t *testing.T) {
	id := sourcetest.TraceID(1)
	odd := []trace.Span{
		{TraceID: id, ID: sourcetest.SpanID(1), Parent: sourcetest.SpanID(1), Name: "its own parent", Start: began, End: began + 1},
		{TraceID: id, ID: sourcetest.SpanID(2), Parent: sourcetest.SpanID(3), Name: "a cycle", Start: began, End: began + 5},
		{TraceID: id, ID: sourcetest.SpanID(3), Parent: sourcetest.SpanID(2), Name: "a cycle too", Start: began + 1, End: began + 2},
		{TraceID: id, ID: sourcetest.SpanID(4), Parent: sourcetest.SpanID(99), Name: "an orphan", Start: began + 9, End: began},
		{TraceID: id, ID: sourcetest.SpanID(4), Name: "a twin \x00 \" <script>", Start: -1, End: 1 << 62},
		{TraceID: id, ID: sourcetest.SpanID(5), Kind: trace.Kind(77), Status: trace.Status{Code: trace.StatusCode(9)}},
	}
	s := memory.New(&trace.Batch{Spans: odd})
	assert.Equal(t, http.StatusOK, ask(t, s, "/traces").Code)
	assert.Equal(t, http.StatusOK, ask(t, s, "/spans").Code)
	assert.Equal(t, http.StatusOK, ask(t, s, "/traces/1?view=summary,tree,waterfall,flame,sequence,topology,services,statistics,findings,path,run").Code)
	for _, format := range []string{"otlp", "jaeger", "chrome", "speedscope"} {
		assert.True(t, json.Valid(ask(t, s, "/traces/1?format="+format).Body.Bytes()))
	}
	for _, path := range []string{"/durations", "/durations?of=traces&scale=linear", "/scatter", "/services", "/operations", "/map", "/sessions", "/fields", "/statistics?from=" + time.Unix(0, began-1).UTC().Format(time.RFC3339)} {
		assert.Equal(t, http.StatusOK, ask(t, s, path).Code, path)
	}
}

// TestPageAsFile: the page as a file has all that it asks for about one trace.
func TestPageAsFile(t *testing.T) {
	var kept map[string]string
	c := config(sample())
	c.Standalone = func(w io.Writer, title string, answers map[string]string) error {
		kept = answers
		_, err := io.WriteString(w, title)
		return err
	}
	h := handlerOf(c)
	asked := func(path string) *httptest.ResponseRecorder {
		return check(t, h, httptest.NewRequest(http.MethodGet, native.Base+path, nil))
	}
	w := asked("/traces/1?format=html")
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Equal(t, `attachment; filename="trace-00000000000000000000000000000001.html"`, w.Header().Get("Content-Disposition"))
	assert.Equal(t, "web GET /checkout · 000000000000", w.Body.String())
	path := "/traces/00000000000000000000000000000001"
	for _, query := range []string{
		"", "?format=columns", "?view=run&spans=none", "?view=flame&spans=none", "?view=sequence&spans=none", "?view=topology&spans=none",
		"?view=services&spans=none", "?view=sequence&format=mermaid", "?view=topology&format=dot", "?view=services&format=mermaid",
	} {
		assert.Equal(t, asked(path+query).Body.String(), kept[native.Base+path+query], query)
	}
	assert.Equal(t, http.StatusNotFound, asked("/traces/77?format=html").Code)
	assert.Equal(t, http.StatusNotImplemented, ask(t, sample(), "/traces/1?format=html").Code, "without a page")
}

// TestPageAsFileHasLargeValues: of attributes, events and records, but for what is
// too large, in no known place, or text in no encoding.
func TestPageAsFileHasLargeValues(t *testing.T) {
	dir := t.TempDir()
	link := func(name string, body []byte) string {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), body, 0o600))
		return "file://" + filepath.Join(dir, name)
	}
	megabyte := bytes.Repeat([]byte("é"), 1<<19)
	prompt, event, input := link("prompt", []byte("What now?")), link("event", []byte("{}")), link("input", []byte("go on"))
	large, odd := link("large", append(megabyte, '!')), link("odd", []byte{0xff})
	agent := sourcetest.Agent(1, began, "s-1")
	attributes := func(keys ...string) (attrs []trace.KeyValue) {
		for i, value := range keys {
			attrs = append(attrs, trace.KeyValue{Key: fmt.Sprint("k", i), Value: trace.String(value)})
		}
		return attrs
	}
	s := &agent.Spans[0]
	s.Attributes = append(s.Attributes, attributes("trace_link: "+prompt, prompt, large, odd, "file:///etc/passwd", "s3://elsewhere/x", "http://no where/")...)
	for i := range 9 {
		s.Attributes = append(s.Attributes, attributes(link(fmt.Sprint("m", i), megabyte))...)
	}
	s.Events = append(s.Events, trace.Event{Time: began, Name: "e", Attributes: attributes(event)})
	agent.Logs = append(agent.Logs, trace.Log{TraceID: s.TraceID, SpanID: s.ID, EventName: "sidetrace.node_trace_log", Time: began, Body: trace.String(
		`{"start_time": 1700000000000, "trace": [{"id": "1", "node_id": "n", "node_type": "step", "data": {"input": {"a": "trace_link: ` + input + `"}}}]}`)})
	place, err := objects.Folder(dir)
	require.NoError(t, err)
	var kept map[string]string
	c := config(memory.New(&agent))
	c.Objects = []objects.Place{place}
	c.Standalone = func(_ io.Writer, _ string, answers map[string]string) error {
		kept = answers
		return nil
	}
	path := native.Base + "/traces/" + s.TraceID.String()
	check(t, handlerOf(c), httptest.NewRequest(http.MethodGet, path+"?format=html", nil))
	total := 0
	for name, body := range kept {
		if strings.HasPrefix(name, "/") {
			delete(kept, name)
			continue
		}
		total += len(body)
	}
	assert.Equal(t, []string{"What now?", "{}", "go on"}, []string{kept[prompt], kept[event], kept[input]})
	assert.Len(t, kept, 3+7, "of the values of a megabyte as many as there is room for")
	assert.LessOrEqual(t, total, 8<<20)
	assert.NotContains(t, kept, large)
	assert.NotContains(t, kept, odd)
}
