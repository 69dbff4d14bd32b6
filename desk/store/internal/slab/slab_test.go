// SPDX-License-Identifier: Apache-2.0

package slab_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sidetrace/sidetrace/desk/store/internal/slab"
)

func TestPool(t *testing.T) {
	var p slab.Pool[string]
	s := p.Make(300)
	assert.Empty(t, s)
	assert.Equal(t, 320, cap(s))
	for range cap(s) {
		s = append(p.Grow(s, 1), "a value")
	}
	assert.Equal(t, 320, cap(s), "there was room")
	s = append(p.Grow(s, 1), "the last")
	assert.Len(t, s, 321)
	assert.Equal(t, []string{"a value", "the last"}, s[319:])
	assert.Equal(t, 640, cap(s))
	p.Free(s)
	assert.Empty(t, p.Make(600))
	p.Free(make([]string, 3))
	p.Free(make([]string, 1000))
	assert.Equal(t, 1024, cap(p.Make(1000)), "slices of other sizes are not kept")
}

func TestCapacities(t *testing.T) {
	var p slab.Pool[byte]
	for n := 0; n < 100_000; n += 1 + n/64 {
		got := cap(p.Make(n))
		if got < n || n > 256 && got > n+n/4+1 || n <= 256 && got != 256 {
			assert.Fail(t, "a wrong capacity", "%d for %d", got, n)
		}
	}
	assert.Equal(t, 1<<40, cap(new(slab.Pool[struct{}]).Make(1<<40)))
}
