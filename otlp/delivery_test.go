// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidetrace/sidetrace/internal/otlptest"
	"github.com/sidetrace/sidetrace/otlp"
)

// The tests of this file are of what the README says under "Nothing is lost". The
// clients are processes of their own.

// loadgen is a running client.
type loadgen struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr bytes.Buffer
}

// build builds the client, without the race detector, whose memory would be counted.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "loadgen")
	out, err := exec.Command("go", "build", "-o", bin, "../internal/loadgen").CombinedOutput()
	require.NoError(t, err, string(out))
	return bin
}

func run(t *testing.T, bin string, args ...string) *loadgen {
	t.Helper()
	l := &loadgen{t: t, cmd: exec.Command(bin, append([]string{"load"}, args...)...)}
	var err error
	l.stdin, err = l.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := l.cmd.StdoutPipe()
	require.NoError(t, err)
	l.stdout = bufio.NewReader(out)
	l.cmd.Stderr = &l.stderr
	require.NoError(t, l.cmd.Start())
	t.Cleanup(func() { _ = l.cmd.Process.Kill() })
	return l
}

// report is what a client says at its end.
type report struct {
	Made        int64
	RSSBefore   int64 `json:"rss_before"`
	RSSMax      int64 `json:"rss_max"`
	Shutdown    time.Duration
	ShutdownErr string `json:"shutdown_err"`
	Ledger      []otlp.Account
}

// end waits for the client's report.
func (l *loadgen) end() (r report) {
	l.t.Helper()
	require.NoError(l.t, l.stdin.Close())
	out, err := io.ReadAll(l.stdout)
	require.NoError(l.t, err)
	require.NoError(l.t, l.cmd.Wait(), l.stderr.String())
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	require.NoError(l.t, json.Unmarshal([]byte(lines[len(lines)-1]), &r), string(out))
	return r
}

// ids reads the ids that the client prints, to the end of its output.
func (l *loadgen) ids() (all []string) {
	for {
		line, err := l.stdout.ReadString('\n')
		if id, bad := hex.DecodeString(strings.TrimSpace(line)); bad == nil && len(id) == 8 {
			all = append(all, string(id)) // a last line that is cut off was not printed
		}
		if err != nil {
			return all
		}
	}
}

func TestBurst(t *testing.T) {
	const spans = 500_000
	c := otlptest.Count(t, "127.0.0.1:0", nil)
	l := run(t, build(t), "-endpoint", c.URL, "-spool", t.TempDir(), "-n", strconv.Itoa(spans), "-goroutines", "8", "-timeout", "5m")
	r := l.end()
	assert.Empty(t, r.ShutdownErr)
	different, again := c.Spans()
	assert.Equal(t, spans, different)
	assert.Zero(t, again)
	assert.EqualValues(t, spans, r.Ledger[0].Delivered)
}

// A collector that is away costs nothing, and little memory.
func TestOutage(t *testing.T) {
	bin := build(t)
	for _, rate := range []int{200, 10_000} {
		t.Run(strconv.Itoa(rate), func(t *testing.T) {
			t.Parallel()
			const outage = 90 * time.Second
			addr := otlptest.FreeAddr(t)
			n := rate * int(outage/time.Second)
			l := run(t, bin, "-endpoint", "http://"+addr, "-spool", t.TempDir(), "-rate", strconv.Itoa(rate), "-n", strconv.Itoa(n), "-keep", "-timeout", "2m")
			time.Sleep(outage) // this is what is tested
			back := time.Now()
			c := otlptest.Count(t, addr, nil)
			otlptest.Wait(t, "the first delivery", func() bool { return !c.First().IsZero() })
			recovery := c.First().Sub(back)
			r := l.end()
			assert.Empty(t, r.ShutdownErr)
			different, again := c.Spans()
			assert.EqualValues(t, r.Made, different)
			t.Logf("%d spans, first delivery after %v, %d twice, memory grew by %d KiB", r.Made, recovery, again, (r.RSSMax-r.RSSBefore)>>10)
			assert.Less(t, recovery, 5*time.Second)
			assert.Less(t, r.RSSMax-r.RSSBefore, int64(64<<20))
		})
	}
}

// What has ended outlives the process, however that ends.
func TestKill(t *testing.T) {
	const kills, inFlight, batch = 50, 4, 512
	c := otlptest.Count(t, "127.0.0.1:0", nil)
	bin, dir := build(t), t.TempDir()
	var told []string
	for kill := range kills {
		_, again := c.Spans()
		assert.LessOrEqual(t, again, kill*inFlight*batch, "after %d kills", kill)
		l := run(t, bin, "-endpoint", c.URL, "-spool", dir, "-goroutines", "4", "-rate", "20000", "-print")
		var got []string
		done := make(chan struct{})
		go func() {
			defer close(done)
			got = l.ids()
		}()
		time.Sleep(time.Duration(20+rand.IntN(300)) * time.Millisecond) // a moment of nobody's choosing
		require.NoError(t, l.cmd.Process.Kill())
		<-done
		_ = l.cmd.Wait() // it was killed
		told = append(told, got...)
	}
	r := run(t, bin, "-endpoint", c.URL, "-spool", dir, "-n", "1", "-timeout", "1m").end()
	assert.Empty(t, r.ShutdownErr)
	missing := 0
	for _, id := range told {
		if !c.Has(id) {
			missing++
		}
	}
	different, again := c.Spans()
	t.Logf("%d reported, %d delivered, %d twice", len(told), different, again)
	assert.Greater(t, len(told), 10*kills)
	assert.Zero(t, missing, "of %d that were reported", len(told))
	assert.LessOrEqual(t, again, kills*inFlight*batch)
	left, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	require.NoError(t, err)
	// Who was killed before its first span has left an empty folder, which others
	// take for that of a process that starts until it has aged.
	left = slices.DeleteFunc(left, func(path string) bool { return filepath.Base(path) == "lock" })
	assert.Empty(t, left, "all is delivered")
}

