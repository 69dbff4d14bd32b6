// SPDX-License-Identifier: Apache-2.0

package native

import (
	"encoding/csv"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/query"
	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// valueParams reads a search for the values of one field.
func (f *face) valueParams(p *web.Params) (*source.ValueSearch, bool) {
	s := &source.ValueSearch{Query: queryOf(p), Range: p.Range(f.Now())}
	fields := fieldParams(p, "field")
	if len(fields) != 1 {
		p.Fail(web.BadParam("field", "want one, such as name, duration, span.http.route or resource.service.name"))
		return s, false
	}
	s.Field = fields[0]
	return s, true
}

// A valueRow is a value, and how many spans have it.
type valueRow struct {
	Value trace.Value `json:"value"`
	Type  string      `json:"type"`
	Count uint64      `json:"count"`
	// Percent is of the spans that have the field.
	Percent float64 `json:"percent"`
}

// valuesRow are the values of a field.
type valuesRow struct {
	Field    string     `json:"field"`
	Values   []valueRow `json:"values"`
	Distinct total      `json:"distinct"`
	Spans    uint64     `json:"spans"`
	Having   uint64     `json:"having"`
	Percent  float64    `json:"percent"` // of the spans that have the field
	effort
}

func valuesRowOf(field query.Field, v *source.Values) valuesRow {
	row := valuesRow{
		Field: field.String(), Values: []valueRow{}, Distinct: *totalOf(&v.Distinct), Spans: v.Spans, Having: v.Having,
		Percent: percent(v.Having, v.Spans), effort: effortOf(v.Effort),
	}
	for _, c := range v.List {
		row.Values = append(row.Values, valueRow{c.Value, typeNames[c.Value.Kind()], c.Count, percent(c.Count, v.Having)})
	}
	return row
}

// percent is a part of a whole in percent, with three decimals: never 0 for what is
// there, nor 100 for less than all.
func percent(part, whole uint64) float64 {
	if part == 0 || whole == 0 {
		return 0
	}
	p := math.Round(100_000*float64(part)/float64(whole)) / 1000
	if part < whole {
		p = min(p, 99.999)
	}
	return max(p, 0.001)
}

// fieldValues answers with the values of a field.
func (f *face) fieldValues(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	s, _ := f.valueParams(p)
	s.Contains = p.Text("contains")
	s.Limit = p.Int(web.Whole{Default: 100, Min: 1, Max: maxValues}, "limit")
	if err := p.Strict(); err != nil {
		return err
	}
	found, err := f.Source.Values(r.Context(), s)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, valuesRowOf(s.Field, found))
}

// maxTopFields is for how many fields the most frequent values are asked for at
// once.
const maxTopFields = 50

// fieldTop answers with the most frequent values of several fields. What goes wrong
// for one is said with it, and does not keep the others from being answered.
func (f *face) fieldTop(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	s := source.ValueSearch{Query: queryOf(p), Range: p.Range(f.Now()), Limit: p.Int(web.Whole{Default: 5, Min: 1, Max: maxValues}, "k")}
	fields := fieldParams(p, "field")
	if len(fields) == 0 || len(fields) > maxTopFields {
		p.Fail(web.BadParam("field", "want one to %d of them", maxTopFields))
	}
	format := p.OneOf("format", "json", "csv")
	if format == "csv" && len(fields) > 1 {
		p.Fail(web.BadParam("format", "csv has room for one field"))
	}
	if err := p.Strict(); err != nil {
		return err
	}
	rows := []valuesRow{}
	for _, s.Field = range fields {
		found, err := f.Source.Values(r.Context(), &s)
		if err != nil && (len(fields) == 1 || r.Context().Err() != nil) {
			return err
		}
		if err != nil {
			found = &source.Values{Effort: source.Effort{Partial: true, Warnings: []string{web.ErrorOf(err).Message}}}
		}
		rows = append(rows, valuesRowOf(s.Field, found))
	}
	if format == "csv" {
		return writeTop(w, &rows[0])
	}
	return web.WriteJSON(w, map[string][]valuesRow{"fields": rows})
}

// writeTop writes values as a table.
func writeTop(w http.ResponseWriter, v *valuesRow) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-' {
			return c
		}
		return '_'
	}, v.Field)
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "top-"+name+".csv"))
	table := [][]string{{"value", "count", "percent"}}
	for _, row := range v.Values {
		table = append(table, []string{guarded(row.Value), strconv.FormatUint(row.Count, 10), strconv.FormatFloat(row.Percent, 'f', -1, 64)})
	}
	return csv.NewWriter(w).WriteAll(table)
}

// guarded is a value as a cell of a table; a text that a spreadsheet would take for
// a formula has an apostrophe before it.
func guarded(v trace.Value) string {
	text := v.String()
	if v.Kind() == trace.StringValue && text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// A numeric is the numbers among the values of a field.
type numeric struct {
	Min     float64 `json:"min"`
	Max     float64 `json:"max"`
	Average float64 `json:"average"`
	Median  float64 `json:"median"`
}

// maxValues is how many different values are counted one by one.
const maxValues = 10_000

// fieldStatistics answers with how many spans have a field, and what its values are
// like.
func (f *face) fieldStatistics(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	s, _ := f.valueParams(p)
	s.Limit = maxValues
	if err := p.Strict(); err != nil {
		return err
	}
	found, err := f.Source.Values(r.Context(), s)
	if err != nil {
		return err
	}
	row := valuesRowOf(s.Field, found)
	row.Values = nil
	answer := struct {
		valuesRow
		Values  *struct{} `json:"values,omitempty"` // they are not listed
		Numeric *numeric  `json:"numeric,omitempty"`
	}{valuesRow: row}
	if isWhole(found) {
		answer.Numeric = numericOf(found.List)
	} else {
		answer.Warnings = append(answer.Warnings, fmt.Sprintf("there are more than %d different values: no minimum, maximum, average and median", maxValues))
	}
	return web.WriteJSON(w, answer)
}

// isWhole reports whether all values are listed.
func isWhole(v *source.Values) bool { return !v.Distinct.AtLeast && v.Distinct.Count == len(v.List) }

// A weighted is a number, and how often it occurs.
type weighted struct {
	n     float64
	count uint64
}

// numbers are those among values, sorted.
func numbers(values []source.ValueCount) (all []weighted) {
	for _, v := range values {
		if k := v.Value.Kind(); k == trace.IntValue || k == trace.FloatValue {
			if n, ok := v.Value.Number(); ok {
				all = append(all, weighted{n, v.Count})
			}
		}
	}
	slices.SortFunc(all, func(a, b weighted) int {
		if a.n < b.n {
			return -1
		}
		return 1
	})
	return all
}

// numericOf is nil if there are no numbers.
func numericOf(values []source.ValueCount) *numeric {
	all := numbers(values)
	if len(all) == 0 {
		return nil
	}
	out := &numeric{Min: all[0].n, Max: all[len(all)-1].n}
	total := uint64(0)
	for _, w := range all {
		total += w.count
	}
	seen := uint64(0)
	for _, w := range all {
		out.Average += w.n * (float64(w.count) / float64(total))
		if seen < (total+1)/2 && seen+w.count >= (total+1)/2 {
			out.Median = w.n
		}
		seen += w.count
	}
	out.Average = math.Round(out.Average*1000) / 1000
	return out
}
