// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

var (
	benchSpans = flag.String("spans", "1000000", "`numbers` of spans that BenchmarkDesk sends, with commas")
	soakTime   = flag.Duration("soak", 20*time.Second, "`time` that BenchmarkSoak takes")
	soakRate   = flag.Int("rate", 2000, "`number` of spans a second of BenchmarkSoak")
)

// A process is a desk that runs by itself.
type process struct {
	cmd           *exec.Cmd
	address, grpc string
	folder        string
}

// profile is what make build optimizes the desk by, and make profile makes of
// [BenchmarkProfile].
const profile = "desk.pgo"

// built is the program, built once; for benchmarks as make build does it, which
// takes longer.
var built = sync.OnceValues(func() (path string, err error) {
	path = filepath.Join(binaries, "desk")
	by := "off"
	if flag.Lookup("test.bench").Value.String() != "" {
		by = profile
	}
	if out, err := exec.Command("go", "build", "-pgo="+by, "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return path, nil
})

func launched(b testing.TB, more ...string) *process {
	b.Helper()
	return launchedIn(b, filepath.Join(b.TempDir(), "data"), more...)
}

// launchedIn is a desk with its data in a folder.
func launchedIn(b testing.TB, folder string, more ...string) *process {
	b.Helper()
	binary, err := built()
	require.NoError(b, err)
	p := &process{folder: folder}
	p.cmd = exec.Command(binary, append(append([]string{"serve", "--data", p.folder}, anywhere...), more...)...)
	p.cmd.Stderr = os.Stderr
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, p.cmd.Start())
	b.Cleanup(func() { _ = p.cmd.Process.Kill() }) // it has ended, if all went well
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(b, err)
	p.address, p.grpc = at(b, line, "open"), at(b, line, "grpc")
	return p
}

// stop ends the process as a service manager does.
func (p *process) stop(b testing.TB) {
	b.Helper()
	require.NoError(b, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(b, p.cmd.Wait())
}

// cpu is the processor time that the process has taken (proc_pid_stat(5): fields
// 14 and 15, in ticks of 10 ms).
func (p *process) cpu(b testing.TB) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	require.NoError(b, err)
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var ticks int
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		require.NoError(b, err)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// memory is a line of /proc/pid/status, such as VmHWM or VmRSS, in MiB.
func (p *process) memory(b testing.TB, name string) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	require.NoError(b, err)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			require.NoError(b, err)
			return kb / 1024
		}
	}
	b.Fatalf("no %s", name)
	return 0
}

// settled waits until the process does nothing any more.
func (p *process) settled(b testing.TB) {
	b.Helper()
	last := p.cpu(b)
	require.Eventually(b, func() bool {
		now := p.cpu(b)
		idle := now-last < 20*time.Millisecond
		last = now
		return idle
	}, 5*time.Minute, 2*time.Second)
}

// disk is what the folder has, but for what is set aside in it.
func (p *process) disk(b testing.TB) (bytes int64, files int) {
	b.Helper()
	err := filepath.WalkDir(p.folder, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "reserve" {
			return nil // what is gone meanwhile is not there
		}
		if info, err := e.Info(); err == nil {
			bytes += info.Size()
			files++
		}
		return nil
	})
	require.NoError(b, err)
	return bytes, files
}

// sent has another process send a load, and returns how many spans were taken.
func (l *load) sent(b testing.TB) int {
	b.Helper()
	text, err := json.Marshal(l)
	require.NoError(b, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), loadEnv+"="+string(text)), os.Stderr
	out, err := cmd.Output()
	require.NoError(b, err)
	n, err := strconv.Atoi(strings.TrimSpace(string(out)))
	require.NoError(b, err)
	return n
}

// get asks, and returns the answer and how long it took.
func (p *process) get(b testing.TB, path string) ([]byte, time.Duration) {
	b.Helper()
	began := time.Now()
	resp, err := http.Get(p.address + path)
	require.NoError(b, err)
	body, err := io.ReadAll(resp.Body)
	took := time.Since(began)
	require.NoError(b, err)
	require.NoError(b, resp.Body.Close())
	require.Equal(b, http.StatusOK, resp.StatusCode, "%s: %s", path, body)
	return body, took
}

