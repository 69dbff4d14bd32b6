// SPDX-License-Identifier: Apache-2.0

package native

import (
	"encoding/hex"

	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
)

// columns are the spans of a trace, its tree and its waterfall without what spans
// say, column by column in the order of the nodes. Of a trace of 100,000 spans they
// are a tenth of what the spans, the tree and the waterfall are as lists of objects.
type columns struct {
	// Start is the first start of all spans; offsets are from there.
	Start string `json:"start"`
	// IDs are those of the spans, 16 digits each.
	IDs      string  `json:"ids"`
	Name     column  `json:"name"`
	Kind     column  `json:"kind"`
	Status   column  `json:"status"`
	Offset   []int64 `json:"offset"`
	Duration []int64 `json:"duration"`
	// Messages are of statuses, by node.
	Messages map[int]string `json:"messages"`
	// Missing are parents that are not in the trace, by node.
	Missing  map[int]string `json:"missing"`
	Tree     treeColumns    `json:"tree"`
	Rows     rowColumns     `json:"rows"`
	Services []string       `json:"services"`
	Classes  []string       `json:"classes"` // of the services
	Replaced int            `json:"replaced"`
}

// A column has texts by their number in a list of them.
type column struct {
	Texts  []string `json:"texts"`
	Values []int    `json:"values"`

	numbers map[string]int
}

func newColumn() column { return column{Texts: []string{}, Values: []int{}, numbers: map[string]int{}} }

func (c *column) add(text string) {
	number, ok := c.numbers[text]
	if !ok {
		number = len(c.Texts)
		c.numbers[text], c.Texts = number, append(c.Texts, text)
	}
	c.Values = append(c.Values, number)
}

// treeColumns are the nodes of a forest.
type treeColumns struct {
	Roots    []int32          `json:"roots"`
	Order    []int32          `json:"order"`
	Parent   []int32          `json:"parent"`
	Level    []int32          `json:"level"`
	Size     []int32          `json:"size"`
	Service  []int32          `json:"service"`
	Similar  []int32          `json:"similar"`
	Self     []int64          `json:"self"`
	Class    column           `json:"class"`
	Category column           `json:"category"`
	Source   column           `json:"source"`
	Badges   map[int]any      `json:"badges"`
	Marks    map[int][]string `json:"marks"`
}

// rowColumns are the rows of a waterfall; shifts, stages and groups by row, of those
// that have one.
type rowColumns struct {
	Start  string                    `json:"start"`
	End    string                    `json:"end"`
	Node   []int32                   `json:"node"`
	Depth  []int32                   `json:"depth"`
	Offset []int64                   `json:"offset"`
	Shift  map[int]int64             `json:"shift"`
	Skewed []int                     `json:"skewed"`
	Stage  map[int]int32             `json:"stage"`
	Group  map[int]int32             `json:"group"`
	Stages []analysis.Stage          `json:"stages"`
	Groups []analysis.WaterfallGroup `json:"groups"`
	Cards  []analysis.Card           `json:"cards"`
	// Clocks says that clocks are off, whether or not rows were moved for it.
	Clocks bool `json:"clocks"`
}

func columnsOf(j *job) (any, error) {
	t, f := j.tree, forestOf(j.tree)
	c := &columns{
		Name: newColumn(), Kind: newColumn(), Status: newColumn(), Messages: map[int]string{}, Missing: map[int]string{}, Services: f.Services, Classes: f.Classes, Replaced: f.Replaced,
		Tree: treeColumnsOf(f), Rows: rowColumnsOf(t.Waterfall(analysis.WaterfallOptions{Align: j.options.align})),
	}
	c.spans(t)
	return c, nil
}

// spans fills in what spans have, apart from what they say.
func (c *columns) spans(t *analysis.Tree) {
	var first int64
	for i := range t.Nodes {
		if start := t.Nodes[i].Span.Start; i == 0 || start < first {
			first = start
		}
	}
	c.Start = stamp(first)
	c.Offset, c.Duration = make([]int64, len(t.Nodes)), make([]int64, len(t.Nodes))
	ids := make([]byte, 0, 16*len(t.Nodes))
	for i := range t.Nodes {
		n := &t.Nodes[i]
		ids = hex.AppendEncode(ids, n.Span.ID[:])
		c.Name.add(n.Span.Name)
		c.Kind.add(n.Span.Kind.String())
		c.Status.add(n.Span.Status.Code.String())
		c.Offset[i], c.Duration[i] = n.Span.Start-first, n.Span.Duration()
		if n.Span.Status.Message != "" {
			c.Messages[i] = n.Span.Status.Message
		}
		if n.Parent == analysis.None && n.Span.Parent != (trace.SpanID{}) {
			c.Missing[i] = n.Span.Parent.String()
		}
	}
	c.IDs = string(ids)
}

func treeColumnsOf(f *forest) treeColumns {
	many := len(f.Nodes)
	c := treeColumns{
		Roots: f.Roots, Order: f.Order, Badges: map[int]any{}, Marks: map[int][]string{},
		Parent: make([]int32, many), Level: make([]int32, many), Size: make([]int32, many), Service: make([]int32, many),
		Similar: make([]int32, many), Self: make([]int64, many), Class: newColumn(), Category: newColumn(), Source: newColumn(),
	}
	for i := range f.Nodes {
		n := &f.Nodes[i]
		c.Parent[i], c.Level[i], c.Size[i] = n.Parent, n.Level, n.Size
		c.Service[i], c.Similar[i], c.Self[i] = n.Service, n.Similar, n.Self
		c.Class.add(n.Class)
		c.Category.add(n.Category)
		c.Source.add(n.Source)
		if n.Badge != nil {
			c.Badges[i] = n.Badge
		}
		if n.Marks != nil {
			c.Marks[i] = n.Marks
		}
	}
	return c
}

func rowColumnsOf(w *analysis.Waterfall) rowColumns {
	c := rowColumns{
		Start: stamp(w.Start), End: stamp(w.End), Node: make([]int32, len(w.Rows)), Depth: make([]int32, len(w.Rows)),
		Offset: make([]int64, len(w.Rows)), Stages: w.Stages, Groups: w.Groups, Cards: w.Cards, Clocks: w.Skewed,
		Shift: map[int]int64{}, Stage: map[int]int32{}, Group: map[int]int32{}, Skewed: []int{},
	}
	for i := range w.Rows {
		r := &w.Rows[i]
		c.Node[i], c.Depth[i], c.Offset[i] = r.Node, r.Depth, r.Offset
		if r.Shift != 0 {
			c.Shift[i] = r.Shift
		}
		if r.Skewed {
			c.Skewed = append(c.Skewed, i)
		}
		if r.Stage != analysis.None {
			c.Stage[i] = r.Stage
		}
		if r.Group != analysis.None {
			c.Group[i] = r.Group
		}
	}
	return c
}
