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
	root := &t.Nodes[f.root]
	title := p.line().add(bold, spanName(root))
	if service := t.ServiceOf(f.root); service != "" {
		title.add(faint, dot).add(newPalette(t.Services).text(service), clean(service))
	}
	start := p.time(f.start)
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
	root             int32 // the first root
	start, duration  int64
	spans, errors    int
	services         int
	tokens           usage
	firstFrame       int64 // after the start
	knownFirst       bool
	orphans, cutOffs int
}

func factsOf(t *analysis.Tree) *facts {
	start, end := bounds(t)
	f := &facts{root: t.Roots[0], start: start, duration: end - start, spans: len(t.Nodes), tokens: usageOf(t)}
	for _, root := range t.Roots {
		if t.Nodes[root].Mark&analysis.Orphan == 0 { // an orphan is a root only for want of its parent
			f.root = root
			break
		}
	}
	for i := range t.Nodes {
		n := &t.Nodes[i]
		if n.Span.IsError() {
			f.errors++
		}
		if n.Mark&analysis.Orphan != 0 {
			f.orphans++
		}
		f.firstChunk(n)
	}
	for _, s := range t.Services {
		if s != "" {
			f.services++
		}
	}
	return f
}

// firstChunk keeps the earliest moment at which a model's first words came.
func (f *facts) firstChunk(n *analysis.Node) {
	seconds, ok := n.Attrs.Number(n.Span, semconv.FirstChunkSeconds)
	if !ok || seconds < 0 || seconds > 1e6 {
		return
	}
	at := n.Span.Start - f.start + int64(seconds*1e9)
	if !f.knownFirst || at < f.firstFrame {
		f.firstFrame, f.knownFirst = at, true
	}
}

func (f *facts) counts(l *line) *line {
	l.add(plain, Duration(f.duration)+dot+plural(f.spans, "span"))
	if f.services > 0 {
		l.add(plain, dot+plural(f.services, "service"))
	}
	if f.errors > 0 {
		l.add(plain, dot).add(failed, plural(f.errors, "error"))
	}
	if f.tokens.known {
		l.add(plain, dot+Tokens(f.tokens.in)+" tokens in, "+Tokens(f.tokens.out)+" out")
	}
	if f.knownFirst {
		l.add(plain, dot+"first frame "+Duration(f.firstFrame))
	}
	if f.orphans > 0 {
		l.add(plain, dot).add(notice, plural(f.orphans, "orphan"))
	}
	return l
}

func (f *facts) ids(t *analysis.Tree) string {
	ids := []string{"trace " + t.Nodes[f.root].Span.TraceID.String()}
	for _, node := range t.Order {
		n := &t.Nodes[node]
		if sid := n.Attrs.Text(n.Span, semconv.SID); sid != "" {
			ids = append(ids, "session "+clean(sid))
			break
		}
	}
	return strings.Join(ids, dot)
}