// median asks in some ways several times, and returns the median of how long all
// but the first took, in ms.
func (p *process) median(b testing.TB, ask func(i int) string) float64 {
	b.Helper()
	var all []time.Duration
	for i := range 22 {
		if _, took := p.get(b, ask(i)); i > 0 {
			all = append(all, took)
		}
	}
	slices.Sort(all)
	return all[len(all)/2].Seconds() * 1e3
}

// spans counts what the desk has.
func (p *process) spans(b testing.TB) int {
	b.Helper()
	var status struct{ Kept struct{ Spans int } }
	body, _ := p.get(b, "/api/desk/v1/status")
	require.NoError(b, json.Unmarshal(body, &status))
	return status.Kept.Spans
}

// apart is how far apart traces of the benchmark begin: 50 a second.
const apart = 20 * time.Millisecond

// BenchmarkDesk sends the spans of agents to a desk over gRPC, each of them
// processes of their own, and then asks for them. Its metrics are of one run:
// -benchtime 1x.
func BenchmarkDesk(b *testing.B) {
	for number := range strings.SplitSeq(*benchSpans, ",") {
		n, err := strconv.Atoi(number)
		require.NoError(b, err)
		b.Run(number, func(b *testing.B) {
			for b.Loop() {
				benchmark(b, n)
			}
		})
	}
}

func benchmark(b *testing.B, n int) {
	p := launched(b)
	l := &load{Addr: p.grpc, Seed: 1, Start: time.Now().Add(-time.Duration(n/15) * apart).UnixNano(), Apart: apart, Spans: n}
	began := time.Now()
	sent := l.sent(b)
	rate := float64(sent) / time.Since(began).Seconds()
	p.settled(b)
	require.Equal(b, sent, p.spans(b))
	bytes, _ := p.disk(b)
	perMillion := p.cpu(b).Seconds() / float64(sent) * 1e6
	unmarshal := l.unmarshalled(b)
	b.ReportMetric(perMillion, "cpu-s/Mspan")
	b.ReportMetric(unmarshal, "unmarshal-cpu-s/Mspan")
	b.ReportMetric(perMillion/unmarshal, "cpu/unmarshal")
	b.ReportMetric(float64(bytes)/float64(sent), "B/span")
	b.ReportMetric(p.memory(b, "VmHWM"), "peak-MiB")
	b.ReportMetric(rate, "spans/s")
	for name, ask := range questions(l, sent) {
		b.ReportMetric(p.median(b, ask), name+"-ms")
	}
	b.ReportMetric(p.memory(b, "VmHWM"), "asked-peak-MiB")
	p.stop(b)
}

// unmarshalled is the processor time of unmarshalling a million of the spans with
// package proto, which is how receivers made of the Collector's parts begin. It
// tells how fast a machine is that is not the same from one hour to the next.
func (l *load) unmarshalled(b testing.TB) float64 {
	b.Helper()
	const requests, rounds = 20, 10
	var bodies [][]byte
	spans := 0
	for agent := l.agent(); len(bodies) < requests; {
		request := agent.Request(batch)
		body, err := format.MarshalTraces(request)
		require.NoError(b, err)
		bodies, spans = append(bodies, body), spans+len(request)
	}
	used := func() float64 {
		var u syscall.Rusage
		require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
		return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
	}
	before := used()
	for range rounds {
		for _, body := range bodies {
			require.NoError(b, proto.Unmarshal(body, &coltrace.ExportTraceServiceRequest{}))
		}
	}
	return (used() - before) / float64(rounds*spans) * 1e6
}

// BenchmarkProfile receives spans and is asked for them, in this process, for the
// profile of that: see the Makefile.
func BenchmarkProfile(b *testing.B) {
	const spans = 3_000_000
	for b.Loop() {
		s := served(b, b.TempDir())
		l := &load{Addr: s.grpc, Seed: 3, Start: time.Now().Add(-spans / 15 * apart).UnixNano(), Apart: apart, Spans: spans}
		sent := l.sent(b)
		for _, ask := range questions(l, sent) {
			for i := range 22 {
				status, answer := s.get(b, ask(i))
				require.Equal(b, http.StatusOK, status, "%s", answer)
			}
		}
		s.stop(b)
	}
}

