// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// StatisticsOptions choose what [Tree.Statistics] counts. The zero value makes
// one row of all spans.
type StatisticsOptions struct {
	// By are the fields whose values make the rows:
	//
	//   - name: of the span
	//   - service: service.name of the resource
	//   - sdk: telemetry.sdk.name of the resource
	//   - kind, status: as [trace.Kind.String] and [trace.StatusCode.String] write
	//     them; another kind is its number
	//   - attributes.<key>, resource.<key>: any attribute. Where a span lacks it,
	//     another spelling of the same key counts, former or present.
	By []string
	// Service leaves only the spans of one service; "" means all.
	Service string
	// Failed leaves only the spans with the status error.
	Failed bool
	// Keyword leaves only the rows one of whose cells contains it, in upper or
	// lower case; "" means all.
	Keyword string
	// Slowest leaves only the row with the longest span, the first of several.
	Slowest bool
}

// Statistics are the spans of a trace in numbers.
type Statistics struct {
	// By are the fields that the cells are values of.
	By []string `json:"by"`
	// Rows are in the order in which their values first occurred.
	Rows []StatisticsRow `json:"rows"`
}

// A StatisticsRow is spans with equal values.
type StatisticsRow struct {
	// Cells are the values, one for each field; empty where the spans have none.
	Cells []trace.Value `json:"cells"`
	// Durations are of the spans.
	Durations
	// Interval says that all spans are internal or of no kind: none is a call.
	Interval bool `json:"interval"`
}

// Durations describe how long spans took, in ns.
type Durations struct {
	// Count is the number of spans, and Errors of those that failed.
	Count  int `json:"count"`
	Errors int `json:"errors"`
	// Sum is at most the largest number.
	Sum int64 `json:"sum"`
	// Average is rounded to two decimals.
	Average float64 `json:"average"`
	Min     int64   `json:"min"`
	Max     int64   `json:"max"`
	// P50, P95 and P99 are percentiles by [Percentile].
	P50 int64 `json:"p50"`
	P95 int64 `json:"p95"`
	P99 int64 `json:"p99"`
}

// Statistics counts the spans of a trace, each span id once. A field that there
// is not is an error.
func (t *Tree) Statistics(o StatisticsOptions) (*Statistics, error) {
	fields := make([]*statisticsField, len(o.By))
	for i, name := range o.By {
		f, err := t.statisticsField(name)
		if err != nil {
			return nil, err
		}
		fields[i] = f
	}
	rows := t.statisticsRows(fields, t.byDuration(o))
	if o.Keyword != "" {
		keyword := strings.ToLower(o.Keyword)
		rows = slices.DeleteFunc(rows, func(r StatisticsRow) bool { return !r.contains(keyword) })
	}
	if o.Slowest && len(rows) > 0 {
		slowest := 0
		for i := range rows {
			if rows[i].Max > rows[slowest].Max {
				slowest = i
			}
		}
		rows = rows[slowest : slowest+1]
	}
	return &Statistics{By: slices.Clone(o.By), Rows: rows}, nil
}

// contains reports whether a cell contains the keyword, which is in lower case.
func (r *StatisticsRow) contains(keyword string) bool {
	return slices.ContainsFunc(r.Cells, func(v trace.Value) bool {
		return strings.Contains(strings.ToLower(v.String()), keyword)
	})
}

// A spanDuration is a node with its duration.
type spanDuration struct {
	duration int64
	node     int32
}

// byDuration are the spans that the options leave, the shortest first.
func (t *Tree) byDuration(o StatisticsOptions) []spanDuration {
	service := int32(slices.Index(t.Services, o.Service))
	spans := make([]spanDuration, 0, len(t.Nodes))
	for i := range t.Nodes {
		n := &t.Nodes[i]
		if o.Service != "" && n.Service != service || o.Failed && !n.failed {
			continue
		}
		spans = append(spans, spanDuration{n.took, int32(i)})
	}
	slices.SortFunc(spans, func(a, b spanDuration) int { return cmp.Compare(a.duration, b.duration) })
	return spans
}

