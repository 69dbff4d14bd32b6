// SPDX-License-Identifier: Apache-2.0

package show

import (
	"cmp"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/units"
)

// mostSelf is how many operations the table below a flame graph has.
const mostSelf = 12

// Flame draws a trace as a flame graph that hangs down: spans below their
// parents, concurrent ones in rows of their own, each as wide as it took. Below
// it are the operations that took the most time themselves, with no child under
// way.
func (v View) Flame(w io.Writer, t *analysis.Tree) error {
	p := v.page(w)
	start, end := bounds(t)
	d := &flameDrawing{page: p, tree: t, scale: newScale(start, end, p.columns()), palette: newPalette(t.Services)}
	graph := t.FlameGraph(analysis.ParallelOptions{})
	d.place(graph)
	p.say(faint, d.scale.axis())
	for _, row := range d.rows {
		d.draw(row)
	}
	if d.left > 0 {
		p.say(faint, "… "+units.Plural(d.left, "frame")+" too narrow or too many to draw")
	}
	p.blank()
	d.selfTimes(graph)
	return p.done()
}

// flameDrawing is a flame graph being drawn.
type flameDrawing struct {
	*page
	tree    *analysis.Tree
	scale   scale
	palette palette
	rows    []flameRow
	left    int // frames that are not drawn
	effort  int // cells that were looked at
}

// flameRow is the frames of one row, and which of its columns are taken.
type flameRow struct {
	frames []box
	taken  []bool
}

// A box is a frame at its columns.
type box struct {
	node     int32
	from, to int
	depth    int // below the first of those that hang together
}

// mostEffort bounds the search for free places.
const mostEffort = 20_000_000

// place gives every frame a row and columns: a row of frames that hang together
// goes to the first place, not above its level, where all of it fits.
func (d *flameDrawing) place(g *analysis.FlameGraph) {
	frames := g.Frames
	for len(frames) > 0 {
		size := 1
		for size < len(frames) && frames[size].Parent != analysis.None {
			size++
		}
		d.placeTogether(frames[:size], len(g.Frames)-len(frames))
		frames = frames[size:]
	}
}

// placeTogether places frames that hang together; their parents are counted
// from the first of all frames, which is offset before theirs.
func (d *flameDrawing) placeTogether(frames []analysis.Frame, offset int) {
	boxes := d.boxes(frames, offset)
	d.left += len(frames) - len(boxes)
	if len(boxes) == 0 {
		return
	}
	row, most := int(d.tree.Nodes[boxes[0].node].Level), d.limit(math.MaxInt)
	for row < most && d.effort < mostEffort && !d.fits(boxes, row) {
		row++
	}
	for _, b := range boxes {
		if row+b.depth >= most || d.effort >= mostEffort {
			d.left++
			continue
		}
		d.put(b, row+b.depth)
	}
}

// boxes are the frames that are wide enough to be drawn, as those around them are.
func (d *flameDrawing) boxes(frames []analysis.Frame, offset int) []box {
	depths, narrow := make([]int, len(frames)), make([]bool, len(frames))
	boxes := make([]box, 0, len(frames))
	for i, f := range frames {
		if f.Parent != analysis.None {
			up := int(f.Parent) - offset
			depths[i], narrow[i] = depths[up]+1, narrow[up]
		}
		b := d.box(f.Node)
		b.depth = depths[i]
		if narrow[i] = narrow[i] || b.to <= b.from; !narrow[i] {
			boxes = append(boxes, b)
		}
	}
	return boxes
}

// box is the columns of a span: none if it is narrower than half of one, but at
// least one for a failed span.
func (d *flameDrawing) box(node int32) box {
	s := d.tree.Nodes[node].Span
	from, to := int(math.Round(d.scale.at(s.Start))), int(math.Round(d.scale.at(s.End)))
	if s.IsError() || len(d.tree.Nodes) == 1 {
		from = min(from, d.scale.columns-1)
		to = max(to, from+1)
	}
	return box{node: node, from: from, to: to}
}

