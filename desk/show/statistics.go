// SPDX-License-Identifier: Apache-2.0

package show

import (
	"cmp"
	"io"
	"math"
	"slices"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/units"
)

// Statistics draws statistics as a table, the rows with the largest sums first.
func (v View) Statistics(w io.Writer, s *analysis.Statistics) error {
	p := v.page(w)
	rows := slices.Clone(s.Rows)
	slices.SortStableFunc(rows, func(a, b analysis.StatisticsRow) int { return -cmp.Compare(a.Sum, b.Sum) })
	columns := make([]column, 0, len(s.By)+9)
	for _, by := range s.By {
		columns = append(columns, column{name: clean(by), least: 24})
	}
	for i, name := range []string{"spans", "errors", "sum", "average", "min", "p50", "p95", "p99", "max"} {
		columns = append(columns, column{name: name, right: true, fold: statisticsFolds[i]})
	}
	palettes := servicesOf(s)
	values := make([][]value, 0, len(rows))
	for i := range rows[:v.limit(len(rows))] {
		values = append(values, statisticsRow(s, &rows[i], palettes))
	}
	p.table(columns, values)
	if n := len(rows) - len(values); n > 0 {
		p.say(faint, "… "+units.Plural(n, "more row"))
	}
	return p.done()
}

// statisticsFolds say which of the figures go first where there is little room.
var statisticsFolds = []int{0, 1, 2, 4, 7, 5, 3, 6, 1}

// servicesOf are the colours of the services in the rows, if they are by service.
func servicesOf(s *analysis.Statistics) palette {
	at := slices.Index(s.By, "service")
	if at < 0 {
		return nil
	}
	var names []string
	for i := range s.Rows {
		names = append(names, s.Rows[i].Cells[at].String())
	}
	return newPalette(names)
}

func statisticsRow(s *analysis.Statistics, r *analysis.StatisticsRow, colours palette) []value {
	var row []value
	for i, by := range s.By {
		text := r.Cells[i].String()
		if by == "service" {
			row = append(row, colours.value(text))
		} else {
			row = append(row, textValue(text))
		}
	}
	row = append(row, value{text: units.Count(r.Count)}, errorsValue(r.Errors))
	average := min(max(r.Average, math.MinInt64), math.MaxInt64/2)
	for _, ns := range []int64{r.Sum, int64(average), r.Min, r.P50, r.P95, r.P99, r.Max} {
		row = append(row, value{text: units.Duration(ns)})
	}
	return row
}
