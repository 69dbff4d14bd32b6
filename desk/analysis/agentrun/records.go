// SPDX-License-Identifier: Apache-2.0

package agentrun

import (
	"cmp"
	"slices"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/noderecord"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// A logged node is one of a record, with its span if that is in the trace.
type logged struct {
	node    *noderecord.Node
	request int32 // of recordings.requests
	span    int32 // None: unknown
	alone   int32 // the node of the story, if span is None
}

// A request is a record, with the span it was written in.
type request struct {
	record *noderecord.Record
	span   int32 // None: unknown
	repeat bool  // all of its nodes are in records before
}

// A recordClaim is what a record says of a span.
type recordClaim struct {
	claim claim
	scope scope
}

// recordings are the records of a trace, found their places in it.
type recordings struct {
	requests []request
	logged   []logged
	ofSpan   map[int32]int32         // the logged node of a span
	claims   map[int32][]recordClaim // by span
}

// findRecords gives records their requests' spans, and their nodes the spans with
// their node.log_id, or else those with their node.id that have no other log, in
// the order in which they started.
func (r *rollup) findRecords(records []noderecord.Record) {
	if len(records) == 0 {
		return
	}
	nodes := 0
	for i := range records {
		nodes += len(records[i].Nodes)
	}
	found := &r.records
	found.logged, found.ofSpan, found.claims = make([]logged, 0, nodes), make(map[int32]int32, nodes), map[int32][]recordClaim{}
	known := make(map[string]int32, nodes)
	for i := range records {
		if r.isOurs(records[i].TraceID) {
			found.add(&records[i], known)
		}
	}
	r.findSpans(known)
	r.findSpansByNode()
	for i := range found.logged {
		l := &found.logged[i]
		if l.span == None {
			continue
		}
		found.ofSpan[l.span] = int32(i)
		if c := claimOfNode(l.node); !c.isZero() {
			found.claims[l.span] = append(found.claims[l.span], recordClaim{c, ofNode})
		}
	}
	r.records.addClaimsOfRequests()
}

// isOurs reports whether a record is of the tree's trace, as far as is known.
func (r *rollup) isOurs(id trace.TraceID) bool {
	return id.IsZero() || len(r.tree.Nodes) == 0 || r.tree.Nodes[0].Span.TraceID == id
}

// add adds a record and those of its nodes that were not in one before.
func (f *recordings) add(record *noderecord.Record, known map[string]int32) {
	q := request{record: record, span: None, repeat: len(record.Nodes) > 0}
	for i := range record.Nodes {
		n := &record.Nodes[i]
		if _, again := known[n.LogID]; again && n.LogID != "" {
			continue
		}
		known[n.LogID] = int32(len(f.logged))
		f.logged = append(f.logged, logged{node: n, request: int32(len(f.requests)), span: None})
		q.repeat = false
	}
	f.requests = append(f.requests, q)
}

// findSpans finds the spans that name the logs in known, or have their request.
func (r *rollup) findSpans(known map[string]int32) {
	requests := map[trace.SpanID][]int32{}
	for i := range r.records.requests {
		id := r.records.requests[i].record.SpanID
		requests[id] = append(requests[id], int32(i))
	}
	delete(requests, trace.SpanID{})
	for at := range r.tree.Nodes {
		n := &r.tree.Nodes[at]
		for _, i := range requests[n.Span.ID] {
			r.records.requests[i].span = int32(at)
		}
		if n.Attrs[semconv.NodeLogID] == 0 {
			continue
		}
		if i, ok := known[n.Attrs.Text(n.Span, semconv.NodeLogID)]; ok && r.records.logged[i].span == None {
			r.records.logged[i].span = int32(at)
		}
	}
}

// findSpansByNode finds spans for the nodes that have none yet, by node.id.
func (r *rollup) findSpansByNode() {
	open := map[string][]int32{}
	var homeless []int32
	for i := range r.records.logged {
		if l := &r.records.logged[i]; l.span == None && l.node.ID != "" {
			homeless = append(homeless, int32(i))
			open[l.node.ID] = nil
		}
	}
	if len(homeless) == 0 {
		return
	}
	for at := range r.tree.Nodes {
		n := &r.tree.Nodes[at]
		if n.Attrs[semconv.NodeID] == 0 || n.Attrs.Says(n.Span, semconv.NodeLogID) {
			continue
		}
		id := n.Attrs.Text(n.Span, semconv.NodeID)
		if spans, ok := open[id]; ok {
			open[id] = append(spans, int32(at))
		}
	}
	for _, spans := range open {
		slices.SortStableFunc(spans, func(a, b int32) int {
			return cmp.Compare(r.tree.Nodes[a].Span.Start, r.tree.Nodes[b].Span.Start)
		})
	}
	slices.SortStableFunc(homeless, func(a, b int32) int {
		return cmp.Compare(r.records.logged[a].node.Start, r.records.logged[b].node.Start)
	})
	for _, i := range homeless {
		l := &r.records.logged[i]
		if spans := open[l.node.ID]; len(spans) > 0 {
			l.span, open[l.node.ID] = spans[0], spans[1:]
		}
	}
}

// addClaimsOfRequests claims what records say of their requests, without those of
// their nodes that have no spans: they are counted apart.
func (f *recordings) addClaimsOfRequests() {
	apart := make([]Usage, len(f.requests))
	for i := range f.logged {
		if l := &f.logged[i]; l.span == None {
			apart[l.request] = apart[l.request].Plus(claimOfRecord(l.node.Usage).usage)
		}
	}
	for i := range f.requests {
		q := &f.requests[i]
		if q.span == None || q.repeat {
			continue
		}
		c := claimOfRecord(q.record.Usage)
		c.usage = c.usage.minus(apart[i])
		f.claims[q.span] = append(f.claims[q.span], recordClaim{c, ofAll})
	}
}
