// SPDX-License-Identifier: Apache-2.0

package analysis

// Buckets are ranges of equal size from Low to High; each holds its lower bound
// and not its upper one.
type Buckets struct {
	Low   int64 `json:"low"`
	High  int64 `json:"high"`
	Size  int64 `json:"size"`
	Count int   `json:"count"`
}

// HistogramBounds are buckets for the values from low to high, both included: at
// most n+1 of them, or 4 where the range is larger than any bucket. Their size is
// 1, 2, 2.5, 4 or 5 times a power of ten, and their bounds are multiples of it.
// Equal values get one bucket of size 1.
func HistogramBounds(low, high int64, n int) Buckets {
	if high < low {
		low, high = high, low
	}
	if low == high {
		return Buckets{Low: low, High: addTimes(low, 1), Size: 1, Count: 1}
	}
	size := bucketSize((float64(high) - float64(low)) / float64(max(n, 1)))
	b := Buckets{Low: subTimes(low, modulo(low, size)), Size: size}
	b.High = addTimes(subTimes(high, modulo(high, size)), size)
	width := uint64(b.High) - uint64(b.Low)
	b.Count = int((width-1)/uint64(size) + 1)
	return b
}

// bucketSize is the smallest round whole number that is at least as large, or the
// largest that there is.
func bucketSize(least float64) (size int64) {
	for power := 1.0; power <= 1e18; power *= 10 {
		for _, step := range []float64{1, 2, 2.5, 4, 5} {
			if size = int64(step * power); float64(size) == step*power && float64(size) >= least {
				return size
			}
		}
	}
	return size
}

// modulo is the remainder that is not negative.
func modulo(a, b int64) int64 {
	r := a % b
	if r < 0 {
		r += b
	}
	return r
}