// questions are those that the goals are about.
func questions(l *load, sent int) map[string]func(i int) string {
	var some [][]trace.Span // as far apart as 22 of them can be, up to a point
	agent := l.agent()
	for i := range min(sent/30, 20_000) {
		if spans := agent.Trace(); i%(min(sent/30, 20_000)/22) == 0 {
			some = append(some, spans)
		}
	}
	attribute := func(i int, key string) string {
		v, _ := some[i][0].Attribute(key)
		return v.Str()
	}
	find := func(q string) string { return "/api/desk/v1/traces?limit=20&q=" + url.QueryEscape(q) }
	service := func(i int) string { return []string{"tools", "llm-proxy", "memory", "retrieval"}[i%4] }
	always := func(path string) func(int) string { return func(int) string { return path } }
	return map[string]func(i int) string{
		"trace-by-id":        func(i int) string { return "/api/desk/v1/traces/" + some[i][0].TraceID.String() },
		"last-20-of-service": func(i int) string { return find(fmt.Sprintf(`{ resource.service.name = "%s" }`, service(i))) },
		"few-hits":           func(i int) string { return find(fmt.Sprintf(`{ span.uid = "%s" }`, attribute(i, "uid"))) },
		"one-hit":            func(i int) string { return find(fmt.Sprintf(`{ span.sid = "%s" }`, attribute(i, "sid"))) },
		"slowest-20":         always("/api/desk/v1/traces?limit=20&order=longest"),
		"slowest-20-of-service": func(i int) string {
			return find(fmt.Sprintf(`{ resource.service.name = "%s" }`, service(i))) + "&order=longest"
		},
		"red":              always("/api/desk/v1/statistics?by=service&by=operation"),
		"red-of-last-hour": always("/api/desk/v1/statistics?by=service&by=operation&step=1m&from=now-1h&to=now"),
		"map":              always("/api/desk/v1/map"),
	}
}

// BenchmarkSoak sends spans to a desk for a while (-soak, -rate), and tells how
// memory and files grow: -benchtime 1x.
func BenchmarkSoak(b *testing.B) {
	for b.Loop() {
		soak(b)
	}
}

// keptBytes is how much the desk of the soak keeps.
const keptBytes = 128 << 20

func soak(b *testing.B) {
	p := launched(b, "--max-bytes", strconv.Itoa(keptBytes))
	l := &load{Addr: p.grpc, Seed: 2, Start: time.Now().UnixNano(), Apart: time.Second * 15 / time.Duration(*soakRate), Lasts: *soakTime, Rate: *soakRate}
	done := make(chan int, 1)
	go func() { done <- l.sent(b) }()
	var memory []float64
	var most int64
	sent, every := 0, max(*soakTime/60, time.Second)
	for tick := time.NewTicker(every); sent == 0; {
		select {
		case sent = <-done:
			tick.Stop()
		case <-tick.C:
			bytes, files := p.disk(b)
			most = max(most, bytes)
			memory = append(memory, p.memory(b, "VmRSS"))
			p.get(b, "/api/desk/v1/traces?limit=20&q="+url.QueryEscape(`{ resource.service.name = "tools" }`))
			p.get(b, "/api/desk/v1/statistics?by=service&by=operation")
			b.Logf("%3d: %4.0f MiB of memory, %4.0f MiB in %d files, %s of processor time", len(memory), memory[len(memory)-1], float64(bytes)/(1<<20), files, p.cpu(b))
		}
	}
	quarter := max(len(memory)/4, 1)
	b.ReportMetric(mean(memory[quarter:2*quarter]), "second-quarter-MiB")
	b.ReportMetric(mean(memory[len(memory)-quarter:]), "last-quarter-MiB")
	b.ReportMetric(p.memory(b, "VmHWM"), "peak-MiB")
	b.ReportMetric(float64(most)/keptBytes, "files/allowed")
	b.ReportMetric(float64(sent), "spans")
	b.ReportMetric(p.cpu(b).Seconds()/float64(sent)*1e6, "cpu-s/Mspan")
	p.stop(b)
}

func mean(values []float64) (m float64) {
	for _, v := range values {
		m += v / float64(len(values))
	}
	return m
}
