// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"cmp"
	"slices"

	"github.com/sidetrace/sidetrace/desk/trace/semconv"
	"github.com/sidetrace/sidetrace/desk/units"
)

// DuplicateQuery is the same question asked again: queries of a database or GET
// requests, from one service, equal with all their parameters, anywhere in the
// trace.
//
// It is none if parameters are hidden behind placeholders and not recorded
// either; if something was written to the same table or host in between, which
// begins the count anew; if the calls failed; if they poll, each after a pause
// that is longer than the call and at least 50 ms, with nothing else beside them;
// or if they take no notable time, see [Options.MinShare]. The cost is the time
// of all calls but the longest.
const DuplicateQuery Kind = "duplicateQuery"

// longPause tells polling from a loop.
const longPause = 50_000_000

// A sameQuery is the calls that asked the same since the last write.
type sameQuery struct {
	nodes  []int32
	writes int32 // to its target before the first of them
}

func (f *finder) equalQueries() {
	writes := make([]int32, len(f.calls.targets))
	queries := make([]sameQuery, len(f.calls.requests))
	following := f.following()
	for _, at := range f.requests() {
		request := &f.calls.requests[f.calls.of[at]]
		written := int32(0)
		if request.target != none {
			if f.is(at, isWrite) {
				writes[request.target]++
			}
			written = writes[request.target]
		}
		if !request.exact || f.is(at, isWrite|hasFailed) || f.repeatsParent(at) {
			continue
		}
		q := &queries[f.calls.of[at]]
		if q.writes != written {
			f.addEqual(q.nodes, following)
			q.nodes, q.writes = nil, written
		}
		q.nodes = append(q.nodes, at)
	}
	for i := range queries {
		f.addEqual(queries[i].nodes, following)
	}
}

// requests are the nodes whose requests are known, by start.
func (f *finder) requests() []int32 {
	var nodes []int32
	for _, at := range f.tree.Order {
		if f.calls.of[at] != none {
			nodes = append(nodes, at)
		}
	}
	slices.SortStableFunc(nodes, f.byStart)
	return nodes
}

// repeatsParent reports whether a span is the same call as the one around it, as
// two instrumentations would record it.
func (f *finder) repeatsParent(node int32) bool {
	parent := f.tree.Nodes[node].Parent
	return parent != none && f.calls.of[parent] == f.calls.of[node]
}

func (f *finder) addEqual(calls, following []int32) {
	if len(calls) < f.options.EqualQueries || f.polls(calls, following) {
		return
	}
	var sum, longest int64
	for _, at := range calls {
		sum = plus(sum, f.duration(at))
		longest = max(longest, f.duration(at))
	}
	if sum-longest < f.notable {
		return
	}
	slices.SortStableFunc(calls, func(a, b int32) int { return cmp.Compare(f.duration(b), f.duration(a)) })
	request := f.calls.requests[f.calls.of[calls[0]]]
	f.add(candidate{
		severity: Warning, place: place{f.tree.Nodes[calls[0]].Similar, request.operation},
		nodes: calls, cost: sum - longest, value: sum,
	})
}

// polls reports whether calls wait for something to change: neighbours below one
// parent with a long pause before each.
func (f *finder) polls(calls, following []int32) bool {
	for i, call := range calls[1:] {
		before := calls[i]
		if following[before] != call || f.start[call]-f.end[before] < max(longPause, f.duration(before)) {
			return false
		}
	}
	return true
}

// following is the next sibling of each node, by start.
func (f *finder) following() []int32 {
	next := make([]int32, len(f.tree.Nodes))
	for i := range next {
		next[i] = none
	}
	for i := range f.tree.Nodes {
		children := f.children(int32(i))
		for j := 1; j < len(children); j++ {
			next[children[j-1]] = children[j]
		}
	}
	return next
}

func (f *finder) describeEqual(c *candidate) (title, advice phrase) {
	n := &f.tree.Nodes[c.nodes[0]]
	what := n.Attrs.Text(n.Span, semconv.DBStatement)
	if f.is(c.nodes[0], isHTTP) {
		what = n.Attrs.Text(n.Span, semconv.HTTPURL)
	}
	if what == "" {
		what = n.Span.Name
	}
	return say("%s asked for the same %s in %s: %s", f.named(c.nodes[0]), times(len(c.nodes)), units.Duration(c.value), cut(what, 100)),
		say("Ask once and pass the answer on, or keep it for the length of the request.")
}
