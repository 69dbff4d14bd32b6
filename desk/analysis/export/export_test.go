// SPDX-License-Identifier: Apache-2.0

package export_test

import (
	"bytes"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/export"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// readTree reads a file of desk/testdata: the last of its traces.
func readTree(t testing.TB, name string) *analysis.Tree {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
	require.NoError(t, err)
	batch, err := format.Read(bytes.NewReader(b))
	require.NoError(t, err)
	traces := batch.Traces()
	require.NotEmpty(t, traces)
	return analysis.Build(analysis.Arrange(traces[len(traces)-1].Spans))
}

// An output is one way to write a trace, and how to check what was written.
type output struct {
	name  string
	write func(w io.Writer, t *analysis.Tree) error
	check func(t testing.TB, tree *analysis.Tree, text string)
}

var outputs = []output{
	{"chrome.json", export.Chrome, requireChrome},
	{"speedscope.json", export.Speedscope, requireSpeedscope},
	{"sequence.mmd", func(w io.Writer, t *analysis.Tree) error { return export.MermaidSequence(w, t, t.Sequence()) }, requireSequence},
	{"topology.mmd", func(w io.Writer, t *analysis.Tree) error { return export.MermaidTopology(w, t, t.Topology(nil)) }, requireFlowchart},
	{"services.mmd", func(w io.Writer, t *analysis.Tree) error { return export.MermaidServices(w, t.ServiceTopology()) }, requireFlowchart},
	{"topology.dot", func(w io.Writer, t *analysis.Tree) error { return export.DOTTopology(w, t, t.Topology(nil)) }, requireDOT},
	{"services.dot", func(w io.Writer, t *analysis.Tree) error { return export.DOTServices(w, t.ServiceTopology()) }, requireDOT},
	{"statistics.csv", func(w io.Writer, t *analysis.Tree) error { return export.StatisticsCSV(w, statistics(t)) }, requireCSV},
	{"summaries.csv", func(w io.Writer, t *analysis.Tree) error {
		return export.SummariesCSV(w, []*analysis.Summary{t.Summary()})
	}, requireCSV},
	{"flame.json", func(w io.Writer, t *analysis.Tree) error {
		return export.JSON(w, t, export.Named{Name: "flame", View: t.FlameGraph(analysis.ParallelOptions{})})
	}, requireDocument},
	{"sequence.json", func(w io.Writer, t *analysis.Tree) error {
		return export.JSON(w, t, export.Named{Name: "sequence", View: t.Sequence()})
	}, requireDocument},
	{"waterfall.json", func(w io.Writer, t *analysis.Tree) error {
		return export.JSON(w, t, export.Named{Name: "waterfall", View: t.Waterfall(analysis.WaterfallOptions{})})
	}, requireDocument},
	{"diff.json", func(w io.Writer, t *analysis.Tree) error {
		return export.ComparisonJSON(w, analysis.Compare(t, t))
	}, requireComparison},
}

func statistics(t *analysis.Tree) *analysis.Statistics {
	s, err := t.Statistics(analysis.StatisticsOptions{By: []string{"service", "name", "attributes.http.route"}})
	if err != nil {
		panic(err) // the fields are those that there are
	}
	return s
}

func TestOutputs(t *testing.T) {
	for _, name := range []string{"agent", "hostile"} {
		tree := readTree(t, name+".jsonl")
		for _, o := range outputs {
			t.Run(name+"/"+o.name, func(t *testing.T) {
				var b bytes.Buffer
				require.NoError(t, o.write(&b, tree))
				o.check(t, tree, b.String())
				if o.name == "waterfall.json" || o.name == "diff.json" {
					return // large, and nothing that the other documents have not
				}
				file := filepath.Join("testdata", name+"."+o.name)
				if *update {
					require.NoError(t, os.MkdirAll("testdata", 0o755))
					require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
				}
				want, err := os.ReadFile(file)
				require.NoError(t, err, "go test -update writes it")
				require.Equal(t, string(want), b.String())
			})
		}
	}
}

func TestEmptyTrace(t *testing.T) {
	tree := analysis.Build(nil)
	for _, o := range outputs {
		var b strings.Builder
		require.NoError(t, o.write(&b, tree), o.name)
		o.check(t, tree, b.String())
	}
}

// failing is a writer that takes some bytes.
type failing struct{ room int }

func (f *failing) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(b), nil
}

