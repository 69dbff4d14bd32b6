// SPDX-License-Identifier: Apache-2.0

package jsontext

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAppendString(t *testing.T) {
	assert.Equal(t, `x"a\"b\\c\n\r\t\u0000\u001f<&>"`, string(AppendString([]byte("x"), "a\"b\\c\n\r\t\x00\x1f<&>")))
	assert.Equal(t, "\"a\ufffd\ufffdb\u2028提\"", string(AppendString(nil, "a\xff\xfeb\u2028提")))
}

func FuzzString(f *testing.F) {
	for _, s := range []string{"", "plain", "\x00\x1f\x7f\"\\", "提示\u2028", "\xff\xc3\x28", "\U0001f50e\xf0\x9f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		require.NoError(t, json.Unmarshal(AppendString(nil, s), &got))
		want, err := json.Marshal(s)
		require.NoError(t, err)
		var std string
		require.NoError(t, json.Unmarshal(want, &std))
		assert.Equal(t, std, got, "the same string that encoding/json makes of it")
	})
}
