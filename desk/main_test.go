// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
	"github.com/sidetrace/sidetrace/examples/agent/agentdemo"
)

const agentFile = "testdata/agent.jsonl"

// The ids of the traces in agentFile, the newest first.
const (
	lisbon   = "a0ce8ad3e418eebb4476d5f8ef579544"
	hangzhou = "1229a8ddbfac2cc57dab80ef716ce345"
)

// desk runs the command.
func desk(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	err := run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	code = exit(err, &errs)
	return out.String(), errs.String(), code
}

// ok runs the command, which must succeed.
func ok(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	stdout, stderr, code := desk(t, "", args...)
	require.Zero(t, code, stderr)
	require.NotEmpty(t, stdout)
	return stdout, stderr
}

func TestEveryViewAndFormat(t *testing.T) {
	for i := range views {
		for _, w := range views[i].ways {
			t.Run(views[i].name+"/"+w.format, func(t *testing.T) {
				out, _ := ok(t, "show", agentFile, "--view", views[i].name, "--format", w.format)
				requireFormat(t, w.format, out)
			})
		}
	}
}

// requireFormat checks what tells the formats apart.
func requireFormat(t *testing.T, name, out string) {
	t.Helper()
	switch name {
	case "text":
		assert.NotContains(t, out, "\x1b", "no colours where there is no terminal")
	case "json", "chrome", "speedscope", "otlp", "jaeger":
		assert.True(t, json.Valid([]byte(out)), "%.200s", out)
	case "mermaid":
		assert.Regexp(t, `^(sequenceDiagram|flowchart LR)\n`, out)
	case "dot":
		assert.Regexp(t, `^digraph `, out)
	case "csv":
		assert.Regexp(t, `^[a-zA-Z0-9,]+\n`, out)
	default:
		require.Fail(t, "no such format: "+name)
	}
}

func TestShow(t *testing.T) {
	for _, tc := range []struct {
		name           string
		args           []string
		stdout, stderr []string // what they contain
	}{
		{"the newest of several", []string{agentFile}, []string{"trace " + lisbon, "4 errors", "look up flights", "✗ rpc error"}, []string{"2 traces; this is the newest", "--trace ID", "--view list"}},
		{"flags before files", []string{"--view=list", agentFile}, []string{lisbon[:8], hangzhou[:8]}, nil},
		{"flags between files", []string{agentFile, "-view", "list", agentFile}, []string{lisbon[:8]}, nil},
		{"files after --", []string{"--view", "list", "--", agentFile}, []string{lisbon[:8]}, nil},
		{"a prefix", []string{agentFile, "--trace", "12"}, []string{"trace " + hangzhou}, nil},
		{"an id in capitals with dashes", []string{agentFile, "--trace", "1229A8DD-BFAC-2CC5-7DAB-80EF716CE345"}, []string{"trace " + hangzhou}, nil},
		{"a folder", []string{"testdata", "--view", "list"}, []string{"<script>", lisbon[:8], hangzhou[:8]}, nil},
		{"two traces", []string{agentFile, "--trace", "12,a0"}, []string{"this  POST", "33 spans in both", "− 4 only in the other"}, nil},
		{"with another", []string{agentFile, "--with", "12"}, []string{"+ 4 only in this one"}, nil},
		{"diff with the one before", []string{agentFile, "--view", "diff"}, []string{"+ 4 only in this one"}, []string{"compared with trace " + hangzhou}},
		{"a format without a view", []string{agentFile, "--format", "mermaid"}, []string{"sequenceDiagram"}, nil},
		{"a format without a view", []string{agentFile, "--format", "dot"}, []string{"digraph"}, nil},
		{"fields", []string{agentFile, "--view", "stats", "--group", "kind", "--group=status"}, []string{"kind", "status", "server", "error"}, nil},
		{"colour", []string{agentFile, "--color", "always"}, []string{"\x1b[1mPOST /v1/chat\x1b[0m"}, nil},
		{"rows", []string{agentFile, "--rows", "5"}, []string{"left out"}, nil},
		{"prices", []string{agentFile, "--prices", "testdata/prices.json"}, []string{"0.00171 USD"}, nil},
		{"width", []string{agentFile, "--width", "60"}, []string{"247 ms · 37 spans · 3 services · 4 errors\n"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, errs := ok(t, append([]string{"show"}, tc.args...)...)
			for _, want := range tc.stdout {
				assert.Contains(t, out, want)
			}
			for _, want := range tc.stderr {
				assert.Contains(t, errs, want)
			}
			if tc.stderr == nil && !strings.Contains(errs, "this is the newest") {
				assert.Empty(t, errs)
			}
		})
	}
}

