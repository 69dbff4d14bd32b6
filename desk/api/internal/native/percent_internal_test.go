// SPDX-License-Identifier: Apache-2.0

package native

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestPercent checks that a little is not nothing, and almost all are not all.
func TestPercent(t *testing.T) {
	for _, tt := range []struct {
		part, whole uint64
		want        float64
	}{{0, 0, 0}, {0, 5, 0}, {5, 5, 100}, {1, 3, 33.333}, {2, 3, 66.667}, {1, 10_000_000, 0.001}, {9_999_999, 10_000_000, 99.999}} {
		assert.InDelta(t, tt.want, percent(tt.part, tt.whole), 1e-9, "%d of %d", tt.part, tt.whole)
	}
}
