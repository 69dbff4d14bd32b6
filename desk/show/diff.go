// SPDX-License-Identifier: Apache-2.0

package show

import (
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/units"
)

const (
	mostDeltaBar  = 24
	leastDeltaBar = 8
)

// The colours of what only one of two traces has.
const (
	addedStyle         = good
	removedStyle style = "35"
)

// Diff draws two traces side by side as one tree: the durations in the trace
// that is looked at (the baseline of the comparison) and in the other, and by
// how much the first is longer or shorter. Spans that only the first has are
// marked +, those that only the other has −.
//
// Where there are too many spans, those with the largest differences are shown.
func (v View) Diff(w io.Writer, c *analysis.Comparison) error {
	d := &diffDrawing{page: v.page(w), comparison: c, palette: newPalette(append(append([]string{}, c.Baseline.Services...), c.Comparison.Services...))}
	d.heading("this", c.Baseline)
	d.heading("with", c.Comparison)
	d.counts()
	d.blank()
	d.outline()
	d.measure()
	d.head()
	for i := range d.rows {
		d.row(&d.rows[i])
	}
	if d.omitted > 0 {
		d.say(faint, units.Plural(d.omitted, "span")+" left out: those with the smallest differences")
	}
	return d.done()
}

// diffDrawing is a comparison being drawn.
type diffDrawing struct {
	*page
	branches
	comparison *analysis.Comparison
	palette    palette

	pairs   []pair // by limb
	rows    []row
	omitted int

	names, texts, bars int // where names begin and end, and how wide bars are
	longest            float64
}

// A pair is a span of both traces or of one, or several that repeat each other.
type pair struct {
	at            int32 // the first of them, in the comparison
	spans         int
	first, second int64 // their durations in the one trace and in the other
	onlyA, onlyB  bool
	failed        bool
	name, service string
}

func (d *diffDrawing) heading(what string, t *analysis.Tree) {
	l := d.line().add(faint, what).gap(2)
	if len(t.Nodes) == 0 {
		d.write(l.add(faint, "an empty trace"))
		return
	}
	f := factsOf(Entry{Tree: t})
	d.title(l, t, f)
	d.parts(width(what)+2, append(f.counts(), value{"trace " + f.TraceID.String(), faint}))
}

// counts says how many spans are in both traces and in one.
func (d *diffDrawing) counts() {
	both, onlyA, onlyB := 0, 0, 0
	for i := range d.comparison.Nodes {
		switch n := &d.comparison.Nodes[i]; {
		case n.Comparison == analysis.None:
			onlyA++
		case n.Baseline == analysis.None:
			onlyB++
		default:
			both++
		}
	}
	parts := []value{{text: units.Plural(both, "span") + " in both"}}
	if onlyA > 0 {
		parts = append(parts, value{"+ " + units.Count(onlyA) + " only in this one", addedStyle})
	}
	if onlyB > 0 {
		parts = append(parts, value{"− " + units.Count(onlyB) + " only in the other", removedStyle})
	}
	if !d.comparison.Similar {
		parts = append(parts, value{"the traces have little in common", notice})
	}
	d.parts(0, parts)
}

// outline makes the rows; equal siblings without children are one.
func (d *diffDrawing) outline() {
	nodes := d.comparison.Nodes
	var limbs []limb
	limbOf := make([]int32, len(nodes))
	for at := 0; at < len(nodes); {
		p := d.pair(int32(at))
		for end := at + d.run(at); p.spans < end-at; {
			more := d.pair(int32(at + p.spans))
			p.first, p.second, p.spans = p.first+more.first, p.second+more.second, p.spans+1
		}
		n := &nodes[at]
		parent := analysis.None
		if n.Parent != analysis.None {
			parent = limbOf[n.Parent]
		}
		limbOf[at] = int32(len(limbs))
		limbs = append(limbs, limb{parent, n.Depth, weight{p.onlyA || p.onlyB, int64(min(math.Abs(p.delta()), math.MaxInt64/2))}})
		d.pairs = append(d.pairs, p)
		at += p.spans
	}
	d.rows, d.omitted = outline(limbs, d.limit(len(limbs)))
}

// run is how many nodes from one on are alike and have no children, 1 if they
// are too few to be drawn as one.
func (d *diffDrawing) run(at int) int {
	nodes := d.comparison.Nodes
	first := &nodes[at]
	end := at
	for end < len(nodes) && nodes[end].Parent == first.Parent && d.alike(first, &nodes[end]) &&
		(end+1 == len(nodes) || nodes[end+1].Depth <= first.Depth) {
		end++
	}
	if end-at < alike {
		return 1
	}
	return end - at
}

func (d *diffDrawing) alike(a, b *analysis.ComparedNode) bool {
	if (a.Baseline == analysis.None) != (b.Baseline == analysis.None) || (a.Comparison == analysis.None) != (b.Comparison == analysis.None) {
		return false
	}
	if a.Baseline != analysis.None {
		return d.comparison.Baseline.Nodes[a.Baseline].Similar == d.comparison.Baseline.Nodes[b.Baseline].Similar
	}
	return d.comparison.Comparison.Nodes[a.Comparison].Similar == d.comparison.Comparison.Nodes[b.Comparison].Similar
}