func TestWrongUse(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.jsonl")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	other := filepath.Join(t.TempDir(), "other.json")
	require.NoError(t, os.WriteFile(other, []byte("#!/bin/sh\n"), 0o600))
	for _, tc := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"command", []string{"shwo"}, 2, []string{`unknown command "shwo"`, "show"}},
		{"help", []string{"help", "me"}, 2, []string{"me", "serve, demo, open or show"}},
		{"no file", []string{"show"}, 2, []string{"no file", "-"}},
		{"flag", []string{"show", agentFile, "--veiw", "tree"}, 2, []string{"veiw", "--view", "--format"}},
		{"number", []string{"show", agentFile, "--rows", "many"}, 2, []string{"rows", "many"}},
		{"width", []string{"show", agentFile, "--width", "-3"}, 2, []string{"--width -3"}},
		{"color", []string{"show", agentFile, "--color", "red"}, 2, []string{`--color "red"`, "auto, always or never"}},
		{"view", []string{"show", agentFile, "--view", "pie"}, 2, []string{`--view "pie"`, "tree", "sequence", "list"}},
		{"format", []string{"show", agentFile, "--format", "pdf"}, 2, []string{`--format "pdf"`, "mermaid", "speedscope"}},
		{"format of a view", []string{"show", agentFile, "--view", "sequence", "--format", "csv"}, 2, []string{`--view sequence has no --format "csv"`, "text, json, mermaid"}},
		{"fields", []string{"show", agentFile, "--view", "stats", "--group", "colour"}, 2, []string{"--group", "colour", "service"}},
		{"id", []string{"show", agentFile, "--trace", "xyz"}, 2, []string{`"xyz"`, "hexadecimal"}},
		{"three traces", []string{"show", agentFile, "--trace", "a,b,c"}, 2, []string{"3 traces", "two to compare"}},
		{"two traces and another view", []string{"show", agentFile, "--view", "tree", "--trace", "a0", "--with", "12"}, 2, []string{"--view diff"}},
		{"nothing to compare with", []string{"show", agentFile, "--view", "diff", "--trace", "12"}, 2, []string{"no earlier trace", "--with ID"}},
		{"missing file", []string{"show", "nothing.jsonl"}, 1, []string{"nothing.jsonl", "no such file"}},
		{"missing prices", []string{"show", agentFile, "--prices", "nothing.json"}, 1, []string{"nothing.json", "no such file"}},
		{"wrong prices", []string{"show", agentFile, "--prices", agentFile}, 1, []string{agentFile, "price table"}},
		{"empty file", []string{"show", empty}, 1, []string{"no spans in", empty}},
		{"other file", []string{"show", other}, 1, []string{other, "want spans as OTLP"}},
		{"folder of other files", []string{"show", filepath.Dir(other)}, 1, []string{"no spans in", "other.json", "want spans as OTLP"}},
		{"unknown trace", []string{"show", agentFile, "--trace", "ffff"}, 1, []string{"trace ffff", "2 traces", lisbon, hangzhou, "--view list"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, errs, code := desk(t, "", tc.args...)
			assert.Equal(t, tc.code, code)
			assert.Empty(t, out)
			for _, want := range tc.want {
				assert.Contains(t, errs, want)
			}
		})
	}
}

