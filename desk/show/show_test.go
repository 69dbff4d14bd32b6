// SPDX-License-Identifier: Apache-2.0

package show_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/analysis/finding"
	"github.com/sidetrace/sidetrace/desk/show"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// readTrees reads a file of desk/testdata: its traces in their order.
func readTrees(t testing.TB, name string) []*analysis.Tree {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", name))
	require.NoError(t, err)
	batch, err := format.Read(bytes.NewReader(b))
	require.NoError(t, err)
	var trees []*analysis.Tree
	for _, tr := range batch.Traces() {
		trees = append(trees, analysis.Build(analysis.Arrange(tr.Spans)))
	}
	require.NotEmpty(t, trees)
	return trees
}

// A drawing is one view of the trace of a test, and perhaps another trace.
type drawing struct {
	name string
	draw func(v show.View, w io.Writer, t, other *analysis.Tree) error
}

var drawings = []drawing{
	{"header", func(v show.View, w io.Writer, t, _ *analysis.Tree) error {
		return v.Header(w, show.Entry{Tree: t, Run: someRun(t)})
	}},
	{"list", func(v show.View, w io.Writer, t, other *analysis.Tree) error {
		return v.List(w, []show.Entry{{Tree: t, Run: someRun(t)}, {Tree: other}})
	}},
	{"tree", func(v show.View, w io.Writer, t, _ *analysis.Tree) error { return v.Tree(w, t) }},
	{"flame", func(v show.View, w io.Writer, t, _ *analysis.Tree) error { return v.Flame(w, t) }},
	{"sequence", func(v show.View, w io.Writer, t, _ *analysis.Tree) error { return v.Sequence(w, t) }},
	{"topology", func(v show.View, w io.Writer, t, _ *analysis.Tree) error { return v.Topology(w, t) }},
	{"services", func(v show.View, w io.Writer, t, _ *analysis.Tree) error { return v.Services(w, t) }},
	{"statistics", func(v show.View, w io.Writer, t, _ *analysis.Tree) error {
		s, err := t.Statistics(analysis.StatisticsOptions{By: []string{"service", "name", "kind"}})
		if err != nil {
			return err
		}
		return v.Statistics(w, s)
	}},
	{"findings", func(v show.View, w io.Writer, t, _ *analysis.Tree) error { return v.Findings(w, t, someFindings(t)) }},
	{"headlines", func(v show.View, w io.Writer, t, _ *analysis.Tree) error { return v.Headlines(w, someFindings(t)) }},
	{"run", func(v show.View, w io.Writer, t, _ *analysis.Tree) error { return v.Run(w, someRun(t)) }},
	{"diff", func(v show.View, w io.Writer, t, other *analysis.Tree) error {
		return v.Diff(w, analysis.Compare(t, other))
	}},
}

// someFindings are findings about the last spans of a tree.
func someFindings(t *analysis.Tree) []finding.Finding {
	var nodes []int32
	for i := len(t.Nodes) - 1; i >= 0 && len(nodes) < 5; i-- {
		nodes = append(nodes, int32(i))
	}
	return []finding.Finding{
		{Severity: finding.Critical, Title: "look up flights failed: the airline's service is busy", Advice: "Look at why.", Nodes: nodes[:1], Count: 1, Places: 1},
		{Severity: finding.Warning, Title: "SELECT passages ran 10 times one after the other below Guide, 34.3ms in all and 3.43ms on average", Count: 12,
			Advice: "Ask for all of it in one query, such as with IN, a join or a batch, or at least run the queries at once.", Nodes: nodes, Places: 2, Cost: 30_600_000, More: 3},
		{Severity: finding.Warning, Title: "stuck\x1b[2J agent\nin circles " + strings.Repeat("z", 150), Advice: "", Nodes: nodes[:2], Count: 2, Places: 1, Tokens: 12_400},
		{Severity: finding.Info, Title: "28 of 37 spans make up the time", Advice: "Make them faster.", Nodes: nodes[:1], Count: 1, Places: 1, Cost: 247_000_000},
	}
}

