// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The benchmarks of this file run clients and collectors as processes, so that the
// cost of one is not that of the other. Stock is OpenTelemetry's batch processor
// with otlptracegrpc.

// measured is what a client reports of itself.
type measured struct {
	Made, CPU, Mallocs, P99 int64
}

// bench runs a client against a collector of its own, and returns how many spans
// the latter has got.
func bench(b *testing.B, bin string, args ...string) (m measured, got int64) {
	b.Helper()
	collector := exec.Command(bin, "collect")
	in, err := collector.StdinPipe()
	require.NoError(b, err)
	out, err := collector.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, collector.Start())
	lines := bufio.NewReader(out)
	url, err := lines.ReadString('\n')
	require.NoError(b, err)

	client := exec.Command(bin, append([]string{"load", "-endpoint", strings.TrimSpace(url), "-spool", b.TempDir()}, args...)...)
	report, err := client.Output()
	require.NoError(b, err)
	require.NoError(b, json.Unmarshal(report, &m))

	require.NoError(b, in.Close())
	rest, err := io.ReadAll(lines)
	require.NoError(b, err)
	require.NoError(b, collector.Wait())
	var counted struct{ Spans int64 }
	require.NoError(b, json.Unmarshal(rest, &counted))
	return m, counted.Spans
}

func buildFor(b *testing.B) string {
	b.Helper()
	bin := filepath.Join(b.TempDir(), "loadgen")
	out, err := exec.Command("go", "build", "-o", bin, "../internal/loadgen").CombinedOutput()
	require.NoError(b, err, string(out))
	return bin
}

// BenchmarkDeliver is what a span costs its process, made and delivered: time of
// the processor and allocations. Impl none makes spans and forgets them; stock is
// made to wait where it would drop.
func BenchmarkDeliver(b *testing.B) {
	const n = 200_000
	bin := buildFor(b)
	for name, impl := range map[string]string{"none": "none", "stock": "stock-blocking", "sidetrace": "sidetrace"} {
		b.Run("impl="+name, func(b *testing.B) {
			var cpu, mallocs, runs int64
			for b.Loop() {
				m, got := bench(b, bin, "-impl", impl, "-n", strconv.Itoa(n))
				if name != "none" {
					require.EqualValues(b, n, got)
				}
				cpu, mallocs, runs = cpu+m.CPU, mallocs+m.Mallocs, runs+1
			}
			b.ReportMetric(float64(cpu)/float64(n*runs), "cpu-ns/span")
			b.ReportMetric(float64(mallocs)/float64(n*runs), "allocs/span")
		})
	}
}

// BenchmarkEnd is how long End takes when eight goroutines make spans as fast as
// they can, and how many of them arrive. Impl stock-waits is made to wait where
// stock drops; none has no processor that does anything.
func BenchmarkEnd(b *testing.B) {
	const n = 50_000
	bin := buildFor(b)
	for name, impl := range map[string]string{"none": "none", "stock": "stock", "stock-waits": "stock-blocking", "sidetrace": "sidetrace"} {
		b.Run("impl="+name, func(b *testing.B) {
			var p99, arrived, runs int64
			for b.Loop() {
				m, got := bench(b, bin, "-impl", impl, "-n", strconv.Itoa(n), "-goroutines", "8", "-latency")
				p99, arrived, runs = p99+m.P99, arrived+got, runs+1
			}
			b.ReportMetric(float64(p99)/float64(runs), "p99-ns")
			b.ReportMetric(100*float64(arrived)/float64(n*runs), "delivered-%")
		})
	}
}
