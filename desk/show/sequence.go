// SPDX-License-Identifier: Apache-2.0

package show

import (
	"io"
	"strconv"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/units"
)

// Measures of a sequence diagram.
const (
	timeColumn    = 8
	leastLifeline = 4  // columns from one line to the next
	mostLifeline  = 14 // the same where there is room
	namedLifeline = 8  // from here on names stand above the lines
	leastText     = 22
	mostBlocks    = 3 // how deep blocks in blocks are drawn
)

// Sequence draws a trace as messages between its services and databases, from
// top to bottom in time. A dot is work within a service; a heavy line is a
// service that has yet to answer; messages in a bracket happened concurrently.
// Of repetitions the first is drawn.
func (v View) Sequence(w io.Writer, t *analysis.Tree) error {
	s := t.Sequence()
	colours := newPalette(t.Services)
	d := &sequenceDrawing{page: v.page(w), tree: t, sequence: s, lines: newLifelines(s, colours), colours: colours}
	d.start, _ = bounds(t)
	d.findRepeats()
	d.findBlocks()
	messages := d.shown()
	columns := d.heading()
	most := v.limit(len(messages))
	for i := range messages[:most] {
		d.message(messages, i, columns)
	}
	if n := len(messages) - most; n > 0 {
		d.say(faint, "… "+units.Plural(n, "more message"))
	}
	return d.done()
}

// sequenceDrawing is a sequence diagram being drawn.
type sequenceDrawing struct {
	*page
	tree     *analysis.Tree
	sequence *analysis.Sequence
	lines    *lifelines
	colours  palette
	start    int64

	hidden  []bool              // nodes of repetitions after the first
	repeats map[int32]int       // how often the node's subtree repeats
	around  [][mostBlocks]int32 // for each block, the outermost blocks around it, and itself
	gutter  int
	text    int // the column in which texts begin
}

// findRepeats finds what is not drawn, as it repeats what was.
func (d *sequenceDrawing) findRepeats() {
	d.hidden, d.repeats = make([]bool, len(d.tree.Nodes)), map[int32]int{}
	again := make([]bool, len(d.tree.Nodes))
	for i := range d.sequence.Groups {
		members := d.sequence.Groups[i].Members
		d.repeats[members[0]] = len(members)
		for _, m := range members[1:] {
			again[m] = true
		}
	}
	for at := 0; at < len(d.tree.Order); {
		node := d.tree.Order[at]
		if !again[node] {
			at++
			continue
		}
		for _, below := range d.tree.Subtree(node) {
			d.hidden[below] = true
		}
		at += int(d.tree.Nodes[node].Size)
	}
}

// findBlocks finds the outermost blocks around each. A block comes after that
// around it.
func (d *sequenceDrawing) findBlocks() {
	blocks := d.sequence.Blocks
	d.around = make([][mostBlocks]int32, len(blocks))
	depth := make([]int, len(blocks))
	for i, b := range blocks {
		around := [mostBlocks]int32{analysis.None, analysis.None, analysis.None}
		if b.Parent != analysis.None {
			around, depth[i] = d.around[b.Parent], depth[b.Parent]+1
		}
		if depth[i] < mostBlocks {
			around[depth[i]] = int32(i)
			d.gutter = max(d.gutter, depth[i]+1)
		}
		d.around[i] = around
	}
}

// shown are the messages that are drawn: all but those of repetitions, and the
// returns of what stays within one column.
func (d *sequenceDrawing) shown() []*analysis.Message {
	var shown []*analysis.Message
	for i := range d.sequence.Messages {
		m := &d.sequence.Messages[i]
		if d.hidden[m.Node] || m.Arrow == analysis.Return && d.lines.of[m.From] == d.lines.of[m.To] {
			continue
		}
		shown = append(shown, m)
	}
	return shown
}

// heading shares the width out and writes the names of the columns. Where there
// are too many columns for it, the answer is false.
func (d *sequenceDrawing) heading() bool {
	from := timeColumn + 1 + d.gutter
	if !d.lines.spread(from, d.columns()-leastText, leastLifeline, mostLifeline) {
		d.text = from + 1
		return false
	}
	columns := d.lines.columns
	if len(columns) == 0 {
		return true
	}
	d.text = columns[len(columns)-1].at + 3
	if len(columns) > 1 && columns[1].at-columns[0].at < namedLifeline {
		d.numbered()
		return true
	}
	l, room := d.line(), mostLifeline-1
	if len(columns) > 1 {
		room = columns[1].at - columns[0].at - 1
	}
	for _, c := range columns {
		name := cut(c.name, room)
		l.to(max(c.at-width(name)/2, l.used+1)).add(c.style, name)
	}
	d.write(l)
	return true
}

