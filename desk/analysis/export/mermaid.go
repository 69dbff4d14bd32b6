// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/units"
)

// MermaidTopology writes a topology as a Mermaid flowchart
// (https://mermaid.js.org/syntax/flowchart.html). Boxes with failed spans have a
// red border.
func MermaidTopology(w io.Writer, t *analysis.Tree, top *analysis.Topology) error {
	m := &mermaidWriter{bufio.NewWriter(w)}
	m.printf("flowchart LR\n")
	var failed []int
	for i := range top.Nodes {
		n := &top.Nodes[i]
		m.printf("    n%d[\"%s<br/>%s\"]\n", i, mermaidText(topologyName(t, n)), mermaidText(topologyNote(t, n)))
		if anyFailed(t, n.Nodes) {
			failed = append(failed, i)
		}
	}
	for _, e := range top.Edges {
		m.printf("    n%d --> n%d\n", e.Source, e.Target)
	}
	m.failed(failed)
	return m.Flush()
}

// MermaidServices writes a service topology as a Mermaid flowchart: services
// rounded, databases and queues as cylinders, operations as boxes; at the arrows
// how many calls there were.
func MermaidServices(w io.Writer, s *analysis.ServiceTopology) error {
	m := &mermaidWriter{bufio.NewWriter(w)}
	m.printf("flowchart LR\n")
	var failed []int
	for i := range s.Nodes {
		n := &s.Nodes[i]
		shape := mermaidShapes[n.Role]
		m.printf("    n%d%s\"%s\"%s\n", i, shape[0], mermaidText(label(n.Name)), shape[1])
		if n.Errors > 0 {
			failed = append(failed, i)
		}
	}
	for _, e := range s.Edges {
		m.printf("    n%d -->|\"%s\"| n%d\n", e.Source, mermaidText(calls(e.Load)), e.Target)
	}
	m.failed(failed)
	return m.Flush()
}

var mermaidShapes = map[analysis.ServiceRole][2]string{
	analysis.RoleService:   {"([", "])"},
	analysis.RoleInterface: {"[", "]"},
	analysis.RoleComponent: {"[(", ")]"},
}

type mermaidWriter struct{ *bufio.Writer }

// printf writes; errors stay in the writer until it is flushed.
func (m *mermaidWriter) printf(format string, args ...any) { _, _ = fmt.Fprintf(m, format, args...) }

func (m *mermaidWriter) failed(nodes []int) {
	if len(nodes) == 0 {
		return
	}
	m.printf("    classDef failed stroke:#d1242f,stroke-width:2px\n")
	for _, n := range nodes {
		m.printf("    class n%d failed\n", n)
	}
}

// mermaidText writes text with what means anything to Mermaid, to the Markdown
// that it takes labels for, or to the HTML around it as entity codes of its own:
// "#59;" for a semicolon. A word that is a keyword, such as end, means nothing
// where texts stand.
func mermaidText(text string) string {
	var b strings.Builder
	for i, r := range text {
		if isHarmless(r, text[:i]) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}

// isHarmless reports whether a character stands for itself after others. In
// Markdown a hyphen or "1." at the beginning is a list, and "www." is a link.
func isHarmless(r rune, before string) bool {
	switch r {
	case ' ', '/':
		return true
	case '-':
		return before != "" && !strings.HasSuffix(before, "-")
	case '.':
		return strings.Trim(before, "0123456789") != "" && !strings.HasSuffix(strings.ToLower(before), "www")
	}
	return r > unicode.MaxASCII || isWord(r)
}

func isWord(r rune) bool {
	return '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}

// topologyName is the operation of a box, and how often it is there.
func topologyName(t *analysis.Tree, n *analysis.TopologyNode) string {
	return label(t.Nodes[n.Nodes[0]].Span.Name) + times(len(n.Nodes))
}

// topologyNote is the service of a box, and how long it took.
func topologyNote(t *analysis.Tree, n *analysis.TopologyNode) string {
	if service := t.ServiceOf(n.Nodes[0]); service != "" {
		return label(service) + " " + units.Duration(n.Duration)
	}
	return units.Duration(n.Duration)
}

func anyFailed(t *analysis.Tree, nodes []int32) bool {
	for _, n := range nodes {
		if t.Nodes[n].Span.IsError() {
			return true
		}
	}
	return false
}

// calls is what an arrow between services says.
func calls(l analysis.Load) string {
	text := fmt.Sprintf("%d calls", l.Count)
	if l.Count == 1 {
		text = "1 call"
	}
	if l.Errors > 0 {
		text += fmt.Sprintf(", %d failed", l.Errors)
	}
	return text
}
