// SPDX-License-Identifier: Apache-2.0

package sketch_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/store/sketch"
)

func TestBuckets(t *testing.T) {
	last := uint16(0)
	for d := range int64(1 << 20) {
		b := sketch.Bucket(d)
		require.True(t, b == last || b == last+1, "%d is in bucket %d after %d", d, b, last)
		last = b
	}
	assert.Zero(t, sketch.Bucket(-5))
	assert.Zero(t, sketch.Bucket(math.MinInt64))
	assert.EqualValues(t, sketch.Buckets-1, sketch.Bucket(math.MaxInt64))
}

func TestQuantilesAreNear(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var s sketch.Sketch
	var all []int64
	for range 20_000 {
		d := int64(math.Exp(r.Float64() * 40))
		all = append(all, d)
		s.Add(d, 1)
	}
	slices.Sort(all)
	assert.EqualValues(t, len(all), s.Count())
	for _, q := range []float64{0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1} {
		want := all[min(int(q*float64(len(all))), len(all)-1)]
		assert.InDelta(t, want, s.Quantile(q), float64(want)/128+1, "q=%v", q)
	}
	var empty sketch.Sketch
	assert.Zero(t, empty.Quantile(0.5))
}

func TestSumsAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var whole sketch.Sketch
	var sum, bytes sketch.Sum
	for range 20 {
		var part sketch.Sketch
		for range 100 {
			d := r.Int64N(1 << r.IntN(60))
			part.Add(d, 2)
			whole.Add(d, 2)
		}
		sum.Add(&part)
		bytes.AddBytes(part.Append(nil))
	}
	assert.Equal(t, whole, sum.Sketch())
	assert.Equal(t, whole, bytes.Sketch())
	sum.Reset()
	assert.Zero(t, new(sum.Sketch()).Count())
	sum.AddBytes(whole.Append(nil))
	assert.Equal(t, whole, sum.Sketch(), "used again")
	total := uint64(0)
	whole.Each(func(low, width int64, count uint64) {
		assert.Equal(t, sketch.Bucket(low), sketch.Bucket(low+width-1))
		total += count
	})
	assert.EqualValues(t, 4000, total)
}

func TestBytes(t *testing.T) {
	var s, got sketch.Sketch
	rest, err := got.Read(s.Append(nil))
	require.NoError(t, err)
	assert.Empty(t, rest)
	for _, d := range []int64{0, 5, 127, 128, 1e9, math.MaxInt64} {
		s.Add(d, uint64(d)+1)
	}
	b := append(s.Append(nil), 7)
	rest, err = got.Read(b)
	require.NoError(t, err)
	assert.Equal(t, []byte{7}, rest)
	assert.Equal(t, s, got)
	count, rest, err := sketch.Skip(b)
	require.NoError(t, err)
	assert.Equal(t, []byte{7}, rest)
	assert.Equal(t, s.Count(), count)
	for n := range len(b) - 1 {
		_, err := got.Read(b[:n])
		require.Error(t, err)
		_, _, err = sketch.Skip(b[:n])
		require.Error(t, err)
	}
}

func FuzzRead(f *testing.F) {
	var s sketch.Sketch
	s.Add(1000, 3)
	s.Add(5, 1)
	f.Add(s.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s, again sketch.Sketch
		var sum sketch.Sum
		sum.AddBytes(b)
		if _, err := s.Read(b); err != nil {
			return
		}
		if s.Count() > 0 {
			assert.Equal(t, s.Append(nil), new(sum.Sketch()).Append(nil))
		}
		rest, err := again.Read(s.Append(nil))
		require.NoError(t, err)
		assert.Empty(t, rest)
		assert.Equal(t, s, again)
	})
}
