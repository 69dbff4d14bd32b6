// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const rounds = `goos: linux
BenchmarkHTTP/bare-2       100  100 ns/op  5 B/op  1 allocs/op
BenchmarkHTTP/ours-2       100  310 ns/op  9 B/op  2 allocs/op
BenchmarkHTTP/theirs-2     100  300 ns/op  8 B/op  3 allocs/op
PASS
BenchmarkHTTP/bare-2       100  1000 ns/op  5 B/op  1 allocs/op
BenchmarkHTTP/ours-2       100  3000 ns/op  9 B/op  2 allocs/op
BenchmarkHTTP/theirs-2     100  3000 ns/op  8 B/op  3 allocs/op
BenchmarkHTTP/bare-2       100  100 ns/op  5 B/op  1 allocs/op
BenchmarkHTTP/ours-2       100  400 ns/op  9 B/op  2 allocs/op
BenchmarkHTTP/theirs-2     100  200 ns/op  8 B/op  3 allocs/op
`

func TestMediansAndPairs(t *testing.T) {
	r, err := read(strings.NewReader(rounds))
	require.NoError(t, err)
	assert.InDelta(t, 400, r.median("BenchmarkHTTP/ours", nsPerOp), 0)
	assert.InDelta(t, 3, single("BenchmarkHTTP/theirs", "allocs/op")(r), 0)
	assert.InDelta(t, 310.0/300, ratio(nsPerOp, "BenchmarkHTTP/ours", "BenchmarkHTTP/theirs")(r), 1e-9, "of each round by itself")
	assert.InDelta(t, 210.0/200, over(nsPerOp, "BenchmarkHTTP/bare", "BenchmarkHTTP/ours", "BenchmarkHTTP/theirs")(r), 1e-9)
}

func TestMissingAndBroken(t *testing.T) {
	r, err := read(strings.NewReader(rounds))
	require.NoError(t, err)
	var out bytes.Buffer
	require.ErrorContains(t, print(&out, r), "no results for", "a benchmark that was renamed is noticed")
	assert.Contains(t, out.String(), "HTTP/ours")
	_, err = read(strings.NewReader("BenchmarkX-2 100 fast ns/op"))
	require.ErrorContains(t, err, "BenchmarkX")
}
