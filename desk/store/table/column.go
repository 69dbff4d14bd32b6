// SPDX-License-Identifier: Apache-2.0

package table

import "github.com/sidetrace/sidetrace/desk/store/internal/slab"

// The memory of columns: they are filled as often as segments are written.
var (
	words   slab.Pool[uint32]
	numbers slab.Pool[uint64]
	octets  slab.Pool[byte]
)

// column is the values of one, as they are collected.
type column struct {
	name     string
	kind     Kind
	coding   Coding
	size     int
	optional bool

	// What follows is of pools, to which [Builder.Free] gives it back.
	rows  []uint32 // of the values, if the column is optional
	texts texts
	codes []uint32 // of texts and bytes
	nums  []uint64 // of all others but ids
	ids   []byte
}

func (c *column) len() int {
	switch c.kind {
	case Text, Bytes:
		return len(c.codes)
	case ID:
		return len(c.ids) / c.size
	}
	return len(c.nums)
}

// reserve makes room for values.
func (c *column) reserve(n int) {
	switch c.kind {
	case Text, Bytes:
		c.codes = words.Make(n)
	case ID:
		c.ids = octets.Make(n * c.size)
	default:
		c.nums = numbers.Make(n)
	}
}

// mark notes that a row has a value.
func (c *column) mark(row int) {
	if c.optional {
		c.rows = add(&words, c.rows, uint32(row))
	}
}

func (c *column) addText(row int, text []byte) {
	c.mark(row)
	c.codes = add(&words, c.codes, c.texts.number(text))
}

func (c *column) addNum(row int, num uint64) {
	c.mark(row)
	c.nums = add(&numbers, c.nums, num)
}

func (c *column) addID(row int, id []byte) {
	c.mark(row)
	c.ids = append(octets.Grow(c.ids, len(id)), id...)
}

// free gives the memory back.
func (c *column) free() {
	words.Free(c.rows)
	words.Free(c.codes)
	numbers.Free(c.nums)
	octets.Free(c.ids)
	c.texts.free()
	*c = column{}
}

// add appends to a slice of a pool.
func add[T any](p *slab.Pool[T], s []T, v T) []T {
	if len(s) == cap(s) {
		s = p.Grow(s, 1)
	}
	return append(s, v)
}

// few reports whether the numbers of a column are worth a dictionary.
func (c *column) few() bool {
	const enough = 256
	seen := make(map[uint64]struct{}, 8)
	for i, n := range c.nums {
		if i > 0 && n == c.nums[i-1] {
			continue
		}
		seen[n] = struct{}{}
		if len(seen) > enough || len(seen) > 16 && len(seen)*4 > len(c.nums) {
			return false
		}
	}
	return true
}

// choose sets how the column of an attribute is stored.
func (c *column) choose() {
	few := true
	switch c.kind {
	case Text:
		few = c.texts.len() <= 16 || c.texts.len() <= 4096 && c.texts.len()*8 <= len(c.codes)
	case Int, Float:
		few = c.few()
	}
	if !few {
		c.coding = Delta
	}
	if c.kind == Float && !few || c.kind == Bool {
		c.coding = Plain
	}
}
