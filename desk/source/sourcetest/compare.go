// SPDX-License-Identifier: Apache-2.0

package sourcetest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/format"
)

// texts are the spans and log records of a trace as text, each by itself, sorted.
func texts(t *trace.Trace) (all []string) {
	for i := range t.Spans {
		all = append(all, string(format.AppendOTLPJSON(nil, &trace.Batch{Spans: t.Spans[i : i+1]})))
	}
	for i := range t.Logs {
		all = append(all, string(format.AppendOTLPJSON(nil, &trace.Batch{Logs: t.Logs[i : i+1]})))
	}
	slices.Sort(all)
	return all
}

// normal is a summary whose services are by name: where traces come in parts, the
// order in which they first occur may not be known.
func normal(s digest.Summary) digest.Summary {
	s.Services = slices.Clone(s.Services)
	slices.SortFunc(s.Services, func(a, b digest.Service) int { return strings.Compare(a.Name, b.Name) })
	return s
}

// pageText is a page as text, without what it took.
func pageText(p *source.Page) string {
	var b strings.Builder
	for _, h := range p.Hits {
		fmt.Fprintf(&b, "%+v\n", normal(h.Summary))
		for _, set := range h.Sets {
			fmt.Fprintf(&b, "  %d by %s: %v %s\n", set.Matched, typed(set.By), set.Aggregates, rowsText(set.Spans))
		}
	}
	if p.Next != nil {
		fmt.Fprintf(&b, "next %+v\n", *p.Next)
	}
	if p.Total != nil {
		fmt.Fprintf(&b, "total %+v\n", *p.Total)
	}
	return b.String()
}

func spanPageText(p *source.SpanPage) string {
	var b strings.Builder
	b.WriteString(rowsText(p.Rows))
	if p.Next != nil {
		fmt.Fprintf(&b, "next %+v\n", *p.Next)
	}
	if p.Total != nil {
		fmt.Fprintf(&b, "total %+v\n", *p.Total)
	}
	return b.String()
}

func valuesText(v *source.Values) string {
	var b strings.Builder
	for _, value := range v.List {
		fmt.Fprintf(&b, "%s: %d, ", typed([]trace.Value{value.Value}), value.Count)
	}
	fmt.Fprintf(&b, "%d distinct", v.Distinct.Count)
	if v.Distinct.AtLeast {
		b.WriteString(" at least")
	}
	fmt.Fprintf(&b, ", %d of %d spans", v.Having, v.Spans)
	return b.String()
}

// typed are values as text, with the numbers of their types.
func typed(values []trace.Value) string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = fmt.Sprintf("%d %s", v.Kind(), v)
	}
	return strings.Join(all, " | ")
}

func rowsText(rows []source.SpanRow) string {
	var b strings.Builder
	for _, row := range rows {
		values := row.Values
		row.Values = nil
		fmt.Fprintf(&b, "%+v %s\n", row, typed(values))
	}
	return b.String()
}

func statisticsText(s *source.Statistics) string {
	var b strings.Builder
	for _, series := range s.Series {
		fmt.Fprintf(&b, "%s\n", typed(series.By))
		for _, p := range series.Points {
			fmt.Fprintf(&b, "  %d: %d, %d, %s, %x\n", p.Time, p.Count, p.Errors, about(p.Sum), p.Durations.Append(nil))
		}
	}
	fmt.Fprintf(&b, "more %d\n", s.More)
	return b.String()
}

func edgesText(all []source.Edge) string {
	var b strings.Builder
	for _, e := range all {
		fmt.Fprintf(&b, "%s %s %v: %d, %d, %s, %x\n", e.Caller, e.Callee, e.Kind, e.Count, e.Errors, about(e.Sum), e.Durations.Append(nil))
	}
	return b.String()
}

// about is a sum without the digits that depend on the order of the summands.
func about(sum float64) string { return fmt.Sprintf("%.6g", sum+math.Copysign(0, 1)) }

func logText(all []trace.Log) string {
	lines := make([]string, len(all))
	for i := range all {
		lines[i] = string(format.AppendOTLPJSON(nil, &trace.Batch{Logs: all[i : i+1]}))
	}
	// Records of the same time may be in any order where they came in parts.
	slices.SortStableFunc(lines, func(a, b string) int { return cmp.Compare(a, b) })
	return strings.Join(lines, "\n")
}
