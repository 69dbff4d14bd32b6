// SPDX-License-Identifier: Apache-2.0

package analysis

// serviceCalls are who called whom.
type serviceCalls struct {
	entries []int32 // called by nobody
	calls   []serviceCall
	// The callees of a call are a chain: first and last by the caller's node,
	// next by the callee's.
	first, last, next []int32
}

// A serviceCall is a call whose callees are chained at from; or, if served is
// not None, what that node served without a call, below the node from.
type serviceCall struct{ from, served int32 }

func newServiceCalls(nodes int) *serviceCalls {
	all := unset(3 * nodes)
	return &serviceCalls{first: all[:nodes], last: all[nodes : 2*nodes], next: all[2*nodes:]}
}

// serviceCalls finds them, in the order in which either side first occurs.
func (t *Tree) serviceCalls() *serviceCalls {
	c := newServiceCalls(len(t.Nodes))
	known := make([]bool, len(t.Nodes))
	call := func(from int32) {
		if !known[from] {
			known[from] = true
			c.calls = append(c.calls, serviceCall{from: from, served: None})
		}
	}
	outer := t.outer()
	for i := range t.Nodes {
		at, caller := int32(i), outer[i]
		switch kind := t.Nodes[i].kind; {
		case kind.IsCalling():
			call(at)
		case !kind.IsCalled():
		case caller == None:
			c.entries = append(c.entries, at)
		case t.Nodes[caller].kind.IsCalling():
			call(caller)
			c.answer(caller, at)
		default:
			c.calls = append(c.calls, serviceCall{from: caller, served: at})
		}
	}
	return c
}

// answer adds a callee to a call.
func (c *serviceCalls) answer(caller, callee int32) {
	if c.first[caller] == None {
		c.first[caller] = callee
	} else {
		c.next[c.last[caller]] = callee
	}
	c.last[caller] = callee
}

// outer is the nearest ancestor of each node that is neither internal nor of no
// kind, None if there is none.
func (t *Tree) outer() []int32 {
	outer := unset(len(t.Nodes))
	for _, at := range t.Order {
		parent := t.Nodes[at].Parent
		if parent == None {
			continue
		}
		outer[at] = outer[parent]
		if kind := t.Nodes[parent].kind; kind.IsCalled() || kind.IsCalling() {
			outer[at] = parent
		}
	}
	return outer
}
