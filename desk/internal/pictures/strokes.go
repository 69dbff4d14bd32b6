// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A stroke is what a box drawing character consists of: lines from the middle of
// the cell to its sides, none, thin or thick.
type stroke struct{ left, right, up, down uint8 }

// box are the characters that are drawn, and dashed those with broken lines.
var (
	box = map[rune]stroke{
		'─': {left: 1, right: 1}, '━': {left: 2, right: 2}, '│': {up: 1, down: 1}, '┃': {up: 2, down: 2},
		'╴': {left: 1}, '╶': {right: 1}, '╸': {left: 2}, '╺': {right: 2}, '╼': {left: 1, right: 2}, '╾': {left: 2, right: 1},
		'╭': {right: 1, down: 1}, '╰': {right: 1, up: 1}, '└': {right: 1, up: 1}, '├': {right: 1, up: 1, down: 1},
	}
	dashed = map[rune]stroke{'╌': {left: 1, right: 1}, '┄': {left: 1, right: 1}}
)

// arrows are drawn as triangles: which way they point.
var arrows = map[rune]float64{'►': 1, '◄': -1}

// edge is the left edge of a box in a flame graph.
const edge = '▏'

func isDrawn(c cell) bool {
	r, size := utf8.DecodeRuneInString(c.text)
	if size == 0 || size != len(c.text) {
		return false
	}
	_, isBox := box[r]
	_, isDashed := dashed[r]
	_, isArrow := arrows[r]
	return isBox || isDashed || isArrow || r == edge
}

// A path is lines of one weight. A line that goes on where the last one ended is
// one line with it.
type path struct {
	b    strings.Builder
	to   float64 // where the last horizontal line ended
	open bool
}

func (p *path) horizontal(from, to, y float64) {
	if !p.open || from != p.to {
		p.end()
		fmt.Fprintf(&p.b, "M%.1f %.1f", from, y)
	}
	p.to, p.open = to, true
}

// end ends the horizontal line.
func (p *path) end() {
	if p.open {
		fmt.Fprintf(&p.b, "H%.1f", p.to)
	}
	p.open = false
}

func (p *path) vertical(x, from, to float64) {
	p.end()
	fmt.Fprintf(&p.b, "M%.1f %.1fV%.1f", x, from, to)
}

// drawing is what is drawn of cells of one look.
type drawing struct {
	thin, thick, bars, broken path
	solid                     strings.Builder
}

// strokes draws the lines and arrows among cells of one look.
func (p *picture) strokes(cells []cell, column int, y float64) {
	var d drawing
	for i, c := range cells {
		if isDrawn(c) {
			r, _ := utf8.DecodeRuneInString(c.text)
			d.add(r, left(column+i), y)
		}
	}
	l := cells[0].look
	p.path(l, &d.thin, ` stroke-width="1.2"`)
	p.path(l, &d.bars, ` stroke-width="7"`)
	p.path(l, &d.thick, ` stroke-width="3.4"`)
	p.path(l, &d.broken, ` stroke-width="1.2" stroke-dasharray="3 3"`)
	if d.solid.Len() > 0 {
		p.printf(`<path d="%s" fill="%s"%s/>`+"\n", d.solid.String(), inkOf(l), opacity(l, "fill"))
	}
}

// add draws one character in the cell whose corner is at x and y.
func (d *drawing) add(r rune, x, y float64) {
	middle, centre := y+cellHeight/2, x+cellWidth/2
	if way, ok := arrows[r]; ok {
		fmt.Fprintf(&d.solid, "M%.1f %.1fl%.1f -4.5v9z", centre+way*cellWidth/2, middle, -way*cellWidth)
	}
	if r == edge {
		fmt.Fprintf(&d.solid, "M%.1f %.1fh1v%.1fh-1z", x, y, cellHeight)
	}
	s, horizontals, verticals := box[r], [3]*path{nil, &d.thin, &d.bars}, [3]*path{nil, &d.thin, &d.thick}
	if broken, ok := dashed[r]; ok {
		s, horizontals[1] = broken, &d.broken
	}
	if s.left > 0 {
		horizontals[s.left].horizontal(x, centre, middle)
	}
	if s.right > 0 {
		horizontals[s.right].horizontal(centre, x+cellWidth, middle)
	}
	if s.up > 0 {
		verticals[s.up].vertical(centre, y, middle)
	}
	if s.down > 0 {
		verticals[s.down].vertical(centre, middle, y+cellHeight)
	}
}

func (p *picture) path(l look, d *path, attributes string) {
	if d.end(); d.b.Len() > 0 {
		p.printf(`<path d="%s" fill="none" stroke="%s"%s%s/>`+"\n", d.b.String(), inkOf(l), opacity(l, "stroke"), attributes)
	}
}

func inkOf(l look) string {
	if l.ink == "" {
		return foreground
	}
	return l.ink
}

// opacity is the attribute of what is faint.
func opacity(l look, of string) string {
	if l.faint {
		return ` ` + of + `-opacity=".4"`
	}
	return ""
}
