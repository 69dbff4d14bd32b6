// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/internal/otlptest"
	"github.com/sidetrace/sidetrace/internal/spool"
)

// logNames returns the names of the log records that a collector has got.
func logNames(c *otlptest.Collector) (names []string) {
	for _, rl := range c.Logs() {
		for _, sl := range rl.ScopeLogs {
			for _, r := range sl.LogRecords {
				names = append(names, r.SeverityText)
			}
		}
	}
	return names
}

func isEmpty(t *testing.T, dir string) bool {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	return len(entries) == 0
}

func TestSend(t *testing.T) {
	for _, tt := range []struct {
		name      string
		collector *otlptest.Collector
		args      []string
	}{
		{"gRPC", otlptest.GRPC(t, nil), []string{"-protocol", "grpc", "-compression", "zstd"}},
		{"HTTP", otlptest.HTTP(t, nil), []string{"-compression", "gzip"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "tenant=acme")
			left(t, dir, away, 700, 40, 0)
			left(t, dir, away, 0, 1, 0)
			args := append([]string{"send", "-endpoint", tt.collector.URL, "-header", "authorization=Bearer x=y"}, tt.args...)
			stdout, stderr, err := call(t, append(args, dir)...)
			require.NoError(t, err, stderr)
			assert.ElementsMatch(t, upTo("span", 0, 700), tt.collector.SpanNames())
			assert.ElementsMatch(t, append(upTo("log", 0, 40), "log 0"), logNames(tt.collector))
			assert.Regexp(t, `^`+tt.collector.URL+`(/v1/traces)?: 700 of 700 spans delivered\n`+tt.collector.URL+`(/v1/logs)?: 41 of 41 log records delivered\n$`, stdout)
			assert.Empty(t, stderr)
			assert.True(t, isEmpty(t, dir), "what is delivered is removed")
			for _, h := range tt.collector.Headers() {
				assert.Equal(t, "Bearer x=y", h.Get("authorization"))
				assert.Equal(t, "acme", h.Get("tenant"))
			}
			stdout, _, err = call(t, append(args, dir)...)
			require.NoError(t, err)
			assert.Equal(t, "there is nothing to send\n", stdout)
		})
	}
}

// The cursor of the service's own URL goes on where it stood; to another one goes all
// that is left.
func TestSendGoesOn(t *testing.T) {
	for _, same := range []bool{true, false} {
		dir, c := t.TempDir(), otlptest.GRPC(t, nil)
		url := away
		if same {
			url = c.URL
		}
		left(t, dir, url, 100, 0, 60)
		stdout, stderr, err := call(t, "send", "-protocol", "grpc", "-endpoint", c.URL, dir)
		require.NoError(t, err, stderr)
		if same {
			assert.Contains(t, stdout, "40 of 40 spans delivered")
			assert.Equal(t, upTo("span", 60, 100), c.SpanNames())
		} else {
			assert.Equal(t, upTo("span", 0, 100), c.SpanNames())
		}
		assert.True(t, isEmpty(t, dir))
	}
}

// A service may send each signal to a place of its own, path included.
func TestSendToEachSignalsEndpoint(t *testing.T) {
	dir, traces, logs := t.TempDir(), otlptest.HTTP(t, nil), otlptest.GRPC(t, nil)
	left(t, dir, traces.URL+"/v1/traces", 10, 5, 4)
	stdout, _, err := call(t, "send", "-traces-endpoint", traces.URL+"/v1/traces", "-logs-endpoint", logs.URL+"/v1/logs", "-protocol", "http/protobuf", "-timeout", "300ms", dir)
	require.Error(t, err, "the other one speaks gRPC")
	assert.Contains(t, stdout, "6 of 6 spans delivered")
	assert.Contains(t, stdout, "0 of 5 log records delivered, 5 wait")
	assert.Equal(t, upTo("span", 4, 10), traces.SpanNames())
	_, stderr, err := call(t, "send", "-traces-endpoint", away, "-logs-endpoint", logs.URL, "-protocol", "grpc", "-timeout", "300ms", dir)
	require.ErrorContains(t, err, "not all is delivered", "spans have not gone there: %s", stderr)
	assert.Equal(t, upTo("log", 0, 5), logNames(logs))
}

func TestSendLeavesTheLivingAlone(t *testing.T) {
	dir, c := t.TempDir(), otlptest.HTTP(t, nil)
	alive := begin(t, dir, away).write(5, 0, 0)
	for _, d := range []string{dir, alive.folder()} {
		_, stderr, err := call(t, "send", "-endpoint", c.URL, d)
		require.ErrorContains(t, err, "all processes are alive")
		assert.Equal(t, 1, exitCode(err))
		assert.Contains(t, stderr, alive.folder()+": left alone")
	}
	left(t, dir, away, 3, 0, 0)
	_, stderr, err := call(t, "send", "-endpoint", c.URL, dir)
	require.NoError(t, err)
	assert.Contains(t, stderr, alive.folder()+": left alone")
	assert.Equal(t, upTo("span", 0, 3), c.SpanNames())
	stdout, _, err := call(t, "print", alive.folder())
	require.NoError(t, err)
	assert.Equal(t, upTo("span", 0, 5), names(t, stdout))
}

func TestSendOneProcess(t *testing.T) {
	dir, c := t.TempDir(), otlptest.HTTP(t, nil)
	wanted := begin(t, dir, away).write(3, 0, 0)
	other := begin(t, dir, away).write(4, 0, 100) // both live, lest one takes over the other
	wanted.end()
	other.end()
	before := contents(t, other.folder())
	_, stderr, err := call(t, "send", "-endpoint", c.URL, wanted.folder())
	require.NoError(t, err, stderr)
	assert.Equal(t, upTo("span", 0, 3), c.SpanNames())
	assert.Equal(t, before, contents(t, other.folder()))
	assert.NoDirExists(t, wanted.folder())
}

