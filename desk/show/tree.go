// SPDX-License-Identifier: Apache-2.0

package show

import (
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// Widths of the columns of a tree.
const (
	durationColumn = 8
	mostService    = 14
	leastName      = 12
)

// Tree draws the spans of a trace with their places in time, each above its
// children. A thin bar is time in which children of the span were under way, a
// thick one time of its own. Siblings that repeat each other are one row, with
// the longest of them as the example of what is below.
func (v View) Tree(w io.Writer, t *analysis.Tree) error {
	d := &treeDrawing{page: v.page(w), tree: t, outline: newOutline(t, v), palette: newPalette(t.Services)}
	d.measure()
	d.heading()
	for i := range d.outline.rows {
		d.row(&d.outline.rows[i])
	}
	if n := d.outline.omitted; n > 0 {
		d.say(faint, plural(n, "span")+" of "+Count(len(t.Nodes))+" left out: the shortest of those without errors")
	}
	return d.done()
}

// treeDrawing is a tree being drawn.
type treeDrawing struct {
	*page
	tree    *analysis.Tree
	outline *outline
	palette palette
	scale   scale

	names, bars, durations int    // where the columns begin, or for durations end
	deepest                int    // the most levels that are indented
	last                   []bool // of the rows above the present one, by depth
}

// measure shares the width out.
func (d *treeDrawing) measure() {
	service := 0
	for _, s := range d.tree.Services {
		service = max(service, width(clean(s)))
	}
	if service = min(service, mostService, d.columns()/5); service > 0 {
		d.names = service + 2
	}
	room := d.columns() - d.names - durationColumn - 2
	d.deepest = max((room*3/5-leastName)/2, 2)
	longest := leastName
	for i := range d.outline.rows {
		r := &d.outline.rows[i]
		longest = max(longest, 2*min(int(r.depth), d.deepest)+d.wide(r))
	}
	d.bars = d.names + min(longest, room*3/5) + 1
	d.durations = d.columns()
	start, end := bounds(d.tree)
	d.scale = newScale(start, end, d.columns()-d.bars-durationColumn-1)
}

// wide is how many columns the text of a row takes.
func (d *treeDrawing) wide(r *row) int {
	if r.node == analysis.None {
		return width(omission(r.omitted))
	}
	name, note := d.label(r)
	return width(name) + width(note)
}

// bounds are the first start and the last end of the spans of a tree.
func bounds(t *analysis.Tree) (start, end int64) {
	start, end = math.MaxInt64, math.MinInt64
	for i := range t.Nodes {
		s := t.Nodes[i].Span
		start, end = min(start, s.Start), max(end, s.Start, s.End)
	}
	if start > end {
		return 0, 0
	}
	return start, end
}

func (d *treeDrawing) heading() {
	d.write(d.line().to(d.bars).add(faint, d.scale.axis()).right(faint, Duration(int64(d.scale.length)), d.durations))
}

func (d *treeDrawing) row(r *row) {
	lead := d.lead(r)
	if r.node == analysis.None {
		d.write(d.line().to(d.names).add(faint, lead+omission(r.omitted)))
		return
	}
	s := d.tree.Nodes[r.node].Span
	service := d.tree.ServiceOf(r.node)
	name, note := d.label(r)
	l := d.line()
	if d.names > 0 {
		l.add(d.palette.text(service), cut(clean(service), d.names-2))
	}
	l.to(d.names).add(faint, lead)
	room := d.bars - 1 - d.names - width(lead)
	l.add(nameStyle(s.IsError()), cut(name, room))
	l.add(faint, cut(note, room-width(name)))
	l.to(d.bars).add(d.barStyle(r, service), d.bar(r))
	l.right(nameStyle(s.IsError()), Duration(d.duration(r)), d.durations)
	d.write(l)
	d.reason(r)
}

func nameStyle(isError bool) style {
	if isError {
		return failed
	}
	return plain
}

func (d *treeDrawing) barStyle(r *row, service string) style {
	if d.tree.Nodes[r.node].Span.IsError() {
		return failed
	}
	return d.palette.text(service)
}

func (d *treeDrawing) bar(r *row) string {
	b := newBar(d.scale)
	if r.group == nil {
		b.span(d.tree, r.node)
		return b.String()
	}
	for _, member := range r.group.Members {
		b.span(d.tree, member)
	}
	return b.String()
}

func (d *treeDrawing) duration(r *row) int64 {
	if r.group != nil {
		return r.group.Duration()
	}
	return d.tree.Nodes[r.node].Span.Duration()
}

// lead is the branches before a name. Levels beyond the deepest are not indented.
func (d *treeDrawing) lead(r *row) string {
	d.last = append(d.last[:min(int(r.depth), len(d.last))], r.last)
	if r.depth == 0 {
		return ""
	}
	return d.indent(r) + branch(r.last, "└ ", "├ ")
}

// indent is the branches of what is above a row.
func (d *treeDrawing) indent(r *row) string {
	depth := int(r.depth)
	if depth == 0 {
		return ""
	}
	var b strings.Builder
	from := 1
	if depth > d.deepest {
		b.WriteString("⋯ ")
		from = depth - d.deepest + 2
	}
	for _, last := range d.last[from:depth] {
		b.WriteString(branch(last, "  ", "│ "))
	}
	return b.String()
}

func branch(last bool, end, more string) string {
	if last {
		return end
	}
	return more
}

// label is the name of a row and what is worth knowing beside it.
func (d *treeDrawing) label(r *row) (name, note string) {
	n := &d.tree.Nodes[r.node]
	name = spanName(n)
	if r.group != nil {
		name += " ×" + strconv.Itoa(len(r.group.Members))
		return name, " ~" + Duration(r.group.Value/int64(len(r.group.Members)))
	}
	for _, remark := range remarks(n) {
		note += " " + remark
	}
	return name, note
}

func spanName(n *analysis.Node) string {
	if name := clean(n.Span.Name); strings.TrimSpace(name) != "" {
		return name
	}
	return "(no name)"
}

// remarks are what is worth knowing beside a name.
func remarks(n *analysis.Node) (all []string) {
	if n.Class() == analysis.ClassModel {
		all = modelRemarks(all, n)
	}
	for _, m := range markRemarks {
		if n.Mark&m.mark != 0 {
			all = append(all, m.text)
		}
	}
	if n.Span.Inferred {
		all = append(all, "inferred")
	}
	return all
}

var markRemarks = []struct {
	mark analysis.Mark
	text string
}{
	{analysis.Orphan, "⚠ parent missing"},
	{analysis.SelfParent, "⚠ its own parent"},
	{analysis.CycleCut, "⚠ parents in a circle"},
	{analysis.Duplicate, "⚠ id used twice"},
}

// modelRemarks are the model and the tokens that went in and came out.
func modelRemarks(all []string, n *analysis.Node) []string {
	model := n.Attrs.Text(n.Span, semconv.ResponseModel)
	if model == "" {
		model = n.Attrs.Text(n.Span, semconv.RequestModel)
	}
	if model != "" {
		all = append(all, clean(model))
	}
	in, knowIn := n.Attrs.Number(n.Span, semconv.InputTokens)
	out, knowOut := n.Attrs.Number(n.Span, semconv.OutputTokens)
	if knowIn || knowOut {
		all = append(all, tokensOr(in, knowIn)+"→"+tokensOr(out, knowOut))
	}
	return all
}

func tokensOr(n float64, known bool) string {
	if !known {
		return unknown
	}
	return Tokens(n)
}

func omission(n int) string { return "… " + plural(n, "more span") }

// reason says why a span failed, where the failure began.
func (d *treeDrawing) reason(r *row) {
	n := &d.tree.Nodes[r.node]
	if !n.Span.IsError() || n.Span.Status.Message == "" || n.ChildFailed {
		return
	}
	below := ""
	if r.depth > 0 {
		below = branch(r.last, "  ", "│ ")
	}
	d.write(d.line().to(d.names).add(faint, d.indent(r)+below).add(failed, "✗ "+clean(n.Span.Status.Message)))
}
