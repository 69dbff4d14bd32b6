// SPDX-License-Identifier: Apache-2.0

package lru_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/store/internal/lru"
)

func TestWhatWasUsedLatelyIsKept(t *testing.T) {
	c := lru.New[string](3, func(int) int64 { return 1 })
	made := 0
	get := func(key string) {
		t.Helper()
		_, err := c.Get(key, func() (int, error) { made++; return made, nil })
		require.NoError(t, err)
	}
	for _, key := range []string{"a", "b", "c", "a", "d"} {
		get(key)
	}
	assert.Equal(t, 4, made)
	get("a")
	assert.Equal(t, 4, made, "a was used after b")
	get("b")
	assert.Equal(t, 5, made)
	assert.EqualValues(t, 3, c.Bytes())
}

func TestErrorsAreNotKept(t *testing.T) {
	c := lru.New[string](10, func(int) int64 { return 1 })
	failed := errors.New("failed")
	_, err := c.Get("a", func() (int, error) { return 0, failed })
	require.ErrorIs(t, err, failed)
	v, err := c.Get("a", func() (int, error) { return 7, nil })
	require.NoError(t, err)
	assert.Equal(t, 7, v)
}

func TestWhatIsTooLargeIsNotKept(t *testing.T) {
	c := lru.New[string](10, func(n int) int64 { return int64(n) })
	for range 2 {
		v, err := c.Get("a", func() (int, error) { return 11, nil })
		require.NoError(t, err)
		assert.Equal(t, 11, v)
		assert.Zero(t, c.Bytes())
	}
}

func TestNilKeepsNothing(t *testing.T) {
	var c *lru.Cache[string, int]
	v, err := c.Get("a", func() (int, error) { return 1, nil })
	require.NoError(t, err)
	assert.Equal(t, 1, v)
}
