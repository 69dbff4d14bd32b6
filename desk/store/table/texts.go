// SPDX-License-Identifier: Apache-2.0

package table

import (
	"bytes"
	"hash/maphash"
)

// texts gives equal texts equal numbers, counted from 0, as long as there are not
// too many.
type texts struct {
	bytes []byte
	ends  []uint32
	slots []uint32 // number+1 by hash; 0: none
	last  uint32
	open  bool // there are so many that equal ones may have several numbers
}

// maxTexts is how many distinct texts are looked up. Those of columns with more
// are hardly ever equal to another one but their predecessor.
const maxTexts = 1 << 14

var seed = maphash.MakeSeed()

func (t *texts) len() int { return len(t.ends) }

// at is the text of a number; it is valid until the next one is added.
func (t *texts) at(n uint32) []byte {
	from := uint32(0)
	if n > 0 {
		from = t.ends[n-1]
	}
	return t.bytes[from:t.ends[n]]
}

// number is that of a text.
func (t *texts) number(text []byte) uint32 {
	if len(t.ends) > 0 && bytes.Equal(t.at(t.last), text) {
		return t.last
	}
	if t.open {
		return t.add(text)
	}
	if 2*len(t.ends) >= len(t.slots) {
		t.grow()
	}
	i := t.slot(text)
	if t.slots[i] == 0 {
		t.slots[i] = t.add(text) + 1
		t.open = len(t.ends) >= maxTexts
	}
	t.last = t.slots[i] - 1
	return t.last
}

// slot is where a text has its number, or is to have it.
func (t *texts) slot(text []byte) int {
	mask := len(t.slots) - 1
	i := int(maphash.Bytes(seed, text)) & mask
	for t.slots[i] != 0 && !bytes.Equal(t.at(t.slots[i]-1), text) {
		i = (i + 1) & mask
	}
	return i
}

func (t *texts) add(text []byte) uint32 {
	t.bytes = append(octets.Grow(t.bytes, len(text)), text...)
	t.ends = add(&words, t.ends, uint32(len(t.bytes)))
	t.last = uint32(len(t.ends) - 1)
	return t.last
}

func (t *texts) grow() {
	n := max(16, 2*len(t.slots))
	words.Free(t.slots)
	t.slots = words.Make(n)[:n]
	clear(t.slots)
	for n := range t.ends {
		t.slots[t.slot(t.at(uint32(n)))] = uint32(n) + 1
	}
}

func (t *texts) free() {
	octets.Free(t.bytes)
	words.Free(t.ends)
	words.Free(t.slots)
}
