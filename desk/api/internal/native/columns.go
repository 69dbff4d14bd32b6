// SPDX-License-Identifier: Apache-2.0

package native

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"slices"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/analysis/agentrun"
	"github.com/sidetrace/sidetrace/desk/analysis/finding"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// contentLines is the media type of JSON values with a line each.
const contentLines = "application/x-ndjson"

// A column is what each node has of one field. Few of them may have it.
type column struct {
	Column string `json:"column"`
	// Of is what the values are indexes of.
	Of any `json:"of,omitempty"`
	// At are the nodes that have a value, if not all of them do.
	At []int32 `json:"at,omitempty"`
	// Values has them one by one. Instead of it there may be All, the value of every
	// node; Digits, small numbers as characters from 0 on; Steps, numbers less the one
	// before each; or Text, texts of Width characters each.
	Values any     `json:"values,omitempty"`
	All    any     `json:"all,omitempty"`
	Digits string  `json:"digits,omitempty"`
	Steps  []int64 `json:"steps,omitempty"`
	Text   string  `json:"text,omitempty"`
	Width  int     `json:"width,omitempty"`
}

// maxDigit is how many numbers a character can be: from 0 on, all that ASCII shows.
const maxDigit = '\x7f' - '0'

// A columnWriter writes lines, until the first error.
type columnWriter struct {
	to   io.Writer
	json *json.Encoder
	err  error
}

func (w *columnWriter) line(v any) {
	if w.err == nil {
		w.err = w.json.Encode(v)
	}
}

// flush sends what is written, so that it is read while the rest is being made.
func (w *columnWriter) flush() {
	if f, ok := w.to.(http.Flusher); ok && w.err == nil {
		f.Flush()
	}
}

// columns writes a trace for a program that draws it: lines of JSON of which none
// takes long to read, those first that the first picture needs.
func (j *job) columns(to io.Writer) error {
	w := &columnWriter{to: to, json: json.NewEncoder(to)}
	w.json.SetEscapeHTML(false)
	start := firstStart(j.tree)
	w.line(map[string]any{"trace": columnsHead(j, start)})
	w.places(j.tree, start)
	w.rarities(j.tree)
	w.waterfall(j)
	w.flush()
	w.line(map[string]any{"views": map[string]any{
		"summary":  j.tree.Summary(),
		"path":     append([]finding.PathStep{}, finding.CriticalPath(j.tree)...),
		"findings": append([]finding.Finding{}, finding.Find(j.tree, finding.Options{})...),
	}})
	w.flush()
	w.details(j.tree)
	w.run(j)
	w.line(map[string]any{"end": len(j.tree.Nodes)})
	return w.err
}

func firstStart(t *analysis.Tree) int64 {
	if len(t.Nodes) == 0 {
		return 0
	}
	first := int64(math.MaxInt64)
	for i := range t.Nodes {
		first = min(first, t.Nodes[i].Span.Start)
	}
	return first
}

type head struct {
	TraceID  string   `json:"traceId"`
	Start    string   `json:"start"`
	Spans    int      `json:"spans"`
	Logs     int      `json:"logs"`
	Services []string `json:"services"`
	Classes  []string `json:"classes"`
	Roots    []int32  `json:"roots"`
	Replaced int      `json:"replaced"`
}

func columnsHead(j *job, start int64) *head {
	t := j.tree
	h := &head{
		TraceID: j.trace.ID.String(), Start: stamp(start), Spans: len(t.Nodes), Logs: len(j.trace.Logs),
		Services: append([]string{}, t.Services...), Classes: []string{}, Roots: append([]int32{}, t.Roots...), Replaced: t.Replaced,
	}
	for _, class := range t.ServiceClasses() {
		h.Classes = append(h.Classes, string(class))
	}
	return h
}

// numbers writes a column of numbers, none negative or large as digits.
func (w *columnWriter) numbers(name string, values []int64) {
	w.line(asNumbers(column{Column: name}, values))
}

// asNumbers adds numbers to a column, in as few characters as it can.
func asNumbers(c column, values []int64) column {
	switch {
	case len(values) > 0 && !slices.ContainsFunc(values, func(v int64) bool { return v != values[0] }):
		c.All = values[0]
	case slices.ContainsFunc(values, func(v int64) bool { return v < 0 || v >= maxDigit }):
		c.Values = values
	default:
		text := make([]byte, len(values))
		for i, v := range values {
			text[i] = '0' + byte(v)
		}
		c.Digits = string(text)
	}
	return c
}

// steps writes a column of numbers that grow slowly.
func (w *columnWriter) steps(name string, values []int64) {
	last := int64(0)
	for i, v := range values {
		values[i] = v - last
		last = v
	}
	w.line(column{Column: name, Steps: values})
}

