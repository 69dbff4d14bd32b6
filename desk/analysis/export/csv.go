// SPDX-License-Identifier: Apache-2.0

package export

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// StatisticsCSV writes statistics as a table with a row of names (RFC 4180, with
// LF): a column for each field, then count, errors, and sum, average, min, max,
// p50, p95 and p99 in ns.
//
// A text that begins like a formula of a spreadsheet, with =, +, -, @, a
// tabulator or a carriage return, has an apostrophe put before it; numbers have
// not.
func StatisticsCSV(w io.Writer, s *analysis.Statistics) error {
	out := csv.NewWriter(w)
	head := make([]string, 0, len(s.By)+9)
	for _, by := range s.By {
		head = append(head, guarded(by))
	}
	rows := [][]string{append(head, "count", "errors", "sum", "average", "min", "max", "p50", "p95", "p99")}
	for i := range s.Rows {
		rows = append(rows, statisticsRow(&s.Rows[i]))
	}
	return out.WriteAll(rows)
}

func statisticsRow(r *analysis.StatisticsRow) []string {
	var row []string
	for _, v := range r.Cells {
		row = append(row, guardedValue(v))
	}
	row = append(row, strconv.Itoa(r.Count), strconv.Itoa(r.Errors), integer(r.Sum), strconv.FormatFloat(r.Average, 'f', -1, 64))
	for _, ns := range []int64{r.Min, r.Max, r.P50, r.P95, r.P99} {
		row = append(row, integer(ns))
	}
	return row
}

// SummariesCSV writes the summaries of traces as a table, guarded like that of
// [StatisticsCSV]. Starts are in UTC, durations in ns.
func SummariesCSV(w io.Writer, all []*analysis.Summary) error {
	rows := [][]string{{"traceId", "start", "rootService", "rootName", "duration", "spans", "errors", "services", "orphans"}}
	for _, s := range all {
		rows = append(rows, []string{
			s.TraceID.String(), time.Unix(0, s.Start).UTC().Format(time.RFC3339Nano), guarded(s.RootService), guarded(s.RootName),
			integer(s.Duration), strconv.Itoa(s.Spans), strconv.Itoa(s.Errors), strconv.Itoa(s.ServiceCount), strconv.Itoa(s.Orphans),
		})
	}
	return csv.NewWriter(w).WriteAll(rows)
}

func integer(n int64) string { return strconv.FormatInt(n, 10) }

func guardedValue(v trace.Value) string {
	if _, finite := v.Number(); finite && v.Kind() != trace.StringValue {
		return v.String()
	}
	return guarded(v.String())
}

// guarded is text that no spreadsheet takes for a formula (OWASP, CSV injection).
func guarded(text string) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	if text != "" && strings.IndexByte("=+-@\t\r", text[0]) >= 0 {
		return "'" + text
	}
	return text
}
