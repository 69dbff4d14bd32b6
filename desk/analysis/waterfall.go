// SPDX-License-Identifier: Apache-2.0

package analysis

import "github.com/sidetrace/sidetrace/desk/trace"

// WaterfallOptions choose how [Tree.Waterfall] lays a trace out.
type WaterfallOptions struct {
	// Align moves what runs on a clock that is off, so that no call is served
	// before it was made or after it was over.
	Align bool
	// Groups say which siblings repeat each other.
	Groups GroupOptions
}

// A Waterfall is the spans of a trace as rows along its time.
type Waterfall struct {
	// Start and End are the first start and the last end of the rows, in ns since 1970.
	Start int64 `json:"start"`
	End   int64 `json:"end"`
	// Rows are the spans, each above its children, siblings by start.
	Rows []WaterfallRow `json:"rows"`
	// Stages are the calls whose both sides are in the trace.
	Stages []Stage `json:"stages"`
	// Groups are repeated siblings without children.
	Groups []WaterfallGroup `json:"groups"`
	// Cards are what rows can be picked by.
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
	// Shift is how far the row was moved, in ns; Skewed says that it was this
	// span's clock, compared with its caller's, that is off.
	Shift  int64 `json:"shift"`
	Skewed bool  `json:"skewed"`
	// Stage is an index in [Waterfall.Stages], None for none.
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

// A Stage is a call whose both sides are in the trace, by their aligned times.
type Stage struct {
	// Caller is the node of the client's span and Callee of the server's.
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
	// the class of that service.
	Service string `json:"service,omitempty"`
	Class   Class  `json:"class,omitempty"`
	// Count is the number of spans.
	Count int `json:"count"`
	// Duration is that of the longest span, in ns.
	Duration int64 `json:"duration"`
}

// A Source is what recorded a span.
type Source string

// The sources.
const (
	SourceOpenTelemetry Source = "opentelemetry"
	SourceEBPFSystem    Source = "ebpf_system"
	SourceEBPFNetwork   Source = "ebpf_network"
)

// Arrange is the spans in the order in which diagrams expect them, in a new
// slice: by start time, but adjacent spans from eBPF by duration, longest first.
func Arrange(spans []trace.Span) []trace.Span { return spans }

// Waterfall lays the trace out in rows.
func (t *Tree) Waterfall(o WaterfallOptions) *Waterfall { return new(Waterfall) }
