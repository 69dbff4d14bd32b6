// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bufio"
	"io"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/units"
)

// MermaidSequence writes a sequence as a Mermaid sequence diagram
// (https://mermaid.js.org/syntax/sequenceDiagram.html): a box for each service
// with its participants; what happened concurrently as par, with the messages of
// each branch together; repetitions as a loop around the first.
//
// The sequence must be that of the tree.
func MermaidSequence(w io.Writer, t *analysis.Tree, s *analysis.Sequence) error {
	m := &sequenceWriter{mermaidWriter: mermaidWriter{bufio.NewWriter(w)}, tree: t, sequence: s, called: make([]bool, len(t.Nodes))}
	m.printf("sequenceDiagram\n")
	m.participants()
	fragments := newFragments(t, s)
	fragments.write(m)
	return m.Flush()
}

type sequenceWriter struct {
	mermaidWriter
	tree     *analysis.Tree
	sequence *analysis.Sequence
	called   []bool // the nodes whose call was written
	depth    int
}

// deepestIndent is how deep lines are indented, as a trace may be deeper than
// lines are long.
const deepestIndent = 12

// line writes one line, indented by what is around it.
func (m *sequenceWriter) line(format string, args ...any) {
	m.printf(strings.Repeat("    ", min(m.depth, deepestIndent)+1)+format+"\n", args...)
}

// participants writes those of a service together, services in the order in
// which they first occur.
func (m *sequenceWriter) participants() {
	var services []string
	of := map[string][]int{}
	for i, p := range m.sequence.Participants {
		if p.Type == analysis.Outside {
			m.line("actor p%d as %s", i, mermaidText(label(p.Name)))
			continue
		}
		if of[p.Component] == nil {
			services = append(services, p.Component)
		}
		of[p.Component] = append(of[p.Component], i)
	}
	for _, service := range services {
		m.line("box transparent %s", mermaidText(label(service)))
		m.depth++
		for _, i := range of[service] {
			m.line("participant p%d as %s", i, mermaidText(label(m.sequence.Participants[i].Name)))
		}
		m.depth--
		m.line("end")
	}
}

// message writes a call or a return. A return before its call, of a span that
// ends before it starts, deactivates nothing.
func (m *sequenceWriter) message(msg *analysis.Message) {
	arrow := string(msg.Arrow)
	switch {
	case msg.Arrow == analysis.Call:
		m.called[msg.Node] = true
	case msg.Arrow == analysis.Return && !m.called[msg.Node]:
		arrow = strings.TrimSuffix(arrow, "-")
	}
	m.line("p%d%sp%d: %s", msg.From, arrow, msg.To, m.text(msg))
}

// text is what stands at an arrow: the operation, or for a return how long it
// took and why it failed.
func (m *sequenceWriter) text(msg *analysis.Message) string {
	if msg.Arrow != analysis.Return {
		return mermaidText(label(msg.Text))
	}
	s := m.tree.Nodes[msg.Node].Span
	text := units.Duration(s.Duration())
	if s.IsError() {
		text += " error"
		if s.Status.Message != "" {
			text += ": " + s.Status.Message
		}
	}
	return mermaidText(label(text))
}
