// SPDX-License-Identifier: Apache-2.0

package show

import "slices"

// A column of a table.
type column struct {
	name string
	// right is for numbers, which end at the same column.
	right bool
	// least is how narrow the column may become where the table does not fit; 0
	// means that it is never cut.
	least int
	// fold says which columns go first where even that does not help: those with
	// the highest number; 0 stays.
	fold int
}

// A value is the text of one place in a table, clean.
type value struct {
	text string
	style
}

// table writes rows in columns, two blanks apart.
func (p *page) table(columns []column, rows [][]value) {
	widths := natural(columns, rows)
	fit(columns, widths, p.columns())
	head := make([]value, len(columns))
	for i, c := range columns {
		head[i] = value{c.name, faint}
	}
	p.tableRow(columns, widths, head)
	for _, row := range rows {
		p.tableRow(columns, widths, row)
	}
}

const columnGap = 2

func (p *page) tableRow(columns []column, widths []int, row []value) {
	l, at := p.line(), 0
	for i, c := range columns {
		if widths[i] == 0 {
			continue
		}
		text := cut(row[i].text, widths[i])
		if c.right {
			l.right(row[i].style, text, at+widths[i])
		} else {
			l.to(at).add(row[i].style, text)
		}
		at += widths[i] + columnGap
	}
	p.write(l)
}

func natural(columns []column, rows [][]value) []int {
	widths := make([]int, len(columns))
	for i, c := range columns {
		widths[i] = width(c.name)
		for _, row := range rows {
			widths[i] = max(widths[i], width(row[i].text))
		}
	}
	return widths
}

// fit takes columns away, which is a width of 0, until the others fit at their
// narrowest, and then narrows the widest of those that may be cut.
func fit(columns []column, widths []int, room int) {
	least := slices.Clone(widths)
	for i, c := range columns {
		if c.least > 0 {
			least[i] = min(c.least, widths[i])
		}
	}
	for total(least) > room {
		at := foldable(columns, least)
		if at < 0 {
			break
		}
		widths[at], least[at] = 0, 0
	}
	for total(widths) > room {
		at := widest(widths, least)
		if at < 0 {
			return
		}
		widths[at]--
	}
}

func total(widths []int) int {
	sum := -columnGap
	for _, w := range widths {
		if w > 0 {
			sum += w + columnGap
		}
	}
	return sum
}

// foldable is the column that goes first, -1 if all that are left stay.
func foldable(columns []column, widths []int) int {
	at := -1
	for i, c := range columns {
		if c.fold > 0 && widths[i] > 0 && (at < 0 || c.fold > columns[at].fold) {
			at = i
		}
	}
	return at
}

// widest is the widest column that may become narrower, -1 if there is none.
func widest(widths, least []int) int {
	at := -1
	for i := range widths {
		if widths[i] > least[i] && (at < 0 || widths[i] > widths[at]) {
			at = i
		}
	}
	return at
}
