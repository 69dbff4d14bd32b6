// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A statisticsOutput is one table of the original.
type statisticsOutput struct {
	GroupFields []string `json:"group_fields"`
	Filter      struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"filter"`
	Rows  json.RawMessage `json:"rows"`
	Error *string         `json:"error"`
}

func TestCompatStatistics(t *testing.T) {
	eachVector(t, "statistics", func(t *testing.T, v *vector) {
		spans, _ := records(t, v.Spans, func(*trace.Span) bool { return false })
		tree := Build(spans)
		var tables []statisticsOutput
		require.NoError(t, json.Unmarshal(v.Outputs["statistics"], &tables))
		for _, want := range tables {
			t.Run(fmt.Sprint(want.GroupFields, want.Filter), func(t *testing.T) {
				rows, problem := want.derive(t, tree)
				wanted := want.Rows
				if want.Error != nil {
					wanted, _ = json.Marshal(failed(*want.Error))
				}
				if problem != "" {
					requireError(t, wanted, problem)
					return
				}
				requireOutput(t, wanted, rows)
			})
		}
	})
}

// requireError is for an output that is an error of a type; its text depends on
// the version of Python.
func requireError(t *testing.T, want json.RawMessage, name string) {
	t.Helper()
	var output struct{ Error string }
	require.NoError(t, json.Unmarshal(want, &output), "wanted %s, got %.200s", name, want)
	require.True(t, strings.HasPrefix(output.Error, name+": "), "wanted %q, got %s", output.Error, name)
}

// statisticsFields are our names of the original's fields.
var statisticsFields = map[string]string{
	"span_name": "name", "resource.service.name": "service", "resource.sdk.name": "sdk", "kind": "kind",
}

// derive is the original's table, made of ours, or why it has none.
func (o *statisticsOutput) derive(t *testing.T, tree *Tree) (rows []object, problem string) {
	t.Helper()
	options := StatisticsOptions{}
	for _, f := range o.GroupFields {
		require.Contains(t, statisticsFields, f)
		options.By = append(options.By, statisticsFields[f])
	}
	switch o.Filter.Type {
	case "service":
		options.Service = o.Filter.Value
	case "error":
		options.Failed = true
	case "keyword":
		options.Keyword = o.Filter.Value
	case "max_duration":
		options.Slowest = true
	}
	s, err := tree.Statistics(options)
	require.NoError(t, err)
	if problem := o.problem(t, tree, options); problem != "" {
		return nil, problem
	}
	classes := tree.ServiceClasses()
	rows = []object{}
	for i := range s.Rows {
		row := o.row(tree, &s.Rows[i], classes)
		for range o.matches(row) {
			rows = append(rows, row)
		}
	}
	return rows, ""
}

// problem is why the original has no table: it cannot show a service without a
// name (D-9), look for a keyword in a number (D-8), or find the slowest of no rows.
func (o *statisticsOutput) problem(t *testing.T, tree *Tree, options StatisticsOptions) string {
	options.Keyword, options.Slowest = "", false
	s, err := tree.Statistics(options)
	require.NoError(t, err)
	if at := slices.Index(options.By, "service"); at >= 0 {
		for _, r := range s.Rows {
			if r.Cells[at].Kind() == trace.EmptyValue {
				return "KeyError"
			}
		}
	}
	switch {
	case o.Filter.Type == "max_duration" && len(s.Rows) == 0:
		return "IndexError"
	case o.Filter.Type == "keyword" && slices.Contains(options.By, "kind") && len(s.Rows) > 0:
		return "TypeError"
	}
	return ""
}

// matches is how often the original repeats a row: for each cell that contains
// the keyword, of which it lowers the case but not of what an object says (D-8).
func (o *statisticsOutput) matches(row object) (n int) {
	if o.Filter.Type != "keyword" {
		return 1
	}
	keyword := strings.ToLower(o.Filter.Value)
	for _, cell := range row {
		switch c := cell.(type) {
		case string:
			if strings.Contains(strings.ToLower(c), keyword) {
				n++
			}
		case object:
			if strings.Contains(fmt.Sprint(c["value"]), keyword) {
				n++
			}
		}
	}
	return n
}

func (o *statisticsOutput) row(tree *Tree, r *StatisticsRow, classes []Class) object {
	row := aggregateOutput(&r.Durations)
	row["is_interval"] = r.Interval
	for i, f := range o.GroupFields {
		cell := r.Cells[i]
		switch f {
		case "resource.service.name":
			row[f] = object{"icon": icon(classes[slices.Index(tree.Services, cell.Str())]), "value": cell.Str()}
		case "kind":
			kind := kindOf(cell)
			row[f] = object{"icon": kindIcon(kind), "value": kind, "text": kindLabel(kind)}
		case "resource.sdk.name":
			row[f] = cellText(cell)
			if name, ok := sdkNames[cell.Str()]; ok {
				row[f] = name
			}
		default:
			row[f] = cellText(cell)
		}
	}
	return row
}

// aggregateOutput is durations as the original has them, in µs.
func aggregateOutput(d *Durations) object {
	return object{
		"max_duration": micros(d.Max), "min_duration": micros(d.Min), "sum_duration": micros(d.Sum), "P95": micros(d.P95),
		"avg_duration": averageOf(micros(d.Sum), d.Count), "count": d.Count,
	}
}

// sdkNames are how the original writes the names of SDKs.
var sdkNames = map[string]string{"opentelemetry": "OpenTelemetry", "deepflow": "DeepFlow", "skywalking": "SkyWalking"}

// cellText is a cell as text, nil for one that has none.
func cellText(v trace.Value) any {
	if v.Kind() == trace.EmptyValue {
		return nil
	}
	return v.String()
}

func kindOf(cell trace.Value) int64 {
	if cell.Kind() == trace.IntValue {
		return cell.Int64()
	}
	for k := trace.Unspecified; k <= trace.Consumer; k++ {
		if k.String() == cell.Str() {
			return int64(k)
		}
	}
	return -1
}

// spanKinds are the original's labels of kinds (spec 1.1).
var spanKinds = []string{"未指定(unspecified)", "内部(internal)", "被调", "主调", "异步主调", "异步被调"}

func kindLabel(kind int64) any {
	if kind < 0 || int(kind) >= len(spanKinds) {
		return kind
	}
	return spanKinds[kind]
}

func kindIcon(kind int64) string {
	icons := []Class{"undefined", "internal", "sync", "sync", "async", "async"}
	if kind < 0 || int(kind) >= len(icons) {
		return icon("undefined")
	}
	return icon(icons[kind])
}

// readMisc reads one of the reference values of small functions.
func readMisc(t *testing.T, name string, into any) {
	t.Helper()
	var b []byte
	for _, file := range []string{"testdata/misc.json", "../../../shared/vectors/misc.json"} {
		if got, err := os.ReadFile(file); err == nil {
			b = got
			break
		}
	}
	require.NotEmpty(t, b, "misc.json")
	var all map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(b, &all))
	require.Contains(t, all, name)
	require.NoError(t, json.Unmarshal(all[name], into))
}

func TestCompatPercentile(t *testing.T) {
	var cases []struct {
		Data     []int64
		P95, P50 int64
	}
	readMisc(t, "percentile_95", &cases)
	require.NotEmpty(t, cases)
	for _, c := range cases {
		slices.Sort(c.Data)
		assert.Equal(t, c.P95, Percentile(c.Data, 95))
		assert.Equal(t, c.P50, Percentile(c.Data, 50))
	}
}

func TestCompatHistogramBounds(t *testing.T) {
	var cases [][2][]int64
	readMisc(t, "align_histogram_bounds", &cases)
	require.NotEmpty(t, cases)
	for _, c := range cases {
		in, want := c[0], c[1]
		b := HistogramBounds(in[0], in[1], int(in[2]))
		assert.Equal(t, want, []int64{b.Low, b.High, b.Size, int64(b.Count)}, in)
	}
}

func TestCompatKinds(t *testing.T) {
	var kinds []struct {
		Value int64
		Text  string
	}
	readMisc(t, "span_kinds", &kinds)
	require.Len(t, kinds, len(spanKinds))
	for _, k := range kinds {
		assert.Equal(t, k.Text, kindLabel(k.Value))
	}
}
