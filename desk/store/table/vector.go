// SPDX-License-Identifier: Apache-2.0

package table

// A Vector is a page of a column. It is not changed any more and may be shared;
// the nil Vector is a page of nulls.
type Vector struct {
	at    []int32 // of rows in the values, -1 for null; nil: every row has a value
	n     int     // values
	size  int     // of ids, 0 for all others
	data  []byte
	ends  []uint32 // where texts begin, and the last ends
	nums  []uint64
	codes []int32 // of values in the dictionary
	dict  *Vector
}

// index is where a row has its value, -1 if it has none.
func (v *Vector) index(row int) int {
	if v == nil {
		return -1
	}
	if v.at != nil {
		row = int(v.at[row])
	}
	if row >= 0 && v.codes != nil {
		return int(v.codes[row])
	}
	return row
}

// values is where values stand.
func (v *Vector) values() *Vector {
	if v.dict != nil {
		return v.dict
	}
	return v
}

// Has reports whether a row of the page has a value.
func (v *Vector) Has(row int) bool { return v != nil && (v.at == nil || v.at[row] >= 0) }

// Num is a row's number, time, bits of a float, or 1 for true; 0 for null.
func (v *Vector) Num(row int) uint64 {
	i := v.index(row)
	if i < 0 {
		return 0
	}
	return v.values().nums[i]
}

// Bytes is a row's text, bytes or id, nil for null. It is not to be changed.
func (v *Vector) Bytes(row int) []byte {
	i := v.index(row)
	if i < 0 {
		return nil
	}
	return v.values().text(i)
}

// text is the ith value, a text, bytes or an id.
func (v *Vector) text(i int) []byte {
	if v.size > 0 {
		return v.data[i*v.size : (i+1)*v.size]
	}
	return v.data[v.ends[i]:v.ends[i+1]]
}

// weight is how many bytes the vector takes, without its dictionary.
func (v *Vector) weight() int64 {
	if v == nil {
		return 64
	}
	return int64(160 + 4*len(v.at) + len(v.data) + 4*len(v.ends) + 8*len(v.nums) + 4*len(v.codes))
}

// A Matches finds the rows of a page whose value is wanted.
type Matches interface {
	// Text reports whether a text or id is wanted.
	Text([]byte) bool
	// Num reports whether a number is wanted, as [Vector.Num] has it.
	Num(uint64) bool
}

// Match calls found for the rows whose value is wanted, in order. Distinct values
// of a dictionary are looked at once.
func (v *Vector) Match(m Matches, found func(row int)) {
	if v == nil {
		return
	}
	w := v.values()
	wanted := make([]bool, w.n)
	for i := range wanted {
		if w.nums != nil {
			wanted[i] = m.Num(w.nums[i])
		} else {
			wanted[i] = m.Text(w.text(i))
		}
	}
	n := v.n
	if v.at != nil {
		n = len(v.at)
	}
	for row := range n {
		if i := v.index(row); i >= 0 && wanted[i] {
			found(row)
		}
	}
}

// Count calls yield with rows whose values are all of those that some rows have,
// and how many of the rows have the same. Those of a dictionary come once, others
// row by row.
func (v *Vector) Count(rows []int, yield func(row, n int)) {
	if v == nil {
		return
	}
	if v.dict == nil {
		for _, row := range rows {
			if v.Has(row) {
				yield(row, 1)
			}
		}
		return
	}
	counts := make([]int32, v.dict.n)
	var first []int // of the values that occur, a row
	for _, row := range rows {
		if i := v.index(row); i >= 0 {
			if counts[i]++; counts[i] == 1 {
				first = append(first, row)
			}
		}
	}
	for _, row := range first {
		yield(row, int(counts[v.index(row)]))
	}
}
