// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"cmp"
	"slices"

	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/units"
)

// NPlusOne is a loop that asks once for each of many things: siblings that make
// similar calls one after the other, where one call could ask for all. Gaps and
// other spans between them do not matter.
//
// Similar are calls of one service that differ in nothing but parameters: for
// databases the statement without its literals, for HTTP the method and the URL
// without ids and values, for everything else (RPC, retrievals, embeddings, and
// internal spans around one such call) the name. It is none if the calls overlap,
// as they do when they run at once; if they fetch pages of a list, each of which
// names the next; if models or agents ran in between, which makes them turns rather
// than a loop; if they are equal with all their parameters, which is a
// [DuplicateQuery]; if they are attempts of a [Retry]; or if all of them take no
// notable time, see [Options.MinShare]. The cost is the time of all calls but the
// longest.
const NPlusOne Kind = "nPlusOne"

func (f *finder) repeatedCalls() {
	seen := make([]int32, len(f.calls.requests)) // the node that asked last, plus one
	for _, parent := range f.tree.Order {
		children := f.children(parent)
		if len(children) < f.options.RepeatedCalls {
			continue
		}
		for _, child := range children {
			if f.is(child, isModel|isAgent|thoughtBelow) {
				f.addLoops(seen) // another turn begins
			} else if f.mayRepeat(child) {
				f.siblings.add(f.operationOf(child), child)
			}
		}
		f.addLoops(seen)
	}
}

// addLoops adds what was found among the siblings so far.
func (f *finder) addLoops(seen []int32) {
	for _, key := range f.siblings.used {
		if int(f.siblings.count[key]) >= f.options.RepeatedCalls {
			f.addRepeated(key, f.siblings.nodes(key), seen)
		}
	}
	f.siblings.reset()
}

// mayRepeat reports whether a node may be a call of an [NPlusOne].
func (f *finder) mayRepeat(node int32) bool {
	n := &f.tree.Nodes[node]
	if n.Span.Kind == trace.Producer || f.is(node, isThought) {
		return false
	}
	if at := f.calls.of[node]; at != none && f.calls.requests[at].paged {
		return false
	}
	if at := f.retryOf[node]; at != none {
		tries := f.attempts[at].nodes
		return tries[len(tries)-1] == node
	}
	if n.Span.Kind == trace.Server {
		return n.Service != f.tree.Nodes[n.Parent].Service
	}
	return f.is(node, isCall) || f.wraps(node)
}

// wraps reports whether an internal span does nothing but one call.
func (f *finder) wraps(node int32) bool {
	n := &f.tree.Nodes[node]
	if f.facts[node]&callBelow == 0 || f.facts[node]&thoughtBelow != 0 || n.Span.Kind.IsAsync() {
		return false
	}
	calls := 0
	for _, child := range f.children(node) {
		if f.is(child, isCall|callBelow) {
			calls++
		}
	}
	return calls == 1
}

// addRepeated adds a loop of similar siblings, by start.
func (f *finder) addRepeated(key int32, calls, seen []int32) {
	if f.distinct(calls, seen) < f.options.RepeatedCalls {
		return
	}
	var sum, union, longest int64
	until := f.start[calls[0]]
	for _, at := range calls {
		sum = plus(sum, f.duration(at))
		longest = max(longest, f.duration(at))
		if f.end[at] > until {
			union += f.end[at] - max(until, f.start[at])
			until = f.end[at]
		}
	}
	// A tenth may overlap: what runs at once overlaps by half and more.
	if sum < f.notable || union < sum-sum/10 {
		return
	}
	nodes := slices.Clone(calls)
	for _, at := range nodes {
		f.repeated[at] = true
	}
	slices.SortStableFunc(nodes, func(a, b int32) int { return cmp.Compare(f.duration(b), f.duration(a)) })
	parent := f.tree.Nodes[nodes[0]].Parent
	f.add(candidate{
		severity: Warning, place: place{f.tree.Nodes[parent].Similar, key},
		nodes: nodes, cost: sum - longest, value: sum,
	})
}

// distinct is how many different things calls ask for; calls whose parameters are
// not known may all ask for different ones.
func (f *finder) distinct(calls, seen []int32) int {
	n := 0
	for _, at := range calls {
		request := f.calls.of[at]
		if request == none || !f.calls.requests[request].exact {
			n++
			continue
		}
		if mark := calls[0] + 1; seen[request] != mark {
			seen[request] = mark
			n++
		}
	}
	return n
}

func (f *finder) describeRepeated(c *candidate) (title, advice phrase) {
	n := int64(len(c.nodes))
	parent := f.tree.Nodes[c.nodes[0]].Parent
	title = say("%s ran %s one after the other below %s: %s, on average %s",
		f.named(c.nodes[0]), times(len(c.nodes)), f.name(parent), units.Duration(c.value), units.Duration(c.value/n))
	switch {
	case f.is(c.nodes[0], isDB):
		advice = say("Ask for all of it in one query, such as with IN, a join or a batch, or at least run the queries at once.")
	case f.is(c.nodes[0], isEmbedding):
		advice = say("Send all texts in one request, as the interfaces of embedding models take lists.")
	default:
		advice = say("Ask for all of it in one call if the other side has one, or at least make the calls at once.")
	}
	return title, advice
}
