// SPDX-License-Identifier: Apache-2.0

// Command bench reads the output of go test -bench from standard input and
// prints the medians, and beside what a user would otherwise pick the ratios
// that the project has set itself.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// results are the values of each metric of each benchmark, such as
// "BenchmarkSpan/impl=otel" and "ns/op", in the order of the rounds.
type results map[string]map[string][]float64

func (r results) median(name, metric string) float64 { return median(r[name][metric]) }

func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	return slices.Sorted(slices.Values(values))[len(values)/2]
}

// comparison is a number that has a goal.
type comparison struct {
	what, goal string
	value      func(results) float64
}

// ratio compares two benchmarks.
func ratio(metric, ours, theirs string) func(results) float64 {
	return func(r results) float64 {
		return r.paired(metric, func(v []float64) float64 { return v[0] / v[1] }, ours, theirs)
	}
}

// over compares two benchmarks by what they cost over a third.
func over(metric, base, ours, theirs string) func(results) float64 {
	return func(r results) float64 {
		return r.paired(metric, func(v []float64) float64 { return (v[1] - v[0]) / (v[2] - v[0]) }, base, ours, theirs)
	}
}

// added is what one benchmark has more than another.
func added(metric, base, ours string) func(results) float64 {
	return func(r results) float64 {
		return r.paired(metric, func(v []float64) float64 { return v[1] - v[0] }, base, ours)
	}
}

// paired is the median over the rounds of f of the values of a round: a machine
// that is slow for a while is slow for all sides of a round.
func (r results) paired(metric string, f func(values []float64) float64, names ...string) float64 {
	rounds := math.MaxInt
	for _, name := range names {
		rounds = min(rounds, len(r[name][metric]))
	}
	var all []float64
	for i := range rounds {
		var values []float64
		for _, name := range names {
			values = append(values, r[name][metric][i])
		}
		all = append(all, f(values))
	}
	return median(all)
}

func single(name, metric string) func(results) float64 {
	return func(r results) float64 { return r.median(name, metric) }
}

const nsPerOp = "ns/op"

