// SPDX-License-Identifier: Apache-2.0

// Package racing bounds how long tests of large inputs take with the race detector.
package racing

// slower is how many times longer the race detector is taken to need.
const slower = 10

// Size is how large an input of a test is to be that has a size of n without the race
// detector: with it a tenth. What is shared between goroutines is the same for both.
func Size(n int) int {
	if enabled {
		return n / slower
	}
	return n
}
