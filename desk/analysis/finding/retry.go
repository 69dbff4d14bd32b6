// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"github.com/sidetrace/sidetrace/desk/analysis"
	"github.com/sidetrace/sidetrace/desk/trace"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
	"github.com/sidetrace/sidetrace/desk/units"
)

// Retry is an operation that failed and was tried again: siblings of equal name
// and service, one after the other, of which all but the last failed. A sibling
// that is fine but whose last call failed counts as failed.
//
// It is none if the attempts overlap, or if they are known to ask for different
// things. If what they ask for is not known, a loop that goes on after a failure
// looks the same: then it takes a success after each failure and no other
// successes, or pauses that grow. The cost is the time until the last attempt, and
// of attempts that were in vain all of it.
const Retry Kind = "retry"

// Attempts are siblings that try the same.
type attempts struct {
	nodes     []int32
	succeeded bool
	proven    bool // they are known to try the same
	end       int64
}

func (f *finder) retries() {
	f.retryOf = make([]int32, len(f.tree.Nodes))
	families := make([]bool, len(f.tree.Nodes)) // with a child that failed
	for i := range f.tree.Nodes {
		f.retryOf[i] = none
		if parent := f.tree.Nodes[i].Parent; parent != none && f.failed(int32(i)) {
			families[parent] = true
		}
	}
	for _, parent := range f.tree.Order {
		if !families[parent] {
			continue
		}
		for _, child := range f.children(parent) {
			f.siblings.add(f.tree.Nodes[child].Similar, child)
		}
		for _, key := range f.siblings.used {
			if f.siblings.count[key] > 1 {
				f.retriesAmong(f.siblings.nodes(key))
			}
		}
		f.siblings.reset()
	}
}

// failed reports whether an attempt failed, itself or by its last call.
func (f *finder) failed(node int32) bool {
	if f.is(node, hasFailed) {
		return true
	}
	n := &f.tree.Nodes[node]
	if !n.ChildFailed || n.Span.Status.Code == trace.OK {
		return false
	}
	last := none
	for _, child := range f.children(node) {
		if last == none || f.end[child] >= f.end[last] {
			last = child
		}
	}
	return f.is(last, hasFailed)
}

// retriesAmong finds the attempts among similar siblings.
func (f *finder) retriesAmong(similar []int32) {
	first, single := len(f.attempts), 0
	for len(similar) > 0 {
		run := f.attemptsFrom(similar)
		if len(run.nodes) > 1 {
			f.attempts = append(f.attempts, run)
		} else if run.succeeded {
			single++
		}
		similar = similar[len(run.nodes):]
	}
	kept := f.attempts[:first]
	for _, a := range f.attempts[first:] {
		if !a.proven && !(a.succeeded && single == 0) && !f.backsOff(a.nodes) {
			continue
		}
		a.nodes = append([]int32(nil), a.nodes...)
		for _, node := range a.nodes {
			f.retryOf[node] = int32(len(kept))
		}
		kept = append(kept, a)
		f.addRetry(&a)
	}
	f.attempts = kept
}

// attemptsFrom are the first of similar siblings, as far as they try the same.
func (f *finder) attemptsFrom(similar []int32) attempts {
	n := 1
	proven := false
	for n < len(similar) && f.failed(similar[n-1]) && f.follows(f.start[similar[n]], similar[n-1]) {
		same := f.sameRequest(similar[n-1], similar[n])
		if same == different {
			break
		}
		proven = proven || same == equal
		n++
	}
	last := similar[n-1]
	return attempts{nodes: similar[:n], succeeded: !f.failed(last), proven: proven, end: f.end[last]}
}

// A likeness says whether two calls ask for the same.
type likeness uint8

const (
	unknown likeness = iota
	equal
	different
)

// requestFields have what a call asks for.
var requestFields = []semconv.Field{semconv.ToolArguments, semconv.InputMessages, semconv.HTTPURL, semconv.HTTPTarget, semconv.MessagingKey}

