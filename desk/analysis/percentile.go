// SPDX-License-Identifier: Apache-2.0

package analysis

// Percentile is the smallest of the sorted values that at least percent of all
// values do not exceed (the nearest-rank method), 0 if there are none.
func Percentile(sorted []int64, percent int) int64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := (len(sorted)*percent + 99) / 100
	return sorted[min(max(rank, 1), len(sorted))-1]
}
