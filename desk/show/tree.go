// SPDX-License-Identifier: Apache-2.0

package show

import (
	"cmp"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/units"
)

const (
	durationColumn = 8
	mostService    = 14
	leastName      = 12

	// alike is how many like siblings in a row are drawn as one.
	alike = 4
)

// Tree draws the spans of a trace with their places in time, each above its
// children. A thin bar is time in which children of the span were under way, a
// thick one time of its own. Siblings that repeat each other are one row, with
// the longest of them as the example of what is below. What ran on a clock that
// is off is drawn where it belongs.
//
// Where there are too many spans, the failed and the longest are shown.
func (v View) Tree(w io.Writer, t *analysis.Tree) error {
	d := &treeDrawing{page: v.page(w), tree: t, palette: newPalette(t.Services)}
	d.align()
	d.outline()
	d.measure()
	d.write(d.line().to(d.bars).add(faint, d.scale.axis()).right(faint, units.Duration(int64(d.scale.length)), d.columns()))
	for i := range d.rows {
		d.row(&d.rows[i])
	}
	if d.omitted > 0 {
		d.say(faint, units.Plural(d.omitted, "span")+" of "+units.Count(len(t.Nodes))+" left out: the shortest of those without errors")
	}
	return d.done()
}

// treeDrawing is a tree being drawn.
type treeDrawing struct {
	*page
	branches
	tree    *analysis.Tree
	palette palette
	shift   []int64 // by node, how far it is moved; nil if nothing is

	shown   []int32           // the nodes of limbs
	groups  []*analysis.Group // that limbs stand for, nil for a single span
	rows    []row
	omitted int

	scale       scale
	names, bars int // the columns at which they begin
}

// align finds how far spans are moved because of their clocks.
func (d *treeDrawing) align() {
	w := d.tree.Waterfall(analysis.WaterfallOptions{Align: true})
	if !w.Skewed {
		return
	}
	d.shift = make([]int64, len(d.tree.Nodes))
	for i := range w.Rows {
		d.shift[w.Rows[i].Node] = w.Rows[i].Shift
	}
}

// times are the start and the end of a node, where it is drawn.
func (d *treeDrawing) times(node int32) (start, end int64) {
	s := d.tree.Nodes[node].Span
	if d.shift == nil {
		return s.Start, s.End
	}
	return s.Start + d.shift[node], s.End + d.shift[node]
}

// outline chooses the rows: of repetitions only the longest one, with what is
// below it.
func (d *treeDrawing) outline() {
	t := d.tree
	groups := t.Groups(analysis.GroupOptions{MinSpans: 1, MinMembers: alike})
	examples := make([]int32, len(groups.List))
	for i := range groups.List {
		examples[i] = longest(t, groups.List[i].Members)
	}
	var limbs []limb
	limbOf := make([]int32, len(t.Nodes))
	for at := 0; at < len(t.Order); at++ {
		node := t.Order[at]
		n := &t.Nodes[node]
		var group *analysis.Group
		if g := groups.Of[node]; g != analysis.None {
			if examples[g] != node {
				at += int(n.Size) - 1
				continue
			}
			group = &groups.List[g]
		}
		parent := analysis.None
		if n.Parent != analysis.None {
			parent = limbOf[n.Parent]
		}
		limbOf[node] = int32(len(limbs))
		limbs = append(limbs, limb{parent, n.Level, weight{n.Span.IsError(), n.Span.Duration()}})
		d.shown, d.groups = append(d.shown, node), append(d.groups, group)
	}
	d.rows, d.omitted = outline(limbs, d.limit(len(limbs)))
}

func longest(t *analysis.Tree, nodes []int32) int32 {
	return slices.MaxFunc(nodes, func(a, b int32) int {
		return cmp.Compare(t.Nodes[a].Span.Duration(), t.Nodes[b].Span.Duration())
	})
}

// measure shares the width out.
func (d *treeDrawing) measure() {
	d.names = d.serviceColumn(d.tree.Services)
	room := d.columns() - d.names - durationColumn - 2
	d.deepest = max((room*3/5-leastName)/2, 2)
	most := leastName
	for i := range d.rows {
		r := &d.rows[i]
		text := omission(r.omitted)
		if r.limb != analysis.None {
			name, note := d.label(r)
			text = name + note
		}
		most = max(most, d.wide(r.depth)+width(text))
	}
	d.bars = d.names + min(most, room*3/5) + 1
	start, end := d.bounds()
	d.scale = newScale(start, end, d.columns()-d.bars-durationColumn-1)
}