// Shutdown keeps its deadline, and what it leaves the next process delivers.
func TestShutdownWithoutACollector(t *testing.T) {
	const spans = 2000
	bin, dir, addr := build(t), t.TempDir(), otlptest.FreeAddr(t)
	var late []time.Duration
	for i := range 5 {
		r := run(t, bin, "-endpoint", "http://"+addr, "-spool", dir, "-n", strconv.Itoa(spans), "-timeout", "1s").end()
		late = append(late, r.Shutdown-time.Second)
		made := int64(spans * (i + 1)) // the next process has what the one before has left
		assert.Contains(t, r.ShutdownErr, "0 of "+strconv.FormatInt(made, 10)+" spans delivered, "+strconv.FormatInt(made, 10)+" wait in "+dir)
		assert.Equal(t, made, r.Ledger[0].Waiting)
	}
	slices.Sort(late)
	t.Logf("past the deadline: %v", late)
	assert.Less(t, late[len(late)/2], 100*time.Millisecond)
	c := otlptest.Count(t, addr, nil)
	r := run(t, bin, "-endpoint", "http://"+addr, "-spool", dir, "-n", "1", "-timeout", "1m").end()
	assert.Empty(t, r.ShutdownErr)
	different, again := c.Spans()
	assert.Equal(t, 5*spans+1, different)
	assert.Zero(t, again)
}

// One span that no request has room for does not cost the others.
func TestOneLargeSpan(t *testing.T) {
	text := strings.Repeat("prompt ", 5<<20/7)
	for name, offload := range map[string]func(string) (string, bool){
		"cut":  nil,
		"link": func(v string) (string, bool) { return "trace_link: s3://b/" + strconv.Itoa(len(v)), true },
	} {
		t.Run(name, func(t *testing.T) {
			quiet(t)
			c := otlptest.Count(t, "127.0.0.1:0", nil) // takes 4 MiB, gRPC's default
			p := start(t, otlp.Config{Traces: []otlp.Endpoint{{URL: c.URL, Protocol: otlp.ProtocolGRPC}}, Offload: offload,
				Spool: otlp.SpoolConfig{Dir: t.TempDir()}, SpanBatch: otlp.Batch{Bytes: 64 << 20}})
			tracer := p.TracerProvider().Tracer("test")
			for i := range 512 {
				name, attrs := "narrow", []attribute.KeyValue{attribute.String("sid", "s1")}
				if i == 256 {
					name, attrs = otlptest.Wide, append(attrs, attribute.String("gen_ai.input.messages", text), attribute.String("short", "stays"))
				}
				_, s := tracer.Start(t.Context(), name, trace.WithAttributes(attrs...))
				s.End()
			}
			require.NoError(t, p.Shutdown(t.Context()))
			different, again := c.Spans()
			assert.Equal(t, 512, different)
			assert.Zero(t, again)
			require.Len(t, c.Wide(), 1)
			got := map[string]string{}
			for _, a := range c.Wide()[0].Attributes {
				got[a.Key] = a.Value.GetStringValue()
				for _, e := range a.Value.GetArrayValue().GetValues() {
					got[a.Key] += e.GetStringValue()
				}
			}
			assert.Equal(t, "s1", got["sid"])
			assert.Equal(t, "stays", got["short"])
			if offload != nil {
				assert.Equal(t, "trace_link: s3://b/"+strconv.Itoa(len(text)), got["gen_ai.input.messages"])
				assert.NotContains(t, got, otlp.TruncatedKey)
			} else {
				assert.Equal(t, "gen_ai.input.messages", got[otlp.TruncatedKey])
				assert.True(t, strings.HasPrefix(text, strings.TrimSuffix(got["gen_ai.input.messages"], "…")))
				assert.Greater(t, len(got["gen_ai.input.messages"]), 1<<20)
			}
			assert.EqualValues(t, 512, p.Ledger()[0].Delivered)
		})
	}
}

// The files of the spool hold what was in the spans, and nothing of how they are
// sent.
func TestNoSecretsOnDisk(t *testing.T) {
	quiet(t)
	dir := t.TempDir()
	p, err := otlp.New(t.Context(), otlp.Config{
		Traces: []otlp.Endpoint{{URL: "http://" + otlptest.FreeAddr(t), Protocol: otlp.ProtocolGRPC, Headers: map[string]string{"authorization": "hush-hush"}}},
		Spool:  otlp.SpoolConfig{Dir: dir},
	})
	require.NoError(t, err)
	record(p, "something")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	require.Error(t, p.Shutdown(ctx))
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	found := false
	for _, name := range files {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		found = found || bytes.Contains(b, []byte("something"))
		assert.NotContains(t, string(b), "hush", name)
	}
	assert.True(t, found)
}
