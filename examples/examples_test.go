// SPDX-License-Identifier: Apache-2.0

// Package examples_test runs the example programs as their users do.
package examples_test

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/internal/otlptest"
)

// build builds an example and returns its command, with a state folder of the
// test's own and no other setting.
func build(t *testing.T, name string, args ...string) (cmd *exec.Cmd, state string) {
	t.Helper()
	state = t.TempDir()
	program := filepath.Join(state, name)
	out, err := exec.Command("go", "build", "-o", program, "./"+name).CombinedOutput()
	require.NoError(t, err, "%s", out)
	cmd = exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = state
	cmd.Env = []string{"SIDETRACE_STATE_DIR=" + state, "PATH=" + os.Getenv("PATH"), "HOME=" + state}
	return cmd, state
}

func TestExamples(t *testing.T) {
	const sid = `svc00[0-9a-f]{6}@src[0-9a-f]{15}002`
	for _, tt := range []struct {
		name string
		args []string
		want string
		file string // that it writes, below its state folder
	}{
		{"agent", []string{"-n", "5"}, `(?s)(POST /v1/chat.*){5}The services' spans`, "sidetrace-demo/engine/logs.jsonl"},
		{"grpc", nil, `^SERVING session \[(` + sid + `)\] same here: ` + sid, "health/traces.jsonl"},
		{"batch", nil, `^session ` + sid + ` is in `, "nightly/logs.jsonl"},
		{"logs", nil, `msg=inside step=1 trace_id=[0-9a-f]{32} span_id=[0-9a-f]{16} sid=` + sid, "logging/traces.jsonl"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd, state := build(t, tt.name, tt.args...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			require.NoError(t, err, "%s", stderr.String())
			assert.Regexp(t, regexp.MustCompile(tt.want), string(out))
			assert.FileExists(t, filepath.Join(state, filepath.FromSlash(tt.file)))
		})
	}
}

func TestHTTPExample(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no interrupt for a process")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	cmd, state := build(t, "http", "-addr", addr)
	require.NoError(t, cmd.Start())
	var resp *http.Response
	otlptest.Wait(t, "an answer", func() bool {
		resp, err = http.Get("http://" + addr + "/greet/Ada")
		return err == nil
	})
	resp.Body.Close()
	assert.NotEmpty(t, resp.Header.Get("X-Sid"))
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, cmd.Wait(), "it stops when asked")
	traces, err := os.ReadFile(filepath.Join(state, "greeter", "traces.jsonl"))
	require.NoError(t, err)
	assert.Contains(t, string(traces), `"name":"greet"`)
	assert.Contains(t, string(traces), `"name":"GET /greet/{name}"`)
}
