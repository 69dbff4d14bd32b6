// SPDX-License-Identifier: Apache-2.0

package table

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/sidetrace/sidetrace/desk/store/wire"
	"github.com/sidetrace/sidetrace/desk/trace"
)

const (
	// maxColumns is how many columns of attributes a file has, besides those that
	// its schema names.
	maxColumns = 64
	// rarest is the share of rows, as its inverse, that have an attribute which is
	// worth a column.
	rarest = 32
)

// finished is the attributes of all rows as a file has them.
type finished struct {
	columns []*column // in the order of their ranks
	order   column
	rest    []restEntry
}

// restEntry is an attribute in the list of a row.
type restEntry struct {
	row uint32
	other
}

// finish decides which attributes have columns. No row is added any more.
func (a *attributes) finish() *finished {
	f := &finished{order: column{name: orderColumn, kind: Bytes, optional: true}}
	for i, c := range a.inOrder(a.chosen()) {
		c.choose()
		c.rank = int32(i + 1)
		f.columns = append(f.columns, &c.column)
	}
	patterns := make([]pattern, len(a.known))
	for i, shape := range a.known {
		patterns[i] = a.pattern(shape)
	}
	next := make([]int, len(a.columns))
	others := a.others
	for row, shape := range a.shapeOf {
		p := &patterns[shape]
		if p.order != nil {
			f.order.addText(row, p.order)
		}
		if !p.rest {
			continue
		}
		for _, n := range a.known[shape] {
			switch {
			case n < 0:
				f.rest = append(f.rest, restEntry{uint32(row), others[0]})
				others = others[1:]
			case a.columns[n].rank == 0:
				f.rest = append(f.rest, restEntry{uint32(row), a.columns[n].other(next[n])})
				next[n]++
			}
		}
	}
	return f
}

// chosen are the attributes that are worth a column.
func (a *attributes) chosen() (all []*attribute) {
	var candidates []*attribute
	for _, k := range a.keys {
		best := (*attribute)(nil)
		for _, c := range k.of {
			if c != nil && (best == nil || !best.reserved && (c.reserved || c.len() > best.len())) {
				best = c
			}
		}
		switch {
		case best == nil:
		case best.reserved:
			all = append(all, best)
		case best.len()*rarest >= a.row:
			candidates = append(candidates, best)
		}
	}
	slices.SortFunc(candidates, func(x, y *attribute) int {
		return cmp.Or(cmp.Compare(y.len(), x.len()), cmp.Compare(x.number, y.number))
	})
	return append(all, candidates[:min(len(candidates), maxColumns)]...)
}

// maxCompared is how many shapes are looked at for the order of columns.
const maxCompared = 4096

// inOrder sorts columns as rows have them, as far as they agree: of those that are
// left, the next is the one that stands behind the fewest others of them, and of
// several the one that occurred first.
func (a *attributes) inOrder(columns []*attribute) (out []*attribute) {
	slices.SortFunc(columns, func(x, y *attribute) int { return cmp.Compare(x.number, y.number) })
	behind := a.compare(columns)
	left := make([]int, len(columns))
	for i := range left {
		left[i] = i
	}
	for len(left) > 0 {
		best, fewest := 0, len(columns)
		for i, c := range left {
			n := 0
			for _, d := range left {
				if behind[c][d] > behind[d][c] {
					n++
				}
			}
			if n < fewest {
				best, fewest = i, n
			}
		}
		out = append(out, columns[left[best]])
		left = slices.Delete(left, best, best+1)
	}
	return out
}

// compare counts, for each two columns, the shapes that have the first one behind
// the second one.
func (a *attributes) compare(columns []*attribute) (behind [][]int32) {
	place := make([]int, len(a.columns))
	behind = make([][]int32, len(columns))
	for i, c := range columns {
		place[c.number] = i + 1
		behind[i] = make([]int32, len(columns))
	}
	var before []int
	for _, shape := range a.known[:min(len(a.known), maxCompared)] {
		before = before[:0]
		for _, n := range shape {
			if n < 0 || place[n] == 0 {
				continue
			}
			c := place[n] - 1
			for _, d := range before {
				behind[c][d]++
			}
			before = append(before, c)
		}
	}
	return behind
}

// pattern is what the rows of a shape have in common.
type pattern struct {
	order []byte // nil: that of the columns, then of the list
	rest  bool   // they have something in the list
}

func (a *attributes) pattern(shape []int32) (p pattern) {
	var order []byte
	last, plain := int32(0), true
	for _, n := range shape {
		rank := int32(0)
		if n >= 0 {
			rank = a.columns[n].rank
		}
		if rank == 0 {
			p.rest = true
		} else {
			plain = plain && !p.rest && rank > last
			last = rank
		}
		order = binary.AppendUvarint(order, uint64(rank))
	}
	if !plain {
		p.order = order
	}
	return p
}

// other is a value of a column as one that has none.
func (c *attribute) other(i int) other {
	o := other{key: c.name}
	switch c.kind {
	case Text:
		o.value = wire.Value{Kind: trace.StringValue, Raw: c.texts.at(c.codes[i])}
	case Int:
		o.value = wire.Value{Kind: trace.IntValue, Num: c.nums[i]}
	case Float:
		o.value = wire.Value{Kind: trace.FloatValue, Num: c.nums[i]}
	case Bool:
		o.value = wire.Value{Kind: trace.BoolValue, Num: c.nums[i]}
	}
	return o
}
