// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/internal/racing"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// rootsNamed is a trace of roots only.
func rootsNamed(names []int) *Tree {
	spans := make([]trace.Span, len(names))
	for i, name := range names {
		spans[i] = trace.Span{ID: trace.SpanID{1, byte(i >> 16), byte(i >> 8), byte(i)}, Name: strconv.Itoa(name), Start: int64(i)}
	}
	return Build(spans)
}

// longest is the length of a longest common subsequence by the table of all
// prefixes.
func longest(a, b []int) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		diagonal := 0
		for j, y := range b {
			above := row[j+1]
			if x == y {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return row[len(b)]
}

// requirePairs checks that pairs are equal and in order, and counts them.
func requirePairs(t *testing.T, a, b []int, pairs []int32) (count int) {
	t.Helper()
	require.Len(t, pairs, len(a))
	last := None
	for i, at := range pairs {
		if at == None {
			continue
		}
		if at <= last || a[i] != b[at] {
			require.Fail(t, "partners have other names or another order", "%d and %d", i, at)
		}
		last = at
		count++
	}
	return count
}

func randomNames(r *rand.Rand, length, kinds int) []int {
	names := make([]int, length)
	for i := range names {
		names[i] = r.IntN(kinds)
	}
	return names
}

func TestAlignmentIsLongest(t *testing.T) {
	for seed := range uint64(600) {
		r := rand.New(rand.NewPCG(seed, 1))
		kinds := 1 + r.IntN(12)
		a, b := randomNames(r, r.IntN(60), kinds), randomNames(r, r.IntN(60), kinds+r.IntN(3))
		x, y := rootsNamed(a), rootsNamed(b)
		pairs := newAligner(x, y).align(x.Roots, y.Roots)
		require.Equal(t, longest(a, b), requirePairs(t, a, b, pairs), "seed %d: %v and %v", seed, a, b)
	}
}

func TestAlignmentOfLongListsIsLongest(t *testing.T) {
	for _, kinds := range []int{2, 5, 20, 200, 800, 1600, 10_000} {
		r := rand.New(rand.NewPCG(uint64(kinds), 2))
		a, b := randomNames(r, 1000+r.IntN(1000), kinds), randomNames(r, 1000+r.IntN(1000), kinds)
		x, y := rootsNamed(a), rootsNamed(b)
		pairs := newAligner(x, y).align(x.Roots, y.Roots)
		require.Equal(t, longest(a, b), requirePairs(t, a, b, pairs), "%d different names", kinds)
	}
}

func TestAlignmentWithoutBudgetStaysClose(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 3))
		a, b := randomNames(r, 3000, 2+int(seed)*40), randomNames(r, 3000, 2+int(seed)*40)
		x, y := rootsNamed(a), rootsNamed(b)
		aligner := newAligner(x, y)
		aligner.budget = 0
		count := requirePairs(t, a, b, aligner.align(x.Roots, y.Roots))
		assert.Greater(t, count, longest(a, b)*2/3, "seed %d", seed)
	}
}

func TestAlignmentWithoutBudgetIsExactForShortLists(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 4))
		a, b := randomNames(r, patience, 5), randomNames(r, patience, 5)
		x, y := rootsNamed(a), rootsNamed(b)
		aligner := newAligner(x, y)
		aligner.budget = 0
		require.Equal(t, longest(a, b), requirePairs(t, a, b, aligner.align(x.Roots, y.Roots)), "seed %d", seed)
	}
}

// edited is a list after edits: removals, additions, moves.
func edited(r *rand.Rand, list []int, edits, kinds int) []int {
	list = slices.Clone(list)
	for range edits {
		at := r.IntN(len(list))
		switch r.IntN(3) {
		case 0:
			list = slices.Delete(list, at, at+1)
		case 1:
			list = slices.Insert(list, at, r.IntN(kinds))
		default:
			to := r.IntN(len(list))
			list[at], list[to] = list[to], list[at]
		}
	}
	return list
}

func TestAlignmentOfManySiblings(t *testing.T) {
	many := racing.Size(100_000)
	r := rand.New(rand.NewPCG(1, 5))
	ascending := make([]int, many)
	for i := range ascending {
		ascending[i] = i
	}
	shuffled := slices.Clone(ascending)
	r.Shuffle(many, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	reversed := slices.Clone(ascending)
	slices.Reverse(reversed)
	repeated := randomNames(r, many, 5)
	tests := []struct {
		name  string
		a, b  []int
		least int // pairs
	}{
		{"equal", repeated, repeated, many},
		{"1,000 edits of different names", ascending, edited(r, ascending, 1000, many), many - 2000},
		{"1,000 edits of a few names", repeated, edited(r, repeated, 1000, 5), many - 2000},
		{"half of them gone", ascending, ascending[many/4 : 3*many/4], many / 2},
		{"every second gone", ascending, everySecond(ascending), many / 2},
		{"nothing in common", ascending, randomlyAbove(r, many), 0},
		{"reversed", ascending, reversed, 1},
		{"shuffled", ascending, shuffled, int(1.85 * math.Sqrt(float64(many)))},
		{"random names", repeated, randomNames(r, many, 5), many / 2},
		{"two names in turn", alternating(many), alternating(many + 1)[1:], many - 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			x, y := rootsNamed(test.a), rootsNamed(test.b)
			pairs := newAligner(x, y).align(x.Roots, y.Roots)
			assert.GreaterOrEqual(t, requirePairs(t, test.a, test.b, pairs), test.least)
		})
	}
}

func everySecond(list []int) (half []int) {
	for i := 0; i < len(list); i += 2 {
		half = append(half, list[i])
	}
	return half
}

func randomlyAbove(r *rand.Rand, n int) []int {
	list := randomNames(r, n, n)
	for i := range list {
		list[i] += n
	}
	return list
}

func alternating(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i % 2
	}
	return list
}