func (d *diffDrawing) pair(at int32) pair {
	n := &d.comparison.Nodes[at]
	p := pair{at: at, spans: 1, first: n.BaselineDuration, second: n.ComparisonDuration, onlyA: n.Comparison == analysis.None, onlyB: n.Baseline == analysis.None}
	t, node := d.comparison.Baseline, n.Baseline
	if p.onlyB {
		t, node = d.comparison.Comparison, n.Comparison
	}
	p.name, p.service, p.failed = spanName(&t.Nodes[node]), t.ServiceOf(node), t.Nodes[node].Span.IsError()
	return p
}

// delta is by how much the first trace took longer, in ns.
func (p *pair) delta() float64 { return float64(p.first) - float64(p.second) }

func (p *pair) label() string {
	if p.spans > 1 {
		return p.name + " ×" + strconv.Itoa(p.spans)
	}
	return p.name
}

// measure shares the width out: names, two durations, the difference, and a bar
// if there is room.
func (d *diffDrawing) measure() {
	services := append(append([]string{}, d.comparison.Baseline.Services...), d.comparison.Comparison.Services...)
	d.names = 2 + d.serviceColumn(services)
	numbers := d.column(2)
	room := d.columns() - d.names - numbers
	if room >= 2*leastName+leastDeltaBar {
		d.bars = min(room/3, mostDeltaBar)
		room -= d.bars + 3
	}
	d.deepest = max((room-leastName)/2, 2)
	most := leastName
	for i := range d.rows {
		r := &d.rows[i]
		text := omission(r.omitted)
		if r.limb != analysis.None {
			p := &d.pairs[r.limb]
			text = p.label()
			d.longest = max(d.longest, math.Abs(p.delta()))
		}
		most = max(most, d.wide(r.depth)+width(text))
	}
	d.texts = d.names + min(most, room)
}

// column is where the numbers of a column end: two durations and the difference.
func (d *diffDrawing) column(i int) int {
	return d.texts + (i+1)*(durationColumn+1) + i/2*3
}

func (d *diffDrawing) head() {
	l := d.line()
	for i, name := range []string{"this", "with", "difference"} {
		l.right(faint, name, d.column(i))
	}
	d.write(l)
}

func (d *diffDrawing) row(r *row) {
	lead := d.lead(r)
	if r.limb == analysis.None {
		d.write(d.line().to(d.names).add(faint, lead+omission(r.omitted)))
		return
	}
	p := &d.pairs[r.limb]
	l := d.line()
	colour := nameStyle(p.failed)
	switch {
	case p.onlyA:
		colour = addedStyle
		l.add(colour, "+")
	case p.onlyB:
		colour = removedStyle
		l.add(colour, "−")
	}
	l.to(2).add(d.palette.text(p.service), cut(clean(p.service), d.names-4))
	l.to(d.names).add(faint, lead).add(colour, cut(p.label(), d.texts-d.names-width(lead)))
	d.numbers(l, p)
	d.write(l)
}

func (d *diffDrawing) numbers(l *line, p *pair) {
	if p.onlyB {
		l.right(faint, units.Unknown, d.column(0))
	} else {
		l.right(nameStyle(p.failed), units.Duration(p.first), d.column(0))
	}
	if p.onlyA {
		l.right(faint, units.Unknown, d.column(1))
		return
	}
	l.right(plain, units.Duration(p.second), d.column(1))
	if p.onlyB {
		return
	}
	s := d.deltaStyle(p)
	l.right(s, signed(p.delta()), d.column(2))
	if d.bars > 0 {
		left, right := d.deltaBar(p.delta())
		l.to(d.column(2)+2).add(s, left).add(faint, "│").add(s, right)
	}
}

// deltaStyle tells what became slower or faster by more than a tenth, unless it
// is little beside the largest difference.
func (d *diffDrawing) deltaStyle(p *pair) style {
	switch delta := p.delta(); {
	case math.Abs(delta) < max(0.1*math.Abs(float64(p.second)), 0.02*d.longest):
		return faint
	case delta > 0:
		return notice
	}
	return good
}

// signed is a difference of durations.
func signed(ns float64) string {
	switch {
	case ns > 0:
		return "+" + units.Duration(int64(ns))
	case ns < 0:
		return "−" + units.Duration(int64(-ns))
	}
	return "="
}

// deltaBar is a bar on either side of the middle, the right one for what took longer.
func (d *diffDrawing) deltaBar(delta float64) (left, right string) {
	half := d.bars / 2
	halves := 0
	if d.longest > 0 {
		halves = int(math.Round(2 * float64(half) * math.Abs(delta) / d.longest))
	}
	text := strings.Repeat("━", halves/2)
	if delta >= 0 {
		if halves%2 == 1 {
			text += "╸"
		}
		return strings.Repeat(" ", half), text
	}
	if halves%2 == 1 {
		text = "╺" + text
	}
	return strings.Repeat(" ", half-width(text)) + text, ""
}
