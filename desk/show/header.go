// SPDX-License-Identifier: Apache-2.0

package show

import (
	"io"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
	"github.com/sidetrace/sidetrace/desk/units"
)

const dot = " · " // between things on a line

// An Entry is a trace with what is known of the agent that ran in it.
type Entry struct {
	Tree *analysis.Tree
	// Run is what the agent took; nil where nobody has looked.
	Run *agentrun.Run
}

// Header says in a few lines what a trace is: its root, service and start; how
// long it took, what is in it and what it cost; its ids.
func (v View) Header(w io.Writer, e Entry) error {
	p := v.page(w)
	if len(e.Tree.Nodes) == 0 {
		p.say(faint, "an empty trace")
		return p.done()
	}
	f := factsOf(e)
	p.title(p.line(), e.Tree, f)
	p.parts(0, f.counts())
	p.parts(0, f.ids(e.Tree))
	return p.done()
}

// title ends a line with the root of a trace, its service and its start.
func (p *page) title(l *line, t *analysis.Tree, f *facts) {
	l.add(bold, spanName(&t.Nodes[f.Root]))
	if f.RootService != "" {
		l.add(faint, dot).add(newPalette(t.Services).text(f.RootService), clean(f.RootService))
	}
	start := p.time(f.Start)
	if l.used+2+width(start) <= p.columns() {
		l.right(faint, start, p.columns())
	}
	p.write(l)
}

// facts are what the first lines and a list say of a trace.
type facts struct {
	*analysis.Summary
	run *agentrun.Run
}

func factsOf(e Entry) *facts {
	f := &facts{Summary: e.Tree.Summary(), run: e.Run}
	if f.run == nil {
		f.run = &agentrun.Run{FirstFrame: agentrun.Unknown}
	}
	return f
}

// parts writes what belongs to one line, with dots between; what does not fit
// goes to lines below, with the same indent.
func (p *page) parts(indent int, parts []value) {
	l := p.line().to(indent)
	for i, part := range parts {
		switch {
		case i == 0:
		case l.used+width(dot)+width(part.text) <= p.columns():
			l.add(faint, dot)
		default:
			p.write(l)
			l = p.line().to(indent)
		}
		l.add(part.style, part.text)
	}
	p.write(l)
}

func (f *facts) counts() []value {
	parts := []value{{text: units.Duration(f.Duration)}, {text: units.Plural(f.Spans, "span")}}
	add := func(is bool, s style, text string) {
		if is {
			parts = append(parts, value{text, s})
		}
	}
	add(f.ServiceCount > 0, plain, units.Plural(f.ServiceCount, "service"))
	add(f.Errors > 0, failed, units.Plural(f.Errors, "error"))
	u := f.run.Usage
	add(!u.IsZero(), plain, tokensOf(u.Input)+" tokens in, "+tokensOf(u.Output)+" out")
	cost := costOf(&f.run.Cost)
	add(cost != "", plain, cost)
	add(f.run.FirstFrame > 0, plain, "first frame "+units.Duration(f.run.FirstFrame))
	add(f.Orphans > 0, notice, units.Plural(f.Orphans, "orphan"))
	add(f.Skewed, notice, "clocks differ")
	return parts
}

// tokensOf is tokens of a run, where 0 means that nobody said.
func tokensOf(n int64) string {
	if n == 0 {
		return units.Unknown
	}
	return units.Tokens(float64(n))
}

// costOf is the cost by the price table, or if that has none of the models what
// the spans said; "" if nothing is known. A part of the cost is "≥".
func costOf(c *agentrun.Cost) string {
	amounts, lead := c.Computed, ""
	if len(amounts) == 0 {
		amounts = c.Reported
	} else if c.Unpriced > 0 {
		lead = "≥ "
	}
	var texts []string
	for _, a := range amounts {
		texts = append(texts, lead+units.Money(float64(a.Nano)/1e9)+" "+clean(a.Currency))
	}
	return strings.Join(texts, " + ")
}

func (f *facts) ids(t *analysis.Tree) []value {
	ids := []value{{"trace " + f.TraceID.String(), faint}}
	for _, node := range t.Order {
		n := &t.Nodes[node]
		if sid := n.Attrs.Text(n.Span, semconv.SID); sid != "" {
			return append(ids, value{"session " + clean(sid), faint})
		}
	}
	return ids
}
