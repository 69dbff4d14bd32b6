// SPDX-License-Identifier: Apache-2.0

package format

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/sidetrace/sidetrace/desk/trace"
)

// A place is an id in a trace.
type place struct {
	trace trace.TraceID
	span  trace.SpanID
}

// A side is the servers of one service that share an id.
type side struct {
	place
	service string
}

// divideShared gives servers that share the id of their client an id of their own,
// and the children that are theirs.
func (d *decoder) divideShared() {
	clients := d.zipkinClients()
	servers := map[side][]int{} // spans of the batch
	divided := make([]bool, len(d.zipkin))
	for i, z := range d.zipkin {
		s := &d.batch.Spans[z.span]
		at := place{s.TraceID, s.ID}
		if client, ok := clients[at]; ok && client.span != z.span && (z.shared || s.Kind == trace.Server) {
			servers[side{at, z.service}] = append(servers[side{at, z.service}], z.span)
			divided[i] = true
		}
	}
	if len(servers) == 0 {
		return
	}
	begin := func(i int) uint64 { return uint64(d.batch.Spans[i].Start) }
	for _, group := range servers {
		slices.SortStableFunc(group, func(a, b int) int { return cmp.Compare(begin(a), begin(b)) })
	}
	d.adopt(clients, servers, divided, begin)
	for at, group := range servers {
		for n, i := range group {
			s := &d.batch.Spans[i]
			s.ID, s.Parent = at.derived(n), at.span
		}
	}
}

// derived is the id of the n-th server.
func (s side) derived(n int) trace.SpanID {
	return s.span.Derived("zipkin server " + s.service + " " + strconv.Itoa(n))
}

// zipkinClients are the spans that servers may share the id of: of those with one
// id the first that is not marked and is a client, or else is no server.
func (d *decoder) zipkinClients() map[place]zipkinSpan {
	clients := map[place]zipkinSpan{}
	for _, z := range d.zipkin {
		s := &d.batch.Spans[z.span]
		at := place{s.TraceID, s.ID}
		known, ok := clients[at]
		better := ok && s.Kind == trace.Client && d.batch.Spans[known.span].Kind != trace.Client
		if !z.shared && s.Kind != trace.Server && (!ok || better) {
			clients[at] = z
		}
	}
	return clients
}

// adopt gives children to servers. The ids are still the shared ones.
func (d *decoder) adopt(clients map[place]zipkinSpan, servers map[side][]int, divided []bool, begin func(int) uint64) {
	for i, z := range d.zipkin {
		child := &d.batch.Spans[z.span]
		at := side{place{child.TraceID, child.Parent}, z.service}
		group := servers[at]
		if len(group) == 0 || divided[i] {
			continue
		}
		n, _ := slices.BinarySearchFunc(group, uint64(child.Start), func(i int, start uint64) int {
			if begin(i) <= start {
				return -1
			}
			return 1
		})
		if n == 0 && clients[at.place].service == z.service {
			continue
		}
		child.Parent = at.derived(max(n-1, 0))
	}
}
