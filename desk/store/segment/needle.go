// SPDX-License-Identifier: Apache-2.0

package segment

import "bytes"

// A needle is a text that is looked for in the bytes of many spans: at the byte of it
// that is the rarest there, as most texts have some that every span is full of.
type needle struct {
	text []byte
	rare int // its place in the text
}

// in reports whether some bytes have the text.
func (n *needle) in(b []byte) bool {
	if len(n.text) == 0 {
		return true
	}
	from, last := n.rare, len(b)-len(n.text)+n.rare // where the byte may be
	for from <= last {
		i := bytes.IndexByte(b[from:last+1], n.text[n.rare])
		if i < 0 {
			return false
		}
		from += i
		if start := from - n.rare; bytes.Equal(b[start:start+len(n.text)], n.text) {
			return true
		}
		from++
	}
	return false
}

// frequencies are how often each byte is.
type frequencies [256]uint32

func (f *frequencies) add(b []byte) {
	for _, c := range b {
		f[c]++
	}
}

// choose finds the rarest byte of the text.
func (n *needle) choose(f *frequencies) {
	for i, c := range n.text {
		if f[c] < f[n.text[n.rare]] {
			n.rare = i
		}
	}
}
