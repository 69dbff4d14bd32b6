// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"encoding/json"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/desk/trace"
)

func TestCompatServiceTopology(t *testing.T) {
	eachVector(t, "service_topo", func(t *testing.T, v *vector) {
		requireOutput(t, v.Outputs["service_topo"], originalServices(t, v.Spans))
	})
}

// records are the documents where every record counts, also those with the same
// id (S-1), which then get ids of their own. Those that merge says so of stay
// one with the last that has their id.
func records(t *testing.T, documents json.RawMessage, merge func(*trace.Span) bool) ([]trace.Span, map[trace.SpanID]string) {
	t.Helper()
	spans, ids := spansOf(t, documents)
	count := map[trace.SpanID]int{}
	for i := range spans {
		count[spans[i].ID]++
	}
	for i := range spans {
		s := &spans[i]
		if count[s.ID] > 1 && !merge(s) {
			text := ids[s.ID]
			s.ID = s.ID.Derived("record " + strconv.Itoa(i))
			ids[s.ID] = text
		}
	}
	return spans, ids
}

// originalServices is our drawing of what the original takes for calls, in its
// form and colours.
func originalServices(t *testing.T, documents json.RawMessage) object {
	spans, ids := records(t, documents, func(s *trace.Span) bool { return s.Kind.IsCalling() })
	o := &serviceOutput{original: &original{Tree: Build(spans), ids: ids}}
	calls := o.originalCalls()
	if !o.hasSpecialParents() {
		require.Equal(t, calls, o.serviceCalls())
	}
	topology := o.drawServices(calls)
	o.askColours(calls, &o.nodeColours)
	o.askColours(calls, &o.edgeColours)
	nodes := []object{}
	all, _ := records(t, documents, func(*trace.Span) bool { return false })
	roots := Build(all).serviceRoots()
	for i := range topology.Nodes {
		topology.Nodes[i].Root = roots[topology.Nodes[i].Key]
		nodes = append(nodes, o.node(&topology.Nodes[i]))
	}
	return object{"streamline_service_topo": object{"nodes": nodes, "edges": o.edges(topology, calls)}}
}

type serviceOutput struct {
	*original
	nodeColours, edgeColours colours
}

// hasSpecialParents reports whether something was served below a span that is no
// call; for all others the original sees the same calls as we do.
func (o *serviceOutput) hasSpecialParents() bool {
	return slices.ContainsFunc(o.Nodes, func(n Node) bool {
		called := n.Parent != None && o.Nodes[n.Parent].Span.Kind.IsCalling()
		return n.Span.Kind.IsCalled() && !called && o.ids[n.Span.Parent] != ""
	})
}

// originalCalls is D-6: the original looks at the direct parent alone. Below an
// internal span a service is called by nobody; below another service it is lost.
func (o *serviceOutput) originalCalls() *serviceCalls {
	c := newServiceCalls(len(o.Nodes))
	known, callers := map[string]bool{}, map[string]int32{}
	for i := range o.Nodes {
		switch s := o.Nodes[i].Span; {
		case s.Kind.IsCalling():
			callers[o.id(int32(i))] = int32(i)
			fallthrough
		case s.Kind != trace.Internal && s.Kind != trace.Unspecified:
			known[o.id(int32(i))] = true
		}
	}
	met := map[int32]bool{}
	meet := func(from int32) {
		if !met[from] {
			met[from] = true
			c.calls = append(c.calls, serviceCall{from: from, served: None})
		}
	}
	for i := range o.Nodes {
		s, parent := o.Nodes[i].Span, o.ids[o.Nodes[i].Span.Parent]
		from, called := callers[parent]
		switch {
		case s.Kind.IsCalling():
			meet(int32(i))
		case !s.Kind.IsCalled():
		case called:
			meet(from)
			c.answer(from, int32(i))
		case !known[parent] || s.Parent.IsZero():
			c.entries = append(c.entries, int32(i))
		}
	}
	return c
}

// askColours asks for the colour of the services in the order of the original,
// which colours nodes and edges apart (S-8).
func (o *serviceOutput) askColours(calls *serviceCalls, c *colours) {
	for _, at := range calls.entries {
		c.of(o.ServiceOf(at))
	}
	for _, call := range calls.calls {
		c.of(o.ServiceOf(call.from))
		for to := calls.first[call.from]; to != None; to = calls.next[to] {
			c.of(o.ServiceOf(to))
		}
	}
}

func (o *serviceOutput) node(n *ServiceNode) object {
	items := o.items(n.Spans, &o.nodeColours)
	return object{
		"key": n.Key, "node_type": string(n.Role), "display_name": n.Name, "spans": items,
		"icon": icon(n.Class), "color": o.nodeColours.of(n.Key), "is_root": n.Root,
	}
}

// items are spans in the colours that their services already have.
func (o *serviceOutput) items(nodes []int32, c *colours) []object {
	items := []object{}
	for _, at := range nodes {
		n := &o.Nodes[at]
		items = append(items, object{
			"span_name": n.Span.Name, "span_id": o.id(at), "kind": n.Span.Kind, "duration": micros(n.Span.Duration()),
			"start_time": micros(n.Span.Start), "display_name": n.Span.Name, "operation_name": n.Span.Name,
			"service_name": o.ServiceOf(at), "icon": icon(n.Class()), "color": palette[c.known[o.ServiceOf(at)]],
		})
	}
	return items
}

// edges are ours by the keys of their ends: the original does not tell nodes of
// different roles and equal keys apart.
func (o *serviceOutput) edges(topology *ServiceTopology, calls *serviceCalls) []object {
	rank := o.ranks(calls)
	var keys []string
	spans := map[string][]int32{}
	ends := map[string][2]string{}
	for _, e := range topology.Edges {
		source, target := topology.Nodes[e.Source].Key, topology.Nodes[e.Target].Key
		key := source + " --> " + target
		if _, ok := ends[key]; !ok {
			ends[key] = [2]string{source, target}
			keys = append(keys, key)
		}
		spans[key] = append(spans[key], e.Spans...)
	}
	edges := []object{}
	for _, key := range keys {
		slices.SortStableFunc(spans[key], func(a, b int32) int { return rank[a] - rank[b] })
		edges = append(edges, object{
			"key": key, "display_name": key, "source": ends[key][0], "target": ends[key][1],
			"spans": o.items(spans[key], &o.edgeColours), "num_of_operations": len(spans[key]),
		})
	}
	return edges
}

// ranks is when each node is drawn.
func (o *serviceOutput) ranks(calls *serviceCalls) map[int32]int {
	rank := map[int32]int{}
	add := func(at int32) { rank[at] = len(rank) }
	for _, at := range calls.entries {
		add(at)
	}
	for _, call := range calls.calls {
		add(call.from)
		for to := calls.first[call.from]; to != None; to = calls.next[to] {
			add(to)
		}
	}
	return rank
}
