// SPDX-License-Identifier: Apache-2.0

package analysis

import "math"

// addTimes adds without overflow: absurd times stay at the end of their range.
func addTimes(a, b int64) int64 {
	sum := a + b
	switch {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	}
	return sum
}

// subTimes subtracts without overflow.
func subTimes(a, b int64) int64 {
	if b == math.MinInt64 {
		return addTimes(addTimes(a, math.MaxInt64), 1)
	}
	return addTimes(a, -b)
}