var comparisons = []comparison{
	{"sid.Next, ns", "≤ 150", single("BenchmarkNext/serial", nsPerOp)},
	{"sid.Next, allocations", "≤ 1", single("BenchmarkNext/serial", "allocs/op")},
	{"span: start, 4 attributes, 1 event, end / OpenTelemetry", "≤ 1.2", ratio(nsPerOp, "BenchmarkSpan/impl=sidetrace", "BenchmarkSpan/impl=otel")},
	{"making 4 attributes, ns", "", single("BenchmarkOff/attributes", nsPerOp)},
	{"span, disabled: Start with them, ns", "≤ 30", single("BenchmarkOff/disabled/Start_made_before", nsPerOp)},
	{"span, disabled: both, ns", "", single("BenchmarkOff/disabled/Start", nsPerOp)},
	{"span, disabled: allocations", "≤ 0", single("BenchmarkOff/disabled/Start", "allocs/op")},
	{"span, not sampled: Start with them, ns", "≤ 30", single("BenchmarkOff/unsampled/Start_made_before", nsPerOp)},
	{"span, not sampled: both, ns", "", single("BenchmarkOff/unsampled/Start", nsPerOp)},
	{"span, not sampled: allocations", "≤ 0", single("BenchmarkOff/unsampled/Start", "allocs/op")},
	{"nodelog: encode 20 nodes / encoding/json", "≤ 0.5", ratio(nsPerOp, "BenchmarkEncode/impl=sidetrace", "BenchmarkEncode/impl=encoding-json")},
	{"nodelog: encode 20 nodes, allocations", "≤ 5", single("BenchmarkEncode/impl=sidetrace", "allocs/op")},
	{"nodelog: end of a record while the store hangs, p99, ns", "≤ 1000000", single("BenchmarkEndWithHangingStore", "p99-ns")},
	{"middleware, request from outside: over bare / otelhttp over bare", "≤ 1.15",
		over(nsPerOp, "BenchmarkHTTP/edge/impl=bare", "BenchmarkHTTP/edge/impl=sidetrace", "BenchmarkHTTP/edge/impl=otelhttp")},
	{"middleware, request from a service: over bare / otelhttp over bare", "≤ 1.15",
		over(nsPerOp, "BenchmarkHTTP/inner/impl=bare", "BenchmarkHTTP/inner/impl=sidetrace", "BenchmarkHTTP/inner/impl=otelhttp")},
	{"middleware with a record, request from outside: likewise", "",
		over(nsPerOp, "BenchmarkHTTP/edge/impl=bare", "BenchmarkHTTP/edge/impl=sidetrace-record", "BenchmarkHTTP/edge/impl=otelhttp")},
	{"middleware with a record, request from a service: likewise", "",
		over(nsPerOp, "BenchmarkHTTP/inner/impl=bare", "BenchmarkHTTP/inner/impl=sidetrace-record", "BenchmarkHTTP/inner/impl=otelhttp")},
	{"pipeline: processor time of a span, made and delivered / stock", "≤ 0.35", ratio(cpuPerSpan, deliver+"sidetrace", deliver+"stock")},
	{"pipeline: without the making / stock", "≤ 0.2", over(cpuPerSpan, deliver+"none", deliver+"sidetrace", deliver+"stock")},
	{"pipeline: allocations of a span over its making", "≤ 0", added("allocs/span", deliver+"none", deliver+"sidetrace")},
	{"pipeline: the same, stock", "", added("allocs/span", deliver+"none", deliver+"stock")},
	{"pipeline: allocations in End", "≤ 0", single("BenchmarkRecord/spool", "allocs/op")},
	{"pipeline: p99 of End in 8 goroutines / stock that waits and keeps all", "≤ 0.5", ratio("p99-ns", "BenchmarkEnd/impl=sidetrace", "BenchmarkEnd/impl=stock-waits")},
	{"pipeline: the same / stock that drops", "≤ 0.5", ratio("p99-ns", "BenchmarkEnd/impl=sidetrace", "BenchmarkEnd/impl=stock")},
	{"pipeline: no processor at all / stock that drops", "", ratio("p99-ns", "BenchmarkEnd/impl=none", "BenchmarkEnd/impl=stock")},
	{"pipeline: share of a burst delivered, %", "≥ 100", single("BenchmarkEnd/impl=sidetrace", "delivered-%")},
	{"pipeline: the same, stock, %", "", single("BenchmarkEnd/impl=stock", "delivered-%")},
	{"desk: tree, diagrams and findings of 10,000 spans, ns", "≤ 60000000", single(explain+"agent/10000", nsPerOp)},
	{"desk: the same, bytes", "≤ 40000000", single(explain+"agent/10000", "B/op")},
	{"desk: 100,000 spans / 10,000", "≤ 12", ratio(nsPerOp, explain+"agent/100000", explain+"agent/10000")},
	{"desk: the same, bytes", "≤ 12", ratio("B/op", explain+"agent/100000", explain+"agent/10000")},
	{"desk: a chain of 100,000 spans / 10,000 of an agent", "≤ 12", ratio(nsPerOp, explain+"chain/100000", explain+"agent/10000")},
	{"desk: 100,000 children of one span / 10,000 of an agent", "≤ 12", ratio(nsPerOp, explain+"fan/100000", explain+"agent/10000")},
	{"desk: 100,000 roots / 10,000 of an agent", "≤ 12", ratio(nsPerOp, explain+"roots/100000", explain+"agent/10000")},
	{"desk, 1 M spans: processor time of a million, s", "≤ 8", single(million, "cpu-s/Mspan")},
	{"desk, 1 M spans: bytes on disk of one", "≤ 55", single(million, "B/span")},
	{"desk, 1 M spans: memory at most, MiB", "≤ 500", single(million, "peak-MiB")},
	{"desk, 10 M spans: processor time of a million, s", "≤ 8", single(tenMillion, "cpu-s/Mspan")},
	{"desk, 10 M spans: processor time / that of proto.Unmarshal", "≤ 2.9", single(tenMillion, "cpu/unmarshal")},
	{"desk, 10 M spans: bytes on disk of one", "≤ 55", single(tenMillion, "B/span")},
	{"desk, 10 M spans: memory at most, MiB", "≤ 500", single(tenMillion, "asked-peak-MiB")},
	{"desk, 10 M spans: trace by id, ms", "≤ 5", single(tenMillion, "trace-by-id-ms")},
	{"desk, 10 M spans: last 20 traces of a service, ms", "≤ 30", single(tenMillion, "last-20-of-service-ms")},
	{"desk, 10 M spans: by an attribute with few hits, ms", "≤ 50", single(tenMillion, "few-hits-ms")},
	{"desk, 10 M spans: by an attribute with one hit, ms", "≤ 50", single(tenMillion, "one-hit-ms")},
	{"desk, 10 M spans: slowest 20, ms", "≤ 50", single(tenMillion, "slowest-20-ms")},
	{"desk, 10 M spans: slowest 20 of a service, ms", "≤ 50", single(tenMillion, "slowest-20-of-service-ms")},
	{"desk, 10 M spans: RED of all operations, ms", "≤ 30", single(tenMillion, "red-ms")},
	{"desk, 10 M spans: RED of the last hour by the minute, ms", "≤ 30", single(tenMillion, "red-of-last-hour-ms")},
	{"desk, 10 M spans: service map, ms", "≤ 30", single(tenMillion, "map-ms")},
}

const (
	cpuPerSpan = "cpu-ns/span"
	deliver    = "BenchmarkDeliver/impl="
	explain    = "BenchmarkExplain/"
	million    = "BenchmarkDesk/1000000"
	tenMillion = "BenchmarkDesk/10000000"
)

func main() {
	r, err := read(os.Stdin)
	if err == nil {
		err = print(os.Stdout, r)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// read takes lines such as "BenchmarkX-2  100  12 ns/op  0 B/op" and passes by
// the others.
func read(in io.Reader) (results, error) {
	r := results{}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := fields[0]
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i] // GOMAXPROCS
		}
		for i := 2; i+1 < len(fields); i += 2 {
			v, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", lines.Text(), err)
			}
			if r[name] == nil {
				r[name] = map[string][]float64{}
			}
			r[name][fields[i+1]] = append(r[name][fields[i+1]], v)
		}
	}
	return r, lines.Err()
}

func print(out io.Writer, r results) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "MEDIANS\tns/op\tB/op\tallocs/op\trounds")
	for _, name := range slices.Sorted(maps.Keys(r)) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\n", strings.TrimPrefix(name, "Benchmark"),
			number(r.median(name, nsPerOp)), number(r.median(name, "B/op")), number(r.median(name, "allocs/op")), len(r[name][nsPerOp]))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nCOMPARED\tmeasured\tgoal")
	var missing error
	for _, c := range comparisons {
		v := c.value(r)
		if math.IsNaN(v) {
			missing = errors.Join(missing, fmt.Errorf("no results for %q", c.what))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", c.what, number(v), c.goal)
	}
	return errors.Join(w.Flush(), missing)
}

func number(f float64) string {
	switch {
	case math.IsNaN(f):
		return "-"
	case f >= 100:
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'g', 3, 64)
}