// sameRequest compares what two similar calls ask for.
func (f *finder) sameRequest(a, b int32) likeness {
	n, m := &f.tree.Nodes[a], &f.tree.Nodes[b]
	if isResent(m) {
		return equal
	}
	if of, other := f.calls.of[a], f.calls.of[b]; of != none && other != none {
		switch {
		case of != other:
			return different
		case f.calls.requests[of].exact:
			return equal
		}
		return unknown
	}
	for _, field := range requestFields {
		v, ok := n.Attrs.Value(n.Span, field)
		w, also := m.Attrs.Value(m.Span, field)
		if ok && also && !v.IsBlank() {
			return likenessOf(v.Equal(w))
		}
	}
	return unknown
}

func likenessOf(same bool) likeness {
	if same {
		return equal
	}
	return different
}

// isResent reports whether a span says that it is not the first attempt: as HTTP
// clients do (semantic conventions 1.21 and, under the second name, before), or as
// programs number their attempts themselves.
func isResent(n *analysis.Node) bool {
	for _, key := range []string{"http.request.resend_count", "http.resend_count"} {
		v, _ := n.Span.Attribute(key)
		if count, ok := v.Number(); ok && count > 0 {
			return true
		}
	}
	v, _ := n.Span.Attribute("attempt")
	attempt, ok := v.Number()
	return ok && attempt > 1
}

// backsOff reports whether each pause between attempts is longer than the one
// before it, by a fifth at least.
func (f *finder) backsOff(nodes []int32) bool {
	for i := 2; i < len(nodes); i++ {
		if 5*f.pause(nodes, i) < 6*f.pause(nodes, i-1) {
			return false
		}
	}
	return len(nodes) > 2 && f.pause(nodes, 1) >= int64(f.options.MinCost)
}

// pause is the time before an attempt.
func (f *finder) pause(nodes []int32, i int) int64 {
	return max(0, f.start[nodes[i]]-f.end[nodes[i-1]])
}

func (f *finder) addRetry(a *attempts) {
	first, last := a.nodes[0], a.nodes[len(a.nodes)-1]
	n := &f.tree.Nodes[first]
	c := candidate{severity: Warning, nodes: a.nodes, cost: f.start[last] - f.start[first]}
	vain := a.nodes[:len(a.nodes)-1]
	if !a.succeeded {
		c.severity, c.cost, c.value, vain = Critical, f.end[last]-f.start[first], 1, a.nodes
	}
	for _, node := range vain {
		c.tokens = plus(c.tokens, f.tokens(node))
	}
	c.place = place{n.Similar, f.tree.Nodes[n.Parent].Similar, int32(c.value)}
	c.cost = max(c.cost, 0)
	f.add(c)
}

func (f *finder) describeRetry(c *candidate) (title, advice phrase) {
	n := len(c.nodes)
	first, longest := f.pause(c.nodes, 1), f.pause(c.nodes, n-1)
	outcome := say("%s succeeded at the %s attempt, %s after the first began", f.named(c.nodes[0]), ordinal(n), units.Duration(c.cost))
	advice = say("Look at why the first attempt fails, as everything behind it waits for the next one.")
	if c.value != 0 {
		outcome = say("%s failed at all %d attempts in %s", f.named(c.nodes[0]), n, units.Duration(c.cost))
		advice = say("Look at the error itself, and try again only what may succeed the next time.")
	}
	switch {
	case longest < int64(f.options.MinCost):
		return outcome.and(", without a pause"), say("Wait before trying again, each time longer, as an attempt right after a failure most often fails for the same reason.")
	case f.backsOff(c.nodes):
		return outcome.and(", with pauses that grew from %s to %s", units.Duration(first), units.Duration(longest)), advice
	case n == 2:
		return outcome.and(", with a pause of %s", units.Duration(first)), advice
	}
	return outcome.and(", with pauses of %s at first and %s at last", units.Duration(first), units.Duration(longest)), advice
}
