// SPDX-License-Identifier: Apache-2.0

package show

import (
	"bufio"
	"io"
	"strings"
	"time"
)

// The widths of a view.
const (
	DefaultWidth = 100
	MinWidth     = 40
)

// DefaultRows is how many rows of a trace are drawn unless the view says otherwise.
const DefaultRows = 500

// A View says how to draw. The zero value draws 100 columns without colour. Its
// methods may be called by any number of goroutines; their errors are those of
// the writer.
type View struct {
	// Width is the number of columns. 0 means [DefaultWidth]; less than [MinWidth]
	// counts as that.
	Width int
	// Color turns on colours, as SGR sequences.
	Color bool
	// Rows is how many rows a drawing of one trace may have before rows are left
	// out; the drawing says how many. 0 means [DefaultRows], less than 0 no limit.
	Rows int
	// Zone is for times; nil means UTC.
	Zone *time.Location
}

func (v View) columns() int {
	if v.Width == 0 {
		return DefaultWidth
	}
	return max(v.Width, MinWidth)
}

// limit is how many of n rows may be drawn.
func (v View) limit(n int) int {
	switch {
	case v.Rows < 0:
		return n
	case v.Rows == 0:
		return min(n, DefaultRows)
	}
	return min(n, v.Rows)
}

// time writes a moment, given in ns since 1970, in the view's zone.
func (v View) time(ns int64) string { return v.moment(ns, "2006-01-02 15:04:05.000 MST") }

func (v View) moment(ns int64, layout string) string {
	zone := v.Zone
	if zone == nil {
		zone = time.UTC
	}
	return time.Unix(0, ns).In(zone).Format(layout)
}

// A page is a drawing being written.
type page struct {
	View
	w *bufio.Writer
}

func (v View) page(w io.Writer) *page { return &page{View: v, w: bufio.NewWriterSize(w, 1<<15)} }

// line begins a line of the full width.
func (p *page) line() *line { return &line{limit: p.columns(), color: p.Color} }

// write ends a line. Errors stay in the writer until done.
func (p *page) write(l *line) {
	_, _ = p.w.WriteString(strings.TrimRight(l.text(), " "))
	_ = p.w.WriteByte('\n')
}

// say writes a line of one style.
func (p *page) say(s style, text string) { p.write(p.line().add(s, text)) }

func (p *page) blank() { p.write(p.line()) }

func (p *page) done() error { return p.w.Flush() }

// A line is pieces of text of different styles. What does not fit is cut.
type line struct {
	b     strings.Builder
	used  int
	limit int
	color bool
	pad   int // spaces that are due if anything follows
}

// add appends text as it is: for text of ours, or text made clean. Blanks at its
// ends are not coloured, unless the style has a background.
func (l *line) add(s style, text string) *line {
	inner := text
	if !s.hasPaper() {
		inner = strings.TrimLeft(text, " ")
		l.pad += len(text) - len(inner)
		text, inner = inner, strings.TrimRight(inner, " ")
	}
	room := l.limit - l.used - l.pad
	if inner == "" || room <= 0 {
		return l
	}
	l.flush()
	after := len(text) - len(inner)
	inner = cut(inner, room)
	if s != plain && l.color {
		l.b.WriteString("\x1b[" + string(s) + "m" + inner + "\x1b[0m")
	} else {
		l.b.WriteString(inner)
	}
	l.used += width(inner)
	l.pad = after
	return l
}

// flush writes the spaces that are due.
func (l *line) flush() {
	for ; l.pad > 0; l.pad-- {
		l.b.WriteByte(' ')
		l.used++
	}
}

// to moves on to a column, or stays where text has passed it.
func (l *line) to(column int) *line {
	l.pad = max(min(column, l.limit)-l.used, 0)
	return l
}

// gap moves on by some columns more.
func (l *line) gap(columns int) *line {
	l.pad += columns
	return l
}

// right appends text that ends before a column.
func (l *line) right(s style, text string, column int) *line {
	return l.to(column-width(text)).add(s, text)
}

func (l *line) text() string { return l.b.String() }
