// SPDX-License-Identifier: Apache-2.0

package hostaddr

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFind(t *testing.T) {
	for _, addr := range []interface{ IsUnspecified() bool }{Find(), interfaceAddr()} {
		assert.False(t, addr.IsUnspecified())
	}
	assert.True(t, Find().IsValid())
	assert.True(t, interfaceAddr().IsValid(), "a host without a route has an address too")
}
