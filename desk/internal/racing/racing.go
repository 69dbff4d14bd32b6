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

// Fewer are the cases of a test that are run: with the race detector only some, which
// are enough to find races, and without it all.
func Fewer[T any](all map[string]T, some ...string) map[string]T {
	if !enabled {
		return all
	}
	fewer := make(map[string]T, len(some))
	for _, name := range some {
		fewer[name] = all[name]
	}
	return fewer
}
