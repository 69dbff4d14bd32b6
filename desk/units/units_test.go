// SPDX-License-Identifier: Apache-2.0

package units_test

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/units"
)

func TestDuration(t *testing.T) {
	for _, tc := range []struct {
		ns   int64
		want string
	}{
		{0, "0 s"}, {1, "1 ns"}, {999, "999 ns"}, {1000, "1.00 µs"}, {7905, "7.91 µs"}, {412_000, "412 µs"},
		{999_499, "999 µs"}, {999_500, "1.00 ms"}, {38_100_000, "38.1 ms"}, {9_994_999, "9.99 ms"}, {9_995_000, "10.0 ms"}, {9_996_000, "10.0 ms"},
		{99_960_000, "100 ms"}, {246_760_331, "247 ms"}, {1_240_000_000, "1.24 s"}, {99_949_999_999, "99.9 s"}, {999_400_000_000, "999 s"},
		{999_600_000_000, "16.7 min"}, {3_599_000_000_000, "1.00 h"}, {3_600_000_000_000, "1.00 h"}, {86_400_000_000_000, "1.00 d"},
		{math.MaxInt64, "106752 d"}, {-1, "−1 ns"}, {-20_000_000, "−20.0 ms"}, {math.MinInt64, "−106752 d"},
	} {
		assert.Equal(t, tc.want, units.Duration(tc.ns), "%d ns", tc.ns)
	}
}

func FuzzDuration(f *testing.F) {
	f.Add(int64(999_500))
	form := regexp.MustCompile(`^−?\d+(\.\d+)? (ns|µs|ms|s|min|h|d)$`)
	f.Fuzz(func(t *testing.T, ns int64) {
		text := units.Duration(ns)
		require.Regexp(t, form, text)
		number, unit, _ := strings.Cut(strings.TrimPrefix(text, "−"), " ")
		v, err := strconv.ParseFloat(number, 64)
		require.NoError(t, err)
		if ns == 0 || unit == "d" {
			return
		}
		require.GreaterOrEqual(t, v, 1.0, text)
		require.LessOrEqual(t, v, 999.0, text)
		if unit != "ns" {
			require.Len(t, strings.Replace(number, ".", "", 1), 3, text)
		}
	})
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 7: "7", 999: "999", 1000: "1\u2009000", 12480: "12\u2009480", 1234567: "1\u2009234\u2009567", -1234: "−1\u2009234",
		math.MinInt64: "−9\u2009223\u2009372\u2009036\u2009854\u2009775\u2009808",
	} {
		assert.Equal(t, want, units.Count(n))
	}
}

func TestTokens(t *testing.T) {
	for n, want := range map[float64]string{
		0: "0", 940: "940", 1000: "1.00k", 1534: "1.53k", 12_400: "12.4k", 999_499: "999k", 999_500: "1.00M", 1_300_000: "1.30M", 2e9: "2.00G",
		-1: "–", math.Inf(1): "–",
	} {
		assert.Equal(t, want, units.Tokens(n), "%g", n)
	}
	assert.Equal(t, "–", units.Tokens(math.NaN()))
}

func TestMoney(t *testing.T) {
	for n, want := range map[float64]string{
		0: "0.00", 12.4: "12.4", 1234.5: "1234", 0.00213: "0.00213", 0.5: "0.500", 0.000000001: "0.000000001", math.Inf(1): "–",
	} {
		assert.Equal(t, want, units.Money(n), "%g", n)
	}
}
