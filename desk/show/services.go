// SPDX-License-Identifier: Apache-2.0

package show

import (
	"io"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/units"
)

// Services draws the services of a trace as a table, and below it who called
// whom: from the caller to what it called, and on to who served that.
func (v View) Services(w io.Writer, t *analysis.Tree) error {
	d := &servicesDrawing{page: v.page(w), topology: t.ServiceTopology(), palette: newPalette(t.Services)}
	d.services(t)
	d.blank()
	d.calls()
	return d.done()
}

type servicesDrawing struct {
	*page
	topology *analysis.ServiceTopology
	palette  palette
}

func (d *servicesDrawing) services(t *analysis.Tree) {
	served := map[string]analysis.Load{}
	for i := range d.topology.Nodes {
		if n := &d.topology.Nodes[i]; n.Role == analysis.RoleService {
			served[n.Key] = n.Load
		}
	}
	columns := []column{
		{name: "service", least: 10}, {name: "spans", right: true}, {name: "errors", right: true},
		{name: "served", right: true}, {name: "failed", right: true}, {name: "average", right: true},
	}
	var rows [][]value
	for _, s := range t.Summary().Services {
		row := []value{d.palette.value(s.Name), {text: units.Count(s.Spans)}, errorsValue(s.Errors)}
		rows = append(rows, append(row, loadValues(served[s.Name])...))
	}
	d.table(columns, rows[:d.limit(len(rows))])
}

func errorsValue(n int) value {
	if n == 0 {
		return value{"0", faint}
	}
	return value{units.Count(n), failed}
}

// loadValues are the number of calls, how many failed, and how long they took.
func loadValues(l analysis.Load) []value {
	if l.Count == 0 {
		return []value{{units.Unknown, faint}, {units.Unknown, faint}, {units.Unknown, faint}}
	}
	return []value{{text: units.Count(l.Count)}, errorsValue(l.Errors), {text: units.Duration(l.Duration / int64(l.Count))}}
}

// calls is a row for each caller of an operation, a database or a queue.
func (d *servicesDrawing) calls() {
	columns := []column{
		{name: "caller", least: 8}, {}, {name: "operation", least: 12}, {name: "calls", right: true, fold: 1},
		{name: "errors", right: true}, {name: "average", right: true}, {}, {name: "served by", least: 8},
	}
	into, outOf := make([][]int, len(d.topology.Nodes)), make([][]int, len(d.topology.Nodes))
	for i, e := range d.topology.Edges {
		outOf[e.Source] = append(outOf[e.Source], i)
		into[e.Target] = append(into[e.Target], i)
	}
	var rows [][]value
	for i := range d.topology.Nodes {
		n := &d.topology.Nodes[i]
		if n.Role == analysis.RoleService {
			continue
		}
		if len(into[i]) == 0 {
			rows = append(rows, d.call(value{"outside", faint}, n, n.Load, outOf[i]))
		}
		for _, e := range into[i] {
			edge := &d.topology.Edges[e]
			rows = append(rows, d.call(d.nodeValue(edge.Source), n, edge.Load, outOf[i]))
		}
	}
	most := d.limit(len(rows))
	d.table(columns, rows[:most])
	if left := len(rows) - most; left > 0 {
		d.say(faint, "… "+units.Count(left)+" more")
	}
}

func (d *servicesDrawing) call(caller value, what *analysis.ServiceNode, load analysis.Load, served []int) []value {
	by, arrow := value{}, value{}
	var names []string
	for _, e := range served {
		by = d.nodeValue(d.topology.Edges[e].Target)
		names = append(names, by.text)
		arrow = value{"─►", faint}
	}
	if len(names) > 1 {
		by = value{text: strings.Join(names, ", ")}
	}
	row := []value{caller, {"─►", faint}, {text: clean(what.Name), style: nameStyle(load.Errors > 0)}}
	return append(append(row, loadValues(load)...), arrow, by)
}

func (d *servicesDrawing) nodeValue(at int32) value {
	n := &d.topology.Nodes[at]
	if n.Role == analysis.RoleService {
		return d.palette.value(n.Key)
	}
	return value{text: clean(n.Name)}
}
