// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/internal/spool"
)

// call runs the command, and returns what it said.
func call(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	return callIn(t.Context(), args...)
}

func callIn(ctx context.Context, args ...string) (stdout, stderr string, err error) {
	var out, errOut strings.Builder
	err = run(ctx, args, &out, &errOut)
	return out.String(), errOut.String(), err
}

// process writes records as a process does, and has its spool closed with the test.
type process struct {
	t     *testing.T
	spool *spool.Spool
	spans *spool.Cursor
	logs  *spool.Cursor
}

const away = "http://127.0.0.1:1" // nobody listens there

// begin starts a process whose records are for a URL.
func begin(t *testing.T, dir, url string) *process {
	t.Helper()
	s, err := spool.Open(spool.Config{Dir: dir, SegmentBytes: 1 << 13, Report: func(err error) { t.Error(err) }})
	require.NoError(t, err)
	p := &process{t, s, s.Cursor(spool.Span, url), s.Cursor(spool.Log, url)}
	t.Cleanup(p.end)
	return p
}

// end closes the spool: its process is dead then.
func (p *process) end() { require.NoError(p.t, p.spool.Close()) }

func (p *process) folder() string { return p.spool.Folder() }

func encoded(t *testing.T, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	require.NoError(t, err)
	return b
}

// write adds spans and log records with the numbers from one to another in their
// names.
func (p *process) write(spans, logs, from int) *process {
	p.t.Helper()
	name := &commonpb.KeyValue{Key: "service.name", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: "travel"}}}
	resource := encoded(p.t, &tracepb.ResourceSpans{Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{name}}})
	o := p.spool.Origin(resource, encoded(p.t, &tracepb.ScopeSpans{Scope: &commonpb.InstrumentationScope{Name: "agent"}}))
	for i := from; i < from+max(spans, logs); i++ {
		if i < from+spans {
			require.NoError(p.t, p.spool.Append(spool.Span, o, encoded(p.t, &tracepb.Span{Name: fmt.Sprint("span ", i)})))
		}
		if i < from+logs {
			require.NoError(p.t, p.spool.Append(spool.Log, o, encoded(p.t, &logspb.LogRecord{SeverityText: fmt.Sprint("log ", i)})))
		}
	}
	return p
}

// confirm has the first records delivered.
func (p *process) confirm(c *spool.Cursor, n int) {
	p.t.Helper()
	for n > 0 {
		b := c.Next(1<<20, n)
		require.NotNil(p.t, b)
		n -= len(b.Records)
		c.Done(b, len(b.Records), nil)
	}
}

// left is a process that has written records, had some of them confirmed, and died.
func left(t *testing.T, dir, url string, spans, logs, confirmed int) *process {
	t.Helper()
	p := begin(t, dir, url).write(spans, logs, 0)
	if confirmed > 0 {
		p.confirm(p.spans, confirmed)
	}
	p.end()
	return p
}

// contents has a sum of each file below a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			all[path] = "folder"
			return err
		}
		b, err := os.ReadFile(path)
		all[path] = fmt.Sprintf("%x", sha256.Sum256(b))
		return err
	}))
	return all
}

func TestWrongUsage(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"", "a command is missing: list, check, print or send"},
		{"delete", `no command "delete": want list, check, print or send`},
		{"list -a", "list: flag provided but not defined: -a"},
		{"list a b", `list: want one folder, behind the flags, and not ["a" "b"]`},
		{"list -endpoint nowhere a", `-endpoint "nowhere": want http://host:port or https://host:port`},
		{"print -kind metrics a", `-kind "metrics": want spans or logs`},
		{"send a", "-endpoint is missing"},
		{"send -traces-endpoint http://h:4317 a", "-endpoint is missing, or -logs-endpoint"},
		{"send -endpoint http://h:4317 -logs-endpoint h a", `-logs-endpoint "h": want http://host:port`},
		{"send -endpoint http://h:4317", "the folder is missing"},
		{"send -endpoint http://h:4317 -protocol thrift a", `-protocol "thrift": want one of grpc, http/protobuf`},
		{"send -endpoint http://h:4317 -compression lz4 a", `-compression "lz4": want one of gzip, zstd, none`},
		{"send -endpoint http://h:4317 -timeout 0s a", "-timeout 0s: want more than 0"},
		{"send -endpoint http://h:4317 -timeout soon a", "-timeout"},
		{"send -endpoint http://h:4317 -header secret a", "-header: want name=value"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			_, _, err := call(t, strings.Fields(tt.args)...)
			require.ErrorContains(t, err, tt.want)
			assert.Equal(t, 2, exitCode(err))
			assert.Contains(t, err.Error(), "sidetrace-spool help")
			assert.NotContains(t, err.Error(), "secret")
		})
	}
	_, stderr, _ := call(t)
	assert.Contains(t, stderr, "sidetrace-spool print [-kind")
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"-h"}, {"send", "-h"}} {
		stdout, _, err := call(t, args...)
		require.NoError(t, err)
		assert.Contains(t, stdout, "sidetrace-spool send -endpoint URL")
	}
}

func TestNoFolder(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for _, args := range [][]string{{"list"}, {"check"}, {"print"}, {"send", "-endpoint", away}} {
		_, _, err := call(t, append(args, missing)...)
		require.ErrorIs(t, err, fs.ErrNotExist)
		assert.Equal(t, 1, exitCode(err))
	}
	t.Setenv("XDG_STATE_HOME", missing)
	stdout, _, err := call(t, "list")
	require.NoError(t, err, "no service has run yet")
	assert.Equal(t, "no records of any process\n", stdout)
}

// All that a folder may stand for leads to the same processes.
func TestFolders(t *testing.T) {
	state := t.TempDir()
	t.Setenv("XDG_STATE_HOME", state)
	service := filepath.Join(state, "sidetrace", "travel")
	p := left(t, filepath.Join(service, "spool"), away, 3, 0, 0)
	require.NoError(t, os.MkdirAll(filepath.Join(service, "offload", "process-OTHER", "values"), 0o700))
	want, _, err := call(t, "print")
	require.NoError(t, err)
	assert.Equal(t, 3, strings.Count(want, "\n"))
	for _, dir := range []string{p.folder(), filepath.Join(service, "spool"), service, filepath.Join(state, "sidetrace")} {
		got, _, err := call(t, "print", dir)
		require.NoError(t, err)
		assert.Equal(t, want, got, dir)
		got, _, err = call(t, "list", dir)
		require.NoError(t, err)
		assert.Equal(t, 1, strings.Count(got, "process-"), "that of others is no spool: %s", got)
	}
}