// serviceColumn is how many columns services take, with the gap after them.
func (p *page) serviceColumn(services []string) int {
	most := 0
	for _, s := range services {
		most = max(most, width(clean(s)))
	}
	if most = min(most, mostService, p.columns()/5); most == 0 {
		return 0
	}
	return most + 2
}

// bounds are the first start and the last end.
func (d *treeDrawing) bounds() (start, end int64) {
	return extent(len(d.tree.Nodes), d.times)
}

// extent is the first start and the last end of some nodes.
func extent(nodes int, times func(node int32) (start, end int64)) (start, end int64) {
	if nodes == 0 {
		return 0, 0
	}
	start, end = math.MaxInt64, math.MinInt64
	for i := range nodes {
		from, to := times(int32(i))
		start, end = min(start, from), max(end, from, to)
	}
	return start, end
}

// bounds are the first start and the last end of the spans of a tree.
func bounds(t *analysis.Tree) (start, end int64) {
	return extent(len(t.Nodes), func(node int32) (start, end int64) {
		s := t.Nodes[node].Span
		return s.Start, s.End
	})
}

func (d *treeDrawing) row(r *row) {
	lead := d.lead(r)
	if r.limb == analysis.None {
		d.write(d.line().to(d.names).add(faint, lead+omission(r.omitted)))
		return
	}
	node := d.shown[r.limb]
	s := d.tree.Nodes[node].Span
	service := d.tree.ServiceOf(node)
	name, note := d.label(r)
	l := d.line()
	if d.names > 0 {
		l.add(d.palette.text(service), cut(clean(service), d.names-2))
	}
	l.to(d.names).add(faint, lead)
	room := d.bars - 1 - d.names - width(lead)
	l.add(nameStyle(s.IsError()), cut(name, room)).add(faint, cut(note, room-width(name)))
	colour := d.palette.text(service)
	if s.IsError() {
		colour = failed
	}
	l.to(d.bars).add(colour, d.bar(r))
	d.write(l.right(nameStyle(s.IsError()), units.Duration(d.duration(r)), d.columns()))
	d.reason(r)
}

func nameStyle(isError bool) style {
	if isError {
		return failed
	}
	return plain
}

func (d *treeDrawing) bar(r *row) string {
	b := newBar(d.scale)
	if group := d.groups[r.limb]; group != nil {
		for _, member := range group.Members {
			d.span(b, member)
		}
	} else {
		d.span(b, d.shown[r.limb])
	}
	return b.String()
}

// span marks a span in a bar, and the time that its children leave to it.
func (d *treeDrawing) span(b *bar, node int32) {
	start, end := d.times(node)
	b.add(b.busy, start, end)
	until := start
	for _, child := range d.tree.Children(node) {
		from, to := d.times(child)
		if from > until {
			b.add(b.own, until, min(from, end))
		}
		if until = max(until, to); until >= end {
			return
		}
	}
	b.add(b.own, until, end)
}

func (d *treeDrawing) duration(r *row) int64 {
	if group := d.groups[r.limb]; group != nil {
		return group.Duration()
	}
	return d.tree.Nodes[d.shown[r.limb]].Span.Duration()
}

// label is the name of a row and what is worth knowing beside it.
func (d *treeDrawing) label(r *row) (name, note string) {
	n := &d.tree.Nodes[d.shown[r.limb]]
	name = spanName(n)
	if group := d.groups[r.limb]; group != nil {
		return name + " ×" + strconv.Itoa(len(group.Members)), " ~" + units.Duration(group.Value/int64(len(group.Members)))
	}
	for _, remark := range remarks(n) {
		note += " " + remark
	}
	if d.shift != nil && d.shift[d.shown[r.limb]] != 0 && n.Parent != analysis.None && d.shift[n.Parent] != d.shift[d.shown[r.limb]] {
		note += " ⚠ clock moved by " + units.Duration(d.shift[d.shown[r.limb]])
	}
	return name, note
}

// reason says why a span failed, where the failure began.
func (d *treeDrawing) reason(r *row) {
	n := &d.tree.Nodes[d.shown[r.limb]]
	if !n.Span.IsError() || n.Span.Status.Message == "" || n.ChildFailed {
		return
	}
	d.write(d.line().to(d.names).add(faint, d.under(r)).add(failed, "✗ "+clean(n.Span.Status.Message)))
}
