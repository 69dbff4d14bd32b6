// SPDX-License-Identifier: Apache-2.0

package memory_test

import (
	"testing"

	"github.com/sidetrace/sidetrace/desk/source/memory"
	"github.com/sidetrace/sidetrace/desk/source/sourcetest"
)

func TestSource(t *testing.T) {
	sourcetest.Run(t, func(*testing.T) sourcetest.Place {
		s := memory.New()
		return sourcetest.Place{Source: s, Add: s.Add}
	})
}