// Each service has a spool folder of its own.
func TestSendServices(t *testing.T) {
	base, c := t.TempDir(), otlptest.HTTP(t, nil)
	for _, service := range []string{"travel", "hotel"} {
		left(t, filepath.Join(base, service, "spool"), away, 3, 0, 0)
	}
	_, stderr, err := call(t, "send", "-endpoint", c.URL, base)
	require.NoError(t, err, stderr)
	assert.Len(t, c.SpanNames(), 6)
}

// What the service had delivered to one collector alone is not removed before the
// other one has it.
func TestSendSparesOthers(t *testing.T) {
	dir, ahead, behind := t.TempDir(), otlptest.GRPC(t, nil), otlptest.GRPC(t, nil)
	p := begin(t, dir, ahead.URL)
	slow := p.spool.Cursor(spool.Span, behind.URL)
	p.write(100, 0, 0)
	p.confirm(p.spans, 90)
	p.confirm(slow, 20)
	p.end()
	before := contents(t, dir)
	_, _, err := call(t, "send", "-protocol", "grpc", "-endpoint", ahead.URL, dir)
	require.ErrorContains(t, err, "70 spans would be removed that wait for cursor")
	assert.Equal(t, 1, exitCode(err))
	assert.Equal(t, before, contents(t, dir))

	_, stderr, err := call(t, "send", "-protocol", "grpc", "-endpoint", ahead.URL+","+behind.URL, dir)
	require.NoError(t, err, stderr)
	assert.Equal(t, upTo("span", 90, 100), ahead.SpanNames())
	assert.ElementsMatch(t, upTo("span", 20, 100), behind.SpanNames())
	assert.True(t, isEmpty(t, dir))
}

func TestSendByForce(t *testing.T) {
	dir, c := t.TempDir(), otlptest.GRPC(t, nil)
	p := begin(t, dir, c.URL)
	slow := p.spool.Cursor(spool.Span, away)
	p.write(100, 0, 0)
	p.confirm(p.spans, 90)
	p.confirm(slow, 20)
	p.end()
	_, stderr, err := call(t, "send", "-force", "-protocol", "grpc", "-endpoint", c.URL, dir)
	require.NoError(t, err, stderr)
	assert.Equal(t, upTo("span", 90, 100), c.SpanNames())
	assert.True(t, isEmpty(t, dir))
}

// A collector that is away costs nothing, whether the time is over or somebody has
// had enough.
func TestSendWithoutAnAnswer(t *testing.T) {
	dir := t.TempDir()
	p := left(t, dir, away, 50, 5, 0)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	for _, endpoint := range [][]string{{away, "http/protobuf"}, {"http://" + silent.Addr().String(), "grpc"}} {
		stdout, stderr, err := call(t, "send", "-timeout", "400ms", "-endpoint", endpoint[0], "-protocol", endpoint[1], dir)
		require.ErrorContains(t, err, "not all is delivered: 400ms are over")
		assert.Equal(t, 1, exitCode(err))
		assert.Regexp(t, `0 of 50 spans delivered, 50 wait: .+\n.*0 of 5 log records delivered, 5 wait: .+\n`, stdout)
		assert.Contains(t, stderr, "spans wait, and are sent again")
		assert.NotContains(t, stderr, "shutdown")
	}
	stdout, _, err := call(t, "print", "-kind", "spans", dir)
	require.NoError(t, err)
	assert.Equal(t, upTo("span", 0, 50), names(t, stdout))
	assert.DirExists(t, p.folder())
}

func TestSendIsInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		interrupt()
		<-t.Context().Done()
	}))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	left(t, dir, away, 50, 0, 0)
	stdout, stderr, err := callIn(ctx, "send", "-endpoint", server.URL, dir)
	require.ErrorIs(t, err, context.Canceled)
	assert.Contains(t, stdout, "0 of 50 spans delivered, 50 wait")
	assert.Empty(t, stderr)
	stdout, _, err = call(t, "print", dir)
	require.NoError(t, err)
	assert.Equal(t, upTo("span", 0, 50), names(t, stdout))
}

func TestSendNamesWhatIsRefused(t *testing.T) {
	dir, c := t.TempDir(), otlptest.GRPC(t, nil)
	c.AnswerPartial(2, "two are not to my liking")
	left(t, dir, away, 10, 0, 0)
	stdout, _, err := call(t, "send", "-protocol", "grpc", "-endpoint", c.URL, dir)
	require.ErrorContains(t, err, "not all is delivered")
	require.ErrorContains(t, err, "two are not to my liking")
	assert.Contains(t, stdout, "8 of 10 spans delivered, 2 dropped (partial success)")
}

func TestSendNeedsTheFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write to every folder")
	}
	dir := t.TempDir()
	left(t, dir, away, 10, 0, 0)
	require.NoError(t, os.Chmod(dir, 0o500))
	_, _, err := call(t, "send", "-endpoint", away, dir)
	require.ErrorContains(t, err, "sending needs a little room")
}

func TestSendRefusesAFolderOfOthers(t *testing.T) {
	dir := t.TempDir()
	left(t, dir, away, 10, 0, 0)
	require.NoError(t, os.Chmod(dir, 0o777))
	_, _, err := call(t, "send", "-endpoint", away, dir)
	require.ErrorContains(t, err, "lets others write to it")
	stdout, _, err := call(t, "print", dir)
	require.NoError(t, err)
	assert.Equal(t, 10, strings.Count(stdout, "\n"))
}