func TestAmbiguousPrefix(t *testing.T) {
	var spans []trace.Span
	for i := range 20 {
		spans = append(spans, trace.Span{TraceID: trace.TraceID{0xab, byte(i)}, ID: trace.SpanID{1}, Name: "x", Start: int64(i), End: 30})
	}
	lines := string(format.AppendOTLPJSON(nil, &trace.Batch{Spans: spans}))
	_, errs, code := desk(t, lines, "show", "-", "--trace", "ab")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "20 ids begin like that")
	assert.Contains(t, errs, "and 15 more")
	out, _, code := desk(t, lines, "show", "-", "--trace", "ab07")
	assert.Zero(t, code)
	assert.Contains(t, out, "trace ab07")
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"--help"}, {"-h"}} {
		out, _ := ok(t, args...)
		assert.Contains(t, out, "desk show")
	}
	for _, args := range [][]string{{"help", "show"}, {"show", "--help"}, {"show", "-h"}} {
		out, _ := ok(t, args...)
		for _, want := range []string{"--trace ID", "--view VIEW", "flame", "speedscope", "*.jsonl"} {
			assert.Contains(t, out, want)
		}
	}
}

func TestStandardInputAndRoundTrips(t *testing.T) {
	for _, name := range []string{"otlp", "jaeger"} {
		written, _ := ok(t, "show", agentFile, "--trace", hangzhou, "--format", name)
		want, _ := ok(t, "show", agentFile, "--trace", hangzhou, "--view", "services")
		got, errs, code := desk(t, written, "show", "-", "--view", "services")
		require.Zero(t, code, errs)
		assert.Equal(t, want, got, name)
	}
}

func TestPartOfAFile(t *testing.T) {
	b, err := os.ReadFile(agentFile)
	require.NoError(t, err)
	out, errs, code := desk(t, string(b[:len(b)-100]), "show", "-", "--view", "list")
	assert.Zero(t, code)
	assert.Contains(t, out, hangzhou[:8])
	assert.Contains(t, errs, "standard input")
	assert.Contains(t, errs, "the rest was read")
}

func TestFolderSkipsOtherFiles(t *testing.T) {
	dir := t.TempDir()
	b, err := os.ReadFile(agentFile)
	require.NoError(t, err)
	for name, content := range map[string]string{
		"gateway/traces.jsonl": string(b), "gateway/logs.jsonl": "", "package.json": `{"name":"x"}`, "notes.txt": "no spans", "broken.pb": "\xff\xff",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	out, _ := ok(t, "show", dir, "--view", "list")
	assert.Contains(t, out, lisbon[:8])
}

// TestAgent runs the demo and shows what it leaves, as the README does.
func TestAgent(t *testing.T) {
	dir := t.TempDir()
	demo, err := agentdemo.Start(t.Context(), agentdemo.Config{Dir: dir})
	require.NoError(t, err)
	var ids []string
	for i, city := range []string{"Hangzhou", "Lisbon"} {
		a, err := demo.Ask(t.Context(), agentdemo.Question{City: city, UID: "user-1", ChatID: fmt.Sprint("chat-", i)})
		require.NoError(t, err)
		ids = append(ids, a.TraceID)
	}
	stop, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	require.NoError(t, demo.Shutdown(stop))

	wants := map[string][]string{
		"tree":     {ids[1], "gateway", "engine", "tools", "Model", "SELECT passages ×10", "✗ "},
		"flame":    {"[POST /v1/chat", "self", "decode"},
		"sequence": {"outside", "gateway", "engine", "tools", "sqlite", "►", "◄", "SELECT passages ×10"},
		"topology": {"gateway POST /v1/chat", "─► ", "engine POST /run", "└► End"},
		"services": {"outside", "grpc agent.v1.Tools/Call", "sqlite"},
		"stats":    {"p95", "agent.v1.Model/Generate"},
		"run":      {"Plan", "demo-1", "retrieval"},
		"findings": {"warning", "SELECT passages"},
		"diff":     {" spans in both", " only in this one"}, // the tools start at once, in any order
		"list":     {ids[0][:8], ids[1][:8], "POST /v1/chat"},
	}
	for i := range views {
		name := views[i].name
		t.Run(name, func(t *testing.T) {
			require.NotEmpty(t, wants[name])
			out, _ := ok(t, "show", dir, "--view", name)
			for _, want := range wants[name] {
				assert.Contains(t, out, want)
			}
			for _, w := range views[i].ways {
				out, _ := ok(t, "show", dir, "--view", name, "--format", w.format, "--trace", ids[1])
				requireFormat(t, w.format, out)
			}
		})
	}
}

func TestBrokenPipe(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, r.Close())
	defer func() { _ = w.Close() }()
	for _, out := range []io.Writer{w, brokenPipe{}} {
		var errs bytes.Buffer
		err = run(t.Context(), []string{"show", agentFile, "--trace", "12"}, nil, out, &errs)
		require.ErrorIs(t, err, syscall.EPIPE)
		assert.Zero(t, exit(err, &errs))
		assert.Empty(t, errs.String())
	}
}

