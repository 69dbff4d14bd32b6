// SPDX-License-Identifier: Apache-2.0

package export

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMermaidTextAsTheOriginal checks the reference values of escape_mermaid.
func TestMermaidTextAsTheOriginal(t *testing.T) {
	b, err := os.ReadFile("../testdata/misc.json")
	require.NoError(t, err)
	var misc struct {
		Cases [][2]any `json:"escape_mermaid"`
	}
	require.NoError(t, json.Unmarshal(b, &misc))
	require.NotEmpty(t, misc.Cases)
	for _, c := range misc.Cases {
		assert.Equal(t, c[1], mermaidText(fmt.Sprint(c[0])))
	}
}
