// SPDX-License-Identifier: Apache-2.0

package show

import (
	"io"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

const dot = " · "

// Header says in a few lines what a trace is: its root, service and start; how
// long it took and what is in it; its ids.
func (v View) Header(w io.Writer, t *analysis.Tree) error {
	p := v.page(w)
	if len(t.Nodes) == 0 {
		p.say(faint, "an empty trace")
		return p.done()
	}
	f := factsOf(t)
	title := p.line().add(bold, spanName(&t.Nodes[f.Root]))
	if f.RootService != "" {
		title.add(faint, dot).add(newPalette(t.Services).text(f.RootService), clean(f.RootService))
	}
	start := p.time(f.Start)
	if title.used+2+width(start) <= p.columns() {
		title.right(faint, start, p.columns())
	}
	p.write(title)
	p.write(f.counts(p.line()))
	p.say(faint, f.ids(t))
	return p.done()
}

// facts are what the first lines and a list say of a trace.
type facts struct {
	*analysis.Summary
	tokens     usage
	firstFrame int64 // after the start
	knownFirst bool
}

func factsOf(t *analysis.Tree) *facts {
	f := &facts{Summary: t.Summary(), tokens: usageOf(t)}
	for i := range t.Nodes {
		f.firstChunk(&t.Nodes[i])
	}
	return f
}

// firstChunk keeps the earliest moment at which a model's first words came.
func (f *facts) firstChunk(n *analysis.Node) {
	seconds, ok := n.Attrs.Number(n.Span, semconv.FirstChunkSeconds)
	if !ok || seconds < 0 || seconds > 1e6 {
		return
	}
	at := n.Span.Start - f.Start + int64(seconds*1e9)
	if !f.knownFirst || at < f.firstFrame {
		f.firstFrame, f.knownFirst = at, true
	}
}

func (f *facts) counts(l *line) *line {
	l.add(plain, Duration(f.Duration)+dot+plural(f.Spans, "span"))
	if f.ServiceCount > 0 {
		l.add(plain, dot+plural(f.ServiceCount, "service"))
	}
	if f.Errors > 0 {
		l.add(plain, dot).add(failed, plural(f.Errors, "error"))
	}
	if f.tokens.known {
		l.add(plain, dot+Tokens(f.tokens.in)+" tokens in, "+Tokens(f.tokens.out)+" out")
	}
	if f.knownFirst {
		l.add(plain, dot+"first frame "+Duration(f.firstFrame))
	}
	if f.Orphans > 0 {
		l.add(plain, dot).add(notice, plural(f.Orphans, "orphan"))
	}
	if f.Skewed {
		l.add(plain, dot).add(notice, "clocks differ")
	}
	return l
}

func (f *facts) ids(t *analysis.Tree) string {
	ids := []string{"trace " + f.TraceID.String()}
	for _, node := range t.Order {
		n := &t.Nodes[node]
		if sid := n.Attrs.Text(n.Span, semconv.SID); sid != "" {
			ids = append(ids, "session "+clean(sid))
			break
		}
	}
	return strings.Join(ids, dot)
}
