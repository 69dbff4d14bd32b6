// SPDX-License-Identifier: Apache-2.0

package show

import (
	"io"
	"strings"
	"time"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/finding"
	"github.com/sidetrace/sidetrace/desk/units"
)

const (
	severityColumn = 11
	mostWitnesses  = 3 // spans that are named below a finding
	mostHeadlines  = 3
)

// Findings draws what was found in a trace: each with its cost, what to do, and
// the spans that it rests on.
func (v View) Findings(w io.Writer, t *analysis.Tree, all []finding.Finding) error {
	p := v.page(w)
	if len(all) == 0 {
		p.say(faint, "Nothing was found.")
		return p.done()
	}
	d := &findingsDrawing{page: p, tree: t, palette: newPalette(t.Services)}
	most := v.limit(len(all))
	for i := range all[:most] {
		if i > 0 {
			p.blank()
		}
		d.finding(&all[i])
	}
	if n := len(all) - most; n > 0 {
		p.say(faint, "… "+units.Plural(n, "more finding"))
	}
	return p.done()
}

// Headlines names the most important findings in a line each, and says how many
// there are besides; nothing if there are none.
func (v View) Headlines(w io.Writer, all []finding.Finding) error {
	p := v.page(w)
	shown := 0
	for i := range all {
		if f := &all[i]; shown < mostHeadlines && f.Severity > finding.Info {
			p.write(p.headline(p.line(), f))
			shown++
		}
	}
	switch rest := len(all) - shown; {
	case rest > 0 && shown > 0:
		p.say(faint, "  "+units.Plural(rest, "more finding"))
	case rest > 0:
		p.say(faint, units.Plural(rest, "finding"))
	}
	return p.done()
}

// severity is the sign and colour of a severity.
func severity(s finding.Severity) value {
	switch s {
	case finding.Critical:
		return value{"✗ ", failed}
	case finding.Warning:
		return value{"▲ ", notice}
	}
	return value{"· ", faint}
}

func (p *page) headline(l *line, f *finding.Finding) *line {
	sign := severity(f.Severity)
	cost := costs(f)
	if cost == "" {
		return l.add(sign.style, sign.text).add(plain, clean(f.Title))
	}
	room := p.columns() - width(sign.text) - width(cost) - 2
	return l.add(sign.style, sign.text).add(plain, cut(clean(f.Title), room)).right(faint, cost, p.columns())
}

// costs is what a finding costs, "" if that is units.Unknown or nothing.
func costs(f *finding.Finding) string {
	var parts []string
	if f.Cost > 0 {
		parts = append(parts, saved(f)+units.Duration(int64(f.Cost/time.Nanosecond)))
	}
	if f.Tokens > 0 {
		parts = append(parts, units.Tokens(float64(f.Tokens))+" tokens")
	}
	return strings.Join(parts, ", ")
}

// saved says what a cost is that could be saved.
func saved(f *finding.Finding) string {
	if f.Savable {
		return "could save "
	}
	return ""
}

type findingsDrawing struct {
	*page
	tree    *analysis.Tree
	palette palette
}

func (d *findingsDrawing) finding(f *finding.Finding) {
	sign := severity(f.Severity)
	cost := costs(f)
	titles := wrap(clean(f.Title), d.columns()-severityColumn-3-width(cost))
	for i, text := range titles {
		l := d.line()
		if i == 0 {
			l.add(sign.style, sign.text+f.Severity.String())
		}
		l.to(severityColumn+1).add(bold, text)
		if i == 0 {
			l.right(notice, cost, d.columns())
		}
		d.write(l)
	}
	for _, text := range wrap(clean(f.Advice), d.columns()-severityColumn-1) {
		d.write(d.line().to(severityColumn+1).add(plain, text))
	}
	for _, node := range f.Nodes[:min(len(f.Nodes), mostWitnesses)] {
		d.witness(node)
	}
	d.rest(f)
}

// witness names a span that a finding rests on.
func (d *findingsDrawing) witness(node int32) {
	n := &d.tree.Nodes[node]
	l := d.line().to(severityColumn+1).add(faint, n.Span.ID.String()+" ")
	if service := clean(d.tree.ServiceOf(node)); service != "" {
		l.add(d.palette.text(d.tree.ServiceOf(node)), service+" ")
	}
	d.write(l.add(nameStyle(n.Span.IsError()), spanName(n)).add(faint, " "+units.Duration(n.Span.Duration())))
}

// rest says how much more there is of what a finding is about.
func (d *findingsDrawing) rest(f *finding.Finding) {
	var parts []string
	if n := f.Count - min(len(f.Nodes), mostWitnesses); n > 0 {
		parts = append(parts, units.Plural(n, "more span"))
	}
	if f.Places > 1 {
		parts = append(parts, "at "+units.Plural(f.Places, "place"))
	}
	if f.More > 0 {
		parts = append(parts, units.Plural(f.More, "more finding")+" like this")
	}
	if len(parts) > 0 {
		d.write(d.line().to(severityColumn+1).add(faint, "… "+strings.Join(parts, ", ")))
	}
}

// wrap divides clean text into lines of at most some columns, between words
// where that is possible.
func wrap(text string, columns int) (lines []string) {
	columns = max(columns, 10)
	now := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case now == "":
			now = word
		case width(now)+1+width(word) <= columns:
			now += " " + word
		default:
			lines, now = append(lines, now), word
		}
		for width(now) > columns {
			head := strings.TrimSuffix(cut(now, columns+1), "…")
			lines, now = append(lines, head), strings.TrimPrefix(now, head)
		}
	}
	if now != "" {
		lines = append(lines, now)
	}
	return lines
}
