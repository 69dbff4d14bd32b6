// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// The measures of a picture, in pixels.
const (
	cellWidth  = 8.4
	cellHeight = 19.0
	fontSize   = 14
	padding    = 18
	titleBar   = 34
	baseline   = 14 // of a line, from its top
)

const fonts = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"

// svg draws a screen as a window with a title. Lines and bars are drawn rather
// than written, so that they join in every font; text is stretched to its cells.
func svg(title string, s screen) string {
	width := float64(s.columns())*cellWidth + 2*padding
	height := float64(len(s))*cellHeight + titleBar + padding
	p := &picture{}
	p.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g" role="img" aria-label="%s">`+"\n",
		width, height, width, height, escaped(title))
	p.printf(`<style>text{font:%dpx %s;fill:%s;white-space:pre}.b{font-weight:600}.f{fill-opacity:.55}</style>`+"\n", fontSize, fonts, foreground)
	p.printf(`<rect x=".5" y=".5" width="%g" height="%g" rx="9" fill="%s" stroke="%s"/>`+"\n", width-1, height-1, background, border)
	p.printf(`<text class="f" x="%d" y="23">%s</text>`+"\n", padding, escaped(title))
	p.printf(`<path d="M1 %d.5H%g" stroke="%s"/>`+"\n", titleBar-8, width-1, border)
	for i, cells := range s {
		p.line(cells, titleBar+float64(i)*cellHeight)
	}
	p.printf("</svg>\n")
	return p.b.String()
}

type picture struct{ b strings.Builder }

func (p *picture) printf(format string, args ...any) { fmt.Fprintf(&p.b, format, args...) }

// escaped is text for XML; what no XML may contain becomes U+FFFD.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // such a writer has no errors
	return b.String()
}

// line draws one line of cells, whose top is at y.
func (p *picture) line(cells []cell, y float64) {
	for from := 0; from < len(cells); {
		to := from + 1
		for to < len(cells) && cells[to].look == cells[from].look {
			to++
		}
		p.paper(cells[from].look, from, to, y)
		p.strokes(cells[from:to], from, y)
		p.words(cells[from:to], from, y)
		from = to
	}
}

func left(column int) float64 { return padding + float64(column)*cellWidth }

func (p *picture) paper(l look, from, to int, y float64) {
	if l.paper == "" {
		return
	}
	p.printf(`<rect x="%.1f" y="%g" width="%.1f" height="%g" fill="%s"/>`+"\n", left(from), y, float64(to-from)*cellWidth, cellHeight, l.paper)
}

// words writes the text among cells of one look, a run of words at a time; cells
// that are drawn stay blank. Words that are two or more blanks apart are apart.
func (p *picture) words(cells []cell, column int, y float64) {
	for from := 0; from < len(cells); {
		if blank(cells[from]) {
			from++
			continue
		}
		to := from + 1
		for to < len(cells) && !(blank(cells[to]) && (to+1 == len(cells) || blank(cells[to+1]))) {
			to++
		}
		p.run(cells[from:to], column+from, y)
		from = to
	}
}

// blank reports whether nothing is written in a cell. The second cell of a wide
// character is not blank.
func blank(c cell) bool { return c.text == " " || isDrawn(c) }

func (p *picture) run(cells []cell, column int, y float64) {
	var text strings.Builder
	for _, c := range cells {
		if isDrawn(c) {
			text.WriteByte(' ')
		} else {
			text.WriteString(c.text)
		}
	}
	p.printf(`<text x="%.1f" y="%g" textLength="%.1f" lengthAdjust="spacingAndGlyphs"%s>%s</text>`+"\n",
		left(column), y+baseline, float64(len(cells))*cellWidth, attributes(cells[0].look, "fill"), escaped(text.String()))
}

// attributes are those of a look, with the colour in the attribute that is named.
func attributes(l look, colour string) string {
	var b, classes strings.Builder
	if l.bold {
		classes.WriteString("b")
	}
	if l.faint {
		classes.WriteString(" f")
	}
	if class := strings.TrimSpace(classes.String()); class != "" {
		fmt.Fprintf(&b, ` class="%s"`, class)
	}
	if l.ink != "" {
		fmt.Fprintf(&b, ` style="%s:%s"`, colour, l.ink)
	}
	return b.String()
}
