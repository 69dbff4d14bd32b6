// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"math"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// WaterfallOptions choose how [Tree.Waterfall] lays a trace out.
type WaterfallOptions struct {
	// Align moves what ran on a clock that is off, and all that is below it, so
	// that no call is served before it was made or after it was over.
	Align bool
	// Groups say which siblings repeat each other.
	Groups GroupOptions
}

// A Waterfall is the spans of a trace as rows along its time.
type Waterfall struct {
	// Start and End are the first start and the last end of the rows, in ns since 1970.
	Start int64 `json:"start,string"`
	End   int64 `json:"end,string"`
	// Rows are the spans, each above its children, siblings by start.
	Rows []WaterfallRow `json:"rows"`
	// Stages are the calls whose both sides are in the trace.
	Stages []Stage `json:"stages"`
	// Groups are repeated siblings without children.
	Groups []WaterfallGroup `json:"groups"`
	// Cards are what rows can be picked by: each service in the order in which it
	// first occurred, the errors if there are any, the longest.
	Cards []Card `json:"cards"`
	// Skewed says that clocks are off, whether or not rows were moved for it.
	Skewed bool `json:"skewed"`
}

// A WaterfallRow is one span.
type WaterfallRow struct {
	// Node is the span's node in the tree.
	Node int32 `json:"node"`
	// Depth is the number of rows that it lies below.
	Depth int32 `json:"depth"`
	// Offset is the time from the start of the waterfall, in ns.
	Offset int64 `json:"offset"`
	// Duration is the span's own, in ns.
	Duration int64 `json:"duration"`
	// Shift is how far the row was moved, in ns, with all above it.
	Shift int64 `json:"shift"`
	// Skewed says that the clock of this span is off its caller's.
	Skewed bool `json:"skewed"`
	// Stage is an index in [Waterfall.Stages]: for a server's span its own call,
	// for a client's the last that was served; None for none.
	Stage int32 `json:"stage"`
	// Group is an index in [Waterfall.Groups], None for none.
	Group int32 `json:"group"`
	// Source is what recorded the span.
	Source Source `json:"source"`
}

// A WaterfallGroup is repeated siblings that have no children.
type WaterfallGroup struct {
	// Members are the nodes, by start time.
	Members []int32 `json:"members"`
	// Duration is the time from the first start to the last end, in ns.
	Duration int64 `json:"duration"`
}

// A Stage is a client's span with a server's below it, by their aligned times.
type Stage struct {
	// Caller is the node of the client and Callee of the server.
	Caller int32 `json:"caller"`
	Callee int32 `json:"callee"`
	// Request is the time from the caller's start to the callee's, in ns: on the
	// way and in queues.
	Request int64 `json:"request"`
	// Response is the time from the callee's end to the caller's, in ns.
	Response int64 `json:"response"`
}

// A CardType is what a [Card] picks by.
type CardType string

// The types of cards.
const (
	CardService CardType = "service"
	CardError   CardType = "error"
	CardLongest CardType = "longest"
)

// A Card picks rows of a waterfall.
type Card struct {
	Type CardType `json:"type"`
	// Service is the name that a card of the type service stands for, and Class
	// the class of that service by [Tree.ServiceClasses].
	Service string `json:"service"`
	Class   Class  `json:"class,omitempty"`
	// Count is the number of spans that the card picks.
	Count int `json:"count"`
	// Duration is that of the longest of them, in ns.
	Duration int64 `json:"duration"`
}

// Waterfall lays the trace out in rows.
func (t *Tree) Waterfall(o WaterfallOptions) *Waterfall {
	w := &Waterfall{Rows: make([]WaterfallRow, 0, len(t.Nodes))}
	skewed, shift := t.skews()
	w.Skewed = skewed != nil
	aligned := t
	if o.Align && shift != nil {
		aligned = t.moved(shift)
	}
	groups := w.addGroups(aligned, o.Groups)
	stages := w.addStages(aligned)
	w.setExtent(aligned)
	known := sources{}
	for _, at := range aligned.Order {
		n := &aligned.Nodes[at]
		w.Rows = append(w.Rows, WaterfallRow{
			Node: at, Depth: n.Level, Offset: subTimes(n.start, w.Start), Duration: n.took,
			Shift: subTimes(n.start, t.Nodes[at].start), Skewed: skewed != nil && skewed[at],
			Stage: stages[at], Group: groups[at], Source: known.of(n.Span),
		})
	}
	w.addCards(aligned)
	return w
}

func (w *Waterfall) setExtent(t *Tree) {
	if len(t.Nodes) == 0 {
		return
	}
	w.Start, w.End = math.MaxInt64, math.MinInt64
	for i := range t.Nodes {
		w.Start = min(w.Start, t.Nodes[i].start)
		w.End = max(w.End, t.Nodes[i].end)
	}
}

// addGroups adds the groups of spans without children, and says which each node is in.
func (w *Waterfall) addGroups(t *Tree, o GroupOptions) []int32 {
	all := t.Groups(o)
	numbers := unset(len(all.List))
	w.Groups = make([]WaterfallGroup, 0)
	for i := range all.List {
		g := &all.List[i]
		if t.Nodes[g.Members[0]].count == 0 {
			numbers[i] = int32(len(w.Groups))
			w.Groups = append(w.Groups, WaterfallGroup{Members: g.Members, Duration: subTimes(g.End, g.Start)})
		}
	}
	of := unset(len(t.Nodes))
	for i, g := range all.Of {
		if g != None {
			of[i] = numbers[g]
		}
	}
	return of
}

// addStages adds the calls from clients to servers, and says which each node belongs to.
func (w *Waterfall) addStages(t *Tree) []int32 {
	of := unset(len(t.Nodes))
	w.Stages = make([]Stage, 0)
	for i := range t.Nodes {
		callee := &t.Nodes[i]
		if callee.Parent == None || callee.kind != trace.Server || t.Nodes[callee.Parent].kind != trace.Client {
			continue
		}
		left, right := t.Nodes[callee.Parent].Span, callee.Span
		of[i] = int32(len(w.Stages))
		of[callee.Parent] = of[i]
		w.Stages = append(w.Stages, Stage{
			Caller: callee.Parent, Callee: int32(i),
			Request: subTimes(right.Start, left.Start), Response: subTimes(left.End, right.End),
		})
	}
	return of
}

func (w *Waterfall) addCards(t *Tree) {
	classes := t.ServiceClasses()
	w.Cards = make([]Card, len(t.Services), len(t.Services)+2)
	for i, name := range t.Services {
		w.Cards[i] = Card{Type: CardService, Service: name, Class: classes[i], Duration: math.MinInt64}
	}
	failed := Card{Type: CardError, Duration: math.MinInt64}
	longest := Card{Type: CardLongest, Duration: math.MinInt64}
	for i := range t.Nodes {
		n := &t.Nodes[i]
		d := n.took
		w.Cards[n.Service].pick(d)
		if n.failed {
			failed.pick(d)
		}
		if d > longest.Duration {
			longest.Count = 0
		}
		if d >= longest.Duration {
			longest.pick(d)
		}
	}
	if failed.Count > 0 {
		w.Cards = append(w.Cards, failed)
	}
	if longest.Count > 0 {
		w.Cards = append(w.Cards, longest)
	}
}

func (c *Card) pick(duration int64) {
	c.Count++
	c.Duration = max(c.Duration, duration)
}
