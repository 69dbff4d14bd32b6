// SPDX-License-Identifier: Apache-2.0

package export_test

import (
	"encoding/csv"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/analysis"
)

// The rules below are those of the formats, as far as a reader depends on them.

type chromeEvent struct {
	Ph, Name, Cat, Bp string
	TS, Dur           json.Number
	Pid, Tid, ID      int
	Args              map[string]any
}

// requireChrome checks trace events: every span is one complete event; in a
// thread they nest; every flow begins and ends within a span of the right sides.
func requireChrome(t testing.TB, tree *analysis.Tree, text string) {
	var file struct {
		DisplayTimeUnit string
		OtherData       map[string]string
		TraceEvents     []chromeEvent
	}
	require.NoError(t, json.Unmarshal([]byte(text), &file))
	require.Equal(t, "ms", file.DisplayTimeUnit)
	processes, spans, flows := map[int]bool{}, map[[2]int][]chromeEvent{}, map[int][]chromeEvent{}
	count := 0
	for _, e := range file.TraceEvents {
		switch e.Ph {
		case "M":
			require.NotNil(t, e.Args)
			processes[e.Pid] = true
		case "X":
			count++
			require.NotZero(t, e.Pid)
			require.NotZero(t, e.Tid)
			require.True(t, processes[e.Pid], "a process has a name before its events")
			spans[[2]int{e.Pid, e.Tid}] = append(spans[[2]int{e.Pid, e.Tid}], e)
		case "s", "f":
			flows[e.ID] = append(flows[e.ID], e)
		default:
			require.Fail(t, "phase "+e.Ph)
		}
	}
	require.Equal(t, len(tree.Nodes), count)
	for _, thread := range spans {
		requireNested(t, thread)
	}
	for _, flow := range flows {
		require.Len(t, flow, 2)
		require.Equal(t, "s", flow[0].Ph)
		require.Equal(t, "f", flow[1].Ph)
		require.Equal(t, "e", flow[1].Bp)
		require.Equal(t, flow[0].Name+flow[0].Cat, flow[1].Name+flow[1].Cat, "the ends of a flow are found by id, name and category")
		require.NotEqual(t, flow[0].Pid, flow[1].Pid)
		requireWithin(t, spans, flow[0])
		requireWithin(t, spans, flow[1])
	}
}

// nanos reads microseconds with three decimals.
func nanos(t testing.TB, n json.Number) int64 {
	whole, decimals, _ := strings.Cut(n.String(), ".")
	require.Len(t, decimals, 3)
	ns, err := strconv.ParseInt(whole+decimals, 10, 64)
	require.NoError(t, err)
	require.GreaterOrEqual(t, ns, int64(0))
	return ns
}

func requireNested(t testing.TB, thread []chromeEvent) {
	var open []int64
	last := int64(0)
	for _, e := range thread {
		start := nanos(t, e.TS)
		end := start + nanos(t, e.Dur)
		require.GreaterOrEqual(t, start, last, "events of a thread are in order")
		last = start
		for len(open) > 0 && open[len(open)-1] <= start {
			open = open[:len(open)-1]
		}
		if len(open) > 0 {
			require.LessOrEqual(t, end, open[len(open)-1], "%s overlaps the end of what is around it", e.Name)
		}
		open = append(open, end)
	}
}

func requireWithin(t testing.TB, spans map[[2]int][]chromeEvent, e chromeEvent) {
	at := nanos(t, e.TS)
	for _, s := range spans[[2]int{e.Pid, e.Tid}] {
		if start := nanos(t, s.TS); start <= at && at <= start+nanos(t, s.Dur) {
			return
		}
	}
	require.Fail(t, "a flow ends in no span")
}

// requireSpeedscope checks profiles: frames are closed in the order opposite to
// that of opening, times do not go back and stay within the profile.
func requireSpeedscope(t testing.TB, tree *analysis.Tree, text string) {
	var file struct {
		Schema string `json:"$schema"`
		Shared struct {
			Frames []struct{ Name, File string }
		}
		Profiles []struct {
			Type, Name, Unit     string
			StartValue, EndValue int64
			Events               []struct {
				Type  string
				Frame int
				At    int64
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &file))
	require.Equal(t, "https://www.speedscope.app/file-format-schema.json", file.Schema)
	require.NotEmpty(t, file.Profiles)
	opened := 0
	for _, p := range file.Profiles {
		require.Equal(t, "evented", p.Type)
		require.Equal(t, "nanoseconds", p.Unit)
		last := p.StartValue
		var open []int
		for _, e := range p.Events {
			require.GreaterOrEqual(t, e.At, last)
			last = e.At
			if e.Type == "O" {
				require.Less(t, e.Frame, len(file.Shared.Frames))
				open = append(open, e.Frame)
				opened++
				continue
			}
			require.Equal(t, "C", e.Type)
			require.NotEmpty(t, open)
			require.Equal(t, open[len(open)-1], e.Frame)
			open = open[:len(open)-1]
		}
		require.Empty(t, open)
		require.LessOrEqual(t, last, p.EndValue)
	}
	require.Equal(t, len(tree.Nodes), opened)
}

// mermaidWords are texts: no character of them means anything to Mermaid or
// HTML but the codes "#59;".
const mermaidWords = `(?:[A-Za-z0-9 ./\-]|[^\x00-\x7f]|#\d+;)+`

var (
	sequenceLine = regexp.MustCompile(`^ +(?:` +
		`(?:actor|participant) p\d+ as ` + mermaidWords + `|box transparent ` + mermaidWords + `|end|and|par concurrently|loop \d+ times|` +
		`p(\d+)(->>\+|->>|-->>-|-->>|-\))p(\d+): ` + mermaidWords + `)$`)
	flowchartLine = regexp.MustCompile(`^    (?:n\d+(?:\[|\(\[|\[\()"(?:` + mermaidWords + `)(?:<br/>` + mermaidWords + `)?"(?:\]|\]\)|\)\])|` +
		`n\d+ -->(?:\|"` + mermaidWords + `"\|)? n\d+|classDef failed [a-z0-9:#,\-]+|class n\d+ failed)$`)
)

// requireSequence checks a sequence diagram: every line is one of the grammar's,
// what is opened is closed, "and" stands in a par, and nobody is deactivated who
// is not active.
func requireSequence(t testing.TB, _ *analysis.Tree, text string) {
	require.True(t, utf8.ValidString(text))
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	require.Equal(t, "sequenceDiagram", lines[0])
	var open []string
	active := map[string]int{}
	for _, line := range lines[1:] {
		match := sequenceLine.FindStringSubmatch(line)
		require.NotNil(t, match, "%q", line)
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "box", "par", "loop":
			open = append(open, word)
		case "end":
			require.NotEmpty(t, open)
			open = open[:len(open)-1]
		case "and":
			require.Equal(t, "par", open[len(open)-1])
		}
		switch match[2] {
		case "->>+":
			active[match[3]]++
		case "-->>-":
			require.Positive(t, active[match[1]], "%q", line)
			active[match[1]]--
		}
	}
	require.Empty(t, open)
}