// each collects a value of each node.
func each[T any](t *analysis.Tree, of func(node int32, n *analysis.Node) T) []T {
	all := make([]T, len(t.Nodes))
	for i := range t.Nodes {
		all[i] = of(int32(i), &t.Nodes[i])
	}
	return all
}

// repeated writes a column of which many values are equal.
func repeated[T comparable](w *columnWriter, t *analysis.Tree, name string, of func(node int32, n *analysis.Node) T) {
	known := map[T]int64{}
	distinct := []T{}
	values := each(t, func(node int32, n *analysis.Node) int64 {
		value := of(node, n)
		index, found := known[value]
		if !found {
			index = int64(len(distinct))
			known[value] = index
			distinct = append(distinct, value)
		}
		return index
	})
	w.line(asNumbers(column{Column: name, Of: distinct}, values))
}

// ids writes the ids of the spans.
func (w *columnWriter) ids(t *analysis.Tree) {
	text := make([]byte, 0, len(t.Nodes)*2*len(trace.SpanID{}))
	for i := range t.Nodes {
		text = hex.AppendEncode(text, t.Nodes[i].Span.ID[:])
	}
	w.line(column{Column: "id", Text: string(text), Width: 2 * len(trace.SpanID{})})
}

// places writes what every node has.
func (w *columnWriter) places(t *analysis.Tree, start int64) {
	order := make([]int64, len(t.Order))
	for i, node := range t.Order {
		order[i] = int64(node)
	}
	w.steps("order", order)
	w.ids(t)
	w.steps("start", each(t, func(_ int32, n *analysis.Node) int64 { return n.Span.Start - start }))
	for _, c := range []struct {
		name string
		of   func(node int32, n *analysis.Node) int64
	}{
		{"parent", func(_ int32, n *analysis.Node) int64 { return int64(n.Parent) }},
		{"service", func(_ int32, n *analysis.Node) int64 { return int64(n.Service) }},
		{"similar", func(_ int32, n *analysis.Node) int64 { return int64(n.Similar) }},
		{"duration", func(_ int32, n *analysis.Node) int64 { return n.Span.Duration() }},
	} {
		w.numbers(c.name, each(t, c.of))
	}
	few(w, t, "covered", func(node int32, n *analysis.Node) (int64, bool) {
		covered := n.Span.Duration() - t.SelfTime(node)
		return covered, covered != 0
	})
	for _, c := range []struct {
		name string
		of   func(node int32, n *analysis.Node) string
	}{
		{"name", func(_ int32, n *analysis.Node) string { return n.Span.Name }},
		{"kind", func(_ int32, n *analysis.Node) string { return n.Span.Kind.String() }},
		{"status", func(_ int32, n *analysis.Node) string { return n.Span.Status.Code.String() }},
		{"class", func(_ int32, n *analysis.Node) string { return string(n.Class()) }},
		{"category", func(_ int32, n *analysis.Node) string { return string(n.Category()) }},
		{"source", func(_ int32, n *analysis.Node) string { return string(analysis.SourceOf(n.Span)) }},
	} {
		repeated(w, t, c.name, c.of)
	}
}

// few writes a column that few nodes have.
func few[T any](w *columnWriter, t *analysis.Tree, name string, of func(node int32, n *analysis.Node) (T, bool)) {
	c := column{Column: name}
	var values []T
	for i := range t.Nodes {
		if v, ok := of(int32(i), &t.Nodes[i]); ok {
			c.At = append(c.At, int32(i))
			values = append(values, v)
		}
	}
	c.Values = values
	if len(values) > 0 {
		w.line(c)
	}
}

// encoded is a value that is JSON already.
type encoded string

// MarshalJSON implements [json.Marshaler].
func (e encoded) MarshalJSON() ([]byte, error) { return []byte(e), nil }

// rarities writes what few nodes have.
func (w *columnWriter) rarities(t *analysis.Tree) {
	repeated(w, t, "badge", func(_ int32, n *analysis.Node) encoded {
		badge := n.StatusBadge()
		if badge.Value.Kind() == trace.EmptyValue {
			return "null"
		}
		b, err := json.Marshal(badge)
		if err != nil && w.err == nil {
			w.err = err
		}
		return encoded(b)
	})
	few(w, t, "marks", func(_ int32, n *analysis.Node) ([]string, bool) {
		names := marksOf(n)
		return names, len(names) > 0
	})
	few(w, t, "message", func(_ int32, n *analysis.Node) (string, bool) {
		return n.Span.Status.Message, n.Span.Status.Message != ""
	})
	few(w, t, "parentId", func(_ int32, n *analysis.Node) (string, bool) {
		p := n.Span.Parent
		return p.String(), !p.IsZero() && (n.Parent < 0 || t.Nodes[n.Parent].Span.ID != p)
	})
	few(w, t, "dropped", func(_ int32, n *analysis.Node) ([3]uint32, bool) {
		d := [3]uint32{n.Span.DroppedAttributes, n.Span.DroppedEvents, n.Span.DroppedLinks}
		return d, d != [3]uint32{}
	})
}

