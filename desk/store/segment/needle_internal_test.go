// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
)

func FuzzNeedle(f *testing.F) {
	f.Add([]byte("session svc00@src1 of a span"), []byte("svc00@src1"), []byte("cccssvv0001"))
	f.Add([]byte("aaaaab"), []byte("aab"), []byte("a"))
	f.Add([]byte("short"), []byte("longer than it"), []byte{})
	f.Add([]byte{}, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, b, text, usual []byte) {
		n := needle{text: text}
		assert.Equal(t, bytes.Contains(b, text), n.in(b))
		var often frequencies
		often.add(usual)
		n.choose(&often)
		assert.Equal(t, bytes.Contains(b, text), n.in(b), "at its rarest byte")
		for _, c := range text {
			assert.LessOrEqual(t, often[text[n.rare]], often[c])
		}
	})
}
