// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bufio"
	"io"
	"strconv"

	"github.com/sidetrace/sidetrace/desk/analysis"
)

// A Named is a view of a trace with the name that its member has in JSON.
type Named struct {
	Name string
	// View is what is encoded, such as an [analysis.FlameGraph].
	View any
}

// JSON writes a trace and a view of it as one object that stands by itself:
// traceId, services, spans, view with the name of the view, and the view under
// that name.
//
// The numbers of nodes in the view are indexes into spans. A span has id, parent,
// name, service, kind, status (unset, ok or error), message, attributes, start
// in ns since 1970 and duration in ns. Ids are hexadecimal, "" for none; the
// start is text, as JavaScript has no numbers for it. Members are lowerCamel.
func JSON(w io.Writer, t *analysis.Tree, n Named) error {
	l := &jsonList{w: bufio.NewWriter(w)}
	l.raw("{")
	l.trace(t)
	l.view(n)
	return l.flush()
}

// ComparisonJSON writes two traces and how they differ as one object: baseline
// and comparison, each with traceId, services and spans as in [JSON], and the
// view under the name diff.
func ComparisonJSON(w io.Writer, c *analysis.Comparison) error {
	l := &jsonList{w: bufio.NewWriter(w)}
	l.raw(`{"baseline":{`)
	l.trace(c.Baseline)
	l.raw("},\n\"comparison\":{")
	l.trace(c.Comparison)
	l.raw("}")
	l.view(Named{"diff", c})
	return l.flush()
}

// trace writes the members of a trace.
func (l *jsonList) trace(t *analysis.Tree) {
	id := ""
	if len(t.Nodes) > 0 {
		id = t.Nodes[0].Span.TraceID.String()
	}
	l.raw(`"traceId":`)
	l.value(id)
	l.raw(`,"services":`)
	l.value(append([]string{}, t.Services...))
	l.raw(`,"spans":[`)
	for i := range t.Nodes {
		l.add(documentSpanOf(t, int32(i)))
	}
	l.raw("\n]")
}

// view writes a view as the last members of an object.
func (l *jsonList) view(n Named) {
	l.raw(",\n\"view\":")
	l.value(n.Name)
	l.raw(",")
	l.value(n.Name)
	l.raw(":")
	l.value(documentView(n.View))
	l.raw("}\n")
}

type documentSpan struct {
	ID         string     `json:"id"`
	Parent     string     `json:"parent"`
	Name       string     `json:"name"`
	Service    string     `json:"service"`
	Kind       string     `json:"kind"`
	Status     string     `json:"status"`
	Message    string     `json:"message,omitempty"`
	Start      string     `json:"start"`
	Duration   int64      `json:"duration"`
	Attributes attributes `json:"attributes"`
}

func documentSpanOf(t *analysis.Tree, node int32) documentSpan {
	s := t.Nodes[node].Span
	return documentSpan{
		ID: s.ID.String(), Parent: s.Parent.String(), Name: s.Name, Service: t.ServiceOf(node),
		Kind: s.Kind.String(), Status: s.Status.Code.String(), Message: s.Status.Message,
		Start: strconv.FormatInt(s.Start, 10), Duration: s.Duration(), Attributes: attributes(s.Attributes),
	}
}

// documentView is a view in the form in which it is encoded.
func documentView(view any) any {
	s, ok := view.(*analysis.Sequence)
	if !ok {
		return view
	}
	groups := make([]documentGroup, len(s.Groups))
	for i, g := range s.Groups {
		groups[i] = documentGroup{Members: g.Members, Value: g.Value, Start: strconv.FormatInt(g.Start, 10), Duration: g.Duration()}
	}
	return struct {
		*analysis.Sequence
		Groups []documentGroup `json:"groups"`
	}{s, groups}
}

// documentGroup is a group with its start in the form of those of spans.
type documentGroup struct {
	Members  []int32 `json:"members"`
	Value    int64   `json:"value"`
	Start    string  `json:"start"`
	Duration int64   `json:"duration"`
}