// brokenPipe is a writer whose reader went away.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Err: syscall.EPIPE}
}

func TestFullDisk(t *testing.T) {
	var errs bytes.Buffer
	full := errors.New("no space left on device")
	assert.Equal(t, 1, exit(run(t.Context(), []string{"show", agentFile}, nil, writerThatFails{full}, io.Discard), &errs))
	assert.Contains(t, errs.String(), "no space left")
}

type writerThatFails struct{ err error }

func (w writerThatFails) Write([]byte) (int, error) { return 0, w.err }

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, run(ctx, []string{"show", "testdata"}, nil, io.Discard, io.Discard), context.Canceled)
}

func TestColumns(t *testing.T) {
	t.Setenv("COLUMNS", "60")
	out, _ := ok(t, "show", agentFile)
	for line := range strings.Lines(out) {
		assert.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), 60)
	}
	t.Setenv("COLUMNS", "wide")
	out, _ = ok(t, "show", agentFile)
	wide, _ := ok(t, "show", agentFile, "--width", "100")
	assert.Equal(t, wide, out)
}

func TestColored(t *testing.T) {
	for _, tc := range []struct {
		flag, noColor, term string
		isTerminal, want    bool
	}{
		{"auto", "", "xterm", true, true},
		{"auto", "", "xterm", false, false},
		{"auto", "1", "xterm", true, false},
		{"auto", "", "dumb", true, false},
		{"always", "1", "dumb", false, true},
		{"never", "", "xterm", true, false},
	} {
		t.Setenv("NO_COLOR", tc.noColor)
		t.Setenv("TERM", tc.term)
		o := &showOptions{color: tc.flag}
		assert.Equal(t, tc.want, o.colored(tc.isTerminal), "%+v", tc)
	}
}

func FuzzShow(f *testing.F) {
	b, err := os.ReadFile("testdata/hostile.jsonl")
	require.NoError(f, err)
	f.Add(b, uint8(0))
	f.Add([]byte(`{"data":[{"traceID":"1","spans":[{"traceID":"1","spanID":"2","operationName":"x","startTime":1,"duration":2}]}]}`), uint8(9))
	f.Add([]byte(`[{"traceId":"1","id":"2","name":"x","timestamp":1,"duration":2,"kind":"CLIENT"}]`), uint8(17))
	f.Add([]byte("\n\x02\n\x00"), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, which uint8) {
		v := views[int(which)%len(views)]
		w := v.ways[int(which)/len(views)%len(v.ways)]
		var out, errs bytes.Buffer
		err := run(context.Background(), []string{"show", "-", "--view", v.name, "--format", w.format}, bytes.NewReader(data), &out, &errs)
		if err == nil && w.format != "otlp" && w.format != "jaeger" && w.format != "csv" {
			requireFormat(t, w.format, out.String())
		}
		if err == nil && w.format == "text" {
			require.NotContains(t, strings.ReplaceAll(out.String(), "\n", ""), "\r")
		}
	})
}
