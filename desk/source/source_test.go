// SPDX-License-Identifier: Apache-2.0

package source_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/source"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
	"github.com/sidetrace/sidetrace/desk/store/digest"
	"github.com/sidetrace/sidetrace/desk/trace"
)

func TestRange(t *testing.T) {
	const minute = int64(time.Minute)
	for _, tt := range []struct {
		name             string
		r, minutes       source.Range
		inside, outside  []int64
		insideOfMinutes  []int64
		outsideOfMinutes []int64
	}{
		{"no bounds", source.Range{}, source.Range{}, []int64{math.MinInt64, -1, 0, math.MaxInt64}, nil, []int64{0}, nil},
		{"half open", source.Range{From: 10, To: 20}, source.Range{From: 0, To: minute}, []int64{10, 19}, []int64{9, 20}, []int64{0, minute - 1}, []int64{minute}},
		{"whole minutes", source.Range{From: minute, To: 2 * minute}, source.Range{From: minute, To: 2 * minute}, []int64{minute}, []int64{2 * minute}, []int64{minute}, []int64{2 * minute}},
		{"before 1970", source.Range{From: -minute - 1, To: -1}, source.Range{From: -2 * minute, To: 0}, []int64{-minute, -2}, []int64{-1}, []int64{-2 * minute, -1}, []int64{-2*minute - 1}},
		{"the last minute", source.Range{From: 5, To: math.MaxInt64}, source.Range{}, []int64{math.MaxInt64 - 1}, []int64{math.MaxInt64}, []int64{math.MaxInt64}, nil},
		{"the first minute", source.Range{From: math.MinInt64 + 1, To: 5}, source.Range{From: math.MinInt64, To: minute}, []int64{math.MinInt64 + 1}, []int64{math.MinInt64}, []int64{math.MinInt64}, []int64{minute}},
		{"empty", source.Range{From: 20, To: 10}, source.Range{From: 0, To: minute}, nil, []int64{10, 15, 20}, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.minutes, tt.r.Minutes())
			for _, c := range []struct {
				r    source.Range
				at   []int64
				want bool
			}{{tt.r, tt.inside, true}, {tt.r, tt.outside, false}, {tt.minutes, tt.insideOfMinutes, true}, {tt.minutes, tt.outsideOfMinutes, false}} {
				for _, at := range c.at {
					assert.Equal(t, c.want, c.r.Contains(at), "%d in %v", at, c.r)
				}
			}
		})
	}
}

func TestStep(t *testing.T) {
	r := source.Range{From: 7, To: 100}
	assert.EqualValues(t, 7, r.Step(50, 0))
	assert.EqualValues(t, 40, r.Step(49, 20))
	assert.EqualValues(t, -20, r.Step(-1, 20))
	assert.EqualValues(t, math.MinInt64, r.Step(math.MinInt64+1, time.Hour))
}

func TestOrder(t *testing.T) {
	a := digest.Summary{TraceID: sourcetest.TraceID(1), Start: 10, End: 30}
	b := digest.Summary{TraceID: sourcetest.TraceID(2), Start: 20, End: 25}
	twin := digest.Summary{TraceID: sourcetest.TraceID(3), Start: 10, End: 30}
	for _, tt := range []struct {
		order source.Order
		want  []digest.Summary
	}{
		{source.Newest, []digest.Summary{b, a, twin}},
		{source.Oldest, []digest.Summary{a, twin, b}},
		{source.Longest, []digest.Summary{a, twin, b}},
	} {
		for i := range tt.want {
			for j := range tt.want {
				got := tt.order.Compare(tt.order.Position(&tt.want[i]), tt.order.Position(&tt.want[j]))
				switch {
				case i < j:
					assert.Negative(t, got)
				case i > j:
					assert.Positive(t, got)
				default:
					assert.Zero(t, got)
				}
			}
		}
	}
}

func TestCapabilities(t *testing.T) {
	few := source.CanPage | source.CanWatch
	assert.True(t, source.All.Has(few))
	assert.False(t, few.Has(source.CanPage|source.CanSort))
	require.NoError(t, few.Require(source.CanPage))
	var refused *source.UnsupportedError
	require.ErrorAs(t, few.Require(source.CanPage|source.CanSort), &refused)
	assert.Equal(t, source.CanSort, refused.Wanted)
	assert.EqualError(t, refused, "source: this source cannot do what was asked: it lacks [sort]")
	b, err := json.Marshal(few)
	require.NoError(t, err)
	assert.JSONEq(t, `["page","watch"]`, string(b))
	assert.Len(t, source.All.Names(), 13)
	assert.Empty(t, source.Capabilities(0).Names())
}

func TestCompareValues(t *testing.T) {
	list := func(values ...trace.Value) []trace.Value { return values }
	assert.Zero(t, source.CompareValues(list(trace.Int(1)), list(trace.Int(1))))
	assert.Negative(t, source.CompareValues(list(trace.String("1")), list(trace.Int(1))))
	assert.Negative(t, source.CompareValues(list(trace.Int(1)), list(trace.Int(1), trace.Int(0))))
	assert.Positive(t, source.CompareValues(list(trace.String("b")), list(trace.String("a"), trace.Int(0))))
}

func TestLogTime(t *testing.T) {
	assert.EqualValues(t, 5, source.LogTime(&trace.Log{Time: 5, Observed: 7}))
	assert.EqualValues(t, 7, source.LogTime(&trace.Log{Observed: 7}))
}
