// SPDX-License-Identifier: Apache-2.0

package show

import (
	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/units"
)

// lifelines are the columns of a sequence diagram for a terminal: services and
// databases. What arrives at an endpoint arrives at its service.
type lifelines struct {
	columns []lifeline
	of      []int // the column of each participant
}

// A lifeline is one column.
type lifeline struct {
	name    string
	style   style
	at      int // the column of the terminal
	active  int // calls that have not returned
	isOuter bool
}

func newLifelines(s *analysis.Sequence, p palette) *lifelines {
	l := &lifelines{of: make([]int, len(s.Participants))}
	known := map[analysis.Participant]int{}
	for i, participant := range s.Participants {
		if participant.Type == analysis.Endpoint {
			participant = analysis.Participant{Name: participant.Component, Type: analysis.Component, Component: participant.Component}
		}
		at, ok := known[participant]
		if !ok {
			at = len(l.columns)
			known[participant] = at
			l.columns = append(l.columns, newLifeline(participant, p))
		}
		l.of[i] = at
	}
	return l
}

func newLifeline(p analysis.Participant, colours palette) lifeline {
	line := lifeline{name: clean(p.Name), style: colours.text(p.Component)}
	switch {
	case p.Type == analysis.Outside:
		line.name, line.style, line.isOuter = "outside", plain, true
	case line.name == "":
		line.name = units.Unknown
	}
	return line
}

// spread gives every line its place between two columns; lines are no further
// apart than most, and the answer is false if they would be closer than least.
func (l *lifelines) spread(from, to, least, most int) bool {
	if len(l.columns) == 0 {
		return true
	}
	apart := min((to-from)/len(l.columns), most)
	for i := range l.columns {
		l.columns[i].at = from + i*apart + apart/2
	}
	return apart >= least
}

// step draws the lines, and over them an arrow between two of them.
func (l *lifelines) step(from, to int, a arrow) []glyph {
	row := make([]glyph, l.columns[len(l.columns)-1].at+2)
	for i := range row {
		row[i] = glyph{' ', plain}
	}
	for _, c := range l.columns {
		row[c.at] = glyph{'│', faint}
		if c.active > 0 {
			row[c.at] = glyph{'┃', c.style}
		}
	}
	a.over(row, l.columns[from].at, l.columns[to].at)
	return row
}

// A glyph is one character of a drawing.
type glyph struct {
	r rune
	style
}

// An arrow is how a message looks.
type arrow struct {
	shaft rune
	style style
}

// over draws the arrow from one column to another; within one column it is a dot.
func (a arrow) over(row []glyph, from, to int) {
	switch {
	case from < to:
		for i := from + 1; i < to-1; i++ {
			row[i] = glyph{a.shaft, a.style}
		}
		row[to-1] = glyph{'►', a.style}
	case from > to:
		for i := to + 2; i < from; i++ {
			row[i] = glyph{a.shaft, a.style}
		}
		row[to+1] = glyph{'◄', a.style}
	default:
		row[to] = glyph{'●', a.style}
	}
}

// draw adds glyphs to a line, those of one style together.
func (l *line) draw(row []glyph) *line {
	for from := 0; from < len(row); {
		to := from
		var text []rune
		for to < len(row) && row[to].style == row[from].style {
			text = append(text, row[to].r)
			to++
		}
		l.add(row[from].style, string(text))
		from = to
	}
	return l
}