func TestWritersThatFail(t *testing.T) {
	tree := readTree(t, "agent.jsonl")
	for _, o := range outputs {
		assert.ErrorIs(t, o.write(&failing{room: 10}, tree), io.ErrClosedPipe, o.name)
	}
}

// randomTree is spans in a few services, with any parents and overlaps.
func randomTree(random *rand.Rand, spans int) *analysis.Tree {
	resources := make([]*trace.Resource, 4)
	for i := range resources[1:] {
		resources[i] = &trace.Resource{Attributes: []trace.KeyValue{{Key: "service.name", Value: trace.String(strings.Repeat("s", i+1))}}}
	}
	all := make([]trace.Span, spans)
	for i := range all {
		start := int64(random.IntN(100))
		all[i] = trace.Span{
			TraceID: trace.TraceID{1}, ID: trace.SpanID{1, byte(i >> 8), byte(i)}, Name: string(rune('a' + random.IntN(4))), Kind: trace.Kind(random.IntN(6)),
			Start: start * 1000, End: (start + int64(random.IntN(40)) - 2) * 1000, Resource: resources[random.IntN(4)],
			Status: trace.Status{Code: trace.StatusCode(random.IntN(8) / 3), Message: "why"},
		}
		if i > 0 && random.IntN(10) > 0 {
			at := random.IntN(i)
			all[i].Parent = trace.SpanID{1, byte(at >> 8), byte(at)}
		}
		if random.IntN(10) == 0 {
			all[i].Attributes = []trace.KeyValue{{Key: "db.system", Value: trace.String("db")}, {Key: "http.target", Value: trace.String("/x")}, {Key: "http.target", Value: trace.Int(2)}}
		}
	}
	return analysis.Build(all)
}

func TestRandomTraces(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 150 {
		tree := randomTree(random, 1+random.IntN(40))
		for _, o := range outputs {
			var b strings.Builder
			require.NoError(t, o.write(&b, tree), o.name)
			o.check(t, tree, b.String())
		}
	}
}

func TestLargeTraces(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	const spans = 5_000
	fan, chain := randomTree(random, spans), make([]trace.Span, spans)
	for i := range chain {
		chain[i] = *fan.Nodes[i].Span
		chain[i].Start, chain[i].End, chain[i].Kind, chain[i].Resource = int64(i), 2*spans-int64(i), trace.Client, nil
		if i > 0 {
			chain[i].Parent = chain[i-1].ID
		}
		chain[i].ID = trace.SpanID{2, byte(i >> 16), byte(i >> 8), byte(i)}
	}
	for i := range chain[1:] {
		chain[i+1].Parent = chain[i].ID
	}
	for name, tree := range map[string]*analysis.Tree{"random": fan, "chain": analysis.Build(chain)} {
		for _, o := range outputs {
			t.Run(name+"/"+o.name, func(t *testing.T) {
				var b strings.Builder
				require.NoError(t, o.write(&b, tree))
				assert.Less(t, b.Len(), 60<<20)
				o.check(t, tree, b.String())
			})
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add("name", "service", "message")
	f.Add("a;b,c:d#e\"f\n<b>", "end", "`x` %% \\\"")
	f.Add("=1+1", "@x", "\xff\x00")
	f.Fuzz(func(t *testing.T, name, service, message string) {
		resource := &trace.Resource{Attributes: []trace.KeyValue{{Key: "service.name", Value: trace.String(service)}}}
		var spans []trace.Span
		for i := range 8 {
			s := trace.Span{
				TraceID: trace.TraceID{1}, ID: trace.SpanID{byte(i + 1)}, Name: name, Kind: trace.Kind(i % 6), Start: int64(i), End: 20, Resource: resource,
				Status: trace.Status{Code: trace.StatusCode(i % 3), Message: message},
				Attributes: []trace.KeyValue{
					{Key: message, Value: trace.String(name)}, {Key: "http.target", Value: trace.String(service)}, {Key: "http.route", Value: trace.String(message)},
				},
			}
			if i > 0 {
				s.Parent = trace.SpanID{byte(i/2 + 1)}
			}
			spans = append(spans, s)
		}
		tree := analysis.Build(spans)
		for _, o := range outputs {
			var b strings.Builder
			require.NoError(t, o.write(&b, tree), o.name)
			o.check(t, tree, b.String())
		}
	})
}