func requireFlowchart(t testing.TB, _ *analysis.Tree, text string) {
	require.True(t, utf8.ValidString(text))
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	require.Equal(t, "flowchart LR", lines[0])
	for _, line := range lines[1:] {
		require.Regexp(t, flowchartLine, line)
	}
}

// A quoted string of DOT ends at the first quotation mark that no backslash
// precedes; in labels, backslashes stand before n, themselves and quotation marks.
var dotLine = regexp.MustCompile(`^(?:digraph trace \{|\}|  rankdir=LR;|  (?:node|edge) \[[a-z]+=[^\]]*\];|` +
	`  n\d+(?: -> n\d+)?(?: \[label="(?:[^"\\&]|\\[n"\\]|&amp;)*"(?:, [a-z]+=(?:[a-z]+|"[a-z,#0-9]+"))*\])?;)$`)

func requireDOT(t testing.TB, _ *analysis.Tree, text string) {
	require.True(t, utf8.ValidString(text))
	require.True(t, strings.HasSuffix(text, "}\n"))
	for line := range strings.Lines(text) {
		require.Regexp(t, dotLine, strings.TrimSuffix(line, "\n"))
	}
}

func requireCSV(t testing.TB, _ *analysis.Tree, text string) {
	require.True(t, utf8.ValidString(text))
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	for _, row := range rows {
		require.Len(t, row, len(rows[0]))
		for _, cell := range row {
			if _, err := strconv.ParseFloat(cell, 64); err == nil || cell == "" {
				continue
			}
			require.NotContains(t, "=+-@\t\r", cell[:1], "%q", cell)
		}
	}
}

var lowerCamel = regexp.MustCompile(`^[a-z][a-zA-Z0-9]*$`)

// requireLowerCamel checks the names of members; those of attributes are others' own.
func requireLowerCamel(t testing.TB, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			require.Regexp(t, lowerCamel, name)
			if name != "attributes" && name != "categories" {
				requireLowerCamel(t, member)
			}
		}
	case []any:
		for _, element := range v {
			requireLowerCamel(t, element)
		}
	}
}

type traceDocument struct {
	TraceID  string
	Services []string
	Spans    []struct {
		ID, Parent, Name, Service, Kind, Status, Start string
		Duration                                       int64
		Attributes                                     map[string]any
	}
}

func (d *traceDocument) require(t testing.TB, tree *analysis.Tree) {
	require.Len(t, d.Spans, len(tree.Nodes))
	for i, s := range d.Spans {
		n := &tree.Nodes[i]
		require.Equal(t, n.Span.ID.String(), s.ID)
		require.Equal(t, n.Span.Parent.String(), s.Parent)
		require.Equal(t, strings.ToValidUTF8(n.Span.Name, "\ufffd") == n.Span.Name, s.Name == n.Span.Name)
		require.Equal(t, strconv.FormatInt(n.Span.Start, 10), s.Start)
		require.Equal(t, n.Span.Duration(), s.Duration)
		require.NotNil(t, s.Attributes)
	}
}

func requireDocument(t testing.TB, tree *analysis.Tree, text string) {
	var d traceDocument
	require.NoError(t, json.Unmarshal([]byte(text), &d))
	d.require(t, tree)
	var members map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &members))
	require.NotNil(t, members[members["view"].(string)])
	requireLowerCamel(t, members)
}

func requireComparison(t testing.TB, tree *analysis.Tree, text string) {
	var d struct{ Baseline, Comparison traceDocument }
	require.NoError(t, json.Unmarshal([]byte(text), &d))
	d.Baseline.require(t, tree)
	d.Comparison.require(t, tree)
	var members map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &members))
	require.NotNil(t, members["diff"])
	requireLowerCamel(t, members)
}