// someRun is a run with nodes at the first spans of a tree.
func someRun(t *analysis.Tree) *agentrun.Run {
	usage := agentrun.Usage{Input: 12_400, Output: 940, Cached: 1000, Total: 13_340}
	cost := agentrun.Cost{Computed: []agentrun.Amount{{Currency: "USD", Nano: 2_130_000}}}
	totals := agentrun.Totals{Usage: usage, Cost: cost, ModelCalls: 2, ToolCalls: 1, FailedCalls: 1, ModelTime: 151_000_000}
	return &agentrun.Run{
		Totals: totals, FirstFrame: 139_000_000,
		Nodes: []agentrun.Node{
			{Kind: agentrun.AgentNode, Name: "planner", Span: 0, Parent: agentrun.None, Duration: 240_000_000, FirstFrame: 139_000_000, Totals: totals},
			{Kind: agentrun.ModelNode, Name: "chat", Type: "llm", Span: 0, Parent: 0, Duration: 151_000_000, FirstFrame: 40_000_000, Totals: totals},
			{Kind: agentrun.ToolNode, ID: "tool\x07::1", Span: agentrun.None, Parent: 0, Duration: 16_000_000, FirstFrame: agentrun.Unknown, Failed: true},
			{Kind: agentrun.WorkflowNode, Span: agentrun.None, Parent: agentrun.None, FirstFrame: agentrun.Unknown},
		},
		Models: []agentrun.Model{
			{Provider: "demo", Name: "demo-1", Totals: totals},
			{Totals: agentrun.Totals{Cost: agentrun.Cost{Computed: cost.Computed, Unpriced: 1}}},
		},
	}
}

func TestDrawings(t *testing.T) {
	agent, hostile := readTrees(t, "agent.jsonl"), readTrees(t, "hostile.jsonl")
	for _, d := range drawings {
		t.Run(d.name, func(t *testing.T) {
			var b strings.Builder
			for _, width := range []int{60, 80, 120} {
				for _, color := range []bool{false, true} {
					fmt.Fprintf(&b, "== %d columns, colour %t\n", width, color)
					require.NoError(t, d.draw(show.View{Width: width, Color: color}, &b, agent[1], agent[0]))
				}
			}
			fmt.Fprintf(&b, "== hostile\n")
			require.NoError(t, d.draw(show.View{Width: 80}, &b, hostile[0], agent[0]))
			requireGolden(t, d.name, b.String())
		})
	}
}

// requireGolden compares text, with escapes made visible, with a golden file.
func requireGolden(t *testing.T, name, got string) {
	t.Helper()
	got = strings.ReplaceAll(got, "\x1b", "\\e")
	file := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "go test -update writes it")
	require.Equal(t, string(want), got)
}

func TestEmptyTraces(t *testing.T) {
	empty := analysis.Build(nil)
	for _, d := range drawings {
		if d.name == "findings" || d.name == "headlines" || d.name == "run" {
			continue // their subjects are not empty
		}
		t.Run(d.name, func(t *testing.T) {
			var b strings.Builder
			require.NoError(t, d.draw(show.View{}, &b, empty, empty))
			requireTerminal(t, show.View{}, b.String())
		})
	}
	var b strings.Builder
	require.NoError(t, show.View{}.Findings(&b, empty, nil))
	assert.Equal(t, "Nothing was found.\n", b.String())
	b.Reset()
	require.NoError(t, show.View{}.Headlines(&b, nil))
	assert.Empty(t, b.String())
	require.NoError(t, show.View{}.Run(&b, &agentrun.Run{}))
	assert.Contains(t, b.String(), "No agent ran here")
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
	trees := readTrees(t, "agent.jsonl")
	for _, d := range drawings {
		assert.ErrorIs(t, d.draw(show.View{}, &failing{room: 10}, trees[0], trees[1]), io.ErrClosedPipe, d.name)
	}
}
