// SPDX-License-Identifier: Apache-2.0

// Package slab keeps the memory of slices that are filled again and again.
package slab

import (
	"math/bits"
	"sync"
)

// A Pool has slices that nobody uses, by their capacities, of which there are four
// for each power of two. It may be used by any goroutine; its zero value is ready.
// What is not used for a while goes to the garbage collector.
type Pool[T any] struct{ sizes [256]sync.Pool }

// smallest is the capacity that slices have at least.
const smallest = 256

// sizeOf is the next capacity that a pool has, and its number.
func sizeOf(n int) (number, size int) {
	n = max(n, smallest)
	shift := bits.Len(uint(n-1)) - 3
	quarters := (n-1)>>shift + 1 // 5 to 8
	return 4*shift + quarters, quarters << shift
}

// Make returns an empty slice with room for n values at least.
func (p *Pool[T]) Make(n int) []T {
	number, size := sizeOf(n)
	if s, ok := p.sizes[number].Get().(*[]T); ok {
		return *s
	}
	return make([]T, 0, size)
}

// Grow returns the values in a slice with room for n more. The slice given is the
// pool's from then on, if it is another one.
func (p *Pool[T]) Grow(s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	grown := append(p.Make(max(len(s)+n, 2*cap(s))), s...)
	p.Free(s)
	return grown
}

// Free takes a slice that is used no more. Values with pointers are to be cleared
// before, lest what they point to stays.
func (p *Pool[T]) Free(s []T) {
	number, size := sizeOf(cap(s))
	if cap(s) != size {
		return
	}
	s = s[:0]
	p.sizes[number].Put(&s)
}
