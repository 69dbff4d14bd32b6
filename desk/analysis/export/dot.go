// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/sidetrace/sidetrace/desk/analysis"
)

// DOTTopology writes a topology as a directed graph in the DOT language of
// Graphviz (https://graphviz.org/doc/info/lang.html). Boxes with failed spans
// are red.
func DOTTopology(w io.Writer, t *analysis.Tree, top *analysis.Topology) error {
	d := newDOTWriter(w)
	for i := range top.Nodes {
		n := &top.Nodes[i]
		d.printf("  n%d [label=%s%s];\n", i, dotLabel(topologyName(t, n), topologyNote(t, n)), dotColour(anyFailed(t, n.Nodes)))
	}
	for _, e := range top.Edges {
		d.printf("  n%d -> n%d;\n", e.Source, e.Target)
	}
	return d.end()
}

// DOTServices writes a service topology as a directed graph: services bold,
// databases and queues as cylinders; at the arrows how many calls there were.
func DOTServices(w io.Writer, s *analysis.ServiceTopology) error {
	d := newDOTWriter(w)
	for i := range s.Nodes {
		n := &s.Nodes[i]
		d.printf("  n%d [label=%s%s%s];\n", i, dotLabel(label(n.Name)), dotShapes[n.Role], dotColour(n.Errors > 0))
	}
	for _, e := range s.Edges {
		d.printf("  n%d -> n%d [label=%s%s];\n", e.Source, e.Target, dotLabel(calls(e.Load)), dotColour(e.Errors > 0))
	}
	return d.end()
}

var dotShapes = map[analysis.ServiceRole]string{
	analysis.RoleService:   `, style="rounded,bold"`,
	analysis.RoleComponent: ", shape=cylinder",
}

type dotWriter struct{ *bufio.Writer }

func newDOTWriter(w io.Writer) *dotWriter {
	d := &dotWriter{bufio.NewWriter(w)}
	d.printf("digraph trace {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\"];\n")
	return d
}

// printf writes; errors stay in the writer until it is flushed.
func (d *dotWriter) printf(format string, args ...any) { _, _ = fmt.Fprintf(d, format, args...) }

func (d *dotWriter) end() error {
	d.printf("}\n")
	return d.Flush()
}

// dotEscaper escapes text for a quoted string that is a label: quotation marks
// and backslashes, which labels give meanings of their own (\N, \l), and
// ampersands, which may begin entities of HTML.
var dotEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `&`, `&amp;`)

// dotLabel is lines of text as a label.
func dotLabel(lines ...string) string {
	for i, l := range lines {
		lines[i] = dotEscaper.Replace(l)
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}

func dotColour(failed bool) string {
	if failed {
		return `, color="#d1242f", fontcolor="#d1242f"`
	}
	return ""
}
