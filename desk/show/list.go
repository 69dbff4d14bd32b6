// SPDX-License-Identifier: Apache-2.0

package show

import (
	"io"

	"github.com/sidetrace/sidetrace/desk/units"
)

// leastID is how many digits of an id are shown at least.
const leastID = 8

// List draws traces as a table, in their order, one row each. Ids are as long as
// it takes to tell them apart.
func (v View) List(w io.Writer, traces []Entry) error {
	p := v.page(w)
	columns := []column{
		{name: "trace"}, {name: "start", fold: 3}, {name: "root", least: 14}, {name: "service", least: 8, fold: 4},
		{name: "duration", right: true}, {name: "spans", right: true, fold: 2}, {name: "errors", right: true, fold: 1}, {name: "tokens", right: true, fold: 5},
	}
	ids := shortIDs(traces)
	var rows [][]value
	for i, e := range traces[:v.limit(len(traces))] {
		if len(e.Tree.Nodes) > 0 {
			rows = append(rows, p.listRow(e, ids[i]))
		}
	}
	p.table(columns, rows)
	if n := len(traces) - v.limit(len(traces)); n > 0 {
		p.say(faint, "… "+units.Plural(n, "more trace"))
	}
	return p.done()
}

func (p *page) listRow(e Entry, id string) []value {
	f := factsOf(e)
	tokens, errors := value{text: units.Unknown, style: faint}, value{text: "0", style: faint}
	if u := f.run.Usage; !u.IsZero() {
		tokens = value{text: tokensOf(u.Input) + "→" + tokensOf(u.Output)}
	}
	if f.Errors > 0 {
		errors = value{units.Count(f.Errors), failed}
	}
	return []value{
		{text: id}, {p.moment(f.Start, "2006-01-02 15:04:05"), faint}, {text: spanName(&e.Tree.Nodes[f.Root])}, newPalette([]string{f.RootService}).value(f.RootService),
		{text: units.Duration(f.Duration)}, {text: units.Count(f.Spans)}, errors, tokens,
	}
}

// shortIDs are the first digits of the traces' ids, enough to tell all apart.
func shortIDs(traces []Entry) []string {
	ids := make([]string, len(traces))
	for i, e := range traces {
		if len(e.Tree.Nodes) > 0 {
			ids[i] = e.Tree.Nodes[0].Span.TraceID.String()
		}
	}
	digits := leastID
	for ; digits < 32; digits += 4 {
		seen := map[string]bool{}
		for _, id := range ids {
			seen[id[:min(digits, len(id))]] = true
		}
		if len(seen) == len(ids) {
			break
		}
	}
	for i, id := range ids {
		ids[i] = id[:min(digits, len(id))]
	}
	return ids
}