// statisticsRows counts spans, which are sorted by duration, by their values.
// The order of the rows is that of all spans, also of those left out.
func (t *Tree) statisticsRows(fields []*statisticsField, spans []spanDuration) []StatisticsRow {
	group, examples := t.groupBy(fields)
	sorted, ends := groupSpans(spans, group, len(examples))
	rows := make([]StatisticsRow, 0, len(examples))
	cells := make([]trace.Value, 0, len(examples)*len(fields))
	var start int32
	for g, example := range examples {
		if start == ends[g] {
			continue
		}
		first := len(cells)
		for _, f := range fields {
			cells = append(cells, f.cell(example))
		}
		row := t.statisticsRow(sorted[start:ends[g]])
		row.Cells = cells[first:len(cells):len(cells)]
		rows = append(rows, row)
		start = ends[g]
	}
	return rows
}

// groupSpans puts the spans of each group side by side, in their order, and says
// where each group ends.
func groupSpans(spans []spanDuration, group []int32, groups int) (sorted []spanDuration, ends []int32) {
	ends = make([]int32, groups)
	for _, s := range spans {
		ends[group[s.node]]++
	}
	var end int32
	for g, count := range ends {
		ends[g] = end
		end += count
	}
	sorted = make([]spanDuration, len(spans))
	for _, s := range spans {
		at := &ends[group[s.node]]
		sorted[*at] = s
		*at++
	}
	return sorted, ends
}

// groupBy is the number of each node's values, numbered as they first occur, and
// for each number the node in which it did.
func (t *Tree) groupBy(fields []*statisticsField) (group, examples []int32) {
	group = make([]int32, len(t.Nodes))
	for level, f := range fields {
		known := make(map[[2]int32]int32)
		for i := range t.Nodes {
			group[i] = intern(known, [2]int32{group[i], f.number(int32(i))})
			if level == len(fields)-1 && int(group[i]) == len(examples) {
				examples = append(examples, int32(i))
			}
		}
	}
	if len(fields) == 0 && len(t.Nodes) > 0 {
		examples = []int32{0}
	}
	return group, examples
}

// statisticsRow counts spans, which are sorted by duration.
func (t *Tree) statisticsRow(spans []spanDuration) StatisticsRow {
	durations := make([]int64, len(spans))
	r := StatisticsRow{Interval: true}
	for i, sd := range spans {
		s := t.Nodes[sd.node].Span
		durations[i] = sd.duration
		r.Sum = addTimes(r.Sum, sd.duration)
		if s.IsError() {
			r.Errors++
		}
		if s.Kind != trace.Internal && s.Kind != trace.Unspecified {
			r.Interval = false
		}
	}
	r.Count, r.Min, r.Max = len(spans), durations[0], durations[len(durations)-1]
	r.Average = averageOf(r.Sum, r.Count)
	r.P50, r.P95, r.P99 = Percentile(durations, 50), Percentile(durations, 95), Percentile(durations, 99)
	return r
}

// averageOf is the average rounded to two decimals; what lies exactly between
// two of them goes to the even one.
func averageOf(sum int64, count int) float64 {
	text := strconv.FormatFloat(float64(sum)/float64(count), 'f', 2, 64)
	rounded, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0 // what was just written is a number
	}
	return rounded
}

// ServiceClasses are the classes of the services: of the first span that each
// served, by start time, or if it served none of its first span.
func (t *Tree) ServiceClasses() []Class {
	first := unset(len(t.Services))
	for i := range t.Nodes {
		n := &t.Nodes[i]
		best := &first[n.Service]
		if *best == None || t.represents(n.Span, t.Nodes[*best].Span) {
			*best = int32(i)
		}
	}
	classes := make([]Class, len(first))
	for i, n := range first {
		classes[i] = t.Nodes[n].Class()
	}
	return classes
}

// represents reports whether a span stands for its service rather than another one.
func (t *Tree) represents(s, than *trace.Span) bool {
	if called := s.Kind.IsCalled(); called != than.Kind.IsCalled() {
		return called
	}
	return s.Start < than.Start
}
