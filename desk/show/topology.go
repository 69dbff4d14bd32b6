// SPDX-License-Identifier: Apache-2.0

package show

import (
	"io"
	"strconv"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/units"
)

// Topology draws the operations of a trace as boxes with arrows between them:
// what one alone calls stands beside it, what several stand below. Spans that
// repeat each other are one box; a call and its serving are one if they have
// the same name.
func (v View) Topology(w io.Writer, t *analysis.Tree) error {
	p := v.page(w)
	d := &topologyDrawing{page: p, tree: t, topology: t.Topology(nil), palette: newPalette(t.Services)}
	d.find()
	most := v.limit(len(d.topology.Nodes))
	lines := 0
	for len(d.stack) > 0 && lines < most {
		d.chain()
		lines++
	}
	if len(d.stack) > 0 {
		p.say(faint, "… more boxes: the first "+units.Count(most)+" lines are shown of "+units.Plural(len(d.topology.Nodes), "box")+"es")
	}
	return p.done()
}

// topologyDrawing is a topology being drawn, a line at a time.
type topologyDrawing struct {
	*page
	tree     *analysis.Tree
	topology *analysis.Topology
	palette  palette

	children [][]int32
	known    []bool    // boxes that were drawn
	stack    []waiting // the next one last
}

// waiting is a box that begins a line.
type waiting struct {
	box     int32
	lead    string // before the branch
	branch  string // "" for a box at the top
	service int32  // of the box before
}

// find finds what is below each box, and the boxes at the top.
func (d *topologyDrawing) find() {
	boxes := len(d.topology.Nodes)
	d.children, d.known = make([][]int32, boxes), make([]bool, boxes)
	below := make([]bool, boxes)
	for _, e := range d.topology.Edges {
		d.children[e.Source] = append(d.children[e.Source], e.Target)
		below[e.Target] = true
	}
	for box := range boxes { // each is after those below it, so the first root comes first
		if !below[box] {
			d.stack = append(d.stack, waiting{box: int32(box), service: analysis.None})
		}
	}
	for i, j := 0, len(d.stack)-1; i < j; i, j = i+1, j-1 {
		d.stack[i], d.stack[j] = d.stack[j], d.stack[i]
	}
}

// node is the example that a box is drawn for.
func (d *topologyDrawing) node(box int32) int32 { return d.topology.Nodes[box].Nodes[0] }

// chain draws one line: a box and what follows it as long as that is one box and
// there is room.
func (d *topologyDrawing) chain() {
	w := d.stack[len(d.stack)-1]
	d.stack = d.stack[:len(d.stack)-1]
	l := d.line().add(faint, w.lead+w.branch)
	box, service := d.merged(w.box), w.service
	for {
		again := d.known[box]
		d.known[box] = true
		d.box(l, box, service)
		if again {
			l.add(faint, " (drawn above)")
			d.write(l)
			return
		}
		service = d.tree.Nodes[d.node(box)].Service
		if len(d.children[box]) != 1 {
			break
		}
		next := d.merged(d.children[box][0])
		if l.used+len(" ─► ")+d.wide(next, service) > d.columns() {
			break
		}
		l.add(faint, " ─► ")
		box = next
	}
	d.write(l)
	d.push(w, box, service)
}

// push puts what is below a box onto the stack.
func (d *topologyDrawing) push(w waiting, box, service int32) {
	lead := w.lead
	switch w.branch {
	case "├► ":
		lead += "│  "
	case "└► ":
		lead += "   "
	default:
		lead += "  "
	}
	if width(lead) > d.columns()/2 {
		lead = "⋯ "
	}
	children := d.children[box]
	for i := len(children) - 1; i >= 0; i-- {
		next := "├► "
		if i == len(children)-1 {
			next = "└► "
		}
		d.stack = append(d.stack, waiting{box: children[i], lead: lead, branch: next, service: service})
	}
}

// merged is the box that serves a call of the same name, or the box itself.
func (d *topologyDrawing) merged(box int32) int32 {
	n := &d.tree.Nodes[d.node(box)]
	if len(d.children[box]) != 1 || !n.Span.Kind.IsCalling() {
		return box
	}
	next := d.children[box][0]
	served := &d.tree.Nodes[d.node(next)]
	if served.Span.Kind.IsCalled() && served.Span.Name == n.Span.Name {
		return next
	}
	return box
}

// texts are what stands in a box: the service if it is another than before, the
// name, how often, and how long.
func (d *topologyDrawing) texts(box, before int32) (service, name, times, took string) {
	node := d.node(box)
	n := &d.tree.Nodes[node]
	if n.Service != before {
		if service = clean(d.tree.ServiceOf(node)); service != "" {
			service += " "
		}
	}
	if many := len(d.topology.Nodes[box].Nodes); many > 1 {
		times = " ×" + strconv.Itoa(many)
	}
	return service, spanName(n), times, " " + units.Duration(d.topology.Nodes[box].Duration)
}

func (d *topologyDrawing) wide(box, before int32) int {
	service, name, times, took := d.texts(box, before)
	return width(service) + width(name) + width(times) + width(took)
}

func (d *topologyDrawing) box(l *line, box, before int32) {
	service, name, times, took := d.texts(box, before)
	node := d.node(box)
	l.add(d.palette.text(d.tree.ServiceOf(node)), service)
	l.add(nameStyle(d.failed(box)), name).add(bold, times).add(faint, took)
}

// failed reports whether any span of a box failed.
func (d *topologyDrawing) failed(box int32) bool {
	for _, node := range d.topology.Nodes[box].Nodes {
		if d.tree.Nodes[node].Span.IsError() {
			return true
		}
	}
	return false
}