// numbered writes numbers above the columns, and before them whose they are.
func (d *sequenceDrawing) numbered() {
	head := d.line()
	for i, c := range d.lines.columns {
		number := strconv.Itoa(i + 1)
		d.write(d.line().right(faint, number, 3).gap(1).add(c.style, c.name))
		head.to(max(c.at-width(number)/2, head.used)).add(c.style, number)
	}
	d.write(head)
}

func (d *sequenceDrawing) message(messages []*analysis.Message, i int, columns bool) {
	m := messages[i]
	from, to := d.lines.of[m.From], d.lines.of[m.To]
	span := d.tree.Nodes[m.Node].Span
	moment := span.Start
	if m.Arrow == analysis.Return {
		moment = span.End
		d.activate(from, -1)
	}
	l := d.line().right(faint, units.Duration(max(moment, d.start)-d.start), timeColumn)
	l.to(timeColumn+1).add(faint, d.brackets(messages, i))
	if columns {
		l.to(timeColumn + 1 + d.gutter).draw(d.lines.step(from, to, d.arrow(m, to))[timeColumn+1+d.gutter:])
	} else {
		l.to(d.text).add(d.lines.columns[from].style, d.lines.columns[from].name).add(faint, " → ").add(d.lines.columns[to].style, d.lines.columns[to].name).gap(1)
	}
	if m.Arrow == analysis.Call && from != to {
		d.activate(to, +1)
	}
	d.describe(l.to(max(d.text, l.used+1)), m)
	d.write(l)
}

func (d *sequenceDrawing) activate(column, by int) {
	c := &d.lines.columns[column]
	c.active = max(c.active+by, 0)
}

func (d *sequenceDrawing) arrow(m *analysis.Message, to int) arrow {
	a := arrow{'─', d.lines.columns[to].style}
	switch {
	case m.Arrow == analysis.Return:
		a = arrow{'╌', faint}
	case m.Arrow == analysis.Send:
		a.shaft = '┄'
	}
	if d.tree.Nodes[m.Node].Span.IsError() {
		a.style = failed
	}
	return a
}

// describe says what a message is about: the operation, or for a return how long
// it took.
func (d *sequenceDrawing) describe(l *line, m *analysis.Message) {
	n := &d.tree.Nodes[m.Node]
	s := nameStyle(n.Span.IsError())
	if m.Arrow == analysis.Return {
		if s == plain {
			s = faint
		}
		l.add(s, units.Duration(n.Span.Duration()))
		return
	}
	l.add(s, d.operation(m))
	if times := d.times(m); times > 1 {
		l.add(bold, " ×"+strconv.Itoa(times))
	}
	for _, remark := range remarks(n) {
		l.add(faint, " "+remark)
	}
}

// operation is the name of the span, and that of its caller if it is another.
func (d *sequenceDrawing) operation(m *analysis.Message) string {
	name := spanName(&d.tree.Nodes[m.Node])
	if m.Caller == analysis.None {
		return name
	}
	caller := spanName(&d.tree.Nodes[m.Caller])
	if caller == name {
		return name
	}
	return caller + " → " + name
}

// times is how often a message is repeated, by itself or with its caller.
func (d *sequenceDrawing) times(m *analysis.Message) int {
	times := max(d.repeats[m.Node], 1)
	if m.Caller != analysis.None {
		times *= max(d.repeats[m.Caller], 1)
	}
	return times
}

// brackets are drawn along the messages that are within a block.
func (d *sequenceDrawing) brackets(messages []*analysis.Message, i int) string {
	var b strings.Builder
	for depth := range d.gutter {
		at := d.block(messages, i, depth)
		before, after := d.block(messages, i-1, depth) == at, d.block(messages, i+1, depth) == at
		switch {
		case at == analysis.None:
			b.WriteRune(' ')
		case before && after:
			b.WriteRune('│')
		case before:
			b.WriteRune('╰')
		case after:
			b.WriteRune('╭')
		default:
			b.WriteRune('╶')
		}
	}
	return b.String()
}

// block is the block of some depth around a message.
func (d *sequenceDrawing) block(messages []*analysis.Message, i, depth int) int32 {
	if i < 0 || i >= len(messages) || messages[i].Block == analysis.None {
		return analysis.None
	}
	return d.around[messages[i].Block][depth]
}