func (d *flameDrawing) fits(boxes []box, row int) bool {
	for _, b := range boxes {
		if row+b.depth >= len(d.rows) {
			continue
		}
		taken := d.rows[row+b.depth].taken[b.from:b.to]
		d.effort += len(taken)
		if slices.Contains(taken, true) {
			return false
		}
	}
	return true
}

// put puts a box into a row. Where boxes that hang together overlap, as a span
// may end after its parent's next child began, the later one is cut.
func (d *flameDrawing) put(b box, row int) {
	for len(d.rows) <= row {
		d.rows = append(d.rows, flameRow{taken: make([]bool, d.scale.columns)})
	}
	r := &d.rows[row]
	for b.from < b.to && r.taken[b.from] {
		b.from++
	}
	if at := slices.Index(r.taken[b.from:b.to], true); at >= 0 {
		b.to = b.from + at
	}
	if b.from == b.to {
		d.left++
		return
	}
	for i := b.from; i < b.to; i++ {
		r.taken[i] = true
	}
	r.frames = append(r.frames, b)
}

func (d *flameDrawing) draw(r flameRow) {
	slices.SortFunc(r.frames, func(a, b box) int { return cmp.Compare(a.from, b.from) })
	l := d.line()
	for _, b := range r.frames {
		n := &d.tree.Nodes[b.node]
		s := d.palette.block(d.tree.ServiceOf(b.node))
		if n.Span.IsError() {
			s = failedBlock
		}
		l.to(b.from).add(s, d.label(spanName(n), b.to-b.from))
	}
	d.write(l)
}

// label is the text of a box: in colour its edge is a line on its left, without
// colour it stands in brackets.
func (d *flameDrawing) label(name string, columns int) string {
	edge, end := "▏", ""
	if !d.Color {
		edge, end = "[", "]"
	}
	switch room := columns - len(end) - 1; {
	case room < 0:
		return "|"
	case room < 3:
		name = ""
	default:
		name = cut(name, room)
	}
	fill := strings.Repeat(" ", columns-1-width(name)-len(end))
	return edge + name + fill + end
}

// selfTimes is a table of where the time went.
func (d *flameDrawing) selfTimes(g *analysis.FlameGraph) {
	sums, whole := d.sumUp(g)
	columns := []column{
		{name: "self", right: true}, {name: "share", right: true}, {name: "", fold: 3}, {name: "spans", right: true, fold: 2},
		{name: "operation", least: 12}, {name: "service", least: 6, fold: 1},
	}
	bars := min(max(d.columns()/4, 10), 40)
	var rows [][]value
	for _, s := range sums[:min(len(sums), mostSelf)] {
		service := d.tree.ServiceOf(s.node)
		b := newBar(newScale(0, int64(min(sums[0].self, math.MaxInt64)), bars))
		b.add(b.busy, 0, int64(min(s.self, math.MaxInt64)))
		b.own = b.busy
		rows = append(rows, []value{
			{text: units.Duration(int64(s.self))}, {text: units.Percent(s.self, whole)}, {b.String(), d.palette.text(service)}, {text: units.Count(s.spans)},
			{text: spanName(&d.tree.Nodes[s.node])}, d.palette.value(service),
		})
	}
	d.table(columns, rows)
}

// selfTime is the own time of like spans.
type selfTime struct {
	node  int32 // the first of them
	self  float64
	spans int
}

// sumUp is the own time of all operations that have any, the largest first, and
// the sum of them.
func (d *flameDrawing) sumUp(g *analysis.FlameGraph) (sums []selfTime, whole float64) {
	index := map[int32]int{}
	for _, f := range g.Frames {
		similar := d.tree.Nodes[f.Node].Similar
		at, ok := index[similar]
		if !ok {
			at = len(sums)
			index[similar] = at
			sums = append(sums, selfTime{node: f.Node})
		}
		sums[at].self += float64(max(f.Self, 0))
		sums[at].spans++
		whole += float64(max(f.Self, 0))
	}
	slices.SortStableFunc(sums, func(a, b selfTime) int { return -cmp.Compare(a.self, b.self) })
	return slices.DeleteFunc(sums, func(s selfTime) bool { return s.self == 0 }), whole
}
