// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"strconv"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// ComparedStatistics are the spans of two traces in numbers.
type ComparedStatistics struct {
	// By are the fields that the cells are values of.
	By []string `json:"by"`
	// Rows are those of the baseline in their order, then those that only the
	// comparison has.
	Rows []ComparedRow `json:"rows"`
}

// A ComparedRow is spans of two traces with equal values.
type ComparedRow struct {
	// Change is Added for a row that only the baseline has, Removed for one that
	// only the comparison has, and Unchanged if the sums, the averages and the
	// shortest, the longest and the 95th percentile of the durations are equal.
	Change Change `json:"change"`
	// Baseline and Comparison are nil where there is no row.
	Baseline   *StatisticsRow `json:"baseline"`
	Comparison *StatisticsRow `json:"comparison"`
}

// Statistics counts the spans of both traces as [Tree.Statistics] does. The
// options, and the errors for fields that there are not, are the same.
func (c *Comparison) Statistics(o StatisticsOptions) (*ComparedStatistics, error) {
	baseline, err := c.Baseline.Statistics(o)
	if err != nil {
		return nil, err
	}
	comparison, err := c.Comparison.Statistics(o)
	if err != nil {
		return nil, err
	}
	return &ComparedStatistics{By: baseline.By, Rows: comparedRows(baseline.Rows, comparison.Rows)}, nil
}

func comparedRows(baseline, comparison []StatisticsRow) []ComparedRow {
	partners := make(map[string][]int, len(comparison))
	for i := range comparison {
		key := comparison[i].key()
		partners[key] = append(partners[key], i)
	}
	rows := make([]ComparedRow, 0, max(len(baseline), len(comparison)))
	paired := make([]bool, len(comparison))
	for i := range baseline {
		row := ComparedRow{Change: Added, Baseline: &baseline[i]}
		key := baseline[i].key()
		if at := partners[key]; len(at) > 0 {
			partners[key] = at[1:]
			paired[at[0]] = true
			row.Comparison = &comparison[at[0]]
			row.Change = row.Baseline.change(&row.Comparison.Durations)
		}
		rows = append(rows, row)
	}
	for i := range comparison {
		if !paired[i] {
			rows = append(rows, ComparedRow{Change: Removed, Comparison: &comparison[i]})
		}
	}
	return rows
}

// key is equal for rows of equal cells.
func (r *StatisticsRow) key() string {
	var key []byte
	for _, c := range r.Cells {
		if c.Kind() != trace.EmptyValue {
			key = strconv.AppendQuote(key, c.String())
		}
		key = append(key, ',')
	}
	return string(key)
}

func (d *Durations) change(than *Durations) Change {
	if d.Max == than.Max && d.Min == than.Min && d.Sum == than.Sum && d.P95 == than.P95 && d.Average == than.Average {
		return Unchanged
	}
	return Changed
}