// waterfall writes how the rows lie, and what is not the same for all of them.
func (w *columnWriter) waterfall(j *job) {
	fall := j.tree.Waterfall(analysis.WaterfallOptions{Align: true})
	rows := make([]int32, len(fall.Rows))
	at := make([]int, len(fall.Rows))
	for i := range fall.Rows {
		rows[i] = fall.Rows[i].Node
		at[fall.Rows[i].Node] = i
	}
	if !slices.Equal(rows, j.tree.Order) {
		w.line(column{Column: "rows", Values: rows})
	}
	few(w, j.tree, "shift", func(node int32, _ *analysis.Node) (int64, bool) {
		shift := fall.Rows[at[node]].Shift
		return shift, shift != 0
	})
	few(w, j.tree, "skewed", func(node int32, _ *analysis.Node) (bool, bool) { return true, fall.Rows[at[node]].Skewed })
	few(w, j.tree, "stage", func(node int32, _ *analysis.Node) (int32, bool) {
		stage := fall.Rows[at[node]].Stage
		return stage, stage != analysis.None
	})
	few(w, j.tree, "group", func(node int32, _ *analysis.Node) (int32, bool) {
		group := fall.Rows[at[node]].Group
		return group, group != analysis.None
	})
	fall.Rows = nil // columns have them
	w.line(map[string]any{"waterfall": fall})
}

// A columnsRun is a run without its nodes and calls.
type columnsRun struct {
	agentrun.Totals
	Question       string `json:"question,omitempty"`
	FirstFrame     int64  `json:"firstFrame"`
	FirstFrameSpan int32  `json:"firstFrameSpan"`
	ModelWall      int64  `json:"modelWall"`
	ToolWall       int64  `json:"toolWall"`
}

// run writes what the run took, and the tokens of the spans of its calls.
func (w *columnWriter) run(j *job) {
	v := j.runView()
	used := map[int32]int64{}
	for i := range v.Calls {
		used[v.Calls[i].Span] += v.Calls[i].Usage.Total
	}
	few(w, j.tree, "tokens", func(node int32, _ *analysis.Node) (int64, bool) { return used[node], used[node] > 0 })
	w.line(map[string]any{"run": columnsRun{v.Totals, v.Question, v.FirstFrame, v.FirstFrameSpan, v.ModelWall, v.ToolWall}})
}

// detailSpans is how many spans are in a line of details.
const detailSpans = 2000

// maxDetail is how much of a value is there, in bytes of JSON; who wants to see
// more of it asks for the span.
const maxDetail = 64 << 10

// A detail is the attributes and events of some spans. Attributes are indexes of
// pairs of key and value, which the first line that needs them has.
type detail struct {
	Nodes  []int32           `json:"nodes"`
	Pairs  []json.RawMessage `json:"pairs"`
	Counts []int32           `json:"counts"` // of attributes, for each of the nodes
	List   []int32           `json:"list"`   // the attributes of all of them
	Events *detailEvents     `json:"events,omitempty"`
	Cut    []int32           `json:"cut,omitempty"` // nodes that have more of a value
}

// detailEvents are the events of some spans in columns.
type detailEvents struct {
	Nodes  []int32  `json:"nodes"`
	Of     []string `json:"of"`
	Names  []int32  `json:"names"`
	Offset []int64  `json:"offset"` // from the start of the span
}

// A detailer gives each pair its index.
type detailer struct {
	known   map[string]int32
	names   map[string]int32 // of the events of a line
	scratch []byte
}

// details writes attributes and events, in the order of the tree.
func (w *columnWriter) details(t *analysis.Tree) {
	m := detailer{known: map[string]int32{}}
	for nodes := range slices.Chunk(t.Order, detailSpans) {
		if w.err != nil {
			return
		}
		d := &detail{Nodes: nodes, Pairs: []json.RawMessage{}, Counts: []int32{}, List: []int32{}}
		m.names = map[string]int32{}
		for _, node := range nodes {
			m.attributes(d, node, t.Nodes[node].Span.Attributes)
			m.events(d, node, t.Nodes[node].Span)
		}
		w.line(map[string]any{"detail": d})
	}
}
